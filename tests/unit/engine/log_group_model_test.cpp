// Three writers and a log that takes everything: requests are lost, late, unanswered or done twice,
// writers work inside of one another's requests, die and come back, and old records are dropped.
// The truth is what one reader finds who has every record that ever was.
// HANDSHAKED_HAND_OVERS=10000 runs more seeds (./dev handovers).
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "engine/log_group.h"
#include "engine/record_fold.h"
#include "unit/runtime/group/record_log_model.h"

namespace handshaked::engine::test {
namespace {

using runtime::test::RecordLogClient;
using runtime::test::RecordLogModel;

constexpr std::uint32_t kEntries = 0, kKeys = 1;

struct Killed {};

struct Truth {
  std::vector<GroupEngine::Entry> entries;
  std::map<std::string, GroupEngine::Value> keys;
};

Truth truth_of(RecordLogModel& model) {
  Truth truth;
  std::uint64_t last = 0;
  for (const RecordLogModel::Kept& record : model.partitions[kEntries].ever) {
    const auto read = read_marked(record.bytes).value();
    if (!read || *read->mark.behind != last) continue;
    last = record.offset + 1;
    truth.entries.push_back(
        {.sequence = last, .payload = std::string(read->bytes), .behind = read->mark.behind});
  }
  for (const RecordLogModel::Kept& record : model.partitions[kKeys].ever) {
    const auto read = read_marked(record.bytes).value();
    if (!read || read->mark.kind != RecordMark::Kind::key) continue;
    GroupEngine::Value& value = truth.keys[read->mark.key];
    if (!read->mark.behind || *read->mark.behind == value.revision)
      value = {.text = std::string(read->bytes), .revision = record.offset + 1};
  }
  std::erase_if(truth.keys, [](const auto& entry) { return entry.second.revision == 0; });
  return truth;
}

class Play {
 public:
  explicit Play(unsigned seed) : random_(seed) {
    model_.happening = [this] { return happen(); };
  }

  /// Why something was wrong; empty: nothing was.
  std::string run() {
    for (int step = 0; step < 60 && wrong_.empty(); ++step) act(below(3));
    is_storm_ = false;
    if (wrong_.empty()) look_at_end();
    return wrong_;
  }

 private:
  using Fate = RecordLogModel::Fate;
  struct Writer {
    std::unique_ptr<GroupEngine> group;
    std::uint64_t last = 0;
    std::map<std::string, std::uint64_t> revisions;
  };

  unsigned below(unsigned limit) {
    return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_);
  }
  void complain(const std::string& what) {
    if (wrong_.empty()) wrong_ = what;
  }

  Fate happen() {
    if (!is_storm_) return Fate::answered;
    if (busy_.size() < 3 && below(6) == 0) act(below(3));
    if (below(60) == 0) model_.partitions[below(2)].add("a stranger's words");
    if (below(60) == 0) throw Killed();
    switch (below(20)) {
      case 0: return Fate::lost;
      case 1: return Fate::late;
      case 2: return Fate::unanswered;
      case 3: return Fate::twice;
      default: return Fate::answered;
    }
  }

  void act(unsigned number) {
    if (!busy_.insert(number).second) return;
    Writer& writer = writers_[number];
    try {
      if (!writer.group) {
        writer = {};
        writer.group = make_log_group(std::make_unique<RecordLogClient>(model_), 1, 1 + below(12));
      }
      switch (below(8)) {
        case 0: look(writer); break;
        case 1: read(writer); break;
        case 2: drop(writer); break;
        case 3:
        case 4: change_key(writer); break;
        default: append(writer);
      }
    } catch (const Killed&) {
      writer.group.reset();
    }
    busy_.erase(number);
  }

  void look(Writer& writer) {
    const Truth before = truth_of(model_);
    const auto last = writer.group->last_entry(0);
    if (!last) return failed(last.error());
    const std::uint64_t found = last.value() ? last.value()->sequence : 0;
    if (!before.entries.empty() && found < before.entries.back().sequence)
      complain("the last entry is not the last");
    writer.last = found;
  }

  void append(Writer& writer) {
    const std::string payload = "entry " + std::to_string(++written_);
    const std::uint64_t behind = writer.last;
    const auto appended = writer.group->append(0, behind, payload);
    if (!appended) return failed(appended.error());
    const Truth truth = truth_of(model_);
    const auto there = std::find_if(truth.entries.begin(), truth.entries.end(),
                                    [&](const auto& entry) { return entry.behind == behind; });
    if (there == truth.entries.end())
      return complain(payload + ": nothing stands behind entry " + std::to_string(behind));
    if (appended.value()) {
      if (there->payload != payload || there->sequence != *appended.value())
        complain(payload + " does not count, and its writer believes it");
      writer.last = *appended.value();
      told_.insert(payload);
    } else {
      if (there->payload == payload)
        complain(payload + " counts, and its writer does not believe it");
    }
  }

  void read(Writer& writer) {
    if (writer.last == 0) return;
    std::vector<std::string> found;
    const auto read = writer.group->read_log(0, writer.last,
                                             [&found](const GroupEngine::Entry& entry) -> Result<> {
                                               if (entry.behind) found.push_back(entry.payload);
                                               return success();
                                             });
    if (!read) return failed(read.error());
    std::vector<std::string> all;
    for (const GroupEngine::Entry& entry : truth_of(model_).entries) {
      if (entry.sequence <= writer.last) all.push_back(entry.payload);
    }
    if (found.empty() || found.size() > all.size() ||
        !std::equal(found.rbegin(), found.rend(), all.rbegin()))
      complain("another log was read");
  }

  void drop(Writer& writer) {
    if (writer.last == 0) return;
    if (const auto dropped = writer.group->drop_before(0, writer.last); !dropped)
      failed(dropped.error());
  }

  void change_key(Writer& writer) {
    const std::string key = "owner." + std::to_string(below(3)),
                      text = "text " + std::to_string(++written_);
    const Truth before = truth_of(model_);
    if (below(2) == 0) {
      const auto value = writer.group->value(key);
      if (!value) return failed(value.error());
      writer.revisions[key] = value.value() ? value.value()->revision : 0;
      const auto was = before.keys.find(key);
      if (was != before.keys.end() && writer.revisions[key] < was->second.revision)
        complain("a key has an old value");
    }
    const std::uint64_t expected = writer.revisions[key];
    const auto put = writer.group->put(key, text, expected);
    if (!put) return failed(put.error());
    if (put.value()) writer.revisions[key] = *put.value();
    changes_[key].emplace_back(expected, put.value() ? text : "");
    const Truth truth = truth_of(model_);
    const auto is = truth.keys.find(key);
    if (put.value() && (is == truth.keys.end() || is->second.revision < *put.value()))
      complain(text + " does not count");
    if (!put.value() && is != truth.keys.end() && is->second.text == text)
      complain(text + " counts");
  }

  /// Faults are what the model does; what they leave behind is no reason to believe that something
  /// was removed or is newer.
  void failed(const Error& error) {
    if (error.code() != ErrorCode::timeout && error.code() != ErrorCode::network)
      complain(error.message());
  }

  void look_at_end() {
    model_.happen();  // what was late arrives
    const Truth truth = truth_of(model_);
    const auto group = make_log_group(std::make_unique<RecordLogClient>(model_), 1);
    std::set<std::string> payloads;
    for (const GroupEngine::Entry& entry : truth.entries) {
      if (!payloads.insert(entry.payload).second) complain(entry.payload + " counts twice");
    }
    for (const std::string& payload : told_) {
      if (!payloads.contains(payload)) complain(payload + " is lost");
    }
    const auto last = group->last_entry(0);
    if (!last) return complain(last.error().message());
    if ((last.value() ? last.value()->sequence : 0) !=
        (truth.entries.empty() ? 0 : truth.entries.back().sequence))
      complain("another end");
    for (const auto& [key, value] : truth.keys) {
      const auto is = group->value(key);
      if (!is) return complain(is.error().message());
      if (!is.value() || is.value()->text != value.text || is.value()->revision != value.revision)
        complain(key + " has another value");
    }
    for (const auto& [key, puts] : changes_) {
      std::set<std::uint64_t> from;
      for (const auto& [expected, text] : puts) {
        if (!text.empty() && !from.insert(expected).second)
          complain(key + " was changed twice from one revision");
      }
    }
  }

  std::mt19937 random_;
  RecordLogModel model_;
  Writer writers_[3];
  std::set<unsigned> busy_;
  std::set<std::string> told_;
  std::map<std::string, std::vector<std::pair<std::uint64_t, std::string>>> changes_;
  unsigned written_ = 0;
  bool is_storm_ = true;
  std::string wrong_;
};

TEST(LogGroupModel, CountsWhatItSaysAndNothingElse) {
  const char* const asked = std::getenv("HANDSHAKED_HAND_OVERS");
  const unsigned seeds = asked != nullptr ? static_cast<unsigned>(std::atoi(asked)) : 1000;
  for (unsigned seed = 0; seed < seeds; ++seed) ASSERT_EQ(Play(seed).run(), "") << "seed " << seed;
}

}  // namespace
}  // namespace handshaked::engine::test
