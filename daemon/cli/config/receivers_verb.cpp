#include "cli/config/receivers_verb.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/json/json_writer.h"
#include "base/text/visible_text.h"
#include "cli/command_line/exit_code.h"
#include "cli/document/output.h"
#include "cli/log/log_reading.h"
#include "config/config_file.h"
#include "config/host_name.h"
#include "control/control_client.h"
#include "event/sample_event.h"

namespace handshaked::cli {
namespace {

using config::Receiver;
using emit::DeliveryOutcome;

/// What one sample met with.
struct Trial {
  std::string event_id, what;
  DeliveryOutcome outcome;
  std::chrono::milliseconds took{0};
};

bool keeps_state(const Receiver& receiver) {
  return receiver.type == Receiver::Type::pagerduty ||
         receiver.type == Receiver::Type::handshaked || receiver.speaks_as_edge ||
         receiver.type == Receiver::Type::alertmanager ||
         receiver.format == Receiver::Format::alertmanager;
}

std::string_view to_string(DeliveryOutcome::Kind kind) {
  switch (kind) {
    case DeliveryOutcome::Kind::delivered: return "delivered";
    case DeliveryOutcome::Kind::retry: return "would_try_again";
    case DeliveryOutcome::Kind::rejected: return "refused";
    case DeliveryOutcome::Kind::gone: return "gone";
  }
  return "";
}

Trial send(emit::Notifier& notifier, boost::asio::io_context& loop,
           const event::RemediationEvent& event, const char* what) {
  Trial trial{.event_id = event.event_id, .what = what, .outcome = {}};
  const auto begin = std::chrono::steady_clock::now();
  boost::asio::co_spawn(loop, notifier.send(event),
                        [&trial](std::exception_ptr failure, DeliveryOutcome outcome) {
                          if (failure) std::rethrow_exception(failure);
                          trial.outcome = std::move(outcome);
                        });
  loop.restart();
  // Not run(): kept connections and their timers would hold it.
  const auto is_over = [&trial] {
    return trial.outcome.kind != DeliveryOutcome::Kind::retry || !trial.outcome.reason.empty();
  };
  while (!is_over() && loop.run_one() > 0) {
  }
  trial.took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - begin);
  return trial;
}

std::vector<Trial> try_receiver(emit::Notifier& notifier, boost::asio::io_context& loop,
                                const Receiver& receiver, const std::string& host) {
  const Time now = wall_clock_now();
  std::vector<Trial> trials;
  trials.push_back(
      send(notifier, loop,
           event::sample_event(event::SampleKind::opened, receiver.language, now, host), "opened"));
  if (keeps_state(receiver) && trials.back().outcome.kind == DeliveryOutcome::Kind::delivered)
    trials.push_back(
        send(notifier, loop,
             event::sample_event(event::SampleKind::resolved, receiver.language, now, host),
             "resolved"));
  notifier.close();
  return trials;
}

/// A running daemon need not find out by itself that the receiver is there again. False: there is
/// none, or it knows no such receiver.
bool tell_daemon(const config::Config& config, const std::string& receiver) {
  if (config.control.socket.empty()) return false;
  const control::ControlRequest request{
      .verb = "receivers.try", .arguments = {{"receiver", {receiver}}}, .peer = {}};
  const auto answer = control::ask_daemon(config.control.socket, request, std::chrono::seconds(2));
  return answer && answer.value().is_ok;
}

std::string as_text(const Receiver& receiver, const std::vector<Trial>& trials,
                    bool is_daemon_told) {
  std::string out;
  for (const Trial& trial : trials) {
    out += "receiver \"" + visible_text(receiver.name) + "\" (" +
           std::string(type_name(receiver.type)) + "), event " + trial.event_id + ": ";
    const std::string took = " after " + std::to_string(trial.took.count()) + " ms";
    switch (trial.outcome.kind) {
      case DeliveryOutcome::Kind::delivered: out += "delivered" + took; break;
      case DeliveryOutcome::Kind::retry:
        out += "not delivered" + took + "; the daemon would try again: ";
        break;
      case DeliveryOutcome::Kind::rejected:
        out += "refused" + took + "; the daemon would give it up: ";
        break;
      case DeliveryOutcome::Kind::gone:
        out += "gone" + took + "; the daemon would send nothing more: ";
        break;
    }
    out += visible_text(trial.outcome.reason) + "\n";
    if (trial.outcome.retry_after)
      out += "  it asks to wait " + std::to_string(trial.outcome.retry_after->count()) + " s\n";
  }
  if (is_daemon_told) out += "the daemon now sends what is queued for this receiver\n";
  return out;
}

std::string as_json(const Receiver& receiver, const std::vector<Trial>& trials,
                    bool is_daemon_told) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("receiver", receiver.name)
      .member("type", type_name(receiver.type))
      .key("events")
      .begin_array();
  for (const Trial& trial : trials) {
    json.begin_object()
        .member("event_id", trial.event_id)
        .member("kind", trial.what)
        .member("outcome", to_string(trial.outcome.kind));
    json.optional_member("reason", trial.outcome.reason).member("took_ms", trial.took.count());
    if (trial.outcome.retry_after)
      json.member("retry_after_seconds", trial.outcome.retry_after->count());
    json.end_object();
  }
  json.end_array().member("daemon_told", is_daemon_told).end_object();
  return out + "\n";
}

std::string list_of(const config::Config& config, bool as_json_text) {
  std::string out;
  JsonWriter json(out);
  if (as_json_text) json.begin_object().key("receivers").begin_array();
  for (const Receiver& receiver : config.receivers) {
    const std::string place = receiver.configured_in.empty()
                                  ? ""
                                  : receiver.configured_in + ":" + std::to_string(receiver.line);
    if (as_json_text) {
      json.begin_object().member("name", receiver.name).member("type", type_name(receiver.type));
      json.member("language", to_string(receiver.language))
          .optional_member("fallback", receiver.fallback);
      json.optional_member("configured_at", place).end_object();
    } else {
      out += visible_text(receiver.name) + "  " + std::string(type_name(receiver.type)) + "  " +
             std::string(to_string(receiver.language));
      if (!receiver.fallback.empty()) out += "  fallback: " + visible_text(receiver.fallback);
      out += place.empty() ? "  (built in)\n" : "  " + visible_text(place) + "\n";
    }
  }
  if (!as_json_text) return out;
  json.end_array().end_object();
  return out + "\n";
}

int print(std::string text, int exit_code) {
  Output output = Output::standard();
  output.buffer() = std::move(text);
  if (const auto flushed = output.flush(); !flushed) {
    complain_about(flushed.error());
    return kExitInternal;
  }
  return exit_code;
}

}  // namespace

int run_receivers(const ReceiversOptions& options, const NotifierFactory& make_notifier) {
  const config::LoadedConfig loaded = config::load_named_config(options.config_file);
  for (const config::ConfigProblem& problem : loaded.problems)
    std::fprintf(stderr, "%s\n", visible_text(problem.message()).c_str());
  if (!loaded.problems.empty()) return kExitConfiguration;
  if (options.verb == ReceiversOptions::Verb::list)
    return print(list_of(loaded.config, options.json), kExitDone);

  const auto& receivers = loaded.config.receivers;
  const auto found = std::find_if(receivers.begin(), receivers.end(),
                                  [&](const Receiver& one) { return one.name == options.name; });
  if (found == receivers.end()) {
    std::fprintf(stderr, "handshaked: there is no receiver \"%s\"; those configured are:\n%s",
                 visible_text(options.name).c_str(), list_of(loaded.config, false).c_str());
    return kExitUsage;
  }
  boost::asio::io_context loop;
  const std::string host = host_name(loaded.config);
  auto notifier = make_notifier(loop.get_executor(), *found, host);
  if (!notifier) {
    std::fprintf(stderr, "handshaked: receiver \"%s\": %s\n", visible_text(found->name).c_str(),
                 visible_text(notifier.error().message()).c_str());
    return kExitConfiguration;
  }
  const std::vector<Trial> trials = try_receiver(*notifier.value(), loop, *found, host);
  const bool is_delivered = std::all_of(trials.begin(), trials.end(), [](const Trial& trial) {
    return trial.outcome.kind == DeliveryOutcome::Kind::delivered;
  });
  const bool is_daemon_told = is_delivered && tell_daemon(loaded.config, found->name);
  return print(options.json ? as_json(*found, trials, is_daemon_told)
                            : as_text(*found, trials, is_daemon_told),
               is_delivered ? kExitDone : kExitNothing);
}

}  // namespace handshaked::cli
