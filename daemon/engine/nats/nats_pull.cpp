#include "engine/nats/nats_pull.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/source.h"

namespace handshaked::engine {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// An answer of many messages comes in one go: what comes later than that behind another is left to
/// the next poll.
constexpr milliseconds kBehindAnother(100);
/// How often whoever waits looks whether the connection was given up.
constexpr milliseconds kLookAtConnection(200);

std::string_view text_or_nothing(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

std::string_view header_of(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK ? text_or_nothing(value)
                                                             : std::string_view();
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
  // The library has a share of what comes in, until it says that it calls nobody any more.
  using Share = std::shared_ptr<Inbox>;
  auto share = std::make_unique<Share>(came_);
  const auto take = [](natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
    Inbox& ours = **static_cast<Share*>(closure);
    const std::lock_guard lock(ours.mutex);
    ours.messages.emplace_back(message);
    ours.came.notify_one();
  };
  status = natsConnection_Subscribe(&subscription_, connection_->handle(), (inbox_ + "*").c_str(),
                                    take, share.get());
  if (status != NATS_OK) return fail(nats_error(status, "an inbox"));
  natsSubscription_SetOnCompleteCB(
      subscription_, [](void* closure) { delete static_cast<Share*>(closure); }, share.release());
  return success();
}

Result<NatsPull::Message> NatsPull::next(steady_clock::time_point until) {
  std::unique_lock lock(came_->mutex);
  while (came_->messages.empty()) {
    const auto now = steady_clock::now();
    if (now >= until) return Message();
    if (connection_->is_closed())
      return fail(nats_error(NATS_CONNECTION_CLOSED, "asking for messages"));
    came_->came.wait_until(lock, std::min(until, now + kLookAtConnection));
  }
  Message message = std::move(came_->messages.front());
  came_->messages.pop_front();
  return message;
}

/// A word of the consumer about a request. What is in the stream has the subject that it was
/// published to.
bool NatsPull::is_status(natsMsg* message) const {
  return text_or_nothing(natsMsg_GetSubject(message)).starts_with(inbox_);
}

Result<> NatsPull::take_late(std::vector<Message>& messages) {
  while (messages.size() < kMostMessages) {
    TRY(Message message, next(steady_clock::time_point()));
    if (message == nullptr) break;
    if (!is_status(message.get()))
      messages.push_back(std::move(message));  // of a request that was given up
  }
  return success();
}

Result<> NatsPull::ask(const std::string& subject, const Request& request, milliseconds patience) {
  const std::int64_t most_bytes =
      std::max(kMostBytes, 2 * natsConnection_GetMaxPayload(connection_->handle()));
  const bool is_patient = patience.count() > 0;
  // The consumer gives up a little before we do, so that nothing comes for a request that nobody
  // reads any more.
  const auto expires = std::chrono::nanoseconds(is_patient ? patience : timeout_) * 9 / 10;
  const std::string body = "{\"batch\":" + std::to_string(request.most) +
                           ",\"max_bytes\":" + std::to_string(most_bytes) +
                           ",\"expires\":" + std::to_string(expires.count()) +
                           (is_patient ? "}" : ",\"no_wait\":true}");
  const natsStatus status = natsConnection_PublishRequestString(
      connection_->handle(), subject.c_str(), request.reply.c_str(), body.c_str());
  if (status != NATS_OK) return fail(nats_error(status, "asking for messages"));
  return success();
}

Result<> NatsPull::take_answer(const Request& request, std::vector<Message>& messages) {
  while (messages.size() < static_cast<std::size_t>(request.most)) {
    const auto until = messages.empty()
                           ? request.until
                           : std::min(request.until, steady_clock::now() + kBehindAnother);
    auto came = next(until);
    if (!came && messages.empty()) return fail(came.error());
    if (!came || came.value() == nullptr) return success();
    Message message = std::move(came).value();
    if (!is_status(message.get())) {
      messages.push_back(std::move(message));
      continue;
    }
    const std::string_view word = header_of(message.get(), "Status");
    if (text_or_nothing(natsMsg_GetSubject(message.get())) != request.reply || word == "100")
      continue;
    // 404: there are none now; 408: none came. Anything else is trouble, unless it only ends an
    // answer: what is next exceeds max_bytes.
    if (!messages.empty() || word == "404" || word == "408") return success();
    if (word == "503") return fail(nats_error(NATS_NO_RESPONDERS, "asking for messages"));
    return fail(ErrorCode::network, "asking for messages: the server says: " +
                                        std::string(header_of(message.get(), "Description")));
  }
  return success();
}

Result<std::vector<NatsPull::Message>> NatsPull::poll(const std::string& stream,
                                                      const std::string& consumer, int most,
                                                      milliseconds patience) {
  std::vector<Message> messages;
  TRY(take_late(messages));
  if (!messages.empty()) return messages;
  const Request request{
      .reply = inbox_ + std::to_string(++requests_),
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
