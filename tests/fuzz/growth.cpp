#include "growth.h"

#include <linux/perf_event.h>
#include <malloc.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string_view>
#include <vector>

#include "fuzz_input.h"

namespace handshaked::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr double kMostGrowth = 2.6;       // a doubling
constexpr std::size_t kSmall = 8 * 1024;  // at first each case is tried with this
constexpr std::size_t kTiny = 2 * 1024;   // or, of what costs much, with this
constexpr std::size_t kFarApart = 16;     // and with so many times as much
constexpr std::size_t kNearer = 4;        // or, of what costs much, with so many
constexpr double kCostsMuch = 5e6;        // nanoseconds, or instructions
constexpr double kMostOfATrial = 20e6;
constexpr double kWorthALook = 1e6;  // nanoseconds, or instructions
constexpr double kMeasurable = 10e6;

/// The instructions that this thread has executed outside of the kernel; -1 where nobody counts
/// them.
class InstructionCounter {
 public:
  InstructionCounter() {
    perf_event_attr attributes{};
    attributes.size = sizeof attributes;
    attributes.type = PERF_TYPE_HARDWARE;
    attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    descriptor_ = static_cast<int>(
        syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
  }
  ~InstructionCounter() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  InstructionCounter(const InstructionCounter&) = delete;
  InstructionCounter& operator=(const InstructionCounter&) = delete;

  bool counts() const { return descriptor_ >= 0 && read() > 0; }
  double read() const {
    std::uint64_t count = 0;
    return ::read(descriptor_, &count, sizeof count) == sizeof count ? static_cast<double>(count)
                                                                     : -1;
  }

 private:
  int descriptor_ = -1;
};

double spent() {
  static const InstructionCounter instructions;
  static const bool counts = instructions.counts();
  if (counts) return instructions.read();
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

std::string repeated(std::string_view word, std::size_t size) {
  std::string text;
  text.reserve(size + word.size());
  while (text.size() < size) text += word;
  return text;
}

std::string shown(std::string_view word) {
  std::string text;
  for (const char c : word.substr(0, 40)) {
    char escape[8];
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte < 0x7f) text += c;
    else
      text.append(escape,
                  static_cast<std::size_t>(std::snprintf(escape, sizeof escape, "\\x%02x", byte)));
  }
  return "\"" + text + (word.size() > 40 ? "…\"" : "\"");
}

std::string content_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// The words of a dictionary in libFuzzer's form: name="value", with \\, \" and \xAB.
std::vector<std::string> words_of(const fs::path& dictionary) {
  std::vector<std::string> words;
  std::ifstream stream(dictionary);
  for (std::string line; std::getline(stream, line);) {
    const auto begin = line.find('"');
    const auto end = line.rfind('"');
    if (line.starts_with('#') || begin == std::string::npos || end <= begin) continue;
    std::string word;
    for (std::size_t at = begin + 1; at < end; ++at) {
      if (line[at] == '\\' && at + 3 < end && line[at + 1] == 'x') {
        word += static_cast<char>(std::stoi(line.substr(at + 2, 2), nullptr, 16));
        at += 3;
      } else if (line[at] == '\\') {
        word += line[++at];
      } else {
        word += line[at];
      }
    }
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

/// A few small samples, of as many kinds as their first bytes tell apart.
std::vector<std::string> samples_of(const fs::path& corpus) {
  constexpr std::size_t kMost = 8;
  std::map<char, std::vector<std::string>> kinds;
  std::vector<fs::path> files;
  if (fs::is_directory(corpus)) {
    for (const auto& entry : fs::directory_iterator(corpus)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    std::string content = content_of(file);
    if (!content.empty() && content.size() <= 4096)
      kinds[content.front()].push_back(std::move(content));
  }
  std::vector<std::string> samples;
  for (std::size_t round = 0; samples.size() < kMost && round < kMost; ++round) {
    for (const auto& [first, contents] : kinds) {
      if (round < contents.size() && samples.size() < kMost) samples.push_back(contents[round]);
    }
  }
  return samples;
}

const std::vector<std::string>& common_words() {
  using namespace std::string_literals;
  static const std::vector<std::string> words{
      "\"",     "\\",   ",",       " ",    "\n",       "\r\n",
      "{",      "[",    "(",       "<",    "}",        "]",
      ":",      ";",    "#",       "'",    "$",        "%0a",
      "%",      "=",    "&",       "/",    "x",        "0",
      ".",      "\0"s,  "\xff",    "\x80", "\xc3\xa9", "\xe2\x80\xae",
      "\", \"", "\\\"", "{\"a\":", "[[",   "\"a\",",   "1\n"};
  return words;
}

/// What is being tried, for the case that a promise is broken over it.
std::string under_trial;

void tell_what_was_tried(int) {
  const std::string text = "while trying " + under_trial + "\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

GrowthCheck::GrowthCheck(Subject subject) : subject_(std::move(subject)) {
  subject_({});  // what is made once is made now
}

double GrowthCheck::cost(const std::string& input, int runs) const {
  double least = 0;
  for (int run = 0; run < runs; ++run) {
    const double before = spent();
    subject_(input);
    const double used = spent() - before;
    least = run == 0 ? used : std::min(least, used);
  }
  return std::max(least, 1.0);
}

void GrowthCheck::try_input(const std::string& name, const Generator& generator) {
  ++cases_;
  under_trial = name;
  std::size_t size = kSmall;
  double small = cost(generator(size), 1);
  if (small > kCostsMuch) {
    size = kTiny;
    small = cost(generator(size), 1);
  }
  const std::size_t times = small * kFarApart > kMostOfATrial ? kNearer : kFarApart;
  const double large = cost(generator(times * size), 1);
  if (large < kWorthALook || large / small < 2.0 * static_cast<double>(times)) return;
  confirm(name, generator, size);
}

/// What is larger than the caches costs more a byte, and other programs take them away: only what
/// grows too fast each time is at fault.
void GrowthCheck::confirm(const std::string& name, const Generator& generator, std::size_t size) {
  constexpr std::size_t kLargest = 512 * 1024;
  while (size < kLargest && cost(generator(size), 2) < kMeasurable) size *= 2;
  std::string complaint;
  for (int attempt = 0; attempt < 3; ++attempt) {
    const double once = cost(generator(size), 5);
    const double four_times = cost(generator(4 * size), 5);
    const double growth = std::sqrt(four_times / once);
    if (growth <= kMostGrowth) return;
    char text[200];
    std::snprintf(text, sizeof text, "%zu KiB cost %.1f M, %zu KiB %.1f M: %.2f a doubling",
                  size / 1024, once / 1e6, 4 * size / 1024, four_times / 1e6, growth);
    complaint = text;
  }
  ++failures_;
  std::fprintf(stderr, "%s: %s\n", name.c_str(), complaint.c_str());
}

int check_growth(Subject subject, const fs::path& corpus, const fs::path& dictionary) {
  measures_growth = true;
  std::signal(SIGABRT, tell_what_was_tried);
  mallopt(M_MMAP_THRESHOLD,
          1 << 30);  // else large blocks cost page faults, small ones none, and growth shows that
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  std::vector<std::string> words = words_of(dictionary);
  words.insert(words.end(), common_words().begin(), common_words().end());
  const std::vector<std::string> samples = samples_of(corpus);
  GrowthCheck check(std::move(subject));

  // Each word meets a few of the samples, each sample many of the words.
  constexpr std::size_t kSamplesForEach = 2;
  std::size_t turn_of_sample = 0;
  for (const std::string& word : words) {
    check.try_input("over and over " + shown(word),
                    [&](std::size_t size) { return repeated(word, size); });
    check.try_input("in lines " + shown(word),
                    [&](std::size_t size) { return repeated(word + "\n", size); });
    for (std::size_t i = 0; i < std::min(kSamplesForEach, samples.size()); ++i) {
      const std::string& sample = samples[turn_of_sample++ % samples.size()];
      const std::size_t middle = sample.size() / 2;
      check.try_input(
          "in the middle of " + shown(sample) + " " + shown(word), [&](std::size_t size) {
            return sample.substr(0, middle) + repeated(word, size) + sample.substr(middle);
          });
      check.try_input("behind " + shown(sample) + " " + shown(word),
                      [&](std::size_t size) { return sample + repeated(word, size); });
    }
  }
  for (const auto& [open, close] :
       {std::pair("(", ")"), {"[", "]"}, {"{", "}"}, {"<", ">"}, {"{\"a\":", "}"}, {"a{", "}"}}) {
    check.try_input(std::string("nested ") + open, [open = open, close = close](std::size_t size) {
      return repeated(open, size / 2) + repeated(close, size / 2);
    });
  }
  for (const std::string& sample : samples) {
    check.try_input("samples " + shown(sample),
                    [&](std::size_t size) { return repeated(sample, size); });
    check.try_input("samples in lines " + shown(sample),
                    [&](std::size_t size) { return repeated(sample + "\n", size); });
  }
  std::mt19937 random(7);
  for (int i = 0; i < 30; ++i) {
    std::string turn;
    for (std::size_t count = 2 + random() % 4; count > 0; --count)
      turn += words[random() % words.size()];
    const std::string head = samples.empty() ? "" : samples[random() % samples.size()];
    check.try_input("in turn " + shown(turn),
                    [&](std::size_t size) { return repeated(turn, size); });
    check.try_input("in turn behind " + shown(head) + " " + shown(turn),
                    [&](std::size_t size) { return head + repeated(turn, size); });
  }
  std::fprintf(stderr, "%d cases, %d grow too fast\n", check.cases(), check.failures());
  return check.failures() == 0 ? 0 : 1;
}

}  // namespace handshaked::fuzz
