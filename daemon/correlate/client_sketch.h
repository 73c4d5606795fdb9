#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/boxed.h"

namespace handshaked::correlate {

/// How many different clients were there? Exact for the first few, then an estimate (HyperLogLog,
/// 1,024 registers, about 3 % off) in fixed memory, however many addresses a log invents; one or
/// two clients cost no more than their names. Sketches can be merged. A value.
class ClientSketch {
 public:
  static constexpr std::size_t kSampleSize = 5;

  void add(std::string_view client);
  void merge(const ClientSketch& other);
  std::uint64_t distinct() const;
  /// The first few clients that were met.
  std::vector<std::string> sample() const;

  /// For the store: text that `from_text` reads back.
  std::string to_text() const;
  static ClientSketch from_text(std::string_view text, const std::vector<std::string>& sample);

 private:
  static constexpr std::size_t kExact = 32;
  static constexpr std::size_t kRegisters = 1024;
  struct Many {
    std::vector<std::uint64_t> hashes;    ///< while exact
    std::vector<std::uint8_t> registers;  ///< afterwards; empty while exact
    bool is_sample_full = false;          ///< so that it need not be read for each line

    void add(std::uint64_t hash);
    void become_estimate();
    void add_to_registers(std::uint64_t hash);
    std::uint64_t distinct() const;
  };
  std::size_t sample_count() const {
    return static_cast<std::size_t>(std::count(sample_.begin(), sample_.end(), '\n'));
  }
  /// What becomes of a client: it is in the sample, it has been put there, or there is no room.
  enum class Place : std::uint8_t { known, added, elsewhere };
  Place place_in_sample(std::string_view client);
  Many& become_many();

  std::string sample_;  ///< each with a line feed behind it: mostly it is one address, which takes
                        ///< no room of its own
  Boxed<Many> many_;    ///< absent: the sample is all there was
};

}  // namespace handshaked::correlate
