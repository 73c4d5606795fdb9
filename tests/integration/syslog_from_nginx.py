"""nginx writes its error log to syslog itself (`error_log syslog:server=…`), over UDP and over a Unix socket, with and without its host name: each
line is recognised, and its host taken along."""
import collections

from support.authority import Authority
from support.daemon import Daemon
from support.nginx import Nginx
from support.ports import free_port
from support.scenario import expect, expect_equal, run, wait_for
from support.upstreams import TlsUpstream

REQUESTS = 40


def story(t):
    authority = Authority(t)
    root = authority.root()
    leaf = authority.issue("expired", "api.corp.test", root, ["DNS:api.corp.test"], from_days=-400, to_days=-3)
    upstreams = {name: TlsUpstream(t, authority, name, leaf) for name in ("udp", "bare", "unix")}
    port, socket = free_port(), t.directory / "syslog.sock"
    daemon = Daemon(t, tables=[("[[syslog]]", {"listen": ["udp://127.0.0.1:%d" % port, "unixgram:%s" % socket], "socket_mode": "0666"})]).start()

    targets = {"udp": "127.0.0.1:%d,tag=edge" % port, "bare": "127.0.0.1:%d,nohostname" % port, "unix": "unix:%s" % socket}
    nginx = Nginx(t)
    nginx.configure("""
    proxy_ssl_verify on;
    proxy_ssl_name api.corp.test;
    proxy_ssl_trusted_certificate %s;
    server { listen 127.0.0.1:%d; server_name gw.corp.test;
    %s }""" % (root.file, nginx.port, "".join(
        "location /%s { error_log syslog:server=%s; proxy_pass https://%s; }\n" % (name, target, upstreams[name].address)
        for name, target in targets.items())))
    nginx.start()
    for name in targets:
        expect_equal(nginx.get("/" + name, REQUESTS), [502] * REQUESTS, "status of " + name)
    wanted = {upstream.address: REQUESTS for upstream in upstreams.values()}
    wait_for(lambda: daemon.counts_by_peer() == wanted, 20, lambda: "every line counted once: %r, not %r" % (daemon.counts_by_peer(), wanted))
    t.step("%d lines over each of %s" % (REQUESTS, ", ".join(targets)))

    rules = collections.Counter(incident["rule_id"] for incident in daemon.incidents())
    expect_equal(dict(rules), {"nginx/upstream-verify-10-expired": 3}, "rules")
    for incident in daemon.incidents():
        expect(len(incident["hosts"]) == 1 and incident["hosts"][0], "hosts: %r" % incident["hosts"])
    daemon.stop()
    expect(not socket.exists(), "the socket's file was left behind")


run(story)
