#pragma once

#include <string_view>

namespace handshaked::parse {

/// What nginx was doing when it wrote a line: the words behind " while ".
struct Action {
  std::string_view words;       ///< null data(): the text names none
  std::size_t message_end = 0;  ///< where in the text the message ends
  std::size_t end = 0;          ///< where in the text the action ends
};

/// The action at the end of `text`, which ends where a context began: nothing may follow it.
Action read_action(std::string_view text);

/// The same in a text that lost its context: the action may be cut in a word, and remains may
/// follow ("… to upstream, cl…", "… to upstream…"). An action that was cut where only one can have
/// stood is given whole; `words` then lies outside `text`.
Action read_cut_action(std::string_view text);

/// Is it one of nginx's actions, whole?
bool is_whole_action(std::string_view words);

/// Whose side an action tells of.
enum class ActionSide {
  upstream,  ///< nginx was a peer's client, also where only such an action can have been cut
             ///< ("reading response hea")
  responder,
  client,
  unknown,  ///< cut so early that it may be either ("SSL hand")
};
/// Is it an action of nginx's, whole or cut? Other programs' sentences have a "while" as well.
bool is_known_action(std::string_view action);
ActionSide side_of_action(std::string_view action);

}  // namespace handshaked::parse
