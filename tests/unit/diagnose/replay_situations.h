#pragma once

#include <string>
#include <vector>

#include "diagnose/tls/chain_replay.h"
#include "test_pki.h"

namespace handshaked::diagnose {

/// One situation of a PKI: what the peer sends, what nginx is configured with, and what nginx 1.22
/// with OpenSSL 3.0 says to it.
struct Situation {
  std::string name;
  std::vector<TestIdentity> chain;  ///< the leaf's key is needed to serve it
  std::vector<std::string> trusted_pem;
  std::vector<std::string> trusted;  ///< the same, DER
  std::vector<std::string> crls;
  int depth = 1;
  std::string expected_name = "leaf.test";
  VerifiedSide side = VerifiedSide::server;
  int code = 0;
  bool name_matches = true;
};

/// Makes situations in a few words.
class SituationTable {
 public:
  SituationTable() {
    add_missing_and_wrong();
    add_depth();
    add_self_signed();
    add_dates();
    add_other_paths();
    add_usage_and_constraints();
    add_weakness();
    add_crls();
    add_names();
    add_clients();
  }
  const std::vector<Situation>& all() const { return all_; }

 private:
  using Options = TestCertificateOptions;

  Situation& add(std::string name, std::vector<TestIdentity> chain,
                 const std::vector<TestIdentity>& trusted, int code) {
    Situation situation;
    situation.name = std::move(name);
    situation.chain = std::move(chain);
    for (const TestIdentity& one : trusted) {
      situation.trusted.push_back(one.der());
      situation.trusted_pem.push_back(one.pem());
    }
    situation.code = code;
    return all_.emplace_back(std::move(situation));
  }

  void add_missing_and_wrong() {
    add("a good chain", {leaf, issuing}, {root}, 0);
    add("root missing", {leaf, issuing}, {other_root}, 20);
    add("root sent and not trusted", {leaf, issuing, root}, {other_root}, 19);
    add("intermediate missing", {leaf}, {root}, 21);
    add("intermediate missing and trusted", {leaf}, {root, issuing}, 0);
    add("wrong intermediate", {leaf, other_root.intermediate("Other Issuing")}, {root}, 21);
    add("namesake of the intermediate with another key", {leaf, root.intermediate("Issuing")},
        {root}, 21);
    add("out of order", {leaf, root, issuing}, {root}, 0);
    add("leaf in the bundle, alone sent", {leaf}, {leaf}, 21);
    add("leaf in the bundle, chain sent", {leaf, issuing}, {leaf}, 20);
    add("intermediate only in the bundle", {leaf, issuing}, {issuing}, 2);
    add("leaf sent twice", {leaf, leaf, issuing}, {root}, 0);
    const auto rekeyed = TestIdentity::root("Root");
    add("re-keyed root, key ids", {leaf, issuing}, {rekeyed}, 20);
    add("re-keyed root, key ids, both trusted", {leaf, issuing}, {rekeyed, root}, 0);
    Options no_ids;
    no_ids.has_key_ids = false;
    const auto bare_root = TestIdentity::root("Bare Root", no_ids);
    const auto bare_namesake = TestIdentity::root("Bare Root", no_ids);
    add("re-keyed root, no key ids", {bare_root.leaf("leaf.test", no_ids)}, {bare_namesake}, 7);
  }

  void add_depth() {
    const auto second = issuing.intermediate("Second Issuing");
    const auto deep = second.leaf();
    add("two intermediates, depth 1", {deep, second, issuing}, {root}, 20);
    add("two intermediates, depth 2", {deep, second, issuing}, {root}, 0).depth = 2;
    add("two intermediates, depth 1, root unknown", {deep, second, issuing}, {other_root}, 20);
    add("one intermediate, depth 0", {leaf, issuing}, {root}, 20).depth = 0;
    add("no intermediate, depth 0", {root.leaf()}, {root}, 0).depth = 0;
    add("two intermediates, one of them only trusted", {deep, second}, {root, issuing}, 2);
    add("two intermediates, all sent, depth 1", {deep, second, issuing, root}, {root}, 20);
  }

  void add_self_signed() {
    Options options;
    options.names = "DNS:leaf.test";
    const auto alone = TestIdentity::self_signed(options);
    add("self-signed", {alone}, {root}, 18);
    add("self-signed and pinned", {alone}, {alone}, 0);
    add("self-signed, its predecessor pinned", {TestIdentity::self_signed(options)}, {alone}, 18);
    options.from_days = -60;
    options.to_days = -1;
    const auto expired = TestIdentity::self_signed(options);
    add("self-signed, expired", {expired}, {root}, 10);
    add("self-signed, expired and pinned", {expired}, {expired}, 10);
  }

  void add_dates() {
    Options expired;
    expired.from_days = -60;
    expired.to_days = -1;
    Options future;
    future.from_days = 5;
    add("leaf expired", {issuing.leaf("leaf.test", expired), issuing}, {root}, 10);
    add("leaf expired, root missing", {issuing.leaf("leaf.test", expired), issuing}, {other_root},
        10);
    add("leaf expired, intermediate missing", {issuing.leaf("leaf.test", expired)}, {root}, 10);
    add("leaf not yet valid", {issuing.leaf("leaf.test", future), issuing}, {root}, 9);
    const auto expired_issuing = root.intermediate("Expired Issuing", expired);
    add("intermediate expired", {expired_issuing.leaf(), expired_issuing}, {root}, 10);
    const auto future_issuing = root.intermediate("Future Issuing", future);
    add("intermediate not yet valid", {future_issuing.leaf(), future_issuing}, {root}, 9);
    const auto expired_root = TestIdentity::root("Expired Root", expired);
    const auto below = expired_root.intermediate("Below");
    add("root expired", {below.leaf(), below}, {expired_root}, 10);
    const auto renewed = expired_root.recertified({.is_ca = true});
    add("root expired, renewed with its key and both trusted", {below.leaf(), below},
        {expired_root, renewed}, 0);
    const auto renewed_issuing = expired_issuing.recertified({.is_ca = true}, &root);
    add("intermediate expired, its renewal trusted", {expired_issuing.leaf(), expired_issuing},
        {root, renewed_issuing}, 0);
  }

  void add_other_paths() {
    Options expired;
    expired.from_days = -60;
    expired.to_days = -1;
    const auto old_root = TestIdentity::root("Old Root", expired);
    const auto crossed = root.recertified({.is_ca = true}, &old_root);
    add("cross-signed root sent, its own root trusted", {leaf, issuing, crossed}, {root}, 0);
    add("cross-signed root sent, only the old one trusted", {leaf, issuing, crossed}, {old_root},
        10)
        .depth = 2;
    add("cross-signed root sent, both trusted", {leaf, issuing, crossed}, {old_root, root}, 0);
    const auto crossed_root_in_bundle = root.recertified({.is_ca = true}, &other_root);
    add("bundle holds the cross-signed form only", {leaf, issuing}, {crossed_root_in_bundle}, 2);
  }

  void add_usage_and_constraints() {
    Options client_only;
    client_only.extended_usage = "clientAuth";
    add("client's certificate on a server", {issuing.leaf("leaf.test", client_only), issuing},
        {root}, 26);
    Options anything;
    anything.extended_usage = "";
    add("no extended usage", {issuing.leaf("leaf.test", anything), issuing}, {root}, 0);
    const auto no_ca = root.issue({.subject = "No CA"});
    add("issuer is no CA", {no_ca.leaf(), no_ca}, {root}, 32);
    const auto no_ca_but_signing =
        root.issue({.subject = "No CA But Signing", .usage = "keyCertSign"});
    add("issuer is no CA, though it may sign", {no_ca_but_signing.leaf(), no_ca_but_signing},
        {root}, 26);
    Options no_sign;
    no_sign.usage = "cRLSign";
    const auto mute = root.intermediate("Mute", no_sign);
    add("issuer may not sign", {mute.leaf(), mute}, {root}, 32);
    Options short_path;
    short_path.path_length = 0;
    const auto short_root = TestIdentity::root("Short Root", short_path);
    const auto too_deep = short_root.intermediate("Too Deep");
    add("path length", {too_deep.leaf(), too_deep}, {short_root}, 25);
    Options constrained;
    constrained.name_constraints = "permitted;DNS:other.test";
    const auto narrow = root.intermediate("Narrow", constrained);
    add("name constraints", {narrow.leaf(), narrow}, {root}, 47);
    Options critical;
    critical.more = "1.2.3.4.5=critical,ASN1:NULL";
    add("unknown critical extension", {issuing.leaf("leaf.test", critical), issuing}, {root}, 34);
    Situation& rejected = add("root rejected by its trust settings", {leaf, issuing}, {}, 26);
    rejected.trusted = {root.trusted_der(NID_server_auth, true)};
    rejected.trusted_pem = {root.trusted_pem(NID_server_auth, true)};
    Situation& trusted_for_mail = add("root trusted for mail only", {leaf, issuing}, {}, 26);
    trusted_for_mail.trusted = {root.trusted_der(NID_email_protect, false)};
    trusted_for_mail.trusted_pem = {root.trusted_pem(NID_email_protect, false)};
  }

  void add_weakness() {
    Options weak;
    weak.rsa_bits = 1024;
    add("weak key of the leaf", {issuing.leaf("leaf.test", weak), issuing}, {root}, 66);
    const auto weak_issuing = root.intermediate("Weak Issuing", weak);
    add("weak key of the intermediate", {weak_issuing.leaf(), weak_issuing}, {root}, 67);
    Options sha1;
    sha1.is_sha1 = true;
    add("SHA-1", {issuing.leaf("leaf.test", sha1), issuing}, {root}, 68);
  }

  void add_crls() {
    const auto with = [this](std::string name, std::vector<std::string> crls, int code) {
      add(std::move(name), {leaf, issuing}, {root}, code).crls = std::move(crls);
    };
    const std::string root_crl = make_crl(root, {}, -2, 30);
    const std::string issuing_crl = make_crl(issuing, {}, -2, 30);
    with("both CRLs", {root_crl, issuing_crl}, 0);
    with("CRL of the root missing", {issuing_crl}, 3);
    with("CRL of the intermediate missing", {root_crl}, 3);
    with("leaf revoked", {root_crl, make_crl(issuing, {&leaf}, -2, 30)}, 23);
    with("intermediate revoked", {make_crl(root, {&issuing}, -2, 30), issuing_crl}, 23);
    with("CRL expired", {root_crl, make_crl(issuing, {}, -30, -2)}, 12);
    with("CRL not yet valid", {root_crl, make_crl(issuing, {}, 2, 30)}, 11);
    with("CRL signed by another key", {root_crl, make_crl(issuing, {}, -2, 30, &other_root)}, 8);
    with("CRL expired and a fresh one", {root_crl, make_crl(issuing, {}, -30, -2), issuing_crl}, 0);
  }

  void add_names() {
    const auto named = [this](std::string name, const TestIdentity& one, std::string expected,
                              bool matches) {
      Situation& situation = add(std::move(name), {one, issuing}, {root}, 0);
      situation.expected_name = std::move(expected);
      situation.name_matches = matches;
    };
    const auto with_names = [this](std::string cn, std::string names) {
      return issuing.issue({.subject = std::move(cn), .names = std::move(names)});
    };
    named("another name", leaf, "other.test", false);
    named("an address of the certificate", with_names("leaf.test", "IP:127.0.0.1,DNS:leaf.test"),
          "127.0.0.1", false);
    named("an address as common name", with_names("127.0.0.1", ""), "127.0.0.1", true);
    named("common name only", with_names("leaf.test", ""), "leaf.test", true);
    named("common name beside a DNS name", with_names("leaf.test", "DNS:other.test"), "leaf.test",
          false);
    named("wildcard", with_names("x", "DNS:*.leaf.test"), "a.leaf.test", true);
    named("wildcard, a label too many", with_names("x", "DNS:*.leaf.test"), "a.b.leaf.test", false);
  }

  void add_clients() {
    Options client;
    client.extended_usage = "clientAuth";
    const auto as_client = [this](std::string name, std::vector<TestIdentity> chain,
                                  const std::vector<TestIdentity>& trusted,
                                  int code) -> Situation& {
      Situation& situation = add(std::move(name), std::move(chain), trusted, code);
      situation.side = VerifiedSide::client;
      return situation;
    };
    const auto visitor = issuing.leaf("visitor", client);
    as_client("client: good", {visitor, issuing}, {root}, 0);
    as_client("client: intermediate missing", {visitor}, {root}, 21);
    as_client("client: root missing in the bundle", {visitor, issuing}, {issuing}, 2);
    as_client("client: unknown CA", {visitor, issuing}, {other_root}, 20);
    as_client("client: server's certificate", {leaf, issuing}, {root}, 26);
    as_client("client: depth 0", {visitor, issuing}, {root}, 20).depth = 0;
    as_client("client: no CRL of the root", {visitor, issuing}, {root}, 3).crls = {
        make_crl(issuing, {}, -2, 30)};
    Options weak = client;
    weak.rsa_bits = 1024;
    as_client("client: weak key", {issuing.leaf("visitor", weak), issuing}, {root}, 66);
  }

  TestIdentity root = TestIdentity::root("Root");
  TestIdentity other_root = TestIdentity::root("Other Root");
  TestIdentity issuing = root.intermediate("Issuing");
  TestIdentity leaf = issuing.leaf();
  std::vector<Situation> all_;
};

inline ReplayInput replay_input(const Situation& situation, Time at) {
  ReplayInput input;
  for (const TestIdentity& one : situation.chain) input.chain.push_back(one.der());
  input.trusted = situation.trusted;
  input.crls = situation.crls;
  input.check_crls = !situation.crls.empty();
  input.depth = situation.depth;
  input.side = situation.side;
  if (situation.side == VerifiedSide::server) input.name = situation.expected_name;
  input.at = at;
  return input;
}

}  // namespace handshaked::diagnose
