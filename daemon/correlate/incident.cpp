#include "correlate/incident.h"

#include <simdjson.h>

#include <algorithm>

#include "base/json/json_writer.h"

namespace handshaked::correlate {
namespace {

constexpr std::int64_t kStateVersion = 1;

using simdjson::dom::element;
using simdjson::dom::object;

std::int64_t micros(Time time) { return time.time_since_epoch().count(); }
Time from_micros(std::int64_t value) { return Time(Duration(value)); }

void write_times(JsonWriter& json, const Incident& incident) {
  json.member("opened_at", micros(incident.opened_at))
      .member("last_seen_at", micros(incident.last_seen_at));
  if (incident.resolved_at)
    json.member("resolved_at", micros(*incident.resolved_at))
        .member("resolved_by", incident.resolved_by);
  const auto optional = [&json](const char* name, OptionalTime time) {
    if (time) json.member(name, micros(*time));
  };
  optional("reopened_at", incident.reopened_at);
  optional("anomalous_at", incident.anomalous_at);
  optional("diagnosing_until", incident.diagnosing_until);
  optional("fix_verified_at", incident.fix_verified_at);
  optional("probe_failed_at", incident.probe_failed_at);
  json.member("run_since", micros(incident.run_since)).member("run_count", incident.run_count);
}

/// Only what is not as usual.
void write_marks(JsonWriter& json, const Incident& incident) {
  const auto flag = [&json](const char* name, bool truth) {
    if (truth) json.member(name, true);
  };
  flag("noise", incident.noise);
  flag("history", incident.history);
  flag("late", incident.late);
  flag("was_open", incident.was_open);
  flag("flapping", incident.flapping);
  if (incident.reopens > 0) json.member("reopens", incident.reopens);
  if (incident.diagnoses > 0) json.member("diagnoses", incident.diagnoses);
  if (incident.passed_rounds > 0) json.member("passed_rounds", incident.passed_rounds);
  if (incident.noise_history) {
    const NoiseHistory::State state = incident.noise_history->state();
    json.key("noise_history")
        .begin_object()
        .member("period", state.period)
        .member("periods", state.periods);
    json.member("mean", state.mean)
        .member("variance", state.variance)
        .member("current_count", state.current_count)
        .end_object();
  }
}

void write_notes(JsonWriter& json, const Incident& incident) {
  if (incident.notes.empty()) return;
  json.key("notes").begin_array();
  for (const OperatorNote& note : incident.notes) {
    json.begin_object()
        .member("at", micros(note.at))
        .member("author", note.author)
        .member("text", note.text)
        .end_object();
  }
  json.end_array();
}

void write_fleet(JsonWriter& json, const FleetSpread& fleet) {
  json.key("fleet")
      .begin_object()
      .member("edges", fleet.edges)
      .member("affected", fleet.affected)
      .member("ended", fleet.ended);
  json.array("labels", fleet.labels).key("hosts").begin_array();
  for (const AffectedHost& host : fleet.hosts) {
    json.begin_object()
        .member("host", host.host)
        .optional_member("cause", host.cause)
        .member("since", micros(host.since));
    if (host.until) json.member("until", micros(*host.until));
    json.member("count", host.count).end_object();
  }
  json.end_array().key("differences").begin_array();
  for (const FactDifference& difference : fleet.differences) {
    json.begin_object()
        .member("fact", difference.fact)
        .array("affected", difference.affected)
        .array("others", difference.others);
    json.end_object();
  }
  json.end_array().end_object();
}

void write_place(JsonWriter& json, const Place& place) {
  json.key("place").begin_object().member("side", parse::to_string(place.side));
  json.optional_member("peer", place.peer)
      .optional_member("name", place.name)
      .optional_member("server", place.server);
  json.optional_member("object", place.object).optional_member("scheme", place.scheme).end_object();
}

/// Reads members that may be missing: an older state has fewer.
class StateReader {
 public:
  explicit StateReader(object from) : from_(from) {}

  std::string text(std::string_view key) const {
    std::string_view value;
    return from_[key].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
  }
  std::int64_t integer(std::string_view key) const {
    std::int64_t value = 0;
    return from_[key].get(value) == simdjson::SUCCESS ? value : 0;
  }
  std::uint64_t count(std::string_view key) const {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer(key)));
  }
  std::uint32_t small_count(std::string_view key) const {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(count(key), 1'000'000));
  }
  bool flag(std::string_view key) const {
    bool value = false;
    return from_[key].get(value) == simdjson::SUCCESS && value;
  }
  double number(std::string_view key) const {
    double value = 0;
    return from_[key].get(value) == simdjson::SUCCESS ? value : 0;
  }
  std::optional<Time> time(std::string_view key) const {
    std::int64_t value = 0;
    if (from_[key].get(value) != simdjson::SUCCESS) return std::nullopt;
    return from_micros(value);
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
  void each(std::string_view key, Visit visit) const {
    simdjson::dom::array values;
    if (from_[key].get(values) != simdjson::SUCCESS) return;
    for (const element item : values) {
      object value;
      if (item.get(value) == simdjson::SUCCESS) visit(StateReader(value));
    }
  }
  template <class Visit>
  void inside(std::string_view key, Visit visit) const {
    object value;
    if (from_[key].get(value) == simdjson::SUCCESS) visit(StateReader(value));
  }

 private:
  object from_;
};

Place read_place(const StateReader& state) {
  return {.side = parse::side_from_string(state.text("side")).value_or(parse::Side::config),
          .peer = state.text("peer"),
          .name = state.text("name"),
          .server = state.text("server"),
          .object = state.text("object"),
          .scheme = state.text("scheme")};
}

FleetSpread read_fleet(const StateReader& state) {
  FleetSpread fleet;
  fleet.edges = state.count("edges");
  fleet.affected = state.count("affected");
  fleet.ended = state.count("ended");
  fleet.labels = state.texts("labels");
  state.each("hosts", [&fleet](const StateReader& item) {
    fleet.hosts.push_back({.host = item.text("host"),
                           .cause = item.text("cause"),
                           .since = item.time("since").value_or(Time{}),
                           .until = item.time("until"),
                           .count = item.count("count")});
  });
  state.each("differences", [&fleet](const StateReader& item) {
    fleet.differences.push_back({.fact = item.text("fact"),
                                 .affected = item.texts("affected"),
                                 .others = item.texts("others")});
  });
  return fleet;
}

void read_marks(const StateReader& state, Incident& incident) {
  incident.noise = state.flag("noise");
  incident.history = state.flag("history");
  incident.late = state.flag("late");
  incident.was_open = state.flag("was_open") || incident.status == Status::open;
  incident.flapping = state.flag("flapping");
  incident.reopens = state.small_count("reopens");
  incident.diagnoses = state.small_count("diagnoses");
  incident.passed_rounds = state.small_count("passed_rounds");
  incident.reopened_at = state.time("reopened_at");
  incident.anomalous_at = state.time("anomalous_at");
  incident.diagnosing_until = state.time("diagnosing_until");
  incident.fix_verified_at = state.time("fix_verified_at");
  incident.probe_failed_at = state.time("probe_failed_at");
  state.inside("noise_history", [&incident](const StateReader& member) {
    incident.noise_history =
        NoiseHistory::from_state({.period = member.integer("period"),
                                  .periods = member.small_count("periods"),
                                  .mean = member.number("mean"),
                                  .variance = member.number("variance"),
                                  .current_count = member.count("current_count")});
  });
}

template <class T>
T read_enum(std::int64_t value, T last) {
  return value >= 0 && value <= static_cast<std::int64_t>(last) ? static_cast<T>(value) : T{};
}

}  // namespace

std::string_view to_string(Status status) {
  switch (status) {
    case Status::pending: return "pending";
    case Status::open: return "open";
    case Status::resolved: return "resolved";
  }
  return "";
}

void Incident::become(Fingerprint other) {
  if (other.text() == fingerprint.text()) return;
  if (!fingerprint.empty()) {
    std::vector<std::string>& earlier = earlier_fingerprints.change();
    std::erase(earlier, other.text());
    earlier.push_back(fingerprint.text());
    if (earlier.size() > kMaxEarlierFingerprints) earlier.erase(earlier.begin());
  }
  fingerprint = std::move(other);
}

std::string Incident::to_json() const {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("version", kStateVersion)
      .member("id", id.text())
      .member("fingerprint", fingerprint.text());
  if (!earlier_fingerprints.empty()) json.array("earlier_fingerprints", earlier_fingerprints);
  json.optional_member("parent_id", parent_id)
      .member("status", static_cast<int>(status))
      .member("severity", static_cast<int>(severity));
  json.member("kind", static_cast<int>(kind));
  write_marks(json, *this);
  json.member("rule_id", rule_id)
      .member("title", title)
      .member("title_zh", title_zh)
      .member("url", url);
  json.member("likeliest_cause", likeliest_cause).member("likelihood", likelihood);
  write_place(json, place);
  write_times(json, *this);
  json.member("count", count)
      .member("clients", clients.to_text())
      .array("client_sample", clients.sample());
  json.array("hosts", hosts).array("servers", servers).array("sample_lines", sample_lines.all());
  json.key("consequences").begin_array();
  for (const Consequence& consequence : consequences) {
    json.begin_object().member("rule_id", consequence.rule_id).member("title", consequence.title);
    json.member("count", consequence.count)
        .member("last_seen_at", micros(consequence.last_seen_at))
        .end_object();
  }
  json.end_array();
  write_notes(json, *this);
  if (fleet) write_fleet(json, *fleet);
  if (foreseen) {
    json.key("foreseen")
        .begin_object()
        .member("step", foreseen->step)
        .member("fails", foreseen->fails);
    if (foreseen->at) json.member("at", micros(*foreseen->at));
    json.end_object();
  }
  json.end_object();
  return out;
}

Result<Incident> Incident::from_json(std::string_view text) {
  thread_local simdjson::dom::parser
      parser;  // its buffers between a hundred thousand incidents would be as many holes
  object root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "the stored state of an incident is not JSON");
  const StateReader state(root);
  if (state.integer("version") != kStateVersion)
    return fail(ErrorCode::invalid_input, "the state of an incident is of another version");
  Incident incident;
  incident.id = state.text("id");
  incident.fingerprint = state.text("fingerprint");
  if (auto earlier = state.texts("earlier_fingerprints"); !earlier.empty())
    incident.earlier_fingerprints = std::move(earlier);
  incident.parent_id = state.text("parent_id");
  incident.status = read_enum(state.integer("status"), Status::resolved);
  incident.severity = read_enum(state.integer("severity"), match::Severity::critical);
  incident.kind = read_enum(state.integer("kind"), match::Kind::consequence);
  read_marks(state, incident);
  incident.rule_id = state.text("rule_id");
  incident.title = state.text("title");
  incident.title_zh = state.text("title_zh");
  incident.url = state.text("url");
  incident.likeliest_cause = state.text("likeliest_cause");
  incident.likelihood = state.number("likelihood");
  state.inside("place",
               [&incident](const StateReader& member) { incident.place = read_place(member); });
  incident.opened_at = state.time("opened_at").value_or(Time{});
  incident.last_seen_at = state.time("last_seen_at").value_or(Time{});
  incident.resolved_at = state.time("resolved_at");
  incident.resolved_by = state.text("resolved_by");
  incident.count = state.count("count");
  incident.run_since = state.time("run_since").value_or(incident.opened_at);
  incident.run_count = state.count("run_count");
  incident.clients = ClientSketch::from_text(state.text("clients"), state.texts("client_sample"));
  incident.hosts = state.texts("hosts");
  incident.servers = state.texts("servers");
  incident.sample_lines = state.texts("sample_lines");
  state.each("consequences", [&](const StateReader& item) {
    incident.consequences.change().push_back(
        {.rule_id = item.text("rule_id"),
         .title = item.text("title"),
         .count = item.count("count"),
         .last_seen_at = item.time("last_seen_at").value_or(Time{})});
  });
  state.each("notes", [&](const StateReader& item) {
    incident.notes.change().push_back({.at = item.time("at").value_or(Time{}),
                                       .author = item.text("author"),
                                       .text = item.text("text")});
  });
  state.inside("fleet",
               [&incident](const StateReader& member) { incident.fleet = read_fleet(member); });
  state.inside("foreseen", [&incident](const StateReader& member) {
    incident.foreseen = Foreseen{.at = member.time("at"),
                                 .step = static_cast<std::uint32_t>(member.count("step")),
                                 .fails = member.flag("fails")};
  });
  if (incident.id.empty() || incident.fingerprint.empty())
    return fail(ErrorCode::invalid_input, "the state of an incident lacks its id");
  return incident;
}

std::string to_json(const DiagnosisNote& note) {
  std::string out;
  JsonWriter json(out);
  json.begin_object()
      .member("cause", note.cause)
      .member("confidence", note.confidence)
      .member("cause_key", note.cause_key);
  json.member("proved", note.proved)
      .member("first_fix", note.first_fix)
      .member("first_fix_zh", note.first_fix_zh);
  json.member("directive", note.directive).member("file", note.file).member("line", note.line);
  json.member("members", note.members).member("members_zh", note.members_zh).end_object();
  return out;
}

Result<DiagnosisNote> diagnosis_note_from_json(std::string_view text) {
  simdjson::dom::parser parser;
  object root;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input, "a stored diagnosis is not JSON");
  const StateReader state(root);
  DiagnosisNote note;
  note.cause = state.text("cause");
  note.confidence = state.number("confidence");
  note.cause_key = state.text("cause_key");
  note.proved = state.flag("proved");
  note.first_fix = state.text("first_fix");
  note.first_fix_zh = state.text("first_fix_zh");
  note.directive = state.text("directive");
  note.file = state.text("file");
  note.line = state.small_count("line");
  note.members = state.text("members");
  note.members_zh = state.text("members_zh");
  return note;
}

}  // namespace handshaked::correlate
