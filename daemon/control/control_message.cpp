#include "control/control_message.h"

#include <simdjson.h>

#include <charconv>

#include "base/json/json_text.h"
#include "base/json/json_writer.h"

namespace handshaked::control {
namespace {

constexpr std::size_t kMostArguments = 32;
constexpr std::size_t kMostValues = 256;

Result<std::string> value_text(const simdjson::dom::element& element) {
  std::string_view text;
  std::int64_t number = 0;
  if (element.get(text) == simdjson::SUCCESS) return std::string(text);
  if (element.get(number) == simdjson::SUCCESS) return std::to_string(number);
  return fail(ErrorCode::invalid_input, "a value is neither a text nor a whole number");
}

Result<std::vector<std::string>> values_of(const simdjson::dom::element& element) {
  std::vector<std::string> values;
  simdjson::dom::array list;
  if (element.get(list) != simdjson::SUCCESS) {
    TRY(auto value, value_text(element));
    values.push_back(std::move(value));
    return values;
  }
  for (const simdjson::dom::element item : list) {
    if (values.size() >= kMostValues)
      return fail(ErrorCode::limit_exceeded, "a list has too many values");
    TRY(auto value, value_text(item));
    values.push_back(std::move(value));
  }
  return values;
}

/// Names of arguments are words of ours, which are written as they are.
bool is_word(std::string_view name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") == std::string_view::npos;
}

std::string_view code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::permission_denied: return "permission_denied";
    case ErrorCode::invalid_input: return "invalid";
    case ErrorCode::limit_exceeded: return "limit";
    default: return "failed";
  }
}

}  // namespace

std::string ControlRequest::text(std::string_view name) const {
  const auto it = arguments.find(name);
  return it == arguments.end() || it->second.empty() ? std::string() : it->second.front();
}

std::optional<std::uint64_t> ControlRequest::number(std::string_view name) const {
  const std::string value = text(name);
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (value.empty() || failure != std::errc() || end != value.data() + value.size())
    return std::nullopt;
  return number;
}

std::vector<std::string> ControlRequest::texts(std::string_view name) const {
  const auto it = arguments.find(name);
  return it == arguments.end() ? std::vector<std::string>{} : it->second;
}

std::string to_line(const ControlRequest& request) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("verb", request.verb).key("arguments").begin_object();
  for (const auto& [name, values] : request.arguments) json.array(name, values);
  json.end_object().end_object();
  return out + "\n";
}

Result<ControlRequest> request_from_line(std::string_view line) {
  const auto refuse = [](const char* why) { return fail(ErrorCode::invalid_input, why); };
  if (line.size() > ControlRequest::kMaxBytes)
    return fail(ErrorCode::limit_exceeded, "the request is too long");
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  if (parser.parse(line.data(), line.size()).get(root) != simdjson::SUCCESS)
    return refuse("the request is not a JSON object");
  ControlRequest request;
  for (const simdjson::dom::key_value_pair member : root) {
    if (member.key == "verb") {
      std::string_view verb;
      if (member.value.get(verb) != simdjson::SUCCESS) return refuse("the verb is not text");
      request.verb = verb;
    } else if (member.key == "arguments") {
      simdjson::dom::object arguments;
      if (member.value.get(arguments) != simdjson::SUCCESS)
        return refuse("the arguments are no object");
      for (const simdjson::dom::key_value_pair argument : arguments) {
        if (request.arguments.size() >= kMostArguments)
          return fail(ErrorCode::limit_exceeded, "the request has too many arguments");
        if (!is_word(argument.key)) return refuse("an argument has a name that is not a word");
        TRY(auto values, values_of(argument.value));
        request.arguments.insert_or_assign(std::string(argument.key), std::move(values));
      }
    } else {
      return refuse("the request has a member that is neither verb nor arguments");
    }
  }
  if (request.verb.empty()) return refuse("the request has no verb");
  return request;
}

ControlAnswer ControlAnswer::refused(const Error& error) {
  return refused(std::string(code_of(error.code())), error.message());
}

std::string to_line(const ControlAnswer& answer) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("ok", answer.is_ok);
  if (answer.is_ok) json.key("result").raw(answer.result.empty() ? "null" : answer.result);
  else
    json.key("error")
        .begin_object()
        .member("code", answer.code)
        .member("message", answer.message)
        .end_object();
  json.end_object();
  return out + "\n";
}

Result<ControlAnswer> answer_from_line(std::string_view line) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  bool is_ok = false;
  if (parser.parse(line.data(), line.size()).get(root) != simdjson::SUCCESS ||
      root["ok"].get(is_ok) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "the program that answers there is not handshaked");
  if (is_ok) {
    simdjson::dom::element result;
    if (root["result"].get(result) != simdjson::SUCCESS)
      return fail(ErrorCode::invalid_input, "the answer lacks its result");
    return ControlAnswer::done(with_escapes(simdjson::minify(result)));
  }
  std::string_view code;
  std::string_view message;
  if (root["error"]["code"].get(code) != simdjson::SUCCESS ||
      root["error"]["message"].get(message) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "the refusal lacks its reason");
  return ControlAnswer::refused(std::string(code), std::string(message));
}

}  // namespace handshaked::control
