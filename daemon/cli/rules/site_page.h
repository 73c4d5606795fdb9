#pragma once

#include <string>
#include <string_view>

#include "base/text/catalogue.h"

namespace handshaked::cli {

/// Gathers the body of one page of the site. Every text is escaped here.
class SitePage {
 public:
  /// `up` leads to the root of the site ("../../"), `path` from there to the same page in a
  /// language ("en/rules/x.html" without "en/").
  SitePage(Language language, std::string title, std::string up, std::string path)
      : language_(language), title_(std::move(title)), up_(std::move(up)), path_(std::move(path)) {}

  SitePage& open(std::string_view tag, std::string_view css_class = {});
  SitePage& close(std::string_view tag);
  SitePage& text(std::string_view plain);  ///< a line feed becomes a line break
  SitePage& element(std::string_view tag, std::string_view plain, std::string_view css_class = {});
  SitePage& fact(std::string_view label,
                 std::string_view value);  ///< inside open("dl"); left out when empty
  /// A link inside the site, from its root ("en/rules/x.html").
  SitePage& link(std::string_view target, std::string_view plain);
  /// A link out of it; plain text where the address is no sound one.
  SitePage& outside(std::string_view url);

  /// A text of texts.ini in the language of the page.
  std::string say(std::string_view key, Catalogue::Values values = {}) const;
  Language language() const { return language_; }
  /// "en/" and what follows.
  std::string in_language(std::string_view path) const {
    return std::string(to_string(language_)) + "/" + std::string(path);
  }
  /// A field to type into, with its label.
  SitePage& field(std::string_view tag, std::string_view id, std::string_view label);
  /// A list that the script fills.
  SitePage& list_for_script(std::string_view id);
  /// What runs at the end of this page, and nothing else on it.
  void set_script(std::string script) { script_ = std::move(script); }
  std::string finish() const;

 private:
  Language language_;
  std::string title_, up_, path_;
  std::string body_, script_;
};

}  // namespace handshaked::cli
