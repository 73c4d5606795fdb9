#pragma once

#include <filesystem>

#include "base/result.h"
#include "cli/knowledge/knowledge_base.h"

namespace handshaked::cli {

/// Writes the knowledge base as a static site: `en/` and `zh/`, in each an index by side, a page a
/// rule, a cause, a verify code and an alert, each linked to its other language; and find.html,
/// where people search and paste a line. Works from the file system: nothing loaded, light and
/// dark. Every text is escaped; the policy of each page allows its one style sheet, and that of
/// find.html its one script, by hash, and nothing else.
Result<> write_rules_site(const KnowledgeBase& base, const std::filesystem::path& directory);

/// The name of a rule's page and file: "nginx/upstream-x" is "upstream-x". An id may be a
/// stranger's text: nothing of it leads out of a directory.
std::string page_name(std::string_view rule_id);

}  // namespace handshaked::cli
