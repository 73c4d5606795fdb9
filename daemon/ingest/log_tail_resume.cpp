// How a LogTail begins: where it stopped, or where there is nothing to go on from.

#include <cstdlib>

#include "ingest/file_status.h"
#include "ingest/log_tail.h"

namespace handshaked::ingest {

void LogTail::begin(Time now) {
  if (char* resolved = ::realpath(path_.c_str(), nullptr)) {
    target_ = resolved;
    std::free(resolved);
  }
  if (saved_) {
    resume(*saved_, now);
    saved_.reset();
  } else {
    begin_fresh(now);
  }
}

/// What is there already counts as read, with from_start except the log itself.
void LogTail::begin_fresh(Time now) {
  auto opened = open_file(path_, TailedFile::Form::plain);
  if (opened) {
    if (!options_.from_start) opened.value().start_at_end();
    report(TailEvent::Kind::opened, path_);
    append(std::move(opened).value(), now);
    return;
  }
  if (const auto status = read_status(path_);
      !options_.from_start && status && status.value().is_regular) {
    // Not ours to read yet: what is written from now on is wanted once it is.
    const StartPoint end{{status.value().size}, false};
    marker_ = FilePosition{.path = path_,
                           .identity = {status.value().node, {}},
                           .start = end,
                           .finished = true,
                           .modified = status.value().modified};
    return;
  }
  const std::vector<RotatedFile> rotated = rotated_files_of(path_, target_);
  if (rotated.empty()) return;
  const RotatedFile& newest = rotated.front();
  marker_ = FilePosition{.path = newest.path,
                         .identity = {newest.node, {}},
                         .start = {{newest.size}, false},
                         .finished = true,
                         .modified = newest.modified};
  if (auto file = open_file(newest.path, TailedFile::Form::stored);
      file && file.value().node() == newest.node) {
    marker_->identity = file.value().position().identity;
  }
}

void LogTail::resume(const ReadPosition& saved, Time now) {
  const std::vector<RotatedFile> rotated = rotated_files_of(path_, target_);
  for (std::size_t i = 0; i < saved.files.size(); ++i) {
    const FilePosition& file = saved.files[i];
    const bool is_last = i + 1 == saved.files.size();
    if (!file.finished) {
      if (restore(file, rotated, now)) continue;
      if (const auto status = read_status(path_);
          status && status.value().node == file.identity.node) {
        report(TailEvent::Kind::truncated, path_, "while it was not followed");
      } else if (file.start.offset.value > 0) {
        report(TailEvent::Kind::lost_track, file.path,
               "what was read last is gone; reading goes on with what changed since");
      }
    }
    // An older file in hand does not tell which are newer than this one: files between them may
    // have been let go already.
    if (is_last) {
      marker_ = file;
      marker_->finished = true;
    }
  }
}

/// Looks for a saved file: first where its inode is now, then for a file that begins alike (copied,
/// compressed, or the devices were numbered anew), and goes on in it.
bool LogTail::restore(const FilePosition& saved, const std::vector<RotatedFile>& rotated,
                      Time now) {
  for (const bool same_node : {true, false}) {
    if (!same_node && saved.identity.fingerprint.length == 0) return false;
    if (restore_from(path_, saved, same_node, now)) return true;
    for (const RotatedFile& file : rotated) {
      if (!file.readable || (same_node && file.node != saved.identity.node)) continue;
      if (restore_from(file.path, saved, same_node, now)) return true;
    }
    // The target of a link that was turned to another file since.
    if (saved.path != path_ && restore_from(saved.path, saved, same_node, now)) return true;
  }
  return false;
}

bool LogTail::restore_from(const std::string& path, const FilePosition& saved, bool same_node,
                           Time now) {
  auto opened = open_file(path, path == path_ ? TailedFile::Form::plain : TailedFile::Form::stored);
  if (!opened) return false;
  TailedFile file = std::move(opened).value();
  if (holds(file.node())) return false;
  if (same_node && file.node() != saved.identity.node) return false;
  const Fingerprint& fingerprint = saved.identity.fingerprint;
  if (fingerprint.length > 0 && !file.begins_as(fingerprint)) return false;
  // An empty file has nothing but its inode, which may be used again, by a compressed file for
  // example.
  if (fingerprint.length == 0 && (file.is_stored() || file.modified() < saved.modified))
    return false;
  if (!file.is_stored() && file.size() < saved.start.offset.value) return false;
  file.start_at(saved.start);
  report(TailEvent::Kind::opened, path,
         "going on at byte " + std::to_string(saved.start.offset.value));
  append(std::move(file), now);
  return true;
}

}  // namespace handshaked::ingest
