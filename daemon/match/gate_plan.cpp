#include "match/gate_plan.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <utility>

#include "match/ordinary_text.h"
#include "match/prefix_search.h"

namespace handshaked::match {
namespace {

/// As in LineRequirements, from which the texts are borrowed.
using SearchedClause = std::vector<std::string_view>;
using SearchedClauses = std::vector<SearchedClause>;

constexpr std::size_t kShortest = GatePlan::kShortest;
constexpr std::size_t kLongest = GatePlan::kLongest;
constexpr std::size_t kWindow = GatePlan::kWindow;

/// Three letters of a word stand in too many words: a short needle needs capitals or punctuation,
/// like "SSL".
bool is_unusual(std::string_view trigram) {
  const auto plain = std::count_if(trigram.begin(), trigram.end(),
                                   [](char c) { return (c >= 'a' && c <= 'z') || c == ' '; });
  return plain == 0 && !is_ordinary(trigram);
}

bool contains_needle(std::string_view literal, const std::vector<std::string>& needles) {
  return std::any_of(needles.begin(), needles.end(),
                     [&](const auto& needle) { return literal.find(needle) != std::string::npos; });
}

bool is_covered(const SearchedClauses& clauses, const std::vector<std::string>& needles) {
  return std::any_of(clauses.begin(), clauses.end(), [&](const SearchedClause& clause) {
    return std::all_of(clause.begin(), clause.end(),
                       [&](const auto& literal) { return contains_needle(literal, needles); });
  });
}

/// The longest part of a literal that JSON leaves as it is.
std::string_view unescaped_part(std::string_view literal) {
  std::string_view best;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= literal.size(); ++i) {
    if (i < literal.size() && literal[i] >= ' ' && literal[i] != '"' && literal[i] != '\\')
      continue;
    if (i - begin > best.size()) best = literal.substr(begin, i - begin);
    begin = i + 1;
  }
  return best;
}

/// The clauses that can be searched for: all their literals are long enough.
SearchedClauses usable_clauses(const LineRequirements& rule) {
  SearchedClauses usable;
  const auto is_long_enough = [](std::string_view literal) { return literal.size() >= kShortest; };
  usable.reserve(rule.message_clauses.size() + rule.line_clauses.size());
  for (const auto& clause : rule.message_clauses) {
    SearchedClause parts;
    parts.reserve(clause.size());
    for (const std::string& literal : clause) parts.push_back(unescaped_part(literal));
    if (std::all_of(parts.begin(), parts.end(), is_long_enough)) usable.push_back(std::move(parts));
  }
  for (const auto& clause : rule.line_clauses) {
    if (std::all_of(clause.begin(), clause.end(), is_long_enough))
      usable.emplace_back(clause.begin(), clause.end());
  }
  return usable;
}

/// The three bytes that stand in the literals of most rules, and in no ordinary line: "SSL", as a
/// rule.
std::optional<std::string> most_shared_trigram(
    const std::vector<const SearchedClauses*>& open_rules) {
  std::unordered_map<std::uint32_t, std::uint32_t> rules_with;
  std::vector<std::uint32_t> seen;
  for (const SearchedClauses* const clauses : open_rules) {
    seen.clear();
    for (const SearchedClause& clause : *clauses) {
      if (clause.size() != 1) continue;
      for (std::size_t i = 0; i + 3 <= clause[0].size(); ++i) {
        std::uint32_t trigram = 0;
        std::memcpy(&trigram, clause[0].data() + i, 3);
        seen.push_back(trigram);
      }
    }
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    for (const std::uint32_t trigram : seen) ++rules_with[trigram];
  }
  std::uint32_t best = 0;
  std::uint32_t best_count = 0;
  for (const auto& [trigram, count] : rules_with) {
    if (count < best_count || (count == best_count && trigram > best)) continue;
    if (!is_unusual({reinterpret_cast<const char*>(&trigram), 3})) continue;
    best = trigram;
    best_count = count;
  }
  // Worth it only where it serves many: a longer needle of its own meets fewer lines in vain.
  if (best_count < std::max<std::size_t>(4, open_rules.size() / 8)) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(&best), 3);
}

/// The best piece of one literal: in no ordinary line, and of unusual bytes.
std::string best_piece(std::string_view literal) {
  std::string best;
  unsigned best_cost = ~0U;
  const std::size_t length = std::min(kLongest, literal.size());
  for (std::size_t i = 0; i + length <= literal.size(); ++i) {
    const std::string_view piece = literal.substr(i, length);
    unsigned cost = commonness(piece);
    if (cost >= best_cost) continue;
    const bool has_rare_window = !is_ordinary(piece.substr(rarest_window(piece), kWindow));
    // Where a window is in no ordinary line, the piece is in none.
    cost +=
        (has_rare_window ? 0U : 10000U) + (!has_rare_window && is_ordinary(piece) ? 100000U : 0U);
    if (cost < best_cost) {
      best_cost = cost;
      best = piece;
    }
  }
  return best;
}

/// Whether the best piece of a literal is in no ordinary line.
bool has_unusual_piece(std::string_view literal) {
  const std::size_t length = std::min(kLongest, literal.size());
  for (std::size_t i = 0; i + length <= literal.size(); ++i) {
    if (!is_ordinary(literal.substr(i, length))) return true;
  }
  return false;
}

/// Needles of its own for a rule that has no usable beginning: of the clause that needs the fewest
/// and least ordinary ones.
void add_own_needles(const SearchedClauses& clauses, std::vector<std::string>& needles) {
  std::vector<std::string> best;
  std::size_t best_cost = ~std::size_t{0};
  for (const SearchedClause& clause : clauses) {
    std::vector<std::string> wanted;
    std::size_t cost = 0;
    for (const std::string_view literal : clause) {
      if (contains_needle(literal, needles) || contains_needle(literal, wanted)) continue;
      wanted.push_back(best_piece(literal));
      cost += is_ordinary(wanted.back()) ? 1000U : 1U;
    }
    if (cost < best_cost) {
      best_cost = cost;
      best = std::move(wanted);
    }
  }
  needles.insert(needles.end(), best.begin(), best.end());
}

/// A text as it stands inside a JSON string, up to the first control character.
std::string json_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c < ' ') break;
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

/// Where "OCSP" is looked for, "OCSP response" need not be.
void drop_redundant(std::vector<std::string>& needles) {
  const std::vector<std::string> all = needles;
  std::erase_if(needles, [&](const std::string& needle) {
    return std::any_of(all.begin(), all.end(), [&](const auto& other) {
      return other != needle && needle.find(other) != std::string::npos;
    });
  });
}

/// A text as chats and forms print its quotes.
std::string with_other_quotes(std::string_view text, std::string_view open,
                              std::string_view close) {
  std::string out;
  bool is_open = false;
  for (const char c : text) {
    if (c == '"') out.append(std::exchange(is_open, !is_open) ? close : open);
    else out += c;
  }
  return out.substr(0, PrefixSearch::kLongest);
}

/// The beginnings of a rule's messages, plain, escaped and pasted; empty when one of them is too
/// short to look up.
std::vector<std::string> usable_prefixes(const LineRequirements& rule) {
  std::vector<std::string> usable;
  for (const std::string& prefix : rule.prefixes) {
    const std::string plain = prefix.substr(0, PrefixSearch::kLongest);
    const std::string escaped = json_escaped(plain);
    if (plain.size() < PrefixSearch::kKey || escaped.size() < PrefixSearch::kKey) return {};
    usable.push_back(plain);
    if (escaped != plain) usable.push_back(escaped);
    if (plain.find('"') == std::string::npos) continue;
    usable.push_back(with_other_quotes(plain, "\xE2\x80\x9C", "\xE2\x80\x9D"));
    usable.push_back(with_other_quotes(plain, "&quot;", "&quot;"));
  }
  return usable;
}

/// Is a rule better found by how its messages begin than by needles of its own?
bool is_searched_by_prefix(const LineRequirements& rule, const std::vector<std::string>& prefixes,
                           const SearchedClauses& clauses) {
  if (prefixes.empty()) return false;
  const bool ordinary = std::any_of(prefixes.begin(), prefixes.end(),
                                    [](const auto& prefix) { return is_ordinary(prefix); });
  if (!ordinary || !rule.line_clauses.empty()) return true;
  // Ordinary lines begin so, too: a needle of unusual text would stop at fewer of them.
  return std::none_of(clauses.begin(), clauses.end(), [](const SearchedClause& clause) {
    return std::none_of(clause.begin(), clause.end(),
                        [](const auto& literal) { return !has_unusual_piece(literal); });
  });
}

}  // namespace

unsigned commonness(std::string_view text) {
  unsigned sum = 0;
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') sum += 8;
    else if (c == ' ' || c == '/' || c == '"' || (c >= '0' && c <= '9')) sum += 9;
    else if (c >= 'A' && c <= 'Z') sum += 3;
    else sum += 2;
  }
  return sum;
}

std::size_t rarest_window(std::string_view needle) {
  std::size_t best = 0;
  unsigned best_cost = ~0U;
  for (std::size_t i = 0; i == 0 || i + kWindow <= needle.size(); ++i) {
    const std::string_view window = needle.substr(i, kWindow);
    unsigned cost = commonness(window);
    if (cost >= best_cost) continue;
    cost += is_ordinary(window) ? 1000U : 0U;
    if (cost >= best_cost) continue;
    best = i;
    best_cost = cost;
  }
  return best;
}

GatePlan plan_gate(const std::vector<LineRequirements>& rules) {
  GatePlan plan;
  std::vector<std::pair<const LineRequirements*, SearchedClauses>> all;
  all.reserve(rules.size());
  std::vector<const SearchedClauses*> shared;  // of the rules that are still without a needle
  for (const LineRequirements& rule : rules)
    shared.push_back(&all.emplace_back(&rule, usable_clauses(rule)).second);
  while (const auto trigram = most_shared_trigram(shared)) {
    plan.needles.push_back(*trigram);
    std::erase_if(
        shared, [&](const SearchedClauses* clauses) { return is_covered(*clauses, plan.needles); });
  }
  std::erase_if(all, [&](const auto& rule) { return is_covered(rule.second, plan.needles); });
  for (const auto& [rule, clauses] : all) {
    std::vector<std::string> prefixes = usable_prefixes(*rule);
    if (is_searched_by_prefix(*rule, prefixes, clauses)) {
      for (std::string& text : prefixes)
        plan.prefixes.push_back({std::move(text), &rule->line_clauses});
    } else if (!clauses.empty()) {
      if (!is_covered(clauses, plan.needles)) add_own_needles(clauses, plan.needles);
    } else {
      plan.is_open = true;
    }
  }
  drop_redundant(plan.needles);
  return plan;
}

}  // namespace handshaked::match
