#include "ingest/line_splitter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace handshaked::ingest {
namespace {

/// What came out, put together again, with every promise about each block checked on the way.
struct Output {
  std::string bytes;
  std::vector<std::string> lines;
  StartPoint consumed;
  std::uint64_t overlong_lines = 0;
  std::uint64_t skipped_bytes = 0;
  bool operator==(const Output&) const = default;
};

class Feeder {
 public:
  Feeder(std::string_view input, std::size_t line_limit)
      : input_(input), limit_(line_limit), splitter_(line_limit) {}

  void feed(std::size_t size) {
    size = std::min(size, input_.size() - fed_);
    if (size == 0) return;
    const auto room = splitter_.writable(size);
    ASSERT_GE(room.size(), size);
    std::memcpy(room.data(), input_.data() + fed_, size);
    splitter_.commit(size);
    fed_ += size;
    while (const auto block = splitter_.next()) {
      take(*block, false);
      if (exchanges_) exchange(*block);
    }
    ASSERT_EQ(splitter_.end().value, fed_);
  }
  /// From now on every block keeps its buffer.
  void exchange_buffers() { exchanges_ = true; }
  Output finish() {
    while (fed_ < input_.size()) feed(input_.size() - fed_);
    const StartPoint consumed = splitter_.consumed();
    if (const auto rest = splitter_.finish()) take(*rest, true);
    output_.consumed = consumed;
    output_.overlong_lines = splitter_.overlong_lines();
    output_.skipped_bytes = splitter_.skipped_bytes();
    return output_;
  }

 private:
  /// The block stays as it was, in a buffer of its own, whatever the splitter does next.
  void exchange(const LineBlock& block) {
    const std::string bytes(block.bytes), before(block.before);
    LineSplitter::Buffer delivered = splitter_.exchange_buffer(std::move(spare_));
    ASSERT_GE(block.before.data(), delivered.bytes.get());
    ASSERT_LE(block.bytes.data() + block.bytes.size(), delivered.bytes.get() + delivered.capacity);
    ASSERT_EQ(block.bytes, bytes);
    ASSERT_EQ(block.before, before);
    spare_ = std::move(delivered);
    std::memset(spare_.bytes.get(), 'x', spare_.capacity);
  }
  void take(const LineBlock& block, bool is_last) {
    ASSERT_FALSE(block.bytes.empty());
    const auto offset = static_cast<std::size_t>(block.offset.value);
    ASSERT_EQ(block.before, input_.substr(offset - std::min(offset, kNginxLineLimit),
                                          std::min(offset, kNginxLineLimit)));
    ASSERT_EQ(is_last, block.bytes.back() != '\n');
    // All but the '\n' of a cut line is what stands in the file.
    ASSERT_EQ(block.bytes.substr(0, block.bytes.size() - 1),
              input_.substr(offset, block.bytes.size() - 1));
    output_.bytes += block.bytes;
    std::string_view rest = block.bytes;
    while (!rest.empty()) {
      const auto end = std::min(rest.find('\n'), rest.size());
      ASSERT_LE(end, limit_);
      output_.lines.emplace_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  bool exchanges_ = false;
  LineSplitter::Buffer spare_;
  std::string_view input_;
  std::size_t limit_;
  LineSplitter splitter_;
  std::size_t fed_ = 0;
  Output output_;
};

/// The same, written the simple way.
Output expected(std::string_view input, std::size_t limit) {
  Output output;
  std::size_t at = 0;
  while (at < input.size()) {
    const auto feed = input.find('\n', at);
    const bool ended = feed != std::string_view::npos;
    const std::size_t end = ended ? feed : input.size();
    const bool overlong = end - at > limit;
    output.lines.emplace_back(input.substr(at, std::min(end - at, limit)));
    output.bytes += output.lines.back();
    if (ended || overlong) output.bytes += '\n';
    if (overlong) {
      ++output.overlong_lines;
      output.skipped_bytes += end - at - limit;
    }
    output.consumed = {{ended || overlong ? end + (ended ? 1 : 0) : at}, overlong && !ended};
    at = end + 1;
  }
  return output;
}

const std::vector<std::string> kInputs{
    "",
    "\n",
    "a",
    "one\ntwo\nthree\n",
    "one\ntwo\nthree",
    "\n\n\n",
    "1234567\n12345678\n123456789\n1234567890123456789012345\nab\n",
    "1234567890123456789012345678901234567890",
    "a\n1234567890123456789012345678901234567890\n",
    "12345678\n12345678\n12345678\n12345678\n",
    std::string("nul\0nul\n\xff\xfe\n", 11),
    "123456789\n\n123456789\n\nx",
};

TEST(LineSplitter, GivesTheSameForEveryChunkSize) {
  for (const std::string& input : kInputs) {
    const Output wanted = expected(input, 8);
    for (std::size_t chunk = 1; chunk <= input.size() + 1; ++chunk) {
      for (const bool exchanges : {false, true}) {
        Feeder feeder(input, 8);
        if (exchanges) feeder.exchange_buffers();
        for (std::size_t fed = 0; fed < input.size(); fed += chunk) feeder.feed(chunk);
        EXPECT_EQ(feeder.finish(), wanted) << input << " by " << chunk;
      }
    }
  }
}

TEST(LineSplitter, GivesTheSameForEveryPairOfCuts) {
  for (const std::string& input : kInputs) {
    const Output wanted = expected(input, 8);
    for (std::size_t first = 0; first <= input.size(); ++first) {
      for (std::size_t second = 0; second <= input.size() - first; ++second) {
        Feeder feeder(input, 8);
        feeder.feed(first);
        feeder.feed(second);
        EXPECT_EQ(feeder.finish(), wanted)
            << input << " cut at " << first << " and " << first + second;
      }
    }
  }
}

TEST(LineSplitter, GivesTheSameForRandomLinesInRandomChunks) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::string input;
    const std::size_t size = random() % 20000;
    while (input.size() < size) {
      const std::size_t length = random() % 3 == 0 ? random() % 4000 : random() % 60;
      for (std::size_t i = 0; i < length; ++i) input += static_cast<char>('a' + random() % 26);
      input += '\n';
    }
    if (random() % 2 == 0) input += "partial";
    const std::size_t limit = 1 + random() % 3000;
    Feeder feeder(input, limit);
    for (std::size_t fed = 0; fed < input.size();) {
      const std::size_t chunk = 1 + random() % 5000;
      feeder.feed(chunk);
      fed += chunk;
    }
    EXPECT_EQ(feeder.finish(), expected(input, limit)) << "round " << round;
  }
}

TEST(LineSplitter, GoesOnFromEveryPlaceWhereItStopped) {
  const std::string input = "1234567\n123456789012345\nab\n12345678901234567890\nlast";
  const Output wanted = expected(input, 8);
  for (std::size_t stop = 0; stop <= input.size(); ++stop) {
    std::string bytes;
    LineSplitter first(8);
    std::memcpy(first.writable(stop + 1).data(), input.data(), stop);
    first.commit(stop);
    while (const auto block = first.next()) bytes += block->bytes;
    const StartPoint place = first.consumed();
    const auto offset = static_cast<std::size_t>(place.offset.value);

    LineSplitter second(8);
    second.start(place, std::string_view(input).substr(0, offset));
    ASSERT_EQ(second.end(), place.offset);
    std::memcpy(second.writable(input.size() - offset + 1).data(), input.data() + offset,
                input.size() - offset);
    second.commit(input.size() - offset);
    while (const auto block = second.next()) {
      EXPECT_EQ(block->before, input.substr(0, static_cast<std::size_t>(block->offset.value)));
      bytes += block->bytes;
    }
    if (const auto rest = second.finish()) bytes += rest->bytes;
    EXPECT_EQ(bytes, wanted.bytes) << "stopped at " << stop;
    EXPECT_EQ(first.overlong_lines() + second.overlong_lines(), wanted.overlong_lines);
    EXPECT_EQ(first.skipped_bytes() + second.skipped_bytes(), wanted.skipped_bytes);
  }
}

TEST(LineSplitter, KeepsItsPlaceWhenItShrinks) {
  LineSplitter splitter;
  const std::string line(3000, 'x');
  std::string input;
  for (int i = 0; i < 50; ++i) input += line + "\n";
  input += "partial";
  std::memcpy(splitter.writable(input.size()).data(), input.data(), input.size());
  splitter.commit(input.size());
  while (splitter.next()) {
  }
  const StartPoint before = splitter.consumed();
  splitter.shrink();
  EXPECT_EQ(splitter.consumed(), before);
  std::memcpy(splitter.writable(3).data(), "ly\n", 3);
  splitter.commit(3);
  const auto block = splitter.next();
  ASSERT_TRUE(block);
  EXPECT_EQ(block->bytes, "partially\n");
  EXPECT_EQ(block->before, (line + "\n").substr(line.size() + 1 - kNginxLineLimit));
}

}  // namespace
}  // namespace handshaked::ingest
