"""Outages and rotations as the public knows them, each built with real certificates: preflight names it before, the real nginx logs it after,
and the fix that was given before prevents it."""
import contextlib
import pathlib
import socket
import ssl

from faults.generator.pki import Pki
from support.ports import LOOPBACK
from support.preflight_bench import PreflightBench
from support.scenario import expect, expect_equal, require_program, run

NAMES = ["DNS:api.corp.test"]
LATER = 20  # days: what ends within ten is over then
SITE = """    ssl_protocols TLSv1.2;
    server {
        listen 127.0.0.1:%%d ssl;
        server_name www.corp.test;
        ssl_certificate tls/site.pem;
        ssl_certificate_key tls/site.key;
        %s
        location / { return 200 "fine"; }
    }"""


def date_in(pki, days):
    return pki._date(days)[:4] + "-" + pki._date(days)[4:6] + "-" + pki._date(days)[6:8]


def leaf_of(pki, issuer, subject="/O=Corp/CN=api.corp.test", names=NAMES, **more):
    return pki.issue(subject, issuer, names=names, **more)


def get_over_tls(bench, certificate=None, key=None):
    """A request to a listener of ours; whether it was answered with 200."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(certificate, key)
    with contextlib.suppress(OSError):
        with context.wrap_socket(socket.create_connection((LOOPBACK, bench.nginx.port), 10), server_hostname="www.corp.test") as connection:
            connection.sendall(b"GET / HTTP/1.0\r\nHost: www.corp.test\r\n\r\n")
            return connection.recv(4096).startswith(b"HTTP/1.1 200")
    return False


def end_of_a_cross_signed_root(t, pki):
    """2021: the old root that signed the new one ends; who trusts the old one alone is cut off."""
    def world(shift):
        old = pki.issue("/O=Old Trust/CN=Old Root X3", is_ca=True, days=(-900 - shift, 10 - shift))
        new = pki.issue("/O=New Trust/CN=New Root X1", is_ca=True, days=(-400, 3000))
        crossed = pki.issue("/O=New Trust/CN=New Root X1", old, is_ca=True, days=(-400 - shift, 900 - shift))
        issuing = pki.issue("/O=New Trust/CN=R3", new, is_ca=True, days=(-300 - shift, 800 - shift))
        return old, new, [leaf_of(pki, issuing, days=(-30 - shift, 60 - shift)), issuing, crossed]
    old, new, chain = world(0)
    old_later, _, chain_later = world(LATER)
    bench = PreflightBench(t, "cross-signed-root", chain, [old], "proxy_ssl_verify_depth 3;", store=[new])
    report = bench.preflight("--at", date_in(pki, LATER))
    place = report.only("breaks")
    expect(place["cause"] in ("cross_signed_root_expired", "trusted_root_expired"), place["cause"])
    dates = bench.preflight("--until", date_in(pki, LATER)).only("breaks")
    expect(dates["at"].startswith(date_in(pki, 10)), "--until names the day on which the root ends, found %s" % dates["at"])

    def later():
        bench.serve(chain_later)
        trust = bench.tls / "trust.pem"
        trust.write_text(trust.read_text().replace(old.pem.strip(), old_later.pem.strip()))
    bench.shows(place, later, undo=lambda: bench.serve(chain))


def deeper_hierarchy(t, pki):
    """A CA puts a second intermediate in: more than nginx's depth of 1."""
    root = pki.issue("/O=Corp/CN=Corp Root", is_ca=True)
    first = pki.issue("/O=Corp/CN=Corp Policy CA", root, is_ca=True)
    second = pki.issue("/O=Corp/CN=Corp Issuing CA", first, is_ca=True)
    old, new = [leaf_of(pki, first), first], [leaf_of(pki, second), second, first]
    bench = PreflightBench(t, "deeper", old, [root], store=[root])
    place = bench.preflight("--peer", bench.peer_address, "--chain", bench.file("new.pem", new)).only("breaks")
    expect(place["cause"] == "verify_depth_too_small", place["cause"])
    expect(place["rollout"][0]["when"] == "before_the_change", "a greater depth works today as well: %s" % place["rollout"])
    bench.shows(place, lambda: bench.serve(new), undo=lambda: bench.serve(old))


def root_replaced_in_a_bundle(t, pki):
    """A new bundle has the new root, and the old one is gone before the last peer has changed."""
    root, fresh = pki.issue("/O=Corp/CN=Corp Root G1", is_ca=True), pki.issue("/O=Corp/CN=Corp Root G2", is_ca=True)
    bench = PreflightBench(t, "bundle", [leaf_of(pki, root)], [root])
    planned = bench.file("new-trust.pem", [fresh])
    place = bench.preflight("--trust", "tls/trust.pem=%s" % planned).only("breaks")
    bench.shows(place, lambda: bench.put("trust.pem", planned), patch_after_change=True)


def weak_key_under_a_new_openssl(t, pki):
    """An OpenSSL whose default level is 2 refuses RSA below 2048 bits."""
    root = pki.issue("/O=Corp/CN=Corp Root", is_ca=True)
    weak, strong = [leaf_of(pki, root, kind="rsa1024")], [leaf_of(pki, root, kind="rsa")]
    level = t.directory / "level-1.cnf"
    level.write_text("openssl_conf=o\n[o]\nssl_conf=s\n[s]\nsystem_default=d\n[d]\nCipherString=DEFAULT@SECLEVEL=1\n")
    today = {"OPENSSL_CONF": str(level)}
    bench = PreflightBench(t, "weak-key", weak, [root], options=["-cipher", "ALL:@SECLEVEL=0"], environment=today)
    place = bench.preflight("--openssl", "3.5").only("breaks")
    expect(place["cause"] == "upstream_cert_weak_key", place["cause"])
    better = ["--peer", bench.peer_address, "--chain", bench.file("better.pem", strong)]
    expect(bench.preflight("--openssl", "3.5", *better).only("still_works"), "the certificate that is asked for is good enough")

    def other_openssl():
        bench.nginx.process._environment.pop("OPENSSL_CONF")
    expect(any(fix["owner"] == "upstream" and fix["message"] for fix in place["fixes"]), "the words for the upstream are missing")
    bench.shows(place, other_openssl, undo=lambda: bench.nginx.process._environment.update(today), prevent=lambda: bench.serve(strong))


def old_versions_leave_the_defaults(t, pki):
    """nginx 1.27.3 and newer speak neither TLS 1.0 nor 1.1 unless they are told to."""
    root = pki.issue("/O=Corp/CN=Corp Root", is_ca=True)
    bench = PreflightBench(t, "tls1", [leaf_of(pki, root, kind="rsa")], [root], "proxy_ssl_ciphers DEFAULT@SECLEVEL=0;",
                           options=["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
    report = bench.preflight("--nginx", "1.28")
    expect(any("1.27.3" in change for change in report.json["changes"]), "the source of the new default: %s" % report.json["changes"])
    place = report.only("breaks")
    conf = bench.conf / "nginx.conf"

    def new_default():
        conf.write_text(conf.read_text().replace("http {", "http {\n    proxy_ssl_protocols TLSv1.2 TLSv1.3;", 1))
    kept = next(number for number, fix in enumerate(place["fixes"]) if fix["id"] == "keep-old-default")
    expect_equal(place["fixes"][kept]["proof"]["status"], "proved", "the proof of the old default")
    bench.shows(place, new_default, fix=kept)


def end_of_an_ocsp_responder(t, pki):
    """2025: certificates come without a responder, and stapling ends with a warning."""
    root = pki.issue("/O=Corp/CN=Corp Root", is_ca=True)
    old = leaf_of(pki, root, names=["DNS:www.corp.test"], extra=["authorityInfoAccess=OCSP;URI:http://127.0.0.1:9/"])
    new = leaf_of(pki, root, names=["DNS:www.corp.test"])
    bench = PreflightBench(t, "ocsp", server=SITE % "ssl_stapling on;", store=[root])
    bench.put("site.pem", old, root)
    bench.put("site.key", old.key)
    planned = bench.file("new.pem", [new, root])
    place = bench.preflight("--certificate", planned).only("weakens")
    expect("stapling" in place["would_log"], place["would_log"])
    bench.shows(place, lambda: bench.put("site.pem", planned), works=lambda: get_over_tls(bench), goes_on=True)


def leaf_without_the_name(t, pki):
    """A renewed certificate has the host's name in its subject only, and another one in SAN."""
    root = pki.issue("/O=Corp/CN=Corp Root", is_ca=True)
    old, new, right = [leaf_of(pki, root)], [leaf_of(pki, root, names=["DNS:node-4711.internal.test"], label="v2")], [leaf_of(pki, root, label="v2")]
    bench = PreflightBench(t, "san", old, [root])
    place = bench.preflight("--peer", bench.peer_address, "--chain", bench.file("new.pem", new)).only("breaks")
    expect("does not match" in place["would_log"], place["would_log"])
    expect(any("api.corp.test" in fix.get("message", "") for fix in place["fixes"]), "the words for whoever issues it: %s" % place["fixes"])
    expect(bench.preflight("--peer", bench.peer_address, "--chain", bench.file("right.pem", right)).only("still_works"), "the name is back")
    current = []

    def change():
        bench.serve(current[0] if current else new)
    bench.shows(place, change, undo=lambda: bench.serve(old), prevent=lambda: current.append(right))


def intermediate_with_another_key(t, pki):
    """The CA has a new intermediate of the same name; the server sends the old one behind the new leaf."""
    root = pki.issue("/O=Corp/CN=Corp Root", is_ca=True)
    old_ca = pki.issue("/O=Corp/CN=Corp Issuing CA", root, is_ca=True, label="issuing-1")
    new_ca = pki.issue("/O=Corp/CN=Corp Issuing CA", root, is_ca=True, label="issuing-2")
    old, new = [leaf_of(pki, old_ca), old_ca], [leaf_of(pki, new_ca, label="second"), old_ca]
    bench = PreflightBench(t, "rekeyed", old, [root], store=[root, new_ca])
    place = bench.preflight("--peer", bench.peer_address, "--chain", bench.file("new.pem", [*new, root])).only("breaks")
    expect(place["cause"] in ("upstream_wrong_intermediate", "upstream_chain_incomplete"), place["cause"])
    bench.shows(place, lambda: bench.serve([*new, root]), undo=lambda: bench.serve(old))


def client_ca_rolled(t, pki):
    """The new client CA replaces the old one while clients still have certificates of the old."""
    root = pki.issue("/O=Corp/CN=Corp Root", is_ca=True)
    old_ca, new_ca = pki.issue("/O=Corp/CN=Clients G1", is_ca=True), pki.issue("/O=Corp/CN=Clients G2", is_ca=True)
    client = pki.issue("/O=Corp/CN=device-7", old_ca, usage="clientAuth")
    site = leaf_of(pki, root, names=["DNS:www.corp.test"])
    bench = PreflightBench(t, "client-ca", server=SITE % "ssl_verify_client on; ssl_client_certificate tls/clients.pem;", store=[root])
    bench.put("site.pem", site)
    bench.put("site.key", site.key)
    bench.put("clients.pem", old_ca)
    planned = bench.file("clients.pem", [new_ca])
    change = ["--trust", "tls/clients.pem=%s" % planned]
    expect("Clients G1" in bench.preflight(*change).only("breaks")["summary"], "without any client's chain the CA is named that goes")
    place = bench.preflight(*change, "--client-chain", client.file).only("breaks")
    expect("device-7" in place["summary"], place["summary"])
    bench.shows(place, lambda: bench.put("clients.pem", planned), works=lambda: get_over_tls(bench, client.file, client.key), patch_after_change=True)


def crl_not_renewed(t, pki):
    """A CRL file that nobody renews: on the day it ends every handshake fails."""
    root = pki.issue("/O=Corp/CN=Corp Root", is_ca=True)
    dying, fresh = pki.crl(root, days=(-5, 10)), pki.crl(root, days=(-1, 200))
    dead = pki.crl(root, days=(-5 - LATER, 10 - LATER))
    bench = PreflightBench(t, "crl", [leaf_of(pki, root)], [root], "proxy_ssl_crl tls/crl.pem;", store=[root, fresh])
    bench.put("crl.pem", dying)
    place = bench.preflight("--at", date_in(pki, LATER)).only("breaks")
    expect(place["cause"] == "crl_expired", place["cause"])

    def later():
        crl = bench.tls / "crl.pem"
        crl.write_text(crl.read_text().replace(pathlib.Path(dying).read_text().strip(), pathlib.Path(dead).read_text().strip()))
    bench.shows(place, later)
    expect(bench.preflight("--crl", "tls/crl.pem=%s" % bench.file("fresh.pem", [fresh]), "--at", date_in(pki, LATER)).only("still_works"),
           "with the list renewed nothing happens")


def wildcard_of_one_level_less(t, pki):
    """*.eu.corp.test becomes *.corp.test, which covers no host of eu.corp.test."""
    root = pki.issue("/O=Corp/CN=Corp Root", is_ca=True)
    old, new = [leaf_of(pki, root, names=["DNS:*.eu.corp.test"])], [leaf_of(pki, root, names=["DNS:*.corp.test"])]
    bench = PreflightBench(t, "wildcard", old, [root])
    conf = bench.conf / "nginx.conf"
    conf.write_text(conf.read_text().replace("proxy_ssl_name api.corp.test;", "proxy_ssl_name api.eu.corp.test;"))
    place = bench.preflight("--peer", bench.peer_address, "--chain", bench.file("new.pem", new)).only("breaks")
    expect(place["cause"] == "upstream_wildcard_depth", place["cause"])
    right, current = [leaf_of(pki, root, names=["DNS:*.corp.test", "DNS:api.eu.corp.test"])], []

    def change():
        bench.serve(current[0] if current else new)
    bench.shows(place, change, undo=lambda: bench.serve(old), prevent=lambda: current.append(right))


def key_type_changed(t, pki):
    """RSA becomes ECDSA, and ssl_ciphers has suites for RSA alone."""
    root = pki.issue("/O=Corp/CN=Corp Root", is_ca=True)
    old = leaf_of(pki, root, names=["DNS:www.corp.test"], kind="rsa")
    new = leaf_of(pki, root, names=["DNS:www.corp.test"], kind="ec")
    bench = PreflightBench(t, "key-type", server=SITE % "ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384;", store=[root])
    bench.put("site.pem", old)
    bench.put("site.key", old.key)
    planned = bench.file("new.pem", [new])
    place = bench.preflight("--certificate", "tls/site.pem=%s" % planned, "--key", "tls/site.key=%s" % new.key).only("breaks")
    expect("no shared cipher" in place["would_log"], place["would_log"])

    def change():
        bench.put("site.pem", planned)
        bench.put("site.key", new.key)
    bench.shows(place, change, works=lambda: get_over_tls(bench))


def key_type_of_an_upstream_changed(t, pki):
    """The same on the other side: proxy_ssl_ciphers has suites for RSA alone."""
    root = pki.issue("/O=Corp/CN=Corp Root", is_ca=True)
    old, new = [leaf_of(pki, root, kind="rsa")], [leaf_of(pki, root, kind="ec")]
    bench = PreflightBench(t, "upstream-key-type", old, [root],
                           "proxy_ssl_protocols TLSv1.2; proxy_ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256;")
    place = bench.preflight("--peer", bench.peer_address, "--chain", bench.file("new.pem", new)).only("breaks")
    bench.shows(place, lambda: bench.serve(new), undo=lambda: bench.serve(old))


def client_certificate_rotated(t, pki):
    """nginx's own client certificate comes from a new CA, which the upstream does not know yet."""
    root, old_ca, new_ca = [pki.issue("/O=Corp/CN=" + name, is_ca=True) for name in ("Corp Root", "Gateways G1", "Gateways G2")]
    old, new = [pki.issue("/O=Corp/CN=gateway", ca, usage="clientAuth", label=ca.subject) for ca in (old_ca, new_ca)]
    both = t.directory / "both-gateway-cas.pem"
    both.write_text(old_ca.pem + new_ca.pem)
    chain = [leaf_of(pki, root)]
    bench = PreflightBench(t, "client-certificate", chain, [root],
                           "proxy_ssl_protocols TLSv1.2; proxy_ssl_certificate tls/client.pem; proxy_ssl_certificate_key tls/client.key;",
                           options=["-Verify", "1", "-verify_return_error", "-CAfile", old_ca.file])
    bench.put("client.pem", old)
    bench.put("client.key", old.key)
    change = ["--client-cert", "tls/client.pem=%s" % new.file, "--key", "tls/client.key=%s" % new.key]
    place = bench.preflight(*change).only("breaks")

    def rotate():
        bench.put("client.pem", new)
        bench.put("client.key", new.key)

    def upstream_knows_both():
        bench.options[-1] = both
        bench.serve(chain)
    bench.shows(place, rotate, prevent=upstream_knows_both)


OUTAGES = [end_of_a_cross_signed_root, deeper_hierarchy, root_replaced_in_a_bundle, weak_key_under_a_new_openssl, old_versions_leave_the_defaults,
           end_of_an_ocsp_responder, leaf_without_the_name, intermediate_with_another_key, client_ca_rolled, crl_not_renewed,
           wildcard_of_one_level_less, key_type_changed, key_type_of_an_upstream_changed, client_certificate_rotated]


def story(t):
    require_program("nginx", "openssl", "patch")
    pki = Pki(t.directory / "pki")
    for outage in OUTAGES:
        t.step(outage.__name__.replace("_", " "))
        outage(t, pki)


run(story)
