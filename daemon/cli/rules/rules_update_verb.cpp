#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "base/digest.h"
#include "base/file_descriptor.h"
#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/text_file.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/knowledge/rules_location.h"
#include "cli/log/log_reading.h"
#include "cli/rules/rules_archive.h"
#include "cli/rules/rules_verb.h"
#include "config/config_file.h"

namespace handshaked::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestSignature = 4096;
constexpr const char* kCurrent = "current";
constexpr const char* kPrevious = "previous";

int give_up(const Error& error) {
  std::fprintf(stderr, "handshaked: %s\n", visible_text(error.message()).c_str());
  switch (error.code()) {
    case ErrorCode::invalid_configuration: return kExitConfiguration;
    case ErrorCode::invalid_input: return kExitUsage;
    default: return kExitNothing;
  }
}

/// What a link in the directory of updates points to; empty when there is none.
std::string target_of(const fs::path& link) {
  std::error_code error;
  return fs::read_symlink(link, error).string();
}

Result<> sync_directory(const fs::path& directory) {
  const FileDescriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || ::fsync(opened.number()) != 0)
    return error_from_errno(errno, directory.string());
  return success();
}

/// Another target for a link, in one step: whoever reads finds the old one or the new one.
Result<> point(const fs::path& link, const std::string& target) {
  const fs::path made = link.string() + ".new";
  std::error_code error;
  fs::remove(made, error);
  fs::create_symlink(target, made, error);
  if (!error) fs::rename(made, link, error);
  if (error) return fail(ErrorCode::io, link.string() + ": " + error.message());
  return sync_directory(link.parent_path());
}

Result<> write_files(const RulesArchive& archive, const fs::path& directory) {
  for (const auto& [path, content] : archive.files) {
    TRY(write_text_file(directory / path, content));
  }
  TRY(write_text_file(directory / kEditionFile, archive.edition + "\n"));
  const FileDescriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || ::syncfs(opened.number()) != 0)
    return error_from_errno(errno, directory.string());
  return success();
}

/// Every rule is read and every expression compiled, as the daemon does: what it would refuse is
/// not put in force.
Result<std::size_t> usable_rules(const fs::path& directory) {
  const KnowledgeBase base = load_knowledge_base(directory.string(), KnowledgeDepth::all_compiled);
  if (!base.problems.empty()) {
    return fail(ErrorCode::invalid_input,
                "the archive holds what this version of handshaked cannot use: " +
                    base.problems.front().message() +
                    (base.problems.size() > 1
                         ? " (and " + std::to_string(base.problems.size() - 1) + " more)"
                         : ""));
  }
  return base.rules->rules().size();
}

/// All but what the two links point to.
void remove_old_editions(const fs::path& directory) {
  const std::string current = target_of(directory / kCurrent),
                    previous = target_of(directory / kPrevious);
  std::error_code error;
  std::vector<fs::path> old;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("rules-") && name != current && name != previous)
      old.push_back(entry.path());
  }
  for (const fs::path& path : old) fs::remove_all(path, error);
}

Result<std::string> put_in_force(const RulesArchive& archive, const fs::path& directory,
                                 const std::string& name) {
  const std::string current = target_of(directory / kCurrent);
  if (current == name) return std::string("edition " + archive.edition + " is in force already");
  const fs::path made = directory / (name + ".new"), whole = directory / name;
  std::error_code error;
  fs::remove_all(made, error);
  fs::create_directories(directory, error);
  if (error) return fail(ErrorCode::io, directory.string() + ": " + error.message());
  const auto written = write_files(archive, made);
  const auto usable = written ? usable_rules(made) : Result<std::size_t>(written.error());
  if (!usable) {
    fs::remove_all(made, error);
    return usable.error();
  }
  fs::remove_all(whole, error);
  fs::rename(made, whole, error);
  if (error) return fail(ErrorCode::io, whole.string() + ": " + error.message());
  if (!current.empty()) {
    TRY(point(directory / kPrevious, current));
  }
  TRY(point(directory / kCurrent, name));
  remove_old_editions(directory);
  return "edition " + archive.edition + " is in force: " + std::to_string(usable.value()) +
         " rules in " + (directory / kCurrent).string();
}

Result<std::string> roll_back(const fs::path& directory) {
  const std::string current = target_of(directory / kCurrent),
                    previous = target_of(directory / kPrevious);
  std::error_code error;
  if (current.empty())
    return fail(ErrorCode::not_found, "no update is in force in " + directory.string());
  if (previous.empty()) {
    fs::remove(directory / kCurrent, error);
    if (error) return fail(ErrorCode::io, (directory / kCurrent).string() + ": " + error.message());
    return std::string("the rules that were installed are in force again");
  }
  TRY(point(directory / kCurrent, previous));
  fs::remove(directory / kPrevious, error);
  TRY(const std::string edition, read_edition((directory / kCurrent).string()));
  return "edition " + edition + " is in force again";
}

Result<std::string> update(const RulesUpdateOptions& options, const fs::path& directory) {
  const config::LoadedConfig loaded = config::load_named_config(options.config_file);
  if (!loaded.problems.empty())
    return fail(ErrorCode::invalid_configuration, loaded.problems.front().message());
  if (loaded.config.rules_public_key.empty()) {
    return fail(ErrorCode::invalid_configuration,
                "no key is pinned: set public_key in [rules] of the configuration to the public "
                "key of whoever signs your rules");
  }
  TRY(const std::string bytes, read_text_file(options.file));
  TRY(const std::string signature,
      read_text_file(options.signature.empty() ? options.file + ".sig" : options.signature));
  if (signature.size() > kLargestSignature)
    return fail(ErrorCode::invalid_input, "the signature is too long to be one");
  TRY(check_rules_signature(bytes, signature, loaded.config.rules_public_key));
  TRY(const RulesArchive archive, read_rules_archive(bytes));
  const std::string in_use = find_rules("");
  const auto edition = read_edition(
      target_of(directory / kCurrent).empty() ? in_use : (directory / kCurrent).string());
  if (edition && archive.edition < edition.value() && !options.may_be_older) {
    return fail(ErrorCode::permission_denied, "edition " + archive.edition + " is older than " +
                                                  edition.value() +
                                                  ", which is in force; --older takes it all the "
                                                  "same, --rollback goes back to the one before");
  }
  return put_in_force(archive, directory, "rules-" + archive.edition + "-" + sha256_hex(bytes, 12));
}

}  // namespace

int run_rules_update(const RulesUpdateOptions& options) {
  const fs::path directory =
      options.directory.empty() ? fs::path(kUpdatesDirectory) : fs::path(options.directory);
  if (options.is_rollback == !options.file.empty())
    return give_up({ErrorCode::invalid_input, "name an archive, or --rollback"});
  const auto done = options.is_rollback ? roll_back(directory) : update(options, directory);
  if (!done) return give_up(done.error());
  std::printf("%s\nA running daemon takes it with: systemctl reload handshaked\n",
              done.value().c_str());
  return kExitDone;
}

}  // namespace handshaked::cli
