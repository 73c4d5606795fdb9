#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace handshaked::receive {

/// Follows the lines of an Elasticsearch _bulk body: an action line, and behind all but "delete" a source line. Builds the items of the
/// answer, one an action. Whole lines in any pieces; bounded: an item is some 100 bytes for at least 14 of body.
class BulkItems {
 public:
  void add_lines(std::string_view lines);

  /// What stands between the brackets of "items":[…].
  const std::string& items() const { return items_; }
  std::size_t actions() const { return actions_; }
  /// A line that is no action where one has to stand, or a source that is missing: the protocol refuses the whole request.
  bool is_broken() const { return broken_; }
  bool is_complete() const { return !broken_ && !awaits_source_; }

 private:
  void add_action(std::string_view line);

  std::string items_;
  std::size_t actions_ = 0;
  bool awaits_source_ = false;
  bool broken_ = false;
};

}  // namespace handshaked::receive
