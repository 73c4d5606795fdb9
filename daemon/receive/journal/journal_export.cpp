#include "receive/journal/journal_export.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace handshaked::receive {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t kSizeBytes = 8;

auto broken(std::string what) {
  return fail(ErrorCode::invalid_input, "no journal export: " + std::move(what));
}

bool is_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

}  // namespace

void JournalEntry::clear() {
  for (std::string* text : {&message, &host, &unit, &identifier, &container, &cursor})
    text->clear();
  time.reset();
  message_was_cut = false;
}

Result<bool> JournalExportDecoder::next() {
  if (was_delivered_) entry_.clear();
  was_delivered_ = false;
  while (true) {
    bool progressed = false;
    TRY(const bool is_whole, step(progressed));
    if (is_whole) {
      has_fields_ = false;
      was_delivered_ = true;
      return true;
    }
    if (!progressed) return false;
  }
}

Result<bool> JournalExportDecoder::finish() {
  TRY(const bool has_entry, next());
  if (has_entry) return true;
  if (!window_.empty() || state_ != State::name) return broken("it ends inside a field");
  return std::exchange(has_fields_, false);
}

/// One step of the grammar. True: an entry is whole.
Result<bool> JournalExportDecoder::step(bool& progressed) {
  const std::string_view bytes = window_.view();
  progressed = true;
  switch (state_) {
    case State::name: {
      const std::size_t end = bytes.substr(0, kMaxName + 1).find_first_of("=\n");
      if (end == npos) {
        if (bytes.size() > kMaxName)
          return broken("a field name of more than " + std::to_string(kMaxName) + " bytes");
        progressed = false;
        return false;
      }
      if (end == 0 && bytes[0] == '\n') {
        window_.consume(1);
        return has_fields_;
      }
      if (!is_name(bytes.substr(0, end))) return broken("a field name that is none");
      begin_field(bytes.substr(0, end));
      state_ = bytes[end] == '=' ? State::text_value : State::binary_size;
      window_.consume(end + 1);
      return false;
    }
    case State::text_value: {
      const std::size_t end = bytes.find('\n');
      progressed = !bytes.empty();
      keep(bytes.substr(0, end));
      window_.consume(end == npos ? bytes.size() : end + 1);
      if (end != npos) end_field();
      return false;
    }
    case State::binary_size: {
      progressed = bytes.size() >= kSizeBytes;
      if (!progressed) return false;
      binary_left_ = 0;
      for (std::size_t i = kSizeBytes; i-- > 0;)
        binary_left_ = binary_left_ << 8U | static_cast<unsigned char>(bytes[i]);
      window_.consume(kSizeBytes);
      state_ = State::binary_value;
      return false;
    }
    case State::binary_value: {
      const std::size_t size =
          static_cast<std::size_t>(std::min<std::uint64_t>(binary_left_, bytes.size()));
      keep(bytes.substr(0, size));
      window_.consume(size);
      binary_left_ -= size;
      progressed = size > 0 || binary_left_ == 0;
      if (binary_left_ == 0) state_ = State::binary_end;
      return false;
    }
    case State::binary_end: {
      progressed = !bytes.empty();
      if (!progressed) return false;
      if (bytes[0] != '\n') return broken("no line feed behind a binary field");
      window_.consume(1);
      end_field();
      return false;
    }
  }
  return false;
}

void JournalExportDecoder::begin_field(std::string_view name) {
  has_fields_ = true;
  field_limit_ = name == "MESSAGE" ? kMaxMessage : kMaxField;
  field_ = name == "MESSAGE"                ? &entry_.message
           : name == "_HOSTNAME"            ? &entry_.host
           : name == "_SYSTEMD_UNIT"        ? &entry_.unit
           : name == "SYSLOG_IDENTIFIER"    ? &entry_.identifier
           : name == "CONTAINER_NAME"       ? &entry_.container
           : name == "__CURSOR"             ? &entry_.cursor
           : name == "__REALTIME_TIMESTAMP" ? &time_text_
                                            : nullptr;
  // A field may occur more than once; the last one counts.
  if (field_ != nullptr) field_->clear();
}

void JournalExportDecoder::keep(std::string_view bytes) {
  if (field_ == nullptr) return;
  const std::size_t room = field_limit_ - field_->size();
  if (bytes.size() > room && field_ == &entry_.message) entry_.message_was_cut = true;
  field_->append(bytes.substr(0, room));
}

void JournalExportDecoder::end_field() {
  state_ = State::name;
  if (field_ != &time_text_) return;
  std::int64_t microseconds = 0;
  const char* const end = time_text_.data() + time_text_.size();
  const auto read = std::from_chars(time_text_.data(), end, microseconds);
  // Up to the year 9999, beyond which no calendar of ours goes.
  if (read.ec == std::errc() && read.ptr == end && microseconds >= 0 &&
      microseconds < 253'402'300'800'000'000) {
    entry_.time = Time(Duration(microseconds));
  }
}

}  // namespace handshaked::receive
