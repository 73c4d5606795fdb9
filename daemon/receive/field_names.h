#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "receive/epoch_time.h"

namespace handshaked::receive {

/// Which fields of a structured record (MessagePack map, JSON object) are looked at, the best first. A dot leads into an
/// object: "host.name" is the member "name" of "host"; a member whose own name has a dot counts as well. The defaults are what
/// Fluent Bit, Fluentd, Beats, Logstash, Vector, journald and Docker write.
struct FieldNames {
  std::vector<std::string> text{"message", "log", "msg", "MESSAGE", "body", "line", "event.original", "@message"};
  std::vector<std::string> host{
      "host", "hostname",       "host.name",     "host.hostname", "_HOSTNAME", "kubernetes.host", "kubernetes.node_name",
      "node", "agent.hostname", "beat.hostname", "source_host"};
  std::vector<std::string> time{"@timestamp", "time", "timestamp"};

  bool operator==(const FieldNames&) const = default;
};

/// Picks out of one record what FieldNames ask for. Values are borrowed from whoever offers them.
class FieldPicker {
 public:
  explicit FieldPicker(const FieldNames& names) : names_(names) {}

  /// Before each record.
  void clear() {
    text_ = host_ = time_ = Pick{};
    stray_name_ = stray_ = {};
    stamp_.clear();
  }
  /// A string of the record, by its path.
  void offer(std::string_view path, std::string_view value) {
    text_.offer(names_.text, path, value);
    host_.offer(names_.host, path, value);
    if (time_.offer(names_.time, path, value)) stamp_ = rfc3339_of_epoch(value);
    if (stray_.empty() && begins_like_nginx(value)) {
      stray_name_ = path;
      stray_ = value;
    }
  }
  /// A number of the record: seconds since 1970 or a finer unit (epoch_time.h), if a time is asked for there.
  template <typename Number>
  void offer_number(std::string_view path, Number number) {
    if (!time_.could_be(names_.time, path)) return;
    std::string stamp = rfc3339_of_epoch(number);
    if (stamp.empty()) return;
    time_.offer(names_.time, path, {});
    stamp_ = std::move(stamp);
  }
  /// Could something inside the object at `path` be asked for?
  bool wants_inside(std::string_view path) const {
    return is_prefix(names_.text, path) || is_prefix(names_.host, path) || is_prefix(names_.time, path);
  }

  bool has_text() const { return text_.rank != kNone; }
  std::string_view text() const { return text_.value; }
  /// What begins like nginx's line but stands under a name that nobody asked for, behind that name: then it is a line that is not
  /// trusted, since strangers may fill such a field. Empty when there is none.
  std::string stray_text() const { return stray_.empty() ? std::string() : stray_name_ + ": " + std::string(stray_); }
  std::string_view host() const { return host_.value; }
  std::string_view time() const { return stamp_.empty() ? time_.value : std::string_view(stamp_); }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  struct Pick {
    std::size_t rank = kNone;
    std::string_view value;

    /// Is `path` a better name than what was offered so far?
    bool could_be(const std::vector<std::string>& names, std::string_view path) const {
      for (std::size_t i = 0; i < names.size() && i < rank; ++i) {
        if (names[i] == path) return true;
      }
      return false;
    }
    /// True when it was taken.
    bool offer(const std::vector<std::string>& names, std::string_view path, std::string_view offered) {
      for (std::size_t i = 0; i < names.size() && i < rank; ++i) {
        if (names[i] != path) continue;
        rank = i;
        value = offered;
        return true;
      }
      return false;
    }
  };
  static bool is_prefix(const std::vector<std::string>& names, std::string_view path) {
    for (const std::string& name : names) {
      if (name.size() > path.size() && name[path.size()] == '.' && name.starts_with(path)) return true;
    }
    return false;
  }

  /// "2026/11/21 02:58:15 ["
  static bool begins_like_nginx(std::string_view text) {
    constexpr std::string_view kShape = "dddd/dd/dd dd:dd:dd [";
    if (text.size() < kShape.size()) return false;
    for (std::size_t i = 0; i < kShape.size(); ++i) {
      if (kShape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != kShape[i]) return false;
    }
    return true;
  }

  const FieldNames& names_;
  Pick text_, host_, time_;
  std::string stray_name_;
  std::string_view stray_;
  std::string stamp_;  ///< of a time that was a number
};

}  // namespace handshaked::receive
