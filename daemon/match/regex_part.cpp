#include "match/regex_part.h"

#include <algorithm>
#include <limits>

#include "match/ordinary_text.h"

namespace handshaked::match {
namespace {

using Clause = std::vector<std::string>;

/// All of `heads` followed by all of `tails`; false when that is too much.
bool join(const std::vector<std::string>& heads, const std::vector<std::string>& tails,
          std::vector<std::string>& joined) {
  if (heads.size() * tails.size() > RegexPart::kMaxAlternatives) return false;
  for (const auto& head : heads) {
    for (const auto& tail : tails) {
      if (head.size() + tail.size() > RegexPart::kMaxLiteral) return false;
      joined.push_back(head + tail);
    }
  }
  return true;
}

/// A literal that stands in ordinary lines tells nothing; else the longer the better.
std::size_t distinctiveness(const std::string& text) {
  return is_ordinary(text) ? text.size() : 1000 + text.size();
}

/// The clause of a part whose weakest literal is most distinctive.
const Clause* best_clause(const RegexPart& part) {
  const Clause* best = nullptr;
  std::size_t best_value = 0;
  for (const Clause& clause : part.clauses) {
    std::size_t weakest = std::numeric_limits<std::size_t>::max();
    for (const auto& text : clause) weakest = std::min(weakest, distinctiveness(text));
    if (weakest > best_value) {
      best_value = weakest;
      best = &clause;
    }
  }
  return best;
}

/// One clause out of the best clauses of all branches; nothing when a branch requires nothing.
void add_joint_clause(const std::vector<RegexPart>& branches, std::vector<Clause>& clauses) {
  Clause joint;
  for (const RegexPart& branch : branches) {
    const Clause* const best = best_clause(branch);
    if (best == nullptr || joint.size() + best->size() > RegexPart::kMaxAlternatives) return;
    joint.insert(joint.end(), best->begin(), best->end());
  }
  clauses.push_back(std::move(joint));
}

/// Nothing was read yet, or what matches the empty text alone.
bool is_beginning(const RegexPart& part) {
  return part.is_whole && part.exact.size() == 1 && part.exact.front().empty();
}

}  // namespace

void give_up_exactness(RegexPart& part) {
  if (!part.is_exact) return;
  if (part.is_whole) part.prefixes = part.exact;
  part.is_exact = part.is_whole = false;
  const bool may_be_empty =
      std::any_of(part.exact.begin(), part.exact.end(), [](const auto& s) { return s.empty(); });
  if (!may_be_empty) part.clauses.push_back(std::move(part.exact));
  part.exact.clear();
}

void append(RegexPart& left, RegexPart right) {
  if (is_beginning(left)) {  // most groups and many regexes begin with what is no plain text
    right.specificity += left.specificity;
    if (right.beginnings().empty()) right.prefixes = std::move(left.exact);
    left = std::move(right);
    return;
  }
  left.specificity += right.specificity;
  if (std::vector<std::string> joined;
      left.is_exact && right.is_exact && join(left.exact, right.exact, joined)) {
    left.exact = std::move(joined);
    return;
  }
  std::vector<std::string> longer;
  const bool is_longer =
      left.is_whole && !right.beginnings().empty() && join(left.exact, right.beginnings(), longer);
  give_up_exactness(left);
  if (is_longer) left.prefixes = std::move(longer);
  for (auto& clause : right.clauses) left.clauses.push_back(std::move(clause));
  if (right.is_exact) {
    // Keep the exactness of the right part: literals that follow it can still join it.
    left.exact = std::move(right.exact);
    left.is_exact = true;
  }
}

void append_literal(RegexPart& left, std::string_view text) {
  const auto fits_behind = [text](const std::vector<std::string>& heads) {
    return heads.size() <= RegexPart::kMaxAlternatives &&
           std::all_of(heads.begin(), heads.end(), [text](const std::string& head) {
             return head.size() + text.size() <= RegexPart::kMaxLiteral;
           });
  };
  left.specificity += text.size();
  if (left.is_exact && fits_behind(left.exact)) {
    for (std::string& known : left.exact) known += text;
    return;
  }
  give_up_exactness(left);
  left.exact.emplace_back(text);
  left.is_exact = true;
}

RegexPart alternate(std::vector<RegexPart> branches) {
  if (branches.size() == 1) return std::move(branches.front());
  RegexPart result;
  result.specificity = std::numeric_limits<std::size_t>::max();
  bool all_begin = true;
  std::size_t total_beginnings = 0;
  for (const RegexPart& branch : branches) {
    all_begin = all_begin && !branch.beginnings().empty();
    total_beginnings += branch.beginnings().size();
  }
  bool all_exact = true;
  std::size_t total = 0;
  for (const RegexPart& branch : branches) {
    result.specificity = std::min(result.specificity, branch.specificity);
    all_exact = all_exact && branch.is_exact && branch.clauses.empty();
    total += branch.exact.size();
  }
  if (all_exact && total <= RegexPart::kMaxAlternatives) {
    result.is_exact = result.is_whole = true;
    for (RegexPart& branch : branches) {
      for (auto& text : branch.exact) result.exact.push_back(std::move(text));
    }
    return result;
  }
  if (all_begin && total_beginnings <= RegexPart::kMaxAlternatives) {
    for (const RegexPart& branch : branches)
      result.prefixes.insert(result.prefixes.end(), branch.beginnings().begin(),
                             branch.beginnings().end());
  }
  for (RegexPart& branch : branches) give_up_exactness(branch);
  add_joint_clause(branches, result.clauses);
  return result;
}

void make_optional(RegexPart& part) {
  if (!part.is_whole || part.exact.size() >= RegexPart::kMaxAlternatives) {
    part = RegexPart::anything();
    return;
  }
  part.exact.emplace_back();
  part.specificity = 0;
}

}  // namespace handshaked::match
