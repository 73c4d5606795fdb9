#include "cli/host/fix_record.h"

#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "base/digest.h"
#include "base/json/json_writer.h"
#include "nginx/configuration/configuration_file.h"
#include "parse/time_zone.h"

namespace handshaked::cli {
namespace {

namespace fs = std::filesystem;
using simdjson::dom::element;

constexpr std::size_t kMostBackups = 10'000;
constexpr std::size_t kNoBound = std::numeric_limits<std::size_t>::max();

/// Nobody else can have put something else there.
bool is_ours(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && !S_ISLNK(status.st_mode) &&
         status.st_uid == ::geteuid() && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::string text_in(const element& from, std::string_view key) {
  std::string_view text;
  return from[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::optional<Time> time_in(const element& from, std::string_view key) {
  const auto parsed = parse::parse_rfc3339(text_in(from, key));
  return parsed ? std::optional(parsed->utc) : std::nullopt;
}

std::optional<FixRecord> read_record(const std::string& backup) {
  const std::string path = backup + "/" + kAppliedRecord;
  std::error_code failure;
  if (!is_ours(backup) || !is_ours(path) || fs::exists(backup + "/" + kUndoneRecord, failure))
    return std::nullopt;
  const auto text = nginx::DiskFiles().read(path, kNoBound);
  simdjson::dom::parser parser;
  element root;
  if (!text || parser.parse(text.value()).get(root) != simdjson::SUCCESS) return std::nullopt;
  FixRecord record;
  record.backup = backup;
  record.incident = text_in(root, "incident");
  record.fix = text_in(root, "fix");
  record.title = text_in(root, "title");
  record.applied_at = time_in(root, "applied_at");
  record.verified_at = time_in(root, "verified_at");
  simdjson::dom::array list;
  if (root["worked_before"].get(list) == simdjson::SUCCESS) {
    for (const element item : list) {
      if (std::string_view key; item.get(key) == simdjson::SUCCESS)
        record.worked_before.emplace_back(key);
    }
  }
  if (root["files"].get(list) != simdjson::SUCCESS) return std::nullopt;
  for (const element item : list) {
    bool is_new = false;
    if (item["new"].get(is_new) != simdjson::SUCCESS) is_new = false;
    record.files.push_back(
        {.path = text_in(item, "path"), .is_new = is_new, .after_sha256 = text_in(item, "sha256")});
    if (!record.files.back().path.starts_with('/')) return std::nullopt;
  }
  return record;
}

}  // namespace

bool FixRecord::is_in_place() const {
  return std::all_of(files.begin(), files.end(), [](const File& file) {
    const auto now = nginx::DiskFiles().read(file.path, kNoBound);
    return now && sha256_hex(now.value(), 64) == file.after_sha256;
  });
}

std::string to_json(const FixRecord& record) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("incident", record.incident)
      .member("fix", record.fix)
      .member("title", record.title);
  if (record.applied_at) json.member("applied_at", parse::format_rfc3339(*record.applied_at));
  if (record.verified_at) json.member("verified_at", parse::format_rfc3339(*record.verified_at));
  json.array("worked_before", record.worked_before).key("files").begin_array();
  for (const FixRecord::File& file : record.files)
    json.begin_object()
        .member("path", file.path)
        .member("new", file.is_new)
        .member("sha256", file.after_sha256)
        .end_object();
  json.end_array().end_object();
  return out + "\n";
}

std::optional<FixRecord> last_applied(const std::string& root, const std::string& incident) {
  std::vector<std::string> backups;
  std::error_code failure;
  fs::directory_iterator entry(root, failure);
  for (const fs::directory_iterator end; !failure && entry != end && backups.size() < kMostBackups;
       entry.increment(failure))
    backups.push_back(entry->path().string());
  std::sort(backups.rbegin(), backups.rend());  // their names begin with the time
  for (const std::string& backup : backups) {
    auto record = read_record(backup);
    if (record && record->incident.starts_with(incident)) return record;
  }
  return std::nullopt;
}

Result<std::string> text_before(const FixRecord& record, const FixRecord::File& file) {
  const std::string copy = record.backup + file.path;
  if (!is_ours(copy))
    return fail(ErrorCode::not_found,
                "the copy " + copy + " is not there, or somebody else can write it");
  auto text = nginx::DiskFiles().read(copy, kNoBound);
  if (!text) return fail(ErrorCode::io, "cannot read " + copy);
  return text;
}

}  // namespace handshaked::cli
