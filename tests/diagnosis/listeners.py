"""Faults on the listener's side: what our own server blocks show to clients, and which clients they let in."""
import socket
import ssl

from support.authority import Authority
from support.diagnosis_bench import DiagnosisBench, Situation
from support.ports import LOOPBACK, free_port
from support.scenario import expect, run


def client(port, name="www.corp.test", cafile=None, certificate=None, versions=None, curve=None, first=b""):
    """A function that makes one request over TLS and tells whether it was answered with 200."""
    def works():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if cafile:
            context.load_verify_locations(cafile)
            context.verify_mode = ssl.CERT_REQUIRED
        if versions:
            context.minimum_version, context.maximum_version = versions
        if curve:
            context.set_ecdh_curve(curve)
        if certificate:
            context.load_cert_chain(*certificate)
        try:
            with socket.create_connection((LOOPBACK, port), timeout=10) as raw:
                if first:
                    raw.sendall(first)
                with context.wrap_socket(raw, server_hostname=name) as tls:
                    tls.sendall(b"GET / HTTP/1.1\r\nHost: " + name.encode() + b"\r\nConnection: close\r\n\r\n")
                    return tls.recv(4096).startswith(b"HTTP/1.1 200")
        except (ssl.SSLError, OSError):
            return False
    return works


def story(t):
    authority = Authority(t)
    root = authority.root()
    issuing = authority.issue("issuing", "Corp Issuing CA", root, is_authority=True)
    clients_root = authority.root("clients-root", "Corp Client Root CA")
    clients = authority.issue("clients", "Corp Client CA", clients_root, is_authority=True)
    www = authority.issue("www", "www.corp.test", issuing, ["DNS:www.corp.test"])
    expired = authority.issue("www-expired", "www.corp.test", issuing, ["DNS:www.corp.test"], from_days=-90, to_days=-2)
    mobile = authority.issue("mobile", "mobile-7", clients, purpose="clientAuth")

    bench = DiagnosisBench(t, cas=[root, issuing, clients_root, clients])
    for name, chain in [("front", (www, issuing)), ("alone", (www,)), ("expired", (expired, issuing))]:
        bench.trust(name + ".pem", *chain)
        (bench.tls / (name + ".key")).write_bytes(chain[0].key.read_bytes())

    def server(listen, certificate, more, names):
        return "    server {\n        listen %s;\n        server_name %s;\n        ssl_certificate tls/%s.pem;\n        ssl_certificate_key tls/%s.key;\n%s        location / { return 200 ok; }\n    }" % (
            listen, names, certificate, certificate, "".join("        %s\n" % line for line in more.splitlines()))

    def add(name, certificate, works, cause, cured, more="", listen="", **rest):
        # During a handshake nginx logs the socket, afterwards the first server name.
        port, own_name = free_port(), name + ".corp.test"
        names = own_name + " www.corp.test"
        bench.add(Situation(name, "", ["%s:%d" % (LOOPBACK, port), own_name], cause, cured, works=works(port),
                            http=server("%s:%d ssl%s" % (LOOPBACK, port, listen), certificate, more, names), **rest))

    tls12 = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2)
    add("protocols", "front", lambda port: client(port, versions=tls12), "server_protocols_too_strict", True, "ssl_protocols TLSv1.3;",
        also=["client_protocol_too_old"], fix="TLSv1.2")
    add("curve", "front", lambda port: client(port, curve="prime256v1"), "no_shared_group", True, "ssl_ecdh_curve secp521r1;")
    add("proxy-protocol", "front", lambda port: client(port, first=b"PROXY TCP4 192.0.2.1 192.0.2.2 1000 443\r\n"), "proxy_protocol_unexpected",
        True, fix="proxy_protocol")
    add("proxy-protocol-2", "front", lambda port: client(port, first=b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12)),
        "proxy_protocol_unexpected", False, fix="proxy_protocol")
    add("chain", "alone", lambda port: client(port, cafile=root.file), "server_chain_incomplete", True, fix="BEGIN CERTIFICATE")
    add("expired", "expired", lambda port: client(port, cafile=root.file), "server_cert_expired", False, owner="proxy")
    add("client-root", "front", lambda port: client(port, certificate=(authority.bundle("mobile.chain", mobile, clients), mobile.key)),
        "client_ca_bundle_lacks_root", True,
        "ssl_verify_client on;\nssl_client_certificate %s;" % bench.trust("clients.pem", clients), also=["client_cert_unknown_ca"])
    bench.judge()
    expect({"protocols", "curve"} <= set(bench.asked_nginx), "nginx itself answered only " + ", ".join(bench.asked_nginx))


run(story)
