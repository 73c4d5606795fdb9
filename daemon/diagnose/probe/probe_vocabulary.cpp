// The words for the enums of tls_probe.h: what JSON and people see.
#include <algorithm>
#include <array>

#include "diagnose/probe/probe_json.h"
#include "diagnose/tls/tls_probe.h"

namespace handshaked::diagnose {
namespace {

template <class Enum>
struct Word {
  Enum value;
  std::string_view text;
};

constexpr std::array kVersions = {Word<TlsVersion>{TlsVersion::ssl3, "SSLv3"},
                                  Word<TlsVersion>{TlsVersion::tls1_0, "TLSv1"},
                                  Word<TlsVersion>{TlsVersion::tls1_1, "TLSv1.1"},
                                  Word<TlsVersion>{TlsVersion::tls1_2, "TLSv1.2"},
                                  Word<TlsVersion>{TlsVersion::tls1_3, "TLSv1.3"}};

constexpr std::array kPhases = {Word<ProbePhase>{ProbePhase::connect, "connect"},
                                Word<ProbePhase>{ProbePhase::proxy_header, "proxy_header"},
                                Word<ProbePhase>{ProbePhase::client_hello, "client_hello"},
                                Word<ProbePhase>{ProbePhase::server_hello, "server_hello"},
                                Word<ProbePhase>{ProbePhase::certificate, "certificate"},
                                Word<ProbePhase>{ProbePhase::client_auth, "client_auth"},
                                Word<ProbePhase>{ProbePhase::finished, "finished"},
                                Word<ProbePhase>{ProbePhase::after_handshake, "after_handshake"}};

constexpr std::array kOutcomes = {Word<ProbeOutcome>{ProbeOutcome::ok, "ok"},
                                  Word<ProbeOutcome>{ProbeOutcome::refused, "refused"},
                                  Word<ProbeOutcome>{ProbeOutcome::unreachable, "unreachable"},
                                  Word<ProbeOutcome>{ProbeOutcome::timed_out, "timed_out"},
                                  Word<ProbeOutcome>{ProbeOutcome::reset, "reset"},
                                  Word<ProbeOutcome>{ProbeOutcome::closed, "closed"},
                                  Word<ProbeOutcome>{ProbeOutcome::alert, "alert"},
                                  Word<ProbeOutcome>{ProbeOutcome::not_tls, "not_tls"},
                                  Word<ProbeOutcome>{ProbeOutcome::tls_error, "tls_error"},
                                  Word<ProbeOutcome>{ProbeOutcome::local_error, "local_error"},
                                  Word<ProbeOutcome>{ProbeOutcome::limit, "limit"}};

template <class Enum, std::size_t size>
std::string_view text_of(const std::array<Word<Enum>, size>& words, Enum value) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [value](const auto& word) { return word.value == value; });
  return found == words.end() ? std::string_view() : found->text;
}

template <class Enum, std::size_t size>
std::optional<Enum> value_of(const std::array<Word<Enum>, size>& words, std::string_view text) {
  const auto found = std::find_if(words.begin(), words.end(),
                                  [text](const auto& word) { return word.text == text; });
  return found == words.end() ? std::nullopt : std::optional(found->value);
}

}  // namespace

std::string_view to_string(TlsVersion version) { return text_of(kVersions, version); }
std::string_view to_string(ProbePhase phase) { return text_of(kPhases, phase); }
std::string_view to_string(ProbeOutcome outcome) { return text_of(kOutcomes, outcome); }
std::optional<TlsVersion> tls_version_from(std::string_view nginx_word) {
  return value_of(kVersions, nginx_word);
}
std::optional<ProbePhase> probe_phase_from(std::string_view text) {
  return value_of(kPhases, text);
}
std::optional<ProbeOutcome> probe_outcome_from(std::string_view text) {
  return value_of(kOutcomes, text);
}

}  // namespace handshaked::diagnose
