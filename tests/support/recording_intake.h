#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "receive/intake.h"

namespace handshaked::receive {

/// Keeps what was added. A text is interesting when it holds "SSL".
class RecordingIntake final : public Intake {
 public:
  struct Added {
    std::string text, host, time;
    bool operator==(const Added&) const = default;
  };

  void add_lines(std::string_view lines) override { blocks.emplace_back(lines); }
  void add_record(const Record& record) override {
    records.push_back(
        {std::string(record.text), std::string(record.host), std::string(record.time)});
  }
  void add_edge_report(EdgeReport report) override { reports.push_back(std::move(report)); }
  void set_sender(std::string_view host) override { sender = host; }
  std::size_t find_candidate(std::string_view block, std::size_t from) const override {
    return block.find("SSL", from);
  }
  bool is_duplicate(std::string_view) override { return false; }
  boost::asio::awaitable<Result<>> commit(BatchOptions) override { co_return success(); }
  boost::asio::awaitable<Result<>> hand_over() override { co_return success(); }
  void discard() override {
    blocks.clear();
    records.clear();
    reports.clear();
  }
  void count_malformed(std::size_t count, std::string_view) override { malformed += count; }

  std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Added& added : records) all.push_back(added.text);
    return all;
  }

  std::vector<std::string> blocks;
  std::vector<Added> records;
  std::vector<EdgeReport> reports;
  std::string sender;
  std::size_t malformed = 0;
};

}  // namespace handshaked::receive
