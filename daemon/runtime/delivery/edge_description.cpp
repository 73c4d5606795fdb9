#include "runtime/delivery/edge_description.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <set>

#include "base/digest.h"
#include "base/json/json_writer.h"
#include "parse/time_zone.h"
#include "store/outbox.h"

namespace handshaked::runtime {
namespace {

using boost::asio::awaitable;

constexpr std::size_t kMostFiles = 32;
constexpr std::size_t kLargestFile = std::size_t{8} << 20;

using Facts = std::map<std::string, std::string>;

/// Files by which is decided whom to trust: of upstreams, and of clients.
void collect_trust_files(const nginx::Directive& block, const nginx::Configuration& configuration,
                         std::set<std::string>& files) {
  for (const nginx::Directive& directive : block.block) {
    const std::string& name = directive.name;
    const bool names_trust = name.ends_with("_ssl_trusted_certificate") ||
                             name == "ssl_trusted_certificate" ||
                             name == "ssl_client_certificate" || name.ends_with("ssl_crl");
    const std::string_view file = directive.argument(0);
    if (names_trust && !file.empty() && file.find('$') == std::string_view::npos &&
        files.size() < kMostFiles)
      files.insert(configuration.full_path(file, nginx::PathBase::configuration));
    if (directive.has_block) collect_trust_files(directive, configuration, files);
  }
}

std::string facts_json(const NginxState& state) {
  Facts facts;
  const diagnose::NginxAtHand& nginx = state.nginx;
  if (nginx.installation.version.is_known())
    facts["nginx"] = nginx.installation.product + "/" + nginx.installation.version.text();
  if (!nginx.installation.openssl_running.empty())
    facts["openssl"] = nginx.installation.openssl_running;
  if (nginx.loaded_at && nginx.loaded_at->is_settled)
    facts["nginx_loaded_at"] =
        parse::format_rfc3339(std::chrono::floor<std::chrono::seconds>(nginx.loaded_at->latest));
  std::set<std::string> files;
  if (nginx.read)
    collect_trust_files(nginx.read->configuration.root(), nginx.read->configuration, files);
  for (const std::string& file : files) {
    const auto bytes = nginx.files.read(file, kLargestFile);
    facts["sha256 " + file] = bytes ? sha256_hex(bytes.value()) : "unreadable";
  }
  std::string out = "{";
  for (const auto& [name, value] : facts) {
    if (out.size() > 1) out.push_back(',');
    append_json_string(out, name).push_back(':');
    append_json_string(out, value);
  }
  return out + "}";
}

awaitable<std::string> look_up_facts(std::shared_ptr<NginxView> nginx) {
  const auto state = nginx->refresh();
  co_return facts_json(*state);
}

}  // namespace

awaitable<std::string> EdgeDescription::tell(std::string receiver, bool anew) {
  if (anew) ask_what_waits();
  if (anew || facts_.empty()) {
    if (!reader_) reader_.emplace(1);
    std::string facts =
        co_await boost::asio::co_spawn(*reader_, look_up_facts(nginx_), boost::asio::use_awaitable);
    facts_ = std::move(facts);
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("host", host_)
      .member("handshaked", HANDSHAKED_VERSION)
      .key("facts")
      .raw(facts_);
  json.key("labels").begin_object();
  for (const auto& [name, value] : labels_) json.member(name, value);  // names were checked
  json.end_object();
  const auto waiting = waiting_.find(receiver);
  json.member("waiting", waiting == waiting_.end() ? 0 : waiting->second.events);
  json.member("lag_seconds", waiting == waiting_.end() ? 0 : waiting->second.lag_seconds)
      .end_object();
  co_return out;
}

void EdgeDescription::ask_what_waits() {
  store_.post([this](store::Database& database) {
    const auto counts = store::Outbox(database).count();
    if (!counts) return;
    std::map<std::string, Waiting, std::less<>> waiting;
    const Time now = wall_clock_now();
    for (const store::ReceiverCounts& row : counts.value()) {
      const Duration lag = row.oldest_waiting
                               ? std::max<Duration>(now - *row.oldest_waiting, Duration(0))
                               : Duration(0);
      waiting[row.receiver] = {.events = row.waiting, .lag_seconds = lag / std::chrono::seconds(1)};
    }
    boost::asio::post(
        loop_, [this, waiting = std::move(waiting)]() mutable { waiting_ = std::move(waiting); });
  });
}

}  // namespace handshaked::runtime
