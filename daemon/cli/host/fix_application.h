#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/text/catalogue.h"
#include "cli/host/fix_record.h"
#include "diagnose/diagnosis.h"
#include "diagnose/host/nginx_at_hand.h"

namespace handshaked::cli {

/// A text of this room in both languages, for whoever reads it later.
diagnose::Text in_both_languages(std::string_view key, Catalogue::Values values = {});

/// What came of one step, for people and programs.
struct FixStep {
  std::string name;  ///< "patch", "trial", "backup", "write", "nginx_t", "reload", "verify",
                     ///< "rollback", "rollback_reload"
  bool succeeded = false;
  diagnose::Text detail;
};

enum class FixOutcome : std::uint8_t {
  applied,      ///< and verified
  unverified,   ///< applied; nothing is worse, but nobody could see that the fault is gone
  refused,      ///< nothing was touched
  rolled_back,  ///< tried, and undone: everything is as it was
  broken,       ///< undoing failed: an operator has to look; the backup is there
};
std::string_view to_string(FixOutcome outcome);

struct FixReport {
  enum class Deed : std::uint8_t { tried, applied, undone } deed = Deed::tried;
  FixOutcome outcome = FixOutcome::refused;
  std::vector<FixStep> steps;
  std::string backup;  ///< the directory with what was there; empty when nothing was touched
};

/// Does the place work, and is nothing else worse? Asked after nginx works with the change.
struct Verification {
  enum class Answer : std::uint8_t { works, fails, unknown } answer = Answer::unknown;
  diagnose::Text detail;
};

struct FixOptions {
  std::string backup_root = "/var/backups/handshaked";
  std::string name;                             ///< for the backup's directory: the incident's id
  std::vector<std::string> worked_before = {};  ///< upstreams, for the record of an apply
  std::chrono::milliseconds test_time{15'000};
  std::chrono::milliseconds reload_time{20'000};
};

/// Tries a fix on a copy of the configuration with `nginx -t`; touches nothing.
FixReport try_fix(const diagnose::NginxAtHand& nginx, const diagnose::Fix& fix,
                  const FixOptions& options);

/// Puts a fix into nginx's configuration: copy tried, backup, files written, `nginx -t`, reload,
/// `verify`. When any of it fails, or a signal asks to stop, all of it is undone, and nginx told to
/// reload what it had. Nothing is left half done. Blocks SIGINT, SIGTERM and SIGHUP meanwhile. Only
/// with a running nginx it is reloaded; without, it takes the change when it starts.
FixReport apply_fix(const diagnose::NginxAtHand& nginx, const diagnose::Fix& fix,
                    const FixOptions& options, const std::function<Verification()>& verify);

/// Puts back what an apply changed, by the same steps. Refuses where somebody has changed one of
/// its files since.
FixReport undo_fix(const diagnose::NginxAtHand& nginx, const FixRecord& record,
                   const FixOptions& options, const std::function<Verification()>& verify);

}  // namespace handshaked::cli
