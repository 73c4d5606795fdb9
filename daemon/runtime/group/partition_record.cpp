#include "runtime/group/partition_record.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/check.h"

namespace handshaked::runtime {
namespace {

constexpr std::string_view kMark = "handshaked-state ";
constexpr std::uint64_t kVersion = 1;
constexpr int kCompression = 1;  // the fastest
constexpr std::array<std::string_view, 4> kKinds = {"taken-over", "nothing", "changes", "copy"};

std::string compressed(std::string_view body) {
  std::string frame(ZSTD_compressBound(body.size()), '\0');
  const std::size_t size =
      ZSTD_compress(frame.data(), frame.size(), body.data(), body.size(), kCompression);
  CHECK(ZSTD_isError(size) == 0);
  frame.resize(size);
  return frame;
}

/// False for what is no frame of a part.
bool expand(std::string_view frame, std::string& into) {
  const unsigned long long size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size > kLargestPart) return false;  // unknown or broken, too
  into.resize(size);
  return ZSTD_decompress(into.data(), into.size(), frame.data(), frame.size()) == size;
}

/// Takes words off a line; what is not as expected shows at the end.
class Words {
 public:
  explicit Words(std::string_view line) : line_(line) {}

  std::string_view next() {
    const std::size_t end = line_.find(' ');
    const std::string_view word = line_.substr(0, end);
    line_.remove_prefix(end == std::string_view::npos ? line_.size() : end + 1);
    return word;
  }
  std::string_view text(std::string_view name) {
    std::string_view word = next();
    if (!word.starts_with(name)) is_good_ = false;
    else word.remove_prefix(name.size());
    return word;
  }
  template <class T>
  void number(std::string_view word, T& into) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), into);
    if (error != std::errc() || end != word.data() + word.size()) is_good_ = false;
  }
  bool is_good() const { return is_good_ && line_.empty(); }

 private:
  std::string_view line_;
  bool is_good_ = true;
};

bool read_head(std::string_view line, PartitionRecord& record) {
  Words words(line);
  const std::string_view kind = words.next();
  const auto* const known = std::find(kKinds.begin(), kKinds.end(), kind);
  if (known == kKinds.end()) return false;
  record.kind = static_cast<PartitionRecord::Kind>(known - kKinds.begin());
  words.number(words.text("schema="), record.schema);
  words.number(words.text("epoch="), record.epoch);
  record.id = words.text("id=");
  const std::string_view part = words.text("part=");
  const std::size_t slash = std::min(part.find('/'), part.size());
  words.number(part.substr(0, slash), record.part);
  words.number(part.substr(std::min(slash + 1, part.size())), record.parts);
  record.by = words.text("by=");
  return words.is_good() && record.part >= 1 && record.part <= record.parts;
}

}  // namespace

std::string to_entry(const PartitionRecord& record) {
  std::string entry(kMark);
  entry += std::to_string(kVersion) + " " +
           std::string(kKinds.at(static_cast<std::size_t>(record.kind)));
  entry += " schema=" + std::to_string(record.schema) + " epoch=" + std::to_string(record.epoch) +
           " id=" + record.id;
  entry += " part=" + std::to_string(record.part) + "/" + std::to_string(record.parts) +
           " by=" + record.by + "\n";
  if (!record.body.empty()) entry += compressed(record.body);
  return entry;
}

Result<std::optional<PartitionRecord>> read_entry(std::string_view entry) {
  constexpr std::size_t kLongestHead = 400;
  const std::size_t end = entry.substr(0, kLongestHead).find('\n');
  if (!entry.starts_with(kMark) || end == std::string_view::npos)
    return std::optional<PartitionRecord>();
  std::string_view head = entry.substr(kMark.size(), end - kMark.size());
  std::uint64_t version = 0;
  const auto [after, error] = std::from_chars(head.data(), head.data() + head.size(), version);
  if (error != std::errc() || *after != ' ') return std::optional<PartitionRecord>();
  if (version > kVersion)
    return fail(ErrorCode::invalid_input, "the state was written by a newer handshaked (format " +
                                              std::to_string(version) + ", this program knows " +
                                              std::to_string(kVersion) +
                                              "): install the newer program here, too");
  head.remove_prefix(static_cast<std::size_t>(after - head.data()) + 1);
  PartitionRecord record;
  if (!read_head(head, record)) return std::optional<PartitionRecord>();
  const std::string_view body = entry.substr(end + 1);
  if (!body.empty() && !expand(body, record.body)) return std::optional<PartitionRecord>();
  return std::optional(std::move(record));
}

}  // namespace handshaked::runtime
