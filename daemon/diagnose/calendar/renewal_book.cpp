#include "diagnose/calendar/renewal_book.h"

#include <simdjson.h>

#include <algorithm>

#include "base/json/json_writer.h"

namespace handshaked::diagnose {
namespace {

constexpr Duration kLeastTolerance = std::chrono::hours(1);
constexpr Duration kMostTolerance = std::chrono::days(3);

std::int64_t micros(Time time) { return time.time_since_epoch().count(); }

}  // namespace

void RenewalBook::note(const std::string& slot, const std::string& subject, Time issued_at,
                       Time now) {
  Slot& one = slots_[slot];
  one.seen_at = now;
  if (slots_.size() > kMostSlots) forget_oldest();
  const auto found = slots_.find(slot);
  if (found == slots_.end() || found->second.subject == subject) return;
  found->second.subject = subject;
  std::vector<Time>& issued = found->second.issued;
  if (!issued.empty() && issued_at <= issued.back()) return;  // an older one was put back
  issued.push_back(issued_at);
  if (issued.size() > kKeptIssues) issued.erase(issued.begin());
}

void RenewalBook::forget_oldest() {
  const auto oldest =
      std::min_element(slots_.begin(), slots_.end(), [](const auto& left, const auto& right) {
        return left.second.seen_at < right.second.seen_at;
      });
  slots_.erase(oldest);
}

std::optional<RenewalRhythm> RenewalBook::rhythm(std::string_view slot) const {
  const auto found = slots_.find(slot);
  if (found == slots_.end() || found->second.issued.size() <= kEnough) return std::nullopt;
  const std::vector<Time>& issued = found->second.issued;
  RenewalRhythm rhythm{.renewals = issued.size() - 1};
  // One that was renewed early once, because its key had leaked, is not late for that.
  for (std::size_t i = 1; i < issued.size(); ++i)
    rhythm.every = std::max<Duration>(rhythm.every, issued[i] - issued[i - 1]);
  rhythm.due = issued.back() + rhythm.every;
  rhythm.late_from =
      rhythm.due + std::clamp<Duration>(rhythm.every / 10, kLeastTolerance, kMostTolerance);
  return rhythm;
}

std::string RenewalBook::to_json() const {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("version", 1).key("slots").begin_array();
  for (const auto& [name, slot] : slots_) {
    json.begin_object()
        .member("slot", name)
        .member("subject", slot.subject)
        .member("seen_at", micros(slot.seen_at));
    json.key("issued").begin_array();
    for (const Time issued : slot.issued) json.value(micros(issued));
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return out;
}

Result<RenewalBook> RenewalBook::from_json(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  simdjson::dom::array slots;
  std::int64_t version = 0;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS ||
      root["version"].get(version) != simdjson::SUCCESS || version != 1 ||
      root["slots"].get(slots) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input,
                "what is kept of renewals is of another version, or damaged");
  RenewalBook book;
  for (const simdjson::dom::element one : slots) {
    std::string_view name, subject;
    std::int64_t seen_at = 0;
    simdjson::dom::array issued;
    if (book.slots_.size() == kMostSlots) break;
    if (one["slot"].get(name) != simdjson::SUCCESS ||
        one["subject"].get(subject) != simdjson::SUCCESS ||
        one["seen_at"].get(seen_at) != simdjson::SUCCESS ||
        one["issued"].get(issued) != simdjson::SUCCESS)
      continue;
    Slot slot{.subject = std::string(subject), .issued = {}, .seen_at = Time(Duration(seen_at))};
    for (const simdjson::dom::element at : issued) {
      std::int64_t value = 0;
      if (at.get(value) == simdjson::SUCCESS && slot.issued.size() < kKeptIssues)
        slot.issued.push_back(Time(Duration(value)));
    }
    if (!std::is_sorted(slot.issued.begin(), slot.issued.end())) continue;
    book.slots_.insert_or_assign(std::string(name), std::move(slot));
  }
  return book;
}

}  // namespace handshaked::diagnose
