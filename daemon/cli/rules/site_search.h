#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/language.h"
#include "match/rule_set.h"

namespace handshaked::cli {

/// A page of the site by what people call it.
struct SearchedPage {
  std::string path;   ///< "rules/upstream-verify-20.html"
  std::string name;   ///< "nginx/upstream-verify-20", "verify code 20"
  std::string title;  ///< in the page's language
};

/// The script of the page on which people search and paste a line: all of the knowledge that it
/// needs is inside, so that it works from the file system. A line is matched in the browser by the
/// rules' own expressions, as far as JavaScript has what they use.
std::string search_script(const std::vector<SearchedPage>& pages, const match::RuleSet& rules,
                          Language language);

/// An expression of RE2's as JavaScript writes it; empty where it has no equal.
std::string browser_expression(std::string_view regex);

}  // namespace handshaked::cli
