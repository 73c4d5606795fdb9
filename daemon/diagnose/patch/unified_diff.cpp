#include "diagnose/patch/unified_diff.h"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "diagnose/patch/diff_lines.h"

namespace handshaked::diagnose {
namespace {

constexpr long kMostDifferences = 1000;

using Lines = std::vector<std::string_view>;

/// One stretch that differs: lines [old_begin, old_end) become [new_begin, new_end).
struct Difference {
  std::size_t old_begin, old_end, new_begin, new_end;
};

/// Myers' greedy search (An O(ND) Difference Algorithm, 1986) between the common beginning and the
/// common end.
class LineComparison {
 public:
  LineComparison(const Lines& before, const Lines& after) : before_(before), after_(after) {
    const std::size_t shorter = std::min(before.size(), after.size());
    while (head_ < shorter && before[head_] == after[head_]) ++head_;
    while (tail_ < shorter - head_ &&
           before[before.size() - 1 - tail_] == after[after.size() - 1 - tail_])
      ++tail_;
    old_size_ = static_cast<long>(before.size() - head_ - tail_);
    new_size_ = static_cast<long>(after.size() - head_ - tail_);
  }

  std::vector<Difference> differences() {
    if (old_size_ == 0 && new_size_ == 0) return {};
    const bool is_simple = old_size_ == 0 || new_size_ == 0;
    if (is_simple || !search())
      return {{head_, head_ + size(old_size_), head_, head_ + size(new_size_)}};
    return trace_back();
  }

 private:
  static std::size_t size(long value) { return static_cast<std::size_t>(value); }

  /// Fills furthest_: for each number of differences, how far each diagonal got. False when there
  /// are too many.
  bool search() {
    const long most = std::min(old_size_ + new_size_, kMostDifferences);
    std::vector<long> reached(size(2 * most + 3), 0);
    for (long count = 0; count <= most; ++count) {
      for (long diagonal = -count; diagonal <= count; diagonal += 2) {
        const auto at = size(diagonal + most + 1);
        const bool is_insertion =
            diagonal == -count || (diagonal != count && reached[at - 1] < reached[at + 1]);
        long x = is_insertion ? reached[at + 1] : reached[at - 1] + 1;
        while (x < old_size_ && x - diagonal < new_size_ &&
               before_[head_ + size(x)] == after_[head_ + size(x - diagonal)])
          ++x;
        reached[at] = x;
        if (x >= old_size_ && x - diagonal >= new_size_) {
          return true;
        }
      }
      furthest_.emplace_back(reached.begin() + (most + 1 - count),
                             reached.begin() + (most + 2 + count));
    }
    return false;
  }

  std::vector<Difference> trace_back() const {
    std::vector<Difference> found;
    long x = old_size_, y = new_size_;
    for (long count = static_cast<long>(furthest_.size()); count > 0; --count) {
      const std::vector<long>& reached =
          furthest_[size(count - 1)];  // diagonals -(count - 1) … count - 1
      const auto get = [&](long diagonal) {
        return std::abs(diagonal) < count ? reached[size(diagonal + count - 1)] : -1;
      };
      const long diagonal = x - y;
      const bool is_insertion =
          diagonal == -count || (diagonal != count && get(diagonal - 1) < get(diagonal + 1));
      const long from = is_insertion ? diagonal + 1 : diagonal - 1;
      x = get(from);
      y = x - from;
      const auto old_at = head_ + size(x), new_at = head_ + size(y);
      const Difference one{old_at, old_at + (is_insertion ? 0 : 1), new_at,
                           new_at + (is_insertion ? 1 : 0)};
      if (!found.empty() && found.back().old_begin == one.old_end &&
          found.back().new_begin == one.new_end) {
        found.back().old_begin = one.old_begin;
        found.back().new_begin = one.new_begin;
      } else {
        found.push_back(one);
      }
    }
    std::reverse(found.begin(), found.end());
    return found;
  }

  const Lines& before_;
  const Lines& after_;
  std::size_t head_ = 0, tail_ = 0;
  long old_size_ = 0, new_size_ = 0;
  std::vector<std::vector<long>> furthest_;
};

std::string quoted_name(const std::string& name) {
  const auto is_special = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '"' || c == '\\';
  };
  if (std::none_of(name.begin(), name.end(), is_special))
    return name.find(' ') == std::string::npos ? name : name + '\t';
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (is_special(c)) {
      const auto byte = static_cast<unsigned char>(c);
      text += '\\';
      for (const int digit : {byte >> 6, (byte >> 3) & 7, byte & 7})
        text += static_cast<char>('0' + digit);
    } else {
      text += c;
    }
  }
  return text + '"';
}

std::string range(std::size_t begin, std::size_t count) {
  // An empty range is written as the line before it.
  std::string text = std::to_string(count == 0 ? begin : begin + 1);
  return count == 1 ? text : text + ',' + std::to_string(count);
}

void add_line(std::string& out, char mark, std::string_view line) {
  out += mark;
  out += line;
  if (!line.ends_with('\n')) out += "\n\\ No newline at end of file\n";
}

/// How many lines of context a hunk may have.
class Context {
 public:
  Context(std::size_t most, const std::vector<bool>* shown) : most_(most), shown_(shown) {}

  std::size_t behind(std::size_t line, std::size_t end) const {
    std::size_t count = 0;
    while (count < most_ && line + count < end && is_shown(line + count)) ++count;
    return count;
  }
  std::size_t before(std::size_t line) const {
    std::size_t count = 0;
    while (count < most_ && count < line && is_shown(line - 1 - count)) ++count;
    return count;
  }
  /// Do two changes with these lines between them belong into one hunk?
  bool joins(std::size_t begin, std::size_t end) const {
    if (end - begin > 2 * most_) return false;
    for (std::size_t line = begin; line < end; ++line)
      if (!is_shown(line)) return false;
    return true;
  }
  bool is_whole() const { return shown_ == nullptr; }

 private:
  bool is_shown(std::size_t line) const {
    return shown_ == nullptr || (line < shown_->size() && (*shown_)[line]);
  }
  std::size_t most_;
  const std::vector<bool>* shown_;
};

/// The differences [first, last) with what stands around and between them.
void add_hunk(std::string& out, const Lines& before, const Lines& after, const Difference* first,
              const Difference* last, const Context& context) {
  const std::size_t trail = context.behind((last - 1)->old_end, before.size());
  std::size_t lead = context.before(first->old_begin);
  if (!context.is_whole() && (last - 1)->old_end + trail < before.size())
    lead = std::min(lead, trail);
  const std::size_t old_begin = first->old_begin - lead, new_begin = first->new_begin - lead;
  const Difference& final = *(last - 1);
  out += "@@ -" + range(old_begin, final.old_end + trail - old_begin) + " +" +
         range(new_begin, final.new_end + trail - new_begin) + " @@\n";
  std::size_t at = old_begin;
  for (const Difference* one = first; one != last; ++one) {
    while (at < one->old_begin) add_line(out, ' ', before[at++]);
    while (at < one->old_end) add_line(out, '-', before[at++]);
    for (std::size_t i = one->new_begin; i < one->new_end; ++i) add_line(out, '+', after[i]);
  }
  while (at < final.old_end + trail) add_line(out, ' ', before[at++]);
}

}  // namespace

namespace {

std::string diff_with(std::string_view path, const std::string* before, const std::string& after,
                      const Context& context) {
  if (before != nullptr && *before == after) return {};
  const Lines old_lines = before != nullptr ? diff_lines(*before) : Lines{};
  const Lines new_lines = diff_lines(after);
  const std::string name(path.starts_with('/') ? path.substr(1) : path);
  std::string out =
      "--- " + (before != nullptr ? quoted_name("a/" + name) : std::string("/dev/null")) + "\n";
  out += "+++ " + quoted_name("b/" + name) + "\n";
  const std::vector<Difference> differences = LineComparison(old_lines, new_lines).differences();
  for (std::size_t first = 0; first < differences.size();) {
    std::size_t last = first + 1;
    while (last < differences.size() &&
           context.joins(differences[last - 1].old_end, differences[last].old_begin))
      ++last;
    add_hunk(out, old_lines, new_lines, &differences[first], &differences[first] + (last - first),
             context);
    first = last;
  }
  return out;
}

}  // namespace

std::string unified_diff(std::string_view path, const std::string* before, const std::string& after,
                         std::size_t context_lines) {
  return diff_with(path, before, after, Context(context_lines, nullptr));
}

std::string unified_diff(std::string_view path, const std::string* before, const std::string& after,
                         const std::vector<bool>& shown) {
  constexpr std::size_t kMostContext = 3;
  return diff_with(path, before, after, Context(kMostContext, &shown));
}

}  // namespace handshaked::diagnose
