#include "cli/explain/explain_question.h"

#include <algorithm>
#include <charconv>

namespace handshaked::cli {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t kMaxSimilar = 8;
constexpr int kHighestVerifyCode = 999;

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

std::optional<int> whole_number(std::string_view text, int highest) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0 || number > highest)
    return std::nullopt;
  return number;
}

/// "alert 48", "SSL alert number 48".
std::optional<int> read_alert(std::string_view text) {
  const std::string words = lower(text);
  for (const std::string_view prefix : {"ssl alert number ", "tls alert number ", "alert number ",
                                        "ssl alert ", "tls alert ", "alert "}) {
    if (words.starts_with(prefix))
      return whole_number(std::string_view(words).substr(prefix.size()), 255);
  }
  return std::nullopt;
}

/// "20", "code 20", "(20:unable to get local issuer certificate)", "20:unable to get local issuer
/// certificate".
std::optional<int> read_verify_code(std::string_view text) {
  if (text.starts_with('(') && text.ends_with(')')) text = text.substr(1, text.size() - 2);
  if (text.starts_with("code ")) text.remove_prefix(5);
  return whole_number(text.substr(0, text.find(':')), kHighestVerifyCode);
}

bool is_hex8(std::string_view text) {
  return text.size() == 8 && text.find_first_not_of("0123456789abcdefABCDEF") == npos;
}

/// "0A000418", "0x0A000418", "error:0A000418", "error:0A000418:SSL routines::tlsv1 alert unknown
/// ca".
bool is_openssl_error(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) return is_hex8(text.substr(2));
  if (text.starts_with("error:"))
    return is_hex8(text.substr(6, 8)) && (text.size() == 14 || text[14] == ':');
  return is_hex8(text);
}

const match::Rule* find_rule(std::string_view name, const KnowledgeBase& base) {
  for (const match::Rule& rule : base.rules->rules()) {
    if (rule.id == name || rule.id == "nginx/" + std::string(name)) return &rule;
  }
  return nullptr;
}

/// Rules and causes that share most words with what was asked.
std::vector<std::string> find_similar(std::string_view text, const KnowledgeBase& base) {
  std::vector<std::string> words;
  std::string rest = lower(text.substr(0, 200));
  std::replace_if(
      rest.begin(), rest.end(),
      [](char c) { return !((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')); }, ' ');
  for (std::size_t at = 0; (at = rest.find_first_not_of(' ', at)) != npos;) {
    const auto end = std::min(rest.find(' ', at), rest.size());
    if (end - at > 1 && rest.substr(at, end - at) != "nginx")
      words.push_back(rest.substr(at, end - at));
    at = end;
  }
  std::vector<std::pair<std::size_t, std::string>> scored;
  const auto score = [&](const std::string& name) {
    const auto shared = static_cast<std::size_t>(std::count_if(
        words.begin(), words.end(), [&](const auto& word) { return name.find(word) != npos; }));
    if (shared > 0) scored.emplace_back(shared, name);
  };
  for (const match::Rule& rule : base.rules->rules()) score(rule.id);
  for (const std::string& cause : base.knowledge.causes()) score(cause);
  std::stable_sort(scored.begin(), scored.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> similar;
  for (auto& [shared, name] : scored) {
    if (similar.size() < kMaxSimilar) similar.push_back(std::move(name));
  }
  return similar;
}

}  // namespace

Question understand(std::string_view input, const KnowledgeBase& base) {
  Question question;
  const std::string_view text = trimmed(input);
  question.text = text;
  if (const auto alert = read_alert(text)) {
    question.kind = Question::Kind::alert;
    question.number = *alert;
  } else if (const auto code = read_verify_code(text)) {
    question.kind = Question::Kind::verify_code;
    question.number = *code;
  } else if (is_openssl_error(text)) {
    question.kind = Question::Kind::openssl_error;
  } else if ((question.rule = find_rule(text, base)) != nullptr) {
    question.kind = Question::Kind::rule;
  } else if (base.knowledge.has_cause(text)) {
    question.kind = Question::Kind::cause;
  } else if (text.find(' ') != npos) {
    question.kind = Question::Kind::line;  // no name and no code has a blank inside
  } else {
    question.similar = find_similar(text, base);
  }
  return question;
}

}  // namespace handshaked::cli
