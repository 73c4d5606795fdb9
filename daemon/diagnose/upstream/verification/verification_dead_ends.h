#pragma once

#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {

/// Tries the dead ends of a diagnosis that the verdict can judge (verification off, another depth,
/// a Host header, a lower security level, no CRLs, trusting what the peer sends, SNI on or off):
/// those that still fail, or pass because a protection is off, become proved; those that would help
/// here are taken out. The others stay untested.
void try_verification_dead_ends(UpstreamCase& upstream, Diagnosis& diagnosis);

}  // namespace handshaked::diagnose
