#include "correlate/sample_lines.h"

#include <zstd.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace handshaked::correlate {
namespace {

constexpr int kLevel = 1;  // what is alike is found through the dictionary, whatever the level

struct FreeZstd {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  void operator()(ZSTD_CDict* dictionary) const { ZSTD_freeCDict(dictionary); }
};

/// Each line with a newline behind it; empty when one has newlines of its own.
std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    if (line.find('\n') != std::string::npos) return {};
    text.append(line).push_back('\n');
  }
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> lines;
  for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos;
       text.remove_prefix(end + 1))
    lines.emplace_back(text.substr(0, end));
  return lines;
}

}  // namespace

std::vector<std::string> SampleLines::all() const {
  if (packed_.empty()) return lines_.get();
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeZstd> decompressor(ZSTD_createDCtx());
  std::string text(
      static_cast<std::size_t>(ZSTD_getFrameContentSize(packed_.data(), packed_.size())), '\0');
  ZSTD_decompress_usingDict(decompressor.get(), text.data(), text.size(), packed_.data(),
                            packed_.size(), dictionary_->text.data(), dictionary_->text.size());
  return split(text);
}

std::vector<std::string>& SampleLines::change() {
  if (!packed_.empty()) *this = SampleLines(all());
  return lines_.change();
}

void SampleLines::pack(LinePacker& packer) {
  if (!packed_.empty() || lines_.empty()) return;
  const std::string text = joined(lines_.get());
  if (text.empty() || !packer.is_ready(text)) return;
  std::string packed = packer.packed(text);
  if (packed.empty() || packed.size() >= text.size()) return;
  dictionary_ = packer.dictionary_;
  packed.shrink_to_fit();
  packed_ = std::move(packed);
  lines_ = {};
}

struct LinePacker::Compressor {
  std::unique_ptr<ZSTD_CCtx, FreeZstd> context{ZSTD_createCCtx()};
  std::unique_ptr<ZSTD_CDict, FreeZstd> dictionary;
};

LinePacker::LinePacker() = default;
LinePacker::~LinePacker() = default;

bool LinePacker::is_ready(const std::string& text) {
  const bool is_learning = !dictionary_ || packed_ >= kPackedWithOne;
  if (!is_learning) return true;
  learnt_.append(text, 0, kLearntOfOne);
  if (++learnt_count_ < kLearntLines) return dictionary_ != nullptr;
  if (!compressor_) compressor_ = std::make_unique<Compressor>();
  const boost::intrusive_ptr<SampleLines::Dictionary> next(new SampleLines::Dictionary());
  next->text =
      '\n' + std::exchange(learnt_, {});  // never the magic number of a dictionary with tables
  compressor_->dictionary.reset(ZSTD_createCDict(next->text.data(), next->text.size(), kLevel));
  dictionary_ = next;
  packed_ = learnt_count_ = 0;
  return true;
}

/// Empty: it cannot be.
std::string LinePacker::packed(const std::string& text) {
  std::string frame(ZSTD_compressBound(text.size()), '\0');
  if (!compressor_->context || !compressor_->dictionary) return {};
  const std::size_t length =
      ZSTD_compress_usingCDict(compressor_->context.get(), frame.data(), frame.size(), text.data(),
                               text.size(), compressor_->dictionary.get());
  if (ZSTD_isError(length) != 0) return {};
  frame.resize(length);
  ++packed_;
  return frame;
}

}  // namespace handshaked::correlate
