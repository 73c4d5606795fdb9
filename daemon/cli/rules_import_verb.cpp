#include "cli/rules_verb.h"
namespace handshaked::cli { int run_rules_import(const RulesImportOptions&) { return 70; } int run_rules_export(const RulesExportOptions&) { return 70; } }
