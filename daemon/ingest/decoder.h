#pragma once

#include <bit>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace handshaked::ingest {

/// One form in which a text is stored, undone piece by piece. Knows no files. Concatenated gzip
/// members and zstd frames are one stream. Output is bounded by what the caller offers, so a bomb
/// costs time, never memory. Not shared between threads.
class Decoder {
 public:
  virtual ~Decoder() = default;

  struct Step {
    std::size_t consumed = 0;  ///< bytes taken from the input
    std::size_t produced = 0;  ///< bytes written to the output
    std::string damage;  ///< not empty: the input is damaged right after `consumed`; decode() must
                         ///< not be called again
  };
  /// Makes progress unless the input is empty or the output is full.
  virtual Step decode(std::span<const char> input, std::span<char> output) = 0;

  /// Whether the input may end here: false inside a member or frame.
  virtual bool may_end() const = 0;
};

std::unique_ptr<Decoder> make_gzip_decoder();
/// Accepts windows of up to 2^`largest_window_log` bytes, and needs as much memory; 128 MiB is what
/// `zstd -19` needs and more, not
/// `--long=28` and up.
std::unique_ptr<Decoder> make_zstd_decoder(int largest_window_log = 27);
/// To UTF-8, without a mark in front. What is not a character becomes U+FFFD; half of one at the
/// end is left out.
std::unique_ptr<Decoder> make_utf16_decoder(std::endian order);

}  // namespace handshaked::ingest
