#include "engine/nats_pull.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/source.h"

namespace handshaked::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// An answer of many messages comes in one go: what comes later than that behind another is left to the next poll.
constexpr milliseconds kBehindAnother(100);

std::string_view text_or_nothing(const char* text) { return text == nullptr ? std::string_view() : std::string_view(text); }

std::string_view header_of(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK ? text_or_nothing(value) : std::string_view();
}

}  // namespace

NatsPull::NatsPull(std::unique_ptr<NatsConnection> connection, milliseconds timeout)
    : connection_(std::move(connection)), timeout_(timeout) {}

NatsPull::~NatsPull() {
  connection_->close();  // no thread of the library has the subscription after that
  natsSubscription_Destroy(subscription_);
}

Result<std::unique_ptr<NatsPull>> NatsPull::open(const NatsOptions& options) {
  TRY(auto connection, NatsConnection::open(options));
  std::unique_ptr<NatsPull> pull(new NatsPull(std::move(connection), options.timeout));
  TRY(pull->subscribe());
  return pull;
}

Result<> NatsPull::subscribe() {
  natsInbox* inbox = nullptr;
  natsStatus status = natsInbox_Create(&inbox);
  if (status != NATS_OK) return fail(nats_error(status, "an inbox"));
  inbox_ = std::string(inbox) + ".";
  natsInbox_Destroy(inbox);
  status = natsConnection_SubscribeSync(&subscription_, connection_->handle(), (inbox_ + "*").c_str());
  if (status != NATS_OK) return fail(nats_error(status, "an inbox"));
  return success();
}

/// A word of the consumer about a request. What is in the stream has the subject that it was published to.
bool NatsPull::is_status(natsMsg* message) const { return text_or_nothing(natsMsg_GetSubject(message)).starts_with(inbox_); }

Result<> NatsPull::take_late(std::vector<Message>& messages) {
  while (messages.size() < kMostMessages) {
    natsMsg* next = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&next, subscription_, 0);
    if (status == NATS_TIMEOUT) break;
    if (status == NATS_NO_RESPONDERS) continue;  // of a request that was given up
    if (status != NATS_OK) return fail(nats_error(status, "reading from JetStream"));
    Message message(next);
    if (!is_status(next)) messages.push_back(std::move(message));
  }
  return success();
}

Result<> NatsPull::ask(const std::string& subject, const Request& request, milliseconds patience) {
  const std::int64_t most_bytes = std::max(kMostBytes, 2 * natsConnection_GetMaxPayload(connection_->handle()));
  const bool is_patient = patience.count() > 0;
  // The consumer gives up a little before we do, so that nothing comes for a request that nobody reads any more.
  const auto expires = std::chrono::nanoseconds(is_patient ? patience : timeout_) * 9 / 10;
  const std::string body = "{\"batch\":" + std::to_string(request.most) + ",\"max_bytes\":" + std::to_string(most_bytes) +
                           ",\"expires\":" + std::to_string(expires.count()) + (is_patient ? "}" : ",\"no_wait\":true}");
  const natsStatus status =
      natsConnection_PublishRequestString(connection_->handle(), subject.c_str(), request.reply.c_str(), body.c_str());
  if (status != NATS_OK) return fail(nats_error(status, "asking for messages"));
  return success();
}

Result<> NatsPull::take_answer(const Request& request, std::vector<Message>& messages) {
  while (messages.size() < static_cast<std::size_t>(request.most)) {
    const auto until = messages.empty() ? request.until : std::min(request.until, steady_clock::now() + kBehindAnother);
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    natsMsg* next = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&next, subscription_, std::max<std::int64_t>(left.count(), 0));
    if (status == NATS_TIMEOUT || (status != NATS_OK && !messages.empty())) return success();
    if (status != NATS_OK) return fail(nats_error(status, "asking for messages"));
    Message message(next);
    if (!is_status(next)) {
      messages.push_back(std::move(message));
      continue;
    }
    const std::string_view word = header_of(next, "Status");
    if (text_or_nothing(natsMsg_GetSubject(next)) != request.reply || word == "100") continue;
    // 404: there are none now; 408: none came. Anything else is trouble, unless it only ends an answer: what is next exceeds max_bytes.
    if (!messages.empty() || word == "404" || word == "408") return success();
    return fail(ErrorCode::network, "asking for messages: the server says: " + std::string(header_of(next, "Description")));
  }
  return success();
}

Result<std::vector<NatsPull::Message>> NatsPull::poll(const std::string& stream, const std::string& consumer, int most,
                                                      milliseconds patience) {
  std::vector<Message> messages;
  TRY(take_late(messages));
  if (!messages.empty()) return messages;
  const Request request{.reply = inbox_ + std::to_string(++requests_),
                        .most = most,
                        .until = steady_clock::now() + (patience.count() > 0 ? patience : timeout_)};
  if (connection_->is_connected()) {
    TRY(ask("$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer, request, patience));
  } else if (patience.count() == 0) {
    return messages;  // a request would wait for the servers to come back, and each more with it
  }
  TRY(take_answer(request, messages));
  return messages;
}

}  // namespace handshaked::engine
