"""nginx writes its error log to syslog itself (`error_log syslog:server=…`), over UDP and over a Unix socket, with and without its host name: each
line is recognised, and its host taken along. After a `kill -9` of the daemon nginx goes on as before, without a restart of its own: what it wrote while
nobody listened is lost, and one line more for each socket that has to notice."""
import collections

from support.authority import Authority
from support.daemon import Daemon
from support.nginx import Nginx
from support.ports import free_port
from support.scenario import expect, expect_equal, run, wait_for
from support.upstreams import TlsUpstream

REQUESTS = 40
ORDINARY = 3300  # other lines, over each
WHILE_DOWN = 5


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
        "location = /%s { error_log syslog:server=%s; proxy_pass https://%s; }\nlocation /%s/ { error_log syslog:server=%s; root /nowhere; }\n" % (
            name, target, upstreams[name].address, name, target)
        for name, target in targets.items())))
    nginx.start()
    for name in targets:
        expect_equal(nginx.get("/%s/missing" % name, ORDINARY), [404] * ORDINARY, "status of a missing file")
        expect_equal(nginx.get("/" + name, REQUESTS), [502] * REQUESTS, "status of " + name)
    wanted = {upstream.address: REQUESTS for upstream in upstreams.values()}
    wait_for(lambda: daemon.counts_by_peer() == wanted, 20, lambda: "every line counted once: %r, not %r" % (daemon.counts_by_peer(), wanted))
    t.step("%d lines of TLS and %d others over each of %s" % (REQUESTS, ORDINARY, ", ".join(targets)))

    rules = collections.Counter(incident["rule_id"] for incident in daemon.incidents())
    expect_equal(dict(rules), {"nginx/upstream-verify-10-expired": 3}, "rules")
    for incident in daemon.incidents():
        expect(len(incident["hosts"]) == 1 and incident["hosts"][0], "hosts: %r" % incident["hosts"])

    daemon.kill()
    expect_equal(daemon.counts_by_peer(), wanted, "what was counted, after the kill")
    for name in targets:
        expect_equal(nginx.get("/" + name, WHILE_DOWN), [502] * WHILE_DOWN, "status of " + name + " while nobody listens")
    daemon.start()
    for name in targets:
        expect_equal(nginx.get("/" + name, REQUESTS), [502] * REQUESTS, "status of " + name)

    def lost():
        counted = daemon.counts_by_peer()
        return {name: wanted[upstream.address] + WHILE_DOWN + REQUESTS - counted[upstream.address] for name, upstream in upstreams.items()}
    wait_for(lambda: all(WHILE_DOWN <= number <= WHILE_DOWN + 1 for number in lost().values()), 20,
             lambda: "only the lines of meanwhile to be lost, and one at most to notice: %r" % lost())
    t.step("killed: of %d lines while nobody listened and %d after the start were lost: %r" % (WHILE_DOWN, REQUESTS, lost()))
    daemon.stop()
    expect(not socket.exists(), "the socket's file was left behind")


run(story)
