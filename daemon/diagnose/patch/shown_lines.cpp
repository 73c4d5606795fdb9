#include "diagnose/patch/shown_lines.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "diagnose/patch/diff_lines.h"
#include "diagnose/texts.h"
#include "nginx/configuration/configuration_lexer.h"

namespace handshaked::diagnose {
namespace {

using nginx::ByteSpan;
using nginx::ConfigurationLexer;
using nginx::Statement;
using nginx::StatementEnd;
using nginx::Word;

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Blocks that hold directives. In all others (map, geo, types, …) the first word of a statement is
/// data.
bool holds_directives(std::string_view name) {
  return is_one_of(name, {"events", "http", "server", "location", "upstream", "if", "limit_except",
                          "stream", "mail"});
}

/// "ssl_…", "proxy_ssl_…"; Lua in such a place is no setting.
bool is_tls_directive(std::string_view name) {
  if (name.find("_by_lua") != std::string_view::npos) return false;
  for (const std::string_view owner : {"proxy_", "grpc_", "uwsgi_", "lua_", "zone_sync_"})
    if (name.starts_with(owner)) name.remove_prefix(owner.size());
  return name == "ssl" || name.starts_with("ssl_");
}

/// Says where a fault is: events name it anyway.
bool is_place_directive(std::string_view name) {
  return is_one_of(name, {"listen", "server_name", "server", "resolver", "resolver_timeout",
                          "proxy_pass", "grpc_pass", "uwsgi_pass"});
}

/// "https://hooks.test/services/T024BE7LD/xoxb123456789012": what lies behind the host and looks
/// drawn by lot.
bool has_token_in_path(std::string_view address) {
  constexpr std::size_t kShortestToken = 16;
  const std::size_t scheme = address.find("://");
  if (scheme == std::string_view::npos) return false;
  std::size_t length = 0, digits = 0;
  for (const char c : address.substr(std::min(address.find('/', scheme + 3), address.size()))) {
    const bool is_digit = c >= '0' && c <= '9',
               is_letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
    length = is_digit || is_letter ? length + 1 : 0;
    digits = is_digit ? digits + 1 : is_letter ? digits : 0;
    if (length >= kShortestToken && digits > 0) return true;
  }
  return false;
}

/// A PIN, a password in an address, a token in its path or query, key material. "@SECLEVEL=1"
/// belongs to ciphers.
bool may_hold_secret(std::string_view argument) {
  for (std::size_t at = argument.find_first_of("@?"); at != std::string_view::npos;
       at = argument.find_first_of("@?", at + 1)) {
    const std::string_view rest = argument.substr(at);
    if (!rest.starts_with("@SECLEVEL=") && !rest.starts_with("@STRENGTH")) return true;
  }
  return has_token_in_path(argument) || argument.find("pin-") != std::string_view::npos ||
         argument.find("PRIVATE") != std::string_view::npos || argument.starts_with("data:");
}

bool are_all(std::string_view text, bool (*is_good)(char)) {
  return std::all_of(text.begin(), text.end(), is_good);
}
bool is_word_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// A switch, a number, a variable: "on", "30s", "1.1", "$host".
bool is_telling_nothing(std::string_view argument) {
  if (argument == "on" || argument == "off") return true;
  if (argument.starts_with('$'))
    return argument.size() > 1 && are_all(argument.substr(1), is_word_character);
  constexpr std::size_t kLongestNumber = 8;
  return !argument.empty() && argument.size() <= kLongestNumber &&
         std::isdigit(static_cast<unsigned char>(argument.front())) != 0 &&
         are_all(argument, [](char c) {
           return std::isdigit(static_cast<unsigned char>(c)) != 0 ||
                  std::string_view(".kmghdws").find(c) != std::string_view::npos;
         });
}

bool is_header_name(std::string_view argument) {
  return are_all(argument, [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '-';
  });
}

class ShownWords {
 public:
  ShownWords(std::string_view text, LineUse use)
      : text_(text), use_(use), shown_(text.size(), false) {}

  std::vector<bool> lines() {
    ConfigurationLexer lexer(text_);
    for (Statement one = lexer.next(); one.ending != StatementEnd::end_of_text;
         one = lexer.next()) {
      if (one.ending == StatementEnd::block_done) leave(one);
      else if (one.ending == StatementEnd::block_start) enter(one, lexer);
      else if (is_data_ == 0 && may_show(one)) show(one);
    }
    std::vector<bool> lines;
    std::size_t at = 0;
    for (const std::string_view line : diff_lines(text_)) {
      lines.push_back(is_shown(line, at));
      at += line.size();
    }
    return lines;
  }

 private:
  /// A line that begins at `at`.
  bool is_shown(std::string_view line, std::size_t at) const {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (shown_[at + i] || std::isspace(static_cast<unsigned char>(line[i])) != 0) continue;
      return use_ == LineUse::commented_change && line[i] == '#';
    }
    return true;
  }

  void show(ByteSpan span) {
    std::fill(shown_.begin() + static_cast<long>(span.begin),
              shown_.begin() + static_cast<long>(span.end), true);
  }
  /// Words and the end; what stands between them may be a comment.
  void show(const Statement& statement) {
    for (const Word& word : statement.words) show(word.raw);
    show(ByteSpan{statement.raw.end - 1, statement.raw.end});
  }

  void leave(const Statement& statement) {
    if (!blocks_.empty()) {
      if (!blocks_.back()) --is_data_;
      blocks_.pop_back();
    }
    show(ByteSpan{statement.raw.end - 1, statement.raw.end});
  }

  void enter(const Statement& statement, ConfigurationLexer& lexer) {
    const std::string_view name = statement.words.empty()
                                      ? std::string_view()
                                      : std::string_view(statement.words.front().text);
    if (name.find("_by_lua_block") != std::string_view::npos) {
      lexer.skip_lua_block();
      return;
    }
    const bool is_known = holds_directives(name);
    blocks_.push_back(is_known);
    if (!is_known) ++is_data_;
    if (is_data_ > 0) return;
    const bool is_bare = statement.words.size() == 1;
    const bool is_place = use_ != LineUse::context && is_one_of(name, {"location", "upstream"}) &&
                          !has_secret(statement);
    if (is_bare || is_place) show(statement);
  }

  static bool has_secret(const Statement& statement) {
    return std::any_of(statement.words.begin() + 1, statement.words.end(),
                       [](const Word& word) { return may_hold_secret(word.text); });
  }

  bool may_show(const Statement& statement) const {
    if (statement.words.empty() || has_secret(statement)) return false;
    const std::string_view name = statement.words.front().text;
    if (is_tls_directive(name)) return true;
    if (use_ == LineUse::context) return false;
    if (is_place_directive(name)) return true;
    auto first = statement.words.begin() + 1;
    if (name.ends_with("_set_header") && first != statement.words.end() &&
        is_header_name(first->text))
      ++first;
    return std::all_of(first, statement.words.end(),
                       [](const Word& word) { return is_telling_nothing(word.text); });
  }

  std::string_view text_;
  LineUse use_;
  std::vector<bool> shown_;   ///< by byte
  std::vector<bool> blocks_;  ///< open ones: do they hold directives?
  std::size_t is_data_ = 0;   ///< how many of them do not
};

bool all_shown(const std::vector<bool>& lines) {
  return std::find(lines.begin(), lines.end(), false) == lines.end();
}

bool may_show(const Change& change, const std::string& text) {
  if (text.empty()) return true;
  return all_shown(change.directive.empty() ? shown_pem_lines(text, LineUse::change)
                                            : shown_lines(text, LineUse::change));
}

/// A change that is not shown, and the arguments in it that may hold a secret: no text may have
/// them either.
class HiddenTexts {
 public:
  void add(const std::string& change) {
    texts_.push_back(change);
    ConfigurationLexer lexer(change);
    for (Statement one = lexer.next(); one.ending != StatementEnd::end_of_text;
         one = lexer.next()) {
      for (const Word& word : one.words) {
        if (word.text.size() < kShortest || !may_hold_secret(word.text)) continue;
        texts_.push_back(word.text);
        texts_.push_back(change.substr(word.raw.begin, word.raw.end - word.raw.begin));
      }
    }
  }

  void hide_in(Diagnosis& diagnosis) {
    if (texts_.empty()) return;
    std::sort(texts_.begin(), texts_.end(),
              [](const auto& one, const auto& other) { return one.size() > other.size(); });
    hide(diagnosis.summary);
    hide(diagnosis.would_log);
    for (Evidence& evidence : diagnosis.evidence) hide(evidence.text);
    for (Fix& fix : diagnosis.fixes) {
      for (Text* const text : {&fix.title, &fix.how, &fix.message, &fix.proof.detail}) hide(*text);
      for (std::string& command : fix.commands) hide(command);
    }
    for (DeadEnd& end : diagnosis.dead_ends) {
      for (Text* const text : {&end.action, &end.why_fails, &end.proof.detail}) hide(*text);
    }
  }

 private:
  static constexpr std::size_t kShortest = 4;  // "?" alone is everywhere

  void hide(Text& text) const {
    hide(text.en);
    hide(text.zh);
  }
  void hide(std::string& text) const {
    constexpr std::string_view kLeftOut = "…";
    for (const std::string& hidden : texts_) {
      for (std::size_t at = text.find(hidden); at != std::string::npos;
           at = text.find(hidden, at + kLeftOut.size()))
        text.replace(at, hidden.size(), kLeftOut);
    }
  }

  std::vector<std::string> texts_;
};

}  // namespace

std::vector<bool> shown_lines(std::string_view text, LineUse use) {
  return ShownWords(text, use).lines();
}

std::vector<bool> shown_pem_lines(std::string_view text, LineUse use) {
  std::vector<bool> lines;
  bool is_inside = false;
  for (const std::string_view line : diff_lines(text)) {
    const bool ends = line.starts_with("-----END ");
    if (line.starts_with("-----BEGIN ")) is_inside = line.find("PRIVATE") == std::string_view::npos;
    const bool is_blank = line.find_first_not_of(" \t\r\n") == std::string_view::npos;
    lines.push_back(is_inside || is_blank || (use != LineUse::context && line.starts_with("# ")));
    // Two blocks can run together in one line.
    const auto next = line.find("-----BEGIN ", 1);
    if (ends)
      is_inside =
          next != std::string_view::npos && line.find("PRIVATE", next) == std::string_view::npos;
  }
  return lines;
}

Diagnosis shown_to(Audience audience, Diagnosis diagnosis) {
  HiddenTexts hidden;
  for (Fix& fix : diagnosis.fixes) {
    for (Change& change : fix.changes) {
      for (std::string* const text : {&change.before, &change.after}) {
        if (may_show(change, *text)) continue;
        hidden.add(*text);
        text->clear();
      }
    }
  }
  hidden.hide_in(diagnosis);
  for (Fix& fix : diagnosis.fixes) {
    const bool is_hidden = fix.patch.starts_with(kHoldsSettings) ||
                           (audience == Audience::others && fix.patch.starts_with(kHoldsComments));
    if (!is_hidden) continue;
    fix.patch.clear();
    fix.how = diagnosis_text("proof.patch_hidden", {{"how", fix.how}});
  }
  return diagnosis;
}

std::string shown_complaint(std::string_view complaint) {
  for (const std::string_view subject :
       {"SSL", "ssl", "certificate", "open()", "Permission denied"})
    if (complaint.find(subject) != std::string_view::npos) return std::string(complaint);
  std::string out;
  bool is_quoted = false;
  for (const char c : complaint) {
    if (c == '"') {
      out += is_quoted ? "…\"" : "\"";
      is_quoted = !is_quoted;
    } else if (!is_quoted) {
      out += c;
    }
  }
  return out;
}

}  // namespace handshaked::diagnose
