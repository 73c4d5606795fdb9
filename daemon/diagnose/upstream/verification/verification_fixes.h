#pragma once

#include <string>
#include <vector>

#include "diagnose/upstream/verification/cause_sentences.h"
#include "diagnose/upstream/verification/repair_search.h"

namespace handshaked::diagnose {

/// A solution of the search as a fix for this nginx: its patch, what it changes in words, and its
/// proof. Fails when the patch cannot be written as a text diff.
Result<Fix> fix_of(UpstreamCase& upstream, const RepairedState& solution);

/// What cannot be done from here: the knowledge base's fixes for the causes, with the exact
/// material that is missing, and the words for other owners.
void add_other_fixes(UpstreamCase& upstream, const std::vector<FoundCause>& causes,
                     Diagnosis& diagnosis);

/// For a state that does not pass yet: says in the fixes what its edits would be. They are needed,
/// and not enough alone: no patch.
void say_needed_edits(UpstreamCase& upstream, const RepairedState& state, Diagnosis& diagnosis);

/// The fix of the upstream that the replay can prove as well: its chain, sent as it ought to be.
/// Nothing when it is not that.
void add_proved_chain_fix(UpstreamCase& upstream, const std::vector<FoundCause>& causes,
                          const RepairedState& solution, Diagnosis& diagnosis);

/// "nginx -t && nginx -s reload" and its like, after every change.
std::vector<std::string> commands_after_change(UpstreamCase& upstream);

}  // namespace handshaked::diagnose
