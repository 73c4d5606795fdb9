"""Faults of verification: a trust file, a depth, a chain or a date. Where the proxy can cure it, the patch does; where not, the words for its owner."""
from support.authority import Authority
from support.diagnosis_bench import DiagnosisBench, Situation
from support.scenario import run
from support.upstreams import TlsUpstream


def story(t):
    authority = Authority(t)
    root = authority.root()
    issuing = authority.issue("issuing", "Corp Issuing CA", root, is_authority=True)
    deep = authority.issue("deep", "Corp Deep CA", issuing, is_authority=True)
    partner = authority.root("partner", "Partner Root CA")
    stranger = authority.root("stranger", "Nobody's Root CA")
    old_root = authority.issue("old-root", "Corp Old Root CA", None, is_authority=True, from_days=-900, to_days=-5)
    names = ["DNS:api.corp.test"]

    def leaf(name, issuer=issuing, **more):
        return authority.issue(name, "api.corp.test", issuer, more.pop("names", names), **more)

    bench = DiagnosisBench(t, cas=[root, issuing, deep, partner])
    corp, other = bench.trust("corp.pem", root), bench.trust("other.pem", partner)
    only_issuing = bench.trust("only-issuing.pem", issuing)
    for name, chain, bundle, cause, cured, more in [
            ("ca-missing", (leaf("a"), issuing), other, "upstream_ca_not_trusted", True, {}),
            ("chain-incomplete", (leaf("b"),), corp, "upstream_chain_incomplete", True, {}),
            ("lacks-root", (leaf("c"), issuing), only_issuing, "trusted_bundle_lacks_root", True, {"also": ["upstream_ca_not_trusted"]}),
            ("depth", (leaf("d", deep), deep, issuing), corp, "verify_depth_too_small", True, {"fix": "proxy_ssl_verify_depth 2;"}),
            ("self-signed", (leaf("e", None),), corp, "upstream_self_signed", False, {"also": ["upstream_ca_not_trusted"]}),
            ("stranger", (leaf("f", stranger), stranger), corp, "upstream_ca_not_trusted", False, {}),
            ("expired", (leaf("g", from_days=-90, to_days=-1), issuing), corp, "upstream_cert_expired", False, {"owner": "upstream"}),
            ("expired-and-alone", (leaf("h", from_days=-90, to_days=-1),), corp, "upstream_cert_expired", False, {"owner": "upstream"}),
            ("future", (leaf("i", from_days=2), issuing), corp, "upstream_cert_not_yet_valid", False, {}),
            ("purpose", (leaf("j", purpose="clientAuth"), issuing), corp, "upstream_cert_wrong_usage", False, {"owner": "upstream"}),
            ("root-expired", (leaf("k", old_root),), bench.trust("old.pem", old_root), "trusted_root_expired", False, {})]:
        peer = TlsUpstream(t, authority, name, *chain)
        bench.add(Situation(name, """proxy_pass https://%s;
proxy_ssl_verify on;
proxy_ssl_name api.corp.test;
proxy_ssl_trusted_certificate %s;""" % (peer.address, bundle), peer.address, cause, cured, **more))
    peer = TlsUpstream(t, authority, "two-faults", leaf("l"), issuing)
    bench.add(Situation("two-faults", """proxy_pass https://%s;
proxy_set_header Host api.corp.test;
proxy_ssl_verify on;
proxy_ssl_trusted_certificate %s;""" % (peer.address, bench.trust("two.pem", partner)), peer.address, "upstream_ca_not_trusted", True,
                        also=["upstream_name_is_ip", "upstream_name_mismatch"], fix="proxy_ssl_name api.corp.test;"))
    bench.judge()
    bench.expect_nginx_was_asked()


run(story)
