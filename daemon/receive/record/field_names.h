#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/split_record.h"
#include "receive/record/epoch_time.h"

namespace handshaked::receive {

/// Which fields of a structured record (MessagePack map, JSON object) are looked at, the best
/// first. A dot leads into an object: "host.name" is the member "name" of "host"; a member whose
/// own name has a dot counts as well. The defaults are what Fluent Bit, Fluentd, Beats, Logstash,
/// Vector, journald and Docker write.
struct FieldNames {
  std::vector<std::string> text{"message",
                                "log",
                                "msg",
                                "MESSAGE",
                                "body",
                                "line",
                                "event.original",
                                "@message",
                                "textPayload",
                                "jsonPayload.message",
                                "jsonPayload.log",
                                "log_processed.message",
                                "attributes.message",
                                "fields.message",
                                "data.message",
                                "error.message"};
  std::vector<std::string> host{"host",
                                "hostname",
                                "host.name",
                                "host.hostname",
                                "_HOSTNAME",
                                "kubernetes.host",
                                "kubernetes.node_name",
                                "node",
                                "agent.hostname",
                                "beat.hostname",
                                "source_host"};
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
    second_host_ = Pick{};
    stray_name_ = stray_ = {};
    stamp_.clear();
    split_.clear();
  }
  /// A string of the record, by its path.
  void offer(std::string_view path, std::string_view value) {
    text_.offer(names_.text, path, value);
    host_.offer(names_.host, path, value);
    if (path != "host") second_host_.offer(names_.host, path, value);
    split_.offer(path, value);
    if (time_.offer(names_.time, path, value)) stamp_ = rfc3339_of_epoch(value);
    if (stray_.empty() && begins_like_nginx(value)) {
      stray_name_ = path;
      stray_ = value;
    }
  }
  /// A number of the record: seconds since 1970 or a finer unit (epoch_time.h), if a time is asked
  /// for there.
  template <typename Number>
  void offer_number(std::string_view path, Number number) {
    if constexpr (std::is_convertible_v<Number, std::string_view>) split_.offer(path, number);
    else if constexpr (std::is_integral_v<Number>) split_.offer(path, std::to_string(number));
    if (!time_.could_be(names_.time, path)) return;
    std::string stamp = rfc3339_of_epoch(number);
    if (stamp.empty()) return;
    time_.offer(names_.time, path, {});
    stamp_ = std::move(stamp);
  }
  /// Could something inside the object at `path` be asked for?
  bool wants_inside(std::string_view path) const {
    return is_prefix(names_.text, path) || is_prefix(names_.host, path) ||
           is_prefix(names_.time, path) || SplitRecord::wants_inside(path);
  }

  bool has_text() const { return text_.rank != kNone; }
  std::string_view text() const { return text_.value; }
  /// What begins like nginx's line but stands under a name that nobody asked for, behind that name:
  /// then it is a line that is not trusted, since strangers may fill such a field. Empty when there
  /// is none.
  std::string stray_text() const {
    return stray_.empty() ? std::string() : stray_name_ + ": " + std::string(stray_);
  }
  /// Was nginx's line taken apart into fields? Then line() puts it together (base/split_record.h);
  /// `now` stands in where no field has its time.
  bool is_split() const {
    return has_text() && split_.has_header() && !begins_like_nginx(text_.value);
  }
  std::string line(std::string_view now) const {
    return split_.line(text_.value, time().empty() ? now : time());
  }
  /// The sender's. `host` is the request's where its other fields are there.
  std::string_view host() const {
    return is_split() && split_.has_context() ? second_host_.value : host_.value;
  }
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
    bool offer(const std::vector<std::string>& names, std::string_view path,
               std::string_view offered) {
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
      if (name.size() > path.size() && name[path.size()] == '.' && name.starts_with(path))
        return true;
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
  Pick second_host_;  ///< without the name "host"
  SplitRecord split_;
  std::string stray_name_;
  std::string_view stray_;
  std::string stamp_;  ///< of a time that was a number
};

}  // namespace handshaked::receive
