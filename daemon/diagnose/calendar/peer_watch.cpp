#include "diagnose/calendar/peer_watch.h"

#include <simdjson.h>

#include <algorithm>

#include "base/digest.h"
#include "base/json/json_writer.h"
#include "diagnose/calendar/calendar_entry.h"
#include "diagnose/preflight/forecast_parts.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/upstream_case.h"

namespace handshaked::diagnose {
namespace {

std::string print_of(const PeerObservation& observation) {
  std::string all;
  for (const PeerCertificate& one : observation.seen.chain) all += one.facts.sha256;
  return sha256_hex(all, 32);
}

std::int64_t number_of(Time time) { return time.time_since_epoch().count(); }

/// A renewal under the same CA that ends later is nobody's news.
Text change_of(const std::string& peer, const std::string& issuer, Time not_after,
               const CertificateFacts& leaf) {
  Text change;
  if (leaf.issuer != issuer) {
    change = calendar_text("change.issuer",
                           {{"peer", peer}, {"issuer", leaf.issuer}, {"before", issuer}});
  }
  if (leaf.not_after < not_after) {
    const Text sooner = calendar_text(
        "change.ends_sooner",
        {{"peer", peer}, {"date", day_of(leaf.not_after)}, {"before", day_of(not_after)}});
    change = change.empty() ? sooner
                            : calendar_text("change.both", {{"first", change}, {"second", sooner}});
  }
  return change;
}

Diagnosis diagnosis_at(const SurveyedUpstream& one, const Surroundings& surroundings,
                       const match::Knowledge& knowledge) {
  Symptom symptom;
  symptom.side = parse::Side::upstream;
  symptom.server = one.server;
  const std::size_t scheme = one.target.find("://");
  symptom.scheme = scheme == std::string::npos ? std::string() : one.target.substr(0, scheme);
  symptom.peer = peer_of(one.target);
  const auto opened = UpstreamCase::open_at(one.place, symptom, surroundings, knowledge);
  if (!opened) return {};
  return finished(diagnose_case(*opened.value()), surroundings);
}

}  // namespace

bool PeerBook::fails_by_change(const SeenPeer& seen) const {
  const auto found = peers_.find(seen.key);
  if (!seen.fails || found == peers_.end()) return false;
  const std::vector<std::string>& chains = found->second.chains;
  return found->second.fails_since_change ||
         std::find(chains.begin(), chains.end(), print_of(seen.observation)) == chains.end();
}

void PeerBook::note(const SeenPeer& seen, Time now) {
  const CertificateFacts& leaf = seen.observation.seen.chain.front().facts;
  const bool is_new = !peers_.contains(seen.key);
  const bool fails = fails_by_change(seen);
  Peer& peer = peers_[seen.key];
  peer.seen_at = now;
  const std::string print = print_of(seen.observation);
  const bool is_known =
      std::find(peer.chains.begin(), peer.chains.end(), print) != peer.chains.end();
  if (!is_known) {
    if (!is_new) {
      peer.change = change_of(seen.peer, peer.issuer, peer.not_after, leaf);
      peer.changed_at = now;
    }
    peer.chains.push_back(print);
    if (peer.chains.size() > kKnownChains) peer.chains.erase(peer.chains.begin());
    peer.issuer = leaf.issuer;
    peer.not_after = leaf.not_after;
  }
  peer.fails_since_change = fails;
  if (peers_.size() <= kMostPeers) return;
  peers_.erase(
      std::min_element(peers_.begin(), peers_.end(), [](const auto& left, const auto& right) {
        return left.second.seen_at < right.second.seen_at;
      }));
}

std::optional<Text> PeerBook::news(std::string_view key, Time now) const {
  const auto found = peers_.find(key);
  if (found == peers_.end() || found->second.change.empty() || found->second.fails_since_change)
    return std::nullopt;
  return now - found->second.changed_at < kSettled ? std::optional(found->second.change)
                                                   : std::nullopt;
}

bool PeerBook::fails_since_change(std::string_view key) const {
  const auto found = peers_.find(key);
  return found != peers_.end() && found->second.fails_since_change;
}

std::string PeerBook::to_json() const {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("version", 1).key("peers").begin_array();
  for (const auto& [key, peer] : peers_) {
    json.begin_object()
        .member("key", key)
        .array("chains", peer.chains)
        .member("issuer", peer.issuer);
    json.member("not_after", number_of(peer.not_after))
        .member("changed_at", number_of(peer.changed_at));
    json.member("seen_at", number_of(peer.seen_at))
        .member("change", peer.change.en)
        .member("change_zh", peer.change.zh);
    json.member("fails", peer.fails_since_change).end_object();
  }
  json.end_array().end_object();
  return out;
}

Result<PeerBook> PeerBook::from_json(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  simdjson::dom::array peers;
  std::int64_t version = 0;
  if (parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS ||
      root["version"].get(version) != simdjson::SUCCESS || version != 1 ||
      root["peers"].get(peers) != simdjson::SUCCESS)
    return fail(ErrorCode::invalid_input,
                "what is kept of peers is of another version, or damaged");
  PeerBook book;
  for (const simdjson::dom::element one : peers) {
    const auto text_of = [&one](const char* name) {
      std::string_view value;
      return one[name].get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
    };
    const auto time_of = [&one](const char* name) {
      std::int64_t value = 0;
      return one[name].get(value) == simdjson::SUCCESS ? Time(Duration(value)) : Time{};
    };
    Peer peer{.chains = {},
              .issuer = text_of("issuer"),
              .not_after = time_of("not_after"),
              .changed_at = time_of("changed_at"),
              .seen_at = time_of("seen_at"),
              .change = {text_of("change"), text_of("change_zh")}};
    simdjson::dom::array chains;
    if (text_of("key").empty() || book.peers_.size() == kMostPeers ||
        one["chains"].get(chains) != simdjson::SUCCESS)
      continue;
    for (const simdjson::dom::element chain : chains) {
      std::string_view print;
      if (chain.get(print) == simdjson::SUCCESS && peer.chains.size() < kKnownChains)
        peer.chains.emplace_back(print);
    }
    if (one["fails"].get(peer.fails_since_change) != simdjson::SUCCESS)
      peer.fails_since_change = false;
    book.peers_.insert_or_assign(text_of("key"), std::move(peer));
  }
  return book;
}

std::vector<SeenPeer> look_at_peers(const Surroundings& surroundings,
                                    const match::Knowledge& knowledge, std::size_t most,
                                    const PeerBook& before, std::size_t& left_out) {
  std::vector<SeenPeer> peers;
  for (SurveyedUpstream& one :
       survey_upstreams(surroundings, knowledge, most, left_out, SurveyedPeers::with_tls)) {
    if (!one.verdict || !one.verdict->observation || !one.verdict->observation->has_chain())
      continue;
    const UpstreamVerdict& verdict = *one.verdict;
    SeenPeer seen;
    seen.target = one.target;
    seen.peer = peer_of(one.target);
    seen.key = one.server + " " + one.directive + " " + one.target + " " +
               verdict.observation->asked.server_name;
    seen.server = one.server;
    seen.directive = one.directive;
    seen.file = one.file;
    seen.line = one.line;
    seen.observation = *verdict.observation;
    seen.passes = verdict.passes();
    seen.fails =
        verdict.stage == UpstreamStage::verification || verdict.stage == UpstreamStage::name;
    if (before.fails_by_change(seen)) seen.diagnosis = diagnosis_at(one, surroundings, knowledge);
    peers.push_back(std::move(seen));
  }
  return peers;
}

}  // namespace handshaked::diagnose
