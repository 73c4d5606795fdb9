#include "correlate/client_sketch.h"

#include <algorithm>
#include <array>
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

void for_each_line(std::string_view lines, auto take) {
  for (std::size_t end; (end = lines.find('\n')) != lines.npos; lines.remove_prefix(end + 1))
    take(lines.substr(0, end));
}

}  // namespace

std::vector<std::string> ClientSketch::sample() const {
  std::vector<std::string> clients;
  for_each_line(sample_, [&clients](std::string_view client) { clients.emplace_back(client); });
  return clients;
}

ClientSketch::Place ClientSketch::place_in_sample(std::string_view client) {
  if (many_ && many_->is_sample_full) return Place::elsewhere;
  std::size_t count = 0;
  for (std::string_view rest = sample_; !rest.empty(); ++count) {
    if (rest.size() > client.size() && rest[client.size()] == '\n' && rest.starts_with(client))
      return Place::known;
    rest.remove_prefix(rest.find('\n') + 1);
  }
  if (count >= kSampleSize) {
    if (many_) many_->is_sample_full = true;
    return Place::elsewhere;
  }
  sample_.append(client).push_back('\n');
  return Place::added;
}

ClientSketch::Many& ClientSketch::become_many() {
  if (many_) return *many_;
  Many& many = many_.emplace();
  for_each_line(sample_, [&many](std::string_view client) { many.add(hash_client(client)); });
  return many;
}

void ClientSketch::add(std::string_view client) {
  client = client.substr(0, client.find('\n'));  // no address has one
  const Place place = place_in_sample(client);
  if (!many_ && place != Place::elsewhere) return;
  become_many().add(hash_client(client));
}

void ClientSketch::merge(const ClientSketch& other) {
  if (!other.many_) {
    for_each_line(other.sample_, [this](std::string_view client) { add(client); });
    return;
  }
  Many& many = become_many();
  for_each_line(other.sample_, [this](std::string_view client) { place_in_sample(client); });
  if (!other.many_->registers.empty()) {
    if (many.registers.empty()) many.become_estimate();
    for (std::size_t i = 0; i < kRegisters; ++i)
      many.registers[i] = std::max(many.registers[i], other.many_->registers[i]);
  }
  for (const std::uint64_t hash : other.many_->hashes) many.add(hash);
}

std::uint64_t ClientSketch::distinct() const { return many_ ? many_->distinct() : sample_count(); }

void ClientSketch::Many::add(std::uint64_t hash) {
  if (!registers.empty()) {
    add_to_registers(hash);
    return;
  }
  if (std::find(hashes.begin(), hashes.end(), hash) != hashes.end()) return;
  hashes.push_back(hash);
  if (hashes.size() > kExact) become_estimate();
}

void ClientSketch::Many::become_estimate() {
  registers.assign(kRegisters, 0);
  for (const std::uint64_t hash : hashes) add_to_registers(hash);
  hashes.clear();
  hashes.shrink_to_fit();
}

void ClientSketch::Many::add_to_registers(std::uint64_t hash) {
  const auto index = static_cast<std::size_t>(hash >> (64 - kIndexBits));
  const auto rank = static_cast<std::uint8_t>(
      std::countl_zero((hash << kIndexBits) | (1ULL << (kIndexBits - 1))) + 1);
  registers[index] = std::max(registers[index], rank);
}

std::uint64_t ClientSketch::Many::distinct() const {
  if (registers.empty()) return hashes.size();
  std::array<std::uint16_t, 65> with_rank{};
  for (const std::uint8_t rank : registers) ++with_rank[std::min<std::size_t>(rank, 64)];
  double sum = 0;
  for (int rank = 0; rank <= 64; ++rank)
    sum += std::ldexp(static_cast<double>(with_rank[static_cast<std::size_t>(rank)]), -rank);
  const double zeros = with_rank[0];
  constexpr double kCount = kRegisters;
  const double estimate = 0.7213 / (1 + 1.079 / kCount) * kCount * kCount / sum;
  // Few clients: counting the registers that are still empty is more exact (Flajolet et al. 2007,
  // section 4).
  if (estimate <= 2.5 * kCount && zeros > 0)
    return static_cast<std::uint64_t>(std::llround(kCount * std::log(kCount / zeros)));
  return static_cast<std::uint64_t>(std::llround(estimate));
}

std::string ClientSketch::to_text() const {
  if (many_ && !many_->registers.empty()) {
    std::string text = "r";
    for (const std::uint8_t rank : many_->registers) text += static_cast<char>('0' + rank);
    return text;
  }
  std::string text = "h";
  const auto append = [&text](std::uint64_t hash) {
    char digits[17];
    const auto [end, error] = std::to_chars(digits, digits + 16, hash, 16);
    text.append(digits, end).push_back(' ');
  };
  if (many_) {
    for (const std::uint64_t hash : many_->hashes) append(hash);
  } else {
    for_each_line(sample_, [&append](std::string_view client) { append(hash_client(client)); });
  }
  return text;
}

ClientSketch ClientSketch::from_text(std::string_view text,
                                     const std::vector<std::string>& sample) {
  ClientSketch sketch;
  for (const std::string& client : sample)
    sketch.sample_.append(client, 0, client.find('\n')).push_back('\n');
  Many many;
  if (text.starts_with('r') && text.size() == kRegisters + 1) {
    many.registers.reserve(kRegisters);
    for (const char c : text.substr(1))
      many.registers.push_back(static_cast<std::uint8_t>(std::clamp(c - '0', 0, 64)));
  } else if (text.starts_with('h')) {
    for (text.remove_prefix(1); !text.empty();) {
      std::uint64_t hash = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
      if (error != std::errc() || many.hashes.size() >= kExact) break;
      many.hashes.push_back(hash);
      text.remove_prefix(std::min(text.size(), static_cast<std::size_t>(end - text.data()) + 1));
    }
  }
  const bool is_all_sampled = many.registers.empty() && many.hashes.size() == sample.size() &&
                              std::equal(many.hashes.begin(), many.hashes.end(), sample.begin(),
                                         [](std::uint64_t hash, const std::string& client) {
                                           return hash == hash_client(client);
                                         });
  if (!is_all_sampled) sketch.many_ = std::move(many);
  return sketch;
}

}  // namespace handshaked::correlate
