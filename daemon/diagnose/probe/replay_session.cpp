#include "diagnose/probe/replay_session.h"

#include <string>
#include <unordered_map>

#include "base/digest.h"
#include "base/json/json_writer.h"
#include "diagnose/certificates/der_text.h"
#include "diagnose/certificates/json_value.h"
#include "diagnose/probe/child/child_process.h"
#include "diagnose/probe/replay_json.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMaxAnswerBytes = 64U << 20;
constexpr std::size_t kMaxMaterialBytes = 48U << 20;

}  // namespace

/// The child and what it has been given so far.
class ReplaySession::Connection {
 public:
  Connection(ChildProcess child, std::chrono::steady_clock::time_point deadline)
      : child_(std::move(child)), deadline_(deadline) {}

  /// The numbers of certificates in the child; those it does not have yet cross over with the next
  /// send_material().
  std::vector<std::size_t> certificates(std::span<const Der> ders) {
    return numbers(ders, certificates_);
  }
  std::vector<std::size_t> crls(std::span<const Der> ders) { return numbers(ders, crls_); }

  Result<> send_material() {
    if (certificates_.waiting.empty() && crls_.waiting.empty()) return success();
    if (material_bytes_ > kMaxMaterialBytes)
      return fail(ErrorCode::limit_exceeded, "more certificates and CRLs than one session takes");
    std::string line;
    JsonWriter json(line);
    json.begin_object()
        .key("add")
        .begin_object()
        .array("certificates", certificates_.waiting)
        .array("crls", crls_.waiting)
        .end_object()
        .end_object();
    certificates_.waiting.clear();
    crls_.waiting.clear();
    TRY(child_.exchange(std::move(line), deadline_, kMaxAnswerBytes));
    return success();
  }

  void answer_by(std::chrono::steady_clock::time_point deadline) { deadline_ = deadline; }

  Result<JsonDocument> ask(std::string line) {
    TRY(answer_, child_.exchange(std::move(line), deadline_, kMaxAnswerBytes));
    return JsonDocument::parse(answer_);
  }

 private:
  struct Pool {
    std::unordered_map<std::string, std::size_t> numbers;  ///< by SHA-256
    std::vector<std::string> waiting;                      ///< base64
  };
  std::vector<std::size_t> numbers(std::span<const Der> ders, Pool& pool) {
    std::vector<std::size_t> found;
    found.reserve(ders.size());
    for (const Der& der : ders) {
      const auto [at, is_new] = pool.numbers.try_emplace(sha256_hex(der), pool.numbers.size());
      if (is_new) {
        pool.waiting.push_back(der_to_text(der));
        material_bytes_ += der.size();
      }
      found.push_back(at->second);
    }
    return found;
  }

  ChildProcess child_;
  std::chrono::steady_clock::time_point deadline_;
  Pool certificates_;
  Pool crls_;
  std::size_t material_bytes_ = 0;
  std::string answer_;
};

ReplaySession::ReplaySession(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
ReplaySession::ReplaySession(ReplaySession&&) noexcept = default;
ReplaySession& ReplaySession::operator=(ReplaySession&&) noexcept = default;
ReplaySession::~ReplaySession() = default;

Result<ReplaySession> ReplaySession::start(std::chrono::steady_clock::time_point deadline) {
  TRY(auto child, ChildProcess::start(ChildTask::judge));
  return ReplaySession(std::make_unique<Connection>(std::move(child), deadline));
}

void ReplaySession::answer_by(std::chrono::steady_clock::time_point deadline) {
  connection_->answer_by(deadline);
}

Result<ReplayResult> ReplaySession::replay(const ReplayInput& input) {
  TRY(auto results, replay(std::span(&input, 1)));
  return std::move(results.front());
}

Result<std::vector<ReplayResult>> ReplaySession::replay(std::span<const ReplayInput> inputs) {
  if (inputs.size() > kMaxVariants)
    return fail(ErrorCode::limit_exceeded,
                "more than " + std::to_string(kMaxVariants) + " replays at once");
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("replay").begin_array();
  for (const ReplayInput& input : inputs) {
    ReplayOrder order;
    order.settings.check_crls = input.check_crls;
    order.settings.depth = input.depth;
    order.settings.security_level = input.security_level;
    order.settings.suite_b = input.suite_b;
    order.settings.side = input.side;
    order.settings.name = input.name;
    order.settings.at = input.at;
    order.chain = connection_->certificates(input.chain);
    order.trusted = connection_->certificates(input.trusted);
    order.crls = connection_->crls(input.crls);
    write_replay(json, order);
  }
  json.end_array().end_object();
  TRY(connection_->send_material());
  TRY(const auto document, connection_->ask(std::move(line)));
  std::vector<ReplayResult> results;
  for (const JsonValue& one : document.root()["results"].elements()) {
    TRY(auto result, read_replay_result(one));
    results.push_back(std::move(result));
  }
  if (results.size() != inputs.size())
    return fail(ErrorCode::invalid_input, "replay: an answer that makes no sense");
  return results;
}

Result<std::vector<std::optional<CertificateFacts>>> ReplaySession::inspect(
    std::span<const Der> certificates) {
  std::string line;
  JsonWriter(line)
      .begin_object()
      .array("inspect", connection_->certificates(certificates))
      .end_object();
  TRY(connection_->send_material());
  TRY(const auto document, connection_->ask(std::move(line)));
  std::vector<std::optional<CertificateFacts>> facts;
  for (const JsonValue& one : document.root()["facts"].elements())
    facts.push_back(one.is_present() ? std::optional(read_facts(one)) : std::nullopt);
  if (facts.size() != certificates.size())
    return fail(ErrorCode::invalid_input, "inspect: an answer that makes no sense");
  return facts;
}

Result<IssuerSearch> ReplaySession::find_issuers(const Der& certificate,
                                                 std::span<const Der> candidates) {
  std::string line;
  JsonWriter json(line);
  json.begin_object().key("find_issuers").begin_object();
  json.member("certificate", connection_->certificates(std::span(&certificate, 1)).front());
  json.array("candidates", connection_->certificates(candidates)).end_object().end_object();
  TRY(connection_->send_material());
  TRY(const auto document, connection_->ask(std::move(line)));
  IssuerSearch found{read_indices(document.root()["signers"]),
                     read_indices(document.root()["namesakes"])};
  for (const auto* list : {&found.signers, &found.namesakes})
    for (const std::size_t place : *list)
      if (place >= candidates.size())
        return fail(ErrorCode::invalid_input, "find_issuers: an answer that makes no sense");
  return found;
}

}  // namespace handshaked::diagnose
