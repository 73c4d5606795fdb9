#include "cli/watch/watch_view.h"

#include <algorithm>
#include <array>

#include "base/text/number_text.h"
#include "base/text/utf8.h"
#include "cli/document/text_layout.h"
#include "cli/document/words.h"
#include "cli/texts.h"

namespace handshaked::cli {
namespace {

constexpr std::size_t kSparkWidth = 12;
constexpr std::size_t kRateWidth = 10;
constexpr std::size_t kSinceWidth = 8;
constexpr std::size_t kFrameRows = 6;  // head, two lines between, what is selected, foot
constexpr std::size_t kLongestSearch = 100;

constexpr std::string_view kBold = "1", kDim = "2", kReverse = "7", kRed = "1;31", kYellow = "1;33",
                           kBlue = "1;36";

std::string_view colour_of(const std::string& severity) {
  return severity == "critical" ? kRed : severity == "warning" ? kYellow : kBlue;
}

std::string padded(std::string text, std::size_t width, bool to_the_right = false) {
  text = cut_to_width(text, width);
  const std::string blanks(width - display_width(text), ' ');
  return to_the_right ? blanks + text : text + blanks;
}

std::string rate_text(const WatchedIncident& incident, const Texts& say) {
  if (incident.status == "resolved" || incident.rate <= 0) return "";
  return say("row.rate", {{"rate", handshaked::rate_text(incident.rate)}});
}

/// The next one of a ring of choices.
template <std::size_t N>
std::string next_of(const std::array<std::string_view, N>& choices, const std::string& now) {
  const auto at = std::find(choices.begin(), choices.end(), now);
  return std::string(at == choices.end() || at + 1 == choices.end() ? choices.front() : *(at + 1));
}

constexpr std::array<std::string_view, 4> kStatuses{"open", "silenced", "resolved", "all"};
constexpr std::array<std::string_view, 4> kStatusWords{"state.open", "state.silenced",
                                                       "state.resolved", "state.all"};
constexpr std::array<std::string_view, 6> kSorts{"severity", "rate",  "since",
                                                 "last",     "count", "hosts"};
constexpr std::array<std::string_view, 6> kSortWords{
    "order.severity", "order.rate", "order.since", "order.last", "order.count", "order.hosts"};

}  // namespace

std::vector<WatchKey> read_keys(std::string_view bytes) {
  using Kind = WatchKey::Kind;
  static constexpr std::pair<std::string_view, Kind> kSequences[] = {
      {"\x1b[A", Kind::up},         {"\x1bOA", Kind::up},     {"\x1b[B", Kind::down},
      {"\x1bOB", Kind::down},       {"\x1b[C", Kind::enter},  {"\x1bOC", Kind::enter},
      {"\x1b[D", Kind::escape},     {"\x1bOD", Kind::escape}, {"\x1b[5~", Kind::page_up},
      {"\x1b[6~", Kind::page_down}, {"\x1b[H", Kind::home},   {"\x1b[1~", Kind::home},
      {"\x1b[F", Kind::end},        {"\x1b[4~", Kind::end},   {"\r", Kind::enter},
      {"\n", Kind::enter},          {"\x7f", Kind::erase},    {"\b", Kind::erase},
      {"\x03", Kind::quit}};
  std::vector<WatchKey> keys;
  while (!bytes.empty()) {
    const auto* const known =
        std::find_if(std::begin(kSequences), std::end(kSequences),
                     [&](const auto& sequence) { return bytes.starts_with(sequence.first); });
    if (known != std::end(kSequences)) {
      keys.push_back({known->second});
      bytes.remove_prefix(known->first.size());
    } else if (bytes.front() == '\x1b') {
      // Alone it is Escape; else the beginning of a sequence that means nothing here.
      if (bytes.size() == 1 || bytes[1] == '\x1b') {
        keys.push_back({Kind::escape});
        bytes.remove_prefix(1);
        continue;
      }
      std::size_t end = 2;
      while (end < bytes.size() && !(bytes[end] >= '@' && bytes[end] <= '~')) ++end;
      bytes.remove_prefix(std::min(end + 1, bytes.size()));
    } else {
      const Utf8Step step = next_utf8_step(bytes);
      if (step.is_valid && static_cast<unsigned char>(bytes.front()) >= ' ')
        keys.push_back({Kind::text, std::string(bytes.substr(0, step.length))});
      bytes.remove_prefix(step.length);
    }
  }
  return keys;
}

WatchView::WatchView(Language language, bool has_colour)
    : language_(language), say_(watch_texts(), language), has_colour_(has_colour) {}

// ---- keys
// -------------------------------------------------------------------------------------------------------------------

bool WatchView::press(const WatchKey& key, Size size) {
  if (key.kind == WatchKey::Kind::quit) return false;
  if (is_searching_) press_in_search(key);
  else if (!question_.incident.empty()) press_in_details(key, size);
  else return press_in_list(key, size);
  return true;
}

void WatchView::press_in_search(const WatchKey& key) {
  std::string& text = question_.search;
  switch (key.kind) {
    case WatchKey::Kind::text:
      if (text.size() + key.text.size() <= kLongestSearch) text += key.text;
      return;
    case WatchKey::Kind::erase:
      while (!text.empty() && (text.back() & 0xC0) == 0x80) text.pop_back();
      if (!text.empty()) text.pop_back();
      return;
    case WatchKey::Kind::escape: text.clear(); [[fallthrough]];
    case WatchKey::Kind::enter: is_searching_ = false; return;
    default: return;
  }
}

bool WatchView::press_in_list(const WatchKey& key, Size size) {
  const auto page = static_cast<std::ptrdiff_t>(list_rows(size));
  const auto all = static_cast<std::ptrdiff_t>(page_.incidents.size());
  switch (key.kind) {
    case WatchKey::Kind::up: move(-1); break;
    case WatchKey::Kind::down: move(1); break;
    case WatchKey::Kind::page_up: move(-page); break;
    case WatchKey::Kind::page_down: move(page); break;
    case WatchKey::Kind::home: move(-all); break;
    case WatchKey::Kind::end: move(all); break;
    case WatchKey::Kind::enter:
      question_.incident = selected_;
      details_.clear();
      detail_top_ = 0;
      break;
    case WatchKey::Kind::escape: question_.search.clear(); break;
    case WatchKey::Kind::text:
      if (key.text == "q") return false;
      if (key.text == "k") move(-1);
      if (key.text == "j") move(1);
      if (key.text == "/") is_searching_ = true;
      if (key.text == "a") question_.status = next_of(kStatuses, question_.status);
      if (key.text == "s") question_.sort = next_of(kSorts, question_.sort);
      break;
    default: break;
  }
  return true;
}

void WatchView::press_in_details(const WatchKey& key, Size size) {
  const std::size_t page = size.rows > 3 ? size.rows - 3 : 1;
  const auto up = [this](std::size_t by) { detail_top_ -= std::min(by, detail_top_); };
  switch (key.kind) {
    case WatchKey::Kind::up: up(1); break;
    case WatchKey::Kind::down: ++detail_top_; break;
    case WatchKey::Kind::page_up: up(page); break;
    case WatchKey::Kind::page_down: detail_top_ += page; break;
    case WatchKey::Kind::home: detail_top_ = 0; break;
    case WatchKey::Kind::end: detail_top_ = detail_lines(size).size(); break;
    case WatchKey::Kind::escape: question_.incident.clear(); return;
    case WatchKey::Kind::text:
      if (key.text == "q") question_.incident.clear();
      if (key.text == "k") up(1);
      if (key.text == "j") ++detail_top_;
      if (key.text == " ") detail_top_ += page;
      break;
    default: break;
  }
  const std::size_t lines = detail_lines(size).size();
  detail_top_ = std::min(detail_top_, lines > page ? lines - page : 0);
}

void WatchView::move(std::ptrdiff_t by) {
  const auto& rows = page_.incidents;
  if (rows.empty()) return;
  const auto at = std::find_if(rows.begin(), rows.end(),
                               [this](const WatchedIncident& one) { return one.id == selected_; }) -
                  rows.begin();
  const auto last = static_cast<std::ptrdiff_t>(rows.size()) - 1;
  selected_ = rows[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(at + by, 0, last))].id;
}

// ---- answers
// ----------------------------------------------------------------------------------------------------------------

void WatchView::show(WatchedPage page) {
  page_ = std::move(page);
  has_page_ = true;
  problem_.clear();
  const auto& rows = page_.incidents;
  const bool is_there = std::any_of(
      rows.begin(), rows.end(), [this](const WatchedIncident& one) { return one.id == selected_; });
  if (!is_there) selected_ = rows.empty() ? std::string() : rows.front().id;
}

void WatchView::show_details(std::string text) {
  details_ = std::move(text);
  problem_.clear();
}

// ---- the screen
// -------------------------------------------------------------------------------------------------------------

std::string WatchView::inked(std::string_view code, std::string text) const {
  return has_colour_ ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

std::size_t WatchView::list_rows(Size size) const {
  return size.rows > kFrameRows + 1 ? size.rows - kFrameRows : 1;
}

std::string WatchView::head_line(Size size) const {
  const auto index = [](const auto& choices, const std::string& now) {
    return static_cast<std::size_t>(std::find(choices.begin(), choices.end(), now) -
                                    choices.begin());
  };
  const std::string_view status =
      kStatusWords[std::min(index(kStatuses, question_.status), kStatusWords.size() - 1)];
  const std::string_view order =
      kSortWords[std::min(index(kSorts, question_.sort), kSortWords.size() - 1)];
  std::string text = "handshaked watch  ";
  if (has_page_) text += with_separators(page_.total) + " ";
  text += say_("head.listed", {{"status", say_(status)}, {"order", say_(order)}});
  if (!question_.search.empty() || is_searching_)
    text += say_("head.filter", {{"words", question_.search + (is_searching_ ? "_" : "")}});
  const std::string clock =
      page_.now.size() >= 19 ? page_.now.substr(11, 8) + " UTC" : std::string();
  text = cut_to_width(
      text, size.columns > clock.size() + 1 ? size.columns - clock.size() - 1 : size.columns);
  const std::size_t used = display_width(text) + clock.size();
  if (used < size.columns) text += std::string(size.columns - used, ' ') + clock;
  return inked(kBold, text);
}

std::string WatchView::row_line(const WatchedIncident& incident, bool is_selected,
                                Size size) const {
  // A narrow terminal shows less of each, and the name last of all.
  const char mark = incident.severity == "critical"  ? 'C'
                    : incident.severity == "warning" ? 'W'
                                                     : 'I';
  std::string figures;
  if (size.columns >= 50) figures += " " + padded(rate_text(incident, say_), kRateWidth, true);
  if (size.columns >= 70)
    figures += " " + padded(sparkline(incident.spark, kSparkWidth), kSparkWidth);
  if (size.columns >= 36)
    figures += " " + padded(age_words(incident.opened_at, page_.now, language_), kSinceWidth, true);
  const std::size_t used = 4 + display_width(figures);
  const std::string rest =
      padded(incident.title, size.columns > used ? size.columns - used : 0) + figures;
  const std::string begin = std::string(is_selected ? "> " : "  ");
  if (is_selected) return inked(kReverse, padded(begin + mark + " " + rest, size.columns));
  return begin + inked(colour_of(incident.severity), std::string(1, mark)) + " " +
         (incident.status == "resolved" ? inked(kDim, rest) : rest);
}

/// All of the one that is selected: its title may be longer than its row.
std::vector<std::string> WatchView::selected_lines(Size size) const {
  const auto& rows = page_.incidents;
  const auto at = std::find_if(rows.begin(), rows.end(),
                               [this](const WatchedIncident& one) { return one.id == selected_; });
  std::vector<std::string> lines;
  if (at != rows.end()) {
    lines = wrap(at->title, size.columns);
    if (lines.size() > 2) lines[1] = cut_to_width(lines[1] + " …", size.columns);
    lines.resize(2);
    std::string facts = state_words(*at, language_);
    const auto add = [&](const std::string& text) {
      if (!text.empty()) facts += "  " + text;
    };
    add(cause_words(*at));
    add(counted(say_, at->count, "row.line", "row.lines"));
    if (at->hosts > 1) add(counted(say_, at->hosts, "row.hosts", "row.hosts"));
    add(at->id);
    lines.push_back(inked(kDim, cut_to_width(facts, size.columns)));
  }
  lines.resize(3);
  return lines;
}

std::string WatchView::foot_line(Size size) const {
  if (!problem_.empty()) return inked(kRed, cut_to_width(problem_, size.columns));
  if (is_searching_) return inked(kDim, cut_to_width(say_("keys.filter"), size.columns));
  return inked(kDim, cut_to_width(say_(question_.incident.empty() ? "keys.list" : "keys.details"),
                                  size.columns));
}

std::vector<std::string> WatchView::detail_lines(Size size) const {
  std::vector<std::string> lines;
  for (const std::string_view line : lines_of(details_)) {
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (display_width(line) <= size.columns) {
      lines.emplace_back(line);
      continue;
    }
    const std::size_t room = size.columns > indent + 20 ? size.columns - indent : size.columns;
    for (const std::string& part : wrap(line.substr(indent), room)) {
      // A word that is wider than the screen goes on in the next line.
      for (std::string_view rest = part; !rest.empty();) {
        const std::string_view piece = fitting_prefix(rest, room);
        lines.push_back(std::string(size.columns - room, ' ').append(piece));
        rest.remove_prefix(piece.empty() ? rest.size() : piece.size());
      }
    }
  }
  return lines;
}

std::vector<std::string> WatchView::screen(Size size) const {
  std::vector<std::string> lines{head_line(size)};
  if (!question_.incident.empty()) {
    const std::vector<std::string> text = detail_lines(size);
    lines.emplace_back();
    for (std::size_t i = detail_top_; i < text.size() && lines.size() + 1 < size.rows; ++i)
      lines.push_back(text[i]);
    if (text.empty()) lines.push_back(say_("details.asked_for"));
  } else {
    const auto& rows = page_.incidents;
    const std::size_t shown = list_rows(size);
    const auto found = std::find_if(rows.begin(), rows.end(), [this](const WatchedIncident& one) {
      return one.id == selected_;
    });
    const auto at = found == rows.end() ? 0 : static_cast<std::size_t>(found - rows.begin());
    const std::size_t top = at < shown ? 0 : at - shown + 1;
    for (std::size_t i = top; i < std::min(rows.size(), top + shown); ++i)
      lines.push_back(row_line(rows[i], i == at, size));
    if (rows.empty() && has_page_)
      lines.push_back(say_(question_.search.empty() ? "list.empty" : "list.no_match"));
    if (page_.total > rows.size() && !rows.empty() && top + shown >= rows.size() &&
        lines.size() < shown + 1)
      lines.push_back(inked(kDim, cut_to_width(say_("list.more"), size.columns)));
    lines.resize(size.rows > 4 ? size.rows - 4 : lines.size());
    for (std::string& line : selected_lines(size)) lines.push_back(std::move(line));
  }
  lines.resize(std::max<std::size_t>(size.rows, 1) - 1);
  lines.push_back(foot_line(size));
  return lines;
}

}  // namespace handshaked::cli
