#include "cli/rules/site_page.h"

#include "base/digest.h"
#include "cli/document/html_document.h"
#include "cli/rules/checks/entry_texts.h"
#include "cli/texts.h"

namespace handshaked::cli {
namespace {

constexpr std::string_view kStyle =
    ":root{color-scheme:light "
    "dark;--ink:#1a1d21;--soft:#5b6470;--paper:#fff;--card:#f6f7f9;--line:#d9dde3;--link:#0b5cad;--"
    "critical:#b3261e;--warning:#8a5a00;--"
    "info:#0b5cad}"
    "@media "
    "(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa4b1;--paper:#14171a;--card:#1d2126;"
    "--line:#343a42;--link:#7db8ff;--"
    "critical:#ff8a80;--warning:#ffc457;--info:#7db8ff}}"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:60rem;padding:1rem 1rem "
    "4rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,\"Segoe "
    "UI\",\"Noto Sans\",\"Noto Sans CJK "
    "SC\",\"PingFang SC\",\"Microsoft YaHei\",sans-serif;overflow-wrap:anywhere}"
    "a{color:var(--link)}nav{display:flex;gap:1rem;flex-wrap:wrap;border-bottom:1px solid "
    "var(--line);padding:.3rem 0 "
    ".7rem;margin-bottom:1.2rem}"
    "h1{font-size:1.5rem;line-height:1.25;margin:0 0 .6rem}h2{font-size:1.15rem;margin:1.8rem 0 "
    ".4rem}h3{font-size:1rem;margin:1.2rem 0 "
    ".3rem}"
    "p{margin:.4rem 0}li{margin:.6rem 0}li>div{margin:.15rem "
    "0}.soft{color:var(--soft)}.critical{color:var(--critical)}.warning{color:var(--warning)}.info{"
    "color:var(--info)}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.6rem "
    "0}dt{color:var(--soft)}dd{margin:0}"
    "code,pre{font:.88em/1.45 "
    "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}pre{background:var(--card);border:1px "
    "solid "
    "var(--line);border-radius:.3rem;padding:.6rem .7rem;margin:.4rem 0;white-space:pre-wrap}"
    "input,textarea{width:100%;font:inherit;padding:.4rem .5rem;border:1px solid "
    "var(--line);border-radius:.3rem;background:var(--card);"
    "color:var(--ink)}"
    "@media (max-width:34rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}";

std::string base64_of_hex(std::string_view hex) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto nibble = [&hex](std::size_t i) {
    return i < hex.size() ? static_cast<unsigned>(hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10)
                          : 0U;
  };
  std::string out;
  // Three hexadecimal digits are two of base 64.
  for (std::size_t i = 0; i < hex.size(); i += 3) {
    const unsigned bits = nibble(i) << 8U | nibble(i + 1) << 4U | nibble(i + 2);
    out += kAlphabet[bits >> 6U];
    if (i + 1 < hex.size()) out += kAlphabet[bits & 63U];
  }
  while (out.size() % 4 != 0) out += '=';
  return out;
}

}  // namespace

SitePage& SitePage::open(std::string_view tag, std::string_view css_class) {
  body_.append("<").append(tag);
  if (!css_class.empty()) body_.append(" class=\"").append(css_class).append("\"");
  body_ += ">";
  return *this;
}

SitePage& SitePage::close(std::string_view tag) {
  body_.append("</").append(tag).append(">\n");
  return *this;
}

SitePage& SitePage::text(std::string_view plain) {
  while (true) {
    const auto end = plain.find('\n');
    body_ += html_escaped(plain.substr(0, end));
    if (end == std::string_view::npos) return *this;
    body_ += "<br>";
    plain.remove_prefix(end + 1);
  }
}

SitePage& SitePage::element(std::string_view tag, std::string_view plain,
                            std::string_view css_class) {
  return plain.empty() ? *this : open(tag, css_class).text(plain).close(tag);
}

SitePage& SitePage::fact(std::string_view label, std::string_view value) {
  return value.empty() ? *this : element("dt", label).element("dd", value);
}

SitePage& SitePage::link(std::string_view target, std::string_view plain) {
  body_ += "<a href=\"" + html_escaped(up_) + html_escaped(target) + "\">" + html_escaped(plain) +
           "</a>";
  return *this;
}

SitePage& SitePage::outside(std::string_view url) {
  if (!is_sound_link(url)) return text(url);
  body_ += "<a rel=\"noopener noreferrer\" href=\"" + html_escaped(url) + "\">" +
           html_escaped(url) + "</a>";
  return *this;
}

SitePage& SitePage::field(std::string_view tag, std::string_view id, std::string_view label) {
  const std::string name(id);
  body_ += "<p><label for=\"" + name + "\">" + html_escaped(label) + "</label><br><" +
           std::string(tag) + " id=\"" + name + "\" autocomplete=\"off\" spellcheck=\"false\"" +
           (tag == "textarea" ? " rows=\"4\"></textarea></p>\n" : "></p>\n");
  return *this;
}

SitePage& SitePage::list_for_script(std::string_view id) {
  body_ += "<ul id=\"" + std::string(id) + "\" aria-live=\"polite\"></ul>\n";
  return *this;
}

std::string SitePage::say(std::string_view key, Catalogue::Values values) const {
  return rules_texts().text(language_, key, values);
}

std::string SitePage::finish() const {
  static const std::string styles = "'sha256-" + base64_of_hex(sha256_hex(kStyle)) + "'";
  std::string policy = "default-src 'none'; style-src " + styles;
  if (!script_.empty())
    policy += "; script-src 'sha256-" + base64_of_hex(sha256_hex(script_)) + "'";
  policy += "; base-uri 'none'; form-action 'none'";
  const bool is_chinese = language_ == Language::zh;
  const std::string other = up_ + (is_chinese ? "en/" : "zh/") + path_;
  std::string page = "<!doctype html>\n<html lang=\"" + std::string(is_chinese ? "zh-CN" : "en") +
                     "\">\n<head>\n<meta charset=\"utf-8\">\n";
  page += "<meta http-equiv=\"Content-Security-Policy\" content=\"" + policy +
          "\">\n<meta name=\"referrer\" content=\"no-referrer\">\n";
  page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
          html_escaped(title_) + "</title>\n";
  page += "<link rel=\"alternate\" hreflang=\"" + std::string(is_chinese ? "en" : "zh-CN") +
          "\" href=\"" + html_escaped(other) + "\">\n<style>" + std::string(kStyle) +
          "</style>\n</head>\n<body>\n";
  page += "<nav><a href=\"" + html_escaped(up_) + (is_chinese ? "zh" : "en") + "/index.html\">" +
          html_escaped(say("site.all_rules")) + "</a><a href=\"" + html_escaped(up_) +
          (is_chinese ? "zh" : "en") + "/find.html\">" + html_escaped(say("site.to_search")) +
          "</a><a lang=\"" + (is_chinese ? "en" : "zh-CN") + "\" href=\"" + html_escaped(other) +
          "\">" + rules_texts().text(is_chinese ? Language::en : Language::zh, "site.language") +
          "</a></nav>\n<main>\n";
  page += body_ + "</main>\n";
  if (!script_.empty()) page += "<script>" + script_ + "</script>\n";
  return page + "</body>\n</html>\n";
}

}  // namespace handshaked::cli
