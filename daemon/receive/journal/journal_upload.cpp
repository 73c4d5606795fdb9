#include "receive/http/http_routes.h"

#include <memory>
#include <string>
#include <utility>

#include "receive/journal/journal_export.h"
#include "receive/record/epoch_time.h"

namespace handshaked::receive {
namespace {

using boost::asio::awaitable;

constexpr std::string_view kContentType = "application/vnd.fdo.journal";
/// Committed together. Counted from the upload's beginning and never cut by time, so that an upload
/// that is sent again is cut at the same entries.
constexpr std::size_t kBatchEntries = 2'000;
/// Of the entry under way, and the message before it.
constexpr std::size_t kEntryBytes = 3 * JournalExportDecoder::kMaxMessage;

class JournalUpload {
 public:
  JournalUpload(Connection connection, std::shared_ptr<const JournalFilter> filter)
      : connection_(connection),
        filter_(std::move(filter)),
        decoder_(connection.memory),
        entry_memory_(connection.memory) {}

  awaitable<Result<HttpAnswer>> run(HttpBody& body) {
    if (!entry_memory_.grow_to(kEntryBytes)) co_return fail(entry_memory_.refusal(kEntryBytes));
    bool is_end = false;
    while (!is_end) {
      const auto piece = co_await body.read_some();
      if (!piece) co_return fail(piece.error());
      is_end = piece.value().empty();
      if (!decoder_.reserve(piece.value().size()))
        co_return fail(decoder_.refusal(piece.value().size()));
      decoder_.feed({piece.value().data(), piece.value().size()});
      while (true) {
        CO_TRY(const bool has_entry, is_end ? decoder_.finish() : decoder_.next());
        if (!has_entry) break;
        take_entry(decoder_.entry());
        if (!repeated_.empty()) {
          // The upload that brought it first may still wait for the store: then so do we.
          const std::string id = std::exchange(repeated_, {});
          const BatchOptions batch{.id = id, .cursor = {}};
          connection_.stream.expect_nothing();
          const auto stored = co_await connection_.intake.commit(batch);
          if (!stored) co_return answer_for_commit(stored.error());
        }
        if (entries_ < kBatchEntries) continue;
        const auto durable = co_await commit();
        if (!durable) co_return answer_for_commit(durable.error());
      }
    }
    const auto durable = co_await commit();
    if (!durable) co_return answer_for_commit(durable.error());
    co_return HttpAnswer{
        .status = 202, .body = "OK.\n", .content_type = "text/plain", .headers = {}};
  }

 private:
  void take_entry(const JournalEntry& entry) {
    ++connection_.counters.records;
    if (entry.message_was_cut) ++connection_.counters.cut_lines;
    if (!filter_->accepts(entry.unit, entry.identifier)) return;
    ++entries_;
    last_cursor_ = entry.cursor;
    if (!connection_.intake.may_matter(entry.message)) {
      previous_ = entry.message;
    } else {
      // The line before tells whether this one was written by a stranger into the middle of it.
      if (!previous_.empty())
        connection_.intake.add_record({.text = previous_, .host = entry.host, .time = {}});
      previous_.clear();
      const std::string time = entry.time ? rfc3339_text(*entry.time) : std::string();
      connection_.intake.add_record({.text = entry.message, .host = entry.host, .time = time});
      has_added_ = true;
    }
    // All up to here was committed by an upload that broke off later.
    if (has_added_ && !entry.cursor.empty() && connection_.intake.is_duplicate(entry.cursor)) {
      connection_.intake.discard();
      has_added_ = false;
      repeated_ = entry.cursor;
    }
  }

  awaitable<Result<>> commit() {
    entries_ = 0;
    if (!std::exchange(has_added_, false)) co_return success();
    connection_.stream.expect_nothing();  // it is we who let the peer wait
    const BatchOptions batch{.id = last_cursor_, .cursor = {}};
    auto durable = co_await connection_.intake.commit(batch);
    co_return durable;
  }

  Connection connection_;
  std::shared_ptr<const JournalFilter> filter_;
  JournalExportDecoder decoder_;
  Reservation entry_memory_;
  std::string last_cursor_;
  std::string repeated_;     ///< the end of a batch that came before
  std::string previous_;     ///< the message before, if it was not looked into
  std::size_t entries_ = 0;  ///< since the last commit
  bool has_added_ = false;   ///< something since then
};

awaitable<Result<HttpAnswer>> take_upload(const net::HttpRequest& request, HttpBody& body,
                                          Connection connection,
                                          std::shared_ptr<const JournalFilter> filter) {
  if (request.content_type() != kContentType) {
    co_return HttpAnswer{
        .status = 415,
        .body = "the journal export format is expected: " + std::string(kContentType) + "\n",
        .content_type = "text/plain",
        .headers = {}};
  }
  JournalUpload upload(connection, std::move(filter));
  auto answer = co_await upload.run(body);
  co_return answer;
}

}  // namespace

HttpHandler journal_upload_handler(JournalFilter filter) {
  const auto shared = std::make_shared<const JournalFilter>(std::move(filter));
  return [shared](const net::HttpRequest& request, HttpBody& body, Connection connection) {
    return take_upload(request, body, connection, shared);
  };
}

}  // namespace handshaked::receive
