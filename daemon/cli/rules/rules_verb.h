#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/language.h"
#include "parse/error_record.h"

namespace handshaked::cli {

/// In all of them an empty directory of rules means: found by itself (rules_location.h).
struct RulesListOptions {
  std::string rules_directory;
  std::optional<parse::Side> side;  ///< unset: all
  Language language = Language::en;
  bool json = false;
};
struct RulesShowOptions {
  std::string rules_directory;
  std::string id;  ///< "nginx/" may be left out
  Language language = Language::en;
  bool json = false;
};
struct RulesLintOptions {
  std::string rules_directory;
};
struct RulesTestOptions {
  std::string rules_directory;
};
struct RulesImportOptions {
  std::vector<std::string> files;
  std::string output_directory;  ///< empty: standard output
};
enum class RulesExportFormat { json, markdown, html, coverage, archive };
struct RulesExportOptions {
  std::string rules_directory;
  RulesExportFormat format = RulesExportFormat::json;
  std::string target_directory;  ///< html needs one; empty: standard output
};
struct RulesReportOptions {
  std::string rules_directory;
  std::vector<std::string> files;  ///< logs; "-" is standard input, and so is none
  Language language = Language::en;
  bool json = false;
};
struct RulesUpdateOptions {
  std::string file, signature;  ///< empty signature: the file's name and ".sig"
  std::string config_file;      ///< where the key is pinned; empty: the default one
  std::string directory;        ///< empty: kUpdatesDirectory
  bool may_be_older = false;
  bool is_rollback = false;  ///< instead of a file
};
using RulesOptions =
    std::variant<RulesListOptions, RulesShowOptions, RulesLintOptions, RulesTestOptions,
                 RulesImportOptions, RulesExportOptions, RulesReportOptions, RulesUpdateOptions>;

/// `handshaked rules …`: looks at, checks, takes in and gives out the knowledge base. Each gives
/// the exit code: 0; 1 when lint or test found something wrong or nothing was found;
/// kExitConfiguration when the rules cannot be loaded.
int run_rules_list(const RulesListOptions& options);
int run_rules_show(const RulesShowOptions& options);
int run_rules_lint(const RulesLintOptions& options);
int run_rules_test(const RulesTestOptions& options);
int run_rules_import(const RulesImportOptions& options);
int run_rules_export(const RulesExportOptions& options);
/// What no rule knows in logs, grouped and masked so that it can be sent to the authors of rules. 0
/// whatever it finds.
int run_rules_report(const RulesReportOptions& options);
/// Puts a signed archive of rules in force, atomically, or goes back to the one before. Exit code
/// kExitNothing when it is refused.
int run_rules_update(const RulesUpdateOptions& options);

int run_rules(const RulesOptions& options);

}  // namespace handshaked::cli
