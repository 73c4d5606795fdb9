#include "receive/engine_messages.h"

#include "receive/network_threads.h"
#include "receive/record/json_lines.h"

namespace handshaked::receive {
namespace {

constexpr std::string_view kAround = " \t\r\n";

}  // namespace

void EngineMessages::set_host(std::string_view host) {
  intake_.set_sender(host.substr(0, kLongestHost));
  previous_.clear();
}

bool EngineMessages::add(std::string_view payload) {
  ++counters_.records;
  counters_.bytes += payload.size();
  const std::size_t begin = payload.find_first_not_of(kAround);
  if (begin == std::string_view::npos) return false;  // Kafka's tombstones are empty
  payload = payload.substr(begin, payload.find_last_not_of(kAround) + 1 - begin);
  if (payload.front() != '{' && payload.front() != '[') return add_line(payload);
  previous_.clear();
  if (find_json_candidate(intake_, payload, 0) == std::string_view::npos) return false;
  add_json(payload);
  return true;
}

bool EngineMessages::add_line(std::string_view line) {
  if (!intake_.may_matter(line)) {
    previous_ = line;
    return false;
  }
  // The line before tells whether this one was written by a stranger into the middle of it.
  if (!previous_.empty()) intake_.add_record({.text = previous_, .host = {}, .time = {}});
  previous_.clear();
  intake_.add_record({.text = line, .host = {}, .time = {}});
  return true;
}

/// Each object: alone, in a list, or behind the time in a list of two, as Fluent Bit writes it.
void EngineMessages::add_json(std::string_view payload) {
  padded_.assign(payload).append(kScratchPadding, '\0');
  std::size_t malformed = 0;
  for (std::string_view rest = std::string_view(padded_).substr(0, payload.size());
       !rest.empty();) {
    const std::size_t object = rest.find('{');
    if (object == std::string_view::npos) break;
    rest.remove_prefix(object);
    const std::size_t length = json_value_length(rest);
    const std::string_view taken = rest.substr(0, length);
    if (find_json_candidate(intake_, taken, 0) != std::string_view::npos &&
        !json_.add_object(taken))
      ++malformed;
    rest.remove_prefix(taken.size());
  }
  if (malformed > 0) intake_.count_malformed(malformed, json_.first_problem());
}

}  // namespace handshaked::receive
