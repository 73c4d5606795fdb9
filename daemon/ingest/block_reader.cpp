#include "ingest/block_reader.h"

namespace handshaked::ingest {

namespace {

constexpr std::size_t kReadSize = 256 * 1024;

}  // namespace

Result<BlockReader> BlockReader::open(const std::string& path, std::size_t line_limit) {
  TRY(auto file, DecodedFile::open(path));
  return BlockReader(std::move(file), line_limit);
}

Result<std::optional<LineBlock>> BlockReader::next() {
  while (true) {
    if (auto block = splitter_.next()) return block;
    if (failed_) return fail(*failed_);
    if (finished_) return std::optional<LineBlock>();
    const auto size = file_.read(splitter_.writable(kReadSize));
    if (size && size.value() > 0) {
      splitter_.commit(size.value());
      continue;
    }
    if (size) {
      finished_ = true;
    } else {
      failed_ = size.error();
    }
    if (auto rest = splitter_.finish()) return rest;
  }
}

}  // namespace handshaked::ingest
