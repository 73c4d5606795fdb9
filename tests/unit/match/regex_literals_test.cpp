#include "match/regex_literals.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <random>

namespace handshaked::match {
namespace {

using Clauses = std::vector<std::vector<std::string>>;

RegexLiterals known(std::string_view regex) {
  auto literals = regex_literals(regex);
  EXPECT_TRUE(literals) << regex;
  return literals.value_or(RegexLiterals{});
}

TEST(RegexLiterals, OfPlainTextIsTheText) {
  const RegexLiterals literals = known("no live upstreams");
  EXPECT_EQ(literals.clauses, (Clauses{{"no live upstreams"}}));
  EXPECT_EQ(literals.prefixes, (std::vector<std::string>{"no live upstreams"}));
  EXPECT_EQ(literals.specificity, 17U);
}

TEST(RegexLiterals, MultiplyOutGroupsAndOptionalParts) {
  const RegexLiterals literals = known("SSL_(?:read|write)\\(\\)(?: failed)?");
  EXPECT_EQ(literals.clauses.size(), 1U);
  EXPECT_EQ(literals.prefixes, (std::vector<std::string>{"SSL_read() failed", "SSL_read()",
                                                         "SSL_write() failed", "SSL_write()"}));
  EXPECT_EQ(literals.specificity, std::string_view("SSL_read()").size());
}

TEST(RegexLiterals, EndAtWhatIsUnknownAndBeginAnew) {
  const RegexLiterals literals = known("cannot load \"[^\"]*\": (?:.* )?key");
  EXPECT_EQ(literals.clauses, (Clauses{{"cannot load \""}, {"\": "}, {"key"}}));
  EXPECT_EQ(literals.prefixes, (std::vector<std::string>{"cannot load \""}));
  EXPECT_EQ(literals.specificity, 19U);
}

TEST(RegexLiterals, KeepTheBranchesOfAnOuterAlternationApart) {
  const RegexLiterals literals = known("(?:alpha.*one|beta.*two)");
  ASSERT_EQ(literals.branches.size(), 2U);
  EXPECT_EQ(literals.branches[0].clauses, (Clauses{{"alpha"}, {"one"}}));
  EXPECT_EQ(literals.branches[1].prefixes, (std::vector<std::string>{"beta"}));
  EXPECT_EQ(literals.specificity, 7U);
}

TEST(RegexLiterals, KnowNothingAboutAPartThatMayBeMissing) {
  EXPECT_TRUE(known("(?:a[0-9])?").clauses.empty());
  EXPECT_TRUE(known("x*").clauses.empty());
  EXPECT_TRUE(known("(?:abc|)").clauses.empty());
  EXPECT_TRUE(known("(?:abc){0,3}").clauses.empty());
  EXPECT_EQ(known("(?:abc){2,3}").clauses, (Clauses{{"abc"}}));
}

TEST(RegexLiterals, DoNotGuessAtWhatTheyDoNotRead) {
  for (const char* const regex : {"(?i)ssl", "\\Qa.b\\E", "\\pLx",      "a**",
                                  "a{2}{3}", "a+*",       "(a",         "a)",
                                  "[b-a]",   "[a-\\d]",   "[[:foo:]]",  "[\\A]",
                                  "a{3,1}",  "a{1001}",   "(?P<n-m>a)", "(?P<n>a)(?P<n>b)",
                                  "[a",      "*a",        "a\\",        "\\8",
                                  "(?<=a)b", "a|*"}) {
    EXPECT_FALSE(regex_literals(regex)) << regex;
  }
}

/// Makes a random regex of the dialect, and at the same time a text that it matches.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}
  void alternation(std::string& regex, std::string& text, int depth) {
    const int branches = 1 + pick(depth == 0 ? 3 : 2);
    const int taken = pick(branches);
    for (int i = 0; i < branches; ++i) {
      std::string branch_text;
      if (i != 0) regex += '|';
      concatenation(regex, branch_text, depth);
      if (i == taken) text += branch_text;
    }
  }

 private:
  int pick(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }

  void concatenation(std::string& regex, std::string& text, int depth) {
    for (int parts = pick(5); parts >= 0; --parts) {
      std::string atom_regex;
      std::string once;
      std::string again;
      atom(atom_regex, once, again, depth);
      static constexpr const char* kRepetitions[] = {"",    "",      "",      "",      "?",
                                                     "*",   "+",     "??",    "*?",    "{2}",
                                                     "{1}", "{0,2}", "{0,1}", "{1,3}", "{2,}"};
      static constexpr int kLeast[] = {1, 1, 1, 1, 0, 0, 1, 0, 0, 2, 1, 0, 0, 1, 2};
      static constexpr int kMost[] = {1, 1, 1, 1, 1, 3, 3, 1, 3, 2, 1, 2, 1, 3, 4};
      const int chosen = pick(15);
      regex += atom_regex + kRepetitions[chosen];
      const int times = kLeast[chosen] + pick(kMost[chosen] - kLeast[chosen] + 1);
      for (int i = 0; i < times; ++i) text += pick(2) == 0 ? once : again;
    }
  }

  /// Two texts that the atom matches.
  void atom(std::string& regex, std::string& once, std::string& again, int depth) {
    switch (depth < 4 ? pick(9) : pick(6)) {
      case 0:
        regex += '.';
        once = "x";
        again = "%";
        break;
      case 1:
        regex += "[^\"]";
        once = "q";
        again = "]";
        break;
      case 2:
        regex += "[]a-c\\d]";
        once = "]";
        again = "7";
        break;
      case 3:
        regex += "\\(";
        once = again = "(";
        break;
      case 4:
        regex += "\\x41";
        once = again = "A";
        break;
      case 5: {
        static constexpr const char* kWords[] = {"SSL", "error", " ",
                                                 "a",   "{",     "certificate verify"};
        once = again = kWords[pick(6)];
        regex += once == "{" ? "\\{" : once.size() == 1 ? once : "(?:" + once + ")";
        break;
      }
      default: {
        static constexpr const char* kOpen[] = {"(", "(?:", "(?P<n>"};
        // A second text of the same group would need the same regex read twice: one text serves for
        // both.
        const int open = pick(2);
        regex += kOpen[open];
        alternation(regex, once, depth + 1);
        regex += ')';
        again = once;
      }
    }
  }

  std::mt19937 random_;
};

bool holds(const Clauses& clauses, const std::string& text) {
  return std::all_of(clauses.begin(), clauses.end(), [&](const auto& clause) {
    return std::any_of(clause.begin(), clause.end(), [&](const auto& literal) {
      return text.find(literal) != std::string::npos;
    });
  });
}
bool begins(const std::vector<std::string>& prefixes, const std::string& text) {
  return prefixes.empty() || std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& prefix) {
           return text.starts_with(prefix);
         });
}

TEST(RegexLiterals, HoldForEveryTextThatRe2Matches) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    Generator generator(seed);
    std::string regex;
    std::string text;
    generator.alternation(regex, text, 0);
    re2::RE2::Options options(re2::RE2::Latin1);
    options.set_dot_nl(true);
    const re2::RE2 compiled(regex, options);
    ASSERT_TRUE(compiled.ok()) << regex;
    ASSERT_TRUE(re2::RE2::FullMatch(text, compiled)) << regex << "\n" << text;
    const auto literals = regex_literals(regex);
    ASSERT_TRUE(literals) << regex;
    ASSERT_TRUE(holds(literals->clauses, text)) << regex << "\n" << text;
    ASSERT_TRUE(begins(literals->prefixes, text)) << regex << "\n" << text;
    ASSERT_LE(literals->specificity, text.size()) << regex << "\n" << text;
    ASSERT_FALSE(literals->branches.empty()) << regex;
    ASSERT_TRUE(std::any_of(literals->branches.begin(), literals->branches.end(),
                            [&](const RegexBranch& branch) {
                              return holds(branch.clauses, text) && begins(branch.prefixes, text);
                            }))
        << regex << "\n"
        << text;
  }
}

TEST(RegexLiterals, UnderstandNothingThatRe2Refuses) {
  std::mt19937 random(7);
  static constexpr std::string_view kCharacters = "ab.*+?()[]{}|\\^$-:,0123dwbxnzAQ<P>= ";
  re2::RE2::Options options(re2::RE2::Latin1);
  options.set_log_errors(false);
  int understood = 0;
  for (int i = 0; i < 60000; ++i) {
    std::string regex;
    for (auto length = random() % 12 + 1; length > 0; --length)
      regex += kCharacters[random() % kCharacters.size()];
    if (!regex_literals(regex)) continue;
    ++understood;
    const re2::RE2 compiled(regex, options);
    ASSERT_TRUE(compiled.ok()) << regex << ": " << compiled.error();
  }
  EXPECT_GT(understood, 1000);
}

}  // namespace
}  // namespace handshaked::match
