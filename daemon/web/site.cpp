#include "web/site.h"

#include <charconv>
#include <optional>
#include <utility>

#include "base/json_writer.h"
#include "web/live_page.h"
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
    if (std::from_chars(digits.data(), digits.data() + digits.size(), weight).ec != std::errc()) weight = 0;
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
    if (const auto wish = wish_of(accept_language.substr(0, comma)); wish && wish->second > best_weight) {
      best = wish->first;
      best_weight = wish->second;
    }
    if (comma == std::string_view::npos) break;
    accept_language.remove_prefix(comma + 1);
  }
  return best;
}

void Site::answer(const net::HttpRequest& request, WebReply reply) {
  const std::string asked = request.parameter("lang");
  const bool is_chinese = (asked == "zh"   ? Language::zh
                           : asked == "en" ? Language::en
                                           : preferred_language(request.header("accept-language"), options_.language)) == Language::zh;
  Part part = Part::metrics;
  if (request.path == "/metrics") part = Part::metrics;
  else if (request.path == "/healthz") part = Part::health;
  else if (request.path == "/readyz") part = Part::readiness;
  else if (request.path == "/" && options_.has_page) part = is_chinese ? Part::page_zh : Part::page_en;
  else if (request.path == "/api/incidents" && options_.has_page) part = is_chinese ? Part::incidents_zh : Part::incidents_en;
  else if (request.path == "/" || request.path == "/api/incidents")
    return reply(web_refusal(404, "the page is not shown at this address: page in [web] of the configuration"));
  else return reply(web_refusal(404, "there is nothing here; there are /, /api/incidents, /metrics, /healthz and /readyz"));

  Kept& kept = kept_[part];
  if (kept.is_there && std::chrono::steady_clock::now() - kept.made_at < options_.keep) return reply(kept.answer);
  kept.waiting.push_back(std::move(reply));
  if (kept.waiting.size() > 1) return;  // it is being made
  daemon_.ask_figures([this, part](const telemetry::Metrics& figures) {
    Kept& made = kept_[part];
    made.answer = make(part, figures);
    made.made_at = std::chrono::steady_clock::now();
    made.is_there = true;
    for (const WebReply& waiting : std::exchange(made.waiting, {})) waiting(made.answer);
  });
}

WebAnswer Site::make(Part part, const telemetry::Metrics& figures) const {
  WebAnswer answer;
  JsonWriter json(answer.body);
  switch (part) {
    case Part::page_en:
    case Part::page_zh: {
      const Language language = part == Part::page_zh ? Language::zh : Language::en;
      answer.content_type = "text/html; charset=utf-8";
      answer.body = live_page(figures, daemon_.incidents(language), language);
      answer.headers = {{"Content-Security-Policy", live_page_policy()}, {"Content-Language", language == Language::zh ? "zh-CN" : "en"}};
      return answer;
    }
    case Part::incidents_en:
    case Part::incidents_zh:
      answer.content_type = "application/json";
      answer.body = daemon_.incidents(part == Part::incidents_zh ? Language::zh : Language::en) + "\n";
      return answer;
    case Part::metrics:
      answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
      answer.body = metrics_text(figures);
      return answer;
    case Part::health:
      answer.status = figures.store.answers ? 200 : 503;
      json.begin_object().member("status", figures.store.answers ? "ok" : "failing");
      if (!figures.store.answers) json.key("reasons").begin_array().value("the database does not answer").end_array();
      break;
    case Part::readiness: {
      const std::vector<std::string> reasons = telemetry::why_not_ready(figures);
      answer.status = reasons.empty() ? 200 : 503;
      json.begin_object().member("status", reasons.empty() ? "ready" : "not ready").array("reasons", reasons);
      break;
    }
  }
  json.end_object();
  answer.body += '\n';
  answer.content_type = "application/json";
  return answer;
}

}  // namespace handshaked::web
