#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::nginx {

/// A stretch of a file's bytes: [begin, end).
struct ByteSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
  bool operator==(const ByteSpan&) const = default;
};

/// One word of a statement: what nginx keeps of it, and where its raw bytes stand (quotes and
/// backslashes included).
struct Word {
  std::string text;
  ByteSpan raw;
  std::uint32_t line = 0;
};

/// How ngx_conf_read_token() returned.
enum class StatementEnd : std::uint8_t {
  semicolon,    ///< "words ;"
  block_start,  ///< "words {"
  block_done,   ///< "}", no words
  end_of_text,  ///< nothing more, no words
};

struct Statement {
  StatementEnd ending = StatementEnd::end_of_text;
  std::vector<Word> words;
  ByteSpan raw;              ///< from the first word to behind the ';', '{' or '}'
  std::uint32_t line = 0;    ///< of the first word, from 1
  std::uint32_t column = 0;  ///< of the first word, bytes from 1
};

struct LexicalProblem {
  std::uint32_t line = 0;
  std::string reason;  ///< in nginx's own words
};

/// Cuts the text of one file into statements, byte for byte as ngx_conf_read_token()
/// (src/core/ngx_conf_file.c) does: quoting, the six backslash escapes, "${", comments, and the
/// limit of 4096 bytes on one word or comment. Where nginx would give up, a problem is kept and
/// reading goes on at the next place that makes sense; every call moves forward. The text must
/// outlive the lexer. One thread.
class ConfigurationLexer {
 public:
  explicit ConfigurationLexer(std::string_view text) : text_(text) {}

  Statement next();

  /// After a statement that ended with '{' and opens a "*_by_lua_block": moves behind the matching
  /// '}' and returns the span of the block's text. Lua's strings, long brackets and comments are
  /// respected. Without a matching '}' the rest of the text is the block.
  ByteSpan skip_lua_block();
  /// Moves over so many bytes, whatever they are.
  void skip(std::size_t bytes);

  std::size_t position() const { return position_; }
  const std::vector<LexicalProblem>& problems() const { return problems_; }

 private:
  /// True when the statement is complete.
  bool take_between_words(Statement& statement);
  bool take_separator(Statement& statement, char separator);
  bool take_word(Statement& statement);
  /// Moves behind the last byte of the word that began at `start`; false when its quote is not
  /// closed.
  bool find_word_end(std::size_t start, char quote);
  void check_after_quote(std::size_t start);
  void skip_comment();
  /// What is behind an open quote is garbage, but the next line is most likely a statement again.
  void recover_from_open_quote(Statement& statement, std::size_t raw_begin, std::uint32_t line,
                               std::size_t line_start);
  void report(std::uint32_t line, std::string reason);
  void advance();

  std::string_view text_;
  std::size_t position_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  std::vector<LexicalProblem> problems_;
};

}  // namespace handshaked::nginx
