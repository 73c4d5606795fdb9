"""Faults of names: what nginx compares with the certificate, and what it sends as SNI."""
from support.authority import Authority
from support.diagnosis_bench import DiagnosisBench, Situation
from support.nginx import Nginx
from support.scenario import run
from support.upstreams import TlsUpstream


def name_based(t, authority, name, default, served):
    """A real nginx that shows another certificate to those who do not ask for the name; `default` None: it refuses them."""
    backend = Nginx(t, name)
    first = "ssl_reject_handshake on;" if default is None else "ssl_certificate %s; ssl_certificate_key %s;" % default
    backend.configure("""
    server { listen 127.0.0.1:%d ssl default_server; server_name fallback.corp.test; %s return 421; }
    server { listen 127.0.0.1:%d ssl; server_name api.corp.test; ssl_certificate %s; ssl_certificate_key %s; return 200 "ok"; }
""" % (backend.port, first, backend.port, *served))
    backend.start()
    backend.address = "127.0.0.1:%d" % backend.port
    return backend


def story(t):
    authority = Authority(t)
    root = authority.root()
    issuing = authority.issue("issuing", "Corp Issuing CA", root, is_authority=True)
    api = authority.issue("api", "api.corp.test", issuing, ["DNS:api.corp.test"])
    full = authority.bundle("api.full", api, issuing)
    fallback = authority.issue("fallback", "fallback.corp.test", None, ["DNS:fallback.corp.test"])

    bench = DiagnosisBench(t, cas=[root, issuing])
    common = "proxy_ssl_verify on;\nproxy_ssl_trusted_certificate %s;" % bench.trust("corp.pem", root)

    def tls(name, *chain):
        return TlsUpstream(t, authority, name, *chain)

    pool = tls("pool", api, issuing)
    bench.add(Situation("pool", "proxy_pass https://api_pool;\nproxy_set_header Host api.corp.test;\n" + common, pool.address, "upstream_name_is_upstream_block", True,
                        also=["upstream_name_mismatch"], fix="proxy_ssl_name api.corp.test;",
                        http="    upstream api_pool { server %s; }" % pool.address))
    address = tls("address", api, issuing)
    bench.add(Situation("address", "proxy_pass https://%s;\nproxy_set_header Host api.corp.test;\n%s" % (address.address, common), address.address, "upstream_name_is_ip", True,
                        also=["upstream_name_mismatch"], fix="proxy_ssl_name api.corp.test;"))
    typo = tls("typo", api, issuing)
    bench.add(Situation("typo", "proxy_pass https://%s;\nproxy_ssl_name api.crop.test;\n%s" % (typo.address, common), typo.address,
                        "proxy_ssl_name_wrong", True, also=["upstream_name_mismatch"], fix="proxy_ssl_name api.corp.test;"))
    other = tls("other", authority.issue("billing", "billing.corp.test", issuing, ["DNS:billing.example.test"]), issuing)
    bench.add(Situation("other", "proxy_pass https://%s;\nproxy_ssl_name api.corp.test;\n%s" % (other.address, common), other.address,
                        "upstream_name_mismatch", False, also=["upstream_wrong_cert_served", "proxy_ssl_name_wrong"]))
    sni = name_based(t, authority, "sni", (fallback.file, fallback.key), (full, api.key))
    bench.add(Situation("sni", "proxy_pass https://%s;\nproxy_ssl_name api.corp.test;\n%s" % (sni.address, common), sni.address,
                        "upstream_sni_missing", True, fix="proxy_ssl_server_name on;", after=421))
    refusing = name_based(t, authority, "refusing", None, (full, api.key))
    bench.add(Situation("refusing", "proxy_pass https://%s;\nproxy_set_header Host api.corp.test;\nproxy_ssl_name api.corp.test;\n%s"
                        % (refusing.address, common), refusing.address, "upstream_sni_missing", True, fix="proxy_ssl_server_name on;"))
    bench.judge()
    bench.expect_nginx_was_asked()


run(story)
