"""[diagnosis] watch: a peer of nginx's configuration gets a certificate of a CA that nginx does not trust. It is told, with its cause and its place, before
any request has failed; and it is over when the peer shows the old chain again. A renewal under the same CA is nobody's news."""
import shutil

from support.authority import Authority
from support.daemon import Daemon
from support.nginx import Nginx
from support.ports import LOOPBACK
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver


class ChangingPeer:
    """A real nginx as the upstream: it takes new certificates at a reload and never stops answering."""

    def __init__(self, t, certificate):
        self.nginx = Nginx(t, "peer")
        self.install(certificate)
        self.nginx.configure("""server { listen %s:%d ssl; ssl_certificate peer.pem; ssl_certificate_key peer.key; location / { return 204; } }"""
                             % (LOOPBACK, self.nginx.port))
        self.nginx.start()
        self.address = "%s:%d" % (LOOPBACK, self.nginx.port)

    def install(self, certificate):
        shutil.copy(certificate.key, self.nginx.prefix / "conf" / "peer.key")
        shutil.copy(certificate.file, self.nginx.prefix / "conf" / "peer.pem")

    def change(self, certificate):
        self.install(certificate)
        self.nginx.process.signal(1)


def story(t):
    authority = Authority(t)
    root, other = authority.root(), authority.root("other", "Other Root CA")
    name = ["DNS:api.corp.test"]
    first = authority.issue("first", "api.corp.test", root, name)
    renewed = authority.issue("renewed", "api.corp.test", root, name, to_days=400)
    foreign = authority.issue("foreign", "api.corp.test", other, name, to_days=400)
    peer = ChangingPeer(t, first)
    nginx = Nginx(t)
    trusted = nginx.prefix / "conf" / "upstream-ca.pem"
    trusted.write_bytes(root.file.read_bytes())
    nginx.configure("""server { listen 127.0.0.1:%d; server_name gw.corp.test;
        location / { proxy_pass https://%s; proxy_ssl_verify on; proxy_ssl_name api.corp.test;
                     proxy_ssl_trusted_certificate upstream-ca.pem; } }""" % (nginx.port, peer.address))
    nginx.start()
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [nginx.error_log], [receiver.settings()], tables=[
        ("[nginx]", {"configuration": nginx.prefix / "conf" / "nginx.conf", "prefix": nginx.prefix}),
        ("[diagnosis]", {"watch": True, "watch_interval": "1s", "ca_store": [other.file]}),
        ("[calendar]", {"enabled": True})]).start()

    def probes():
        return daemon.log_text().count("watch: probe " + peer.address)
    wait_for(lambda: probes() >= 1, 60, "the first look at the peer")
    peer.change(renewed)
    seen = probes()
    wait_for(lambda: probes() >= seen + 3, 60, "looks at the renewed peer")
    expect_equal(receiver.delivered(), [], "events about a renewal under the same CA")
    t.step("a renewal is nobody's news")

    peer.change(foreign)
    (opened,) = receiver.wait_for_events(1, within=60)
    data = opened.data
    expect_equal(data["rule"]["id"], "handshaked/peer-changed", "rule")
    expect_equal(data["diagnosis"]["cause"], "upstream_ca_not_trusted", "cause")
    expect_equal(data["place"]["peer"], peer.address, "peer")
    expect_equal(data["incident"]["servers"], ["gw.corp.test"], "servers")
    expect(data["fixes"][0]["proof"]["status"] == "proved", "the first fix: %r" % data["fixes"][0])
    expect_equal(nginx.lines("SSL"), 0, "lines about TLS in nginx's log so far")
    t.step("told with cause and proved fix, and nginx has logged nothing")

    peer.change(renewed)
    (ended,) = receiver.wait_for_events(1, within=60, kind="resolved")
    expect_equal(ended.data["incident"]["resolved_by"], "probes", "the end")
    t.step("over when the peer is as it was")
    daemon.stop()


run(story)
