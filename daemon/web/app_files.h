#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace handshaked::web {

/// A file of the page, as the program carries it (app/, built by app/build.mjs).
struct AppFile {
  std::string_view content_type;
  std::string_view text;
  std::string etag;     ///< of the text, with its quotes
  std::string gzipped;  ///< of the text
};

/// The file at a path: "/", "/incidents/…", "/timeline", "/fleet" and "/status" are the page
/// itself, which shows what its address names;
/// "/app.js",
/// "/app.css", "/icon.svg". nullptr for any other. Packed when it is first asked for, then kept.
const AppFile* find_app_file(std::string_view path);

/// Nothing but files of this origin, nothing inline, and no frame around it.
std::string_view app_policy();

std::string gzip(std::string_view text, int level);

}  // namespace handshaked::web
