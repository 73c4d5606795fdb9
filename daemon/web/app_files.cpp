#include "web/app_files.h"

#include <zlib.h>

#include <array>

#include "base/check.h"
#include "base/digest.h"

// What `npm run build` wrote. ccache leaves a file with .incbin alone; CMake knows what this one
// depends on.
asm(".section .rodata\n"
    "handshaked_app_js: .incbin \"" HANDSHAKED_WEB_APP
    "/app.js\"\n"
    "handshaked_app_js_end: .byte 0\n"
    "handshaked_app_css: .incbin \"" HANDSHAKED_WEB_APP
    "/app.css\"\n"
    "handshaked_app_css_end: .byte 0\n"
    ".text\n");
extern const char kAppScript[] asm("handshaked_app_js");
extern const char kAppScriptEnd[] asm("handshaked_app_js_end");
extern const char kAppStyle[] asm("handshaked_app_css");
extern const char kAppStyleEnd[] asm("handshaked_app_css_end");

namespace handshaked::web {
namespace {

constexpr std::string_view kPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>TLS incidents</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/app.css">
<script src="/app.js" defer></script>
</head>
<body>
<div id="page"><noscript><main><p>This page needs JavaScript. On the host: <code>handshaked incidents list</code></p>
<p lang="zh-CN">此页面需要 JavaScript。也可在主机上执行：<code>handshaked incidents list</code></p></main></noscript></div>
</body>
</html>
)html";

constexpr std::string_view kIcon =
    R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#0b5cad" d="M8 1 2 3v5c0 4 3 6 6 7 3-1 6-3 6-7V3z"/></svg>)";

AppFile packed(std::string_view content_type, std::string_view text) {
  return {.content_type = content_type,
          .text = text,
          .etag = "\"" + sha256_hex(text, 16) + "\"",
          .gzipped = gzip(text, 9)};
}

}  // namespace

std::string gzip(std::string_view text, int level) {
  z_stream stream{};
  constexpr int kGzip = 16;  // added to the window: a gzip header instead of zlib's
  CHECK(deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + kGzip, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

const AppFile* find_app_file(std::string_view path) {
  if (path == "/app.js") {
    static const AppFile script =
        packed("text/javascript; charset=utf-8",
               {kAppScript, static_cast<std::size_t>(kAppScriptEnd - kAppScript)});
    return &script;
  }
  if (path == "/app.css") {
    static const AppFile style = packed(
        "text/css; charset=utf-8", {kAppStyle, static_cast<std::size_t>(kAppStyleEnd - kAppStyle)});
    return &style;
  }
  if (path == "/icon.svg") {
    static const AppFile icon = packed("image/svg+xml", kIcon);
    return &icon;
  }
  if (path == "/" || path == "/timeline" || path == "/fleet" || path == "/status" ||
      path.starts_with("/incidents/")) {
    static const AppFile page = packed("text/html; charset=utf-8", kPage);
    return &page;
  }
  return nullptr;
}

std::string_view app_policy() {
  return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src "
         "'self'; base-uri 'none'; form-action "
         "'none'; "
         "frame-ancestors 'none'";
}

}  // namespace handshaked::web
