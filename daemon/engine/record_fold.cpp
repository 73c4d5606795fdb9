#include "engine/record_fold.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace handshaked::engine {
namespace {

constexpr std::string_view kName = "handshaked-record ";
constexpr std::uint64_t kRecordFormat = 1;
constexpr std::size_t kLongestMark = 400;
constexpr std::array<std::string_view, 3> kKinds = {"entry", "key", "keys"};

/// Takes words off a text; what is not as expected shows at the end.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  std::string_view next() {
    const std::size_t end = text_.find(' ');
    const std::string_view word = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    return word;
  }
  std::string_view named(std::string_view name) {
    std::string_view word = next();
    if (word.starts_with(name)) word.remove_prefix(name.size());
    else is_good_ = false;
    return word;
  }
  template <class T = std::uint64_t>
  T number(std::string_view word) {
    T number = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size()) is_good_ = false;
    return number;
  }
  bool is_good() const { return is_good_ && text_.empty(); }

 private:
  std::string_view text_;
  bool is_good_ = true;
};

bool read_mark(std::string_view line, RecordMark& mark) {
  Words words(line);
  const std::string_view kind = words.next();
  const auto* const known = std::find(kKinds.begin(), kKinds.end(), kind);
  if (known == kKinds.end()) return false;
  mark.kind = static_cast<RecordMark::Kind>(known - kKinds.begin());
  const std::string_view behind = words.named("behind=");
  if (mark.kind == RecordMark::Kind::key && behind == "-") mark.behind.reset();
  else mark.behind = words.number(behind);
  mark.start = words.number(words.named("start="));
  mark.id = words.named("id=");
  if (mark.kind == RecordMark::Kind::key) mark.key = words.named("key=");
  return words.is_good() && mark.key.empty() == (mark.kind != RecordMark::Kind::key);
}

}  // namespace

Error state_among_keys() {
  return Error(ErrorCode::invalid_configuration,
               "a state stands where the group's keys are expected: the group was set up with more "
               "partitions. Use the same in all workers, or "
               "give this group another name");
}

std::string marked(const RecordMark& mark, std::string_view bytes) {
  std::string record(kName);
  record += std::to_string(kRecordFormat) + " " +
            std::string(kKinds.at(static_cast<std::size_t>(mark.kind)));
  record += " behind=" + (mark.behind ? std::to_string(*mark.behind) : "-") +
            " start=" + std::to_string(mark.start) + " id=" + mark.id;
  if (mark.kind == RecordMark::Kind::key) record += " key=" + mark.key;
  record += '\n';
  return record.append(bytes);
}

Result<std::optional<MarkedRecord>> read_marked(std::string_view record) {
  if (!record.starts_with(kName)) return std::optional<MarkedRecord>();
  std::string_view line = record.substr(kName.size(), kLongestMark);
  std::uint64_t version = 0;
  const auto [after, error] = std::from_chars(line.data(), line.data() + line.size(), version);
  if (error != std::errc() || after == line.data() + line.size() || *after != ' ')
    return std::optional<MarkedRecord>();
  if (version > kRecordFormat)  // whatever else such a record looks like
    return fail(ErrorCode::invalid_input,
                "a record of the group was written by a newer handshaked (format " +
                    std::to_string(version) + ", this program knows " +
                    std::to_string(kRecordFormat) + "): install the newer program here, too");
  const std::size_t end = line.find('\n');
  if (end == std::string_view::npos) return std::optional<MarkedRecord>();
  const auto begin = static_cast<std::size_t>(after - line.data()) + 1;
  line = line.substr(begin, end - begin);
  MarkedRecord read{.mark = {}, .bytes = record.substr(kName.size() + end + 1)};
  if (!read_mark(line, read.mark)) return std::optional<MarkedRecord>();
  return std::optional(std::move(read));
}

EntryFold::EntryFold(std::uint64_t begin)
    : begin_(begin), next_offset_(begin == 0 ? 0 : begin - 1), has_begun_(begin == 0) {}

Result<Verdict> EntryFold::take(const RecordLog::Record& record) {
  TRY(const auto read, read_marked(record.bytes));
  const bool is_entry = read && read->mark.kind == RecordMark::Kind::entry;
  if (!has_begun_ && (!is_entry || record.offset != begin_ - 1))
    return fail(ErrorCode::not_found,
                "entry " + std::to_string(begin_) + " of the state is not there any more");
  next_offset_ = record.offset + 1;
  if (!is_entry) return Verdict::foreign;
  const RecordMark& mark = read->mark;
  if (std::exchange(has_begun_, true) && *mark.behind != last_) return Verdict::does_not_count;
  last_ = record.offset + 1;
  told_start_ = std::max(told_start_, mark.start);
  move_start(mark.start);
  entry_ = {.sequence = last_, .payload = std::string(read->bytes), .behind = mark.behind};
  return Verdict::counts;
}

Result<KeyFold> KeyFold::from(const MarkedRecord& keys, std::uint64_t number) {
  KeyFold fold;
  fold.next_offset_ = fold.told_until_ = keys.mark.behind.value_or(0);
  fold.start_ = number;
  const auto broken = [number] {
    return fail(ErrorCode::invalid_input,
                "record " + std::to_string(number) + " of the group's keys cannot be read");
  };
  for (std::string_view rest = keys.bytes; !rest.empty();) {
    const std::size_t line = rest.find('\n');
    if (line == std::string_view::npos) return broken();
    Words words(rest.substr(0, line));
    const std::string key(words.next());
    GroupEngine::Value value;
    value.revision = words.number(words.next());
    value.written_at = Time(Duration(words.number<Duration::rep>(words.next())));
    const std::size_t size = words.number(words.next());
    rest.remove_prefix(line + 1);
    if (!words.is_good() || rest.size() <= size || rest[size] != '\n') return broken();
    value.text = rest.substr(0, size);
    rest.remove_prefix(size + 1);
    fold.values_[key] = std::move(value);
  }
  return fold;
}

std::string KeyFold::text() const {
  std::string text;
  for (const auto& [key, value] : values_) {
    text += key + " " + std::to_string(value.revision) + " " +
            std::to_string(value.written_at.time_since_epoch().count()) + " ";
    text += std::to_string(value.text.size()) + "\n" + value.text + "\n";
  }
  return text;
}

Result<Verdict> KeyFold::take(const RecordLog::Record& record) {
  TRY(const auto read, read_marked(record.bytes));
  next_offset_ = record.offset + 1;
  if (!read) return Verdict::foreign;
  if (read->mark.kind == RecordMark::Kind::entry) return fail(state_among_keys());
  const RecordMark& mark = read->mark;
  if (mark.kind == RecordMark::Kind::keys) {  // it tells what is known here; one that came late
                                              // tells less than one before it
    if (*mark.behind < told_until_) return Verdict::does_not_count;
    start_ = record.offset + 1;
    told_until_ = *mark.behind;
    return Verdict::counts;
  }
  GroupEngine::Value& value = values_[mark.key];
  if (mark.behind && *mark.behind != value.revision) {
    if (value.revision == 0) values_.erase(mark.key);
    return Verdict::does_not_count;
  }
  value = {.text = std::string(read->bytes),
           .revision = record.offset + 1,
           .written_at = record.written_at};
  return Verdict::counts;
}

}  // namespace handshaked::engine
