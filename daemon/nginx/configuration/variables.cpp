#include "nginx/configuration/variables.h"

#include <algorithm>
#include <array>
#include <span>

#include "nginx/configuration/inheritance.h"
#include "nginx/serving/server_names.h"

namespace handshaked::nginx {

/// One question, and how deep it is in others: `set $a "$a.x"` must end.
struct Variables::Question {
  const Directive& place;
  std::string_view proxy_host;
  int& steps;  ///< left for the whole question: variables may refer to each other in ever more ways
  int depth = 0;

  Question deeper(const Directive& other_place) const {
    return {other_place, proxy_host, steps, depth + 1};
  }
};

namespace {

constexpr int kDeepest = 8;
constexpr int kMostSteps = 4096;
constexpr std::size_t kMostValues = 64;
constexpr std::size_t kLongestValue = 8192;  // no address is longer

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Text, or the name of a variable.
struct Piece {
  std::string_view text;
  bool is_variable = false;
};

std::vector<Piece> cut(std::string_view text) {
  std::vector<Piece> pieces;
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '$') {
      ++i;
      continue;
    }
    const bool has_brace = i + 1 < text.size() && text[i + 1] == '{';
    const std::size_t begin = i + (has_brace ? 2 : 1);
    std::size_t end = begin;
    while (end < text.size() && is_name_character(text[end])) ++end;
    if (end == begin || (has_brace && (end == text.size() || text[end] != '}'))) {
      ++i;  // nginx refuses it; here it stays text
      continue;
    }
    if (i > plain) pieces.push_back({text.substr(plain, i - plain), false});
    pieces.push_back({text.substr(begin, end - begin), true});
    i = plain = end + (has_brace ? 1 : 0);
  }
  if (plain < text.size()) pieces.push_back({text.substr(plain), false});
  return pieces;
}

bool is_from_the_request(std::string_view name) {
  constexpr std::array kPrefixes = {"http_", "arg_", "cookie_"};
  constexpr std::array kNames = {
      "host",           "uri",        "request_uri", "document_uri",    "args",
      "query_string",   "request",    "is_args",     "ssl_server_name", "ssl_preread_server_name",
      "request_method", "remote_user"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](const char* prefix) { return name.starts_with(prefix); }) ||
         std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         (!name.empty() && name.find_first_not_of("0123456789") == std::string_view::npos);
}

void add_value(Resolution& resolution, std::string value) {
  if (std::find(resolution.values.begin(), resolution.values.end(), value) !=
      resolution.values.end())
    return;
  if (resolution.values.size() < kMostValues) {
    resolution.values.push_back(std::move(value));
  } else if (resolution.is_complete) {
    resolution.is_complete = false;
    resolution.reason = "it has more than " + std::to_string(kMostValues) + " values";
  }
}

void take_doubts(Resolution& resolution, const Resolution& part) {
  if (!part.is_complete && resolution.is_complete) resolution.reason = part.reason;
  resolution.is_complete = resolution.is_complete && part.is_complete;
  resolution.is_client_chosen = resolution.is_client_chosen || part.is_client_chosen;
}

void add_all(Resolution& resolution, const Resolution& part) {
  for (const std::string& value : part.values) add_value(resolution, value);
  take_doubts(resolution, part);
}

Resolution unknown(std::string reason) { return {{}, false, false, std::move(reason)}; }

/// "map $host $backend": the last argument names what is set.
std::string_view table_variable(const Directive& table) {
  if (table.arguments.empty()) return {};
  std::string_view name = table.arguments.back().text;
  if (name.starts_with('$')) name.remove_prefix(1);
  return name;
}

std::size_t include_depth(const Directive& directive) {
  std::size_t depth = 0;
  for (const Directive* one = directive.included_by; one != nullptr; one = one->included_by)
    ++depth;
  return depth;
}

/// Of two directives of one level: does nginx read `one` first? They may come from files that the
/// level includes.
bool stands_before(const Directive& one, const Directive& other) {
  const Directive *left = &one, *right = &other;
  std::size_t left_depth = include_depth(one), right_depth = include_depth(other);
  for (; left_depth > right_depth; --left_depth) left = left->included_by;
  for (; right_depth > left_depth; --right_depth) right = right->included_by;
  for (; left->included_by != right->included_by; left = left->included_by)
    right = right->included_by;
  // One pattern brings several files, in the order of their names.
  return left->file == right->file ? left->raw.begin < right->raw.begin
                                   : left->file->path < right->file->path;
}

/// Finds what sets a variable, the last first, as far as the one behind which nothing counts. Looks
/// at `set` and its like, and not at what else stands in a level: a server with thousands of places
/// is asked about each of them.
class AssignmentSearch {
 public:
  /// `taken_branch`: the `if` block that is known to run; others may or may not.
  AssignmentSearch(const std::string& name, const Directive* taken_branch)
      : name_(name), taken_branch_(taken_branch) {}

  void look_in(const Directive& level) { look_in(level, taken_branch_, false); }
  const std::vector<const Directive*>& found() const { return found_; }
  bool is_always_set() const { return is_always_set_; }
  bool is_cut() const { return left_ == 0; }

 private:
  static constexpr std::size_t kMostLookedAt = 256;

  void look_in(const Directive& level, const Directive* taken_branch, bool is_conditional) {
    std::array spans = {level.find("set"), level.find("if"), level.find("set_by_lua"),
                        level.find("set_by_lua_block"), level.find("set_by_lua_file")};
    for (; left_ > 0 && !is_always_set_; --left_) {
      // Those of one name stand in their order; of all, the last is the one that lies behind the
      // others.
      const auto last =
          std::max_element(spans.begin(), spans.end(), [](const auto& one, const auto& other) {
            return !other.empty() && (one.empty() || stands_before(*one.back(), *other.back()));
          });
      if (last->empty()) return;
      const Directive& directive = *last->back();
      *last = last->first(last->size() - 1);
      if (directive.is("if")) {
        if (directive.has_block)
          look_in(directive, nullptr, is_conditional || &directive != taken_branch);
        if (left_ == 0) return;
      } else if (directive.argument(0).size() == name_.size() + 1 &&
                 directive.argument(0).substr(1) == name_) {
        found_.push_back(&directive);
        is_always_set_ = !is_conditional;
      }
    }
  }

  const std::string& name_;
  const Directive* taken_branch_;
  std::vector<const Directive*> found_;
  bool is_always_set_ = false;
  std::size_t left_ = kMostLookedAt;
};

}  // namespace

bool has_variables(std::string_view text) {
  const auto pieces = cut(text);
  return std::any_of(pieces.begin(), pieces.end(),
                     [](const Piece& piece) { return piece.is_variable; });
}

std::vector<std::string> variable_names(std::string_view text) {
  std::vector<std::string> names;
  for (const Piece& piece : cut(text)) {
    if (piece.is_variable) names.emplace_back(piece.text);
  }
  return names;
}

Variables::Variables(const Configuration& configuration) {
  for (const std::string_view top : {"http", "stream"}) {
    for (const Directive* block : configuration.root().find(top)) {
      for (const std::string_view kind : {"map", "geo", "split_clients"}) {
        for (const Directive* table : block->find(kind)) {
          if (table->has_block)
            tables_[std::string(top) + "/" + std::string(table_variable(*table))].push_back(
                read_table(*table));
        }
      }
    }
  }
}

Resolution Variables::resolve(std::string_view text, const Directive& place,
                              std::string_view proxy_host) const {
  int steps = kMostSteps;
  return expand(text, {place, proxy_host, steps});
}

Resolution Variables::expand(std::string_view text, const Question& question) const {
  Resolution result;
  result.values = {""};
  if (--question.steps < 0) return unknown("its variables have too many values to try them all");
  if (question.depth > kDeepest) return unknown("its variables refer to each other too deeply");
  for (const Piece& piece : cut(text)) {
    Resolution part;
    if (piece.is_variable) part = value_of(std::string(piece.text), question);
    else part.values.emplace_back(piece.text);
    Resolution joined;
    for (const std::string& front : result.values) {
      for (const std::string& back : part.values) {
        if (front.size() + back.size() > kLongestValue) return unknown("its values are too long");
        add_value(joined, front + back);
      }
    }
    take_doubts(joined, result);
    take_doubts(joined, part);
    result = std::move(joined);
  }
  return result;
}

Resolution Variables::value_of(const std::string& name, const Question& question) const {
  Resolution result;
  if (value_of_set(name, question, result)) return result;
  const Directive* top = top_block(question.place);
  if (const auto found = tables_.find((top == nullptr ? "" : top->name) + "/" + name);
      found != tables_.end()) {
    for (const Table& table : found->second) {
      add_all(result, table.constants);
      for (const std::string& value : table.with_variables)
        add_all(result, expand(value, question.deeper(question.place)));
    }
    return result;
  }
  if (name == "proxy_host" && !question.proxy_host.empty()) {
    result.values.emplace_back(question.proxy_host);
    return result;
  }
  if (name == "server_name") {
    const Directive* server = enclosing(question.place, "server");
    const ServerNames names = server == nullptr ? ServerNames() : server_names(*server);
    if (names.is_host_name)
      return unknown("$server_name is the name of the host that nginx runs on");
    result.values.push_back(names.logged);
    return result;
  }
  if (is_from_the_request(name)) {
    result = unknown("$" + name + " comes from the request: the client chooses it");
    result.is_client_chosen = true;
    return result;
  }
  return unknown("$" + name + " is known to nginx only while it handles a request");
}

Variables::Table Variables::read_table(const Directive& block) {
  Table table;
  bool has_default = block.is("split_clients");
  for (const Directive& row : block.block) {
    if (row.is("include") || row.arguments.empty() ||
        (block.is("geo") && (row.is("proxy") || row.is("delete"))))
      continue;
    if (row.is("default")) has_default = true;
    const std::string_view value = row.argument(0);
    if (!block.is("map") || !has_variables(value)) {
      add_value(table.constants, std::string(value));
    } else if (table.with_variables.size() < kMostValues) {
      table.with_variables.emplace_back(value);
    } else {
      take_doubts(table.constants, unknown("$" + std::string(table_variable(block)) +
                                           " has too many values to try them all"));
    }
  }
  if (!has_default) add_value(table.constants, "");
  return table;
}

/// Only the location that handles the request and its server run their rewrite directives; an outer
/// location does not (ngx_http_rewrite_merge_loc_conf). All of them run before the upstream is
/// chosen, so the last one wins.
bool Variables::value_of_set(const std::string& name, const Question& question,
                             Resolution& resolution) const {
  AssignmentSearch search(name, enclosing(question.place, "if"));
  for (const std::string_view kind : {"location", "server"}) {
    if (const Directive* const level = enclosing(question.place, kind)) search.look_in(*level);
  }
  if (search.is_cut())
    take_doubts(resolution,
                unknown("$" + name + " stands among too many others to look at them all"));
  for (const Directive* const set : search.found()) {
    if (set->is("set")) add_all(resolution, expand(set->argument(1), question.deeper(*set)));
    else take_doubts(resolution, unknown("$" + name + " is computed by Lua"));
  }
  if (search.found().empty()) return search.is_cut();
  if (!search.is_always_set()) add_value(resolution, "");
  return true;
}

}  // namespace handshaked::nginx
