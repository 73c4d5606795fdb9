// What becomes of incidents: opened, diagnosed, resolved, reopened, forgotten.
#include <algorithm>

#include "correlate/correlator.h"
#include "correlate/severity.h"

namespace handshaked::correlate {
namespace {

constexpr auto kLongestRhythm = std::chrono::days(7);
/// Noise is back to its usual when it was not anomalous for so long.
constexpr auto kAnomalyEnd = std::chrono::minutes(30);
/// The clock was set back if it goes back by more than this.
constexpr auto kClockStep = std::chrono::minutes(1);
constexpr std::size_t kMaxReopenable = 10'000;
/// What is quiet and still fails is looked at again after the quiet that would end it, at least so
/// late.
constexpr auto kAskAgain = std::chrono::seconds(30);

}  // namespace

bool Correlator::EarlierDeadline::operator()(const Live& a, const Live& b) const {
  return a.planned != b.planned ? a.planned < b.planned : a.incident.id < b.incident.id;
}

void Correlator::restore(Incident incident) {
  Owned owned = std::make_unique<Live>();
  Live& live = *owned;
  live.incident = std::move(incident);
  share_texts(live.incident);
  if (live_.size() >= kCrowd) live.incident.sample_lines.pack(packer_);
  live.rule_severity = live.incident.severity;
  const Fingerprint& print = live.incident.fingerprint;
  if (live_.contains(print) || by_id_.contains(&live)) return;  // the first wins: it was seen last
  if (live.incident.status == Status::resolved) {
    live.incident.resolved_at = live.incident.resolved_at.value_or(live.incident.last_seen_at);
    if (live.incident.was_open && !reopenable_.contains(print)) shelve(std::move(owned));
    return;
  }
  by_id_.insert(&live);
  live_.insert(std::move(owned));
  if (!live.incident.foreseen) index(live.incident);  // no line follows from what is yet to come
  plan(live, quiet_until(live.incident));
}

// ---- open
// -------------------------------------------------------------------------------------------------------------------

/// After anything that may change what the incident is worth.
void Correlator::reconsider(Live& live, Time now) {
  Incident& incident = live.incident;
  auto news = IncidentChange::What::changed;
  if (incident.noise && incident.noise_history &&
      incident.noise_history->is_anomalous(now, watched_since_.value_or(now))) {
    if (!incident.anomalous_at && incident.status == Status::open)
      news = IncidentChange::What::opened;
    incident.anomalous_at = now;
  }
  incident.severity = severity_of(incident, live.rule_severity, now);
  if (incident.history && quiet_until(incident) > now) {  // it began before we came, and goes on
    incident.history = false;
    news = IncidentChange::What::opened;
  }
  touch(live, news);
  open_if_due(live, now);
}

void Correlator::open_if_due(Live& live, Time now) {
  const Incident& incident = live.incident;
  if (incident.status != Status::pending) return;
  const bool persists = incident.run_count >= options_.transport_lines &&
                        incident.last_seen_at - incident.run_since >= options_.transport_window;
  if (incident.kind != match::Kind::transport || persists || incident.probe_failed_at)
    open(live, now);
}

void Correlator::open(Live& live, Time now) {
  Incident& incident = live.incident;
  incident.status = Status::open;
  incident.history = quiet_until(incident) <=
                     now;  // a backlog tells of what is over: it is recorded, nobody is told
  const bool is_return = incident.was_open && !incident.noise && !incident.history;
  if (is_return) {
    ++incident.reopens;
    ++counters_.reopened;
    incident.reopened_at = now;
    incident.flapping = incident.reopens >= options_.flapping_reopens;
  } else if (!incident.was_open) {
    ++counters_.opened;
  }
  incident.was_open = true;
  touch(live, is_return ? IncidentChange::What::reopened : IncidentChange::What::opened);
}

// ---- quiet
// ------------------------------------------------------------------------------------------------------------------

Duration Correlator::quiet_needed(const Incident& incident) const {
  const auto lifetime = incident.last_seen_at - incident.opened_at;
  const double gap = incident.count > 1 ? static_cast<double>(lifetime.count()) /
                                              static_cast<double>(incident.count - 1)
                                        : 0;
  const auto longest = static_cast<double>(Duration(kLongestRhythm).count());
  const auto rhythm =
      Duration(static_cast<Duration::rep>(std::min(gap * options_.quiet_rhythm, longest)));
  const Duration usual = std::max(options_.quiet_least, rhythm);
  if (incident.reopens == 0) return usual;
  return std::max(usual, std::min(usual * (1 << std::min(incident.reopens, 16U)),
                                  options_.flapping_quiet_most));
}

Time Correlator::quiet_until(const Incident& incident) const {
  if (incident.fleet && incident.fleet->affected > 0)
    return Time::max();                       // those who see it say when it is over
  if (incident.foreseen) return Time::max();  // so does who looks ahead
  const Time last =
      std::max(incident.last_seen_at, incident.probe_failed_at.value_or(incident.last_seen_at));
  return last + quiet_needed(incident);
}

/// No line for long. Where somebody can look, that is the end only if what was seen last is good:
/// at night nobody asks for a page.
void Correlator::end_quiet(Live& live, Time now) {
  const Incident& incident = live.incident;
  const bool is_seen_bad = incident.probe_failed_at.has_value();
  const bool is_unseen = live.is_probed && incident.passed_rounds == 0;
  if (incident.status != Status::open || incident.history || (!is_seen_bad && !is_unseen))
    return resolve(live, "quiet", now);
  live.asked_until = now + std::max<Duration>(options_.quiet_least, kAskAgain);
  touch(live, IncidentChange::What::quiet);
}

void Correlator::touch(Live& live, IncidentChange::What news) {
  if (!live.is_changed) {
    live.is_changed = true;
    live.news = news;
    changed_.push_back(&live);
  } else if (live.news == IncidentChange::What::changed || news == IncidentChange::What::resolved) {
    live.news = news;
  }
  if (live.incident.status != Status::resolved) plan(live, quiet_until(live.incident));
}

/// One entry an incident, however often it grows: an entry that is too early is put off when it
/// comes up.
void Correlator::plan(Live& live, Time due) {
  due = std::max({due, held_until_, live.asked_until});
  if (live.incident.anomalous_at) due = std::min(due, *live.incident.anomalous_at + kAnomalyEnd);
  if (live.is_linked() && live.planned <= due) return;
  live.unlink();
  live.planned = due;
  deadlines_.insert(live);
}

void Correlator::resolve(Live& live, std::string by, Time now) {
  Incident& incident = live.incident;
  Owned owned = live_.take(incident.fingerprint);
  by_id_.erase(&live);
  live.unlink();
  causes_.forget(incident);
  consequences_.forget(incident);
  incident.resolved_by =
      incident.status == Status::pending && !incident.was_open ? "passed" : std::move(by);
  incident.resolved_at = incident.history ? std::min(now, quiet_until(incident)) : now;
  incident.status = Status::resolved;
  incident.diagnosing_until.reset();
  live.is_probed = false;
  ++counters_.resolved;
  touch(live, IncidentChange::What::resolved);
  if (incident.was_open) shelve(std::move(owned));
  else discarded_.push_back(std::move(owned));
}

/// Puts an incident that ended where it can be found if it comes back.
void Correlator::shelve(Owned owned) {
  const Fingerprint& print = owned->incident.fingerprint;
  if (Owned older = reopenable_.take(print); older && older->is_changed)
    discarded_.push_back(std::move(older));
  reopenable_order_.emplace_back(*owned->incident.resolved_at, print);
  reopenable_.insert(std::move(owned));
}

/// What ended too long ago cannot reopen any more; nor can the oldest when there are too many.
void Correlator::forget_reopenable(Time now) {
  while (!reopenable_order_.empty()) {
    const auto& [ended, print] = reopenable_order_.front();
    if (now - options_.reopen_within < ended && reopenable_.size() <= kMaxReopenable) return;
    if (const Live* const known = reopenable_.find(print);
        known != nullptr && known->incident.resolved_at == ended) {
      Owned owned = reopenable_.take(print);
      if (owned->is_changed) discarded_.push_back(std::move(owned));
    }
    reopenable_order_.pop_front();
  }
}

// ---- time
// -------------------------------------------------------------------------------------------------------------------

/// The host may have slept, and somebody may have set the clock.
void Correlator::look_at_clock(Time now) {
  if (!watched_since_) watched_since_ = now;
  const bool is_start = !last_now_ && !live_.empty();
  const bool is_gap =
      last_now_ && options_.longest_gap > Duration(0) && now - *last_now_ > options_.longest_gap;
  if (is_start || is_gap) held_until_ = now + options_.hold;
  if (is_gap) fleet_.excuse_silence(now);
  if (last_now_ && now < *last_now_ - kClockStep) {
    held_until_ = std::min(held_until_, now + options_.hold);
    deadlines_.clear();
    fleet_.excuse_silence(now);
    for (Live* const live : live_) {
      Incident& incident = live->incident;
      for (Time* const time : {&incident.opened_at, &incident.run_since, &incident.last_seen_at})
        *time = std::min(*time, now);
      live->asked_until = {};
      plan(*live, quiet_until(incident));
    }
  }
  last_now_ = now;
}

std::vector<IncidentChange> Correlator::advance(Time now) {
  std::erase_if(discarded_, [](const Owned& owned) { return !owned->is_changed; });
  forget_reopenable(now);
  look_at_clock(now);
  look_at_edges(now);
  while (!deadlines_.empty() && deadlines_.begin()->planned <= now) {
    Live& live = *deadlines_.begin();
    live.unlink();
    const bool is_quiet =
        std::max({quiet_until(live.incident), held_until_, live.asked_until}) <= now;
    if (is_quiet) end_quiet(live, now);
    else if (live.incident.anomalous_at && now - *live.incident.anomalous_at >= kAnomalyEnd)
      resolve(live, "usual", now);
    else plan(live, quiet_until(live.incident));
  }
  std::sort(changed_.begin(), changed_.end(), [](const Live* a, const Live* b) {
    if (a->incident.opened_at != b->incident.opened_at)
      return a->incident.opened_at < b->incident.opened_at;
    return a->incident.id < b->incident.id;
  });
  std::vector<IncidentChange> changes;
  changes.reserve(changed_.size());
  for (Live* const live : changed_) {
    live->is_changed = false;
    // It may have been over and be back already.
    const bool is_over = live->incident.status == Status::resolved;
    const bool says_over = live->news == IncidentChange::What::resolved;
    changes.push_back(
        {is_over || !says_over ? live->news : IncidentChange::What::reopened, &live->incident});
  }
  changed_.clear();
  return changes;
}

std::optional<Time> Correlator::next_deadline() const {
  std::optional<Time> next = fleet_.next_look();
  if (!deadlines_.empty()) next = std::min(next.value_or(Time::max()), deadlines_.begin()->planned);
  return next;
}

// ---- the diagnosis
// ------------------------------------------------------------------------------------------------------------

Correlator::Live* Correlator::live_by_id(std::string_view incident_id) {
  const auto it = by_id_.find(IncidentId(incident_id));
  return it == by_id_.end() ? nullptr : *it;
}

bool Correlator::expect_diagnosis(std::string_view incident_id, Time until) {
  Live* const live = live_by_id(incident_id);
  if (live == nullptr) return false;
  live->incident.diagnosing_until = until;
  touch(*live);
  return true;
}

bool Correlator::give_up_diagnosis(std::string_view incident_id) {
  Live* const live = live_by_id(incident_id);
  if (live == nullptr) return false;
  live->incident.diagnosing_until.reset();
  touch(*live);
  return true;
}

namespace {

/// Whoever heard the one has to hear the other: another cause, place or cure, or another word on
/// whether it is proved.
bool says_something_else(const DiagnosisNote& before, const DiagnosisNote& now) {
  return before.cause != now.cause || before.proved != now.proved ||
         before.first_fix != now.first_fix || before.file != now.file ||
         before.directive != now.directive;
}

}  // namespace

Result<> Correlator::attach_diagnosis(std::string_view incident_id,
                                      std::shared_ptr<const DiagnosisNote> note, Time) {
  Live* const live = live_by_id(incident_id);
  if (live == nullptr)
    return fail(ErrorCode::not_found, "no live incident " + std::string(incident_id.substr(0, 64)));
  if (note->members.size() > DiagnosisNote::kMaxText ||
      note->members_zh.size() > DiagnosisNote::kMaxText)
    return fail(ErrorCode::limit_exceeded,
                "the diagnosis of " + std::string(incident_id) + " is too long");
  Incident& incident = live->incident;
  const bool is_news = !incident.diagnosis || says_something_else(*incident.diagnosis, *note);
  const bool is_stored = !is_news && incident.diagnosis->members == note->members;
  incident.diagnosis = std::move(note);
  incident.diagnosing_until.reset();
  if (is_news) ++incident.diagnoses;
  touch(*live, is_stored ? IncidentChange::What::changed : IncidentChange::What::diagnosed);
  join_cause(*live);
  return success();
}

/// The oldest open incident of one root cause is the parent of the others.
void Correlator::join_cause(Live& live) {
  const std::string& key = live.incident.diagnosis->cause_key;
  if (key.empty()) {
    live.incident.parent_id.clear();
    return;
  }
  std::vector<Live*> family;
  for (Live* const other : live_) {
    if (other->incident.diagnosis && other->incident.diagnosis->cause_key == key)
      family.push_back(other);
  }
  if (family.size() < 2) {
    live.incident.parent_id.clear();
    return;
  }
  const Live* const parent =
      *std::min_element(family.begin(), family.end(), [](const Live* a, const Live* b) {
        if (a->incident.opened_at != b->incident.opened_at)
          return a->incident.opened_at < b->incident.opened_at;
        return a->incident.id < b->incident.id;
      });
  for (Live* const member : family) {
    const std::string parent_id = member == parent ? std::string() : parent->incident.id.text();
    if (member->incident.parent_id == parent_id) continue;
    member->incident.parent_id = parent_id;
    touch(*member);
  }
}

bool Correlator::note_probes(std::string_view incident_id, const ProbeRound& round, Time now) {
  Live* const live = live_by_id(incident_id);
  if (live == nullptr) return false;
  Incident& incident = live->incident;
  live->is_probed = true;
  if (!round.every_peer_passed) {
    incident.probe_failed_at = round.at;
    incident.passed_rounds = 0;
    incident.fix_verified_at.reset();
    if (round.every_peer_failed) incident.severity = match::Severity::critical;
    reconsider(*live, now);
    return true;
  }
  const bool is_fresh =
      !incident.fix_verified_at ||
      incident.last_seen_at >= *incident.fix_verified_at;  // a line came in between
  incident.passed_rounds = is_fresh ? 1 : incident.passed_rounds + 1;
  if (is_fresh) incident.fix_verified_at = round.at;
  incident.probe_failed_at.reset();
  live->asked_until = {};
  touch(*live);
  // What flaps also passes probes, now and then: its quiet counts as well.
  const bool is_believed =
      !incident.flapping || now - incident.last_seen_at >= quiet_needed(incident) / 2;
  if (incident.passed_rounds >= options_.probe_rounds && is_believed) resolve(*live, "probes", now);
  return true;
}

bool Correlator::expect_probes(std::string_view incident_id) {
  Live* const live = live_by_id(incident_id);
  if (live != nullptr) live->is_probed = true;
  return live != nullptr;
}

bool Correlator::note_unprobed(std::string_view incident_id) {
  Live* const live = live_by_id(incident_id);
  if (live == nullptr) return false;
  Incident& incident = live->incident;
  if (!live->is_probed && !incident.probe_failed_at) return true;
  live->is_probed = false;
  incident.probe_failed_at.reset();
  incident.passed_rounds = 0;
  live->asked_until = {};
  touch(*live);
  return true;
}

// ---- an operator's hand
// -------------------------------------------------------------------------------------------------------

bool Correlator::resolve_by_hand(std::string_view incident_id, const std::string& author,
                                 const std::string& text, Time now) {
  Live* const live = live_by_id(incident_id);
  if (live == nullptr) return false;
  add_note(incident_id, {.at = now, .author = author, .text = text.empty() ? "resolved" : text});
  resolve(*live, "operator", now);
  return true;
}

bool Correlator::add_note(std::string_view incident_id, OperatorNote note) {
  Live* const live = live_by_id(incident_id);
  if (live == nullptr) return false;
  std::vector<OperatorNote>& notes = live->incident.notes.change();
  if (notes.size() >= Incident::kMaxNotes) notes.erase(notes.begin());
  note.text.resize(std::min(note.text.size(), Incident::kMaxNoteBytes));
  notes.push_back(std::move(note));
  touch(*live);
  return true;
}

// ---- what there is
// --------------------------------------------------------------------------------------------------------------

const Incident* Correlator::find(std::string_view incident_id) const {
  const auto it = by_id_.find(IncidentId(incident_id));
  return it == by_id_.end() ? nullptr : &(*it)->incident;
}

const Incident* Correlator::find_by_fingerprint(std::string_view print) const {
  const Live* const live = live_.find(Fingerprint(print));
  return live == nullptr ? nullptr : &live->incident;
}

std::vector<const Incident*> Correlator::incidents() const {
  std::vector<const Incident*> list;
  list.reserve(live_.size());
  for (const Live* const live : live_) list.push_back(&live->incident);
  std::sort(list.begin(), list.end(), [](const Incident* a, const Incident* b) {
    if (a->severity != b->severity) return a->severity > b->severity;
    if (a->opened_at != b->opened_at) return a->opened_at < b->opened_at;
    return a->fingerprint < b->fingerprint;
  });
  return list;
}

}  // namespace handshaked::correlate
