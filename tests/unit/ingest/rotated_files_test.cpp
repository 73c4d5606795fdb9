#include "ingest/rotated_files.h"

#include <gtest/gtest.h>

#include <chrono>

#include "log_directory.h"

namespace handshaked::ingest {
namespace {

using test::LogDirectory;

TEST(RotationName, KnowsTheNamesThatLogrotateGives) {
  for (const char* name :
       {"error.log.1", "error.log.0", "error.log.12.gz", "error.log.2.zst", "error.log-20261121",
        "error.log-20261121.gz", "error.log-20261121-030000", "error.log-2026-11-21.zst",
        "error.log.20261121", "error.log-2026112103", "error.log-1795230000", "error-20261121.log",
        "error-20261121.log.gz", "error.log.3.xz"}) {
    EXPECT_TRUE(rotation_of("error.log", name)) << name;
  }
}

TEST(RotationName, LeavesOtherNamesAlone) {
  for (const char* name :
       {"error.log", "error.log.", "error.log.gz", "error.log.old", "error.log.1.bak", "error.log1",
        "error.log.12345", "error.log-20261321", "error.log-2026112", "error.log-", "access.log.1",
        "error.2.log", "error-api.log", "error-20261121.txt", "xerror.log.1", "", ".1",
        "error.log-20261121-x"}) {
    EXPECT_FALSE(rotation_of("error.log", name)) << name;
  }
}

std::vector<std::string> names(const std::vector<RotatedFile>& files) {
  std::vector<std::string> result;
  for (const RotatedFile& file : files)
    result.push_back(std::filesystem::path(file.path).filename());
  return result;
}

TEST(RotatedFiles, ComeNewestFirstByNumber) {
  LogDirectory logs;
  for (const char* name : {"error.log.10.gz", "error.log.2.gz", "error.log.1", "error.log",
                           "error.log.3.xz", "access.log.1"})
    logs.append("x", name);
  const auto files = rotated_files_of(logs.path(), logs.path());
  EXPECT_EQ(names(files), (std::vector<std::string>{"error.log.1", "error.log.2.gz",
                                                    "error.log.3.xz", "error.log.10.gz"}));
  EXPECT_FALSE(files[2].readable);
  EXPECT_TRUE(files[3].readable);
}

TEST(RotatedFiles, ComeNewestFirstByDate) {
  LogDirectory logs;
  for (const char* name : {"error.log-20261119.gz", "error.log-20261121-0600",
                           "error.log-20261121-0500", "error.log-20261120"})
    logs.append("x", name);
  EXPECT_EQ(names(rotated_files_of(logs.path(), logs.path())),
            (std::vector<std::string>{"error.log-20261121-0600", "error.log-20261121-0500",
                                      "error.log-20261120", "error.log-20261119.gz"}));
}

TEST(RotatedFiles, ListAFileThatIsBeingCompressedOnce) {
  LogDirectory logs;
  for (const char* name : {"error.log.1", "error.log.1.gz", "error.log.2.gz"})
    logs.append("x", name);
  EXPECT_EQ(names(rotated_files_of(logs.path(), logs.path())),
            (std::vector<std::string>{"error.log.1", "error.log.2.gz"}));
}

TEST(RotatedFiles, OfTwoKindsAreOrderedByTime) {
  LogDirectory logs;
  const auto now = std::filesystem::file_time_type::clock::now();
  int age = 0;
  for (const char* name :
       {"error.log-20261121", "error.log-20261120", "error.log.1", "error.log.2"}) {
    logs.append("x", name);
    std::filesystem::last_write_time(logs.path(name), now - std::chrono::hours(++age));
  }
  EXPECT_EQ(names(rotated_files_of(logs.path(), logs.path())),
            (std::vector<std::string>{"error.log-20261121", "error.log-20261120", "error.log.1",
                                      "error.log.2"}));
}

TEST(RotatedFiles, AreFoundBesideTheTargetOfALink) {
  LogDirectory logs;
  std::filesystem::create_directory(logs.path("real"));
  logs.append("x", "real/e.log.1");
  EXPECT_EQ(names(rotated_files_of(logs.path(), logs.path("real/e.log"))),
            (std::vector<std::string>{"e.log.1"}));
}

}  // namespace
}  // namespace handshaked::ingest
