#include "diagnose/patch/directive_text.h"

#include <algorithm>

namespace handshaked::diagnose {
namespace {

using nginx::ByteSpan;
using nginx::Directive;

constexpr std::size_t kLongestWord = 4000;  // nginx's buffer has 4096

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

bool is_bare(std::string_view word) {
  constexpr std::string_view kPlain = "_-./:@%+,=~*?!$^&<>()[]|";
  const auto is_plain = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (static_cast<unsigned char>(c) >= 0x80) || kPlain.find(c) != std::string_view::npos;
  };
  return !word.empty() && std::all_of(word.begin(), word.end(), is_plain);
}

/// A place in a text, seen as one line.
struct LineAround {
  std::size_t begin = 0;  ///< of the line
  std::size_t end = 0;    ///< behind its line feed, or the end of the text
  bool has_end = true;    ///< it has a line feed
};

LineAround line_around(std::string_view text, std::size_t offset) {
  LineAround line;
  const std::size_t before = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
  line.begin = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t feed = text.find('\n', offset);
  line.has_end = feed != std::string_view::npos;
  line.end = line.has_end ? feed + 1 : text.size();
  return line;
}

std::string_view end_of_line_style(std::string_view text) {
  const std::size_t feed = text.find('\n');
  return feed != std::string_view::npos && feed > 0 && text[feed - 1] == '\r' ? "\r\n" : "\n";
}

std::string_view leading_blanks(std::string_view text, std::size_t line_begin) {
  std::size_t end = line_begin;
  while (end < text.size() && (text[end] == ' ' || text[end] == '\t')) ++end;
  return text.substr(line_begin, end - line_begin);
}

bool is_first_on_line(std::string_view text, std::size_t offset) {
  while (offset > 0 && is_blank(text[offset - 1])) --offset;
  return offset == 0 || text[offset - 1] == '\n';
}

/// Nothing but blanks and a comment from here to the end of the line.
bool is_rest_of_line_free(std::string_view text, std::size_t offset) {
  while (offset < text.size() && is_blank(text[offset])) ++offset;
  return offset >= text.size() || text[offset] == '\n' || text[offset] == '#';
}

std::uint32_t line_number(std::string_view text, std::size_t offset) {
  return static_cast<std::uint32_t>(
             std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n')) +
         1;
}

bool is_pass(const Directive& directive) { return directive.name.ends_with("_pass"); }

/// Stands in the block's own file as a whole statement.
bool may_be_neighbour(const Directive& child, const Directive& block) {
  const bool is_main = block.parent == nullptr;
  const bool is_own = is_main ? child.included_by == nullptr
                              : child.file == block.file && child.included_by == block.included_by;
  return is_own && !child.has_block && raw_text(child, child.raw).ends_with(';');
}

const Directive* neighbour_in(const Directive& block, std::string_view name) {
  const std::string_view family = family_of(name);
  const Directive *same = nullptr, *related = nullptr, *pass = nullptr, *last = nullptr;
  bool is_behind_block = false;
  for (const Directive& child : block.block) {
    is_behind_block = is_behind_block || child.has_block;
    if (!may_be_neighbour(child, block)) continue;
    if (child.is(name)) same = &child;
    if (!family.empty() && family_of(child.name) == family) related = &child;
    if (is_pass(child)) pass = &child;
    if (!is_behind_block) last = &child;
  }
  for (const Directive* one : {same, related, pass, last}) {
    if (one != nullptr) return one;
  }
  return nullptr;
}

Insertion insertion_behind(const Directive& neighbour, const std::string& statement) {
  const std::string_view text = neighbour.file->text;
  const std::size_t end = neighbour.raw.end;
  if (!is_first_on_line(text, neighbour.raw.begin) || !is_rest_of_line_free(text, end)) {
    return {end, " " + statement, line_number(text, end)};
  }
  const std::string indentation(leading_blanks(text, line_around(text, neighbour.raw.begin).begin));
  const LineAround line = line_around(text, end);
  const std::string feed(end_of_line_style(text));
  std::string added =
      line.has_end ? indentation + statement + feed : feed + indentation + statement;
  return {line.end, std::move(added), line_number(text, end) + 1};
}

/// How deep the file indents one block in another: taken from the block's first child on a line of
/// its own, else from anywhere.
std::string inner_indentation(const Directive& block) {
  const std::string_view text = block.file->text;
  for (const Directive& child : block.block) {
    if (child.file == block.file && is_first_on_line(text, child.raw.begin)) {
      return std::string(leading_blanks(text, line_around(text, child.raw.begin).begin));
    }
  }
  if (block.parent == nullptr) return {};
  const std::string outer(leading_blanks(text, line_around(text, block.raw.begin).begin));
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    if (const auto blanks = leading_blanks(text, at + 1); !blanks.empty())
      return outer + std::string(blanks);
  }
  return outer + "    ";
}

Insertion insertion_at_beginning(const Directive& block, const std::string& statement) {
  const std::string_view text = block.file->text;
  const std::size_t begin = block.body.begin;
  const std::string feed(end_of_line_style(text));
  if (block.parent == nullptr) return {begin, statement + feed, 1};
  const std::string_view body = raw_text(block, block.body);
  if (body.find('\n') != std::string_view::npos && is_rest_of_line_free(text, begin)) {
    const LineAround line = line_around(text, begin);
    return {line.end, inner_indentation(block) + statement + feed, line_number(text, begin) + 1};
  }
  const bool is_bare_end = body.empty() || !is_blank(body.back());
  const bool is_empty = std::all_of(body.begin(), body.end(), is_blank);
  return {begin, " " + statement + (is_empty && is_bare_end ? " " : ""), line_number(text, begin)};
}

}  // namespace

std::string_view family_of(std::string_view name) {
  const std::size_t at = name.starts_with("ssl_") ? 0 : name.find("_ssl_");
  if (at == std::string_view::npos) return {};
  return name.substr(0, at == 0 ? 4 : at + 5);
}

Result<std::string> written_word(std::string_view word, char quote) {
  if (word.find('\0') != std::string_view::npos)
    return fail(ErrorCode::invalid_input, "a NUL byte in a configuration word");
  if (word.size() > kLongestWord)
    return fail(ErrorCode::invalid_input, "a configuration word of more than 4000 bytes");
  if (is_bare(word) && quote != '\'' && quote != '"') return std::string(word);
  std::string text(1, quote == '\0' ? '"' : quote);
  for (const char c : word) {
    if (c == '\\' || c == text.front()) text += '\\';
    text += c;
  }
  return text + text.front();
}

Result<std::string> written_directive(std::string_view name,
                                      std::span<const std::string> arguments) {
  std::string text(name);
  for (const std::string& argument : arguments) {
    TRY(const std::string word, written_word(argument, '\0'));
    text += ' ';
    text += word;
  }
  return text + ';';
}

char quote_of(const Directive& directive, const nginx::Word& word) {
  const std::string_view raw = raw_text(directive, word.raw);
  return !raw.empty() && (raw.front() == '"' || raw.front() == '\'') ? raw.front() : '\0';
}

Result<Insertion> insertion_into(const Directive& block, std::string_view name,
                                 const std::string& statement) {
  if (!block.has_block || block.is_lua || block.file == nullptr) {
    return fail(ErrorCode::invalid_input, "\"" + block.name + "\" has no block of directives");
  }
  if (const Directive* neighbour = neighbour_in(block, name))
    return insertion_behind(*neighbour, statement);
  return insertion_at_beginning(block, statement);
}

ByteSpan removal_of(const Directive& directive) {
  const std::string_view text = directive.file->text;
  ByteSpan span = directive.raw;
  if (is_first_on_line(text, span.begin) && is_rest_of_line_free(text, span.end)) {
    return {line_around(text, span.begin).begin, line_around(text, span.end).end};
  }
  while (span.end < text.size() && is_blank(text[span.end])) ++span.end;
  return span;
}

}  // namespace handshaked::diagnose
