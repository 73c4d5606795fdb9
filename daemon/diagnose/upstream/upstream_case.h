#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "diagnose/certificates/pem_bundle.h"
#include "diagnose/diagnosis.h"
#include "diagnose/patch/configuration_patch.h"
#include "diagnose/probe/replay_session.h"
#include "diagnose/prover/nginx_prover.h"
#include "diagnose/symptom.h"
#include "diagnose/upstream/upstream_verdict.h"
#include "match/knowledge.h"

namespace handshaked::diagnose {

/// What cases of one thread can share: the child that replays, and the PEM files and certificates
/// of this host that were parsed.
struct SharedMaterial {
  std::optional<ReplaySession> session;
  std::map<Der, Certificate> certificates;
};

/// One incident towards an upstream, with everything that its diagnosis looks at: the place that
/// governs, what nginx would do there now, and the means to ask what it would do with a change.
/// Borrows symptom, surroundings and knowledge. One thread; blocks until the surroundings' deadline
/// at most.
class UpstreamCase {
 public:
  /// not_found when no place of the configuration can govern the line; the surroundings must have a
  /// configuration.
  static Result<std::unique_ptr<UpstreamCase>> open(const Symptom& symptom,
                                                    const Surroundings& surroundings,
                                                    const match::Knowledge& knowledge);

  /// The same at one place, whatever the symptom says: for what has not happened yet. not_found
  /// when there is no such place.
  static Result<std::unique_ptr<UpstreamCase>> open_at(const UpstreamPlace& place,
                                                       const Symptom& symptom,
                                                       const Surroundings& surroundings,
                                                       const match::Knowledge& knowledge);

  const Symptom& symptom() const { return symptom_; }
  const Surroundings& surroundings() const { return surroundings_; }
  const match::Knowledge& knowledge() const { return knowledge_; }

  /// The place that governs the line: the likeliest, and of several equally likely ones one whose
  /// verdict is what was logged.
  const UpstreamPlace& place() const { return place_; }
  const UpstreamView& view() const { return view_; }
  const std::string& why_this_place() const { return why_this_place_; }
  /// All places that may govern, best first.
  const std::vector<nginx::GoverningTarget>& candidates() const { return candidates_; }

  /// The present verdict is what the line tells.
  bool explains_line() const { return explains_line(now_); }
  /// With the configuration and the files as they are.
  const UpstreamVerdict& now() const { return now_; }
  /// The same place with a change made: the patched configuration is read again. A change of SNI,
  /// protocols, client certificate or address goes over the wire, as far as the prober allows;
  /// everything else is replayed on the chain that was seen.
  UpstreamVerdict judge(const ConfigurationPatch& patch);
  /// The same asked of nginx itself, where an operator runs a verb and the nginx in use is at hand;
  /// permission_denied elsewhere.
  Result<NginxHandshake> ask_nginx(const ConfigurationPatch& patch);
  /// A proof of ours for a patch, put before nginx itself: what it makes of the patch counts, and
  /// is its own method. Where it cannot be asked the proof stays.
  Proof confirmed(Proof proof, const ConfigurationPatch& patch);
  /// The same for a change that our own library cannot try, or would not pass: only nginx can prove
  /// it. Untested where it is not asked.
  Proof proof_by_nginx(const ConfigurationPatch& patch);
  /// Another place of the same configuration (a second location, another member of the group).
  UpstreamVerdict judge_place(const UpstreamPlace& place);
  /// Of a group with several members: none of the others works either. What was not looked at is
  /// taken for working.
  bool all_other_members_fail();
  /// Another request to the peer of this place, for looking around: not what nginx would send.
  Result<PeerObservation> observe(const ProbeRequest& request);

  ConfigurationPatch new_patch() const {
    return {surroundings_.nginx->configuration, *surroundings_.files};
  }

  /// Replays offline; starts the child process at the first call.
  Result<ReplayResult> replay(const ReplayInput& input);
  Result<std::vector<ReplayResult>> replay(std::span<const ReplayInput> inputs);
  Result<IssuerSearch> find_issuers(const Der& certificate, std::span<const Der> candidates);

  /// A PEM file as `files` has it, parsed once for each content. Problems are in the Result.
  Result<std::shared_ptr<const PemBundle>> bundle(const nginx::ConfigurationFiles& files,
                                                  const std::string& path);

  /// A certificate of this host's own files, parsed once.
  Result<Certificate> certificate(const Der& own);

  bool is_late() const { return std::chrono::steady_clock::now() >= surroundings_.deadline; }
  /// "OpenSSL 3.0.22 …, security level 2": where a replay ran.
  std::string ran_under() const { return now_.policy.description(); }
  /// nginx runs a library of another series than ours, or it is not known which.
  bool is_library_of_nginx_another() const;

 private:
  UpstreamCase(const Symptom& symptom, const Surroundings& surroundings,
               const match::Knowledge& knowledge)
      : symptom_(symptom), surroundings_(surroundings), knowledge_(knowledge) {}
  /// The configuration with a patch, and the place in it; why there is none in the Result.
  struct PatchedPlace {
    std::unique_ptr<const ReadConfiguration>
        read;                ///< null: the patch touches no file of the configuration itself
    std::size_t target = 0;  ///< the place's, in `read`
    UpstreamView view;
  };
  /// Of the destination's group, which must be one: the places of those that are in use, this one
  /// left out.
  std::vector<UpstreamPlace> other_members() const;
  /// With the patch another member of the group fails that works now: which, and how.
  std::optional<Text> what_breaks_beside(const ConfigurationPatch& patch);
  Result<PatchedPlace> place_with(const ConfigurationPatch& patch) const;
  bool is_decided_around_itself() const;
  Result<> find_place();
  UpstreamVerdict judge(const UpstreamView& view, bool is_own);
  bool find_peer(const UpstreamView& view, bool is_own, UpstreamVerdict& verdict);
  bool look(const UpstreamView& view, bool is_own, UpstreamVerdict& verdict);
  void doubt_without_request(const UpstreamView& view, UpstreamVerdict& verdict);
  void ask_nginx_instead(const UpstreamView& view, UpstreamVerdict& verdict);
  Result<NginxHandshake> ask_nginx(const UpstreamView& view, const AllowedPeer& peer);
  bool read_trust(const UpstreamView& view, UpstreamVerdict& verdict);
  void verify(const UpstreamView& view, UpstreamVerdict& verdict);
  bool explains_line(const UpstreamVerdict& verdict) const;
  Result<SecurityPolicy> policy_of(const ProbeRequest& request);
  nginx::PeerName name_at(const UpstreamView& view) const;
  UpstreamRequest asked_at(const UpstreamView& view) const;
  Result<> need_session();
  SharedMaterial& material() {
    return surroundings_.shared != nullptr ? *surroundings_.shared : own_;
  }

  const Symptom& symptom_;
  const Surroundings& surroundings_;
  const match::Knowledge& knowledge_;
  std::vector<nginx::GoverningTarget> candidates_;
  UpstreamPlace place_;
  UpstreamView view_;
  std::string why_this_place_;
  UpstreamVerdict now_;
  SharedMaterial own_;
  struct KnownPolicy {
    std::string ciphers;
    std::vector<ConfCommand> commands;
    Result<SecurityPolicy> policy;
  };
  std::optional<KnownPolicy> policy_;  ///< the last one that was asked for
};

/// The diagnosis of an opened case.
Diagnosis diagnose_case(UpstreamCase& upstream);

}  // namespace handshaked::diagnose
