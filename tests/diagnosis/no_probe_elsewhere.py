"""A log is written by strangers: whatever addresses and names stand in it, only peers of the configuration are connected to."""
import json
import os
import socket
import subprocess
import threading

from support.authority import Authority
from support.ports import free_port
from support.scenario import expect, expect_equal, run
from support.upstreams import TlsUpstream

LINE = ('2026/11/21 02:58:15 [error] 9#9: *%d upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking'
        ' to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET / HTTP/1.1", upstream: "https://%s/", host: "gw.corp.test"\n')


class Canary:
    """Counts who comes."""

    def __init__(self, t, address, port):
        self.visits = 0
        self._listener = socket.create_server((address, port))
        t.at_end(self._listener.close)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.visits += 1
            connection.close()


def story(t):
    authority = Authority(t)
    root = authority.root()
    peer = TlsUpstream(t, authority, "peer", authority.issue("api", "api.corp.test", root, ["DNS:api.corp.test"]))
    other_port = free_port()
    canaries = [Canary(t, "127.0.0.9", peer.port), Canary(t, "127.0.0.1", other_port)]
    prefix = t.directory / "nginx"
    (prefix / "conf").mkdir(parents=True)
    (prefix / "conf/ca.pem").write_bytes(root.file.read_bytes())
    (prefix / "conf/nginx.conf").write_text("""events { }
http { server { listen 127.0.0.1:%d; server_name gw.corp.test;
    location / { proxy_pass https://%s; proxy_ssl_verify on; proxy_ssl_name api.corp.test; proxy_ssl_trusted_certificate ca.pem; } } }
""" % (free_port(), peer.address))
    # 127.1 and 2130706433 are 127.0.0.1 for inet_aton(); the last one is what a sloppy parser makes of user information in a URL.
    hostile = ["127.0.0.9:%d" % peer.port, "127.0.0.1:%d" % other_port, "[::ffff:127.0.0.9]:%d" % peer.port, "127.9:%d" % peer.port,
               "2130706441:%d" % peer.port, "0x7f000009:%d" % peer.port, "0.0.0.0:%d" % other_port, "[::]:%d" % other_port,
               "169.254.169.254:80", "[fe80::1]:443", "224.0.0.1:443", "localhost:%d" % other_port, "%s@127.0.0.9:%d" % (peer.address, peer.port),
               "metadata.google.internal:80"]
    log = t.directory / "error.log"
    log.write_text("".join(LINE % (number, address) for number, address in enumerate([*hostile, peer.address])))
    probes = []
    for arguments in (["--log", log], ["--log", log, "--no-probe"]):
        done = subprocess.run([os.environ["HANDSHAKED"], "diagnose", "--rules", os.environ["HANDSHAKED_RULES"], "--nginx-conf", prefix / "conf/nginx.conf",
                               "--nginx-prefix", prefix, "--ca-store", root.file, "--format", "json", "--lang", "en", *arguments],
                              capture_output=True, timeout=60)
        expect_equal(done.returncode, 0, "exit code, with " + done.stderr.decode(errors="replace"))
        probes.append(json.loads(done.stdout)["incidents"])
    for canary in canaries:
        expect_equal(canary.visits, 0, "connections to an address that only the log names")
    for incidents in probes:
        for incident in incidents:
            if incident["place"]["peer"] == peer.address:
                continue
            for claim in [*incident["fixes"], *incident["dead_ends"]]:
                expect(claim["proof"]["status"] != "proved", "a claim is called proved of %s, which was never looked at" % incident["place"]["peer"])
    mine = [one for one in probes[0] if one["place"]["peer"] == peer.address]
    expect(mine and mine[0]["diagnosis"]["healthy_now"], "the one peer of the configuration is looked at, and works: %s" % json.dumps(mine)[:1500])


run(story)
