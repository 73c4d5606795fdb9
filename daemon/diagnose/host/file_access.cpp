#include "diagnose/host/file_access.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>

#include "diagnose/texts.h"

namespace handshaked::diagnose {
namespace {

constexpr std::size_t kNameBuffer = 16 * 1024;

std::string user_name(uid_t id) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(kNameBuffer);
  const bool is_known =
      ::getpwuid_r(id, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return is_known ? found->pw_name : std::to_string(id);
}

std::string group_name(gid_t id) {
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer(kNameBuffer);
  const bool is_known =
      ::getgrgid_r(id, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr;
  return is_known ? found->gr_name : std::to_string(id);
}

std::optional<gid_t> group_id(const std::string& name) {
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer(kNameBuffer);
  const bool is_known =
      ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
      found != nullptr;
  return is_known ? std::optional(found->gr_gid) : std::nullopt;
}

bool is_member(const Reader& reader, gid_t group) {
  return std::find(reader.groups.begin(), reader.groups.end(), group) != reader.groups.end();
}

/// `bit` as in the last octal digit of a mode: 4 to read, 1 to search.
bool is_granted(const struct stat& status, const Reader& reader, mode_t bit) {
  if (reader.user == 0) return true;
  if (status.st_uid == reader.user) return (status.st_mode & (bit << 6)) != 0;
  if (is_member(reader, status.st_gid)) return (status.st_mode & (bit << 3)) != 0;
  return (status.st_mode & bit) != 0;
}

Text remedy_for(const struct stat& status, const Reader& reader, mode_t bit,
                const std::string& at) {
  const std::string group = group_name(status.st_gid);
  if (status.st_gid != 0 && (status.st_mode & (bit << 3)) != 0 &&
      !is_member(reader, status.st_gid)) {
    return diagnosis_text("access.join_group", {{"user", reader.name}, {"group", group}});
  }
  const std::string grant = "setfacl -m u:" + reader.name + (bit == 4 ? ":r " : ":x ") + at;
  return diagnosis_text("access.grant", {{"command", grant}});
}

AccessProblem problem_at(const std::string& at, const struct stat& status, const Reader& reader,
                         mode_t bit) {
  std::array<char, 8> mode{};
  std::snprintf(mode.data(), mode.size(), "%04o", static_cast<unsigned>(status.st_mode & 07777U));
  const std::string owners = user_name(status.st_uid) + ":" + group_name(status.st_gid);
  AccessProblem problem;
  problem.at = at;
  problem.text = diagnosis_text(
      bit == 4 ? "access.may_not_read" : "access.may_not_search",
      {{"file", at}, {"owner", owners}, {"mode", mode.data()}, {"user", reader.name}});
  problem.remedy = remedy_for(status, reader, bit, at);
  problem.is_sure = ::getxattr(at.c_str(), "system.posix_acl_access", nullptr, 0) <= 0;
  return problem;
}

}  // namespace

Reader this_process() {
  Reader reader{.name = user_name(::geteuid()), .user = ::geteuid(), .groups = {::getegid()}};
  std::array<gid_t, 256> groups{};
  const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
  if (count > 0) reader.groups.insert(reader.groups.end(), groups.begin(), groups.begin() + count);
  return reader;
}

std::optional<Reader> reader_named(const std::string& user,
                                   const std::vector<std::string>& more_groups) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(kNameBuffer);
  if (::getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr)
    return std::nullopt;
  Reader reader{.name = user, .user = found->pw_uid, .groups = {found->pw_gid}};
  std::array<gid_t, 256> groups{};
  int count = static_cast<int>(groups.size());
  if (::getgrouplist(user.c_str(), found->pw_gid, groups.data(), &count) >= 0)
    reader.groups.insert(reader.groups.end(), groups.begin(), groups.begin() + count);
  for (const std::string& name : more_groups) {
    if (const auto id = group_id(name)) reader.groups.push_back(*id);
  }
  return reader;
}

std::optional<AccessProblem> access_problem(const std::string& path, const Reader& reader) {
  std::error_code failure;
  std::filesystem::path at = std::filesystem::weakly_canonical(path, failure);
  if (failure) at = path;
  std::vector<std::filesystem::path> above;
  for (std::filesystem::path directory = at.parent_path(); !directory.empty();
       directory = directory.parent_path()) {
    above.push_back(directory);
    if (directory == directory.root_path()) break;
  }
  struct stat status {};
  for (auto directory = above.rbegin(); directory != above.rend(); ++directory) {
    if (::stat(directory->c_str(), &status) != 0) return std::nullopt;
    if (!is_granted(status, reader, 1)) return problem_at(directory->string(), status, reader, 1);
  }
  if (::stat(at.c_str(), &status) != 0 || is_granted(status, reader, 4)) return std::nullopt;
  return problem_at(at.string(), status, reader, 4);
}

}  // namespace handshaked::diagnose
