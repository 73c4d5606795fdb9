#include "correlate/client_sketch.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>

namespace handshaked::correlate {
namespace {

constexpr int kIndexBits = 10;

/// FNV-1a with a finalizer (the one of MurmurHash3), because HyperLogLog looks at single bits.
std::uint64_t hash_client(std::string_view client) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : client) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53ULL;
  return hash ^ (hash >> 33);
}

}  // namespace

void ClientSketch::add(std::string_view client) {
  const std::uint64_t hash = hash_client(client);
  if (registers_.empty() && std::find(hashes_.begin(), hashes_.end(), hash) != hashes_.end()) return;
  if (sample_.size() < kSampleSize && std::find(sample_.begin(), sample_.end(), client) == sample_.end()) sample_.emplace_back(client);
  add_hash(hash);
}

void ClientSketch::add_hash(std::uint64_t hash) {
  if (!registers_.empty()) {
    add_to_registers(hash);
    return;
  }
  if (std::find(hashes_.begin(), hashes_.end(), hash) != hashes_.end()) return;
  hashes_.push_back(hash);
  if (hashes_.size() > kExact) become_estimate();
}

void ClientSketch::become_estimate() {
  registers_.assign(kRegisters, 0);
  for (const std::uint64_t hash : hashes_) add_to_registers(hash);
  hashes_.clear();
  hashes_.shrink_to_fit();
}

void ClientSketch::add_to_registers(std::uint64_t hash) {
  const auto index = static_cast<std::size_t>(hash >> (64 - kIndexBits));
  const auto rank = static_cast<std::uint8_t>(std::countl_zero((hash << kIndexBits) | (1ULL << (kIndexBits - 1))) + 1);
  registers_[index] = std::max(registers_[index], rank);
}

void ClientSketch::merge(const ClientSketch& other) {
  for (const std::string& client : other.sample_) {
    if (sample_.size() < kSampleSize && std::find(sample_.begin(), sample_.end(), client) == sample_.end()) sample_.push_back(client);
  }
  if (!other.registers_.empty()) {
    if (registers_.empty()) become_estimate();
    for (std::size_t i = 0; i < kRegisters; ++i) registers_[i] = std::max(registers_[i], other.registers_[i]);
  }
  for (const std::uint64_t hash : other.hashes_) add_hash(hash);
}

std::uint64_t ClientSketch::distinct() const {
  if (registers_.empty()) return hashes_.size();
  double sum = 0;
  double zeros = 0;
  for (const std::uint8_t rank : registers_) {
    sum += std::ldexp(1.0, -rank);
    zeros += rank == 0 ? 1 : 0;
  }
  constexpr double kCount = kRegisters;
  const double estimate = 0.7213 / (1 + 1.079 / kCount) * kCount * kCount / sum;
  // Few clients: counting the registers that are still empty is more exact (Flajolet et al. 2007, section 4).
  if (estimate <= 2.5 * kCount && zeros > 0) return static_cast<std::uint64_t>(std::llround(kCount * std::log(kCount / zeros)));
  return static_cast<std::uint64_t>(std::llround(estimate));
}

std::string ClientSketch::to_text() const {
  std::string text;
  if (!registers_.empty()) {
    text = "r";
    for (const std::uint8_t rank : registers_) text += static_cast<char>('0' + rank);
    return text;
  }
  text = "h";
  for (const std::uint64_t hash : hashes_) {
    char digits[17];
    const auto [end, error] = std::to_chars(digits, digits + 16, hash, 16);
    text.append(digits, end).push_back(' ');
  }
  return text;
}

ClientSketch ClientSketch::from_text(std::string_view text, std::vector<std::string> sample) {
  ClientSketch sketch;
  sketch.sample_ = std::move(sample);
  if (text.starts_with('r') && text.size() == kRegisters + 1) {
    sketch.registers_.reserve(kRegisters);
    for (const char c : text.substr(1)) sketch.registers_.push_back(static_cast<std::uint8_t>(std::clamp(c - '0', 0, 64)));
  } else if (text.starts_with('h')) {
    for (text.remove_prefix(1); !text.empty();) {
      std::uint64_t hash = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
      if (error != std::errc() || sketch.hashes_.size() >= kExact) break;
      sketch.hashes_.push_back(hash);
      text.remove_prefix(std::min(text.size(), static_cast<std::size_t>(end - text.data()) + 1));
    }
  }
  return sketch;
}

}  // namespace handshaked::correlate
