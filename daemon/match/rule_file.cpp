#include "match/rule_file.h"

#include <simdjson.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "base/text/line_count.h"
#include "match/padded_file.h"
#include "match/regex_literals.h"

#include <re2/re2.h>

namespace handshaked::match {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

/// Names the place of a key or value in the text of a file: the parser keeps no positions. Entries
/// are asked for in their order, so that a file is walked through once.
class Locator {
 public:
  explicit Locator(std::string_view text) : text_(text) {}

  /// Where the next entry with this id begins (its "id" key), as an offset.
  std::size_t find_entry(std::string_view id) {
    for (auto at = text_.find("\"id\"", behind_); at != std::string_view::npos;
         at = text_.find("\"id\"", at + 1)) {
      const auto value = text_.find('"', text_.find(':', at));
      if (value != std::string_view::npos && text_.substr(value + 1).starts_with(id)) {
        behind_ = value;
        return at;
      }
    }
    return behind_;
  }
  unsigned line_of(std::size_t offset) {
    offset = std::min(offset, text_.size());
    if (offset < counted_to_) counted_to_ = lines_ = 0;
    lines_ += static_cast<unsigned>(count_lines(text_.substr(counted_to_, offset - counted_to_)));
    counted_to_ = offset;
    return lines_ + 1;
  }
  unsigned line_of_key(std::size_t entry, std::string_view key) {
    const auto at = text_.find("\"" + std::string(key) + "\"", entry);
    return line_of(at == std::string_view::npos ? entry : at);
  }

 private:
  std::string_view text_;
  std::size_t behind_ = 0;
  std::size_t counted_to_ = 0;
  unsigned lines_ = 0;
};

/// Reads one entry, collecting what is wrong with it.
class EntryReader {
 public:
  /// `json`: its text as it stands in the file; empty when it is one of several.
  EntryReader(object entry, std::string_view json, Locator& locator, const std::string& file,
              std::vector<RuleProblem>& problems)
      : entry_(entry), json_(json), locator_(locator), file_(file), problems_(problems) {}

  std::optional<Rule> read(unsigned ordinal) {
    Rule rule;
    rule.file = file_;
    rule.id = text_of(entry_, "id");
    if (rule.id.empty()) {
      problems_.push_back({file_, 0, "entry " + std::to_string(ordinal) + " has no \"id\""});
      return std::nullopt;
    }
    begin_ = locator_.find_entry(rule.id);
    rule.line = locator_.line_of(begin_);
    rule.json = json_.empty() ? simdjson::minify(entry_) : std::string(json_);
    const std::size_t before = problems_.size();
    object canon;
    if (entry_["error"].get(canon) == simdjson::SUCCESS) read_canon(canon, rule);
    else read_flat(rule);
    check_regex(rule);
    if (problems_.size() != before) return std::nullopt;
    return rule;
  }

 private:
  void problem(std::string_view key, std::string reason) {
    problems_.push_back(
        {file_, locator_.line_of_key(begin_, key), std::string(key) + ": " + std::move(reason)});
  }

  static std::string text_of(object from, std::string_view key) {
    std::string_view value;
    return from[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
  }

  bool flag(std::string_view key) {
    bool value = false;
    const auto error = entry_[key].get(value);
    if (error != simdjson::SUCCESS && error != simdjson::NO_SUCH_FIELD)
      problem(key, "must be true or false");
    return error == simdjson::SUCCESS && value;
  }

  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> list;
    simdjson::dom::array values;
    const auto error = entry_[key].get(values);
    if (error == simdjson::NO_SUCH_FIELD) return list;
    if (error != simdjson::SUCCESS) {
      problem(key, "must be an array of strings");
      return list;
    }
    for (const element value : values) {
      std::string_view text;
      if (value.get(text) == simdjson::SUCCESS) list.emplace_back(text);
      else problem(key, "must be an array of strings");
    }
    return list;
  }

  template <class T, std::size_t N>
  T choice(std::string_view key, const std::pair<std::string_view, T> (&values)[N], T otherwise) {
    const std::string value = text_of(entry_, key);
    std::string allowed;
    for (const auto& [name, meaning] : values) {
      if (name == value) return meaning;
      allowed += (allowed.empty() ? "" : ", ") + std::string(name);
    }
    problem(key, value.empty() ? "is missing; one of " + allowed
                               : "\"" + value + "\" is none of " + allowed);
    return otherwise;
  }

  void read_common(object from, Rule& rule) {
    rule.regex = text_of(from, "regex");
    rule.title = text_of(from, "title");
    const std::string signature = text_of(from, "signature");
    if (rule.regex.empty()) problem("regex", "is missing");
    if (signature.empty()) problem("signature", "is missing");
    if (rule.title.empty()) rule.title = signature;
    rule.title_zh = text_of(from, "signature_zh");
    rule.url = text_of(entry_, "official_doc_url");
    if (rule.url.empty()) rule.url = text_of(entry_, "url");
  }

  /// The nested public shape (deadends.dev): "error", "verdict", "transition_graph".
  void read_canon(object canon, Rule& rule) {
    read_common(canon, rule);
    become_imported(rule);
  }

  void become_imported(Rule& rule) {
    rule.imported = true;
    rule.severity = Severity::info;
    rule.contexts = {};
    rule.causes = {};
  }

  void read_flat(Rule& rule) {
    static constexpr std::pair<std::string_view, Kind> kKinds[] = {
        {"fault", Kind::fault}, {"transport", Kind::transport}, {"consequence", Kind::consequence}};
    static constexpr std::pair<std::string_view, Severity> kSeverities[] = {
        {"critical", Severity::critical}, {"warning", Severity::warning}, {"info", Severity::info}};
    static constexpr std::pair<std::string_view, parse::Side> kSides[] = {
        {"upstream", parse::Side::upstream},
        {"client", parse::Side::client},
        {"config", parse::Side::config},
        {"ocsp", parse::Side::ocsp}};
    read_common(entry_, rule);
    element side;
    if (entry_["side"].get(side) == simdjson::NO_SUCH_FIELD) {
      become_imported(rule);
      return;
    }
    rule.side = choice("side", kSides, parse::Side::config);
    rule.kind = choice("kind", kKinds, Kind::fault);
    rule.severity = choice("severity", kSeverities, Severity::info);
    rule.noise = flag("noise");
    rule.needs_configuration = flag("needs_configuration");
    if (std::string_view directives; entry_["directives"].get(directives) == simdjson::SUCCESS)
      rule.directives = directives;
    rule.actions = texts("actions");
    rule.upstream_schemes = texts("upstream_schemes");
    rule.request_prefixes = texts("request_prefix");
    for (const std::string& name : texts("contexts")) {
      if (const auto context = parse::side_from_string(name)) rule.contexts.push_back(*context);
      else problem("contexts", "\"" + name + "\" is none of upstream, client, config, ocsp");
    }
    if (rule.contexts.empty()) rule.contexts = {rule.side};
    read_causes(rule);
  }

  void read_causes(Rule& rule) {
    simdjson::dom::array causes;
    if (entry_["causes"].get(causes) != simdjson::SUCCESS || causes.size() == 0) {
      problem("causes", "must be an array with at least one candidate cause");
      return;
    }
    for (const element value : causes) {
      object cause;
      CandidateCause candidate;
      if (value.get(cause) != simdjson::SUCCESS ||
          (candidate.cause = text_of(cause, "cause")).empty()) {
        problem("causes", "each needs a \"cause\"");
        continue;
      }
      if (cause["likelihood"].get(candidate.likelihood) != simdjson::SUCCESS)
        problem("causes", candidate.cause + " needs a \"likelihood\"");
      candidate.tell_apart = text_of(cause, "tell_apart");
      candidate.tell_apart_zh = text_of(cause, "tell_apart_zh");
      rule.causes.push_back(std::move(candidate));
    }
  }

  /// What our own reader understands, RE2 accepts: it need not be compiled to know that. All else
  /// is tried here, and counts, which together may be more than RE2 is ready to unroll.
  void check_regex(Rule& rule) {
    rule.literals = regex_literals(rule.regex);
    if (rule.regex.empty() || (rule.literals && has_few_counts(rule.regex))) return;
    re2::RE2::Options options(re2::RE2::Latin1);
    options.set_log_errors(false);
    if (const re2::RE2 regex(rule.regex, options); !regex.ok()) problem("regex", regex.error());
  }

  /// Unrolled, they are far from RE2's limit: a byte or a class takes at most 256 of its 131,072
  /// instructions.
  static bool has_few_counts(std::string_view regex) {
    constexpr unsigned kFew = 200;
    unsigned sum = 0;
    for (std::size_t at = regex.find('{'); at != std::string_view::npos;
         at = regex.find('{', at + 1)) {
      if (at > 0 && regex[at - 1] == ')') return false;  // a group: all that it holds is unrolled
      unsigned number = 0;
      for (++at; at < regex.size() && regex[at] != '}'; ++at) {
        const bool is_digit = regex[at] >= '0' && regex[at] <= '9';
        number =
            is_digit ? std::min(number * 10 + static_cast<unsigned>(regex[at] - '0'), kFew) : 0;
        sum += is_digit ? 0 : kFew / 10;  // "{3,}", or no count at all
      }
      sum += number;
      if (sum > kFew) return false;
    }
    return true;
  }

  object entry_;
  std::string_view json_;
  Locator& locator_;
  const std::string& file_;
  std::vector<RuleProblem>& problems_;
  std::size_t begin_ = 0;
};

/// Visits everything below a value; false as soon as something is no JSON, or deeper than the DOM
/// reads: this parser does not look.
bool walk(simdjson::ondemand::value value, std::size_t depth = 0) {
  simdjson::ondemand::json_type type{};
  if (depth == simdjson::DEFAULT_MAX_DEPTH) return false;
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type == simdjson::ondemand::json_type::object) {
    simdjson::ondemand::object object;
    if (value.get(object) != simdjson::SUCCESS) return false;
    for (auto field : object) {
      std::string_view key;
      simdjson::ondemand::value inner;
      if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
          field.value().get(inner) != simdjson::SUCCESS || !walk(inner, depth + 1))
        return false;
    }
    return true;
  }
  if (type == simdjson::ondemand::json_type::array) {
    simdjson::ondemand::array array;
    if (value.get(array) != simdjson::SUCCESS) return false;
    for (auto item : array) {
      simdjson::ondemand::value inner;
      if (item.get(inner) != simdjson::SUCCESS || !walk(inner, depth + 1)) return false;
    }
    return true;
  }
  if (type == simdjson::ondemand::json_type::string) {
    std::string_view text;
    return value.get(text) == simdjson::SUCCESS;
  }
  if (type == simdjson::ondemand::json_type::number) {
    double number = 0;
    return value.get(number) == simdjson::SUCCESS;
  }
  bool truth = false;
  if (type == simdjson::ondemand::json_type::boolean) return value.get(truth) == simdjson::SUCCESS;
  return simdjson::simdjson_result<bool>(value.is_null()).get(truth) == simdjson::SUCCESS && truth;
}

/// simdjson's DOM says what is wrong but not where; its on-demand parser knows how far it came.
unsigned line_of_syntax_error(std::string_view padded, Locator& locator) {
  const simdjson::padded_string text(padded);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::value value;
  if (parser.iterate(text).get(document) != simdjson::SUCCESS) return 1;
  const bool sound = document.get_value().get(value) == simdjson::SUCCESS && walk(value);
  const char* location = nullptr;
  if (document.current_location().get(location) == simdjson::SUCCESS && location >= text.data() &&
      location <= text.data() + text.size()) {
    return locator.line_of(static_cast<std::size_t>(location - text.data()));
  }
  return sound ? 0 : locator.line_of(text.size());
}

/// `text`: with simdjson's padding behind it.
void read_padded(std::string_view text, const std::string& file, simdjson::dom::parser& parser,
                 LoadedRules& loaded) {
  Locator locator(text);
  element root;
  if (const auto error = parser.parse(text.data(), text.size(), false).get(root);
      error != simdjson::SUCCESS) {
    loaded.problems.push_back({file, line_of_syntax_error(text, locator),
                               std::string("not valid JSON: ") + simdjson::error_message(error)});
    return;
  }
  const auto add = [&](element value, std::string_view json, unsigned ordinal) {
    object entry;
    if (value.get(entry) != simdjson::SUCCESS) {
      loaded.problems.push_back(
          {file, 0, "entry " + std::to_string(ordinal) + " is not an object"});
      return;
    }
    if (auto rule = EntryReader(entry, json, locator, file, loaded.problems).read(ordinal))
      loaded.rules.push_back(std::move(*rule));
  };
  simdjson::dom::array entries;
  if (root.get(entries) == simdjson::SUCCESS) {
    unsigned ordinal = 0;
    for (const element value : entries) add(value, {}, ++ordinal);
  } else {
    add(root, text, 1);
  }
}

void report_duplicates(LoadedRules& loaded) {
  std::map<std::string, const Rule*> by_id;
  std::set<std::string> twice;
  for (const Rule& rule : loaded.rules) {
    const auto [first, is_new] = by_id.emplace(rule.id, &rule);
    if (is_new) continue;
    twice.insert(rule.id);
    loaded.problems.push_back(
        {rule.file, rule.line,
         "id: " + rule.id + " stands in " + first->second->file + " already"});
  }
  std::erase_if(loaded.rules, [&](const Rule& rule) {
    return twice.contains(rule.id) && by_id[rule.id] != &rule;
  });
}

}  // namespace

std::string RuleProblem::message() const {
  return file + (line != 0 ? ":" + std::to_string(line) : std::string()) + ": " + reason;
}

void read_rules(std::string_view json, const std::string& file, LoadedRules& loaded) {
  simdjson::dom::parser parser;
  read_padded(simdjson::padded_string(json), file, parser, loaded);
}

LoadedRules load_rules(const std::string& path) {
  LoadedRules loaded;
  std::error_code error;
  std::vector<std::string> files;
  if (std::filesystem::is_directory(path, error)) {
    for (std::filesystem::directory_iterator it(path, error), end; !error && it != end;
         it.increment(error)) {
      if (it->path().extension() == ".json" && !it->is_directory())
        files.push_back(it->path().string());
    }
    std::sort(files.begin(), files.end());
    if (files.empty()) loaded.problems.push_back({path, 0, "holds no *.json file"});
  } else {
    files.push_back(path);
  }
  simdjson::dom::parser parser;  // keeps its memory from file to file
  PaddedFile padded;             // so does this
  for (const std::string& file : files) {
    if (std::string why_not = padded.read(file); why_not.empty())
      read_padded(padded.text(), file, parser, loaded);
    else loaded.problems.push_back({file, 0, std::move(why_not)});
  }
  report_duplicates(loaded);
  return loaded;
}

}  // namespace handshaked::match
