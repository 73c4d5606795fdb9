#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace handshaked::correlate {

/// How many different clients were there? Exact for the first few, then an estimate (HyperLogLog, 1,024 registers, about 3 %
/// off) in fixed memory, however many addresses a log invents. Sketches can be merged. A value.
class ClientSketch {
 public:
  static constexpr std::size_t kSampleSize = 5;

  void add(std::string_view client);
  void merge(const ClientSketch& other);
  std::uint64_t distinct() const;
  /// The first few clients that were met.
  const std::vector<std::string>& sample() const { return sample_; }

  /// For the store: text that `from_text` reads back.
  std::string to_text() const;
  static ClientSketch from_text(std::string_view text, std::vector<std::string> sample);

 private:
  static constexpr std::size_t kExact = 32;
  static constexpr std::size_t kRegisters = 1024;
  void add_hash(std::uint64_t hash);
  void become_estimate();
  void add_to_registers(std::uint64_t hash);

  std::vector<std::uint64_t> hashes_;    ///< while exact
  std::vector<std::uint8_t> registers_;  ///< afterwards; empty while exact
  std::vector<std::string> sample_;
};

}  // namespace handshaked::correlate
