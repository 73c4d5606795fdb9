#pragma once

#include <string_view>

#include "diagnose/certificates/certificate.h"
#include "diagnose/upstream/handshake/handshake_report.h"

namespace handshaked::diagnose {

/// Proposes a client certificate of this host with which the peer goes on: one that the
/// configuration shows to the same upstream at another place; else one that it shows to others, or
/// that lies with its key among the files that it names, when a CA that the peer names has issued
/// it. Only what was tried and passed. Several different holders that pass are offered untested:
/// which is meant nobody here knows. False: there is none, or keys may not be read.
bool propose_client_pair(HandshakeReport& report, std::string_view cause, std::string_view fix);

/// The peer names the issuer of that name among those whose certificates it accepts.
bool accepts(const CertificateRequest& request, const std::string& name_hash);
/// Its extended key usage, when it has one, lets a client show it.
bool may_authenticate_client(const CertificateFacts& facts);

}  // namespace handshaked::diagnose
