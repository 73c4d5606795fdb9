// What the splitter delivers does not depend on how a file came in pieces, nor on where reading was
// interrupted and taken up again.
#include <cstring>
#include <string>
#include <vector>

#include "fuzz_input.h"
#include "ingest/line_splitter.h"

namespace handshaked {
namespace {

using fuzz::promise;
using ingest::LineBlock;
using ingest::LineSplitter;

struct Line {
  std::uint64_t offset;
  std::string text;
  bool operator==(const Line&) const = default;
};

void take_lines(const LineBlock& block, bool is_last, std::string_view file,
                std::vector<Line>& lines) {
  promise(block.before.size() <= ingest::kNginxLineLimit, "what stands before is bounded");
  const std::size_t at = static_cast<std::size_t>(block.offset.value);
  promise(at >= block.before.size() &&
              file.substr(at - block.before.size(), block.before.size()) == block.before,
          "before is what stands before");
  std::string_view rest = block.bytes;
  promise(!rest.empty() && (is_last || rest.ends_with('\n')), "a block is whole lines");
  std::uint64_t offset = block.offset.value;
  while (!rest.empty()) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    lines.push_back({offset, std::string(rest.substr(0, length))});
    offset += length + 1;
    rest.remove_prefix(std::min(rest.size(), length + 1));
  }
}

/// Reads `file` in pieces of the given sizes, used over and over. `interrupt_at`: after so many
/// blocks a new splitter goes on.
std::vector<Line> read_in_pieces(std::string_view file, std::size_t line_limit,
                                 std::string_view sizes, std::size_t interrupt_at) {
  auto splitter = std::make_unique<LineSplitter>(line_limit);
  splitter->start({});
  std::vector<Line> lines;
  std::size_t at = 0;
  std::size_t blocks = 0;
  for (std::size_t piece = 0; at < file.size(); ++piece) {
    const std::size_t wanted =
        sizes.empty() ? file.size() : 1 + static_cast<unsigned char>(sizes[piece % sizes.size()]);
    const auto room = splitter->writable(wanted);
    promise(room.size() >= 1, "there is room");
    const std::size_t count = std::min({wanted, room.size(), file.size() - at});
    std::memcpy(room.data(), file.data() + at, count);
    splitter->commit(count);
    at += count;
    promise(splitter->end().value == at, "the end is where the next byte will stand");
    while (const auto block = splitter->next()) {
      take_lines(*block, false, file, lines);
      ++blocks;
    }
    if (blocks >= interrupt_at) {
      const ingest::StartPoint consumed = splitter->consumed();
      const std::size_t begin = static_cast<std::size_t>(consumed.offset.value);
      promise(begin <= at, "nothing is consumed that did not come");
      splitter = std::make_unique<LineSplitter>(line_limit);
      splitter->start(consumed, file.substr(0, begin));
      at = begin;
      interrupt_at = std::string_view::npos;
    }
  }
  if (const auto rest = splitter->finish()) take_lines(*rest, true, file, lines);
  return lines;
}

}  // namespace
}  // namespace handshaked

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace handshaked;
  if (fuzz::is_too_long(size, 1U << 14)) return 0;
  fuzz::FuzzInput input(data, size);
  const std::size_t line_limit = 1 + input.below(300);
  const std::size_t interrupt_at = 1 + input.byte() % 8U;
  const std::string_view sizes = input.take(input.byte() % 16U);
  const std::string_view file = input.rest();
  const auto whole = read_in_pieces(file, line_limit, {}, std::string_view::npos);
  for (const Line& line : whole) {
    fuzz::promise(line.text.size() <= line_limit, "no line is longer than the limit");
    fuzz::promise(file.substr(static_cast<std::size_t>(line.offset), line.text.size()) == line.text,
                  "a line stands where its offset says");
  }
  fuzz::promise(read_in_pieces(file, line_limit, sizes, std::string_view::npos) == whole,
                "pieces do not matter");
  fuzz::promise(read_in_pieces(file, line_limit, sizes, interrupt_at) == whole,
                "an interruption loses and repeats nothing");
  return 0;
}
