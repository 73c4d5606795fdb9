#pragma once

#include "diagnose/diagnosis.h"
#include "diagnose/upstream/upstream_verdict.h"

namespace handshaked::diagnose {

/// The chain as nginx's verification sees it, leaf first, a piece of evidence a certificate: "SUBJECT; fact; fact". Kinds: "chain_sent",
/// "chain_trusted" (of the trusted file), "chain_fault" (its last fact says what is wrong there), "chain_missing" (nobody has it),
/// "chain_unused" (sent in vain). Adds nothing where there is no chain.
void add_chain_picture(const UpstreamVerdict& verdict, Diagnosis& diagnosis);

}  // namespace handshaked::diagnose
