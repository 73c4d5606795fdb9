// Directives and parameters that are spelt well, and that the nginx in use does not know: it is too
// old for them.
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diagnose/load/load_error_diagnosis.h"
#include "diagnose/texts.h"
#include "diagnose/tls/nearest_word.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {
namespace {

/// What an nginx that is too old loses without it. `protects`: it is a protection, which nobody
/// takes out for the sake of a start.
struct Newcomer {
  std::string_view name;
  nginx::NginxVersion since;
  bool protects = false;
};

constexpr std::array<Newcomer, 31> kNewcomers = {{{"http2", {1, 25, 1}},
                                                  {"http3", {1, 25, 0}},
                                                  {"http3_hq", {1, 25, 0}},
                                                  {"http3_max_concurrent_streams", {1, 25, 0}},
                                                  {"http3_stream_buffer_size", {1, 25, 0}},
                                                  {"quic_active_connection_id_limit", {1, 25, 0}},
                                                  {"quic_bpf", {1, 25, 0}},
                                                  {"quic_gso", {1, 25, 0}},
                                                  {"quic_host_key", {1, 25, 0}},
                                                  {"quic_retry", {1, 25, 0}},
                                                  {"ssl_early_data", {1, 15, 3}},
                                                  {"ssl_key_log", {1, 27, 2}},
                                                  {"proxy_ssl_key_log", {1, 27, 2}},
                                                  {"grpc_ssl_key_log", {1, 27, 2}},
                                                  {"uwsgi_ssl_key_log", {1, 27, 2}},
                                                  {"ssl_object_cache_inheritable", {1, 27, 4}},
                                                  {"ssl_certificate_cache", {1, 27, 4}},
                                                  {"proxy_ssl_certificate_cache", {1, 27, 4}},
                                                  {"grpc_ssl_certificate_cache", {1, 27, 4}},
                                                  {"uwsgi_ssl_certificate_cache", {1, 27, 4}},
                                                  {"ssl_certificate_compression", {1, 29, 1}},
                                                  {"ssl_ech_file", {1, 29, 4}, true},
                                                  {"ssl_conf_command", {1, 19, 4}, true},
                                                  {"proxy_ssl_conf_command", {1, 19, 4}, true},
                                                  {"grpc_ssl_conf_command", {1, 19, 4}, true},
                                                  {"uwsgi_ssl_conf_command", {1, 19, 4}, true},
                                                  {"ssl_reject_handshake", {1, 19, 4}, true},
                                                  {"ssl_ocsp", {1, 19, 0}, true},
                                                  {"ssl_ocsp_responder", {1, 19, 0}, true},
                                                  {"ssl_ocsp_cache", {1, 19, 0}},
                                                  {"ssl_alpn", {1, 21, 4}, true}}};

/// What http has had before stream.
constexpr std::array<Newcomer, 9> kNewcomersOfStream = {{{"server_name", {1, 25, 5}},
                                                         {"ssl_reject_handshake", {1, 25, 5}},
                                                         {"ssl_stapling", {1, 27, 2}},
                                                         {"ssl_stapling_file", {1, 27, 2}},
                                                         {"ssl_stapling_responder", {1, 27, 2}},
                                                         {"ssl_stapling_verify", {1, 27, 2}},
                                                         {"ssl_ocsp", {1, 27, 2}},
                                                         {"ssl_ocsp_responder", {1, 27, 2}},
                                                         {"ssl_ocsp_cache", {1, 27, 2}}}};

const Newcomer* newcomer(std::string_view name, nginx::NginxVersion version,
                         std::span<const Newcomer> among = kNewcomers) {
  const auto found = std::find_if(among.begin(), among.end(),
                                  [&](const Newcomer& one) { return one.name == name; });
  return found == among.end() || !version.is_known() || found->since <= version ? nullptr : &*found;
}

bool has_parameter(const nginx::Directive& listen, std::string_view word) {
  return std::any_of(listen.arguments.begin(), listen.arguments.end(),
                     [&](const nginx::Word& one) { return one.text == word; });
}

void collect(const nginx::Directive& block, std::vector<const nginx::Directive*>& found) {
  for (const nginx::Directive& directive : block.block) {
    found.push_back(&directive);
    if (directive.has_block) collect(directive, found);
  }
}

/// A listener of HTTP/3: before 1.25.0 nginx does not know the parameter.
bool is_quic_listen(const nginx::Directive& directive, nginx::NginxVersion version) {
  constexpr nginx::NginxVersion kQuic{1, 25, 0};
  return directive.is("listen") && version.is_known() && version < kQuic &&
         (has_parameter(directive, "quic") || has_parameter(directive, "http3"));
}

/// What has to go, and what stands for it.
class OlderText {
 public:
  explicit OlderText(LocalCase& local) : local_(local), patch_(local.new_patch()) {
    const nginx::NginxVersion version = local.surroundings().installation.version;
    std::vector<const nginx::Directive*> all;
    collect(local.configuration().root(), all);
    for (const nginx::Directive* directive : all) {
      const Newcomer* const one = newcomer(directive->name, version);
      if (one != nullptr) take_out(*directive, *one);
      else if (is_quic_listen(*directive, version)) take_out_listen(*directive);
    }
  }

  bool is_possible() const { return !gives_up_protection_ && !names_.empty(); }
  /// "http2, http3"
  const std::string& names() const { return names_; }
  Result<ConfigurationPatch> patch() const { return changed_patch(patch_, done_); }

 private:
  void note(std::string_view name) {
    if ((", " + names_ + ",").find(", " + std::string(name) + ",") == std::string::npos)
      names_ += (names_.empty() ? "" : ", ") + std::string(name);
  }

  void take_out(const nginx::Directive& directive, const Newcomer& one) {
    gives_up_protection_ = gives_up_protection_ || one.protects;
    note(one.name);
    if (done_) done_ = patch_.remove(directive);
    if (one.name == "http2" && directive.argument(0) == "on") add_to_listens(*directive.parent);
  }

  /// Before 1.25.1 HTTP/2 is a parameter of listen; without TLS it would leave no HTTP/1 there.
  void add_to_listens(const nginx::Directive& block) {
    std::vector<const nginx::Directive*> all;
    collect(block, all);
    for (const nginx::Directive* listen : all) {
      const bool is_http = listen->is("listen") && nginx::enclosing(*listen, "http") != nullptr;
      if (!is_http || !has_parameter(*listen, "ssl") || has_parameter(*listen, "http2") ||
          has_parameter(*listen, "quic"))
        continue;
      if (done_) done_ = patch_.append_argument(*listen, "http2");
    }
  }

  /// TCP stays where the server has it.
  void take_out_listen(const nginx::Directive& listen) {
    const auto others = listen.parent->find("listen");
    const bool is_alone =
        std::all_of(others.begin(), others.end(), [&](const nginx::Directive* one) {
          return is_quic_listen(*one, local_.surroundings().installation.version);
        });
    note("quic");
    if (is_alone)
      done_ = Result<>(fail(ErrorCode::invalid_input, "the server listens with QUIC alone"));
    else if (done_) done_ = patch_.remove(listen);
  }

  LocalCase& local_;
  ConfigurationPatch patch_;
  Result<> done_ = success();
  std::string names_;
  bool gives_up_protection_ = false;
};

void propose_older_text(LocalCase& local) {
  const OlderText text(local);
  if (!text.is_possible()) return;
  const std::string version = local.surroundings().installation.version.text();
  const bool is_http2 = text.names() == "http2";
  Fix fix = local.known("correct-line");
  fix.title = is_http2
                  ? load_text("version.listen_with_parameter", {{"version", version}})
                  : load_text("version.take_out", {{"version", version}, {"names", text.names()}});
  fix.how = is_http2 ? load_text("version.nothing_lost") : load_text("version.clients_go_on");
  local.propose(std::move(fix), text.patch());
}

void conclude_too_old(LocalCase& local, const nginx::Directive& directive, const std::string& name,
                      nginx::NginxVersion since, std::string_view module = {}) {
  const std::string version = local.surroundings().installation.version.text();
  conclude_value(
      local, "config_directive_invalid", directive,
      load_text(
          module.empty() ? "version.too_old" : "version.too_old_in_module",
          {{"version", version}, {"name", name}, {"module", module}, {"since", since.text()}}));
  if (module.empty()) propose_older_text(local);
  Fix fix = local.known("upgrade");
  fix.how = load_text("version.upgrade", {{"since", since.text()}, {"version", version}});
  local.propose(std::move(fix));
}

bool correct_listen(LocalCase& local, const nginx::Directive& listen, const std::string& word,
                    const std::string& meant) {
  conclude_value(local, "config_directive_invalid", listen,
                 load_text("version.no_such_parameter", {{"parameter", word}}));
  Fix fix = local.known("correct-line");
  fix.title = load_text("directive.write_instead",
                        {{"meant", meant}, {"written", word}, {"place", where(listen)}});
  const auto at = std::find_if(listen.arguments.begin(), listen.arguments.end(),
                               [&](const nginx::Word& one) { return one.text == word; });
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.replace_argument(
      listen, static_cast<std::size_t>(at - listen.arguments.begin()), meant);
  local.propose(std::move(fix), changed_patch(patch, done));
  return true;
}

}  // namespace

std::optional<std::string> meant_listen_parameter(std::string_view word) {
  static constexpr std::array<std::string_view, 9> kParameters = {
      "ssl",      "quic",      "http2", "proxy_protocol", "default_server", "default",
      "deferred", "reuseport", "bind"};
  constexpr std::array<std::string_view, 4> kOfTls = {"ssl", "quic", "http2", "proxy_protocol"};
  const bool is_known =
      std::find(kParameters.begin(), kParameters.end(), word) != kParameters.end();
  const auto meant = is_known ? std::nullopt : nearest_word(word, kParameters);
  return meant && std::find(kOfTls.begin(), kOfTls.end(), *meant) != kOfTls.end() ? meant
                                                                                  : std::nullopt;
}

bool diagnose_newer_directive(LocalCase& local, const LoadError& error) {
  const Newcomer* const one = newcomer(error.subject(), local.surroundings().installation.version);
  const nginx::Directive* const directive =
      one == nullptr ? nullptr : directive_at(local, error, error.subject());
  if (directive == nullptr) return false;
  conclude_too_old(local, *directive, std::string(one->name), one->since);
  return true;
}

bool diagnose_too_early_in_stream(LocalCase& local, const nginx::Directive& directive) {
  const Newcomer* const one =
      newcomer(directive.name, local.surroundings().installation.version, kNewcomersOfStream);
  if (one == nullptr || nginx::enclosing(directive, "stream") == nullptr) return false;
  conclude_too_old(local, directive, directive.name, one->since, "stream");
  return true;
}

bool diagnose_listen_parameter(LocalCase& local, const LoadError& error) {
  const nginx::Directive* const listen = directive_at(local, error, "listen");
  const std::string word(error.subject());
  if (listen == nullptr || !has_parameter(*listen, word)) return false;
  if (word == "quic" && is_quic_listen(*listen, local.surroundings().installation.version)) {
    conclude_too_old(local, *listen, word, {1, 25, 0});
    return true;
  }
  if (const auto meant = meant_listen_parameter(word))
    return correct_listen(local, *listen, word, *meant);
  constexpr std::array<std::string_view, 3> kGone = {"spdy", "http3", "http2"};
  const bool is_gone = std::find(kGone.begin(), kGone.end(), word) != kGone.end();
  conclude_value(local, "config_directive_invalid", *listen,
                 load_text("version.parameter_refused", {{"parameter", word}}));
  if (!is_gone) return true;
  const std::string instead = word == "spdy" && !has_parameter(*listen, "http2") ? "http2" : "";
  Fix fix = local.known("correct-line");
  fix.title = instead.empty() ? load_text("version.take_parameter_out",
                                          {{"parameter", word}, {"place", where(*listen)}})
                              : load_text("version.successor", {{"place", where(*listen)}});
  ConfigurationPatch patch = local.new_patch();
  std::vector<std::string> words;
  for (const nginx::Word& one : listen->arguments) {
    if (one.text != word) words.push_back(one.text);
    else if (!instead.empty()) words.push_back(instead);
  }
  auto done = patch.remove(*listen);
  if (done) done = patch.add_directive(*listen->parent, "listen", words);
  local.propose(std::move(fix), changed_patch(patch, done));
  return true;
}

}  // namespace handshaked::diagnose
