#include "nginx/configuration/configuration_lexer.h"

#include <algorithm>

namespace handshaked::nginx {
namespace {

constexpr std::size_t kLongestWord = 4096;  // NGX_CONF_BUFFER
constexpr std::size_t kMostProblems = 1000;
constexpr std::size_t kMostWords = 100'000;  // of one statement: a server_name may list thousands

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// What nginx keeps of a word: \" \' \\ lose the backslash, \t \r \n become the byte, every other
/// backslash stays.
std::string unescape(std::string_view raw) {
  std::string word;
  word.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size()) {
      switch (raw[i + 1]) {
        case '"':
        case '\'':
        case '\\': word += raw[++i]; continue;
        case 't': word += '\t', ++i; continue;
        case 'r': word += '\r', ++i; continue;
        case 'n': word += '\n', ++i; continue;
        default: break;
      }
    }
    word += raw[i];
  }
  return word;
}

/// Behind a string that begins at `begin` with its quote; a line end ends it too, as Lua has no
/// open strings.
std::size_t skip_lua_string(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') ++i;
    else if (text[i] == quote) return i + 1;
    else if (text[i] == '\n') return i;
  }
  return text.size();
}

/// Behind a long bracket that begins at `begin` ("[[", "[=["); `begin` itself when there is none.
std::size_t skip_long_bracket(std::string_view text, std::size_t begin) {
  std::size_t i = begin + 1;
  while (i < text.size() && text[i] == '=') ++i;
  if (i >= text.size() || text[i] != '[') return begin;
  const std::string closing = "]" + std::string(i - begin - 1, '=') + "]";
  const std::size_t end = text.find(closing, i + 1);
  return end == std::string_view::npos ? text.size() : end + closing.size();
}

std::size_t skip_lua_comment(std::string_view text, std::size_t begin) {
  const std::size_t body = begin + 2;
  if (body < text.size() && text[body] == '[') {
    const std::size_t end = skip_long_bracket(text, body);
    if (end != body) return end;
  }
  return std::min(text.find('\n', body), text.size());
}

/// The offset of the '}' that closes the Lua block whose text begins at `begin`; text.size() when
/// there is none. Braces in Lua's strings, long brackets ([[…]], [==[…]==]) and comments do not
/// count.
std::size_t find_lua_block_end(std::string_view text, std::size_t begin) {
  std::size_t depth = 1;
  for (std::size_t i = begin; i < text.size();) {
    switch (text[i]) {
      case '"':
      case '\'': i = skip_lua_string(text, i); continue;
      case '[': i = std::max(skip_long_bracket(text, i), i + 1); continue;
      case '-':
        if (i + 1 < text.size() && text[i + 1] == '-') {
          i = skip_lua_comment(text, i);
          continue;
        }
        break;
      case '{': ++depth; break;
      case '}':
        if (--depth == 0) return i;
        break;
      default: break;
    }
    ++i;
  }
  return text.size();
}

}  // namespace

void ConfigurationLexer::advance() {
  if (text_[position_++] == '\n') {
    ++line_;
    line_start_ = position_;
  }
}

void ConfigurationLexer::report(std::uint32_t line, std::string reason) {
  if (problems_.size() >= kMostProblems) return;
  problems_.push_back({line, std::move(reason)});
  if (problems_.size() == kMostProblems)
    problems_.back().reason += "; too many problems, the rest of the file is not read";
}

void ConfigurationLexer::skip(std::size_t bytes) {
  const std::size_t end = std::min(text_.size(), position_ + bytes);
  for (std::size_t feed = text_.find('\n', position_); feed < end;
       feed = text_.find('\n', feed + 1)) {
    ++line_;
    line_start_ = feed + 1;
  }
  position_ = end;
}

Statement ConfigurationLexer::next() {
  Statement statement;
  statement.line = line_;
  statement.raw = {position_, position_};
  if (problems_.size() >= kMostProblems) position_ = text_.size();
  while (position_ < text_.size()) {
    if (take_between_words(statement)) {
      statement.raw.end = position_;
      return statement;
    }
  }
  statement.raw.end = position_;
  if (!statement.words.empty()) {
    report(line_, "unexpected end of file, expecting \";\" or \"}\"");
    statement.ending = StatementEnd::semicolon;
  } else {
    statement.line = line_;
  }
  return statement;
}

bool ConfigurationLexer::take_between_words(Statement& statement) {
  const char c = text_[position_];
  if (is_space(c)) {
    advance();
    return false;
  }
  if (c == '#') {
    skip_comment();
    return false;
  }
  if (statement.words.empty()) {
    statement.raw.begin = position_;
    statement.line = line_;
    statement.column = static_cast<std::uint32_t>(position_ - line_start_ + 1);
  }
  if (c == ';' || c == '{' || c == '}') return take_separator(statement, c);
  return take_word(statement);
}

bool ConfigurationLexer::take_separator(Statement& statement, char separator) {
  if (separator == '}') {
    if (statement.words.empty()) {
      ++position_;
      statement.ending = StatementEnd::block_done;
    } else {
      // The ';' is missing: the words are a statement, the '}' is read again.
      report(line_, "unexpected \"}\"");
      statement.ending = StatementEnd::semicolon;
    }
    return true;
  }
  ++position_;
  if (statement.words.empty()) {
    report(line_, std::string("unexpected \"") + separator + "\"");
    if (separator == ';')
      return false;  // a block without a name is still a block: its braces must balance
  }
  statement.ending = separator == '{' ? StatementEnd::block_start : StatementEnd::semicolon;
  return true;
}

bool ConfigurationLexer::take_word(Statement& statement) {
  const std::size_t raw_begin = position_;
  const std::size_t line_start = line_start_;
  const std::uint32_t line = line_;
  const char first = text_[position_];
  const char quote = first == '"' || first == '\'' ? first : '\0';
  if (quote != '\0') ++position_;
  const std::size_t start = position_;
  if (!find_word_end(start, quote)) {
    recover_from_open_quote(statement, raw_begin, line, line_start);
    return true;
  }
  const std::string_view word = text_.substr(start, position_ - start);
  if (quote != '\0') ++position_;
  if (statement.words.size() < kMostWords) {
    statement.words.push_back({unescape(word), {raw_begin, position_}, line});
  } else if (statement.words.size() == kMostWords) {
    report(line, "too many words in one directive");
    return true;
  }
  if (quote != '\0') check_after_quote(start);
  return false;
}

bool ConfigurationLexer::find_word_end(std::size_t start, char quote) {
  bool after_dollar = false;
  bool too_long = false;
  for (; position_ < text_.size(); advance()) {
    if (position_ - start >= kLongestWord && !too_long) {
      if (quote != '\0') return false;
      report(line_,
             "too long parameter \"" + std::string(text_.substr(start, 10)) + "...\" started");
      too_long = true;
    }
    const char c = text_[position_];
    if (c == '{' && after_dollar) continue;
    after_dollar = c == '$';
    if (c == '\\') {
      advance();
      if (position_ == text_.size()) break;
    } else if (quote != '\0' ? c == quote : is_space(c) || c == ';' || c == '{') {
      return true;
    }
  }
  return quote == '\0';
}

void ConfigurationLexer::check_after_quote(std::size_t start) {
  if (position_ == text_.size()) return;
  const char c = text_[position_];
  if (position_ - start >= kLongestWord) {
    report(line_, "too long parameter \"" + std::string(text_.substr(start, 10)) + "...\" started");
  } else if (!is_space(c) && c != ';' && c != '{' && c != ')') {
    report(line_, std::string("unexpected \"") + c + "\"");
  }
}

void ConfigurationLexer::recover_from_open_quote(Statement& statement, std::size_t raw_begin,
                                                 std::uint32_t line, std::size_t line_start) {
  report(line, position_ < text_.size()
                   ? std::string("too long parameter, probably missing terminating \"") +
                         text_[raw_begin] + "\" character"
                   : std::string("unexpected end of file, missing terminating \"") +
                         text_[raw_begin] + "\" character");
  position_ = std::min(text_.find('\n', raw_begin), text_.size());
  line_ = line;
  line_start_ = line_start;
  std::size_t end = position_;
  while (end > raw_begin + 1 && (is_space(text_[end - 1]) || text_[end - 1] == ';')) --end;
  statement.words.push_back(
      {unescape(text_.substr(raw_begin + 1, end - raw_begin - 1)), {raw_begin, end}, line});
  statement.ending = StatementEnd::semicolon;
}

/// nginx's buffer holds one word or one comment: a comment of more than 4096 bytes stops it too.
void ConfigurationLexer::skip_comment() {
  const std::size_t start = position_;
  position_ = std::min(text_.find('\n', start), text_.size());
  if (std::min(position_ + 1, text_.size()) - start > kLongestWord) {
    report(line_, "too long parameter \"" + std::string(text_.substr(start, 10)) + "...\" started");
  }
}

ByteSpan ConfigurationLexer::skip_lua_block() {
  const std::size_t begin = position_;
  const std::uint32_t line = line_;
  const std::size_t end = find_lua_block_end(text_, begin);
  if (end == text_.size())
    report(line, "unexpected end of file, the Lua block has no closing \"}\"");
  while (position_ < end) advance();
  if (position_ < text_.size()) ++position_;  // the '}'
  return {begin, end};
}

}  // namespace handshaked::nginx
