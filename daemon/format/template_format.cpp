#include "format/template_format.h"

// The only file that includes the Mustache library.
#include <simdjson.h>
#include <kainjow/mustache.hpp>

#include <functional>
#include <set>
#include <stdexcept>

#include "base/json/json_text.h"
#include "event/sample_event.h"
#include "format/clean_text.h"
#include "format/notification.h"

namespace handshaked::format {
namespace {

namespace mustache = kainjow::mustache;
using Data = mustache::data;

constexpr std::size_t kTemplateLimit = 64 * 1024;
constexpr std::size_t kBodyLimit = 1024 * 1024;
// Sections inside of sections multiply: this bounds them whatever they print.
constexpr std::size_t kLookUpLimit = 200'000;
constexpr int kDepthLimit = 32;

struct TooMuch : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Notes the names that are not there, and counts.
class NoticingContext final : public mustache::context<std::string> {
 public:
  using mustache::context<std::string>::context;

  const Data* get(const std::string& name) const override {
    if (++look_ups_ > kLookUpLimit) throw TooMuch("the template repeats too much");
    const Data* const found = mustache::context<std::string>::get(name);
    if (found != nullptr) found_.insert(name);
    else missing_.insert(name);
    return found;
  }
  const Data* get_partial(const std::string& name) const override {
    missing_.insert("> " + name);
    return nullptr;
  }
  const std::set<std::string>& missing() const { return missing_; }
  const std::set<std::string>& found() const { return found_; }

 private:
  mutable std::size_t look_ups_ = 0;
  mutable std::set<std::string> missing_, found_;
};

Data data_of(const simdjson::dom::element& element, int depth) {
  using Type = simdjson::dom::element_type;
  switch (element.type()) {
    case Type::OBJECT: {
      Data object;
      if (depth == 0) return object;
      for (const auto& [key, value] : simdjson::dom::object(element))
        object.set(std::string(key), data_of(value, depth - 1));
      return object;
    }
    case Type::ARRAY: {
      Data list(Data::type::list);
      if (depth == 0) return list;
      for (const auto item : simdjson::dom::array(element))
        list.push_back(data_of(item, depth - 1));
      return list;
    }
    case Type::STRING: return Data(std::string(std::string_view(element)));
    case Type::BOOL: return Data(bool(element));
    case Type::NULL_VALUE: return Data(false);
    default: return Data(std::string(simdjson::minify(element)));
  }
}

Data data_of(const event::RemediationEvent& event) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  Data data;
  if (parser.parse(event.body.data(), event.body.size()).get(root) == simdjson::SUCCESS &&
      root.is_object())
    data = data_of(root, kDepthLimit);
  const Notification notification = read_notification(event);
  data.set("kind", notification.kind);
  data.set("summary", notification.summary);
  data.set("severity", notification.severity);
  data.set("is_resolved", Data(notification.is_resolved()));
  data.set("event_json", event.body);
  data.set("place", notification.file.empty()
                        ? std::string()
                        : notification.file + (notification.line > 0
                                                   ? ":" + std::to_string(notification.line)
                                                   : std::string()));
  Data fix;
  const NotifiedFix* const best = notification.best_fix();
  fix.set("title", best != nullptr ? best->title : "");
  fix.set("how", best != nullptr ? best->how : "");
  fix.set("patch", best != nullptr ? best->patch : "");
  fix.set("owner", best != nullptr ? best->owner : "");
  fix.set("is_proved", Data(best != nullptr && best->proof == ProofStatus::proved));
  data.set("fix", fix);
  return data;
}

std::string escape_entities(const std::string& text) {
  std::string out;
  for (const char letter : plain_text(text, true)) {
    switch (letter) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out.push_back(letter);
    }
  }
  return out;
}

std::string escape_form(const std::string& text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kSafe =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (kSafe.find(letter) != std::string_view::npos) out.push_back(letter);
    else out.append({'%', kDigits[byte >> 4U], kDigits[byte & 15U]});
  }
  return out;
}

std::string escape_json(const std::string& text) {
  std::string quoted;
  append_json_string(quoted, text);
  return quoted.substr(1, quoted.size() - 2);
}

bool is_json_type(std::string_view content_type) {
  const std::string_view media = content_type.substr(0, content_type.find(';'));
  return media.ends_with("json") || media.ends_with("json ");
}

std::function<std::string(const std::string&)> escape_for(std::string_view content_type) {
  if (is_json_type(content_type)) return escape_json;
  if (content_type.find("html") != std::string_view::npos ||
      content_type.find("xml") != std::string_view::npos)
    return escape_entities;
  if (content_type.starts_with("application/x-www-form-urlencoded")) return escape_form;
  return [](const std::string& text) { return plain_text(text, true); };
}

/// One rendering; throws TooMuch.
std::string render(const std::string& text, const std::string& content_type,
                   NoticingContext& context) {
  mustache::mustache parsed(text);
  parsed.set_custom_escape(escape_for(content_type));
  std::string body = parsed.render(context);
  if (body.size() > kBodyLimit) throw TooMuch("what the template gives is larger than 1 MiB");
  return body;
}

bool is_json(const std::string& body) {
  simdjson::dom::parser parser;
  return parser.parse(body).error() == simdjson::SUCCESS;
}

Result<WireRequest> template_request(const event::RemediationEvent& event, const std::string& text,
                                     const std::string& content_type) {
  WireRequest request;
  request.content_type = content_type;
  try {
    const Data data = data_of(event);
    NoticingContext context(&data);
    request.body = render(text, content_type, context);
  } catch (const TooMuch& reason) {
    return fail(ErrorCode::invalid_input, reason.what());
  }
  if (is_json_type(content_type) && !is_json(request.body))
    return fail(ErrorCode::invalid_input, "the template does not produce JSON for this event");
  return request;
}

auto refuse(const std::string& reason) { return fail(ErrorCode::invalid_configuration, reason); }

std::string_view name_of(event::SampleKind kind) {
  return kind == event::SampleKind::opened     ? "an opened incident"
         : kind == event::SampleKind::resolved ? "a resolved incident"
                                               : "an incident of which little is known";
}

/// Tries the template on one sample. Adds to `missing` and `found`.
Result<> try_sample(const std::string& text, const std::string& content_type,
                    event::SampleKind kind, Language language, std::set<std::string>& missing,
                    std::set<std::string>& found) {
  const event::RemediationEvent event = event::sample_event(
      kind, language, Time(std::chrono::hours(24 * 365 * 50)), "proxy-1.example");
  try {
    const Data data = data_of(event);
    NoticingContext context(&data);
    const std::string body = render(text, content_type, context);
    missing.insert(context.missing().begin(), context.missing().end());
    found.insert(context.found().begin(), context.found().end());
    if (is_json_type(content_type) && !is_json(body))
      return refuse("does not produce JSON for " + std::string(name_of(kind)) + ": " +
                    shortened(plain_text(body), 300, Measure::bytes));
  } catch (const TooMuch& reason) {
    return refuse(reason.what());
  }
  return success();
}

}  // namespace

Result<WireFormat> template_format(std::string_view text, std::string content_type,
                                   Language language) {
  if (text.size() > kTemplateLimit) return refuse("is larger than 64 KiB");
  const std::string source(text);
  const mustache::mustache parsed(source);
  if (!parsed.is_valid())
    return refuse("is not a Mustache template: " + plain_text(parsed.error_message()));

  std::set<std::string> missing;
  std::set<std::string> found;
  TRY(try_sample(source, content_type, event::SampleKind::opened, language, missing, found));
  TRY(try_sample(source, content_type, event::SampleKind::resolved, language, missing, found));
  std::set<std::string> ignored;
  TRY(try_sample(source, content_type, event::SampleKind::bare, language, ignored, found));
  for (const std::string& name : missing)
    if (!found.contains(name))
      return refuse("uses \"" + plain_text(name) + "\", which no event has");
  return WireFormat{.request = [source, content_type = std::move(content_type)](
                                   const event::RemediationEvent& event, Time) {
    return template_request(event, source, content_type);
  }};
}

}  // namespace handshaked::format
