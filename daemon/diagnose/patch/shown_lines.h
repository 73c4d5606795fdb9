#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diagnose/diagnosis.h"

namespace handshaked::diagnose {

/// nginx's configuration holds secrets: headers, values of maps, addresses with passwords, Lua. A
/// patch of its TLS settings goes to receivers, to the page, to whoever may see an incident. What
/// of a text may go along:
enum class LineUse {
  context,  ///< beside a change: TLS directives, the braces of blocks, blank lines
  change,  ///< the change itself: also what says where it is (listen, server_name, *_pass, …) and
           ///< values that tell nothing (on, 30s)
  commented_change,  ///< the same, with comments behind it
};

/// For each line of a configuration (diff_lines()): may all that stands on it be shown? Never a
/// comment, never Lua, never an argument that holds a password, a token or a key, also of a TLS
/// directive (an engine's PIN). One line that a directive shares with others counts whole.
std::vector<bool> shown_lines(std::string_view text, LineUse use);
/// The same of a file of certificates: what is inside of them, and the comments that we write.
std::vector<bool> shown_pem_lines(std::string_view text, LineUse use);

/// The first line of a patch whose changed lines hold arguments of other settings, or comments.
/// patch(1) passes over it.
inline constexpr std::string_view kHoldsSettings =
    "# For operators only: lines of this patch hold other settings, too.\n";
inline constexpr std::string_view kHoldsComments =
    "# For operators only: lines of this patch hold comments.\n";

/// Who sees a diagnosis.
enum class Audience {
  others,         ///< receivers, the page, whoever may ask the daemon: neither kind of such patch
  operators_file  ///< what diagnose writes into a file or a pipe: comments, for the patch must
                  ///< apply
};
/// A diagnosis without the patches that an audience must not see, and without the texts of such
/// changes, wherever it says them: in its words, evidence, commands and dead ends "…" stands for
/// them and for their arguments that may hold a secret. The fix says how the operator gets at them.
/// An operator's own terminal is shown everything.
Diagnosis shown_to(Audience audience, Diagnosis diagnosis);

/// What nginx complains of, without the arguments that it quotes, unless it speaks of TLS or of a
/// file.
std::string shown_complaint(std::string_view complaint);

}  // namespace handshaked::diagnose
