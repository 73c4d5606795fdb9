#include "runtime/network/delivered_ids.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"

namespace handshaked::runtime {
namespace {

constexpr std::size_t kSenderDigits = 8;
constexpr std::size_t kIdDigits = 16;
constexpr std::string_view kEverybody = "00000000";

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

auto never_stored() {
  return fail(ErrorCode::cancelled, "the first batch with this id was not stored: send it again");
}

}  // namespace

std::string DeliveredIds::name_of(std::string_view sender, std::string_view id) {
  return sha256_hex(sender, kSenderDigits) + sha256_hex(id, kIdDigits);
}

Result<> DeliveredIds::restore(std::string_view cursor) {
  const auto refuse = [] { return fail(ErrorCode::invalid_input, "not a list of batches"); };
  const bool has_senders = cursor.starts_with("v2");
  if (!has_senders && !cursor.starts_with("v1")) return refuse();
  cursor.remove_prefix(2);
  const std::size_t digits = kIdDigits + (has_senders ? kSenderDigits : 0);
  if (cursor.size() % (digits + 1) != 0 || cursor.size() / (digits + 1) > kRemembered)
    return refuse();
  std::deque<std::string> order;
  for (; !cursor.empty(); cursor.remove_prefix(digits + 1)) {
    const std::string_view name = cursor.substr(1, digits);
    if (cursor[0] != ' ' || !is_hexadecimal(name)) return refuse();
    order.push_back(std::string(has_senders ? std::string_view() : kEverybody).append(name));
  }
  const std::lock_guard lock(mutex_);
  order_ = std::move(order);
  entries_.clear();
  for (const std::string& name : order_)
    entries_[name] = {.is_durable = true, .is_in_commit = true, .waiting = {}};
  return success();
}

DeliveredIds::State DeliveredIds::state_of(const std::string& name) const {
  auto it = entries_.find(name);
  if (it == entries_.end())
    it = entries_.find(std::string(kEverybody) + name.substr(kSenderDigits));
  if (it == entries_.end()) return State::unknown;
  return it->second.is_durable ? State::durable : State::pending;
}

DeliveredIds::State DeliveredIds::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return state_of(name);
}

DeliveredIds::State DeliveredIds::begin(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const State state = state_of(name);
  if (state == State::unknown) entries_[name];
  return state;
}

void DeliveredIds::when_ended(const std::string& name, std::function<void(Result<>)> tell) {
  std::unique_lock lock(mutex_);
  const State state = state_of(name);
  if (state == State::pending) {
    entries_[name].waiting.push_back(std::move(tell));
    return;
  }
  lock.unlock();
  tell(state == State::durable ? Result<>(success()) : Result<>(never_stored()));
}

std::string DeliveredIds::cursor() const {
  std::string text = "v2";
  for (const std::string& name : order_) text.append(" ").append(name);
  return text;
}

std::string DeliveredIds::cursor_with(const std::string& name) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[name];
  if (!std::exchange(entry.is_in_commit, true)) order_.push_back(name);
  if (order_.size() > kRemembered) forget_one();
  return cursor();
}

/// The oldest of the sender that has most.
void DeliveredIds::forget_one() {
  std::unordered_map<std::string, std::size_t> counts;
  const auto sender_of = [](const std::string& name) { return name.substr(0, kSenderDigits); };
  for (const std::string& name : order_) ++counts[sender_of(name)];
  std::size_t most = 0;
  for (const auto& [sender, count] : counts) most = std::max(most, count);
  // One whose batch is still on its way stays: who waits for it is told.
  auto oldest = std::find_if(order_.begin(), order_.end(), [&](const std::string& name) {
    return counts[sender_of(name)] == most && entries_[name].is_durable;
  });
  if (oldest == order_.end())
    oldest = std::find_if(order_.begin(), order_.end(),
                          [&](const std::string& name) { return entries_[name].is_durable; });
  if (oldest == order_.end()) return;
  entries_.erase(*oldest);
  order_.erase(oldest);
}

void DeliveredIds::end(const std::string& name, const Result<>& result) {
  std::vector<std::function<void(Result<>)>> waiting;
  {
    const std::lock_guard lock(mutex_);
    const auto it = entries_.find(name);
    if (it == entries_.end()) return;
    waiting.swap(it->second.waiting);
    it->second.is_durable = it->second.is_durable || result.has_value();
    if (!it->second.is_durable) {
      if (it->second.is_in_commit) order_.erase(std::find(order_.begin(), order_.end(), name));
      entries_.erase(it);
    }
  }
  for (const auto& tell : waiting) tell(result);
}

}  // namespace handshaked::runtime
