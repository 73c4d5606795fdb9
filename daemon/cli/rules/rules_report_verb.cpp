#include <algorithm>
#include <map>
#include <set>

#include "analysis.h"
#include "base/json/json_writer.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/words.h"
#include "cli/knowledge/knowledge_base.h"
#include "cli/log/log_reading.h"
#include "cli/rules/masked_message.h"
#include "cli/rules/rules_verb.h"
#include "cli/texts.h"
#include "parse/error_record.h"

namespace handshaked::cli {
namespace {

/// More kinds of lines nobody reads, and a log must not fill the memory.
constexpr std::size_t kMostKinds = 1000;

/// What every line of one kind looks like when all is masked that belongs to somebody.
struct Kind {
  std::string template_text;
  parse::Side side = parse::Side::config;
  std::uint64_t lines = 0, untrusted = 0;
};

std::string template_of(const parse::ErrorRecord& record) {
  std::string text;
  if (record.level != parse::Level::none)
    text.append("[").append(parse::to_string(record.level)).append("] ");
  text += masked_message(record.message);
  if (!record.action.empty()) text.append(" while ").append(masked_message(record.action));
  if (const std::string_view scheme = parse::upstream_scheme(record); !scheme.empty())
    text.append(", upstream: \"").append(masked_message(scheme)).append("://<url>\"");
  return text;
}

/// The lines that no rule but the last resort recognises.
class Unclassified : public FailureHandler {
 public:
  void on_failure(const match::RecognisedLine& failure) override {
    ++recognised_;
    if (!failure.rule.is_catch_all()) return;
    ++lines_;
    std::string text = template_of(failure.record);
    auto found = kinds_.find(text);
    if (found == kinds_.end()) {
      if (kinds_.size() == kMostKinds) {
        ++lines_left_out_;
        return;
      }
      found = kinds_.emplace(text, Kind{.template_text = text, .side = failure.record.side}).first;
    }
    ++found->second.lines;
    if (!failure.trusted) ++found->second.untrusted;
  }

  /// "nginx/1.26.2", as nginx, its relatives and its builders print it when they start.
  void look_for_products(std::string_view block) {
    static constexpr std::string_view kProducts[] = {": nginx/", ": openresty/", ": Angie/",
                                                     ": Tengine/", ": freenginx/"};
    constexpr std::size_t kMostProducts = 16, kLongestVersion = 24;
    for (const std::string_view product : kProducts) {
      for (auto at = block.find(product); at != std::string_view::npos;
           at = block.find(product, at + 1)) {
        const std::string_view rest = block.substr(at + 2, product.size() - 2 + kLongestVersion);
        const auto end = std::min(rest.find_first_of("\r\n"), rest.size());
        const bool is_version =
            rest.find_first_not_of("0123456789.", product.size() - 2) == end && end < rest.size();
        if (is_version && products_.size() < kMostProducts) products_.emplace(rest.substr(0, end));
      }
    }
  }

  std::vector<const Kind*> most_frequent_first() const {
    std::vector<const Kind*> sorted;
    for (const auto& [text, kind] : kinds_) sorted.push_back(&kind);
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const Kind* a, const Kind* b) { return a->lines > b->lines; });
    return sorted;
  }
  const std::set<std::string, std::less<>>& products() const { return products_; }
  std::uint64_t recognised() const { return recognised_; }
  std::uint64_t lines() const { return lines_; }
  std::uint64_t lines_left_out() const { return lines_left_out_; }

 private:
  std::map<std::string, Kind, std::less<>> kinds_;
  std::set<std::string, std::less<>> products_;
  std::uint64_t recognised_ = 0, lines_ = 0, lines_left_out_ = 0;
};

std::string report_json(const Unclassified& found) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("handshaked", HANDSHAKED_VERSION).key("products").begin_array();
  for (const std::string& product : found.products()) json.value(product);
  json.end_array()
      .member("tls_lines", found.recognised())
      .member("unclassified_lines", found.lines());
  json.member("lines_left_out", found.lines_left_out()).key("kinds").begin_array();
  for (const Kind* const kind : found.most_frequent_first()) {
    json.begin_object().member("lines", kind->lines).member("untrusted", kind->untrusted);
    json.member("side", parse::to_string(kind->side))
        .member("template", kind->template_text)
        .end_object();
  }
  json.end_array().end_object();
  return out + "\n";
}

std::string report_text(const Unclassified& found, Language language) {
  const Texts say(rules_texts(), language);
  const auto lines = [&say](std::uint64_t number) {
    return counted(say, number, "report.line", "report.lines");
  };
  std::string out = "handshaked " HANDSHAKED_VERSION ": ";
  if (found.lines() == 0)
    return out + say("report.all_known", {{"lines", lines(found.recognised())}}) + "\n";
  const auto kinds = found.most_frequent_first();
  out +=
      say("report.unknown", {{"lines", lines(found.lines())},
                             {"kinds", counted(say, kinds.size(), "report.kind", "report.kinds")},
                             {"all", lines(found.recognised())}}) +
      "\n";
  for (const std::string& product : found.products()) out += product + "\n";
  out += say("report.masked") + "\n\n";
  const std::size_t width = with_separators(kinds.front()->lines).size();
  for (const Kind* const kind : kinds) {
    const std::string number = with_separators(kind->lines);
    out += std::string(width - number.size() + 2, ' ') + number + "  " + kind->template_text + "\n";
  }
  if (found.lines_left_out() > 0)
    out += "\n" +
           counted(say, found.lines_left_out(), "report.left_out_one", "report.left_out_many") +
           "\n";
  return out;
}

}  // namespace

int run_rules_report(const RulesReportOptions& options) {
  const auto base = require_knowledge_base(options.rules_directory, KnowledgeDepth::rules);
  if (!base) return kExitConfiguration;
  Unclassified found;
  bool failed = false;
  for (const std::string& file :
       options.files.empty() ? std::vector<std::string>{"-"} : options.files) {
    LineAnalysis analysis(base->rules, parse::TimeZone::named("UTC").value());
    const auto read =
        read_log(file, analysis, found,
                 [&found](const ingest::LineBlock& block, const ingest::BlockReader&) {
                   found.look_for_products(block.bytes);
                   return true;
                 });
    if (!read) complain_about(read.error());
    failed = failed || !read;
  }
  Output output = Output::standard();
  output.buffer() = options.json ? report_json(found) : report_text(found, options.language);
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return failed ? kExitUsage : kExitDone;
}

}  // namespace handshaked::cli
