#include "cli/document/html_document.h"

#include "base/html_markup.h"
#include "base/visible_text.h"
#include "cli/document/text_layout.h"

namespace handshaked::cli {
namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--ink:#1a1d21;--soft:#5b6470;--paper:#fff;--card:#f6f7f9;--line:#d9dde3;--critical:#b3261e;--warning:#8a5a00;--info:#0b5cad}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa4b1;--paper:#14171a;--card:#1d2126;--line:#343a42;--critical:#ff8a80;--warning:#ffc457;--info:#7db8ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:58rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1.15rem;line-height:1.35;margin:0 0 .25rem}
h3{font-size:1rem;margin:1.2rem 0 .3rem}
p{margin:.35rem 0}
section{border:1px solid var(--line);border-left:.35rem solid var(--soft);border-radius:.4rem;padding:1rem 1.1rem;margin:1.4rem 0}
section.critical{border-left-color:var(--critical)}section.critical>h2{color:var(--critical)}
section.warning{border-left-color:var(--warning)}section.warning>h2{color:var(--warning)}
section.info{border-left-color:var(--info)}section.info>h2{color:var(--info)}
.what{font-weight:600;margin:.2rem 0 .8rem}
.note,.remark{color:var(--soft)}
.remark{font-size:.9em}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.4rem 0}
dt{color:var(--soft)}dd{margin:0}
@media (max-width:34rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}
li{margin:.45rem 0}
li>div{margin:.15rem 0}
b.label{color:var(--soft);font-weight:600}
pre{background:var(--card);border:1px solid var(--line);border-radius:.3rem;padding:.6rem .7rem;margin:.4rem 0;font:.85rem/1.45 ui-monospace,"SFMono-Regular",Menlo,Consolas,monospace;white-space:pre-wrap}
@media print{body{max-width:none}section{break-inside:avoid}}
)css";

std::string escaped_lines(std::string_view text) {
  std::string out;
  while (true) {
    const auto end = text.find('\n');
    out += html_escaped(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out += "<br>";
    text.remove_prefix(end + 1);
  }
}

}  // namespace

std::string html_escaped(std::string_view text) { return escape_markup(visible_text(text)); }

void HtmlDocument::element(std::string_view tag, std::string_view attributes, std::string_view escaped) {
  body_.append("<").append(tag).append(attributes).append(">").append(escaped).append("</").append(tag).append(">\n");
}

void HtmlDocument::open_section(std::string_view css_class) {
  if (section_is_open_) body_ += "</section>\n";
  section_is_open_ = true;
  body_.append(css_class.empty() ? "<section" : "<section class=\"").append(css_class).append(css_class.empty() ? ">\n" : "\">\n");
}

void HtmlDocument::title(std::string_view text) {
  title_ = html_escaped(text);
  element("h1", "", title_);
}

void HtmlDocument::section(std::string_view text) {
  open_section("");
  element("h2", "", html_escaped(text));
}

void HtmlDocument::fault(std::optional<match::Severity> severity, std::string_view label, std::string_view text) {
  open_section(severity ? match::to_string(*severity) : std::string_view{});
  element("h2", "", html_escaped(label));
  if (!text.empty()) element("p", " class=\"what\"", html_escaped(text));
}

void HtmlDocument::heading(std::string_view text) { element("h3", "", html_escaped(text)); }

void HtmlDocument::paragraph(std::string_view text) { element("p", "", escaped_lines(text)); }

void HtmlDocument::note(std::string_view text) { element("p", " class=\"note\"", escaped_lines(text)); }

void HtmlDocument::facts(const std::vector<Fact>& facts) {
  if (facts.empty()) return;
  body_ += "<dl>\n";
  for (const Fact& fact : facts) body_ += "<dt>" + html_escaped(fact.label) + "</dt><dd>" + html_escaped(fact.value) + "</dd>\n";
  body_ += "</dl>\n";
}

void HtmlDocument::list(ListStyle style, const std::vector<Item>& items) {
  if (items.empty()) return;
  const std::string_view tag = style == ListStyle::numbered ? "ol" : "ul";
  body_.append("<").append(tag).append(">\n");
  for (const Item& item : items) {
    body_ += "<li><strong>" + html_escaped(item.lead) + "</strong>";
    if (!item.remark.empty()) body_ += " <span class=\"remark\">" + html_escaped(item.remark) + "</span>";
    for (const Fact& detail : item.details) {
      body_ += "<div>";
      if (!detail.label.empty()) body_ += "<b class=\"label\">" + html_escaped(detail.label) + "</b> ";
      body_ += escaped_lines(detail.value) + "</div>";
    }
    body_ += "</li>\n";
  }
  body_.append("</").append(tag).append(">\n");
}

void HtmlDocument::patch(std::string_view diff) {
  std::string text;
  for (const std::string_view line : lines_of(diff)) text.append(html_escaped(line)) += '\n';
  element("pre", "", text);
}
void HtmlDocument::verbatim(std::string_view text) { element("pre", "", html_escaped(text)); }

std::string HtmlDocument::finish() {
  if (section_is_open_) body_ += "</section>\n";
  std::string page = "<!doctype html>\n<html lang=\"";
  page += language_ == Language::zh ? "zh-CN" : "en";
  page +=
      "\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action "
      "'none'\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
  page += title_;
  page.append("</title>\n<style>")
      .append(kStyle)
      .append("</style>\n</head>\n<body>\n<main>\n")
      .append(body_)
      .append("</main>\n</body>\n</html>\n");
  return page;
}

}  // namespace handshaked::cli
