// Any story of incidents, as letters with a number behind each: o(pened), d(iagnosed), r(esolved),
// e (again), s(ilence), w(ait), W(ait long), R(estart), U (other routes). Nobody hears the end of
// what nobody began, no word is due twice, and when all is over nothing is left.
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../unit/notify/some_incidents.h"
#include "fuzz_input.h"
#include "notify/dispatcher.h"

namespace {

using namespace handshaked;
using namespace std::chrono_literals;

class Story {
 public:
  void tell(fuzz::FuzzInput input) {
    while (!input.empty()) {
      const char what = static_cast<char>(input.byte());
      const std::size_t which = input.byte();
      happen(what, which);
      if (fuzz::measures_growth)
        input.take(6);  // a letter is a kilobyte here: fewer of them say the same
    }
    end();
  }

 private:
  static std::vector<notify::ReceiverPolicy> receivers() {
    return {{.name = "machine"}, {.name = "people", .for_people = true}};
  }

  void happen(char what, std::size_t which) {
    if (what == 'o') return open(which);
    if (what == 'w') return wait(std::chrono::seconds(which));
    if (what == 'W') return wait(std::chrono::minutes(which));
    if (what == 's') return silence(which);
    if (what == 'R' || what == 'U') return change_dispatcher(what == 'R');
    if (order_.empty()) return;
    correlate::Incident& incident = *order_[which % order_.size()];
    const bool is_over = incident.status == correlate::Status::resolved;
    if (what == 'd' && !is_over)
      town_.diagnose(incident, which % 3 == 0 ? "" : which % 3 == 1 ? "wrong_ca" : "expired", now_);
    else if (what == 'r' && !is_over) town_.resolve(incident, now_);
    else if (what == 'e' && is_over) town_.reopen(incident, now_);
  }

  void open(std::size_t which) {
    const int number = static_cast<int>(order_.size());
    const auto severity = which % 8 == 0 ? match::Severity::critical : match::Severity::warning;
    correlate::Incident incident = notify::incident_at(number, now_, severity);
    if (which % 4 == 1) incident.likeliest_cause = "expired";
    if (which % 4 == 2) incident.diagnosing_until = now_ + 30s;
    if (which % 16 == 3) incident.late = true;
    order_.push_back(&town_.see(std::move(incident), now_));
  }

  void silence(std::size_t which) {
    if (changes_left_ == 0) return;
    --changes_left_;
    notify::Silence silence;
    silence.matchers = {notify::matcher("cause=expired")};
    silence.starts_at = now_;
    silence.ends_at = now_ + std::chrono::minutes(1 + which);
    static_cast<void>(town_.dispatcher.change_silences().add(std::move(silence), now_));
  }

  /// A word about a group looks at all of it: a story has few.
  void wait(Duration duration) {
    now_ += duration;
    if (words_left_ == 0) return;
    --words_left_;
    advance();
  }

  void advance() {
    auto decisions = town_.dispatcher.advance(now_, town_);
    for (const auto& told : decisions.told) {
      auto again =
          notify::notification_record_from_json(told.receiver, told.incident_id, to_json(told));
      fuzz::promise(again.has_value(), "what was told can be stored");
      told_.insert_or_assign({told.receiver, told.incident_id}, std::move(again).value());
    }
    for (const notify::Notice& notice : decisions.notices) {
      fuzz::promise(notice.incident != nullptr, "a notice is about an incident");
      fuzz::promise(notice.incidents.size() <= notice.open_count + notice.resolved_count ||
                        !notice.is_grouped,
                    "who is listed is counted");
      const std::pair key{notice.receiver, notice.incident->id.text()};
      const bool is_end = notice.kind == event::EventKind::resolved;
      fuzz::promise(!is_end || told_.contains(key), "nobody hears the end of what nobody began");
      fuzz::promise(is_end || told_.contains(key), "what is said is stored");
    }
    for (const auto& gone : decisions.forgotten) told_.erase(gone);
    const auto next = town_.dispatcher.next_deadline();
    fuzz::promise(!next || *next > now_ || decisions.notices.size() >= 256, "what is due is said");
  }

  void change_dispatcher(bool is_restart) {
    if (changes_left_ == 0) return;
    --changes_left_;
    notify::Router router({}, receivers(), 10s);
    std::vector<notify::NotificationRecord> told;
    for (const auto& [key, state] : told_) told.push_back(state);
    if (!is_restart) {
      std::vector<const correlate::Incident*> live;
      for (const correlate::Incident* const incident : order_)
        if (incident->status != correlate::Status::resolved) live.push_back(incident);
      town_.dispatcher.use_routes(std::move(router), {}, live, told, now_);
      return;
    }
    town_.dispatcher = notify::Dispatcher(std::move(router), {});
    for (const auto& state : told) town_.dispatcher.restore(state);
    for (const correlate::Incident* const incident : order_)
      town_.dispatcher.observe(*incident, now_);
  }

  /// All ends, silences too.
  void end() {
    for (correlate::Incident* const incident : order_)
      if (incident->status != correlate::Status::resolved) town_.resolve(*incident, now_);
    now_ += std::chrono::hours(24);
    for (std::size_t left = 2 * order_.size() + 2; left > 0 && town_.dispatcher.groups() > 0;
         --left)
      advance();
    fuzz::promise(town_.dispatcher.groups() == 0, "when all is over no group is left");
    fuzz::promise(told_.empty(), "when all is over nothing is kept of it");
  }

  notify::Town town_{{}, receivers()};
  Time now_ = notify::at(0);
  std::vector<correlate::Incident*> order_;
  std::map<std::pair<std::string, std::string>, notify::NotificationRecord> told_;
  std::size_t words_left_ = 32, changes_left_ = 4;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (fuzz::is_too_long(size, 1U << 10)) return 0;
  Story().tell(fuzz::FuzzInput(data, size));
  return 0;
}
