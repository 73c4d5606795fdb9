#include <optional>
#include <string>

#include "base/text/utf8.h"
#include "ingest/decoder.h"

namespace handshaked::ingest {

namespace {

constexpr char32_t kMark = 0xFEFF;
constexpr char32_t kReplacement = 0xFFFD;

bool is_high_half(char32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_half(char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

class Utf16Decoder final : public Decoder {
 public:
  explicit Utf16Decoder(std::endian order) : order_(order) {}

  Step decode(std::span<const char> input, std::span<char> output) override {
    Step step;
    while (true) {
      for (; !ready_.empty() && step.produced < output.size(); ready_.erase(0, 1)) output[step.produced++] = ready_.front();
      if (!ready_.empty() || step.consumed == input.size()) return step;
      take(static_cast<unsigned char>(input[step.consumed++]));
    }
  }

  bool may_end() const override { return true; }

 private:
  void take(unsigned char byte) {
    if (!first_) {
      first_ = byte;
      return;
    }
    const char32_t unit =
        order_ == std::endian::little ? static_cast<char32_t>(byte << 8 | *first_) : static_cast<char32_t>(*first_ << 8 | byte);
    first_.reset();
    if (high_ != 0 && is_low_half(unit)) {
      append_utf8(0x10000 + ((high_ - 0xD800) << 10) + (unit - 0xDC00), ready_);
      high_ = 0;
      return;
    }
    if (high_ != 0) append_utf8(kReplacement, ready_);
    high_ = is_high_half(unit) ? unit : 0;
    if (high_ == 0 && unit != kMark) append_utf8(is_low_half(unit) ? kReplacement : unit, ready_);
  }

  const std::endian order_;
  std::optional<unsigned char> first_;  ///< of a unit
  char32_t high_ = 0;                   ///< the first half of a character; 0: none
  std::string ready_;                   ///< what the output had no room for
};

}  // namespace

std::unique_ptr<Decoder> make_utf16_decoder(std::endian order) { return std::make_unique<Utf16Decoder>(order); }

}  // namespace handshaked::ingest
