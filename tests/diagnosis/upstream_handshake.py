"""Handshakes that end before a certificate can be verified: plain peers, protocols, ciphers, client certificates, a PROXY header."""
import threading

from support.authority import Authority
from support.byte_pump import pump
from support.diagnosis_bench import DiagnosisBench, Situation
from support.scenario import run
from support.upstreams import RawUpstream, TlsUpstream, speak_plain_http


def alert(number):
    def send(connection):
        connection.recv(16384)
        connection.sendall(bytes([21, 3, 3, 0, 2, 2, number]))
        connection.recv(16384)
    return send


def behind_proxy_protocol(t, upstream):
    """Takes a PROXY line off and passes the rest on to a real TLS server; without the line it hangs up."""
    import socket

    def behaviour(connection):
        first = connection.recv(16384)
        if not first.startswith(b"PROXY "):
            return
        rest = first[first.index(b"\r\n") + 2:]
        inner = socket.create_connection(("127.0.0.1", upstream.port))
        inner.sendall(rest)
        back = threading.Thread(target=pump, args=(inner, connection), daemon=True)
        back.start()
        pump(connection, inner)
        back.join(2)
    return RawUpstream(t, behaviour)


def story(t):
    authority = Authority(t)
    root = authority.root()
    issuing = authority.issue("issuing", "Corp Issuing CA", root, is_authority=True)
    clients = authority.issue("clients", "Corp Client CA", root, is_authority=True)
    api = authority.issue("api", "api.corp.test", issuing, ["DNS:api.corp.test"])
    client = authority.issue("client", "gateway.corp.test", clients, ["DNS:gateway.corp.test"], purpose="clientAuth")

    bench = DiagnosisBench(t, cas=[root, issuing, clients])
    common = "proxy_ssl_verify on;\nproxy_ssl_name api.corp.test;\nproxy_ssl_trusted_certificate %s;" % bench.trust("corp.pem", root)

    def tls(name, *options):
        return TlsUpstream(t, authority, name, api, issuing, options=options)

    good, plain = tls("good"), RawUpstream(t, speak_plain_http)
    bench.add(Situation("one-plain", "proxy_pass https://mixed;\nproxy_next_upstream off;\n" + common, plain.address, "upstream_is_plain_http", True,
                        http="    upstream mixed { server %s; server %s backup; }" % (plain.address, good.address)))
    only13 = tls("only13", "-tls1_3")
    bench.add(Situation("protocols", "proxy_pass https://%s;\nproxy_ssl_protocols TLSv1.2;\n%s" % (only13.address, common), only13.address,
                        "proxy_ssl_protocols_mismatch", True, fix="TLSv1.3"))
    odd = tls("odd", "-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA")
    bench.add(Situation("ciphers", "proxy_pass https://%s;\nproxy_ssl_protocols TLSv1.2;\nproxy_ssl_ciphers ECDHE+AESGCM;\n%s"
                        % (odd.address, common), odd.address, "upstream_no_shared_cipher", True, fix="ECDHE-ECDSA-AES128-SHA"))
    mutual = tls("mutual", "-Verify", "3", "-CAfile", root.file, "-verify_return_error")
    bench.add(Situation("no-client-certificate", "proxy_pass https://%s;\n%s" % (mutual.address, common), mutual.address,
                        "upstream_requires_client_cert", False, owner="proxy", fix="proxy_ssl_certificate"))
    mutual_chain = tls("mutual-chain", "-Verify", "3", "-CAfile", root.file, "-verify_return_error")
    (bench.tls / "client.pem").write_bytes(client.file.read_bytes())
    (bench.tls / "client.key").write_bytes(client.key.read_bytes())
    bench.add(Situation("client-chain", "proxy_pass https://%s;\nproxy_ssl_certificate tls/client.pem;\nproxy_ssl_certificate_key tls/client.key;\n%s"
                        % (mutual_chain.address, common), mutual_chain.address, "proxy_client_chain_incomplete", True,
                        also=["upstream_rejects_client_cert_ca"]))
    # Certificates that lie about: one is of a CA that the peer names, the other is not.
    partners = authority.root("partners", "Partner Client CA")
    for name, issuer in (("partner", partners), ("someone", authority.root("strangers", "Strangers CA"))):
        lying = authority.issue(name, name + ".corp.test", issuer, purpose="clientAuth")
        (bench.tls / (name + "-client.pem")).write_bytes(lying.file.read_bytes())
        (bench.tls / (name + "-client.key")).write_bytes(lying.key.read_bytes())
    partner = TlsUpstream(t, authority, "partner", api, issuing, host="0.0.0.0", options=("-Verify", "3", "-CAfile", partners.file, "-verify_return_error"))
    bench.add(Situation("certificate-lies-about", "proxy_pass https://%s;\n%s" % (partner.address, common), partner.address,
                        "upstream_requires_client_cert", True, fix="partner-client.key"))
    bench.add(Situation("certificate-of-stranger", "proxy_pass https://%s;\nproxy_ssl_certificate tls/someone-client.pem;\n"
                        "proxy_ssl_certificate_key tls/someone-client.key;\n%s" % (partner.address.replace("127.0.0.1", "127.0.0.2"), common),
                        partner.address.replace("127.0.0.1", "127.0.0.2"), "upstream_rejects_client_cert_ca", True, fix="partner-client.pem"))
    refused = RawUpstream(t, alert(80))
    bench.add(Situation("alert-80", "proxy_pass https://%s;\n%s" % (refused.address, common), refused.address, "upstream_sent_alert_internal_error",
                        False, also=["upstream_sent_alert"], owner="upstream"))
    denied = RawUpstream(t, alert(49))
    bench.add(Situation("alert-49", "proxy_pass https://%s;\n%s" % (denied.address, common), denied.address, "upstream_sent_alert_access_denied",
                        False, also=["upstream_sent_alert"]))
    bench.judge()
    bench.expect_nginx_was_asked()


run(story)
