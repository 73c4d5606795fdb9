#include "cli/host/fix_application.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/digest.h"
#include "base/signals_held.h"
#include "cli/host/file_replacement.h"
#include "cli/texts.h"
#include "diagnose/patch/configuration_trial.h"
#include "diagnose/patch/diff_application.h"
#include "diagnose/patch/patched_files.h"
#include "diagnose/patch/program_run.h"

namespace handshaked::cli {
namespace {

using diagnose::DiffedFile;
using diagnose::NginxAtHand;
using diagnose::Text;
using DiffedFiles = std::map<std::string, DiffedFile>;

constexpr nginx::NginxVersion kErrorLogOption{1, 19, 5};

/// The error log of nginx's master, from now on.
class MainLog {
 public:
  explicit MainLog(const NginxAtHand& nginx) {
    for (const nginx::ErrorLog& log : nginx::effective_error_logs(
             nginx.read->configuration.root(), nginx.read->configuration, nginx.installation)) {
      if (log.kind == nginx::ErrorLog::Kind::file && path_.empty()) path_ = log.path;
    }
    std::error_code ignored;
    if (const auto size = std::filesystem::file_size(path_, ignored); !ignored) begin_ = size;
  }
  /// "bind() to 0.0.0.0:443 failed …"; empty when there is none.
  std::string last_emergency() const {
    std::ifstream file(path_, std::ios::binary);
    file.seekg(static_cast<std::streamoff>(begin_));
    std::string found;
    std::size_t lines = 0;
    for (std::string line; lines < kMostLines && std::getline(file, line); ++lines) {
      if (const std::size_t at = line.find("[emerg]"); at != std::string::npos)
        found = line.substr(at);
    }
    return found;
  }

 private:
  static constexpr std::size_t kMostLines = 100'000;
  std::string path_;
  std::uintmax_t begin_ = 0;
};

class FixRun {
 public:
  FixRun(const NginxAtHand& nginx, const FixOptions& options) : nginx_(nginx), options_(options) {}

  FixReport try_it(const diagnose::Fix& fix) {
    if (read_patch(fix) && try_copy()) report_.outcome = FixOutcome::unverified;
    return std::move(report_);
  }

  FixReport apply(const diagnose::Fix& fix, const std::function<Verification()>& verify) {
    report_.deed = FixReport::Deed::applied;
    if (read_patch(fix))
      change(verify, [&](const FileReplacement& files) { return keep_record(files, fix); });
    return std::move(report_);
  }

  FixReport undo(const FixRecord& record, const std::function<Verification()>& verify) {
    report_.deed = FixReport::Deed::undone;
    // Beside the copies of what was undone, so that the one before is the next to be undone.
    if (read_record(record))
      change(verify, [&](const FileReplacement&) { return mark_undone(record); });
    return std::move(report_);
  }

 private:
  /// The careful steps, for either direction. `keep` writes down what was done.
  void change(const std::function<Verification()>& verify,
              const std::function<Result<>(const FileReplacement&)>& keep) {
    const SignalsHeld signals;
    if (!try_copy()) return;
    auto begun = FileReplacement::begin(options_.backup_root, options_.name);
    if (!begun) {
      step("backup", false, begun.error().message());
      return;
    }
    FileReplacement files = std::move(begun).value();
    report_.backup = files.backup();
    const bool is_in_force =
        write_files(files) && test_configuration() && reload("reload") && verified(verify, signals);
    if (!is_in_force) return roll_back(files);
    if (const auto kept = keep(files); !kept) step("record", false, kept.error().message());
  }

  Result<> keep_record(const FileReplacement& files, const diagnose::Fix& fix) const {
    const Time now = wall_clock_now();
    FixRecord record;
    record.incident = options_.name;
    record.fix = fix.id;
    record.title = fix.title.en;
    record.applied_at = now;
    if (report_.outcome == FixOutcome::applied) record.verified_at = now;
    record.worked_before = options_.worked_before;
    for (const auto& [path, file] : changed_)
      record.files.push_back({path, file.is_new, sha256_hex(file.after, 64)});
    return files.keep_record(kAppliedRecord, to_json(record));
  }

  static Result<> mark_undone(const FixRecord& record) {
    std::ofstream mark(record.backup + "/" + kUndoneRecord);
    mark << to_json(record);
    mark.close();
    if (!mark) return fail(ErrorCode::io, "cannot write " + record.backup + "/" + kUndoneRecord);
    return success();
  }

  bool step(std::string name, bool succeeded, const std::string& detail) {
    return step(std::move(name), succeeded, Text{detail, detail});
  }
  bool step(std::string name, bool succeeded, Text detail) {
    report_.steps.push_back({std::move(name), succeeded, std::move(detail)});
    return succeeded;
  }

  bool read_record(const FixRecord& record) {
    for (const FixRecord::File& file : record.files) {
      const auto now = nginx_.files.read(file.path, kMostBytes);
      if (!now) return step("patch", false, now.error().message());
      if (sha256_hex(now.value(), 64) != file.after_sha256)
        return step("patch", false,
                    in_both_languages("detail.changed_since",
                                      {{"file", file.path}, {"backup", record.backup}}));
      if (file.is_new) {
        taken_away_.emplace(file.path, now.value());
        continue;
      }
      auto before = text_before(record, file);
      if (!before) return step("patch", false, before.error().message());
      changed_[file.path] = {
          .is_new = false, .before = now.value(), .after = std::move(before).value()};
    }
    return true;
  }

  bool read_patch(const diagnose::Fix& fix) {
    if (nginx_.is_dump) return step("patch", false, in_both_languages("detail.dump"));
    auto read = diagnose::apply_unified_diff(fix.patch, nginx_.files);
    if (!read) return step("patch", false, read.error().message());
    changed_ = std::move(read).value();
    return true;
  }

  bool try_copy() {
    diagnose::PatchedFiles files(nginx_.files);
    std::map<std::string, std::string> texts;
    for (const auto& [path, file] : changed_) {
      texts.emplace(path, file.after);
      if (file.is_new) {
        if (const auto made = files.create(path, file.after); !made)
          return step("trial", false, made.error().message());
        continue;
      }
      auto opened = files.open(path, &file.before);
      if (!opened) return step("trial", false, opened.error().message());
      opened.value()->whole = file.after;
    }
    const nginx::Configuration& now = nginx_.read->configuration;
    const auto patched =
        nginx::Configuration::load(now.main_path(), files, {.prefix = now.prefix(), .limits = {}});
    if (!patched) return step("trial", false, patched.error().message());
    diagnose::TrialOptions trial;
    trial.program = nginx_.program;
    trial.version = nginx_.installation.version;
    trial.time_limit = options_.test_time;
    trial.is_in_use = nginx_.running.has_value();
    const auto tried = diagnose::try_configuration(patched.value(), files, texts, trial);
    if (!tried) return step("trial", false, tried.error().message());
    if (!tried.value().is_accepted) return step("trial", false, tried.value().complaint);
    return step("trial", true, in_both_languages("detail.accepted"));
  }

  bool write_files(FileReplacement& files) {
    for (const auto& [path, file] : changed_) {
      const auto written = file.is_new ? files.create(path, file.after)
                                       : files.replace(path, file.before, file.after);
      if (!written) return step("write", false, written.error().message());
    }
    for (const auto& [path, text] : taken_away_) {
      if (const auto removed = files.remove(path, text); !removed)
        return step("write", false, removed.error().message());
    }
    std::string names;
    for (const auto& [path, file] : changed_) names += (names.empty() ? "" : ", ") + path;
    for (const auto& [path, text] : taken_away_) names += (names.empty() ? "" : ", ") + path;
    return step("write", true, names);
  }

  bool test_configuration() {
    const nginx::Configuration& now = nginx_.read->configuration;
    std::vector<std::string> arguments = {"nginx", "-t", "-c", now.main_path(), "-p", now.prefix()};
    if (nginx_.installation.version >= kErrorLogOption)
      arguments.insert(arguments.end(), {"-e", "stderr"});
    const auto run = diagnose::run_program(nginx_.program, arguments, options_.test_time);
    if (!run) return step("nginx_t", false, run.error().message());
    std::string output = run.value().output;
    while (output.ends_with('\n')) output.pop_back();
    return step("nginx_t", run.value().succeeded(), output);
  }

  bool reload(const std::string& name) {
    if (!nginx_.running) return step(name, true, in_both_languages("detail.not_running"));
    const MainLog log(nginx_);
    const auto done = diagnose::reload_nginx(*nginx_.running, options_.reload_time);
    if (!done) {
      const std::string complaint = log.last_emergency();
      return step(
          name, false,
          complaint.empty() ? done.error().message() : done.error().message() + ": " + complaint);
    }
    return step(
        name, true,
        in_both_languages("detail.reloaded", {{"pid", std::to_string(nginx_.running->master)}}));
  }

  bool verified(const std::function<Verification()>& verify, const SignalsHeld& signals) {
    Verification seen = verify();
    if (signals.is_asked_to_stop())
      return step("verify", false, in_both_languages("detail.interrupted"));
    using Answer = Verification::Answer;
    report_.outcome = seen.answer == Answer::works ? FixOutcome::applied : FixOutcome::unverified;
    return step("verify", seen.answer != Answer::fails, std::move(seen.detail));
  }

  void roll_back(FileReplacement& files) {
    const auto restored = files.restore();
    if (!restored) {
      step("rollback", false, restored.error().message());
      report_.outcome = FixOutcome::broken;
      return;
    }
    step("rollback", true, in_both_languages("detail.restored"));
    report_.outcome = FixOutcome::rolled_back;
    const auto asked = std::find_if(report_.steps.begin(), report_.steps.end(),
                                    [](const FixStep& one) { return one.name == "reload"; });
    if (asked == report_.steps.end() || !nginx_.running) return;
    // Also after a reload that failed: nginx may have taken it a moment later. It then still works
    // with what it had before.
    const bool was_taken = asked->succeeded;
    if (!reload("rollback_reload") && was_taken) report_.outcome = FixOutcome::broken;
  }

  static constexpr std::size_t kMostBytes = 64U << 20;
  const NginxAtHand& nginx_;
  const FixOptions& options_;
  FixReport report_;
  DiffedFiles changed_;
  std::map<std::string, std::string>
      taken_away_;  ///< files that the fix had made, and what is in them
};

}  // namespace

diagnose::Text in_both_languages(std::string_view key, Catalogue::Values values) {
  return {host_texts().text(Language::en, key, values),
          host_texts().text(Language::zh, key, values)};
}

std::string_view to_string(FixOutcome outcome) {
  switch (outcome) {
    case FixOutcome::applied: return "applied";
    case FixOutcome::unverified: return "unverified";
    case FixOutcome::refused: return "refused";
    case FixOutcome::rolled_back: return "rolled_back";
    case FixOutcome::broken: return "broken";
  }
  return "broken";
}

FixReport try_fix(const NginxAtHand& nginx, const diagnose::Fix& fix, const FixOptions& options) {
  return FixRun(nginx, options).try_it(fix);
}

FixReport apply_fix(const NginxAtHand& nginx, const diagnose::Fix& fix, const FixOptions& options,
                    const std::function<Verification()>& verify) {
  return FixRun(nginx, options).apply(fix, verify);
}

FixReport undo_fix(const NginxAtHand& nginx, const FixRecord& record, const FixOptions& options,
                   const std::function<Verification()>& verify) {
  return FixRun(nginx, options).undo(record, verify);
}

}  // namespace handshaked::cli
