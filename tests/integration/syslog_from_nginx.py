"""nginx writes its error log to syslog itself (`error_log syslog:server=…`), over UDP and over a Unix socket, with and without its host name: each
line is recognised, and its host taken along. After a `kill -9` of the daemon nginx goes on as before, without a restart of its own: what it wrote while
nobody listened is lost, and one line more for each socket that has to notice. Of a Unix socket's lines nginx drops those that the kernel does not take
at once (net.unix.max_dgram_qlen, 10 by default): over it they come few at a time."""
import collections

from support.authority import Authority
from support.daemon import Daemon
from support.nginx import Nginx
from support.ports import free_port
from support.scenario import expect, expect_equal, run, wait_for
from support.upstreams import TlsUpstream

REQUESTS = 40
ORDINARY = 5000  # other lines, over each that can carry them
AT_ONCE = 5  # fewer than net.unix.max_dgram_qlen
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

    def fail(name):
        """REQUESTS that fail by TLS."""
        address = upstreams[name].address
        counted = daemon.counts_by_peer().get(address, 0)
        step = AT_ONCE if name == "unix" else REQUESTS
        for begin in range(0, REQUESTS, step):
            expect_equal(nginx.get("/" + name, step), [502] * step, "status of " + name)
            if name == "unix":
                wait_for(lambda: daemon.counts_by_peer().get(address, 0) >= counted + begin + step, 20, "lines over a Unix socket to be counted")
    for name in ("udp", "bare"):
        expect_equal(nginx.get("/%s/missing" % name, ORDINARY), [404] * ORDINARY, "status of a missing file")
    for name in targets:
        fail(name)
    wanted = {upstream.address: REQUESTS for upstream in upstreams.values()}
    wait_for(lambda: daemon.counts_by_peer() == wanted, 20, lambda: "every line counted once: %r, not %r" % (daemon.counts_by_peer(), wanted))
    t.step("%d lines of TLS over each of %s, and %d others over UDP" % (REQUESTS, ", ".join(targets), 2 * ORDINARY))

    rules = collections.Counter(incident["rule_id"] for incident in daemon.incidents())
    expect_equal(dict(rules), {"nginx/upstream-verify-10-expired": 3}, "rules")
    for incident in daemon.incidents():
        expect(len(incident["hosts"]) == 1 and incident["hosts"][0], "hosts: %r" % incident["hosts"])

    daemon.kill()
    expect_equal(daemon.counts_by_peer(), wanted, "what was counted, after the kill")
    for name in targets:
        expect_equal(nginx.get("/" + name, WHILE_DOWN), [502] * WHILE_DOWN, "status of " + name + " while nobody listens")
    daemon.start()
    expect_equal(nginx.get("/unix"), [502], "status of unix")  # with this it notices, if it has not yet
    fail("udp")
    fail("bare")

    def lost():
        counted = daemon.counts_by_peer()
        sent = {name: WHILE_DOWN + (1 if name == "unix" else REQUESTS) for name in targets}
        return {name: wanted[upstream.address] + sent[name] - counted[upstream.address] for name, upstream in upstreams.items()}
    wait_for(lambda: all(WHILE_DOWN <= number <= WHILE_DOWN + 1 for number in lost().values()), 20,
             lambda: "only the lines of meanwhile to be lost, and one at most to notice: %r" % lost())
    t.step("killed, and %d lines while nobody listened; lost: %r" % (WHILE_DOWN, lost()))
    fail("unix")
    daemon.stop()
    expect(not socket.exists(), "the socket's file was left behind")


run(story)
