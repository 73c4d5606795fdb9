#include "runtime/delivery/deliveries.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include "runtime/delivery/receivers.h"
#include "telemetry/log.h"

namespace handshaked::runtime {

Result<Deliveries::Successor> Deliveries::make(const config::Receiver& receiver) {
  auto notifier = make_notifier(loop_.get_executor(), receiver, host_, describe_);
  if (!notifier) return notifier.error().wrapped("receiver " + receiver.name);
  Successor successor;
  if (receiver.type == config::Receiver::Type::alertmanager)
    successor.restored = notifier.value().get();
  emit::DeliveryWorkerOptions options = delivery_options(receiver);
  options.on_copied = [this] { notify(); };
  successor.delivery = std::make_unique<emit::DeliveryWorker>(
      loop_.get_executor(), std::move(notifier).value(), outbox_, std::move(options));
  return successor;
}

Result<> Deliveries::use(const std::vector<config::Receiver>& receivers) {
  std::vector<Successor> fresh;
  for (const config::Receiver& receiver : receivers) {
    TRY(Successor successor, make(receiver));
    fresh.push_back(std::move(successor));
  }
  for (Pointer& delivery : running_) {
    delivery->stop(kGrace);
    leaving_.push_back(std::move(delivery));
  }
  running_.clear();
  waiting_ = std::move(fresh);
  start_ready();
  return success();
}

void Deliveries::start() {
  is_started_ = true;
  start_ready();
}

void Deliveries::stop(std::function<void()> on_ended) {
  on_ended_ = std::move(on_ended);
  waiting_.clear();
  for (const Pointer& delivery : running_) delivery->stop(kGrace);
  if (running_.empty() && leaving_.empty()) on_ended_();
}

void Deliveries::start_ready() {
  if (!is_started_) return;
  for (Successor& successor : waiting_) {
    const std::string& receiver = successor.delivery->receiver();
    const bool has_predecessor =
        std::any_of(leaving_.begin(), leaving_.end(),
                    [&](const Pointer& leaving) { return leaving->receiver() == receiver; });
    if (has_predecessor) continue;
    if (successor.restored != nullptr) {
      ask_what_is_open(successor);
      continue;
    }
    run(*successor.delivery);
    running_.push_back(std::move(successor.delivery));
  }
  std::erase_if(waiting_, [](const Successor& successor) { return successor.delivery == nullptr; });
}

/// What the predecessor had under way is recorded by now, and belongs to it.
void Deliveries::ask_what_is_open(Successor& successor) {
  if (std::exchange(successor.is_asking, true)) return;
  const std::string receiver(successor.delivery->receiver());
  const auto take = [this, receiver, asked = successor.delivery.get()](
                        const Result<std::vector<event::RemediationEvent>>& open) {
    const auto waiting =
        std::find_if(waiting_.begin(), waiting_.end(),
                     [asked](const Successor& one) { return one.delivery.get() == asked; });
    if (waiting == waiting_.end()) return;  // others were put in its place meanwhile
    if (open) waiting->restored->restore(open.value());
    else
      telemetry::log_warning(
          "receiver " + receiver + ": what is open cannot be read: " + open.error().message(),
          {.receiver = receiver});
    waiting->restored = nullptr;
    start_ready();
  };
  const bool is_posted = store_.post([this, receiver, take](store::Database& database) {
    const auto open = std::make_shared<Result<std::vector<event::RemediationEvent>>>(
        delivered_and_open(database, receiver));
    boost::asio::post(loop_, [take, open] { take(*open); });
  });
  if (!is_posted)
    boost::asio::post(loop_,
                      [take] { take(fail(ErrorCode::cancelled, "the store takes no more")); });
}

void Deliveries::run(emit::DeliveryWorker& delivery) {
  boost::asio::co_spawn(
      loop_, delivery.run(), [this, ended = &delivery](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
        boost::asio::post(loop_,
                          [this, ended] { forget(ended); });  // not from within its own coroutine
      });
}

void Deliveries::forget(const emit::DeliveryWorker* ended) {
  const auto is_it = [ended](const Pointer& delivery) { return delivery.get() == ended; };
  for (const auto* list : {&leaving_, &running_}) {
    for (const Pointer& delivery : *list) {
      if (is_it(delivery)) sums_[std::string(delivery->receiver())].add(delivery->status());
    }
  }
  std::erase_if(leaving_, is_it);
  std::erase_if(running_, is_it);
  start_ready();
  if (on_ended_ && running_.empty() && leaving_.empty()) on_ended_();
}

void Deliveries::offer(FreshDeliveries& fresh) {
  for (const auto& [receiver, count] : fresh.queued) sums_[receiver].queued += count;
  for (const Pointer& delivery : running_) {
    const std::string receiver(delivery->receiver());
    if (const auto own = fresh.due.find(receiver); own != fresh.due.end())
      delivery->offer(std::move(own->second));
    if (fresh.later.contains(receiver)) delivery->notify();
  }
}

void Deliveries::notify() {
  for (const Pointer& delivery : running_) delivery->notify();
}

bool Deliveries::try_now(const std::string& receiver) {
  bool is_there = receiver.empty();
  for (const Pointer& delivery : running_) {
    if (!receiver.empty() && delivery->receiver() != receiver) continue;
    delivery->try_now();
    is_there = true;
  }
  return is_there;
}

void Deliveries::Sums::add(const emit::DeliveryWorkerStatus& status) {
  delivered += status.delivered;
  failed_attempts += status.failed_attempts;
  dead += status.dead;
}

std::vector<telemetry::ReceiverMetrics> Deliveries::figures() const {
  std::vector<telemetry::ReceiverMetrics> all;
  const auto add = [this, &all](const Pointer& delivery) {
    const emit::DeliveryWorkerStatus status = delivery->status();
    const auto before = sums_.find(status.receiver);
    Sums sums = before == sums_.end() ? Sums{} : before->second;
    sums.add(status);
    for (const Pointer& leaving : leaving_) {
      if (leaving->receiver() == status.receiver) sums.add(leaving->status());
    }
    telemetry::ReceiverMetrics figures{.name = status.receiver,
                                       .circuit = std::string(emit::to_string(status.circuit))};
    figures.is_disabled = status.is_disabled;
    figures.under_way = status.under_way;
    figures.queued = sums.queued;
    figures.delivered = sums.delivered;
    figures.failed_attempts = sums.failed_attempts;
    figures.dead = sums.dead;
    figures.last_delivered_at = status.last_delivered_at;
    figures.last_failure = status.last_failure;
    all.push_back(std::move(figures));
  };
  std::for_each(running_.begin(), running_.end(), add);
  for (const Successor& successor : waiting_) add(successor.delivery);
  return all;
}

}  // namespace handshaked::runtime
