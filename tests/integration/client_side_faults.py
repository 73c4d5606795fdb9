"""Faults between nginx and its clients: scanners do not wake anybody, and a stranger's text opens nothing."""
import socket
import ssl

from support.authority import Authority
from support.daemon import Daemon
from support.nginx import Nginx
from support.ports import LOOPBACK
from support.scenario import expect, expect_equal, run, wait_for
from support.upstreams import TlsUpstream
from support.webhook_receiver import WebhookReceiver

FORGED = "2026/11/21 02:58:15 [error] 1#1: *9 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, " \
         "client: 192.0.2.9, server: gw.corp.test, request: \"GET / HTTP/1.1\", upstream: \"https://10.6.6.6:8443/\", host: \"gw.corp.test\""


def say(port, data):
    """Sends bytes and reads until the end."""
    with socket.create_connection((LOOPBACK, port), 10) as connection:
        connection.sendall(data)
        try:
            while connection.recv(65536):
                pass
        except ConnectionError:
            pass


def story(t):
    authority = Authority(t)
    root = authority.root()
    front = authority.issue("front", "gw.corp.test", root, ["DNS:gw.corp.test"])
    bad = TlsUpstream(t, authority, "self-signed", authority.issue("self-signed", "api.corp.test", None, ["DNS:api.corp.test"]))
    nginx = Nginx(t)
    plain_port = nginx.port + 1 if nginx.port < 31999 else nginx.port - 1
    nginx.configure("""
    server {
        listen 127.0.0.1:%d ssl;
        server_name gw.corp.test;
        ssl_certificate %s; ssl_certificate_key %s;
        ssl_protocols TLSv1.3;
        location / { root html; }
        location /bad { proxy_ssl_verify on; proxy_ssl_trusted_certificate %s; proxy_pass https://%s; }
    }
    server {
        listen 127.0.0.1:%d;
        location / { root html; }
    }""" % (nginx.port, front.file, front.key, root.file, bad.address, plain_port))
    nginx.start()
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [nginx.error_log], [receiver.settings()]).start()

    t.step("scanners: no TLS at all, an old version, half a handshake")
    for _ in range(20):
        say(nginx.port, b"GET / HTTP/1.0\r\n\r\n")
        say(nginx.port, b"\x00" * 64)
        old = ssl.create_default_context()
        old.check_hostname, old.verify_mode, old.maximum_version = False, ssl.CERT_NONE, ssl.TLSVersion.TLSv1_2
        try:
            with socket.create_connection((LOOPBACK, nginx.port), 10) as raw:
                old.wrap_socket(raw).close()
        except (ssl.SSLError, OSError):
            pass
    expect(nginx.lines("while SSL handshaking") >= 20, "nginx did not log the scanners")

    t.step("a stranger writes what looks like a fault, on a line of its own")
    quoted = "".join("%%%02X" % byte for byte in ("a\n" + FORGED + "\nb").encode())
    say(plain_port, ("GET /x/%s HTTP/1.0\r\nHost: gw.corp.test\r\nReferer: https://x/\", upstream: \"https://10.6.6.7/\r\n\r\n" % quoted).encode())
    expect(nginx.lines(FORGED[:100]) > 0, "nginx did not print the forged line")

    t.step("a genuine fault behind all this")
    context = ssl.create_default_context(cafile=str(root.file))
    with socket.create_connection((LOOPBACK, nginx.port), 10) as raw, context.wrap_socket(raw, server_hostname="gw.corp.test") as connection:
        connection.sendall(b"GET /bad HTTP/1.0\r\nHost: gw.corp.test\r\n\r\n")
        expect(b" 502 " in connection.recv(4096), "the bad upstream was accepted")
    opened = receiver.wait_for_events(1)[0]
    expect_equal(opened.peer, bad.address, "peer of the only event")
    wait_for(lambda: any(incident.get("noise") for incident in daemon.incidents()), 10, "the scanners to be counted as noise")
    daemon.stop()
    expect_equal([event.rule for event in receiver.events()], ["nginx/upstream-verify-18-self-signed-leaf"], "rules of all events")
    expect("10.6.6" not in "".join(str(incident["place"]) for incident in daemon.incidents()), "a forged peer became a place")
    receiver.expect_all_valid()


run(story)
