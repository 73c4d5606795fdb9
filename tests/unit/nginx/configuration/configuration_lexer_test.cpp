#include "nginx/configuration/configuration_lexer.h"

#include <gtest/gtest.h>

using namespace std::string_literals;
using namespace std::string_view_literals;

namespace handshaked::nginx {
namespace {

struct Case {
  std::string_view written;
  std::string kept;
};

/// What nginx 1.22.1 opened for "include WRITTEN;" (real_nginx_test.cpp asks it again where it is
/// installed).
const Case kWords[] = {
    {"aa", "aa"},           {R"("a b")", "a b"},      {"'a;b'", "a;b"},     {R"(a\;b)", R"(a\;b)"},
    {R"(a\ b)", R"(a\ b)"}, {R"("a\"b")", R"(a"b)"},  {R"('a\'b')", "a'b"}, {R"(a\tb)", "a\tb"},
    {R"("a\nb")", "a\nb"},  {R"(a\xb)", R"(a\xb)"},   {R"(a"b)", R"(a"b)"}, {"a${x}b", "a${x}b"},
    {"${x}", "${x}"},       {R"("${x}")", "${x}"},    {"a#b", "a#b"},       {R"(a\\b)", R"(a\b)"},
    {R"(\"a)", R"("a)"},    {"\"a\\\nb\"", "a\\\nb"}, {"a}b", "a}b"},       {"$", "$"},
    {R"(\$a)", R"(\$a)"},   {"a$${x}", "a$${x}"},     {R"("$")", "$"},      {"a(b)", "a(b)"},
    {"(a", "(a"},           {R"("a#b")", "a#b"},      {R"("")", ""},        {"'a\r\nb'", "a\r\nb"},
};

TEST(ConfigurationLexer, KeepsOfEachWordWhatNginxKeeps) {
  for (const Case& word : kWords) {
    const std::string text = "include " + std::string(word.written) + ";";
    ConfigurationLexer lexer(text);
    const Statement statement = lexer.next();
    ASSERT_EQ(statement.words.size(), 2u) << word.written;
    EXPECT_EQ(statement.words[1].text, word.kept) << word.written;
    EXPECT_EQ(text.substr(statement.words[1].raw.begin, statement.words[1].raw.size()),
              word.written);
    EXPECT_EQ(statement.ending, StatementEnd::semicolon);
    EXPECT_TRUE(lexer.problems().empty()) << word.written;
  }
}

TEST(ConfigurationLexer, AVariableInBracesOpensNoBlock) {
  ConfigurationLexer lexer("set $a ${b}{c;}");
  Statement statement = lexer.next();
  ASSERT_EQ(statement.words.size(), 3u);
  EXPECT_EQ(statement.words[2].text, "${b}");
  EXPECT_EQ(statement.ending, StatementEnd::block_start);
  EXPECT_EQ(lexer.next().words.at(0).text, "c");
  EXPECT_EQ(lexer.next().ending, StatementEnd::block_done);
  EXPECT_EQ(lexer.next().ending, StatementEnd::end_of_text);
}

TEST(ConfigurationLexer, TellsLinesColumnsAndBytes) {
  const std::string text = "# one\r\n  listen\t443\n   ssl ; location / {\n}\n";
  ConfigurationLexer lexer(text);
  const Statement listen = lexer.next();
  EXPECT_EQ(listen.line, 2u);
  EXPECT_EQ(listen.column, 3u);
  EXPECT_EQ(text.substr(listen.raw.begin, listen.raw.size()), "listen\t443\n   ssl ;");
  EXPECT_EQ(listen.words[2].line, 3u);
  const Statement location = lexer.next();
  EXPECT_EQ(location.line, 3u);
  EXPECT_EQ(location.column, 10u);
  EXPECT_EQ(lexer.next().line, 4u);
}

TEST(ConfigurationLexer, AClosingParenthesisMayFollowAQuote) {
  ConfigurationLexer lexer(R"(if ($a = "b") {})");
  const Statement statement = lexer.next();
  ASSERT_EQ(statement.words.size(), 5u);
  EXPECT_EQ(statement.words[3].text, "b");
  EXPECT_EQ(statement.words[4].text, ")");
  EXPECT_TRUE(lexer.problems().empty());
}

TEST(ConfigurationLexer, ReportsWhatFollowsAQuoteAndGoesOn) {
  ConfigurationLexer lexer("a \"b\"c;\nd;");
  EXPECT_EQ(lexer.next().words.size(), 3u);
  EXPECT_EQ(lexer.next().words.at(0).text, "d");
  ASSERT_EQ(lexer.problems().size(), 1u);
  EXPECT_EQ(lexer.problems()[0].reason, "unexpected \"c\"");
}

TEST(ConfigurationLexer, AnOpenQuoteEndsWithItsLine) {
  const std::string text = "a;\nb \"open;\nc;\n" + std::string(5000, ' ') + "d;";
  ConfigurationLexer lexer(text);
  EXPECT_EQ(lexer.next().words.at(0).text, "a");
  const Statement broken = lexer.next();
  EXPECT_EQ(broken.words.at(1).text, "open");
  const Statement next = lexer.next();
  EXPECT_EQ(next.words.at(0).text, "c");
  EXPECT_EQ(next.line, 3u);
  EXPECT_EQ(lexer.next().words.at(0).text, "d");
  ASSERT_EQ(lexer.problems().size(), 1u);
  EXPECT_EQ(lexer.problems()[0].line, 2u);
  EXPECT_NE(lexer.problems()[0].reason.find("missing terminating \"\"\" character"),
            std::string::npos);
}

/// nginx 1.22.1: 4095 bytes and the ';' are read, 4096 are not; with quotes it is 4094.
TEST(ConfigurationLexer, HasNginxsLimitOnWordsAndComments) {
  const auto problems = [](const std::string& text) {
    ConfigurationLexer lexer(text);
    while (lexer.next().ending != StatementEnd::end_of_text) {
    }
    return lexer.problems().size();
  };
  EXPECT_EQ(problems("env " + std::string(4095, 'x') + ";"), 0u);
  EXPECT_EQ(problems("env " + std::string(4096, 'x') + ";"), 1u);
  EXPECT_EQ(problems("env \"" + std::string(4094, 'x') + "\";"), 0u);
  EXPECT_EQ(problems("env \"" + std::string(4095, 'x') + "\";"), 1u);
  EXPECT_EQ(problems("env \"" + std::string(4096, 'x') + "\";"), 1u);
  EXPECT_EQ(problems("#" + std::string(4094, 'x') + "\na;"), 0u);
  EXPECT_EQ(problems("#" + std::string(9000, 'x') + "\na;"), 1u);
}

TEST(ConfigurationLexer, StopsAfterAThousandProblems) {
  std::string text;
  for (int i = 0; i < 1100; ++i) text += "\"" + std::string(4200, 'x') + "\n";
  ConfigurationLexer lexer(text);
  while (lexer.next().ending != StatementEnd::end_of_text) {
  }
  EXPECT_EQ(lexer.problems().size(), 1000u);
}

TEST(ConfigurationLexer, SkipsLuaByItsOwnRules) {
  const std::string text =
      "content_by_lua_block {\n local t = { a = \"}\", b = '\\'}' } -- }\n --[[ } ]] local s = "
      "[==[ }} ]] ]==]\n if t[1] then "
      "end\n}\nafter;";
  ConfigurationLexer lexer(text);
  EXPECT_EQ(lexer.next().ending, StatementEnd::block_start);
  const ByteSpan body = lexer.skip_lua_block();
  EXPECT_EQ(text[body.end], '}');
  const Statement after = lexer.next();
  EXPECT_EQ(after.words.at(0).text, "after");
  EXPECT_EQ(after.line, 6u);
  EXPECT_TRUE(lexer.problems().empty());
}

TEST(ConfigurationLexer, AlwaysEnds) {
  const std::string_view alphabet = "a;{}\"'\\$# \n\t()\0\xff"sv;
  std::uint32_t state = 12345;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i)
      text += alphabet[(state = state * 1664525u + 1013904223u) >> 16 & 15u];
    ConfigurationLexer lexer(text);
    std::size_t statements = 0;
    while (lexer.next().ending != StatementEnd::end_of_text)
      ASSERT_LE(++statements, text.size() + 1) << text;
    EXPECT_LE(lexer.position(), text.size());
  }
}

}  // namespace
}  // namespace handshaked::nginx
