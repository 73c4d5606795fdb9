#include "receive/record/pack_record.h"

#include <string>

#include "receive/record/message_pack.h"

namespace handshaked::receive {
namespace {

constexpr std::size_t kMaxPathBytes = 256;

bool pick_from(PackReader& reader, std::string& path, FieldPicker& picker) {
  PackToken head;
  if (!reader.read(head) || head.kind != PackToken::Kind::map) return false;
  const std::size_t outer = path.size();
  for (std::uint32_t i = 0; i < head.size; ++i) {
    std::string_view key;
    if (!reader.read_text(key)) {
      // A key that is no text names nothing that is asked for.
      if (!reader.skip() || !reader.skip()) return false;
      continue;
    }
    path.resize(outer);
    if (outer > 0) path += '.';
    path += key.substr(0, kMaxPathBytes);
    PackToken value;
    if (read_pack_token(reader.rest(), value) != PackStatus::done) return false;
    std::string_view text;
    if (value.is_text() && reader.read_text(text)) {
      picker.offer(path, text);
    } else if (value.kind == PackToken::Kind::map && picker.wants_inside(path)) {
      if (!pick_from(reader, path, picker)) return false;
    } else {
      if (value.kind == PackToken::Kind::integer) picker.offer_number(path, value.integer);
      if (value.kind == PackToken::Kind::real) picker.offer_number(path, value.real);
      if (!reader.skip()) return false;
    }
  }
  path.resize(outer);
  return true;
}

}  // namespace

bool pick_pack_fields(std::string_view map, FieldPicker& picker) {
  picker.clear();
  PackReader reader(map);
  std::string path;
  return pick_from(reader, path, picker);
}

}  // namespace handshaked::receive
