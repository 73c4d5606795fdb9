#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace handshaked::fuzz {

/// Makes an input of about so many bytes.
using Generator = std::function<std::string(std::size_t size)>;
/// What is measured: what it costs must grow like the input.
using Subject = std::function<void(const std::string& input)>;

/// How the cost of one subject grows with adversarial inputs: in instructions of this thread where
/// the CPU counts them for us, else in its CPU time, the least of several runs. Never in seconds on
/// the wall, so that a loaded machine does not matter.
class GrowthCheck {
 public:
  explicit GrowthCheck(Subject subject);

  /// Prints and counts a failure when doubling the input costs more than 2.6 times as much.
  void try_input(const std::string& name, const Generator& generator);
  int cases() const { return cases_; }
  int failures() const { return failures_; }

 private:
  double cost(const std::string& input, int runs) const;
  void confirm(const std::string& name, const Generator& generator, std::size_t size);

  Subject subject_;
  int cases_ = 0;
  int failures_ = 0;
};

/// Tries everything that the corpus and the dictionary of a fuzz target suggest: each word over and
/// over, alone, in lines, in the middle and at the end of samples; brackets nested; words in turn.
/// Returns the exit code.
int check_growth(Subject subject, const std::filesystem::path& corpus,
                 const std::filesystem::path& dictionary);

}  // namespace handshaked::fuzz
