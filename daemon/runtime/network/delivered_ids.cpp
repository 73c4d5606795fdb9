#include "runtime/network/delivered_ids.h"

#include <algorithm>
#include <utility>

#include "base/digest.h"

namespace handshaked::runtime {
namespace {

constexpr std::size_t kDigits = 16;
constexpr std::string_view kVersion = "v1";

bool is_hexadecimal(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

}  // namespace

std::string DeliveredIds::hash(std::string_view id) { return sha256_hex(id, kDigits); }

Result<> DeliveredIds::restore(std::string_view cursor) {
  const auto refuse = [] { return fail(ErrorCode::invalid_input, "no list of batches"); };
  if (!cursor.starts_with(kVersion)) return refuse();
  cursor.remove_prefix(kVersion.size());
  if (cursor.size() % (kDigits + 1) != 0 || cursor.size() / (kDigits + 1) > kRemembered) return refuse();
  std::deque<std::string> order;
  for (; !cursor.empty(); cursor.remove_prefix(kDigits + 1)) {
    const std::string_view id = cursor.substr(1, kDigits);
    if (cursor[0] != ' ' || !is_hexadecimal(id)) return refuse();
    order.emplace_back(id);
  }
  const std::lock_guard lock(mutex_);
  order_ = std::move(order);
  entries_.clear();
  for (const std::string& id : order_) entries_[id] = {.is_durable = true, .is_in_commit = true, .pending = 0};
  return success();
}

DeliveredIds::State DeliveredIds::find(std::string_view id) const {
  const std::string key = hash(id);
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return State::unknown;
  return it->second.is_durable ? State::durable : State::pending;
}

std::string DeliveredIds::cursor() const {
  std::string text(kVersion);
  for (const std::string& id : order_) text.append(" ").append(id);
  return text;
}

void DeliveredIds::begin(std::string_view id) {
  const std::string key = hash(id);
  const std::lock_guard lock(mutex_);
  ++entries_[key].pending;
}

std::string DeliveredIds::cursor_with(std::string_view id) {
  const std::string key = hash(id);
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[key];
  if (!std::exchange(entry.is_in_commit, true)) order_.push_back(key);
  if (order_.size() > kRemembered) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
  return cursor();
}

void DeliveredIds::end(std::string_view id, bool is_durable) {
  const std::string key = hash(id);
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  if (it->second.pending > 0) --it->second.pending;
  it->second.is_durable = it->second.is_durable || is_durable;
  if (it->second.is_durable || it->second.pending > 0) return;
  if (it->second.is_in_commit) order_.erase(std::find(order_.begin(), order_.end(), key));
  entries_.erase(it);
}

}  // namespace handshaked::runtime
