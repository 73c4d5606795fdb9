#include "match/text_memo.h"

namespace handshaked::match {

std::shared_ptr<const std::string> TextMemo::find_or_make(
    const std::string& key, const std::function<std::string()>& make) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = texts_.find(key); known != texts_.end()) return known->second;
  }
  auto text = std::make_shared<const std::string>(make());
  const std::size_t size = key.size() + text->size();
  if (size > max_bytes_) return text;
  const std::lock_guard lock(mutex_);
  if (bytes_ + size > max_bytes_) {
    texts_.clear();
    bytes_ = 0;
  }
  if (texts_.emplace(key, text).second) bytes_ += size;
  return text;
}

}  // namespace handshaked::match
