#include "ingest/rotated_files.h"

#include <dirent.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <memory>

#include "ingest/file_status.h"

namespace handshaked::ingest {

namespace {

constexpr std::array<std::string_view, 8> kCompressedEndings{".gz",  ".zst",  ".xz",  ".bz2",
                                                             ".lz4", ".lzma", ".zip", ".Z"};
constexpr std::size_t kMostNumberDigits = 4;
constexpr std::size_t kMostFiles = 4096;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view compressed_ending(std::string_view name) {
  for (const std::string_view ending : kCompressedEndings) {
    if (name.size() > ending.size() && name.ends_with(ending)) return ending;
  }
  return {};
}

std::optional<std::uint32_t> parse_rotation_number(std::string_view suffix) {
  if (suffix.size() < 2 || suffix.size() > 1 + kMostNumberDigits || suffix[0] != '.')
    return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(suffix.data() + 1, suffix.data() + suffix.size(), number);
  if (error != std::errc() || end != suffix.data() + suffix.size()) return std::nullopt;
  return number;
}

int two_digits(std::string_view digits, std::size_t at) {
  return (digits[at] - '0') * 10 + (digits[at + 1] - '0');
}

/// The digits of "-20261121-030000", empty when it is no date.
std::string parse_rotation_date(std::string_view suffix) {
  if (suffix.size() < 9 || suffix.size() > 32) return {};
  if (suffix[0] != '-' && suffix[0] != '.' && suffix[0] != '_') return {};
  suffix.remove_prefix(1);
  if (!is_digit(suffix.front()) || !is_digit(suffix.back())) return {};
  std::string digits;
  for (const char c : suffix) {
    if (is_digit(c)) {
      digits += c;
    } else if (c != '-' && c != '_' && c != 'T' && c != ':' && c != '.') {
      return {};
    }
  }
  if (digits.size() < 8) return {};
  const bool is_seconds =
      digits.size() == 10 && suffix.size() == 10 && digits[0] == '1' && digits[1] >= '2';
  const int century = two_digits(digits, 0);
  const int month = two_digits(digits, 4);
  const int day = two_digits(digits, 6);
  const bool is_date =
      (century == 19 || century == 20) && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  return is_date || is_seconds ? digits : std::string();
}

/// Beside which name, and in which directory, to look.
struct Place {
  std::string directory;
  std::string name;
};

Place place_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

struct Candidate {
  RotationName name;
  RotatedFile file;
};

std::vector<Candidate> list_candidates(const Place& place) {
  std::vector<Candidate> candidates;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(place.directory.c_str()),
                                                      &::closedir);
  if (!directory) return candidates;
  while (const dirent* entry = ::readdir(directory.get())) {
    auto name = rotation_of(place.name, entry->d_name);
    if (!name || candidates.size() == kMostFiles) continue;
    const auto status = read_status_in(::dirfd(directory.get()), entry->d_name);
    if (!status || !status.value().is_regular) continue;
    RotatedFile file{.path = (place.directory == "/" ? "" : place.directory) + "/" + entry->d_name,
                     .node = status.value().node,
                     .size = status.value().size,
                     .modified = status.value().modified,
                     .readable = name->compression.empty() || name->compression == ".gz" ||
                                 name->compression == ".zst"};
    candidates.push_back({std::move(*name), std::move(file)});
  }
  return candidates;
}

bool is_twin(const Candidate& a, const Candidate& b) {
  return a.name.number == b.name.number && a.name.date == b.name.date;
}

/// One kind of name, newest first, without the twins that are still being compressed.
std::vector<RotatedFile> sorted_files(std::vector<Candidate> candidates) {
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    if (a.name.number != b.name.number) return a.name.number < b.name.number;
    if (a.name.date != b.name.date) return a.name.date > b.name.date;
    return a.name.compression < b.name.compression;  // as it is comes first
  });
  candidates.erase(std::unique(candidates.begin(), candidates.end(), is_twin), candidates.end());
  std::vector<RotatedFile> files;
  files.reserve(candidates.size());
  for (Candidate& candidate : candidates) files.push_back(std::move(candidate.file));
  return files;
}

std::vector<RotatedFile> merged(const std::vector<RotatedFile>& a,
                                const std::vector<RotatedFile>& b) {
  std::vector<RotatedFile> both;
  std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both),
             [](const RotatedFile& x, const RotatedFile& y) { return x.modified > y.modified; });
  return both;
}

std::vector<RotatedFile> rotated_files_at(const Place& place) {
  std::vector<Candidate> candidates = list_candidates(place);
  const auto dated = std::partition(candidates.begin(), candidates.end(),
                                    [](const Candidate& c) { return c.name.number.has_value(); });
  std::vector<Candidate> by_date(std::make_move_iterator(dated),
                                 std::make_move_iterator(candidates.end()));
  candidates.erase(dated, candidates.end());
  return merged(sorted_files(std::move(candidates)), sorted_files(std::move(by_date)));
}

}  // namespace

bool has_compressed_name(std::string_view name) { return !compressed_ending(name).empty(); }

std::optional<RotationName> rotation_of(std::string_view log, std::string_view name) {
  RotationName rotation;
  rotation.compression = compressed_ending(name);
  std::string_view rest = name.substr(0, name.size() - rotation.compression.size());
  if (log.empty() || rest.size() <= log.size()) return std::nullopt;
  if (rest.starts_with(log)) {
    const std::string_view suffix = rest.substr(log.size());
    rotation.number = parse_rotation_number(suffix);
    if (rotation.number) return rotation;
    rotation.date = parse_rotation_date(suffix);
    if (!rotation.date.empty()) return rotation;
  }
  const auto dot = log.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  if (!rest.starts_with(log.substr(0, dot)) || !rest.ends_with(log.substr(dot)))
    return std::nullopt;
  rotation.date = parse_rotation_date(rest.substr(dot, rest.size() - log.size()));
  rotation.before_extension = true;
  if (rotation.date.empty()) return std::nullopt;
  return rotation;
}

std::vector<RotatedFile> rotated_files_of(const std::string& path, const std::string& resolved) {
  std::vector<RotatedFile> files = rotated_files_at(place_of(path));
  if (resolved == path) return files;
  const std::vector<RotatedFile> beside_target = rotated_files_at(place_of(resolved));
  // The same directory under two names, or links beside links: a file counts once.
  std::erase_if(files, [&](const RotatedFile& file) {
    return std::any_of(beside_target.begin(), beside_target.end(),
                       [&](const RotatedFile& other) { return other.node == file.node; });
  });
  return merged(files, beside_target);
}

}  // namespace handshaked::ingest
