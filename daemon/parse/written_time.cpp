#include "parse/written_time.h"

#include <array>
#include <optional>

#include "parse/characters.h"

namespace handshaked::parse {
namespace {

/// Reads a time from left to right. What it does not find it leaves where it stands.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : text_(text) {}

  WrittenTime read() {
    const bool bracketed = skip("[");
    const std::size_t begin = at_;
    if (!read_numeric_date() && !read_web_date() && !read_named_date()) {
      if (!read_clock()) return {};
    }
    const std::size_t clock_end = at_;
    skip_fraction();
    const bool has_zone = skip_zone();
    if (has_zone && byte(begin + 4) == '-' && byte(begin + 10) == 'T' && clock_end == begin + 19)
      time_.zoned = text_.substr(begin, at_ - begin);
    read_late_year();
    if (bracketed && !skip("]")) return {};
    time_.length = at_;
    return time_;
  }

 private:
  bool skip(std::string_view wanted) {
    if (!text_.substr(at_).starts_with(wanted)) return false;
    at_ += wanted.size();
    return true;
  }

  /// `digits` digits at `at`.
  std::optional<unsigned> number(std::size_t at, std::size_t digits) const {
    if (at + digits > text_.size()) return std::nullopt;
    unsigned value = 0;
    for (std::size_t i = at; i < at + digits; ++i) {
      if (!is_digit(text_[i])) return std::nullopt;
      value = value * 10 + static_cast<unsigned>(text_[i] - '0');
    }
    return value;
  }

  char byte(std::size_t at) const { return at < text_.size() ? text_[at] : '\0'; }

  bool read_clock() {
    const auto hour = number(at_, 2), minute = number(at_ + 3, 2), second = number(at_ + 6, 2);
    if (!hour || !minute || !second || byte(at_ + 2) != ':' || byte(at_ + 5) != ':' ||
        is_digit(byte(at_ + 8)))
      return false;
    time_.local.hour = static_cast<std::uint8_t>(*hour);
    time_.local.minute = static_cast<std::uint8_t>(*minute);
    time_.local.second = static_cast<std::uint8_t>(*second);
    at_ += 8;
    return true;
  }

  bool set_date(std::optional<unsigned> year, std::optional<unsigned> month,
                std::optional<unsigned> day, std::size_t clock_at) {
    if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return false;
    const std::size_t before = at_;
    at_ = clock_at;
    if (!read_clock()) {
      at_ = before;
      return false;
    }
    time_.local.year = static_cast<std::uint16_t>(*year);
    time_.local.month = static_cast<std::uint8_t>(*month);
    time_.local.day = static_cast<std::uint8_t>(*day);
    return true;
  }

  /// "2026-11-21T02:58:15", "2026/11/21 02:58:15"
  bool read_numeric_date() {
    const char between = byte(at_ + 4);
    if ((between != '-' && between != '/') || byte(at_ + 7) != between ||
        (byte(at_ + 10) != 'T' && byte(at_ + 10) != ' '))
      return false;
    return set_date(number(at_, 4), number(at_ + 5, 2), number(at_ + 8, 2), at_ + 11);
  }

  /// "21/Nov/2026:02:58:15"
  bool read_web_date() {
    if (byte(at_ + 2) != '/' || byte(at_ + 6) != '/' || byte(at_ + 11) != ':') return false;
    return set_date(number(at_ + 7, 4), month_at(at_ + 3), number(at_, 2), at_ + 12);
  }

  /// "Nov 21 02:58:15", "Sat Nov 21 02:58:15"; the year may follow, else it stays unknown.
  bool read_named_date() {
    static constexpr std::array<std::string_view, 7> kDays{"Mon ", "Tue ", "Wed ", "Thu ",
                                                           "Fri ", "Sat ", "Sun "};
    for (const std::string_view day : kDays) {
      if (skip(day)) break;
    }
    const auto month = month_at(at_);
    auto day = number(at_ + 4, 2);
    if (!day && byte(at_ + 4) == ' ') day = number(at_ + 5, 1);
    if (byte(at_ + 3) != ' ' || byte(at_ + 6) != ' ' || !set_date(0, month, day, at_ + 7))
      return false;
    is_named_ = true;
    return true;
  }

  std::optional<unsigned> month_at(std::size_t at) const {
    static constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (at + 3 > text_.size()) return std::nullopt;
    const auto found = kMonths.find(text_.substr(at, 3));
    if (found == npos || found % 3 != 0) return std::nullopt;
    return static_cast<unsigned>(found / 3 + 1);
  }

  void skip_fraction() {
    if ((byte(at_) != '.' && byte(at_) != ',') || !is_digit(byte(at_ + 1))) return;
    ++at_;
    while (is_digit(byte(at_))) ++at_;
  }

  bool skip_zone() {
    if (skip("Z") || skip(" UTC") || skip(" GMT")) return true;
    const std::size_t sign = byte(at_) == ' ' ? at_ + 1 : at_;
    if ((byte(sign) != '+' && byte(sign) != '-') || !number(sign + 1, 2)) return false;
    const std::size_t minutes = byte(sign + 3) == ':' ? sign + 4 : sign + 3;
    if (!number(minutes, 2)) return false;
    at_ = minutes + 2;
    return true;
  }

  void read_late_year() {
    if (!is_named_ || byte(at_) != ' ') return;
    if (const auto year = number(at_ + 1, 4); year && !is_digit(byte(at_ + 5)) && *year >= 1970) {
      time_.local.year = static_cast<std::uint16_t>(*year);
      at_ += 5;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_named_ = false;
  WrittenTime time_;
};

}  // namespace

WrittenTime read_written_time(std::string_view text) { return TimeReader(text).read(); }

}  // namespace handshaked::parse
