#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "match/recognised_line.h"
#include "match/rule_set.h"

namespace handshaked::cli {

/// A text that is put together of many short pieces, thousands of times: it keeps its memory, and
/// nothing is written twice.
class MatchText {
 public:
  MatchText& raw(std::string_view piece) {
    make_room(piece.size());
    std::copy(piece.begin(), piece.end(), bytes_.get() + size_);
    size_ += piece.size();
    return *this;
  }
  /// A literal: copied without a call.
  template <std::size_t N>
  MatchText& raw(const char (&literal)[N]) {
    make_room(N - 1);
    std::memcpy(bytes_.get() + size_, literal, N - 1);
    size_ += N - 1;
    return *this;
  }
  MatchText& number(std::integral auto value) {
    constexpr std::size_t kDigits = 24;
    make_room(kDigits);
    size_ = static_cast<std::size_t>(
        std::to_chars(bytes_.get() + size_, bytes_.get() + size_ + kDigits, value).ptr -
        bytes_.get());
    return *this;
  }
  /// As a JSON string.
  MatchText& text(std::string_view value);
  /// All but the first so many bytes are forgotten.
  void cut(std::size_t size) { size_ = size; }

  char& operator[](std::size_t at) { return bytes_[at]; }
  std::size_t size() const { return size_; }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  void make_room(std::size_t size) {
    if (capacity_ - size_ < size) grow(size);
  }
  void grow(std::size_t size);

  std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(4096);
  std::size_t capacity_ = 4096;
  std::size_t size_ = 0;
};

/// Writes recognised lines as the JSON objects that `match` prints, one a line. What is the same
/// for many lines (file, rule, second, what nginx said) is written once and copied. One a log;
/// allocates nothing per line. The rule set must outlive it.
class MatchLineWriter {
 public:
  MatchLineWriter(std::string_view file, const match::RuleSet& rules);

  /// Appends the object and a line feed.
  void append(std::string& out, const match::RecognisedLine& failure);

 private:
  const std::string& time_text(const parse::ZonedTime& time);
  const std::string& rule_text(const match::Rule& rule);
  /// A message, and the members that depend on nothing else.
  struct Said {
    std::string message;
    std::string message_member, tls_member;
  };
  const Said& said(const match::RecognisedLine& failure);

  MatchText text_;         ///< of the line that is written
  std::string beginning_;  ///< {"file":"…","line":
  const match::Rule* first_rule_;
  std::vector<std::string>
      rule_texts_;          ///< by the rule's place in the set; filled when first needed
  std::vector<Said> said_;  ///< by a hash of the message; the last place is for those that are too
                            ///< long to be kept
  parse::ZonedTime text_is_of_;
  std::string time_text_;
};

/// The members `,"record":{…}` and `,"tls":{…}` alone; the latter is left out when it would be
/// empty. `time_member` is
/// `,"time":"…"` or nothing.
void append_record_member(std::string& out, const parse::ErrorRecord& record,
                          std::string_view time_member);
void append_tls_member(std::string& out, const parse::TlsDetail& tls);

}  // namespace handshaked::cli
