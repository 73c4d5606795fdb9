#include "match/rule_set.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <mutex>
#include <numeric>

#include "parse/context.h"

namespace handshaked::match {
namespace {

constexpr std::size_t kWindow = 4;
constexpr std::size_t kFilterBits = 1U << 14;
/// A look at the clock costs about what a short regex does.
constexpr std::uint64_t kMeasuredOnceIn = 16;

std::uint32_t window_at(const char* at) {
  std::uint32_t window = 0;
  std::memcpy(&window, at, kWindow);
  return window;
}

std::size_t filter_bit(std::uint32_t window) { return (window * 2654435761U) >> (32 - 14); }

re2::RE2::Options rule_options() {
  re2::RE2::Options options;
  options.set_encoding(re2::RE2::Options::EncodingLatin1);  // log lines are bytes: in UTF-8 '.'
                                                            // would not match a stray one
  options.set_log_errors(false);
  options.set_max_mem(8 << 20);
  options.set_dot_nl(true);
  return options;
}

template <class T>
bool empty_or_contains(const std::vector<T>& list, const auto& value) {
  return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
}

std::size_t constraint_count(const Rule& rule) {
  return static_cast<std::size_t>(!rule.actions.empty()) +
         static_cast<std::size_t>(!rule.upstream_schemes.empty()) +
         static_cast<std::size_t>(!rule.request_prefixes.empty());
}

/// What stands in a line behind `field` (", upstream: ") when it begins with `value`: plain, inside
/// JSON, and as forms, chats and tables print it.
void require_field(std::vector<std::string>& clause, std::string_view field,
                   const std::string& value) {
  static constexpr std::array<std::string_view, 8> kOpenings{
      "\"", "\\\"", "&quot;", "&#34;", "\"\"", "'", "\xE2\x80\x9C", "\"["};
  for (const std::string_view opening : kOpenings)
    clause.push_back(std::string(field).append(opening) + value);
  // As a field of its own in a shipper's record.
  const std::string_view name = field.substr(0, field.find(':'));
  for (const std::string_view between : {"\":\"", "\": \""})
    clause.push_back(std::string(name).append(between) + value);
}

/// What a rule demands of a line besides its message.
std::vector<std::vector<std::string>> line_clauses_of(const Rule& rule) {
  std::vector<std::vector<std::string>> clauses;
  std::vector<std::string> schemes;
  for (const std::string& scheme : rule.upstream_schemes)
    require_field(schemes, "upstream: ", scheme + "://");
  if (!schemes.empty()) clauses.push_back(std::move(schemes));
  std::vector<std::string> actions;
  for (const std::string& action : rule.actions) actions.push_back(" while " + action);
  if (!actions.empty()) clauses.push_back(std::move(actions));
  std::vector<std::string> requests;
  for (const std::string& prefix : rule.request_prefixes) {
    // A control character is escaped inside JSON: only what stands before it is sure.
    const auto plain = std::find_if(prefix.begin(), prefix.end(),
                                    [](char c) { return c < ' ' || c == '"' || c == '\\'; });
    if (plain == prefix.end()) {
      require_field(requests, "request: ", prefix);
    } else {
      requests.push_back("request: \"" + prefix);
      requests.push_back("request: \\\"" + std::string(prefix.begin(), plain) + "\\");
    }
  }
  if (!requests.empty()) clauses.push_back(std::move(requests));
  return clauses;
}

/// Takes the branches out of `literals`: the gate alone asks for them.
void add_requirements(const Rule& rule, RegexLiterals& literals,
                      std::vector<LineRequirements>& requirements) {
  const auto line_clauses = line_clauses_of(rule);
  if (literals.branches.empty())
    requirements.push_back({.message_clauses = {}, .prefixes = {}, .line_clauses = line_clauses});
  for (RegexBranch& branch : literals.branches) {
    requirements.push_back(
        {.message_clauses = std::move(branch.clauses),
         .prefixes = rule.imported ? std::vector<std::string>{} : std::move(branch.prefixes),
         .line_clauses = line_clauses});
  }
  literals.branches = {};
}

/// The place of a text in a reader's memory.
std::size_t hash_text(std::string_view text) {
  // Sixteen bytes a step, in two chains that do not wait for each other: it runs for every matched
  // line.
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15ULL;
  const auto word_at = [text](std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, 8);
    return word;
  };
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ text.size();
  std::uint64_t other = kOdd;
  const auto mix = [](std::uint64_t& into, std::uint64_t word) {
    into = (into ^ word) * kOdd;
    into ^= into >> 29;
  };
  std::size_t i = 0;
  for (; i + 16 <= text.size(); i += 16) {
    mix(hash, word_at(i));
    mix(other, word_at(i + 8));
  }
  for (; i < text.size(); ++i) mix(hash, static_cast<unsigned char>(text[i]));
  hash ^= other * kOdd;
  return hash ^ (hash >> 32);
}

}  // namespace

struct RuleSet::Compiled {
  std::once_flag once;
  std::unique_ptr<re2::RE2> regex;
  std::atomic<bool> is_ready = false;
  // Readers count here together; what counts is not what they decide by.
  std::atomic<std::uint64_t> confirmations = 0, measured = 0, measured_nanoseconds = 0;
};

RuleSet::RuleSet(std::vector<Rule> rules) : rules_(std::move(rules)) {
  std::vector<RegexLiterals> literals(rules_.size());
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (rules_[i].literals) literals[i] = std::move(*rules_[i].literals);
    rules_[i].literals.reset();
  }

  std::vector<std::size_t> order(rules_.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (rules_[a].imported != rules_[b].imported) return rules_[b].imported;
    if (literals[a].specificity != literals[b].specificity)
      return literals[a].specificity > literals[b].specificity;
    if (constraint_count(rules_[a]) != constraint_count(rules_[b]))
      return constraint_count(rules_[a]) > constraint_count(rules_[b]);
    return rules_[a].id < rules_[b].id;
  });
  std::vector<Rule> sorted;
  sorted.reserve(order.size());
  for (const std::size_t i : order) {
    sorted.push_back(std::move(rules_[i]));
    literals_.push_back(std::move(literals[i]));
  }
  rules_ = std::move(sorted);

  std::vector<LineRequirements> requirements;
  for (std::size_t i = 0; i < rules_.size(); ++i)
    add_requirements(rules_[i], literals_[i], requirements);
  gate_ = std::make_unique<LiteralGate>(requirements);
  compiled_ = std::make_unique<Compiled[]>(rules_.size());
  index_literals();
}

RuleSet::~RuleSet() = default;

void RuleSet::index_literals() {
  // A window that few rules share tells most: count them first. Two that share a place are taken
  // for more common than they are.
  std::vector<std::uint32_t> uses(kFilterBits);
  const auto is_usable = [](const std::vector<std::string>& clause) {
    return std::all_of(clause.begin(), clause.end(),
                       [](const auto& literal) { return literal.size() >= kWindow; });
  };
  for (const RegexLiterals& literals : literals_) {
    for (const auto& clause : literals.clauses) {
      if (!is_usable(clause)) continue;
      for (const auto& literal : clause) {
        for (std::size_t i = 0; i + kWindow <= literal.size(); ++i)
          ++uses[filter_bit(window_at(literal.data() + i))];
      }
    }
  }
  const auto rarest_window = [&uses](const std::string& literal) {
    std::uint32_t best = window_at(literal.data());
    for (std::size_t i = 1; i + kWindow <= literal.size(); ++i) {
      const std::uint32_t window = window_at(literal.data() + i);
      if (uses[filter_bit(window)] < uses[filter_bit(best)]) best = window;
    }
    return best;
  };

  window_filter_.assign(kFilterBits / 64, 0);
  for (std::uint32_t rule = 0; rule < rules_.size(); ++rule) {
    const std::vector<std::string>* best = nullptr;
    std::uint64_t best_uses = ~0ULL;
    for (const auto& clause : literals_[rule].clauses) {
      if (!is_usable(clause)) continue;
      std::uint64_t total = 0;
      for (const auto& literal : clause) total += uses[filter_bit(rarest_window(literal))];
      if (total < best_uses) {
        best_uses = total;
        best = &clause;
      }
    }
    if (best == nullptr) {
      always_candidates_.push_back(rule);
      continue;
    }
    for (const auto& literal : *best) {
      const std::uint32_t window = rarest_window(literal);
      auto& listed = by_window_[window];
      if (listed.empty() || listed.back() != rule) listed.push_back(rule);
      window_filter_[filter_bit(window) / 64] |= 1ULL << (filter_bit(window) % 64);
    }
  }
}

const re2::RE2& RuleSet::compiled(std::size_t rule) const {
  Compiled& slot = compiled_[rule];
  std::call_once(slot.once, [&] {
    slot.regex = std::make_unique<re2::RE2>(rules_[rule].regex, rule_options());
    slot.is_ready = true;
  });
  return *slot.regex;
}

std::vector<std::string> RuleSet::compile_all() const {
  std::vector<std::string> refused;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (!compiled(i).ok())
      refused.push_back(rules_[i].file + ":" + std::to_string(rules_[i].line) + ": " +
                        rules_[i].id + ": regex: " + compiled(i).error());
  }
  return refused;
}

bool RuleSet::regex_matches(std::size_t rule, std::string_view text) const {
  if (!literals_hold(rule, text)) return false;
  const re2::RE2& regex = compiled(rule);
  if (!regex.ok()) return false;
  const auto anchor = rules_[rule].imported ? re2::RE2::UNANCHORED : re2::RE2::ANCHOR_START;
  const auto confirm = [&] {
    return regex.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), anchor, nullptr,
                       0);
  };
  Compiled& slot = compiled_[rule];
  if (slot.confirmations.fetch_add(1, std::memory_order_relaxed) % kMeasuredOnceIn != 0)
    return confirm();
  const auto began = std::chrono::steady_clock::now();
  const bool matches = confirm();
  const auto took = std::chrono::steady_clock::now() - began;
  slot.measured.fetch_add(1, std::memory_order_relaxed);
  slot.measured_nanoseconds.fetch_add(
      static_cast<std::uint64_t>(took / std::chrono::nanoseconds(1)), std::memory_order_relaxed);
  return matches;
}

RuleCost RuleSet::cost(std::size_t rule) const {
  const Compiled& slot = compiled_[rule];
  const auto measured = static_cast<double>(slot.measured.load(std::memory_order_relaxed));
  RuleCost cost{.confirmations = slot.confirmations.load(std::memory_order_relaxed), .seconds = 0};
  if (measured > 0)
    cost.seconds = static_cast<double>(slot.measured_nanoseconds.load(std::memory_order_relaxed)) /
                   1e9 * static_cast<double>(cost.confirmations) / measured;
  return cost;
}

/// What the regex requires, without the regex: to compile one costs as much as thousands of lines.
bool RuleSet::literals_hold(std::size_t rule, std::string_view text) const {
  const RegexLiterals& literals = literals_[rule];
  const auto begins = [text](const std::string& prefix) { return text.starts_with(prefix); };
  if (!rules_[rule].imported && !literals.prefixes.empty() &&
      std::none_of(literals.prefixes.begin(), literals.prefixes.end(), begins))
    return false;
  if (compiled_[rule].is_ready.load(std::memory_order_relaxed)) return true;
  const auto stands = [text](const std::string& literal) {
    // An empty text may have no address, which memmem() must not be given.
    return text.size() >= literal.size() &&
           memmem(text.data(), text.size(), literal.data(), literal.size()) != nullptr;
  };
  return std::all_of(literals.clauses.begin(), literals.clauses.end(),
                     [&stands](const std::vector<std::string>& clause) {
                       return std::any_of(clause.begin(), clause.end(), stands);
                     });
}

void RuleSet::find_candidates(std::string_view text, std::vector<std::uint32_t>& found) const {
  found = always_candidates_;
  for (std::size_t i = 0; i + kWindow <= text.size(); ++i) {
    const std::uint32_t window = window_at(text.data() + i);
    const std::size_t bit = filter_bit(window);
    if ((window_filter_[bit / 64] >> (bit % 64) & 1) == 0) continue;
    if (const auto it = by_window_.find(window); it != by_window_.end())
      found.insert(found.end(), it->second.begin(), it->second.end());
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
}

void RuleSet::find_inside(std::string_view text, std::vector<MessagePlace>& found) const {
  found.clear();
  std::vector<std::uint32_t> candidates;
  find_candidates(text, candidates);
  for (const std::uint32_t rule : candidates) {
    const re2::RE2& regex = compiled(rule);
    re2::StringPiece where;
    if (!regex.ok() || !regex.Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                                    re2::RE2::UNANCHORED, &where, 1))
      continue;
    found.push_back({.rule = rule, .at = static_cast<std::size_t>(where.data() - text.data())});
  }
}

void RuleSet::find_by_text(std::string_view text, std::vector<std::uint32_t>& found) const {
  find_candidates(text, found);
  std::erase_if(found, [&](std::uint32_t rule) { return !regex_matches(rule, text); });
}

bool RuleSet::constraints_hold(const Rule& rule, const parse::ErrorRecord& record) const {
  if (record.is_side_certain) {
    if (!empty_or_contains(rule.contexts, record.side)) return false;
  } else if (record.connection && !rule.contexts.empty() &&
             std::all_of(rule.contexts.begin(), rule.contexts.end(),
                         [](parse::Side side) { return side == parse::Side::config; })) {
    return false;  // a line of a connection is none of the start
  }
  if (!empty_or_contains(rule.actions, record.action)) return false;
  if (!rule.upstream_schemes.empty() &&
      !empty_or_contains(rule.upstream_schemes, parse::upstream_scheme(record)))
    return false;
  return rule.request_prefixes.empty() ||
         std::any_of(rule.request_prefixes.begin(), rule.request_prefixes.end(),
                     [&](const auto& prefix) { return record.request.starts_with(prefix); });
}

void Matcher::find_candidates(std::string_view text, Remembered& remembered) {
  rules_->find_candidates(text, scratch_);
  remembered.candidates.clear();
  for (const std::uint32_t rule : scratch_) remembered.candidates.push_back({.rule = rule});
  remembered.has_tls = false;
}

Matcher::Remembered& Matcher::remember(std::string_view text) {
  const std::size_t place = hash_text(text) % (kRemembered / 2) * 2;
  std::unique_ptr<Remembered>& newer = memory_[place];
  std::unique_ptr<Remembered>& older = memory_[place + 1];
  if (newer && newer->text == text) return *newer;
  std::swap(newer, older);
  if (newer && newer->text == text) return *newer;
  if (!newer) newer = std::make_unique<Remembered>();
  newer->text.assign(text);
  find_candidates(text, *newer);
  return *newer;
}

const Rule* Matcher::match(const parse::ErrorRecord& record) {
  if (record.level == parse::Level::debug) return nullptr;
  if (record.text.size() <= kLongestRemembered) {
    last_ = &remember(record.text);
  } else {
    last_ = &passing_;
    find_candidates(record.text, passing_);
  }
  if (!record.is_side_certain) {
    // Rules of both sides would be equally good.
    if (parse::says_only_failed(record)) return first_match(record, Wanted::last_resort);
    // A message without connection and action, of which nothing tells the side, is one of the
    // start: nginx says what it was doing otherwise.
    if (!record.connection && record.action.empty()) {
      if (const Rule* const rule = first_match(record, Wanted::of_start); rule != nullptr)
        return rule;
    }
    const bool is_guessed = record.side != parse::Side::config;
    if (const Rule* const rule =
            is_guessed ? first_match(record, Wanted::of_guessed_side) : nullptr;
        rule != nullptr)
      return rule;
  }
  return first_match(record, Wanted::any);
}

const Rule* Matcher::first_match(const parse::ErrorRecord& record, Wanted wanted) {
  for (Candidate& candidate : last_->candidates) {
    const Rule& rule = rules_->rules()[candidate.rule];
    if (wanted == Wanted::last_resort && !rule.is_catch_all()) continue;
    if (wanted == Wanted::of_start && (rule.side != parse::Side::config || rule.is_catch_all()))
      continue;
    // Scripts' connections are rarer than nginx's own.
    if (wanted == Wanted::of_guessed_side &&
        (rule.side != record.side || rule.is_catch_all() || !rule.directives.empty()))
      continue;
    if (candidate.verdict == Verdict::differs || !rules_->constraints_hold(rule, record)) continue;
    if (candidate.verdict == Verdict::unknown) {
      candidate.verdict =
          rules_->regex_matches(candidate.rule, record.text) ? Verdict::matches : Verdict::differs;
    }
    if (candidate.verdict == Verdict::matches) return &rule;
  }
  return nullptr;
}

const parse::TlsDetail& Matcher::tls_detail(const parse::ErrorRecord& record) {
  if (last_->has_tls) return last_->tls;
  parse::ErrorRecord kept;
  kept.message = last_ == &passing_
                     ? record.message
                     : std::string_view(last_->text).substr(0, record.message.size());
  parse::read_tls_detail(kept, last_->tls);
  last_->has_tls = true;
  return last_->tls;
}

}  // namespace handshaked::match
