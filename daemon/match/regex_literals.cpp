#include "match/regex_literals.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <utility>

#include "match/ordinary_text.h"

namespace handshaked::match {
namespace {

constexpr std::size_t kMaxAlternatives = 64;  // of one clause; beyond it the clause is given up, which is always safe
constexpr std::size_t kMaxLiteral = 128;
constexpr int kMaxDepth = 64;

/// What is known about a part of a regex.
struct Part {
  /// The part matches exactly these strings and no others; meaningless unless `is_exact`. While a concatenation is read, it
  /// may be only its end that is exact; `is_whole` tells.
  std::vector<std::string> exact;
  bool is_exact = false;
  /// Every match begins with one of these; empty when nothing is known. While `is_whole`, the part is exact from its
  /// beginning and `prefixes` equals `exact`.
  std::vector<std::string> prefixes;
  bool is_whole = false;
  std::vector<std::vector<std::string>> clauses;
  std::size_t specificity = 0;

  static Part literal(std::string text) {
    Part part;
    part.specificity = text.size();
    part.exact = {std::move(text)};
    part.prefixes = part.exact;
    part.is_exact = part.is_whole = true;
    return part;
  }
  static Part anything() { return {}; }
};

/// Turns what is exact into a clause, where that says anything.
void give_up_exactness(Part& part) {
  if (!part.is_exact) return;
  part.is_exact = part.is_whole = false;
  const bool may_be_empty = std::any_of(part.exact.begin(), part.exact.end(), [](const auto& s) { return s.empty(); });
  if (!may_be_empty) part.clauses.push_back(std::move(part.exact));
  part.exact.clear();
}

/// All of `heads` followed by all of `tails`; false when that is too much.
bool join(const std::vector<std::string>& heads, const std::vector<std::string>& tails, std::vector<std::string>& joined) {
  if (heads.size() * tails.size() > kMaxAlternatives) return false;
  for (const auto& head : heads) {
    for (const auto& tail : tails) {
      if (head.size() + tail.size() > kMaxLiteral) return false;
      joined.push_back(head + tail);
    }
  }
  return true;
}

/// The concatenation of two parts, `left` growing.
void append(Part& left, Part right) {
  left.specificity += right.specificity;
  if (left.is_whole && !right.prefixes.empty()) {
    if (std::vector<std::string> longer; join(left.prefixes, right.prefixes, longer)) left.prefixes = std::move(longer);
  }
  if (std::vector<std::string> joined; left.is_exact && right.is_exact && join(left.exact, right.exact, joined)) {
    left.exact = std::move(joined);
    left.is_whole = left.is_whole && right.is_whole;
    return;
  }
  give_up_exactness(left);
  for (auto& clause : right.clauses) left.clauses.push_back(std::move(clause));
  if (right.is_exact) {
    // Keep the exactness of the right part: literals that follow it can still join it.
    left.exact = std::move(right.exact);
    left.is_exact = true;
  }
}

using Clause = std::vector<std::string>;

/// A literal that stands in ordinary lines tells nothing; else the longer the better.
std::size_t distinctiveness(const std::string& text) { return is_ordinary(text) ? text.size() : 1000 + text.size(); }

/// The clause of a part whose weakest literal is most distinctive.
const Clause* best_clause(const Part& part) {
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
void add_joint_clause(const std::vector<Part>& branches, std::vector<Clause>& clauses) {
  Clause joint;
  for (const Part& branch : branches) {
    const Clause* const best = best_clause(branch);
    if (best == nullptr || joint.size() + best->size() > kMaxAlternatives) return;
    joint.insert(joint.end(), best->begin(), best->end());
  }
  clauses.push_back(std::move(joint));
}

Part alternate(std::vector<Part> branches) {
  if (branches.size() == 1) return std::move(branches.front());
  Part result;
  result.specificity = std::numeric_limits<std::size_t>::max();
  bool all_begin = true;
  for (const Part& branch : branches) {
    all_begin = all_begin && !branch.prefixes.empty();
    result.prefixes.insert(result.prefixes.end(), branch.prefixes.begin(), branch.prefixes.end());
  }
  if (!all_begin || result.prefixes.size() > kMaxAlternatives) result.prefixes.clear();
  bool all_exact = true;
  std::size_t total = 0;
  for (const Part& branch : branches) {
    result.specificity = std::min(result.specificity, branch.specificity);
    all_exact = all_exact && branch.is_exact && branch.clauses.empty();
    total += branch.exact.size();
  }
  if (all_exact && total <= kMaxAlternatives) {
    result.is_exact = result.is_whole = true;
    for (Part& branch : branches) {
      for (auto& text : branch.exact) result.exact.push_back(std::move(text));
    }
    return result;
  }
  for (Part& branch : branches) give_up_exactness(branch);
  add_joint_clause(branches, result.clauses);
  return result;
}

class Reader {
 public:
  explicit Reader(std::string_view regex) : regex_(regex) {}

  /// The branches of the outermost alternation; nullopt when something was not understood.
  std::optional<std::vector<Part>> read() {
    std::vector<Part> branches = read_branches(0);
    if (!understood_ || at_ != regex_.size()) return std::nullopt;
    return branches;
  }

 private:
  bool more() const { return understood_ && at_ < regex_.size(); }

  Part read_alternation(int depth) { return alternate(read_branches(depth)); }

  std::vector<Part> read_branches(int depth) {
    std::vector<Part> branches;
    if (depth > kMaxDepth) understood_ = false;
    do {
      Part branch = read_concatenation(depth);
      // Seen from outside, "what it ends in" is no longer "what it is".
      if (!branch.is_whole) give_up_exactness(branch);
      branches.push_back(std::move(branch));
    } while (more() && regex_[at_] == '|' && ++at_);
    return branches;
  }

  Part read_concatenation(int depth) {
    Part part = Part::literal("");
    while (more() && regex_[at_] != '|' && regex_[at_] != ')') {
      if (std::string run = read_plain_run(); !run.empty()) {
        append(part, Part::literal(std::move(run)));
        continue;
      }
      Part atom = read_atom(depth);
      append(part, read_repetition(std::move(atom)));
    }
    return part;
  }

  /// Characters that mean themselves, as far as none is repeated: the last before a repetition is left to read_atom.
  std::string read_plain_run() {
    static constexpr std::string_view kSpecial = "()[].^$\\*+?{|";
    static constexpr std::string_view kRepetition = "*+?{";
    std::string run;
    while (at_ < regex_.size() && run.size() < kMaxLiteral / 2) {
      const bool escaped = regex_[at_] == '\\';
      const std::size_t at = escaped ? at_ + 1 : at_;
      if (at >= regex_.size() || (!escaped && kSpecial.find(regex_[at]) != std::string_view::npos)) break;
      if (escaped && (std::isalnum(static_cast<unsigned char>(regex_[at])) != 0)) break;
      if (at + 1 < regex_.size() && kRepetition.find(regex_[at + 1]) != std::string_view::npos) break;
      run += regex_[at];
      at_ = at + 1;
    }
    return run;
  }

  Part read_atom(int depth) {
    const char c = regex_[at_++];
    switch (c) {
      case '(': return read_group(depth);
      case '[': return read_class();
      case '.': return Part::anything();
      case '^':
      case '$': return Part::literal("");
      case '\\': return read_escape();
      case '*':
      case '+':
      case '?': understood_ = false; return Part::anything();
      case '{': return read_brace();
      default: return Part::literal(std::string(1, c));
    }
  }

  /// Behind nothing that could be repeated: literal, unless it reads as a count.
  Part read_brace() {
    --at_;
    Part nothing = Part::anything();
    if (read_counts(nothing)) understood_ = false;
    else ++at_;
    return Part::literal("{");
  }

  Part read_group(int depth) {
    if (regex_.substr(at_).starts_with("?:")) {
      at_ += 2;
    } else if (regex_.substr(at_).starts_with("?P<")) {
      const auto close = std::min(regex_.find('>', at_), regex_.size() - 1);
      const std::string_view name = regex_.substr(at_ + 3, close - std::min(close, at_ + 3));
      const bool is_word = !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                                                std::string_view::npos;
      if (!is_word || std::find(names_.begin(), names_.end(), name) != names_.end()) understood_ = false;
      names_.push_back(name);
      at_ = close + 1;
    } else if (more() && regex_[at_] == '?') {
      understood_ = false;  // (?i) and its like change what letters mean
    }
    Part part = read_alternation(depth + 1);
    if (!more() || regex_[at_] != ')') understood_ = false;
    ++at_;
    return part;
  }

  Part read_class() {
    if (more() && regex_[at_] == '^') ++at_;
    for (bool is_first = true; more() && (is_first || regex_[at_] != ']'); is_first = false) {
      if (regex_.substr(at_).starts_with("[:")) {
        understood_ = skip_named_class();
        continue;
      }
      const int low = read_class_byte();
      if (low < 0 || !more() || regex_[at_] != '-' || at_ + 1 >= regex_.size() || regex_[at_ + 1] == ']') continue;
      ++at_;
      if (read_class_byte() < low) understood_ = false;
    }
    if (!more()) understood_ = false;
    ++at_;
    return Part::anything();
  }

  /// "[:alpha:]".
  bool skip_named_class() {
    for (const std::string_view name :
         {"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"}) {
      const std::string whole = "[:" + std::string(name) + ":]";
      if (!regex_.substr(at_).starts_with(whole)) continue;
      at_ += whole.size();
      return true;
    }
    return false;
  }

  /// One byte of a class, or -1 for an escape that stands for several.
  int read_class_byte() {
    const char c = regex_[at_++];
    if (c != '\\' || !more()) return static_cast<unsigned char>(c);
    if (const char escaped = regex_[at_]; std::string_view("dDsSwW").find(escaped) != std::string_view::npos) {
      ++at_;
      return -1;
    } else if (std::string_view("bBAz").find(escaped) != std::string_view::npos) {
      understood_ = false;  // no place inside a class
      return -1;
    }
    const Part byte = read_escape();
    return byte.is_exact && byte.exact.front().size() == 1 ? static_cast<unsigned char>(byte.exact.front().front()) : -1;
  }

  Part read_escape() {
    if (!more()) {
      understood_ = false;
      return Part::anything();
    }
    const char c = regex_[at_++];
    switch (c) {
      case 'd':
      case 'D':
      case 's':
      case 'S':
      case 'w':
      case 'W': return Part::anything();
      case 'b':
      case 'B':
      case 'A':
      case 'z': return Part::literal("");
      case 'n': return Part::literal("\n");
      case 't': return Part::literal("\t");
      case 'r': return Part::literal("\r");
      case 'x': return read_hex();
      default:
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) understood_ = false;
        return Part::literal(std::string(1, c));
    }
  }

  Part read_hex() {
    const auto digit = [this](std::size_t at) {
      const char c = at < regex_.size() ? regex_[at] : 'x';
      return c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
    };
    if (digit(at_) < 0 || digit(at_ + 1) < 0) {
      understood_ = false;
      return Part::anything();
    }
    const char value = static_cast<char>(digit(at_) * 16 + digit(at_ + 1));
    at_ += 2;
    return Part::literal(std::string(1, value));
  }

  Part read_repetition(Part atom) {
    if (!more()) return atom;
    const char c = regex_[at_];
    if (c == '?') {
      make_optional(atom);
      ++at_;
    } else if (c == '*') {
      atom = Part::anything();
      ++at_;
    } else if (c == '+') {
      give_up_exactness(atom);
      ++at_;
    } else if (c != '{' || !read_counts(atom)) {
      return atom;
    }
    if (more() && regex_[at_] == '?') ++at_;  // lazy: the same texts
    // RE2 refuses a repetition of a repetition.
    if (more() && (regex_[at_] == '*' || regex_[at_] == '+' || regex_[at_] == '?' || (regex_[at_] == '{' && read_counts(atom))))
      understood_ = false;
    return atom;
  }

  static void make_optional(Part& atom) {
    if (!atom.is_whole || atom.exact.size() >= kMaxAlternatives) {
      atom = Part::anything();
      return;
    }
    atom.exact.emplace_back();
    atom.prefixes = atom.exact;
    atom.specificity = 0;
  }

  /// "{2}", "{1,3}", "{0,}". False when the brace is a literal one.
  bool read_counts(Part& atom) {
    const auto close = regex_.find('}', at_);
    if (close == std::string_view::npos) return false;
    const std::string_view counts = regex_.substr(at_ + 1, close - at_ - 1);
    if (counts.empty() || counts.find_first_not_of("0123456789,") != std::string_view::npos || counts.front() == ',') return false;
    at_ = close + 1;
    // RE2 refuses more than a thousand, and a range that is upside down.
    const auto comma = counts.find(',');
    const auto least = number_of(counts.substr(0, comma));
    const auto most = comma == std::string_view::npos || comma + 1 == counts.size() ? least : number_of(counts.substr(comma + 1));
    if (least > most || most > 1000) understood_ = false;
    if (counts == "0,1") make_optional(atom);
    else if (counts.front() == '0') atom = Part::anything();
    else if (counts != "1") give_up_exactness(atom);
    return true;
  }

  static unsigned number_of(std::string_view digits) {
    unsigned number = 0;
    for (const char c : digits) number = std::min(number * 10 + static_cast<unsigned>(c - '0'), 10000U);
    return number;
  }

  std::string_view regex_;
  std::vector<std::string_view> names_;  ///< of groups
  std::size_t at_ = 0;
  bool understood_ = true;
};

/// "(?:a|b)" is "a|b" when the parenthesis closes at the very end.
std::string_view without_outer_group(std::string_view regex) {
  if (!regex.starts_with("(?:")) return regex;
  int depth = 0;
  for (std::size_t at = 0; at < regex.size(); ++at) {
    if (regex[at] == '\\') {
      ++at;
    } else if (regex[at] == '[') {
      for (at += 2; at < regex.size() && regex[at] != ']'; ++at) at += regex[at] == '\\' ? 1U : 0U;
    } else if (regex[at] == '(') {
      ++depth;
    } else if (regex[at] == ')' && --depth == 0) {
      return at + 1 == regex.size() ? regex.substr(3, regex.size() - 4) : regex;
    }
  }
  return regex;
}

}  // namespace

std::optional<RegexLiterals> regex_literals(std::string_view regex) {
  auto branches = Reader(without_outer_group(regex)).read();
  if (!branches) return std::nullopt;
  RegexLiterals literals;
  for (Part branch : *branches) {
    RegexBranch known{.clauses = {}, .prefixes = branch.prefixes};
    give_up_exactness(branch);
    known.clauses = std::move(branch.clauses);
    literals.branches.push_back(std::move(known));
  }
  Part part = alternate(std::move(*branches));
  literals.specificity = part.specificity;
  literals.prefixes = part.prefixes;
  give_up_exactness(part);
  literals.clauses = std::move(part.clauses);
  return literals;
}

}  // namespace handshaked::match
