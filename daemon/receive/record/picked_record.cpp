#include "receive/record/picked_record.h"

#include "receive/record/epoch_time.h"

namespace handshaked::receive {

bool add_picked(Intake& intake, const FieldPicker& picked, std::optional<Time> time) {
  if (!picked.has_text()) {
    const std::string stray = picked.stray_text();
    if (stray.empty()) return false;
    intake.add_record({.text = stray, .host = picked.host(), .time = picked.time()});
    return true;
  }
  std::string stamp;
  if (picked.is_split()) {
    if (time) stamp = rfc3339_text(*time);
    const std::string line = picked.line(rfc3339_text(time.value_or(wall_clock_now())));
    intake.add_record({.text = line,
                       .host = picked.host(),
                       .time = stamp.empty() ? picked.time() : std::string_view(stamp)});
    return true;
  }
  // Written out only for the few lines that somebody will read.
  if (time && intake.may_matter(picked.text())) stamp = rfc3339_text(*time);
  intake.add_record({.text = picked.text(),
                     .host = picked.host(),
                     .time = stamp.empty() ? picked.time() : std::string_view(stamp)});
  return true;
}

}  // namespace handshaked::receive
