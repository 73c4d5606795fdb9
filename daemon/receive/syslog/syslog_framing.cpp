#include "receive/syslog/syslog_framing.h"

#include <algorithm>
#include <cstring>

namespace handshaked::receive {
namespace {

constexpr std::size_t kMostDigits = 7;

struct Count {
  enum class What { yes, no, undecided } what = What::no;
  std::size_t header = 0;  ///< digits and space
  std::size_t length = 0;
};

/// Does a counted message begin here?
Count read_count(std::span<const char> bytes) {
  Count count;
  std::size_t at = 0;
  while (at < bytes.size() && at < kMostDigits && bytes[at] >= '0' && bytes[at] <= '9') {
    if (at == 0 && bytes[0] == '0') return count;
    count.length = count.length * 10 + static_cast<std::size_t>(bytes[at] - '0');
    ++at;
  }
  if (at == 0 && !bytes.empty()) return count;
  count.header = at + 1;
  const bool has_space = at < bytes.size();
  if (has_space && bytes[at] != ' ') return count;
  if (has_space && at + 1 < bytes.size())
    count.what = bytes[at + 1] == '<' ? Count::What::yes : Count::What::no;
  else count.what = Count::What::undecided;
  return count;
}

}  // namespace

std::size_t SyslogFraming::consume(std::span<char> bytes, const Take& take) {
  std::size_t used = 0;
  while (used < bytes.size()) {
    const std::span<char> rest = bytes.subspan(used);
    if (bytes_to_skip_ > 0) {
      const std::size_t skipped = std::min(bytes_to_skip_, rest.size());
      bytes_to_skip_ -= skipped;
      used += skipped;
      continue;
    }
    if (skips_line_) {
      const void* const line_feed = std::memchr(rest.data(), '\n', rest.size());
      if (line_feed == nullptr) return bytes.size();
      used = static_cast<std::size_t>(static_cast<const char*>(line_feed) - bytes.data()) + 1;
      skips_line_ = false;
      continue;
    }
    if (is_broken_) return bytes.size();
    const std::size_t taken = way_ == Way::lines ? take_lines(rest, take) : take_next(rest, take);
    if (taken == 0) return used;
    used += taken;
  }
  return used;
}

/// 0: more bytes are needed to tell.
std::size_t SyslogFraming::take_next(std::span<char> rest, const Take& take) {
  // Some senders put a line feed or a zero behind a message and do not count it.
  if (way_ == Way::counted && (rest[0] == '\n' || rest[0] == '\r' || rest[0] == '\0')) return 1;
  const Count count = read_count(rest);
  if (count.what == Count::What::undecided) return 0;
  if (count.what == Count::What::no) {
    is_broken_ = way_ == Way::counted;
    way_ = is_broken_ ? way_ : Way::lines;
    return is_broken_ ? rest.size() : take_lines(rest, take);
  }
  way_ = Way::counted;
  return take_counted(rest, take);
}

std::size_t SyslogFraming::take_counted(std::span<char> bytes, const Take& take) {
  std::size_t begin = 0;  // of the first message
  std::size_t end = 0;    // of the last whole one
  while (true) {
    const Count count = read_count(bytes.subspan(end));
    if (count.what != Count::What::yes) break;
    const std::size_t message = end + count.header;
    const std::size_t kept = std::min(count.length, limit_);
    if (bytes.size() - message < kept) break;
    if (begin == 0) begin = message;
    else
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(end),
                bytes.begin() + static_cast<std::ptrdiff_t>(message), '\n');
    std::size_t text = kept;
    while (text > 0 && (bytes[message + text - 1] == '\n' || bytes[message + text - 1] == '\0'))
      --text;
    if (std::memchr(bytes.data() + message, '\n', text) != nullptr)
      std::replace(bytes.begin() + static_cast<std::ptrdiff_t>(message),
                   bytes.begin() + static_cast<std::ptrdiff_t>(message + text), '\n', ' ');
    ++counted_messages_;
    end = message + kept;
    if (kept < count.length) {
      ++cut_messages_;
      bytes_to_skip_ = count.length - kept;
      break;
    }
  }
  if (end > 0) take({bytes.data() + begin, end - begin});
  return end;
}

std::size_t SyslogFraming::take_lines(std::span<char> bytes, const Take& take) {
  const void* const last = ::memrchr(bytes.data(), '\n', bytes.size());
  if (last != nullptr) {
    const auto size = static_cast<std::size_t>(static_cast<const char*>(last) - bytes.data()) + 1;
    take({bytes.data(), size});
    return size;
  }
  if (bytes.size() < limit_) return 0;
  take({bytes.data(), limit_});
  ++cut_messages_;
  skips_line_ = true;
  return limit_;
}

bool SyslogFraming::finish(std::string_view rest, const Take& take) {
  if (rest.empty() || skips_line_) return bytes_to_skip_ == 0 && !is_broken_;
  if (way_ == Way::counted || (way_ == Way::unknown && read_count(rest).what != Count::What::no))
    return false;
  take(rest);
  return true;
}

}  // namespace handshaked::receive
