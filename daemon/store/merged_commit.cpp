#include "store/merged_commit.h"

#include <iterator>
#include <utility>

namespace handshaked::store {

namespace {

// What a row costs beside its strings: itself, its key in the map, the allocator's share.
constexpr std::size_t kRowOverhead = 256;
constexpr std::size_t kDoneOverhead = 64;

std::size_t size_of(const PositionRow& row) {
  return kRowOverhead + 2 * row.source.size() + row.cursor.size();
}

std::size_t size_of(const IncidentRow& row) {
  return kRowOverhead + 2 * row.id.size() + row.fingerprint.size() + row.severity.size() +
         row.state_json.size();
}

std::size_t size_of(const NewDelivery& row) {
  const std::size_t event = row.event ? row.body.size() : 0;  // the same once more, as an object
  return kRowOverhead + row.receiver.size() + row.event_id.size() + row.event_type.size() +
         row.incident_id.size() + row.body.size() + event;
}

std::size_t size_of(const ToldRow& row) {
  return kRowOverhead + 2 * (row.receiver.size() + row.incident_id.size()) + row.state_json.size();
}

std::size_t size_of(const DiagnosisRow& row) {
  return kRowOverhead + 2 * row.incident_id.size() + row.note_json.size();
}

/// Puts each of `newer` in the place of the row with the same key, or at the end. The change in
/// size is added to `size_bytes`.
template <class Row, class KeyOf>
void replace_rows(std::vector<Row>& rows, std::unordered_map<std::string, std::size_t>& index,
                  std::vector<Row> newer, KeyOf key_of, std::size_t& size_bytes) {
  for (Row& row : newer) {
    size_bytes += size_of(row);
    const auto [entry, is_new] = index.try_emplace(key_of(row), rows.size());
    if (is_new) {
      rows.push_back(std::move(row));
    } else {
      Row& older = rows[entry->second];
      size_bytes -= size_of(older);
      older = std::move(row);
    }
  }
}

}  // namespace

void MergedCommit::add(Commit commit, CommitDone done) {
  add_rows(std::move(commit));
  if (!done) return;
  done_.push_back(std::move(done));
  size_bytes_ += kDoneOverhead;
}

void MergedCommit::add(MergedCommit newer) {
  add_rows(std::move(newer.commit_));
  size_bytes_ += newer.done_.size() * kDoneOverhead;
  done_.insert(done_.end(), std::make_move_iterator(newer.done_.begin()),
               std::make_move_iterator(newer.done_.end()));
}

void MergedCommit::finish(const Result<>& outcome) {
  const std::vector<CommitDone> done = std::exchange(*this, MergedCommit()).done_;
  for (const CommitDone& tell : done) tell(outcome);
}

void MergedCommit::add_rows(Commit commit) {
  replace_rows(
      commit_.positions, position_of_source_, std::move(commit.positions),
      [](const PositionRow& row) -> const std::string& { return row.source; }, size_bytes_);
  replace_rows(
      commit_.incidents, row_of_incident_, std::move(commit.incidents),
      [](const IncidentRow& row) -> const std::string& { return row.id; }, size_bytes_);
  replace_rows(
      commit_.told, row_of_told_, std::move(commit.told),
      [](const ToldRow& row) { return row.incident_id + '\n' + row.receiver; }, size_bytes_);
  replace_rows(
      commit_.diagnoses, row_of_diagnosis_, std::move(commit.diagnoses),
      [](const DiagnosisRow& row) -> const std::string& { return row.incident_id; }, size_bytes_);
  for (NewDelivery& row : commit.deliveries) {
    size_bytes_ += size_of(row);
    commit_.deliveries.push_back(std::move(row));
  }
}

}  // namespace handshaked::store
