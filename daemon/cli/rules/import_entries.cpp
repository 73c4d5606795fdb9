// What turns public entries into rules (cli/rules/public_entry.h).
#include <re2/re2.h>
#include <simdjson.h>

#include "base/json/json_writer.h"
#include "cli/rules/checks/entry_texts.h"
#include "cli/rules/public_entry.h"

namespace handshaked::cli {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

std::string_view text_of(object from, std::string_view key) {
  std::string_view text;
  return from[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

bool has_member(object from, std::string_view key) {
  return from[key].error() == simdjson::SUCCESS;
}

/// The first members of our form, in our order, from wherever the entry has them.
class Importer {
 public:
  explicit Importer(object entry) : entry_(entry), json_(imported_.json) {}

  ImportedEntry run() {
    imported_.id = text_of(entry_, "id");
    object error;
    is_nested_ = entry_["error"].get(error) == simdjson::SUCCESS;
    const object head = is_nested_ ? error : entry_;
    if (imported_.id.empty() || text_of(head, "regex").empty() ||
        text_of(head, "signature").empty()) {
      warn("it lacks id, signature or regex: it cannot be a rule");
      return std::move(imported_);
    }
    json_.begin_object();
    for (const auto& [name, value] : entry_) {
      if (name == "error" && is_nested_) append_error(error);
      else if (name == "workarounds" || name == "dead_ends") append_list(name, value);
      else json_.key(name).raw(simdjson::minify(value));
    }
    if (is_nested_) append_flattened();
    json_.end_object();
    review_regex(std::string(text_of(head, "regex")));
    review_translation(head);
    return std::move(imported_);
  }

 private:
  void warn(std::string text) { imported_.warnings.push_back(std::move(text)); }

  void append_error(object error) {
    for (const auto& [name, value] : error) {
      if (!has_member(entry_, name)) json_.key(name).raw(simdjson::minify(value));
    }
  }

  /// The members of our form that the nested shape keeps deeper down. The deep ones stay, too.
  void append_flattened() {
    const auto lift = [this](std::string_view group, std::string_view from, std::string_view to) {
      element value;
      if (!has_member(entry_, to) && entry_[group][from].get(value) == simdjson::SUCCESS)
        json_.key(to).raw(simdjson::minify(value));
    };
    lift("verdict", "summary", "root_cause");
    lift("verdict", "fix_success_rate", "fix_success_rate");
    lift("verdict", "confidence", "confidence");
    lift("metadata", "evidence_count", "evidence_count");
    if (!has_member(entry_, "official_doc_url") && !text_of(entry_, "url").empty())
      json_.member("official_doc_url", text_of(entry_, "url"));
    append_relations("leads_to", "leads_to");
    append_relations("frequently_confused_with", "confused_with");
  }

  void append_relations(std::string_view from, std::string_view to) {
    simdjson::dom::array list;
    if (has_member(entry_, to) || entry_["transition_graph"][from].get(list) != simdjson::SUCCESS)
      return;
    json_.key(to).begin_array();
    for (const element item : list) {
      object relation;
      if (item.get(relation) != simdjson::SUCCESS || text_of(relation, "error_id").empty())
        continue;
      if (to == "leads_to") json_.value(text_of(relation, "error_id"));
      else
        json_.begin_object()
            .member("id", text_of(relation, "error_id"))
            .member("distinction", text_of(relation, "distinction"))
            .end_object();
    }
    json_.end_array();
  }

  void append_list(std::string_view name, element value) {
    simdjson::dom::array items;
    if (value.get(items) != simdjson::SUCCESS) {
      json_.key(name).raw(simdjson::minify(value));
      return warn(std::string(name) + " is not a list");
    }
    simdjson::dom::array translations;
    const bool translated =
        entry_[std::string(name) + "_zh"].get(translations) == simdjson::SUCCESS &&
        translations.size() == items.size();
    json_.key(name).begin_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      object members;
      const std::string place = std::string(name) + "/" + std::to_string(i);
      if (items.at(i).get(members) != simdjson::SUCCESS) {
        warn(place + " is not an object");
        json_.raw(simdjson::minify(items.at(i).value_unsafe()));
        continue;
      }
      std::string_view chinese;
      if (translated && translations.at(i).get(chinese) != simdjson::SUCCESS) chinese = {};
      append_item(members, chinese);
      review_item(members, place, !chinese.empty());
    }
    json_.end_array();
  }

  /// One shape keeps the Chinese of an item beside the list ("workarounds_zh"): it belongs to the
  /// item.
  void append_item(object item, std::string_view chinese) {
    json_.begin_object();
    for (const auto& [name, value] : item) json_.key(name).raw(simdjson::minify(value));
    if (!chinese.empty() && !has_member(item, "action_zh")) json_.member("action_zh", chinese);
    if (!chinese.empty() && !has_member(item, "how_zh") &&
        text_of(item, "how") == text_of(item, "action"))
      json_.member("how_zh", chinese);
    json_.end_object();
  }

  void review_item(object item, const std::string& place, bool translated) {
    if (text_of(item, "action").empty())
      warn(place + ": the action is empty, so nobody learns " +
           (place.starts_with('d') ? "what not to try" : "what to do"));
    if (!text_of(item, "action").empty() && text_of(item, "action_zh").empty() && !translated)
      warn(place + ": no Chinese translation");
    simdjson::dom::array sources;
    const bool has_rate = has_member(item, "success_rate") || has_member(item, "fail_rate");
    if (has_rate && (item["sources"].get(sources) != simdjson::SUCCESS || sources.size() == 0))
      warn(place + ": a rate without a source");
  }

  void review_translation(object head) {
    if (text_of(head, "signature_zh").empty()) warn("signature: no Chinese translation");
    if (text_of(entry_, "root_cause_zh").empty()) warn("root_cause: no Chinese translation");
    simdjson::dom::array samples;
    if (entry_["samples"].get(samples) != simdjson::SUCCESS || samples.size() == 0)
      warn("it has no sample line, so nothing shows what it matches");
    if (const auto url = text_of(entry_, "official_doc_url"); !url.empty() && !is_sound_link(url))
      warn("official_doc_url: no sound link");
  }

  void review_regex(const std::string& regex) {
    re2::RE2::Options options(re2::RE2::Latin1);
    options.set_log_errors(false);
    options.set_dot_nl(true);
    const re2::RE2 compiled(regex, options);
    if (!compiled.ok()) {
      warn("regex: RE2 refuses it: " + compiled.error());
      imported_.json.clear();
      return;
    }
    for (const std::string_view line : lines_of_other_programs()) {
      if (re2::RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), compiled)) {
        warn("regex: too broad, it matches a line of another program: " + std::string(line));
      }
    }
    if (regex.starts_with(".*")) warn("regex: it begins with .*, which only costs time");
  }

  object entry_;
  bool is_nested_ = false;
  ImportedEntry imported_;
  JsonWriter json_;
};

}  // namespace

const std::vector<std::string_view>& lines_of_other_programs() {
  static const std::vector<std::string_view> lines{
      "postfix/smtp[2211]: certificate verification failed for mx.example.net[192.0.2.25]:25: "
      "untrusted issuer /C=US/O=Example/CN=Example "
      "Root",
      "curl: (60) SSL certificate problem: unable to get local issuer certificate",
      "fatal: unable to access 'https://git.example.com/a.git/': SSL certificate problem: "
      "self-signed certificate in certificate chain",
      "requests.exceptions.SSLError: HTTPSConnectionPool(host='api.example.com', port=443): [SSL: "
      "CERTIFICATE_VERIFY_FAILED] certificate "
      "verify failed: unable to get local issuer certificate (_ssl.c:992)",
      "javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid "
      "certification path to requested target",
      "x509: certificate signed by unknown authority",
      "2026-11-21T02:58:15Z ERROR http: TLS handshake error from 192.0.2.7:51544: remote error: "
      "tls: bad certificate",
      "haproxy[912]: 192.0.2.7:51544 [21/Nov/2026:02:58:15.001] https/1: SSL handshake failure",
      "[ssl:error] [pid 812] AH02039: Certificate Verification: Error (20): unable to get local "
      "issuer certificate",
      "[proxy:error] [pid 813] (111)Connection refused: AH00957: HTTPS: attempt to connect to "
      "10.0.0.1:8443 (10.0.0.1) failed",
      "Error: unable to verify the first certificate at TLSSocket.onConnectSecure "
      "(node:_tls_wrap:1600:34) code: "
      "'UNABLE_TO_VERIFY_LEAF_SIGNATURE'",
      "mysqld: SSL error: Unable to get certificate from '/etc/mysql/server-cert.pem'",
      "postgres[77]: LOG:  could not accept SSL connection: tlsv1 alert unknown ca",
      "ldap_start_tls: Connect error (-11) additional info: error:0A000086:SSL "
      "routines::certificate verify failed (unable to get local "
      "issuer certificate)",
      "verify error:num=20:unable to get local issuer certificate",
      "openvpn[5]: VERIFY ERROR: depth=1, error=certificate has expired: C=DE, CN=vpn",
      "sshd[991]: Connection closed by authenticating user root 192.0.2.7 port 50012 [preauth]",
      "kubelet[1033]: Unable to authenticate the request due to an error: x509: certificate has "
      "expired or is not yet valid",
      "[debug] envoy connection: TLS error: 268435581:SSL "
      "routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED",
      "docker: Error response from daemon: Get \"https://registry.example.com/v2/\": tls: failed "
      "to verify certificate",
      "systemd[1]: nginx.service: Main process exited, code=exited, status=1/FAILURE",
      "kernel: TCP: request_sock_TCP: Possible SYN flooding on port 443. Sending cookies.",
      "connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.7, "
      "server: app, upstream: "
      "\"http://10.0.0.1:8080/\"",
      "open() \"/srv/www/favicon.ico\" failed (2: No such file or directory), client: 192.0.2.7, "
      "server: app, request: \"GET /favicon.ico "
      "HTTP/1.1\"",
      "upstream timed out (110: Connection timed out) while reading response header from upstream, "
      "client: 192.0.2.7, upstream: "
      "\"http://10.0.0.1:8080/\"",
  };
  return lines;
}

std::vector<ImportedEntry> import_entries(std::string_view json, const std::string& name) {
  std::vector<ImportedEntry> imported;
  simdjson::dom::parser parser;
  element root;
  if (const auto error = parser.parse(json.data(), json.size()).get(root);
      error != simdjson::SUCCESS) {
    imported.push_back(
        {.id = name,
         .json = {},
         .warnings = {std::string("not valid JSON: ") + simdjson::error_message(error)}});
    return imported;
  }
  const auto take = [&](element value) {
    object entry;
    if (value.get(entry) == simdjson::SUCCESS) imported.push_back(Importer(entry).run());
    else imported.push_back({.id = name, .json = {}, .warnings = {"an entry is not an object"}});
  };
  simdjson::dom::array entries;
  if (root.get(entries) != simdjson::SUCCESS) {
    take(root);
  } else {
    for (const element value : entries) take(value);
  }
  return imported;
}

}  // namespace handshaked::cli
