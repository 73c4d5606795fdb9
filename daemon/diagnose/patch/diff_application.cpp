#include "diagnose/patch/diff_application.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "diagnose/patch/diff_lines.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kMostBytes = 16U << 20;
constexpr std::string_view kNoEnd = "\\ No newline at end of file\n";

auto malformed(std::string_view what) {
  return fail(ErrorCode::invalid_input, "the patch cannot be read: " + std::string(what));
}

std::optional<std::string> unquoted(std::string_view quoted) {
  std::string name;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] != '\\') {
      name += quoted[i];
    } else if (i + 3 < quoted.size() && quoted[i + 1] >= '0' && quoted[i + 1] <= '3') {
      unsigned value = 0;
      const auto parsed = std::from_chars(quoted.data() + i + 1, quoted.data() + i + 4, value, 8);
      if (parsed.ptr != quoted.data() + i + 4) return std::nullopt;
      name += static_cast<char>(value);
      i += 3;
    } else {
      name += quoted[++i];
    }
  }
  return name;
}

/// "--- a/etc/x" gives "/etc/x"; "/dev/null" gives an empty text.
std::optional<std::string> path_in(std::string_view line, std::string_view mark,
                                   std::string_view side) {
  if (!line.starts_with(mark) || !line.ends_with('\n')) return std::nullopt;
  std::string name(line.substr(mark.size(), line.size() - mark.size() - 1));
  if (name == "/dev/null") return std::string();
  if (name.starts_with('"') && name.size() > 1) {
    auto plain = unquoted(name);
    if (!plain) return std::nullopt;
    name = std::move(*plain);
  } else if (name.ends_with('\t')) {
    name.pop_back();
  }
  const bool climbs = name.find("/../") != std::string::npos || name.ends_with("/..");
  if (!name.starts_with(side) || climbs) return std::nullopt;
  return name.substr(1);
}

struct Range {
  std::size_t begin = 0, count = 1;
};

/// "12,3" or "12".
std::optional<Range> range_in(std::string_view text) {
  Range range;
  const char* const end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, range.begin);
  if (parsed.ec != std::errc()) return std::nullopt;
  if (parsed.ptr == end) return range;
  if (*parsed.ptr != ',') return std::nullopt;
  parsed = std::from_chars(parsed.ptr + 1, end, range.count);
  return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(range) : std::nullopt;
}

/// "@@ -1,2 +1,3 @@": the old range, and how many lines the new one has.
struct HunkHeader {
  Range old_range;
  std::size_t new_count = 0;
};
std::optional<HunkHeader> hunk_header(std::string_view line) {
  const std::size_t plus = line.find(" +"),
                    end = line.find(" @@", plus == std::string_view::npos ? 0 : plus);
  if (!line.starts_with("@@ -") || plus == std::string_view::npos || end == std::string_view::npos)
    return std::nullopt;
  const auto old_range = range_in(line.substr(4, plus - 4));
  const auto new_range = range_in(line.substr(plus + 2, end - plus - 2));
  if (!old_range || !new_range || (old_range->begin == 0 && old_range->count > 0))
    return std::nullopt;
  return HunkHeader{*old_range, new_range->count};
}

class DiffReader {
 public:
  DiffReader(std::string_view diff, const nginx::ConfigurationFiles& files)
      : lines_(diff_lines(diff)), files_(files) {}

  Result<std::map<std::string, DiffedFile>> read() {
    if (lines_.empty()) return malformed("it is empty");
    while (line().starts_with('#')) ++at_;
    while (at_ < lines_.size()) {
      TRY(read_file());
    }
    return std::move(result_);
  }

 private:
  std::string_view line() const { return at_ < lines_.size() ? lines_[at_] : std::string_view(); }

  Result<> read_file() {
    const auto from = path_in(line(), "--- ", "a/");
    if (!from) return malformed("line " + std::to_string(at_ + 1));
    ++at_;
    const auto to = path_in(line(), "+++ ", "b/");
    if (!to || to->empty() || (!from->empty() && *from != *to))
      return malformed("line " + std::to_string(at_ + 1));
    ++at_;
    if (result_.contains(*to)) return malformed(*to + " stands in it twice");
    DiffedFile file;
    file.is_new = from->empty();
    auto before = files_.read(*to, kMostBytes);
    if (file.is_new) {
      if (before || before.error().code() != ErrorCode::not_found)
        return fail(ErrorCode::invalid_input, *to + " is there already");
    } else {
      if (!before) return fail(before.error());
      file.before = std::move(before).value();
    }
    TRY(apply_hunks(*to, file));
    result_.emplace(*to, std::move(file));
    return success();
  }

  Result<> apply_hunks(const std::string& path, DiffedFile& file) {
    const std::vector<std::string_view> old_lines = diff_lines(file.before);
    std::size_t old_at = 0;
    while (line().starts_with("@@ ")) {
      const auto header = hunk_header(line());
      if (!header) return malformed("line " + std::to_string(at_ + 1));
      ++at_;
      // An empty range names the line before it.
      const Range& range = header->old_range;
      const std::size_t begin = range.count == 0 ? range.begin : range.begin - 1;
      if (begin < old_at || begin > old_lines.size() || range.count > old_lines.size() - begin)
        return fail(ErrorCode::invalid_input, path + " has changed: it has too few lines");
      while (old_at < begin) file.after += old_lines[old_at++];
      TRY(apply_hunk(path, old_lines, begin + range.count, header->new_count, old_at, file.after));
    }
    while (old_at < old_lines.size()) file.after += old_lines[old_at++];
    return success();
  }

  Result<> apply_hunk(const std::string& path, const std::vector<std::string_view>& old_lines,
                      std::size_t old_end, std::size_t new_left, std::size_t& old_at,
                      std::string& after) {
    while (old_at < old_end || new_left > 0) {
      const char mark = line().empty() ? '\0' : line().front();
      const bool is_old = mark == ' ' || mark == '-', is_new = mark == ' ' || mark == '+';
      if ((!is_old && !is_new) || (is_old && old_at == old_end) || (is_new && new_left == 0)) {
        return malformed("line " + std::to_string(at_ + 1));
      }
      std::string_view text = line().substr(1);
      ++at_;
      if (line() == kNoEnd) {
        text.remove_suffix(text.ends_with('\n') ? 1 : 0);
        ++at_;
      }
      if (is_old && old_lines[old_at] != text) {
        return fail(ErrorCode::invalid_input, path + ":" + std::to_string(old_at + 1) +
                                                  " is not what the patch was made for");
      }
      old_at += is_old ? 1 : 0;
      new_left -= is_new ? 1 : 0;
      if (is_new) after += text;
    }
    return success();
  }

  std::vector<std::string_view> lines_;
  const nginx::ConfigurationFiles& files_;
  std::map<std::string, DiffedFile> result_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::map<std::string, DiffedFile>> apply_unified_diff(
    std::string_view diff, const nginx::ConfigurationFiles& files) {
  return DiffReader(diff, files).read();
}

}  // namespace handshaked::diagnose
