#include "cli/document/html_document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

#include "base/digest.h"
#include "base/text/code_spans.h"
#include "base/text/visible_text.h"
#include "cli/document/text_layout.h"
#include "cli/document/words.h"
#include "cli/texts.h"

namespace handshaked::cli {
namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--ink:#1a1d21;--soft:#5b6470;--paper:#fff;--card:#f6f7f9;--line:#d9dde3;--critical:#b3261e;--warning:#8a5a00;--info:#0b5cad}
@media (prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa4b1;--paper:#14171a;--card:#1d2126;--line:#343a42;--critical:#ff8a80;--warning:#ffc457;--info:#7db8ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:76rem;padding:1.5rem 1rem 4rem;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI","Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;overflow-wrap:anywhere}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem}
h2{font-size:1.15rem;line-height:1.35;margin:0 0 .25rem}
h3{font-size:1rem;margin:1.2rem 0 .3rem}
p{margin:.35rem 0}p,li,dd,pre{max-width:58rem}
section,.fault{border:1px solid var(--line);border-left:.35rem solid var(--soft);border-radius:.4rem;padding:1rem 1.1rem;margin:1.4rem 0}
.critical{--mark:var(--critical)}.warning{--mark:var(--warning)}.info{--mark:var(--info)}
.fault{border-left-color:var(--mark,var(--soft))}.fault.critical{border-left-width:.6rem}.fault.info{border-left-style:dotted}.fault>summary{cursor:pointer}.fault>summary h2{color:var(--mark,var(--ink));display:inline}
.scroll{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;width:100%;font-size:.93rem}th,td{text-align:left;padding:.35rem .9rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}
thead th{color:var(--soft);font-weight:400;white-space:nowrap}td.number{text-align:right;white-space:nowrap}td.short{white-space:nowrap}tr.critical{box-shadow:inset .5rem 0 var(--mark)}tr.warning{box-shadow:inset .3rem 0 var(--mark)}tr.info{box-shadow:inset .1rem 0 var(--mark)}tbody td:first-child{padding-left:.7rem}
a{color:var(--info)}:focus-visible{outline:3px solid var(--info);outline-offset:2px}
.spark{width:6.5rem;height:1.5rem}.spark path{fill:none;stroke:var(--info);stroke-width:2;vector-effect:non-scaling-stroke}
figure{margin:1.2rem 0}figcaption{font-weight:600}.chart{width:100%;height:11rem;border-bottom:1px solid var(--soft)}
.ends{display:flex;justify-content:space-between;color:var(--soft);font-size:.85rem}.legend{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.93rem}
.legend i{display:inline-block;width:.8rem;height:.8rem;margin-right:.4rem;background:var(--k)}.chart g{fill:var(--k)}
.k0{--k:#0b5cad}.k1{--k:#c2410c}.k2{--k:#15803d}.k3{--k:#7e22ce}.k4{--k:#a16207}.k5{--k:#be185d}.k6{--k:#64748b}
.filter{display:flex;flex-wrap:wrap;gap:.4rem 1rem;align-items:center;position:sticky;top:0;background:var(--paper);padding:.6rem 0;border-bottom:1px solid var(--line)}.filter[hidden],[hidden]{display:none}
.filter input[type=search]{font:inherit;color:inherit;background:var(--paper);border:1px solid var(--soft);border-radius:.3rem;padding:.25rem .6rem;min-width:0;flex:1 1 14rem}
.what{font-weight:600;margin:.2rem 0 .8rem}
.note,.remark{color:var(--soft)}
.remark{font-size:.9em}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.4rem 0}
dt{color:var(--soft)}dd{margin:0}
@media (max-width:34rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}.filter{position:static}}
@media screen and (max-width:40rem){.scroll{overflow:visible}table,tbody,tr,td{display:block}thead{position:absolute;left:-99rem}tr{border-bottom:1px solid var(--line);padding:.5rem 0 .5rem .8rem}td,td.number,tbody td:first-child{border:0;padding:.05rem 0;text-align:left;white-space:normal;overflow-wrap:anywhere}td.short{white-space:normal}td:not([data-label]){font-weight:600}td[data-label]::before{content:attr(data-label) " ";color:var(--soft);font-size:.85rem}td .spark{width:10rem;vertical-align:middle}}
code{background:var(--card);border-radius:.2rem;padding:.05rem .25rem;font:.9em ui-monospace,"SFMono-Regular",Menlo,Consolas,monospace;user-select:all;-webkit-user-select:all}
li{margin:.45rem 0}
li>div{margin:.15rem 0}
b.label{color:var(--soft);font-weight:600}
pre{background:var(--card);border:1px solid var(--line);border-radius:.3rem;padding:.6rem .7rem;margin:.4rem 0;font:.85rem/1.45 ui-monospace,"SFMono-Regular",Menlo,Consolas,monospace;white-space:pre-wrap}
@media print{body{max-width:none;font-size:11pt}.filter{display:none}section,tr,figure{break-inside:avoid}.fault>summary{break-after:avoid}.fault::details-content{content-visibility:visible;block-size:auto}}
)css";

constexpr std::size_t kFaultsOpen = 5;   // the others are folded
constexpr std::size_t kWorthFilter = 3;  // faults
constexpr std::size_t kKindColours = 6;  // and one more for what is left

/// Hides what does not match, opens everything for the printer. It takes nothing but what stands in
/// the page, and writes no markup.
constexpr std::string_view kScript = R"js((() => {
const bar = document.querySelector(".filter");
const faults = [...document.querySelectorAll(".fault")];
const texts = faults.map((one) => one.textContent.toLowerCase());
const search = bar.querySelector("input[type=search]");
const boxes = [...bar.querySelectorAll("input[type=checkbox]")];
const apply = () => {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  faults.forEach((fault, at) => {
    const fits = boxes.every((box) => box.checked || !fault.classList.contains(box.value)) && words.every((word) => texts[at].includes(word));
    fault.hidden = !fits;
    const row = document.querySelector("tr[data-fault=" + fault.id + "]");
    if (row) row.hidden = !fits;
    shown += fits;
  });
  bar.querySelector("output").textContent = shown + " / " + faults.length;
};
bar.hidden = false;
bar.addEventListener("input", apply);
const open_target = () => {
  const fault = document.getElementById(location.hash.slice(1));
  if (fault && fault.matches(".fault")) fault.open = true;
};
addEventListener("hashchange", open_target);
let folded = [];
addEventListener("beforeprint", () => (folded = faults.filter((one) => !one.open)).forEach((one) => (one.open = true)));
addEventListener("afterprint", () => folded.forEach((one) => (one.open = false)));
open_target();
apply();
})();
)js";

/// What the page's policy names so that this script runs, and no other.
const std::string& script_hash() {
  static const std::string hash = [] {
    const std::string hex = sha256_hex(kScript);
    std::array<unsigned char, 32> digest{};
    for (std::size_t i = 0; i < digest.size(); ++i)
      std::from_chars(hex.data() + 2 * i, hex.data() + 2 * i + 2, digest[i], 16);
    return "'sha256-" + base64(digest) + "'";
  }();
  return hash;
}

constexpr std::size_t kShortCell = 16;
constexpr std::size_t kSparkParts = 32;
constexpr std::size_t kBarWidth = 10;

/// Counts as a line on a ground of 100 by 20.
std::string spark_picture(const std::vector<std::uint64_t>& counts) {
  const std::vector<std::uint64_t> sums = added_up(counts, kSparkParts);
  const std::uint64_t most =
      std::max<std::uint64_t>(1, *std::max_element(sums.begin(), sums.end()));
  const double step = sums.size() > 1 ? 100.0 / static_cast<double>(sums.size() - 1) : 100.0;
  std::string path;
  for (std::size_t i = 0; i <= sums.size(); ++i) {
    if (i == sums.size() && i > 1) break;  // a single count is a level line
    char point[48];
    std::snprintf(point, sizeof point, "%c%.1f %.1f", i == 0 ? 'M' : 'L',
                  static_cast<double>(i) * step,
                  19.0 - 18.0 * static_cast<double>(sums[std::min(i, sums.size() - 1)]) /
                             static_cast<double>(most));
    path += point;
  }
  return "<svg class=\"spark\" viewBox=\"0 0 100 20\" preserveAspectRatio=\"none\" "
         "aria-hidden=\"true\"><path d=\"" +
         path + "\"/></svg>";
}

/// Prose, with its commands as code.
std::string escaped_lines(std::string_view text) {
  std::string out;
  while (true) {
    const auto end = text.find('\n');
    each_code_span(text.substr(0, end), [&out](std::string_view part, bool is_code) {
      out += is_code ? "<code>" + html_escaped(part) + "</code>" : html_escaped(part);
    });
    if (end == std::string_view::npos) return out;
    out += "<br>";
    text.remove_prefix(end + 1);
  }
}

/// The five characters that are markup, as references.
std::string escape_markup(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

std::string html_escaped(std::string_view text) { return escape_markup(visible_text(text)); }

void HtmlDocument::element(std::string_view tag, std::string_view attributes,
                           std::string_view escaped) {
  body_.append("<")
      .append(tag)
      .append(attributes)
      .append(">")
      .append(escaped)
      .append("</")
      .append(tag)
      .append(">\n");
}

void HtmlDocument::close_section() { body_ += std::exchange(section_end_, {}); }

void HtmlDocument::open_section(std::string_view begin, std::string_view end) {
  close_section();
  body_ += begin;
  section_end_ = end;
}

void HtmlDocument::title(std::string_view text) {
  title_ = html_escaped(text);
  element("h1", "", title_);
}

void HtmlDocument::section(std::string_view text) {
  open_section("<section>\n", "</section>\n");
  element("h2", "", html_escaped(text));
}

void HtmlDocument::fault(std::optional<match::Severity> severity, std::string_view label,
                         std::string_view text) {
  ++faults_;
  open_section("<details id=\"f" + std::to_string(faults_) + "\" class=\"fault" +
                   (severity ? " " + std::string(match::to_string(*severity)) : std::string()) +
                   (faults_ > kFaultsOpen ? "\">\n" : "\" open>\n"),
               "</details>\n");
  body_ += "<summary><h2>" + html_escaped(label) + "</h2>";
  if (!text.empty()) body_ += " <p class=\"what\">" + html_escaped(text) + "</p>";
  body_ += "</summary>\n";
}

void HtmlDocument::heading(std::string_view text) {
  element(section_end_.empty() ? "h2" : "h3", "", html_escaped(text));
}

void HtmlDocument::paragraph(std::string_view text) { element("p", "", escaped_lines(text)); }

void HtmlDocument::note(std::string_view text) {
  element("p", " class=\"note\"", escaped_lines(text));
}

void HtmlDocument::facts(const std::vector<Fact>& facts) {
  if (facts.empty()) return;
  body_ += "<dl>\n";
  for (const Fact& fact : facts)
    body_ += "<dt>" + html_escaped(fact.label) + "</dt><dd>" + html_escaped(fact.value) + "</dd>\n";
  body_ += "</dl>\n";
}

void HtmlDocument::list(ListStyle style, const std::vector<Item>& items) {
  if (items.empty()) return;
  const std::string_view tag = style == ListStyle::numbered ? "ol" : "ul";
  body_.append("<").append(tag).append(">\n");
  for (const Item& item : items) {
    body_ += "<li><strong>" + html_escaped(item.lead) + "</strong>";
    if (!item.remark.empty())
      body_ += " <span class=\"remark\">" + html_escaped(item.remark) + "</span>";
    for (const Fact& detail : item.details) {
      body_ += "<div>";
      if (!detail.label.empty())
        body_ += "<b class=\"label\">" + html_escaped(detail.label) + "</b> ";
      body_ += escaped_lines(detail.value) + "</div>";
    }
    body_ += "</li>\n";
  }
  body_.append("</").append(tag).append(">\n");
}

void HtmlDocument::table(const Table& table) {
  if (table.rows.empty()) return;
  body_ += "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"" +
           document_texts().text(language_, "html.table", {{"number", std::to_string(++tables_)}}) +
           "\">\n<table>\n<thead><tr>";
  for (const Table::Column& column : table.columns)
    body_ += std::string(column.is_number ? "<th scope=\"col\" class=\"number\">"
                                          : "<th scope=\"col\">") +
             html_escaped(column.head) + "</th>";
  body_ += "</tr></thead>\n<tbody>\n";
  std::size_t number = 0;
  for (const Row& row : table.rows) {
    const std::string fault = "f" + std::to_string(++number);
    body_ += "<tr";
    if (row.severity) body_ += " class=\"" + std::string(match::to_string(*row.severity)) + "\"";
    body_ += table.lists_faults ? " data-fault=\"" + fault + "\">" : ">";
    for (std::size_t i = 0; i < row.cells.size(); ++i) {
      const Cell& cell = row.cells[i];
      std::string shown =
          cell.counts.empty() ? html_escaped(cell.text) : spark_picture(cell.counts);
      if (table.lists_faults && i + 1 == table.lead)
        shown = "<a href=\"#" + fault + "\">" + shown + "</a>";
      // On a phone a row is a card, and says itself what each of its cells is.
      const std::string label = i + 1 == table.lead
                                    ? std::string()
                                    : " data-label=\"" + html_escaped(table.columns[i].head) + "\"";
      const bool is_short =
          i + 1 != table.lead && display_width(visible_text(cell.text)) <=
                                     kShortCell;  // a time, a severity: one word to the eye
      const std::string_view kind = table.columns[i].is_number ? "<td class=\"number\""
                                    : is_short                 ? "<td class=\"short\""
                                                               : "<td";
      body_.append(kind).append(label).append(">").append(shown).append("</td>");
    }
    body_ += "</tr>\n";
  }
  body_ += "</tbody>\n</table>\n</div>\n";
}

void HtmlDocument::chart(const Chart& chart) {
  std::uint64_t most = 0;
  std::vector<std::uint64_t> heights(chart.spans.size(), 0);
  for (const Chart::Kind& kind : chart.kinds)
    for (std::size_t i = 0; i < heights.size() && i < kind.counts.size(); ++i)
      most = std::max(most, heights[i] += kind.counts[i]);
  if (most == 0) return;
  const std::string width = std::to_string(heights.size() * kBarWidth);
  body_ += "<figure>\n<figcaption>" + html_escaped(chart.title) +
           "</figcaption>\n<svg class=\"chart\" viewBox=\"0 0 " + width +
           " 100\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" +
           html_escaped(chart.title) + "\">\n";
  std::fill(heights.begin(), heights.end(), 0);
  for (std::size_t number = 0; number < chart.kinds.size(); ++number) {
    const Chart::Kind& kind = chart.kinds[number];
    body_ += "<g class=\"k" + std::to_string(std::min(number, kKindColours)) + "\">";
    for (std::size_t i = 0; i < heights.size() && i < kind.counts.size(); ++i) {
      if (kind.counts[i] == 0) continue;
      const double high = 100.0 * static_cast<double>(kind.counts[i]) / static_cast<double>(most);
      heights[i] += kind.counts[i];
      const double top =
          100.0 - 100.0 * static_cast<double>(heights[i]) / static_cast<double>(most);
      char place[120];
      std::snprintf(place, sizeof place,
                    "<rect x=\"%zu\" y=\"%.2f\" width=\"%zu\" height=\"%.2f\">", i * kBarWidth, top,
                    kBarWidth - 1, high);
      body_ += place + std::string("<title>") +
               html_escaped(chart.spans[i] + ": " + std::to_string(kind.counts[i])) +
               "</title></rect>";
    }
    body_ += "</g>\n";
  }
  body_ += "</svg>\n<div class=\"ends\"><span>" + html_escaped(chart.begin) + "</span><span>" +
           html_escaped(chart.end) + "</span></div>\n<ul class=\"legend\">\n";
  for (std::size_t number = 0; number < chart.kinds.size(); ++number)
    body_ += "<li><i class=\"k" + std::to_string(std::min(number, kKindColours)) + "\"></i>" +
             html_escaped(chart.kinds[number].label) + "</li>\n";
  body_ += "</ul>\n</figure>\n";
}

void HtmlDocument::patch(std::string_view diff) {
  std::string text;
  for (const std::string_view line : lines_of(diff)) text.append(html_escaped(line)) += '\n';
  element("pre", "", text);
}
void HtmlDocument::verbatim(std::string_view text) { element("pre", "", html_escaped(text)); }

/// Hidden until the script shows it.
std::string HtmlDocument::filter_bar() const {
  std::string bar =
      "<div class=\"filter\" role=\"search\" hidden>\n<input type=\"search\" aria-label=\"" +
      document_texts().text(language_, "html.search") + "\" placeholder=\"" +
      document_texts().text(language_, "html.search_hint") + "\">\n";
  for (const auto severity :
       {match::Severity::critical, match::Severity::warning, match::Severity::info})
    bar += "<label><input type=\"checkbox\" value=\"" + std::string(match::to_string(severity)) +
           "\" checked> " + severity_word(language_, severity) + "</label>\n";
  return bar + "<output></output>\n</div>\n";
}

std::string HtmlDocument::finish() {
  close_section();
  const bool has_filter = faults_ >= kWorthFilter;
  std::string page = "<!doctype html>\n<html lang=\"";
  page += language_ == Language::zh ? "zh-CN" : "en";
  page +=
      "\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; ";
  if (has_filter) page += "script-src " + script_hash() + "; ";
  page +=
      "base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" "
      "content=\"noindex\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
  page += title_;
  page.append("</title>\n<style>").append(kStyle).append("</style>\n</head>\n<body>\n<main>\n");
  if (has_filter) page += filter_bar();
  page.append(body_).append("</main>\n");
  if (has_filter) page.append("<script>").append(kScript).append("</script>\n");
  page += "</body>\n</html>\n";
  return page;
}

}  // namespace handshaked::cli
