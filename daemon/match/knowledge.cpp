#include "match/knowledge.h"

#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "match/padded_file.h"

namespace handshaked::match {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

/// Reads texts in the asked language; where a translation is missing, English is better than
/// nothing.
class TextReader {
 public:
  TextReader(object from, Language language)
      : from_(from), suffix_(language == Language::zh ? "_zh" : "") {}

  std::string text(std::string_view key) const {
    std::string_view value;
    if (!suffix_.empty() && from_[std::string(key) + suffix_].get(value) == simdjson::SUCCESS &&
        !value.empty())
      return std::string(value);
    return from_[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
  }
  double number(std::string_view key) const {
    double value = 0;
    return from_[key].get(value) == simdjson::SUCCESS ? value : 0;
  }
  bool flag(std::string_view key) const {
    bool value = false;
    return from_[key].get(value) == simdjson::SUCCESS && value;
  }
  std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> list;
    simdjson::dom::array values;
    if (from_[key].get(values) != simdjson::SUCCESS) return list;
    for (const element item : values) {
      std::string_view value;
      if (item.get(value) == simdjson::SUCCESS) list.emplace_back(value);
    }
    return list;
  }
  template <class Visit>
  void each(std::string_view key, Language language, Visit visit) const {
    simdjson::dom::array values;
    if (from_[key].get(values) != simdjson::SUCCESS) return;
    for (const element item : values) {
      object value;
      if (item.get(value) == simdjson::SUCCESS) visit(TextReader(value, language));
    }
  }

 private:
  object from_;
  std::string suffix_;
};

Advice read_advice(object from, Language language) {
  const TextReader reader(from, language);
  Advice advice;
  advice.meaning = reader.text("meaning");
  advice.root_cause = reader.text("root_cause");
  advice.owner = reader.text("owner");
  reader.each("workarounds", language, [&](const TextReader& item) {
    advice.workarounds.push_back(
        {.id = item.text("id"),
         .owner = item.text("owner"),
         .action = item.text("action"),
         .how = item.text("how"),
         .condition = item.text("condition"),
         .success_rate = item.number("success_rate"),
         .evidence_count = static_cast<long>(item.number("evidence_count")),
         .sources = item.texts("sources")});
  });
  reader.each("dead_ends", language, [&](const TextReader& item) {
    advice.dead_ends.push_back({.action = item.text("action"),
                                .why_fails = item.text("why_fails"),
                                .condition = item.text("condition"),
                                .fail_rate = item.number("fail_rate"),
                                .unsafe = item.flag("unsafe"),
                                .sources = item.texts("sources")});
  });
  return advice;
}

Advice parse_advice(std::string_view json, Language language) {
  simdjson::dom::parser parser;
  object root;
  if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS) return {};
  return read_advice(root, language);
}

void add_new(Advice& to, Advice from, std::set<std::string>& known) {
  for (Workaround& workaround : from.workarounds) {
    if (known.insert(workaround.action).second) to.workarounds.push_back(std::move(workaround));
  }
  for (DeadEnd& dead_end : from.dead_ends) {
    if (known.insert(dead_end.action).second) to.dead_ends.push_back(std::move(dead_end));
  }
}

}  // namespace

std::string_view directives_of(const Rule& rule, std::string_view upstream_scheme) {
  if (!rule.directives.empty()) return rule.directives;
  return rule.side == parse::Side::client ? kListenerDirectives : upstream_scheme;
}

std::string_view directive_family(std::string_view upstream_scheme) {
  if (upstream_scheme == kListenerDirectives) return kListenerDirectives;
  if (upstream_scheme == "lua_ssl") return "lua";
  if (upstream_scheme == "js_fetch") return "js_fetch";
  if (upstream_scheme.starts_with("grpc")) return "grpc";
  if (upstream_scheme.ends_with("uwsgi")) return "uwsgi";
  return "proxy";
}

std::string with_family(std::string text, std::string_view upstream_scheme) {
  const std::string_view family = directive_family(upstream_scheme);
  const auto put = [&text](std::string_view placeholder, std::string_view value) {
    for (auto at = text.find(placeholder); at != std::string::npos;
         at = text.find(placeholder, at + value.size()))
      text.replace(at, placeholder.size(), value);
  };
  if (family == "js_fetch") put("{family}_ssl_", "js_fetch_");
  if (family == kListenerDirectives) {
    put("{family}_ssl_verify_depth", "ssl_verify_depth");
    put("{family}_ssl_verify", "ssl_verify_client");
    put("{family}_ssl_trusted_certificate", "ssl_client_certificate");
    put("{family}_ssl_", "ssl_");
  }
  put("{family}", family);
  return text;
}

bool names_missing_directive(std::string_view text, std::string_view upstream_scheme) {
  static constexpr std::string_view kLua[] = {"trusted_certificate", "verify_depth", "crl",
                                              "protocols",           "ciphers",      "certificate",
                                              "certificate_key",     "conf_command"};
  static constexpr std::string_view kFetch[] = {"trusted_certificate", "verify_depth", "verify",
                                                "protocols", "ciphers"};
  // Advice on a cause that is met on both sides: what is to be done at an upstream is of no use to
  // a listener.
  if (upstream_scheme == kListenerDirectives)
    return text.find("the upstream") != std::string_view::npos;
  const bool is_lua = upstream_scheme == "lua_ssl";
  if (!is_lua && upstream_scheme != "js_fetch") return false;
  const std::string_view prefix = is_lua ? "lua_ssl_" : "js_fetch_";
  for (auto at = text.find(prefix); at != std::string_view::npos; at = text.find(prefix, at + 1)) {
    std::string_view name = text.substr(at + prefix.size());
    name = name.substr(0, name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"));
    const bool is_known =
        is_lua ? std::find(std::begin(kLua), std::end(kLua), name) != std::end(kLua)
               : std::find(std::begin(kFetch), std::end(kFetch), name) != std::end(kFetch);
    if (!is_known) return true;
  }
  return false;
}

Knowledge Knowledge::load(const std::string& directory, std::vector<RuleProblem>& problems) {
  Knowledge knowledge;
  std::error_code error;
  simdjson::dom::parser parser;  // keeps its memory from file to file
  PaddedFile padded;             // so does this
  std::filesystem::directory_iterator it(std::filesystem::path(directory) / "causes", error);
  for (const std::filesystem::directory_iterator end; !error && it != end; it.increment(error)) {
    if (it->path().extension() != ".json") continue;
    const std::string file = it->path().string();
    object root;
    std::string_view slug;
    if (!padded.read(file).empty() ||
        parser.parse(padded.text().data(), padded.text().size(), false).get(root) !=
            simdjson::SUCCESS) {
      problems.push_back({file, 0, "not valid JSON"});
    } else if (root["cause"].get(slug) != simdjson::SUCCESS || slug != it->path().stem().string()) {
      problems.push_back({file, 0, "\"cause\" must equal the name of the file"});
    } else {
      knowledge.causes_.emplace(slug, std::string(padded.text()));
    }
  }
  return knowledge;
}

std::optional<Advice> Knowledge::about_cause(std::string_view cause, Language language) const {
  const auto it = causes_.find(cause);
  if (it == causes_.end()) return std::nullopt;
  return parse_advice(it->second, language);
}

std::string_view Knowledge::json_of_cause(std::string_view cause) const {
  const auto it = causes_.find(cause);
  return it == causes_.end() ? std::string_view() : std::string_view(it->second);
}

std::vector<std::string> Knowledge::causes() const {
  std::vector<std::string> names;
  for (const auto& [slug, json] : causes_) names.push_back(slug);
  return names;
}

Advice Knowledge::about_rule(const Rule& rule, Language language) {
  return parse_advice(rule.json, language);
}

Advice Knowledge::about_line(const Rule& rule, std::string_view scheme, Language language) const {
  Advice own = about_rule(rule, language);
  Advice advice;
  advice.root_cause = own.root_cause;
  std::set<std::string> known;
  for (const CandidateCause& candidate : rule.causes) {
    auto cause = about_cause(candidate.cause, language);
    if (!cause) continue;
    // What is in vain when another cause is the true one may be the cure for this one; what is
    // unsafe is so for all.
    if (&candidate != &rule.causes.front())
      std::erase_if(cause->dead_ends, [](const DeadEnd& one) { return !one.unsafe; });
    add_new(advice, std::move(*cause), known);
  }
  add_new(advice, std::move(own), known);
  scheme = directives_of(rule, scheme);
  const auto fill_in = [scheme](std::string& text) { text = with_family(std::move(text), scheme); };
  for (Workaround& workaround : advice.workarounds) {
    for (std::string* text : {&workaround.action, &workaround.how, &workaround.condition})
      fill_in(*text);
  }
  for (DeadEnd& dead_end : advice.dead_ends) {
    for (std::string* text : {&dead_end.action, &dead_end.why_fails, &dead_end.condition})
      fill_in(*text);
  }
  fill_in(advice.root_cause);
  std::erase_if(advice.workarounds, [scheme](const Workaround& one) {
    return names_missing_directive(one.action, scheme) || names_missing_directive(one.how, scheme);
  });
  std::erase_if(advice.dead_ends, [scheme](const DeadEnd& one) {
    return names_missing_directive(one.action, scheme);
  });
  return advice;
}

}  // namespace handshaked::match
