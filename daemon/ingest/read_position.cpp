#include "ingest/read_position.h"

#include <charconv>
#include <cstdint>

namespace handshaked::ingest {

namespace {

constexpr std::string_view kVersion = "v1";
constexpr std::size_t kMostFiles = 64;
constexpr std::size_t kMostBytes = 1024 * 1024;
constexpr std::size_t kHashDigits = 32;
constexpr std::string_view kHexadecimal = "0123456789ABCDEF";

void append_path(std::string& text, std::string_view path) {
  for (const char character : path) {
    const auto byte = static_cast<unsigned char>(character);
    if (byte > 0x20 && byte < 0x7f && character != '%' && character != ',') {
      text += character;
    } else {
      text += '%';
      text += kHexadecimal[byte >> 4];
      text += kHexadecimal[byte & 15];
    }
  }
}

std::optional<std::string> parse_path(std::string_view text) {
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      path += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const auto high = kHexadecimal.find(text[i + 1]);
    const auto low = kHexadecimal.find(text[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    path += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return path;
}

std::string_view take_until(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const std::string_view taken = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return taken;
}

template <class Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_hash(std::string_view text, Fingerprint& fingerprint) {
  if (fingerprint.length == 0) return text == "-";
  if (fingerprint.length > kFingerprintedBytes || text.size() != kHashDigits) return false;
  if (text.find_first_not_of("0123456789abcdef") != std::string_view::npos) return false;
  fingerprint.hash = text;
  return true;
}

bool parse_flags(std::string_view text, FilePosition& file) {
  file.finished = text.starts_with('f');
  if (file.finished) text.remove_prefix(1);
  file.start.inside_overlong_line = text.starts_with('o');
  if (file.start.inside_overlong_line) text.remove_prefix(1);
  const bool none = !file.finished && !file.start.inside_overlong_line;
  return none ? text == "-" : text.empty();
}

std::optional<FilePosition> parse_file(std::string_view text) {
  FilePosition file;
  auto path = parse_path(take_until(text, ','));
  if (!path) return std::nullopt;
  file.path = std::move(*path);
  std::int64_t born = 0;
  std::int64_t modified = 0;
  const bool valid = parse_number(take_until(text, ','), file.identity.node.device) &&
                     parse_number(take_until(text, ','), file.identity.node.inode) &&
                     parse_number(take_until(text, ','), born) &&
                     parse_number(take_until(text, ','), file.identity.fingerprint.length) &&
                     parse_hash(take_until(text, ','), file.identity.fingerprint) &&
                     parse_number(take_until(text, ','), file.start.offset.value) &&
                     parse_flags(take_until(text, ','), file) && parse_number(text, modified);
  if (!valid) return std::nullopt;
  file.identity.node.born = Time(Duration(born));
  file.modified = Time(Duration(modified));
  return file;
}

}  // namespace

std::string to_text(const ReadPosition& position) {
  std::string text(kVersion);
  text += ' ';
  append_path(text, position.path);
  for (const FilePosition& file : position.files) {
    const Fingerprint& fingerprint = file.identity.fingerprint;
    text += ' ';
    append_path(text, file.path);
    text += ',' + std::to_string(file.identity.node.device) + ',' +
            std::to_string(file.identity.node.inode);
    text += ',' + std::to_string(file.identity.node.born.time_since_epoch().count());
    text += ',' + std::to_string(fingerprint.length) + ',' +
            (fingerprint.length == 0 ? "-" : fingerprint.hash);
    text += ',' + std::to_string(file.start.offset.value) + ',';
    if (file.finished) text += 'f';
    if (file.start.inside_overlong_line) text += 'o';
    if (!file.finished && !file.start.inside_overlong_line) text += '-';
    text += ',' + std::to_string(file.modified.time_since_epoch().count());
  }
  return text;
}

Result<ReadPosition> parse_read_position(std::string_view text) {
  const auto refuse = [](const char* why) {
    return fail(ErrorCode::invalid_input, std::string("saved read position: ") + why);
  };
  if (text.size() > kMostBytes) return refuse("too long");
  std::string_view rest = text;
  if (take_until(rest, ' ') != kVersion) return refuse("not of a version that is understood here");
  auto path = parse_path(take_until(rest, ' '));
  if (!path || path->empty()) return refuse("no path");
  ReadPosition position;
  position.path = std::move(*path);
  while (!rest.empty()) {
    auto file = parse_file(take_until(rest, ' '));
    if (!file) return refuse("a file in it is damaged");
    if (position.files.size() == kMostFiles) return refuse("too many files");
    position.files.push_back(std::move(*file));
  }
  // One text for one position: leading zeros or bytes that should be escaped were not written by
  // us.
  if (to_text(position) != text) return refuse("not in the form in which it was written");
  return position;
}

}  // namespace handshaked::ingest
