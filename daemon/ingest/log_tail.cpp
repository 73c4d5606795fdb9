#include "ingest/log_tail.h"

#include <algorithm>
#include <cstdlib>

#include "ingest/file_status.h"

namespace handshaked::ingest {

namespace {

/// More files than this are not held open: the oldest, which was read to its end, is let go early.
constexpr std::size_t kMostHeld = 8;
/// A step opens no more files than this; the next step goes on.
constexpr int kMostTurns = 64;

}  // namespace

std::string_view to_string(TailEvent::Kind kind) {
  switch (kind) {
    case TailEvent::Kind::opened: return "opened";
    case TailEvent::Kind::rotated: return "rotated";
    case TailEvent::Kind::truncated: return "truncated";
    case TailEvent::Kind::waiting: return "waiting";
    case TailEvent::Kind::unreadable: return "unreadable";
    case TailEvent::Kind::damaged: return "damaged";
    case TailEvent::Kind::lost_track: return "lost track";
    case TailEvent::Kind::caught_up: return "caught up";
  }
  return "unknown";
}

LogTail::LogTail(std::string path, LogTailOptions options, std::optional<ReadPosition> saved)
    : path_(std::move(path)), options_(options), saved_(std::move(saved)), target_(path_) {}

TailStep LogTail::step(BlockHandler& handler, Time now) {
  step_ = {};
  budget_ = std::max<std::size_t>(options_.step_bytes, 1);
  if (!begun_) begin(now);
  begun_ = true;

  Advance advanced = Advance::again;
  for (int turn = 0; turn < kMostTurns && advanced != Advance::none; ++turn) {
    if (!read_chain(handler, now)) break;
    while (chain_.size() > kMostHeld) drop(0, handler);
    advanced = advance(now);
  }
  step_.caught_up = advanced == Advance::none;
  step_.more = !step_.caught_up;
  if (step_.caught_up) {
    retire(handler, now);
    if (tell_caught_up_) report(TailEvent::Kind::caught_up, path_);
  }
  tell_caught_up_ = step_.more;
  return std::move(step_);
}

ReadPosition LogTail::position() const {
  if (!begun_) return saved_ ? *saved_ : ReadPosition{path_, {}};
  ReadPosition position{path_, {}};
  for (const Held& held : chain_) {
    position.files.push_back(held.file.position());
    position.files.back().path = held.found_at;
  }
  if (marker_) position.files.push_back(*marker_);
  return position;
}

std::uint64_t LogTail::unread_bytes() const {
  std::uint64_t sum = 0;
  for (const Held& held : chain_) sum += held.file.unread_bytes();
  return sum;
}

LogTail::Seen LogTail::seen() const {
  if (chain_.empty()) return {};
  const TailedFile& newest = chain_.back().file;
  return {
      .node = newest.node(), .size = newest.size(), .read = newest.size() - newest.unread_bytes()};
}

std::uint64_t LogTail::overlong_lines() const {
  std::uint64_t sum = overlong_lines_;
  for (const Held& held : chain_) sum += held.file.overlong_lines();
  return sum;
}

std::uint64_t LogTail::skipped_bytes() const {
  std::uint64_t sum = skipped_bytes_;
  for (const Held& held : chain_) sum += held.file.skipped_bytes();
  return sum;
}

// ---- reading

/// True when every file was read to its end, false when the budget of this step is spent.
bool LogTail::read_chain(BlockHandler& handler, Time now) {
  for (std::size_t i = 0; i < chain_.size();) {
    const TailedFile::State state = read_file(chain_[i], handler, now);
    if (state == TailedFile::State::more) return false;
    if (state == TailedFile::State::truncated) {
      settle_truncated(i, handler, now);  // another file, or none, stands at this place now
    } else {
      ++i;
    }
  }
  return true;
}

TailedFile::State LogTail::read_file(Held& held, BlockHandler& handler, Time now) {
  if (held.finished) return TailedFile::State::at_end;
  bool idle = true;
  while (budget_ > 0) {
    std::size_t read = 0;
    const TailedFile::State state = held.file.read_some(budget_, handler, read);
    budget_ -= std::min(budget_, read);
    step_.bytes += read;
    if (read > 0) held.quiet_since = now;
    if (read > 0) idle = false;
    if (state == TailedFile::State::more) {
      if (handler.is_full()) budget_ = 0;
      continue;
    }
    if (state == TailedFile::State::failed) note_failure(held);
    if (state == TailedFile::State::at_end && held.file.is_stored()) held.finished = true;
    if (held.finished) held.file.finish(handler);
    if (idle && state != TailedFile::State::truncated) held.file.shrink();
    return state;
  }
  return TailedFile::State::more;
}

void LogTail::note_failure(Held& held) {
  const std::string why = held.file.failure()->message();
  if (held.file.is_stored()) {
    held.finished = true;
    report(TailEvent::Kind::damaged, held.file.path(), why);
  } else {
    report_state(TailEvent::Kind::unreadable, why);
  }
}

/// copytruncate made a copy first: reading goes on in the copy, exactly where it stopped, and the
/// path is the next newer file.
void LogTail::settle_truncated(std::size_t index, BlockHandler& handler, Time now) {
  const TailedFile& original = chain_[index].file;
  const bool is_newest = index + 1 == chain_.size() && !marker_;
  std::optional<TailedFile> copy = is_newest ? find_copy(original) : std::nullopt;
  if (!copy) {
    report(TailEvent::Kind::truncated, original.path(), "no copy of it was found",
           original.unread_bytes());
    drop(index, handler);
    return;
  }
  report(TailEvent::Kind::truncated, original.path(), "it goes on in " + copy->path(), 0);
  overlong_lines_ += original.overlong_lines();
  skipped_bytes_ += original.skipped_bytes();
  chain_.pop_back();
  append(std::move(*copy), now);
  live_ = false;
}

std::optional<TailedFile> LogTail::find_copy(const TailedFile& original) {
  const FilePosition position = original.position();
  for (const RotatedFile& rotated : rotated_files_of(path_, target_)) {
    if (!rotated.readable || holds(rotated.node)) continue;
    auto copy = open_file(rotated.path, TailedFile::Form::stored);
    if (!copy || !copy.value().begins_as(position.identity.fingerprint)) continue;
    // A shorter copy holds nothing that was not read; count_newer() will still recognise it.
    if (!copy.value().is_stored() && copy.value().size() < position.start.offset.value) continue;
    copy.value().start_at(position.start);
    return std::move(copy).value();
  }
  return std::nullopt;
}

// ---- the next newer file

LogTail::Advance LogTail::advance(Time now) {
  const auto status = read_status(path_);
  const bool exists = status.has_value();
  const FileNode node = exists ? status.value().node : FileNode{};
  live_ = exists && newest_is(node);
  if (live_) {
    if (told_ == TailEvent::Kind::waiting) told_.reset();
    return Advance::none;
  }
  if (exists && holds(node))
    return Advance::none;  // an older file was moved back by hand: it is read already
  if (exists && marker_ && marker_->identity.node == node && reopen_marked(now))
    return Advance::advanced;

  std::vector<RotatedFile> rotated = rotated_files_of(path_, target_);
  std::erase_if(rotated, [&](const RotatedFile& file) {
    return (exists && file.node == node) || (holds(file.node) && !newest_is(file.node));
  });
  const std::size_t newer = count_newer(rotated);
  if (newer > 0) return open_rotated(rotated[newer - 1], now);
  if (exists) return open_live(node, now);

  const bool is_waited_for = status.error().code() == ErrorCode::not_found;
  if (is_waited_for) report_state(TailEvent::Kind::waiting, status.error().message());
  else report_unreadable(status.error().message(), now);
  return Advance::none;
}

/// In the midst of a rotation the new file is root's alone for a moment, until it gets its owner
/// and mode.
void LogTail::report_unreadable(std::string why, Time now) {
  constexpr auto kRotation = std::chrono::seconds(5);
  if (was_read_ && told_ != TailEvent::Kind::unreadable) {
    if (!unreadable_since_ || now < *unreadable_since_) unreadable_since_ = now;
    if (now - *unreadable_since_ < kRotation) return;
  }
  report_state(TailEvent::Kind::unreadable, std::move(why));
}

/// A file that is held open keeps its inode, so that the inode alone tells.
bool LogTail::newest_is(const FileNode& node) const {
  return !marker_ && !chain_.empty() && chain_.back().file.node() == node;
}

/// The marked file stands at the path: it was never readable so far, or it was moved away and came
/// back.
bool LogTail::reopen_marked(Time now) {
  auto opened = open_file(path_, TailedFile::Form::plain);
  if (!opened) return false;
  TailedFile file = std::move(opened).value();
  const Fingerprint& fingerprint = marker_->identity.fingerprint;
  const bool is_same = file.node() == marker_->identity.node &&
                       (fingerprint.length == 0 || file.begins_as(fingerprint)) &&
                       file.size() >= marker_->start.offset.value;
  if (!is_same) return false;
  file.start_at(marker_->start);
  report(TailEvent::Kind::opened, path_);
  append(std::move(file), now);
  return true;
}

/// How many of the rotated files, which come newest first, are newer than the newest file known.
std::size_t LogTail::count_newer(const std::vector<RotatedFile>& rotated) {
  if (chain_.empty() && !marker_) return rotated.size();
  const FileNode newest = marker_ ? marker_->identity.node : chain_.back().file.node();
  if (rotated == searched_ && newest == searched_for_) return 0;
  std::size_t newer = 0;
  if (const auto place = find_newest_among(rotated)) {
    newer = *place;
  } else {
    // Gone. A file that was rotated before it was not written to after it, as a rule, unless it is
    // held still and maybe compressed by now. Where the times are equal, lines read twice are the
    // lesser evil.
    const Time modified = marker_ ? marker_->modified : chain_.back().file.modified();
    while (newer < rotated.size() && rotated[newer].modified >= modified &&
           !holds_content_of(rotated[newer]))
      ++newer;
  }
  if (newer == 0) {
    searched_ = rotated;
    searched_for_ = newest;
  }
  return newer;
}

std::optional<std::size_t> LogTail::find_newest_among(const std::vector<RotatedFile>& rotated) {
  const FileIdentity newest = marker_ ? marker_->identity : chain_.back().file.position().identity;
  const auto begins_alike = [&](const RotatedFile& candidate) {
    if (!candidate.readable) return false;
    const auto file = open_file(candidate.path, TailedFile::Form::stored);
    return file && file.value().begins_as(newest.fingerprint);
  };
  const bool was_empty =
      marker_ && newest.fingerprint.length == 0 && marker_->start.offset.value == 0;
  for (std::size_t i = 0; i < rotated.size(); ++i) {
    if (rotated[i].node != newest.node) continue;
    if (was_empty) {
      // It has content now, or its inode belongs to a file that came after it: either way that is
      // unread itself.
      const bool came_after =
          rotated[i].modified >= marker_->modified && !has_compressed_name(rotated[i].path);
      if (came_after) return rotated[i].size > 0 ? i + 1 : i;
      continue;
    }
    if (!marker_ || newest.fingerprint.length == 0 || begins_alike(rotated[i])) return i;
  }
  if (newest.fingerprint.length == 0) return std::nullopt;
  for (std::size_t i = 0; i < rotated.size(); ++i) {
    if (begins_alike(rotated[i])) return i;
  }
  return std::nullopt;
}

LogTail::Advance LogTail::open_rotated(const RotatedFile& rotated, Time now) {
  const auto pass_over = [&](std::string why) {
    report(TailEvent::Kind::lost_track, rotated.path, std::move(why));
    marker_ = FilePosition{.path = rotated.path,
                           .identity = {rotated.node, {}},
                           .start = {{rotated.size}, false},
                           .finished = true,
                           .modified = rotated.modified};
    return Advance::advanced;
  };
  if (!rotated.readable) return pass_over("it is compressed in a form that is not read here");
  auto opened = open_file(rotated.path, TailedFile::Form::stored);
  if (!opened && opened.error().code() == ErrorCode::not_found)
    return Advance::again;  // renamed since it was listed
  if (!opened) return pass_over(opened.error().message());
  if (opened.value().node() != rotated.node) return Advance::again;
  report(TailEvent::Kind::rotated, rotated.path);
  append(std::move(opened).value(), now);
  return Advance::advanced;
}

LogTail::Advance LogTail::open_live(const FileNode& node, Time now) {
  auto opened = open_file(path_, TailedFile::Form::plain);
  if (!opened && opened.error().code() == ErrorCode::not_found) return Advance::again;
  if (!opened) {
    report_unreadable(opened.error().message(), now);
    return Advance::none;
  }
  unreadable_since_.reset();
  // Rotated between stat and open: a file in between would be passed over.
  if (opened.value().node() != node) return Advance::again;
  const bool was_truncated = marker_ && marker_->identity.node == node;
  if (told_ || (chain_.empty() && !marker_)) {
    report(TailEvent::Kind::opened, path_);
  } else if (!was_truncated) {
    report(TailEvent::Kind::rotated, path_);
  }
  append(std::move(opened).value(), now);
  live_ = true;
  return Advance::advanced;
}

void LogTail::append(TailedFile file, Time now) {
  std::string found_at = file.path();
  if (char* resolved = ::realpath(file.path().c_str(), nullptr)) {
    found_at = resolved;
    std::free(resolved);
  }
  if (file.path() == path_) target_ = found_at;
  const Time quiet_since = std::min(file.modified(), now);
  was_read_ = true;
  marker_.reset();
  told_.reset();
  searched_.clear();
  searched_for_ = {};
  chain_.push_back({std::move(file), std::move(found_at), quiet_since});
}

bool LogTail::holds(const FileNode& node) const {
  return std::any_of(chain_.begin(), chain_.end(),
                     [&](const Held& held) { return held.file.node() == node; });
}

bool LogTail::holds_content_of(const RotatedFile& rotated) {
  if (holds(rotated.node)) return true;
  if (chain_.empty() || !rotated.readable) return false;
  const auto file = open_file(rotated.path, TailedFile::Form::stored);
  return file && std::any_of(chain_.begin(), chain_.end(), [&](const Held& held) {
           return file.value().begins_as(held.file.position().identity.fingerprint);
         });
}

// ---- letting go

void LogTail::retire(BlockHandler& handler, Time now) {
  for (std::size_t i = 0; i < chain_.size();) {
    if (may_retire(i, now)) {
      drop(i, handler);
    } else {
      ++i;
    }
  }
}

/// nginx that was never told to reopen its logs writes to the renamed file for ever: while nothing
/// stands in a newer file, the older one is kept, unless it is deleted.
bool LogTail::may_retire(std::size_t index, Time now) const {
  const Held& held = chain_[index];
  const bool is_last = index + 1 == chain_.size();
  if (live_ && is_last) return false;
  if (held.finished) return true;
  if (now - held.quiet_since < options_.drain_quiet) return false;
  if (marker_ || held.file.is_deleted()) return true;
  return std::any_of(chain_.begin() + static_cast<std::ptrdiff_t>(index) + 1, chain_.end(),
                     [](const Held& newer) { return newer.file.size() > 0; });
}

void LogTail::drop(std::size_t index, BlockHandler& handler) {
  Held& held = chain_[index];
  held.file.finish(handler);
  overlong_lines_ += held.file.overlong_lines();
  skipped_bytes_ += held.file.skipped_bytes();
  if (index + 1 == chain_.size() && !marker_) {
    marker_ = held.file.position();
    marker_->path = held.found_at;
    marker_->finished = true;
  }
  chain_.erase(chain_.begin() + static_cast<std::ptrdiff_t>(index));
}

// ---- telling

Result<TailedFile> LogTail::open_file(const std::string& path, TailedFile::Form form) {
  return TailedFile::open(path, FileNumber{next_number_++}, form, options_.line_limit);
}

void LogTail::report(TailEvent::Kind kind, const std::string& path, std::string detail,
                     std::optional<std::uint64_t> lost_bytes) {
  step_.events.push_back({kind, path, std::move(detail), lost_bytes});
}

void LogTail::report_state(TailEvent::Kind kind, std::string detail) {
  if (told_ == kind && told_detail_ == detail) return;
  told_ = kind;
  told_detail_ = detail;
  report(kind, path_, std::move(detail));
}

}  // namespace handshaked::ingest
