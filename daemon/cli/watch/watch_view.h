#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/text/catalogue.h"
#include "cli/watch/watch_page.h"

namespace handshaked::cli {

/// What a key press means; `text` is what was typed otherwise.
struct WatchKey {
  enum class Kind { text, up, down, page_up, page_down, home, end, enter, escape, erase, quit };
  Kind kind = Kind::text;
  std::string text = {};
};
/// The keys in what a terminal sent: characters, cursor keys, Enter, Escape, Backspace, Ctrl-C.
/// What is unknown is left out.
std::vector<WatchKey> read_keys(std::string_view bytes);

/// What `handshaked watch` shows and how its user moves in it. Pure: keys and answers in, lines
/// out.
class WatchView {
 public:
  struct Size {
    std::size_t rows = 24, columns = 80;
  };
  /// What the daemon is to be asked for.
  struct Question {
    std::string search, status = "open", sort = "severity";
    std::string incident;  ///< the one whose details are shown; empty: none
    bool operator==(const Question&) const = default;
  };

  WatchView(Language language, bool has_colour);

  /// False: the user wants to leave.
  bool press(const WatchKey& key, Size size);
  const Question& question() const { return question_; }

  void show(WatchedPage page);
  /// `text` is what `incidents show` prints.
  void show_details(std::string text);
  /// Said until something is shown again.
  void complain(std::string problem) { problem_ = std::move(problem); }

  /// The screen: exactly `size.rows` lines, none wider than `size.columns`.
  std::vector<std::string> screen(Size size) const;

 private:
  bool press_in_list(const WatchKey& key, Size size);
  void press_in_search(const WatchKey& key);
  void press_in_details(const WatchKey& key, Size size);
  void move(std::ptrdiff_t by);
  std::size_t list_rows(Size size) const;
  std::string inked(std::string_view code, std::string text) const;
  std::string head_line(Size size) const;
  std::string foot_line(Size size) const;
  std::string row_line(const WatchedIncident& incident, bool is_selected, Size size) const;
  std::vector<std::string> selected_lines(Size size) const;
  std::vector<std::string> detail_lines(Size size) const;

  Language language_;
  Texts say_;
  bool has_colour_;
  Question question_;
  WatchedPage page_;
  bool has_page_ = false;
  std::string selected_;  ///< an id: it stays selected while others come and go
  bool is_searching_ = false;
  std::string details_;
  std::size_t detail_top_ = 0;
  std::string problem_;
};

}  // namespace handshaked::cli
