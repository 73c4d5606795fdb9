#include <algorithm>
#include <span>

#include "diagnose/listener/listener_families.h"
#include "nginx/configuration/inheritance.h"

namespace handshaked::diagnose {
namespace {

std::string port_text(const nginx::ListeningServer& server) { return server.listen->address.text(); }

void set_listen_place(LocalCase& local, const nginx::ListeningServer& server) {
  if (server.listen->directive != nullptr) local.set_place(*server.listen->directive);
  else local.set_place(block_of(server));
}

bool reads_header(const LocalCase& local, const ConfigurationPatch& patch, const std::string& key) {
  const auto reread = patch.reread();
  if (!reread) return false;
  const nginx::ListenerInventory after(reread.value(), local.surroundings().installation.version);
  return std::any_of(after.listeners().begin(), after.listeners().end(),
                     [&](const nginx::Listener& one) { return one.key == key && one.is_proxy_protocol; });
}

bool is_loopback(std::string_view host) { return host.starts_with("127.") || host == "::1" || host == "[::1]"; }

bool sends_header(const nginx::PassTarget& front) { return front.settings.proxy_protocol.is_on(); }

/// The stream servers of this very nginx that pass connections on to the listener, and send a PROXY header, or do not.
std::vector<const nginx::PassTarget*> fronts_of(const LocalCase& local, const nginx::Listener& listener, bool with_header) {
  const auto leads_here = [&](const nginx::Address& address) {
    return std::any_of(listener.servers.begin(), listener.servers.end(),
                       [&](const nginx::ListeningServer& server) { return nginx::is_same_endpoint(server.listen->address, address); });
  };
  const auto passes_here = [&](const nginx::Destination& one) {
    if (one.group == nullptr) return leads_here(one.address);
    const auto& members = one.group->servers;
    return std::any_of(members.begin(), members.end(), [&](const nginx::UpstreamServer& member) { return leads_here(member.address); });
  };
  std::vector<const nginx::PassTarget*> fronts;
  for (const nginx::PassTarget& target : local.surroundings().nginx->passes.targets()) {
    const bool is_front = target.module == nginx::Module::stream_proxy && sends_header(target) == with_header;
    if (is_front && std::any_of(target.destinations.begin(), target.destinations.end(), passes_here)) fronts.push_back(&target);
  }
  return fronts;
}

/// A front sends a PROXY header that its listener does not read, or none where one is demanded. What comes from loopback comes from it.
void propose_at_front(LocalCase& local, const ListenerPlace& place, std::string_view fix_id, bool sends) {
  const std::vector<const nginx::PassTarget*> fronts = fronts_of(local, place.listener(), !sends);
  if (fronts.empty()) return;
  const std::string value = sends ? "on" : "off", port = port_text(place.server());
  std::string there;
  ConfigurationPatch patch = local.new_patch();
  Result<> done = success();
  for (const nginx::PassTarget* const front : fronts) {
    there += (there.empty() ? "" : ", ") + where(*front->pass);
    if (done) done = patch.set_directive(*front->pass->parent, "proxy_protocol", std::span(&value, 1));
  }
  Fix fix = local.known(fix_id);
  fix.owner = Owner::proxy;
  fix.title = {"Set proxy_protocol " + value + " beside " + there + ", which passes to " + port,
               "在 " + there + "（转发到 " + port + "）旁设置 proxy_protocol " + value};
  fix.how = {"This nginx is its own balancer: both ends have to agree on the header.",
             "此处由同一个 nginx 充当负载均衡：两端必须就 PROXY 头保持一致。"};
  if (is_loopback(local.symptom().client)) {
    fix.proof = {
        ProofStatus::proved,
        ProofMethod::replay,
        {"the patched configuration was read again: what is passed to " + port +
             (sends ? " begins with the header that it demands" : " begins with TLS, as it expects"),
         "已重新读取修改后的配置：转发到 " + port + (sends ? " 的连接以其要求的 PROXY 头开头" : " 的连接如其所期待直接以 TLS 开头")}};
  }
  local.propose(std::move(fix), changed_patch(patch, done));
}

/// The configuration says that balancers are in front of the listener, and that they send the header.
bool expects_balancer(const LocalCase& local, const ListenerPlace& place) {
  if (!fronts_of(local, place.listener(), true).empty()) return true;
  const nginx::Directive& server = block_of(place.server());
  const auto real_ip = nginx::find_inherited(server, "real_ip_header");
  if (!real_ip.empty() && real_ip.front()->argument(0) == "proxy_protocol") return true;
  const auto balancers = nginx::find_inherited(server, "set_real_ip_from");
  return std::any_of(balancers.begin(), balancers.end(),
                     [&](const nginx::Directive* one) { return one->argument(0) == local.symptom().client; });
}

/// Whoever sent it was asked for one, and sent two: a balancer behind a balancer.
void diagnose_second_header(LocalCase& local, const std::string& port) {
  local.conclude("proxy_protocol_unexpected", 0.85,
                 {"a second PROXY header arrives at " + port + ", which takes one: two balancers in a row put theirs in front",
                  "到达 " + port + " 的连接带有第二个 PROXY 头，而它只接受一个：前后两级负载均衡都加了头"});
  propose_to_client(local, "lb-off",
                    {"Two PROXY protocol headers arrive at " + port +
                         ", one behind the other. Please switch it off at the first of the two "
                         "balancers, or let the second one read what it gets.",
                     "到达 " + port + " 的连接先后带有两个 PROXY 协议头。请在两级负载均衡的第一级关闭该功能，或让第二级读取收到的头。"});
}

void diagnose_unexpected_header(LocalCase& local, const ListenerPlace& place, double confidence) {
  constexpr std::string_view kMaybe = "nginx/client-proxy-protocol-v2-unexpected";
  const nginx::ListeningServer& server = place.server();
  set_listen_place(local, server);
  if (place.listener().is_proxy_protocol) return diagnose_second_header(local, port_text(server));
  local.conclude("proxy_protocol_unexpected", confidence,
                 {"the client (a load balancer, it seems) puts a PROXY header in front, and the listener " + port_text(server) +
                      " does not expect one",
                  "客户端（看来是负载均衡器）在前面发送 PROXY 头，而监听端 " + port_text(server) + " 并不期待它"});
  if (server.listen->directive == nullptr) return;
  propose_at_front(local, place, "lb-off", false);
  Fix fix = local.known("listen-proxy-protocol");
  fix.title = {"Add proxy_protocol to " + where(*server.listen->directive),
               "在 " + where(*server.listen->directive) + " 加上 proxy_protocol"};
  fix.how = {
      "The listener then demands the header of everybody: clients that come around the balancer need another port. For the clients' own "
      "addresses in logs: set_real_ip_from " +
          (local.symptom().client.empty() ? std::string("BALANCER") : local.symptom().client) + "; real_ip_header proxy_protocol;",
      "此后该监听端要求所有连接都带 PROXY 头：绕过负载均衡器的客户端需使用其他端口。若要记录客户端真实地址：set_real_ip_from " +
          (local.symptom().client.empty() ? std::string("BALANCER") : local.symptom().client) + "; real_ip_header proxy_protocol;"};
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.append_argument(*server.listen->directive, "proxy_protocol");
  // The line has to show the header itself, and nobody of ours may pass there without one.
  const bool is_seen = local.symptom().rule_id != kMaybe && local.symptom().message.find("invalid") != std::string::npos;
  const bool breaks_others = !fronts_of(local, place.listener(), false).empty();
  if (done && is_seen && !breaks_others && reads_header(local, patch, place.listener().key)) {
    fix.proof = {ProofStatus::proved,
                 ProofMethod::replay,
                 {"the patched configuration was read again: the listener takes the header that the line shows, then TLS",
                  "已重新读取修改后的配置：该监听端先读取日志所示的 PROXY 头，再进行 TLS"}};
  }
  local.propose(std::move(fix), changed_patch(patch, done));
  propose_to_client(local, "lb-off",
                    {"Your load balancer sends a PROXY protocol header to " + port_text(server) +
                         ", which does not expect one. Please switch it off, or tell us that it is meant.",
                     "您的负载均衡器向 " + port_text(server) + " 发送 PROXY 协议头，而该端口并不期待它。请关闭，或告知我方这是有意为之。"});
}

void diagnose_missing_header(LocalCase& local, const ListenerPlace& place) {
  const nginx::ListeningServer& server = place.server();
  set_listen_place(local, server);
  const std::string& message = local.symptom().message;
  const bool is_damaged = message.find("broken header: \"PROXY") != std::string::npos || message.starts_with("header is too large") ||
                          message.starts_with("unknown PROXY protocol version");
  local.conclude("proxy_protocol_header_missing", 0.9,
                 is_damaged
                     ? Text{"the listener " + port_text(server) + " demands a PROXY header, and cannot read the one that this client sends",
                            "监听端 " + port_text(server) + " 要求 PROXY 头，而无法读取该客户端发送的头"}
                     : Text{"the listener " + port_text(server) + " demands a PROXY header, and this client sends none",
                            "监听端 " + port_text(server) + " 要求 PROXY 头，而该客户端没有发送"});
  if (is_damaged) {
    return propose_to_client(local, "lb-send-proxy",
                             {"The PROXY protocol header that your load balancer sends to " + port_text(server) +
                                  " cannot be read (nginx: " + message.substr(0, 60) + "). Please let it send version 1 or 2 as specified.",
                              "您的负载均衡器发送到 " + port_text(server) + " 的 PROXY 协议头无法读取（nginx：" + message.substr(0, 60) +
                                  "）。请按规范发送第 1 版或第 2 版。"});
  }
  propose_at_front(local, place, "lb-send-proxy", true);
  propose_to_client(
      local, "lb-send-proxy",
      {"The port " + port_text(server) +
           " expects the PROXY protocol. Please switch it on at your load balancer (and its health check), or use another port.",
       "端口 " + port_text(server) + " 需要 PROXY 协议。请在负载均衡器（及其健康检查）上启用，或使用其他端口。"});
}

/// Another socket of the same server that speaks TLS.
const nginx::ListeningServer* tls_socket_of(const LocalCase& local, const nginx::ListeningServer& server) {
  for (const nginx::Listener& listener : local.surroundings().nginx->listeners.listeners()) {
    if (!listener.is_tls || listener.is_quic) continue;
    for (const nginx::ListeningServer& other : listener.servers) {
      if (other.server->names.logged == server.server->names.logged) return &other;
    }
  }
  return nullptr;
}

void diagnose_tls_on_plain(LocalCase& local, const ListenerPlace& place) {
  const auto plain = std::find_if(place.candidates.begin(), place.candidates.end(),
                                  [](const nginx::GoverningListener& one) { return !one.listener->is_tls; });
  const nginx::ListeningServer& server = plain == place.candidates.end() ? place.server() : *plain->server;
  set_listen_place(local, server);
  local.conclude("client_tls_to_plain_port", 0.85,
                 {"a client starts TLS on " + port_text(server) + ", which listens without ssl",
                  "客户端在 " + port_text(server) + " 上发起 TLS，而该端口监听时没有 ssl"});
  const nginx::ListeningServer* other = tls_socket_of(local, server);
  if (other != nullptr) {
    return propose_to_client(local, "client-use-http",
                             {"Please use https:// with the port " + std::to_string(other->listen->address.port) +
                                  ", or http:// with the port " + std::to_string(server.listen->address.port) + ".",
                              "请以 https:// 访问端口 " + std::to_string(other->listen->address.port) + "，或以 http:// 访问端口 " +
                                  std::to_string(server.listen->address.port) + "。"});
  }
  if (server.settings.certificates.set_by.empty() || server.listen->directive == nullptr) return;
  Fix fix = local.known("add-ssl-to-listen");
  fix.how = {
      "The server has a certificate, and none of its listen directives says ssl: it was forgotten. Plain HTTP on this port ends with it.",
      "该 server 配有证书，但没有任何 listen 带 ssl：应是遗漏。加上后此端口不再接受明文 HTTP。"};
  ConfigurationPatch patch = local.new_patch();
  const auto done = patch.append_argument(*server.listen->directive, "ssl");
  const auto reread = done ? patch.reread() : Result<nginx::Configuration>(done.error());
  if (reread) {
    const nginx::ListenerInventory after(reread.value(), local.surroundings().installation.version);
    const bool speaks_tls = std::any_of(after.listeners().begin(), after.listeners().end(), [&](const nginx::Listener& one) {
      return one.key == server.listen->key && one.is_tls && one.default_server().has_tls_context;
    });
    if (speaks_tls)
      fix.proof = {ProofStatus::proved,
                   ProofMethod::replay,
                   {"the patched configuration was read again: this socket speaks TLS from the first byte, with a certificate",
                    "已重新读取修改后的配置：该端口从第一个字节起即为 TLS，并有证书"}};
  }
  local.propose(std::move(fix), changed_patch(patch, done));
}

void diagnose_not_tls(LocalCase& local, const ListenerPlace& place, bool is_http) {
  const nginx::ListeningServer& server = place.server();
  set_listen_place(local, server);
  if (is_http) {
    local.conclude(
        "client_plain_http_to_tls_port", 0.9,
        {"plain HTTP arrives at " + port_text(server) + ", which speaks TLS", "明文 HTTP 到达了使用 TLS 的 " + port_text(server)});
    return propose_to_client(
        local, "fix-backend-protocol",
        {"You send plain HTTP to our TLS port " + port_text(server) +
             ". Please use https:// (backend protocol of the load balancer, scheme of the health check).",
         "您向我方 TLS 端口 " + port_text(server) + " 发送明文 HTTP，请改用 https://（负载均衡器的后端协议、健康检查的协议）。"});
  }
  local.conclude("client_not_tls", 0.8,
                 {"what arrives at " + port_text(server) + " is not TLS", "到达 " + port_text(server) + " 的数据不是 TLS"});
  propose_to_client(
      local, "client-implicit-tls",
      {"The port " + port_text(server) +
           " speaks TLS from the first byte (no STARTTLS). Please switch your client to implicit TLS, or use the port for plain text.",
       "端口 " + port_text(server) + " 从第一个字节起即为 TLS（不使用 STARTTLS）。请将客户端设为隐式 TLS，或使用明文端口。"});
}

}  // namespace

bool diagnose_first_bytes(LocalCase& local, const ListenerPlace& place) {
  const Symptom& symptom = local.symptom();
  if (symptom.candidates.empty()) return false;
  const std::string& likeliest = symptom.candidates.front().cause;
  constexpr double kShown = 0.9, kLikely = 0.6;
  const bool is_shown = symptom.rule_id == "nginx/client-proxy-protocol-unexpected";
  if (likeliest == "proxy_protocol_unexpected") diagnose_unexpected_header(local, place, is_shown ? kShown : kLikely);
  else if (likeliest == "client_not_tls" && symptom.has_cause("proxy_protocol_unexpected") && expects_balancer(local, place))
    diagnose_unexpected_header(local, place, kLikely);
  else if (likeliest == "proxy_protocol_header_missing") diagnose_missing_header(local, place);
  else if (likeliest == "client_tls_to_plain_port") diagnose_tls_on_plain(local, place);
  else if (likeliest == "client_plain_http_to_tls_port") diagnose_not_tls(local, place, true);
  else if (likeliest == "client_not_tls") diagnose_not_tls(local, place, false);
  else return false;
  return true;
}

}  // namespace handshaked::diagnose
