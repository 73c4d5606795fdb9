#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "receive/http/http_session.h"
#include "receive/record/field_names.h"

namespace handshaked::receive {

/// Follows the lines of an Elasticsearch _bulk body: an action line, and behind all but "delete" a
/// source line. Remembers a byte an action, of which the answer is made. Whole lines in any pieces;
/// bounded by kMostActions.
class BulkItems {
 public:
  void add_lines(std::string_view lines);

  /// Shippers send hundreds to some thousands; an answer has 100 bytes for each.
  static constexpr std::size_t kMostActions = 50'000;

  /// How long the answer will be at most.
  std::size_t answer_bytes() const;
  /// The whole answer, one item an action.
  std::string answer() const;
  std::size_t actions() const { return actions_.size(); }
  bool has_too_many() const { return actions_.size() > kMostActions; }
  /// A line that is no action where one has to stand, or a source that is missing: the protocol
  /// refuses the whole request.
  bool is_broken() const { return broken_; }
  bool is_complete() const { return !broken_ && !awaits_source_; }

 private:
  void add_action(std::string_view line);

  std::string actions_;  ///< which of the four each is
  bool awaits_source_ = false;
  bool broken_ = false;
};

/// What shippers that write to Elasticsearch (Filebeat, Logstash, rsyslog's omelasticsearch, Fluent
/// Bit, its own clients) expect of it: the greeting with version and X-elastic-product, a licence,
/// acceptance of templates and policies (which change nothing here), and _bulk. Nothing can be
/// searched.
std::vector<HttpRoute> elasticsearch_routes(const FieldNames& names);

}  // namespace handshaked::receive
