#include "stages/deliveries.h"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

#include "stages/receivers.h"
#include "telemetry/log.h"

namespace handshaked::stages {

Result<> Deliveries::add(const config::Receiver& receiver, const std::string& host) {
  auto sink = make_sink(loop_.get_executor(), receiver, host);
  if (!sink) return sink.error().wrapped("receiver " + receiver.name);
  if (receiver.type == config::Receiver::Type::alertmanager) {
    if (const auto open = delivered_and_open(store_, receiver.name)) sink.value()->restore(open.value());
    else telemetry::log_warning("receiver " + receiver.name + ": what is open cannot be read: " + open.error().message());
  }
  emit::DeliveryOptions options = delivery_options(receiver);
  options.on_copied = [this] { notify(); };
  all_.push_back(std::make_unique<emit::Delivery>(loop_.get_executor(), std::move(sink).value(), outbox_, std::move(options)));
  return success();
}

void Deliveries::start(std::function<void()> on_ended) {
  on_ended_ = std::move(on_ended);
  running_ = all_.size();
  for (const auto& delivery : all_) {
    boost::asio::co_spawn(loop_, delivery->run(), [this](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
      if (--running_ == 0) on_ended_();
    });
  }
}

void Deliveries::stop(std::chrono::milliseconds grace) {
  for (const auto& delivery : all_) delivery->stop(grace);
  if (all_.empty()) on_ended_();
}

void Deliveries::offer(FreshDeliveries& fresh) {
  for (const auto& delivery : all_) {
    const std::string receiver(delivery->receiver());
    if (const auto own = fresh.due.find(receiver); own != fresh.due.end()) delivery->offer(std::move(own->second));
    if (fresh.later.contains(receiver)) delivery->notify();
  }
}

void Deliveries::notify() {
  for (const auto& delivery : all_) delivery->notify();
}

std::vector<ReceiverState> Deliveries::states() const {
  std::vector<ReceiverState> states;
  for (const auto& delivery : all_) {
    const emit::DeliveryStatus status = delivery->status();
    const char* const circuit = status.circuit == emit::CircuitBreaker::State::closed ? "closed"
                                : status.circuit == emit::CircuitBreaker::State::open ? "open"
                                                                                      : "probing";
    states.push_back({.name = status.receiver,
                      .circuit = circuit,
                      .is_disabled = status.is_disabled,
                      .under_way = status.under_way,
                      .last_failure = status.last_failure});
  }
  return states;
}

}  // namespace handshaked::stages
