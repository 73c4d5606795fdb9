#include "cli/rules/site_search.h"

#include "base/json/json_writer.h"
#include "cli/rules/rules_site.h"
#include "cli/texts.h"
#include "parse/error_record.h"

namespace handshaked::cli {
namespace {

constexpr std::string_view kCode = R"js(
const find = document.getElementById("find"), found = document.getElementById("found");
const line = document.getElementById("line"), told = document.getElementById("told");
const item = (page) => {
  const li = document.createElement("li"), a = document.createElement("a"), div = document.createElement("div");
  a.href = page.path;
  a.textContent = page.title;
  div.className = "soft";
  div.textContent = page.name;
  li.append(a, div);
  return li;
};
const note = (text) => {
  const li = document.createElement("li");
  li.className = "soft";
  li.textContent = text;
  return li;
};
const search = () => {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = words.length === 0 ? [] : data.pages.filter((page) => {
    const text = (page.name + " " + page.title).toLowerCase();
    return words.every((word) => text.includes(word));
  });
  found.replaceChildren(...hits.slice(0, 50).map(item));
  if (hits.length > 50) found.append(note(data.words.more.replace("{n}", hits.length - 50)));
  if (words.length > 0 && hits.length === 0) found.append(note(data.words.none));
};
// What nginx writes before the message, and the context behind it.
const messageOf = (text) => text.trim().replace(/^.*?\[[a-z]+\] \d+#\d+: (\*\d+ )?/, "")
  .replace(/, (client|server|request|upstream|host): .*$/, "");
const sideOf = (text) => /requesting certificate status/.test(text) ? "ocsp"
  : /(to|from|with) upstream|, upstream: /.test(text) ? "upstream" : /, client: /.test(text) ? "client" : "";
const rules = [], left = [];
for (const rule of data.rules) {
  let expression = null;
  try {
    expression = rule.regex && new RegExp(rule.regex, rule.flags);
  } catch {
    expression = null;
  }
  if (expression) rules.push({ ...rule, expression });
  else left.push(rule.page.name);
}
const explain = () => {
  const message = messageOf(line.value);
  const side = sideOf(line.value);
  const fits = (rule) => rule.sides.length === 0 || side === "" || rule.sides.includes(side);
  const hits = message === "" ? [] : rules.filter((rule) => fits(rule) && rule.expression.test(message));
  told.replaceChildren(...hits.slice(0, 10).map((rule) => item(rule.page)));
  if (message !== "" && hits.length === 0) told.append(note(data.words.unknown));
  if (message !== "" && left.length > 0) told.append(note(data.words.left.replace("{n}", left.length) + " " + left.slice(0, 10).join(", ")));
};
find.addEventListener("input", search);
line.addEventListener("input", explain);
search();
explain();
)js";

void write_page(JsonWriter& json, const SearchedPage& page) {
  json.begin_object()
      .member("path", page.path)
      .member("name", page.name)
      .member("title", page.title)
      .end_object();
}

/// JSON inside of a script: nothing in it may end the element.
std::string in_script(std::string json) {
  for (std::size_t at = json.find('<'); at != std::string::npos; at = json.find('<', at + 6))
    json.replace(at, 1, "\\u003c");
  return json;
}

}  // namespace

std::string browser_expression(std::string_view regex) {
  std::string out;
  for (std::size_t i = 0; i < regex.size(); ++i) {
    const std::string_view rest = regex.substr(i);
    if (rest.starts_with("(?P<")) {
      out += "(?<";
      i += 3;
    } else if (rest.starts_with("\\A")) {
      out += '^';
      ++i;
    } else if (rest.starts_with("\\z")) {
      out += '$';
      ++i;
    } else if (rest.starts_with("\\Q") || rest.starts_with("\\C") || rest.starts_with("\\p") ||
               rest.starts_with("[[:")) {
      return {};
    } else if (rest.starts_with("(?") && rest.size() > 2 && rest[2] != ':' && rest[2] != '<' &&
               rest[2] != '=' && rest[2] != '!') {
      return {};  // flags in the midst of an expression
    } else if (rest[0] == '\\' && rest.size() > 1) {
      out.append(rest.substr(0, 2));
      ++i;
    } else {
      out += rest[0];
    }
  }
  return out;
}

std::string search_script(const std::vector<SearchedPage>& pages, const match::RuleSet& rules,
                          Language language) {
  const bool is_chinese = language == Language::zh;
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("pages").begin_array();
  for (const SearchedPage& page : pages) write_page(json, page);
  json.end_array().key("rules").begin_array();
  for (const match::Rule& rule : rules.rules()) {
    if (rule.is_catch_all()) continue;
    std::string_view regex = rule.regex;
    const bool is_any_case = regex.starts_with("(?i)");
    if (is_any_case) regex.remove_prefix(4);
    std::string expression = browser_expression(regex);
    if (!expression.empty() && !rule.imported)
      expression = "^(?:" + expression + ")";  // ours begin where the message does
    json.begin_object().member("regex", expression).member("flags", is_any_case ? "i" : "");
    json.key("sides").begin_array();
    for (const parse::Side side : rule.contexts) json.value(parse::to_string(side));
    json.end_array().key("page");
    write_page(json, {.path = "rules/" + page_name(rule.id) + ".html",
                      .name = rule.id,
                      .title = is_chinese && !rule.title_zh.empty() ? rule.title_zh : rule.title});
    json.end_object();
  }
  json.end_array().key("words").begin_object();
  const Texts say(rules_texts(), language);  // the script fills {n} in
  json.member("none", say("search.none"))
      .member("more", say("search.more", {{"n", "{n}"}}))
      .member("unknown", say("search.unknown"));
  json.member("left", say("search.left", {{"n", "{n}"}})).end_object().end_object();
  return "\"use strict\";\nconst data = " + in_script(std::move(text)) + ";" + std::string(kCode);
}

}  // namespace handshaked::cli
