#include "cli/watch/watch_verb.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/json/json_writer.h"
#include "base/text/number_text.h"
#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/document/terminal.h"
#include "cli/log/log_reading.h"
#include "cli/operator/daemon_answer.h"
#include "cli/operator/daemon_question.h"
#include "cli/operator/operator_document.h"
#include "cli/texts.h"
#include "cli/watch/terminal_screen.h"
#include "control/control_client.h"

namespace handshaked::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kPatience = std::chrono::seconds(3);  // with the daemon: keys wait meanwhile
constexpr std::size_t kMostRows = 200;

Result<std::string> ask(const std::string& socket, std::string verb,
                        std::map<std::string, std::vector<std::string>, std::less<>> arguments) {
  TRY(const control::ControlAnswer answer,
      control::ask_daemon(socket,
                          {.verb = std::move(verb), .arguments = std::move(arguments), .peer = {}},
                          kPatience));
  if (!answer.is_ok) return fail(ErrorCode::invalid_input, answer.message);
  return answer.result;
}

Result<WatchedPage> ask_page(const std::string& socket, const WatchView::Question& question,
                             Language language, std::size_t offset = 0) {
  TRY(const std::string json, ask(socket, "incidents.page",
                                  {{"q", {question.search}},
                                   {"status", {question.status}},
                                   {"sort", {question.sort}},
                                   {"offset", {std::to_string(offset)}},
                                   {"limit", {std::to_string(kMostRows)}},
                                   {"lang", {std::string(to_string(language))}}}));
  return read_watched_page(json);
}

void look(WatchView& view, const std::string& socket, Language language) {
  const WatchView::Question& question = view.question();
  if (!question.incident.empty()) {
    const auto details =
        ask(socket, "incidents.show",
            {{"id", {question.incident}}, {"lang", {std::string(to_string(language))}}});
    if (!details) view.complain(visible_text(details.error().message()));
    else view.show_details(operator_page("incidents.show", details.value(), language));
    return;
  }
  auto page = ask_page(socket, question, language);
  if (!page) view.complain(visible_text(page.error().message()));
  else view.show(std::move(page).value());
}

int watch_on_screen(const WatchOptions& options, const std::string& socket) {
  TerminalScreen screen;
  WatchView view(options.language, colour_is_wanted());
  Clock::time_point due = Clock::now();
  while (true) {
    if (Clock::now() >= due) {
      look(view, socket, options.language);
      due = Clock::now() + options.interval;
    }
    screen.draw(view.screen(screen.size()));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now());
    const TerminalScreen::Event event = screen.wait(std::max(left, std::chrono::milliseconds(0)));
    if (event.is_over) return kExitDone;
    const WatchView::Question before = view.question();
    for (const WatchKey& key : event.keys)
      if (!view.press(key, screen.size())) return kExitDone;
    if (view.question() != before) due = Clock::now();
  }
}

enum class Change { none, open, diagnosed, resolved, reopened };

std::string_view to_string(Change change) {
  switch (change) {
    case Change::open: return "open";
    case Change::diagnosed: return "diagnosed";
    case Change::resolved: return "resolved";
    case Change::reopened: return "reopened";
    case Change::none: break;
  }
  return "";
}

std::string change_word(Change change, const Texts& say) {
  switch (change) {
    case Change::open: return say("change.open");
    case Change::diagnosed: return say("change.diagnosed");
    case Change::resolved: return say("change.resolved");
    case Change::reopened: return say("change.reopened");
    case Change::none: break;
  }
  return {};
}

/// "2026-11-21 02:58:15 UTC  open  critical  inc-…  8.4 lines/min  since 2026-11-21 02:50:00 UTC
/// shop.example → 10.0.0.5:8443: …", or the same as JSON.
std::string change_line(const WatchedPage& page, const WatchedIncident& incident, Change change,
                        const WatchOptions& options) {
  if (options.json) {
    std::string line;
    JsonWriter json(line);
    json.begin_object()
        .member("at", page.now)
        .member("change", to_string(change))
        .member("id", incident.id);
    json.member("severity", incident.severity)
        .member("title", incident.title)
        .member("cause", incident.cause);
    json.member("diagnosed", incident.is_diagnosed)
        .member("count", incident.count)
        .member("rate_per_minute", incident.rate);
    json.member("opened_at", incident.opened_at)
        .member("last_seen_at", incident.last_seen_at)
        .end_object();
    return line + "\n";
  }
  const Texts say(watch_texts(), options.language);
  return say(change == Change::resolved ? "change.line_of_end" : "change.line",
             {{"time", moment_text(page.now)},
              {"change", change_word(change, say)},
              {"severity", incident.severity},
              {"incident", incident.id},
              {"rate", handshaked::rate_text(incident.rate)},
              {"since", moment_text(incident.opened_at)},
              {"title", incident.title}}) +
         "\n";
}

Change change_of(const WatchedIncident* before, const WatchedIncident& now) {
  const bool is_over = now.status == "resolved";
  if (before == nullptr) return is_over ? Change::none : Change::open;
  if (before->status != now.status) return is_over ? Change::resolved : Change::reopened;
  const bool is_news = before->is_diagnosed != now.is_diagnosed || before->title != now.title;
  return is_news && !is_over ? Change::diagnosed : Change::none;
}

/// Some of those that ended are kept, because they may come back; the daemon forgets them, too.
void forget_the_ended(std::map<std::string, WatchedIncident>& known) {
  constexpr std::size_t kMostKnown = 10'000;
  if (known.size() > kMostKnown)
    std::erase_if(known, [](const auto& one) { return one.second.status == "resolved"; });
}

/// False when whoever reads standard output is gone; else after `patience`.
bool wait_for_reader(std::chrono::milliseconds patience) {
  pollfd reader{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return ::poll(&reader, 1, static_cast<int>(patience.count())) <= 0 ||
         (reader.revents & (POLLERR | POLLHUP)) == 0;
}

int watch_as_stream(const WatchOptions& options, const std::string& socket) {
  Output output = Output::standard();
  std::map<std::string, WatchedIncident> known;
  bool is_first = true;
  while (true) {
    // All that are open at first, the worst now first; later those that were seen last, which is
    // where changes are.
    std::size_t offset = 0;
    while (true) {
      const auto page = ask_page(socket,
                                 {.search = {},
                                  .status = is_first ? "open" : "all",
                                  .sort = is_first ? "severity" : "last",
                                  .incident = {}},
                                 options.language, offset);
      if (!page && is_first) {
        complain_about(page.error());
        return kExitUnavailable;
      }
      if (!page) break;  // it is asked again
      std::vector<WatchedIncident> rows = page.value().incidents;
      if (!is_first) std::reverse(rows.begin(), rows.end());
      for (const WatchedIncident& row : rows) {
        const auto before = known.find(row.id);
        const Change change = change_of(before == known.end() ? nullptr : &before->second, row);
        if (change != Change::none) output.write(change_line(page.value(), row, change, options));
        known[row.id] = row;
      }
      offset += rows.size();
      if (!is_first || rows.empty() || offset >= page.value().total) break;
    }
    is_first = false;
    forget_the_ended(known);
    if (const auto flushed = output.flush(); !flushed || output.reader_is_gone()) return kExitDone;
    if (!wait_for_reader(options.interval)) return kExitDone;
  }
}

}  // namespace

int run_watch(const WatchOptions& options) {
  const auto socket = find_socket({.socket = options.socket, .config_file = options.config_file});
  if (!socket) return kExitConfiguration;
  const bool is_on_screen =
      !options.json && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  return is_on_screen ? watch_on_screen(options, *socket) : watch_as_stream(options, *socket);
}

}  // namespace handshaked::cli
