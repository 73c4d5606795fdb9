#include "receive/journal/journal_reader.h"

#include <systemd/sd-journal.h>

#include <cstdlib>
#include <string_view>

namespace handshaked::receive {
namespace {

constexpr std::string_view kPrefix = "v1 ";
constexpr std::string_view kNothingSeen = "-";
constexpr std::size_t kMaxPosition = 1024;

auto failed(int negative_errno, const std::string& doing) {
  return fail(error_from_errno(-negative_errno, doing));
}

/// The value of a field of the current entry, at most `most` bytes; empty when it has none.
void read_field(sd_journal* journal, std::string_view name, std::size_t most, std::string& into) {
  into.clear();
  const void* data = nullptr;
  std::size_t size = 0;
  if (sd_journal_get_data(journal, name.data(), &data, &size) < 0 || size <= name.size()) return;
  into.assign(static_cast<const char*>(data) + name.size() + 1,
              std::min(size - name.size() - 1, most));
}

Result<> add_matches(sd_journal* journal, const JournalFilter& filter) {
  const auto add = [journal](const std::string& match) -> Result<> {
    const int status = sd_journal_add_match(journal, match.data(), match.size());
    if (status < 0) return failed(status, "the match " + match);
    return success();
  };
  for (const std::string& unit : filter.units) {
    TRY(add("_SYSTEMD_UNIT=" + unit));
  }
  if (const int status = sd_journal_add_disjunction(journal); status < 0)
    return failed(status, "the journal's filter");
  for (const std::string& identifier : filter.identifiers) {
    TRY(add("SYSLOG_IDENTIFIER=" + identifier));
  }
  return success();
}

}  // namespace

struct JournalReader::Journal {
  Journal() = default;
  ~Journal() { sd_journal_close(handle); }
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  sd_journal* handle = nullptr;
};

JournalReader::JournalReader(std::unique_ptr<Journal> journal) : journal_(std::move(journal)) {}
JournalReader::JournalReader(JournalReader&&) noexcept = default;
JournalReader& JournalReader::operator=(JournalReader&&) noexcept = default;
JournalReader::~JournalReader() = default;

Result<JournalReader> JournalReader::open(const std::string& directory,
                                          const JournalFilter& filter) {
  auto journal = std::make_unique<Journal>();
  const int status = directory.empty()
                         ? sd_journal_open(&journal->handle, SD_JOURNAL_LOCAL_ONLY)
                         : sd_journal_open_directory(&journal->handle, directory.c_str(), 0);
  if (status < 0)
    return failed(status, directory.empty() ? "the journal" : "the journal in " + directory);
  TRY(add_matches(journal->handle, filter));
  // Longer messages come cut.
  sd_journal_set_data_threshold(journal->handle, JournalExportDecoder::kMaxMessage + 64);
  return JournalReader(std::move(journal));
}

bool JournalReader::sees_files() const {
  return sd_journal_has_persistent_files(journal_->handle) > 0 ||
         sd_journal_has_runtime_files(journal_->handle) > 0;
}

Result<bool> JournalReader::begin(std::optional<std::string> position, bool from_start) {
  sd_journal* const journal = journal_->handle;
  is_on_unread_ = false;
  const auto to_head = [&]() -> Result<bool> {
    if (const int status = sd_journal_seek_head(journal); status < 0)
      return failed(status, "the journal's beginning");
    position_ = std::string(kPrefix).append(kNothingSeen);
    return false;
  };
  if (position && position->starts_with(kPrefix) && position->size() <= kMaxPosition) {
    const std::string cursor = position->substr(kPrefix.size());
    if (cursor == kNothingSeen) return to_head();
    if (sd_journal_seek_cursor(journal, cursor.c_str()) >= 0) {
      position_ = *position;
      const int status = sd_journal_next(journal);
      if (status < 0) return failed(status, "the journal");
      const bool is_there = status > 0 && sd_journal_test_cursor(journal, cursor.c_str()) > 0;
      is_on_unread_ = status > 0 && !is_there;
      return !is_there;
    }
  }
  if (from_start) return to_head();
  if (const int status = sd_journal_seek_tail(journal); status < 0)
    return failed(status, "the journal's end");
  const int status = sd_journal_previous(journal);
  if (status < 0) return failed(status, "the journal's end");
  if (status == 0) return to_head();  // nothing of ours is in it: whatever comes is new
  TRY(read_entry());
  return false;
}

Result<const JournalEntry*> JournalReader::next() {
  if (!is_on_unread_) {
    const int status = sd_journal_next(journal_->handle);
    if (status < 0) return failed(status, "the journal");
    if (status == 0) return nullptr;
  }
  is_on_unread_ = false;
  TRY(read_entry());
  return &entry_;
}

Result<> JournalReader::read_entry() {
  sd_journal* const journal = journal_->handle;
  char* cursor = nullptr;
  if (const int status = sd_journal_get_cursor(journal, &cursor); status < 0)
    return failed(status, "the journal's position");
  entry_.cursor = cursor;
  std::free(cursor);
  position_ = std::string(kPrefix).append(entry_.cursor);
  std::uint64_t microseconds = 0;
  entry_.time.reset();
  if (sd_journal_get_realtime_usec(journal, &microseconds) >= 0)
    entry_.time = Time(Duration(static_cast<std::int64_t>(microseconds)));
  read_field(journal, "MESSAGE", JournalExportDecoder::kMaxMessage, entry_.message);
  read_field(journal, "_HOSTNAME", JournalExportDecoder::kMaxField, entry_.host);
  read_field(journal, "_SYSTEMD_UNIT", JournalExportDecoder::kMaxField, entry_.unit);
  read_field(journal, "SYSLOG_IDENTIFIER", JournalExportDecoder::kMaxField, entry_.identifier);
  read_field(journal, "CONTAINER_NAME", JournalExportDecoder::kMaxField, entry_.container);
  return success();
}

int JournalReader::descriptor() const { return sd_journal_get_fd(journal_->handle); }

Result<> JournalReader::process_changes() {
  const int status = sd_journal_process(journal_->handle);
  if (status < 0) return failed(status, "changes of the journal");
  return success();
}

}  // namespace handshaked::receive
