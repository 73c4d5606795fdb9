// The journal export format in pieces: what comes out does not depend on how it was cut, and what
// is kept of an entry is bounded.
#include <string>

#include "fuzz_input.h"
#include "receive/journal/journal_export.h"

namespace {

using namespace handshaked;

std::string decoded(std::string_view stream, std::size_t piece) {
  receive::JournalExportDecoder decoder;
  std::string out;
  const auto take = [&](bool at_end) {
    while (true) {
      const auto has_entry = at_end ? decoder.finish() : decoder.next();
      if (!has_entry) {
        out += "E";
        return false;
      }
      if (!has_entry.value()) return true;
      const receive::JournalEntry& entry = decoder.entry();
      fuzz::promise(entry.message.size() <= receive::JournalExportDecoder::kMaxMessage,
                    "a message is within its limit");
      fuzz::promise(entry.cursor.size() <= receive::JournalExportDecoder::kMaxField,
                    "a cursor is within its limit");
      out += "[" + entry.unit + "|" + entry.host + "|" + entry.cursor + "|" + entry.message + "]";
      if (entry.time) out += std::to_string(entry.time->time_since_epoch().count());
    }
  };
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    decoder.feed(stream.substr(at, piece));
    if (!take(false)) return out;
    fuzz::promise(decoder.held() <= receive::JournalExportDecoder::kMaxName + 8 + piece,
                  "nothing but the beginning of a field is held");
  }
  take(true);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (fuzz::is_too_long(size, 1U << 16)) return 0;
  const std::string_view stream = fuzz::text_of(data, size);
  const std::string whole = decoded(stream, std::max<std::size_t>(size, 1));
  fuzz::promise(whole == decoded(stream, fuzz::measures_growth ? 7 : 1 + size % 13),
                "pieces make no difference");
  return 0;
}
