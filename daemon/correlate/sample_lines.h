#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "base/boxed.h"

namespace handshaked::correlate {

class LinePacker;

/// A few lines of the log, as they were written. Where very many incidents keep some, they take a
/// fraction of their length: lines of one log are much alike. A value.
class SampleLines {
 public:
  SampleLines() = default;
  SampleLines(std::vector<std::string> lines) : lines_(std::move(lines)) {}
  SampleLines(std::initializer_list<std::string> lines) : lines_(lines) {}

  bool empty() const { return packed_.empty() && lines_.empty(); }
  std::size_t size() const { return all().size(); }
  std::vector<std::string> all() const;
  std::string front() const { return all().front(); }
  std::string back() const { return packed_.empty() ? lines_.back() : all().back(); }

  /// To add to them or to take from them. They are kept in full from then on.
  std::vector<std::string>& change();
  void clear() { *this = {}; }

  /// Keeps them small, if that is possible. They read as before.
  void pack(LinePacker& packer);

 private:
  friend class LinePacker;
  /// What packed lines are written in terms of: lines of the same log.
  struct Dictionary : boost::intrusive_ref_counter<Dictionary> {
    std::string text;
  };
  BoxedList<std::vector<std::string>> lines_;  ///< empty while they are packed
  std::string packed_;                         ///< a frame of Zstandard (RFC 8878)
  boost::intrusive_ptr<const Dictionary> dictionary_;
};

/// Learns what lines have alike from the first of them, and anew now and then: a log changes. Not
/// shared between threads; what it has packed may be read on any.
class LinePacker {
 public:
  LinePacker();
  ~LinePacker();

 private:
  friend class SampleLines;
  struct Compressor;
  static constexpr std::size_t kLearntLines = 32;
  static constexpr std::size_t kLearntOfOne = 512;  ///< bytes
  static constexpr std::size_t kPackedWithOne = 4096;

  /// False: it has not learnt enough yet.
  bool is_ready(const std::string& text);
  std::string packed(const std::string& text);

  std::unique_ptr<Compressor> compressor_;
  boost::intrusive_ptr<const SampleLines::Dictionary> dictionary_;
  std::string learnt_;  ///< for the next dictionary
  std::size_t learnt_count_ = 0;
  std::size_t packed_ = 0;  ///< with this dictionary
};

}  // namespace handshaked::correlate
