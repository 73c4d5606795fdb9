#include "diagnose/upstream/verification/verification_diagnosis.h"

#include <algorithm>

#include <openssl/x509_vfy.h>

#include "base/text/joined.h"
#include "diagnose/case/candidate_diagnosis.h"
#include "diagnose/texts.h"
#include "diagnose/upstream/verification/cause_sentences.h"
#include "diagnose/upstream/verification/verification_dead_ends.h"
#include "diagnose/upstream/verification/verification_fixes.h"

namespace handshaked::diagnose {
namespace {

/// The causes of a way of repairs, in the order that tells most: what has to be cured first. Each
/// once.
std::vector<FoundCause> causes_of_repairs(UpstreamCase& upstream, const RepairedState& state) {
  std::vector<FoundCause> causes;
  for (std::size_t i = 0; i < state.repairs.size(); ++i) {
    // Edits of one step share the verdict before them.
    const bool is_name_with_sni =
        state.repairs[i].kind == RepairKind::set_name && state.has(RepairKind::send_sni);
    const UpstreamVerdict& after =
        i + 1 < state.repairs.size() ? state.before[i + 1] : state.verdict;
    FoundCause cause = cause_of_repair(upstream, state.repairs[i], state.before[i],
                                       is_name_with_sni ? state.verdict : after);
    const bool is_known = std::any_of(causes.begin(), causes.end(), [&](const FoundCause& one) {
      return one.slug == cause.slug;
    });
    if (!is_known) causes.push_back(std::move(cause));
  }
  const auto rank = [](const FoundCause& cause) {
    if (cause.slug == "upstream_sni_missing" || cause.slug == "upstream_sni_wrong_name") return 0;
    if (cause.slug.find("name") != std::string::npos ||
        cause.slug == "upstream_wrong_cert_served" || cause.slug == "upstream_wildcard_depth")
      return 3;
    return cause.slug.starts_with("crl_") ? 2 : 1;
  };
  std::stable_sort(
      causes.begin(), causes.end(),
      [&](const FoundCause& left, const FoundCause& right) { return rank(left) < rank(right); });
  return causes;
}

void append_new(std::vector<FoundCause>& causes, std::vector<FoundCause> more) {
  for (FoundCause& one : more) {
    const bool is_known = std::any_of(causes.begin(), causes.end(), [&](const FoundCause& other) {
      return other.slug == one.slug ||
             std::find(other.also.begin(), other.also.end(), one.slug) != other.also.end();
    });
    if (!is_known) causes.push_back(std::move(one));
  }
}

/// All that is wrong, the cause that nginx's line stands for first.
std::vector<FoundCause> find_causes(UpstreamCase& upstream, const RepairSearch& search,
                                    const KnownMaterial& known) {
  if (!search.solutions.empty()) return causes_of_repairs(upstream, search.solutions.front());
  const UpstreamVerdict& left = search.furthest.verdict;
  std::vector<FoundCause> faults =
      causes_of_faults(upstream, left, trust_paths(upstream, left, known));
  std::vector<FoundCause> repaired = causes_of_repairs(upstream, search.furthest);
  // What changes the code that nginx logs is what the line stands for; and a chain comes before its
  // revocation lists.
  const bool is_logged_repaired = search.furthest.has(RepairKind::send_sni) ||
                                  left.replay.verify_code != upstream.now().replay.verify_code ||
                                  (!faults.empty() && faults.front().slug.starts_with("crl_"));
  std::vector<FoundCause> causes = std::move(is_logged_repaired ? repaired : faults);
  append_new(causes, std::move(is_logged_repaired ? faults : repaired));
  return causes;
}

/// The catalogue's word for a cause of which ours says more.
std::string catalogued(const std::string& slug) {
  return slug == "proxy_ssl_name_empty" || slug == "proxy_ssl_name_from_client"
             ? "proxy_ssl_name_wrong"
             : slug;
}

void conclude(UpstreamCase& upstream, const std::vector<FoundCause>& causes, Diagnosis& diagnosis) {
  if (causes.empty()) return;
  const FoundCause& main = causes.front();
  diagnosis.cause = catalogued(main.slug);
  diagnosis.cause_key = main.key;
  diagnosis.confidence = main.confidence;
  const auto add_also = [&](const std::string& slug) {
    const bool is_known =
        slug == diagnosis.cause ||
        std::find(diagnosis.also.begin(), diagnosis.also.end(), slug) != diagnosis.also.end();
    if (!is_known) diagnosis.also.push_back(slug);
  };
  add_also(main.slug);
  for (std::size_t i = 0; i < causes.size(); ++i) {
    if (i > 0) add_also(causes[i].slug);
    const Text sentence =
        fault_sentence(causes[i].slug, sentence_facts(upstream, upstream.now(), causes[i]));
    if (sentence.empty()) continue;
    diagnosis.summary =
        diagnosis.summary.empty()
            ? sentence
            : verification_text("sentence.besides",
                                {{"sentences", diagnosis.summary}, {"sentence", sentence}});
  }
  if (diagnosis.summary.empty())
    diagnosis.summary = meaning_of(main.slug, upstream.symptom().scheme, upstream.knowledge());
}

/// The line tells another fault than what is seen now: say so, and be less sure.
void compare_with_line(UpstreamCase& upstream, Diagnosis& diagnosis) {
  const Symptom& symptom = upstream.symptom();
  const UpstreamVerdict& now = upstream.now();
  if (symptom.message.empty()) return;
  const bool is_same_code = symptom.verify_code && now.stage == UpstreamStage::verification &&
                            *symptom.verify_code == now.replay.verify_code;
  const bool is_same_name =
      !symptom.verify_code && now.stage == UpstreamStage::name && symptom.name == now.name.verified;
  if (is_same_code || is_same_name) return;
  const Text present = summary_of(now);
  diagnosis.evidence.push_back(
      {"replay", verification_text("line.tells_another_fault", {{"verdict", present}})});
  diagnosis.confidence *= 0.85;
}

/// A verdict on dates is a verdict of this host's clock.
void add_clock(UpstreamCase& upstream, Diagnosis& diagnosis) {
  const auto& faults = upstream.now().replay.faults;
  const bool is_about_dates = std::any_of(faults.begin(), faults.end(), [](const ReplayFault& one) {
    return one.code == X509_V_ERR_CERT_HAS_EXPIRED || one.code == X509_V_ERR_CERT_NOT_YET_VALID ||
           one.code == X509_V_ERR_CRL_HAS_EXPIRED || one.code == X509_V_ERR_CRL_NOT_YET_VALID;
  });
  if (!is_about_dates) return;
  const std::string now = date_text(upstream.surroundings().now);
  diagnosis.evidence.push_back({"clock", verification_text("evidence.clock", {{"time", now}})});
}

/// Members of the same group that are in another state.
void compare_members(UpstreamCase& upstream, Diagnosis& diagnosis) {
  constexpr std::size_t kMostMembers = 8;
  const UpstreamView& view = upstream.view();
  if (!upstream.place().member || view.destination == nullptr || view.destination->group == nullptr)
    return;
  if (upstream.surroundings().prober->scope() != ProbeScope::all) return;
  const auto& servers = view.destination->group->servers;
  for (std::size_t i = 0; i < servers.size() && i < kMostMembers; ++i) {
    if (i == *upstream.place().member || servers[i].is_down || !servers[i].is_valid ||
        upstream.is_late())
      continue;
    UpstreamPlace place = upstream.place();
    place.member = i;
    const UpstreamVerdict verdict = upstream.judge_place(place);
    const bool is_same = verdict.stage == upstream.now().stage &&
                         verdict.replay.verify_code == upstream.now().replay.verify_code;
    if (is_same || verdict.stage == UpstreamStage::untested) continue;
    const Text state = summary_of(verdict);
    const std::string name = servers[i].address.text();
    diagnosis.evidence.push_back(
        {"peer", verification_text("evidence.member", {{"member", name}, {"verdict", state}})});
  }
}

/// As nginx reads it; as it is written, while it was not looked at. "-": none.
std::string trusted_file(const UpstreamCase& upstream) {
  if (!upstream.now().trusted_file.empty()) return upstream.now().trusted_file;
  const std::string_view written = upstream.view().target->settings.trusted_certificate.first();
  return written.empty() ? "-" : std::string(written);
}

constexpr std::size_t kMostDrawn = 12;

/// A ';' in a name would begin a fact.
std::string name_of(std::string subject) {
  std::replace(subject.begin(), subject.end(), ';', ',');
  return subject.empty() ? "?" : subject;
}

void add_fact(Text& words, const Text& fact) {
  words = verification_text("chain.next_fact", {{"facts", words}, {"fact", fact}});
}

/// "CN=leaf; signed by CN=CA; until 2026-12-01 00:00:00 UTC".
Text words_of(const CertificateFacts& facts) {
  Text words{name_of(facts.subject), name_of(facts.subject)};
  add_fact(words, facts.self_signed
                      ? verification_text("chain.self_signed")
                      : verification_text("chain.signed_by", {{"issuer", name_of(facts.issuer)}}));
  add_fact(words, verification_text("chain.until", {{"date", date_text(facts.not_after)}}));
  return words;
}

bool holds(const std::vector<Der>& trusted, const std::string& subject) {
  return std::any_of(trusted.begin(), trusted.end(), [&](const Der& der) {
    const auto one = Certificate::from_der(der);
    return one && one.value().facts().subject == subject;
  });
}

/// The issuer that the chain does not come to.
Evidence missing_link(const UpstreamVerdict& verdict, const CertificateFacts& below,
                      const std::string& file) {
  Evidence link{.kind = "chain_missing", .text = {name_of(below.issuer), name_of(below.issuer)}};
  const std::vector<ReplayFault>& faults = verdict.replay.faults;
  const bool is_too_deep = std::any_of(faults.begin(), faults.end(), [](const ReplayFault& one) {
    return one.code == X509_V_ERR_CERT_CHAIN_TOO_LONG;
  });
  if (!holds(verdict.input.trusted, below.issuer)) {
    add_fact(link.text, verification_text("chain.in_neither", {{"file", file}}));
  } else if (is_too_deep) {
    link.kind = "chain_trusted";
    add_fact(link.text, verification_text("chain.too_deep", {{"file", file}}));
  } else {
    add_fact(link.text, verification_text("chain.namesake", {{"file", file}}));
  }
  return link;
}

/// The chain as nginx's verification sees it, leaf first, a piece of evidence a certificate:
/// "SUBJECT; fact; fact". Kinds: "chain_sent", "chain_trusted" (of the trusted file), "chain_fault"
/// (its last fact says what is wrong there), "chain_missing" (nobody has it), "chain_unused" (sent
/// in vain). Adds nothing where there is no chain.
void add_chain_picture(const UpstreamVerdict& verdict, Diagnosis& diagnosis) {
  if (!verdict.has_chain() || !verdict.observation) return;
  const auto& sent = verdict.observation->seen.chain;
  const ReplayResult& replay = verdict.replay;
  const std::string file = verdict.trusted_file.empty() ? "-" : verdict.trusted_file;
  const CertificateFacts* below = nullptr;
  for (std::size_t depth = 0; depth < replay.built_chain.size() && depth < kMostDrawn; ++depth) {
    const bool is_trusted = replay.ends_in_trust && depth + 1 == replay.built_chain.size();
    const auto found = std::find_if(sent.begin(), sent.end(), [&](const PeerCertificate& one) {
      return one.facts.sha256 == replay.built_chain[depth];
    });
    const auto fault =
        std::find_if(replay.faults.begin(), replay.faults.end(),
                     [&](const ReplayFault& one) { return one.depth == static_cast<int>(depth); });
    Evidence link{.kind = "chain_sent", .text = {}};
    if (found != sent.end()) link.text = words_of(found->facts);
    else if (below != nullptr) link.text = {name_of(below->issuer), name_of(below->issuer)};
    else return;  // the leaf is always among what was sent
    if (is_trusted || found == sent.end()) {
      add_fact(link.text, verification_text("chain.in_file", {{"file", file}}));
      link.kind = "chain_trusted";
    }
    if (fault != replay.faults.end()) {
      const std::string words =
          verify_code_text(fault->code) + " (" + std::to_string(fault->code) + ")";
      add_fact(link.text, {words, words});
      link.kind = "chain_fault";
    } else if (depth == 0 && !replay.name_matches) {
      add_fact(link.text,
               verification_text("chain.other_name", {{"name", name_of(verdict.name.verified)}}));
      link.kind = "chain_fault";
    }
    diagnosis.evidence.push_back(std::move(link));
    below = found == sent.end() ? nullptr : &found->facts;
  }
  if (!replay.ends_in_trust && below != nullptr && !below->self_issued) {
    diagnosis.evidence.push_back(missing_link(verdict, *below, file));
  }
  for (const PeerCertificate& one : sent) {
    const bool is_used = std::find(replay.built_chain.begin(), replay.built_chain.end(),
                                   one.facts.sha256) != replay.built_chain.end();
    if (is_used || sent.size() > kMostDrawn) continue;
    Text words = words_of(one.facts);
    add_fact(words, verification_text("chain.unused"));
    diagnosis.evidence.push_back({"chain_unused", std::move(words)});
  }
}

}  // namespace

void add_upstream_evidence(UpstreamCase& upstream, Diagnosis& diagnosis) {
  const UpstreamView& view = upstream.view();
  const UpstreamVerdict& now = upstream.now();
  diagnosis.place = GoverningPlace{view.target->pass->name, view.target->pass->file->path,
                                   view.target->pass->line};
  if (!upstream.symptom().message.empty())
    diagnosis.evidence.push_back({"log", {upstream.symptom().message, upstream.symptom().message}});
  const std::string where =
      view.target->pass->file->path + ":" + std::to_string(view.target->pass->line);
  diagnosis.evidence.push_back(
      {"configuration",
       verification_text("evidence.governed", {{"directive", view.target->pass->name},
                                               {"place", where},
                                               {"why", upstream.why_this_place()}})});
  const std::string on_off = now.verifies ? "on" : "off";
  std::string settings =
      view.directive("ssl_verify") + " " + on_off + ", " + view.directive("ssl_verify_depth") +
      " " + std::to_string(now.input.depth) + ", " + view.directive("ssl_trusted_certificate") +
      " " + trusted_file(upstream) + ", " + view.directive("ssl_server_name") + " " +
      (view.target->settings.server_name.is_on() ? "on" : "off");
  if (!now.crl_file.empty()) settings += ", " + view.directive("ssl_crl") + " " + now.crl_file;
  const std::string name = now.name.is_known ? "\"" + now.name.verified + "\"" : "?";
  diagnosis.evidence.push_back(
      {"configuration",
       verification_text("evidence.settings", {{"settings", settings}, {"name", name}})});
  if (now.observation) {
    const std::string seen = summary_of(now.observation->seen);
    const std::string peer = to_string(now.observation->address);
    const std::string chain = joined(now.observation->seen.chain, " ← ",
                                     [](const PeerCertificate& one) { return one.facts.subject; });
    diagnosis.evidence.push_back(
        {"peer", chain.empty()
                     ? verification_text("evidence.peer", {{"peer", peer}, {"seen", seen}})
                     : verification_text("evidence.peer_sends",
                                         {{"peer", peer}, {"seen", seen}, {"chain", chain}})});
  }
  const Text verdict = summary_of(now);
  diagnosis.evidence.push_back(
      {now.has_chain()   ? "replay"
       : now.observation ? "peer"
                         : "configuration",
       verification_text("evidence.verdict",
                         {{"verdict", verdict}, {"under", upstream.ran_under()}})});
  add_chain_picture(now, diagnosis);
  diagnosis.would_log = would_log(now);
}

Diagnosis diagnose_verification(UpstreamCase& upstream) {
  Diagnosis diagnosis;
  add_upstream_evidence(upstream, diagnosis);
  const KnownMaterial known(upstream);
  const RepairSearch search = find_repairs(upstream, upstream.new_patch(), upstream.now(), known);
  const std::vector<FoundCause> causes = find_causes(upstream, search, known);
  conclude(upstream, causes, diagnosis);
  compare_with_line(upstream, diagnosis);
  compare_members(upstream, diagnosis);
  add_clock(upstream, diagnosis);
  for (const RepairedState& solution : search.solutions) {
    if (auto fix = fix_of(upstream, solution)) diagnosis.fixes.push_back(std::move(fix).value());
  }
  if (!search.solutions.empty())
    add_proved_chain_fix(upstream, causes, search.solutions.front(), diagnosis);
  add_other_fixes(upstream, causes, diagnosis);
  if (search.solutions.empty()) say_needed_edits(upstream, search.furthest, diagnosis);
  if (search.was_cut) {
    diagnosis.evidence.push_back({"replay", verification_text("evidence.search_cut")});
  }
  try_verification_dead_ends(upstream, diagnosis);
  return diagnosis;
}

}  // namespace handshaked::diagnose
