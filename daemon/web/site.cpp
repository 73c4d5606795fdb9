#include "web/site.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/json/json_writer.h"
#include "web/app_files.h"
#include "web/metrics_text.h"

namespace handshaked::web {
namespace {

/// "zh-CN;q=0.8": the language if it is one of ours, and its weight.
std::optional<std::pair<Language, double>> wish_of(std::string_view item) {
  while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
  const auto end = item.find_first_of("; ");
  const std::string_view tag = item.substr(0, end);
  const std::string_view name = tag.substr(0, tag.find('-'));
  double weight = 1;
  if (const auto q = item.find("q="); q != std::string_view::npos) {
    const std::string_view digits = item.substr(q + 2);
    if (std::from_chars(digits.data(), digits.data() + digits.size(), weight).ec != std::errc())
      weight = 0;
  }
  if (!(weight > 0)) return std::nullopt;
  if (net::is_same_without_case(name, "zh")) return std::pair(Language::zh, weight);
  if (net::is_same_without_case(name, "en")) return std::pair(Language::en, weight);
  return std::nullopt;
}

}  // namespace

Language preferred_language(std::string_view accept_language, Language otherwise) {
  Language best = otherwise;
  double best_weight = 0;
  while (!accept_language.empty()) {
    const auto comma = accept_language.find(',');
    if (const auto wish = wish_of(accept_language.substr(0, comma));
        wish && wish->second > best_weight) {
      best = wish->first;
      best_weight = wish->second;
    }
    if (comma == std::string_view::npos) break;
    accept_language.remove_prefix(comma + 1);
  }
  return best;
}

namespace {

bool takes_gzip(const net::HttpRequest& request) {
  return request.header("accept-encoding").find("gzip") != std::string_view::npos;
}

WebAnswer answer_file(const AppFile& file, const net::HttpRequest& request) {
  WebAnswer answer{.content_type = std::string(file.content_type)};
  // Asked for anew at each visit, and not sent anew: a new program has a new page at once.
  answer.headers = {{"ETag", file.etag},
                    {"Cache-Control", "no-cache"},
                    {"Vary", "Accept-Encoding"},
                    {"Content-Security-Policy", std::string(app_policy())}};
  if (request.header("if-none-match").find(file.etag) != std::string_view::npos) {
    answer.status = 304;
  } else if (takes_gzip(request)) {
    answer.headers.emplace_back("Content-Encoding", "gzip");
    answer.body = file.gzipped;
  } else {
    answer.body = file.text;
  }
  return answer;
}

}  // namespace

bool Site::has_to_be_made(const std::string& key, std::chrono::milliseconds keep, WebReply reply) {
  Kept& kept = kept_[key];
  if (kept.is_there && std::chrono::steady_clock::now() - kept.made_at < keep) {
    reply(kept.answer);
    return false;
  }
  kept.waiting.push_back(std::move(reply));
  return kept.waiting.size() == 1;
}

void Site::finish(const std::string& key, WebAnswer answer) {
  Kept& made = kept_[key];
  made.answer = std::move(answer);
  made.made_at = std::chrono::steady_clock::now();
  made.is_there = true;
  for (const WebReply& waiting : std::exchange(made.waiting, {})) waiting(made.answer);
}

/// What nobody waits for goes, the oldest first.
void Site::make_room() {
  while (kept_.size() >= kMostKept) {
    auto oldest = kept_.end();
    for (auto it = kept_.begin(); it != kept_.end(); ++it)
      if (it->second.waiting.empty() &&
          (oldest == kept_.end() || it->second.made_at < oldest->second.made_at))
        oldest = it;
    if (oldest == kept_.end()) return;  // as many as there are connections
    kept_.erase(oldest);
  }
}

void Site::answer(const net::HttpRequest& request, WebReply reply) {
  const std::string& path = request.path;
  if (path == "/metrics" || path == "/healthz" || path == "/readyz") {
    if (!has_to_be_made(path, options_.keep, std::move(reply))) return;
    return daemon_.ask_figures(
        [this, path](const telemetry::Metrics& metrics) { finish(path, make(path, metrics)); });
  }
  const AppFile* const file = find_app_file(path);
  const bool is_api = path.starts_with("/api/");
  if ((file != nullptr || is_api) && !options_.has_page)
    return reply(web_refusal(
        404, "the page is not shown at this address: page in [web] of the configuration"));
  if (file != nullptr) return reply(answer_file(*file, request));
  if (path == "/api/events") return answer_event_feed(std::move(reply));
  if (is_api) return answer_api(request, std::move(reply));
  reply(web_refusal(
      404, "there is nothing here; there are /, /api/incidents, /metrics, /healthz and /readyz"));
}

void Site::answer_event_feed(WebReply reply) const {
  if (!feed_ || feed_->is_full()) return reply(web_refusal(503, "too many listen already"));
  WebAnswer answer{.content_type = "text/event-stream"};
  answer.feed = feed_;
  reply(std::move(answer));
}

void Site::answer_api(const net::HttpRequest& request, WebReply reply) {
  constexpr std::size_t kWorthPacking = 2048;
  const std::string asked = request.parameter("lang");
  const Language language =
      asked == "zh"   ? Language::zh
      : asked == "en" ? Language::en
                      : preferred_language(request.header("accept-language"), options_.language);
  const bool is_packed = takes_gzip(request);
  const std::string key = request.path + "?" + request.query +
                          (language == Language::zh ? " zh" : " en") + (is_packed ? " gzip" : "");
  make_room();
  if (!has_to_be_made(key, options_.keep_api, std::move(reply))) return;
  daemon_.ask_api(request, language, [this, key, is_packed](unsigned status, std::string json) {
    WebAnswer answer{
        .status = status, .content_type = "application/json", .body = std::move(json) + "\n"};
    if (is_packed && answer.body.size() >= kWorthPacking) {
      answer.body = gzip(answer.body, 1);
      answer.headers = {{"Content-Encoding", "gzip"}, {"Vary", "Accept-Encoding"}};
    }
    finish(key, std::move(answer));
  });
}

WebAnswer Site::make(const std::string& path, const telemetry::Metrics& metrics) {
  WebAnswer answer{.content_type = "application/json"};
  if (path == "/metrics") {
    answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
    answer.body = metrics_text(metrics);
    return answer;
  }
  JsonWriter json(answer.body);
  if (path == "/healthz") {
    answer.status = metrics.store.answers ? 200 : 503;
    json.begin_object().member("status", metrics.store.answers ? "ok" : "failing");
    if (!metrics.store.answers)
      json.key("reasons").begin_array().value("the database does not answer").end_array();
  } else {
    const std::vector<std::string> reasons = telemetry::why_not_ready(metrics);
    answer.status = reasons.empty() ? 200 : 503;
    json.begin_object()
        .member("status", reasons.empty() ? "ready" : "not ready")
        .array("reasons", reasons);
  }
  json.end_object();
  answer.body += '\n';
  return answer;
}

}  // namespace handshaked::web
