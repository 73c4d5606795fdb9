#pragma once

#include "diagnose/certificates/certificate_facts.h"

struct x509_st;
struct asn1_string_st;

namespace handshaked::diagnose {

/// Reads what a parsed certificate says about itself. Extensions that cannot be parsed count as
/// missing; OpenSSL's own verification refuses such a certificate by itself.
CertificateFacts read_facts(x509_st* certificate, const Der& der);

/// An ASN.1 time, to the second; the epoch for one that is malformed.
Time read_time(const asn1_string_st* time);

}  // namespace handshaked::diagnose
