#include "receive/syslog/syslog_session.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;

constexpr auto kAsTuple = boost::asio::as_tuple(boost::asio::use_awaitable);
constexpr std::size_t kMostAtOnce = 64;

/// Many datagrams with one call into the kernel, each in a slot of the thread's buffer.
class DatagramBatch {
 public:
  DatagramBatch(std::span<char> buffer, std::size_t message_limit)
      : buffer_(buffer),
        slot_(message_limit + 1),
        count_(std::clamp<std::size_t>(buffer.size() / slot_, 1, kMostAtOnce)),
        slots_(count_) {}

  /// How many were read; 0 when there are none, -1 on a failure.
  int read(int descriptor) {
    std::vector<mmsghdr>& headers = headers_;
    headers.assign(count_, mmsghdr{});
    for (std::size_t i = 0; i < count_; ++i) {
      Slot& slot = slots_[i];
      slot.piece = {buffer_.data() + i * slot_, slot_ - 1};
      headers[i].msg_hdr = {.msg_name = &slot.sender,
                            .msg_namelen = sizeof slot.sender,
                            .msg_iov = &slot.piece,
                            .msg_iovlen = 1,
                            .msg_control = slot.control.data(),
                            .msg_controllen = slot.control.size(),
                            .msg_flags = 0};
    }
    const int read = ::recvmmsg(descriptor, headers.data(), static_cast<unsigned>(count_),
                                MSG_DONTWAIT, nullptr);
    if (read < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
    return read;
  }

  std::span<char> text(std::size_t i) const {
    return {buffer_.data() + i * slot_, headers_[i].msg_len};
  }
  bool is_cut(std::size_t i) const { return (headers_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0; }
  net::Peer sender(std::size_t i) const {
    return net::peer_at(slots_[i].sender, headers_[i].msg_hdr.msg_namelen);
  }
  bool same_sender(std::size_t a, std::size_t b) const {
    const socklen_t length = headers_[a].msg_hdr.msg_namelen;
    return length == headers_[b].msg_hdr.msg_namelen &&
           std::memcmp(&slots_[a].sender, &slots_[b].sender, length) == 0;
  }
  /// What the kernel has dropped since the socket was made, if it says so.
  std::uint32_t dropped(std::size_t i) const {
    msghdr header = headers_[i].msg_hdr;
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
      if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SO_RXQ_OVFL) continue;
      std::uint32_t dropped = 0;
      std::memcpy(&dropped, CMSG_DATA(control), sizeof dropped);
      return dropped;
    }
    return 0;
  }
  std::size_t at_once() const { return count_; }

 private:
  struct Slot {
    sockaddr_storage sender{};
    iovec piece{};
    alignas(cmsghdr) std::array<char, 64> control{};
  };
  std::span<char> buffer_;
  std::size_t slot_;  ///< a byte more than the limit, for the line feed
  std::size_t count_;
  std::vector<Slot> slots_;
  std::vector<mmsghdr> headers_;
};

/// Makes one line of a message: a line feed inside cannot be nginx's. Returns its length, the line
/// feed behind it included.
std::size_t end_line(std::span<char> text, char* into) {
  std::size_t size = text.size();
  while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\0')) --size;
  std::memmove(into, text.data(), size);
  if (std::memchr(into, '\n', size) != nullptr) std::replace(into, into + size, '\n', ' ');
  into[size] = '\n';
  return size + 1;
}

class DatagramReading {
 public:
  DatagramReading(Listener::DatagramContext context, std::size_t message_limit)
      : context_(std::move(context)), batch_(context_.scratch, message_limit) {}

  awaitable<void> run() {
    const int on = 1;
    setsockopt(context_.descriptor, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    while (true) {
      const auto [error] = co_await context_.readiness.async_wait(
          boost::asio::posix::stream_descriptor::wait_read, kAsTuple);
      // What has arrived before the end is still taken.
      const int read = batch_.read(context_.descriptor);
      if (read > 0) take(static_cast<std::size_t>(read));
      if (read < 0)
        context_.refuse("a datagram could not be read: " + std::system_category().message(errno));
      const auto accepted = co_await context_.intake.hand_over();
      if (!accepted || (error && read <= 0)) co_return;
    }
  }

 private:
  void take(std::size_t count) {
    context_.counters.records += count;
    note_drops(batch_.dropped(count - 1));
    for (std::size_t first = 0; first < count;) {
      std::size_t next = first + 1;
      while (next < count && batch_.same_sender(first, next)) ++next;
      take_from_one_sender(first, next);
      first = next;
    }
  }

  void take_from_one_sender(std::size_t first, std::size_t next) {
    const net::Peer peer = batch_.sender(first);
    if (!context_.options.allowed.empty() && peer.address != "unix" &&
        !context_.options.allowed.contains(peer.address)) {
      context_.counters.refused_connections += next - first;
      context_.refuse("datagrams from " + peer.address +
                      " are refused: its address is not in the list of allowed ones");
      return;
    }
    char* const begin = batch_.text(first).data();
    char* end = begin;
    for (std::size_t i = first; i < next; ++i) {
      if (batch_.is_cut(i)) ++context_.counters.cut_lines;
      end += end_line(batch_.text(i), end);
    }
    const std::string_view lines(begin, static_cast<std::size_t>(end - begin));
    context_.counters.bytes += lines.size();
    context_.intake.set_sender(peer.is_this_host ? std::string_view()
                                                 : std::string_view(peer.address));
    context_.intake.add_lines(lines);
  }

  void note_drops(std::uint32_t dropped) {
    if (dropped == dropped_) return;
    const std::uint32_t more = dropped - dropped_;
    dropped_ = dropped;
    context_.counters.datagrams_lost += more;
    context_.refuse("the kernel dropped " + std::to_string(more) +
                    " datagrams: they came faster than they could be read");
  }

  Listener::DatagramContext context_;
  DatagramBatch batch_;
  std::uint32_t dropped_ = 0;
};

awaitable<void> read_syslog(Listener::DatagramContext context, std::size_t message_limit) {
  DatagramReading reading(std::move(context), message_limit);
  co_await reading.run();
}

}  // namespace

Listener::DatagramReader syslog_datagrams(std::size_t message_limit) {
  return [message_limit](Listener::DatagramContext context) {
    return read_syslog(std::move(context), message_limit);
  };
}

}  // namespace handshaked::receive
