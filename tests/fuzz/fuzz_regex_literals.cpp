// What we derive from a regex must hold for every text that RE2 matches. The input decides how a
// regex is put together, and in the same breath a text that it matches; or, in the other mode, it
// is regex and text itself.
#include <re2/re2.h>

#include <string>

#include "fuzz_input.h"
#include "match/literal_gate.h"
#include "match/regex_literals.h"

namespace handshaked {
namespace {

using fuzz::promise;

struct Pair {
  std::string regex;
  std::string text;  ///< one that it matches
};

constexpr std::string_view kLetters = "abcSL: ().*+?[]|\\{}^$/-\"\n";

std::string escaped(char letter) {
  if (letter == '\n') return "\\n";
  const bool is_special =
      std::string_view("\\.+*?()|[]{}^$").find(letter) != std::string_view::npos;
  return (is_special ? "\\" : "") + std::string(1, letter);
}

Pair make_alternation(fuzz::FuzzInput& input, int depth);

Pair make_class(fuzz::FuzzInput& input) {
  switch (input.byte() % 7) {
    case 0: return {"\\d", std::string(1, static_cast<char>('0' + input.byte() % 10))};
    case 1: return {"\\w", "x"};
    case 2: return {"[^a]", std::string(1, input.byte() % 2 != 0 ? 'b' : '\xff')};
    case 3: return {"[a-c]", std::string(1, static_cast<char>('a' + input.byte() % 3))};
    case 4: return {"[Ss]", input.byte() % 2 != 0 ? "S" : "s"};
    case 5: return {"[^\"]", "q"};
    default: return {".", std::string(1, static_cast<char>(input.byte()))};
  }
}

Pair make_atom(fuzz::FuzzInput& input, int depth) {
  const std::uint8_t choice = input.byte();
  if (choice % 8 == 0) return make_class(input);
  if (choice % 8 == 1 && depth > 0) {
    Pair inner = make_alternation(input, depth - 1);
    return {(choice & 0x80 ? "(?:" : "(") + inner.regex + ")", inner.text};
  }
  const char letter = kLetters[choice % kLetters.size()];
  return {escaped(letter), std::string(1, letter)};
}

/// `again` gives another text of the same regex, which is not always the same text.
Pair make_repeated(fuzz::FuzzInput& input, int depth) {
  const Pair atom = make_atom(input, depth);
  const auto times = [&](std::size_t number) {
    std::string text;
    for (std::size_t i = 0; i < number; ++i) text += atom.text;
    return text;
  };
  switch (input.byte() % 12) {
    case 0: return {atom.regex + "*", times(input.byte() % 3)};
    case 1: return {atom.regex + "+", times(1 + input.byte() % 2U)};
    case 2: return {atom.regex + "?", times(input.byte() % 2)};
    case 3: return {atom.regex + "{2}", times(2)};
    case 4: return {atom.regex + "{1,3}", times(1 + input.byte() % 3U)};
    case 5: return {atom.regex + "{0,2}", times(input.byte() % 3)};
    case 6: return {atom.regex + "*?", times(input.byte() % 2)};
    case 7: return {atom.regex + "{2,}", times(2 + input.byte() % 2U)};
    default: return atom;
  }
}

Pair make_concatenation(fuzz::FuzzInput& input, int depth) {
  Pair whole;
  for (std::size_t parts = input.byte() % 8U; parts > 0; --parts) {
    const Pair part = make_repeated(input, depth);
    whole.regex += part.regex;
    whole.text += part.text;
  }
  return whole;
}

Pair make_alternation(fuzz::FuzzInput& input, int depth) {
  Pair chosen = make_concatenation(input, depth);
  std::string regex = chosen.regex;
  for (std::size_t others = input.byte() % 3U; others > 0; --others) {
    const Pair other = make_concatenation(input, depth);
    regex += "|" + other.regex;
    if (input.byte() % 2 != 0) chosen.text = other.text;
  }
  return {regex, chosen.text};
}

bool clauses_hold(const std::vector<std::vector<std::string>>& clauses, std::string_view text) {
  for (const auto& clause : clauses) {
    bool holds = false;
    for (const std::string& literal : clause)
      holds = holds || text.find(literal) != std::string_view::npos;
    if (!holds) return false;
  }
  return true;
}

bool prefixes_hold(const std::vector<std::string>& prefixes, std::string_view text) {
  bool holds = prefixes.empty();
  for (const std::string& prefix : prefixes) holds = holds || text.starts_with(prefix);
  return holds;
}

void check(const match::RegexLiterals& literals, std::string_view text) {
  promise(clauses_hold(literals.clauses, text), "a matching text has a literal of every clause");
  promise(prefixes_hold(literals.prefixes, text),
          "a matching text begins with one of the prefixes");
  bool some_branch = false;
  for (const match::RegexBranch& branch : literals.branches) {
    some_branch =
        some_branch || (clauses_hold(branch.clauses, text) && prefixes_hold(branch.prefixes, text));
  }
  promise(some_branch, "a matching text meets what one of the branches requires");
  promise(literals.specificity <= text.size(),
          "a matching text is at least as long as its literals");
}

}  // namespace
}  // namespace handshaked

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 4096)) return 0;
  fuzz::FuzzInput input(data, size);
  const bool is_generated = input.byte() % 4 != 0;
  Pair pair;
  if (is_generated) {
    pair = make_alternation(input, 3);
  } else {
    const std::string_view rest = input.rest();
    const auto end = rest.find('\n');
    pair = {std::string(rest.substr(0, end)),
            std::string(end == std::string_view::npos ? std::string_view() : rest.substr(end + 1))};
  }
  // As rules are compiled (rule_set.cpp).
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  options.set_dot_nl(true);
  const re2::RE2 regex(pair.regex, options);
  const auto literals = match::regex_literals(pair.regex);
  if (!regex.ok()) return 0;
  const bool matches =
      regex.Match(pair.text, 0, pair.text.size(), re2::RE2::ANCHOR_START, nullptr, 0);
  if (is_generated) fuzz::promise(matches, "the generated text matches its regex");
  if (matches && literals) check(*literals, pair.text);
  return 0;
}
