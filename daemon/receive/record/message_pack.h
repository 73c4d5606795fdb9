#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "receive/record/field_names.h"

namespace handshaked::receive {

/// The beginning of one MessagePack value: what it is, and how much follows.
struct PackToken {
  enum class Kind : std::uint8_t {
    nil,
    boolean,
    integer,
    real,
    string,
    binary,
    extension,
    array,
    map
  };
  Kind kind = Kind::nil;
  bool truth = false;
  std::int8_t extension_type = 0;
  std::int64_t integer = 0;  ///< unsigned values beyond its range become the largest
  double real = 0;
  std::uint32_t size =
      0;  ///< bytes of a string, binary or extension; elements of an array; pairs of a map
  std::size_t length = 0;  ///< bytes of the head itself; a number is all head

  bool is_text() const { return kind == Kind::string || kind == Kind::binary; }
  /// What follows the head directly, if it is bytes.
  std::size_t payload() const { return is_text() || kind == Kind::extension ? size : 0; }
  /// How many values follow.
  std::uint64_t values() const {
    return kind == Kind::map ? 2ULL * size : kind == Kind::array ? size : 0;
  }
};

enum class PackStatus : std::uint8_t {
  done,
  incomplete,  ///< the bytes end too early
  invalid,     ///< 0xC1, which no value begins with
};

/// Reads the head at the beginning of `bytes`. Format:
/// github.com/msgpack/msgpack/blob/master/spec.md.
PackStatus read_pack_token(std::string_view bytes, PackToken& token);

/// Finds where values end, over bytes that arrive in pieces: nothing is looked at twice, however
/// small the pieces, and nesting costs neither stack nor memory, because only the number of values
/// still to come is kept.
class PackScan {
 public:
  explicit PackScan(std::uint64_t values = 1) : values_(values) {}

  /// `bytes` begin where they began last time, with more behind. done: size() is where the last
  /// value ends.
  PackStatus advance(std::string_view bytes);
  /// How far it has come.
  std::size_t size() const { return at_; }
  /// The first size() bytes were thrown away.
  void forget_seen() { at_ = 0; }

 private:
  std::size_t at_ = 0;
  std::uint64_t values_;
  std::uint64_t payload_ = 0;  ///< bytes of the current value that are still to come
};

/// Takes values from the front of bytes that hold them whole. A false answer leaves the reader
/// where it was.
class PackReader {
 public:
  explicit PackReader(std::string_view bytes) : rest_(bytes) {}

  bool read(PackToken& token);
  /// A string or binary.
  bool read_text(std::string_view& text);
  /// The bytes behind a head that was read.
  bool take(std::size_t size, std::string_view& bytes);
  /// One whole value.
  bool skip();

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// Writing: the few forms that answers need.
void append_pack_array(std::string& out, std::uint8_t elements);  ///< fewer than 16
void append_pack_map(std::string& out, std::uint8_t pairs);       ///< fewer than 16
void append_pack_string(std::string& out, std::string_view text);
void append_pack_boolean(std::string& out, bool truth);

/// Offers the strings of a MessagePack map to `picker`, which is cleared first. `map` holds one
/// whole value. False when it is no map. Objects are entered only where a name leads into them, so
/// depth is bounded by the names.
bool pick_pack_fields(std::string_view map, FieldPicker& picker);

}  // namespace handshaked::receive
