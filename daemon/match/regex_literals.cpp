#include "match/regex_literals.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "match/regex_part.h"

namespace handshaked::match {
namespace {

constexpr int kMaxDepth = 64;

class Reader {
 public:
  explicit Reader(std::string_view regex) : regex_(regex) {}

  /// The branches of the outermost alternation; nullopt when something was not understood.
  std::optional<std::vector<RegexPart>> read() {
    std::vector<RegexPart> branches = read_branches(0);
    if (!understood_ || at_ != regex_.size()) return std::nullopt;
    return branches;
  }

 private:
  bool more() const { return understood_ && at_ < regex_.size(); }

  RegexPart read_alternation(int depth) { return alternate(read_branches(depth)); }

  std::vector<RegexPart> read_branches(int depth) {
    std::vector<RegexPart> branches;
    if (depth > kMaxDepth) understood_ = false;
    do {
      RegexPart branch = read_concatenation(depth);
      // Seen from outside, "what it ends in" is no longer "what it is".
      if (!branch.is_whole) give_up_exactness(branch);
      branches.push_back(std::move(branch));
    } while (more() && regex_[at_] == '|' && ++at_);
    return branches;
  }

  RegexPart read_concatenation(int depth) {
    RegexPart part = RegexPart::literal("");
    while (more() && regex_[at_] != '|' && regex_[at_] != ')') {
      if (const std::string_view run = read_plain_run(); !run.empty()) {
        append_literal(part, run);
        continue;
      }
      RegexPart atom = read_atom(depth);
      append(part, read_repetition(std::move(atom)));
    }
    return part;
  }

  /// Characters that mean themselves, as far as none is repeated: the last before a repetition is
  /// left to read_atom.
  std::string_view read_plain_run() {
    static constexpr std::string_view kSpecial = "()[].^$\\*+?{|";
    static constexpr std::string_view kRepetition = "*+?{";
    std::string& run = run_;
    run.clear();
    while (at_ < regex_.size() && run.size() < RegexPart::kMaxLiteral / 2) {
      const bool escaped = regex_[at_] == '\\';
      const std::size_t at = escaped ? at_ + 1 : at_;
      if (at >= regex_.size() || (!escaped && kSpecial.find(regex_[at]) != std::string_view::npos))
        break;
      if (escaped && (std::isalnum(static_cast<unsigned char>(regex_[at])) != 0)) break;
      if (at + 1 < regex_.size() && kRepetition.find(regex_[at + 1]) != std::string_view::npos)
        break;
      run += regex_[at];
      at_ = at + 1;
    }
    return run;
  }

  RegexPart read_atom(int depth) {
    const char c = regex_[at_++];
    switch (c) {
      case '(': return read_group(depth);
      case '[': return read_class();
      case '.': return RegexPart::anything();
      case '^':
      case '$': return RegexPart::literal("");
      case '\\': return read_escape();
      case '*':
      case '+':
      case '?': understood_ = false; return RegexPart::anything();
      case '{': return read_brace();
      default: return RegexPart::literal(std::string(1, c));
    }
  }

  /// Behind nothing that could be repeated: literal, unless it reads as a count.
  RegexPart read_brace() {
    --at_;
    RegexPart nothing = RegexPart::anything();
    if (read_counts(nothing)) understood_ = false;
    else ++at_;
    return RegexPart::literal("{");
  }

  RegexPart read_group(int depth) {
    if (regex_.substr(at_).starts_with("?:")) {
      at_ += 2;
    } else if (regex_.substr(at_).starts_with("?P<")) {
      const auto close = std::min(regex_.find('>', at_), regex_.size() - 1);
      const std::string_view name = regex_.substr(at_ + 3, close - std::min(close, at_ + 3));
      const bool is_word =
          !name.empty() && name.find_first_not_of(
                               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
                               std::string_view::npos;
      if (!is_word || std::find(names_.begin(), names_.end(), name) != names_.end())
        understood_ = false;
      names_.push_back(name);
      at_ = close + 1;
    } else if (more() && regex_[at_] == '?') {
      understood_ = false;  // (?i) and its like change what letters mean
    }
    RegexPart part = read_alternation(depth + 1);
    if (!more() || regex_[at_] != ')') understood_ = false;
    ++at_;
    return part;
  }

  RegexPart read_class() {
    if (more() && regex_[at_] == '^') ++at_;
    for (bool is_first = true; more() && (is_first || regex_[at_] != ']'); is_first = false) {
      if (regex_.substr(at_).starts_with("[:")) {
        understood_ = skip_named_class();
        continue;
      }
      const int low = read_class_byte();
      if (low < 0 || !more() || regex_[at_] != '-' || at_ + 1 >= regex_.size() ||
          regex_[at_ + 1] == ']')
        continue;
      ++at_;
      if (read_class_byte() < low) understood_ = false;
    }
    if (!more()) understood_ = false;
    ++at_;
    return RegexPart::anything();
  }

  /// "[:alpha:]".
  bool skip_named_class() {
    for (const std::string_view name :
         {"alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct",
          "space", "upper", "word", "xdigit"}) {
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
    if (const char escaped = regex_[at_];
        std::string_view("dDsSwW").find(escaped) != std::string_view::npos) {
      ++at_;
      return -1;
    } else if (std::string_view("bBAz").find(escaped) != std::string_view::npos) {
      understood_ = false;  // no place inside a class
      return -1;
    }
    const RegexPart byte = read_escape();
    return byte.is_exact && byte.exact.front().size() == 1
               ? static_cast<unsigned char>(byte.exact.front().front())
               : -1;
  }

  RegexPart read_escape() {
    if (!more()) {
      understood_ = false;
      return RegexPart::anything();
    }
    const char c = regex_[at_++];
    switch (c) {
      case 'd':
      case 'D':
      case 's':
      case 'S':
      case 'w':
      case 'W': return RegexPart::anything();
      case 'b':
      case 'B':
      case 'A':
      case 'z': return RegexPart::literal("");
      case 'n': return RegexPart::literal("\n");
      case 't': return RegexPart::literal("\t");
      case 'r': return RegexPart::literal("\r");
      case 'x': return read_hex();
      default:
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
          understood_ = false;
        return RegexPart::literal(std::string(1, c));
    }
  }

  RegexPart read_hex() {
    const auto digit = [this](std::size_t at) {
      const char c = at < regex_.size() ? regex_[at] : 'x';
      return c >= '0' && c <= '9'                     ? c - '0'
             : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                      : -1;
    };
    if (digit(at_) < 0 || digit(at_ + 1) < 0) {
      understood_ = false;
      return RegexPart::anything();
    }
    const char value = static_cast<char>(digit(at_) * 16 + digit(at_ + 1));
    at_ += 2;
    return RegexPart::literal(std::string(1, value));
  }

  RegexPart read_repetition(RegexPart atom) {
    if (!more()) return atom;
    const char c = regex_[at_];
    if (c == '?') {
      make_optional(atom);
      ++at_;
    } else if (c == '*') {
      atom = RegexPart::anything();
      ++at_;
    } else if (c == '+') {
      give_up_exactness(atom);
      ++at_;
    } else if (c != '{' || !read_counts(atom)) {
      return atom;
    }
    if (more() && regex_[at_] == '?') ++at_;  // lazy: the same texts
    // RE2 refuses a repetition of a repetition.
    if (more() && (regex_[at_] == '*' || regex_[at_] == '+' || regex_[at_] == '?' ||
                   (regex_[at_] == '{' && read_counts(atom))))
      understood_ = false;
    return atom;
  }

  /// "{2}", "{1,3}", "{0,}". False when the brace is a literal one.
  bool read_counts(RegexPart& atom) {
    const auto close = regex_.find_first_not_of("0123456789,", at_ + 1);
    if (close == std::string_view::npos || regex_[close] != '}') return false;
    const std::string_view counts = regex_.substr(at_ + 1, close - at_ - 1);
    if (counts.empty() || counts.front() == ',') return false;
    at_ = close + 1;
    // RE2 refuses more than a thousand, and a range that is upside down.
    const auto comma = counts.find(',');
    const auto least = number_of(counts.substr(0, comma));
    const auto most = comma == std::string_view::npos || comma + 1 == counts.size()
                          ? least
                          : number_of(counts.substr(comma + 1));
    if (least > most || most > 1000) understood_ = false;
    if (counts == "0,1") make_optional(atom);
    else if (counts.front() == '0') atom = RegexPart::anything();
    else if (counts != "1") give_up_exactness(atom);
    return true;
  }

  static unsigned number_of(std::string_view digits) {
    unsigned number = 0;
    for (const char c : digits)
      number = std::min(number * 10 + static_cast<unsigned>(c - '0'), 10000U);
    return number;
  }

  std::string_view regex_;
  std::string run_;                      ///< what read_plain_run() returned last
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
  const bool is_one = branches->size() == 1;  // then the branch is the whole
  if (!is_one) {
    literals.branches.reserve(branches->size());
    for (RegexPart branch : *branches) {
      give_up_exactness(branch);
      literals.branches.push_back(
          {.clauses = std::move(branch.clauses), .prefixes = std::move(branch.prefixes)});
    }
  }
  RegexPart part = alternate(std::move(*branches));
  literals.specificity = part.specificity;
  give_up_exactness(part);
  literals.prefixes = std::move(part.prefixes);
  literals.clauses = std::move(part.clauses);
  if (is_one)
    literals.branches.push_back({.clauses = literals.clauses, .prefixes = literals.prefixes});
  return literals;
}

}  // namespace handshaked::match
