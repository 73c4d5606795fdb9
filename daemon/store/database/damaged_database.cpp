#include "store/database/damaged_database.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <system_error>
#include <vector>

namespace handshaked::store {

namespace {

namespace fs = std::filesystem;

/// "20261121T101530.012345Z": sorts by time.
std::string stamp(Time now) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(now);
  const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S", &parts);
  const std::string fraction = std::to_string(1'000'000 + (now - whole).count()).substr(1);
  return std::string(text.data()) + "." + fraction + "Z";
}

fs::path with_suffix(const fs::path& path, const std::string& suffix) { return fs::path(path.string() + suffix); }

Result<> rename_if_there(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error && error != std::errc::no_such_file_or_directory) {
    return fail(error_from_errno(error.value(), "cannot move " + from.string() + " aside"));
  }
  return success();
}

/// Best effort: a directory that cannot be listed only keeps more than it should.
void delete_oldest(const fs::path& database) {
  const std::string prefix = database.filename().string() + ".corrupt-";
  std::vector<fs::path> kept;
  std::error_code error;
  for (fs::directory_iterator entry(database.parent_path(), error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(prefix) && !name.ends_with("-wal") && !name.ends_with("-shm")) kept.push_back(entry->path());
  }
  std::sort(kept.begin(), kept.end());
  for (std::size_t i = 0; i + kDamagedDatabasesKept < kept.size(); ++i) {
    for (const char* part : {"", "-wal", "-shm"}) fs::remove(with_suffix(kept[i], part), error);
  }
}

}  // namespace

Result<fs::path> move_aside(const fs::path& database, Time now) {
  std::error_code error;
  fs::path target = with_suffix(database, ".corrupt-" + stamp(now));
  while (fs::exists(target, error)) target = with_suffix(database, ".corrupt-" + stamp(now += Duration(1)));
  // The log goes first: should we die in between, the next start meets a damaged database without a log, which is
  // moved aside under a name of its own. A log left beside a new database would be worse: it might be replayed into it.
  TRY(rename_if_there(with_suffix(database, "-wal"), with_suffix(target, "-wal")));
  TRY(rename_if_there(with_suffix(database, "-shm"), with_suffix(target, "-shm")));
  TRY(rename_if_there(database, target));
  delete_oldest(database);
  return target;
}

}  // namespace handshaked::store
