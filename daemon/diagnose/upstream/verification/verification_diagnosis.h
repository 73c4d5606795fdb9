#pragma once

#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {

/// Faults of the certificate that an upstream shows: its chain, its dates, its names, and the SNI
/// that decides which it shows. For a case whose present verdict is of the stage verification or
/// name.
Diagnosis diagnose_verification(UpstreamCase& upstream);

/// For a line about verification or names whose place passes now: a resumed session that carries an
/// old verdict, one that another place shares, a file that changed since nginx read it, or a fault
/// that is over.
Diagnosis diagnose_outdated_verdict(UpstreamCase& upstream);

/// What every diagnosis of an upstream says of where it looked: the governing place, the line, the
/// peer, the settings, the replay.
void add_upstream_evidence(UpstreamCase& upstream, Diagnosis& diagnosis);

}  // namespace handshaked::diagnose
