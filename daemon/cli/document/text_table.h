#pragma once

#include <string>
#include <vector>

namespace handshaked::cli {

/// Rows of columns, as wide as they need to be; the last one is ragged.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> heads) : rows_{std::move(heads)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace handshaked::cli
