#include "event/sample_event.h"

#include "base/digest.h"
#include "base/json/json_writer.h"
#include "event/texts.h"
#include "parse/time_zone.h"

namespace handshaked::event {
namespace {

constexpr const char* kTitle =
    "TEST shop.example → 198.51.100.7:8443: the chain leads to CN=New Root, which is not in "
    "old-root.pem";
constexpr const char* kPatch =
    "--- a/etc/nginx/conf.d/shop.conf\n"
    "+++ b/etc/nginx/conf.d/shop.conf\n"
    "@@ -10,5 +10,5 @@ server {\n"
    "     location /orders/ {\n"
    "         proxy_pass https://198.51.100.7:8443;\n"
    "         proxy_ssl_verify on;\n"
    "-        proxy_ssl_trusted_certificate /etc/nginx/ca/old-root.pem;\n"
    "+        proxy_ssl_trusted_certificate /etc/nginx/ca/new-root.pem;\n"
    "     }\n";

void write_proof(JsonWriter& json, const std::string& detail) {
  json.key("proof")
      .begin_object()
      .member("status", "proved")
      .member("method", "replay")
      .member("detail", detail)
      .end_object();
}

void write_incident(JsonWriter& json, const RemediationEvent& event, bool is_resolved,
                    const std::string& host) {
  const std::string now = parse::format_rfc3339(event.time);
  json.key("incident")
      .begin_object()
      .member("id", event.incident_id)
      .member("fingerprint", "v1:" + sha256_hex("sample", 32));
  json.member("title", kTitle)
      .member("parent_id", "inc-0000000000000000")
      .member("status", is_resolved ? "resolved" : "open")
      .member("severity", event.severity);
  json.member("opened_at", parse::format_rfc3339(event.time - std::chrono::minutes(5)))
      .member("last_seen_at", now);
  if (is_resolved)
    json.member("resolved_at", now).member("resolved_by", "quiet").member("fix_verified_at", now);
  json.member("flapping", false)
      .member("reopens", 0)
      .member("noise", false)
      .member("count", 42)
      .member("rate_per_minute", 8.4);
  json.key("silenced_by").begin_array().end_array();
  json.array("hosts", std::initializer_list<std::string>{host})
      .array("servers", std::initializer_list<const char*>{"shop.example"});
  json.key("clients").begin_object().member("distinct", 17);
  json.array("sample", std::initializer_list<const char*>{"192.0.2.0/24"}).end_object();
  json.key("sample_lines").begin_array();
  json.value(
      "2026/11/21 09:00:00 [error] 900#900: *7 upstream SSL certificate verify error: (20:unable "
      "to get local issuer certificate) while "
      "SSL "
      "handshaking to upstream, client: 192.0.2.0/24, server: shop.example, request: \"GET "
      "/orders/7 HTTP/1.1\", upstream: "
      "\"https://198.51.100.7:8443/orders/7\", host: \"shop.example\"");
  json.end_array()
      .key("consequences")
      .begin_array()
      .begin_object()
      .member("rule", "nginx/no-live-upstreams");
  json.member("title", "no live upstreams")
      .member("count", 3)
      .member("last_seen_at", now)
      .end_object()
      .end_array()
      .end_object();
}

void write_advice(JsonWriter& json, const Texts& text) {
  json.key("fixes")
      .begin_array()
      .begin_object()
      .member("rank", 1)
      .member("id", "trust-the-new-root")
      .member("owner", "proxy");
  json.member("title", text("sample.fix_title"));
  json.member("how", text("sample.fix_how"));
  json.key("changes").begin_array().end_array().member("patch", kPatch);
  json.array("commands", std::initializer_list<const char*>{"nginx -t", "nginx -s reload"});
  json.member("condition", text("sample.fix_condition")).member("message", "");
  json.member("success_rate", 0.97).member("evidence_count", 31);
  write_proof(json, text("sample.fix_proof"));
  json.end_object().end_array().key("dead_ends").begin_array().begin_object();
  json.member("action", "proxy_ssl_verify off").member("why_fails", text("sample.dead_end_why"));
  json.member("fail_rate", 1.0).member("unsafe", true);
  write_proof(json, text("sample.dead_end_proof"));
  json.end_object().end_array();
}

void write_data(JsonWriter& json, const RemediationEvent& event, bool is_resolved,
                const std::string& host, const Texts& text) {
  json.key("data").begin_object();
  write_incident(json, event, is_resolved, host);
  json.key("rule").begin_object().member("id", "nginx/upstream-ssl-certificate-verify-error");
  json.member("title", text("sample.rule_title"));
  json.member("url", "https://nginx.org/en/docs/http/ngx_http_proxy_module.html").end_object();
  json.key("place")
      .begin_object()
      .member("side", "upstream")
      .member("peer", "198.51.100.7:8443")
      .member("name", "orders.example");
  json.member("server", "shop.example").member("directive", "proxy_ssl_trusted_certificate");
  json.member("file", "/etc/nginx/conf.d/shop.conf").member("line", 13).end_object();
  json.key("diagnosis")
      .begin_object()
      .member("cause", "upstream_ca_not_trusted")
      .member("confidence", 0.98);
  json.member("basis", "investigation");
  json.member("summary", text("sample.diagnosis"));
  json.key("evidence").begin_array().begin_object().member("kind", "replay");
  json.member("text", text("sample.evidence")).end_object().end_array();
  json.key("candidates")
      .begin_array()
      .begin_object()
      .member("cause", "upstream_ca_not_trusted")
      .member("likelihood", 0.98);
  json.member("tell_apart", text("sample.tell_apart")).end_object().end_array().end_object();
  write_advice(json, text);
  json.end_object();
}

/// What is known from a log line alone.
void write_bare_data(JsonWriter& json, const RemediationEvent& event, const Texts& text) {
  const std::string now = parse::format_rfc3339(event.time);
  json.key("data").begin_object().key("incident").begin_object().member("id", event.incident_id);
  json.member("fingerprint", "v1:" + sha256_hex("sample", 32))
      .member("title", kTitle)
      .member("status", "open");
  json.member("page", "https://handshaked.example/incidents/" + event.incident_id)
      .member("severity", event.severity);
  json.member("opened_at", now)
      .member("last_seen_at", now)
      .member("flapping", false)
      .member("count", 1)
      .member("rate_per_minute", 0);
  for (const char* list : {"hosts", "servers", "sample_lines"})
    json.key(list).begin_array().end_array();
  json.key("clients")
      .begin_object()
      .member("distinct", 0)
      .key("sample")
      .begin_array()
      .end_array()
      .end_object()
      .end_object();
  json.key("rule").begin_object().member("id", "nginx/unclassified-tls");
  json.member("title", text("sample.unknown_title")).end_object();
  json.key("place").begin_object().member("side", "config").end_object();
  json.key("diagnosis")
      .begin_object()
      .member("cause", "")
      .member("confidence", 0)
      .member("basis", "line")
      .member("summary", "");
  json.key("evidence").begin_array().end_array().end_object();
  json.key("fixes")
      .begin_array()
      .end_array()
      .key("dead_ends")
      .begin_array()
      .end_array()
      .end_object();
}

}  // namespace

RemediationEvent sample_event(SampleKind kind, Language language, Time now,
                              const std::string& host) {
  const Texts text(texts(), language);
  const bool is_resolved = kind == SampleKind::resolved;
  RemediationEvent event;
  event.incident_id =
      "inc-" + sha256_hex("test " + std::to_string(now.time_since_epoch().count()), 16);
  event.event_type = std::string("io.handshaked.incident.") + (is_resolved ? "resolved" : "opened");
  event.event_id = event.incident_id + (is_resolved ? ".resolved.2" : ".opened.1");
  event.severity = "warning";
  event.time = now;
  event.summary =
      text(is_resolved ? "sample.resolved_summary" : "sample.open_summary", {{"title", kTitle}});
  event.data = {
      {"incident", event.incident_id},      {"rule", "nginx/upstream-ssl-certificate-verify-error"},
      {"severity", event.severity},         {"side", "upstream"},
      {"peer", "198.51.100.7:8443"},        {"server", "shop.example"},
      {"cause", "upstream_ca_not_trusted"}, {"count", "42"}};
  JsonWriter json(event.body);
  json.begin_object()
      .member("specversion", "1.0")
      .member("id", event.event_id)
      .member("type", event.event_type);
  json.member("source", "//" + host + "/handshaked")
      .member("subject", event.incident_id)
      .member("time", parse::format_rfc3339(now));
  json.member("datacontenttype", "application/json")
      .member("dataschema", "https://handshaked.io/schema/incident-1.json");
  if (kind == SampleKind::bare) write_bare_data(json, event, text);
  else write_data(json, event, is_resolved, host, text);
  json.end_object();
  return event;
}

}  // namespace handshaked::event
