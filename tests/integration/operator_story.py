"""From the alert to the cure and the all-clear, as an operator lives it: an nginx with six broken upstreams, and each step begins with the id that
stood in the alert. In between the daemon is restarted and the log is rotated and compressed."""
import gzip
import json
import os
import re
import subprocess

from support.authority import Authority
from support.daemon import Daemon, binary
from support.nginx import Nginx
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for
from support.upstreams import TlsUpstream
from support.webhook_receiver import WebhookReceiver

SITE = """
    server {
        listen 127.0.0.1:%(port)d;
        server_name gw.corp.test;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate %(trust)s;
        location /distrusted { proxy_pass https://%(distrusted)s; proxy_ssl_name api.corp.test; proxy_ssl_trusted_certificate partner.pem; }
        location /misnamed { proxy_pass https://%(misnamed)s; proxy_ssl_name wrong.corp.test; }
        location /expired { proxy_pass https://%(expired)s; proxy_ssl_name api.corp.test; }
        location /selfsigned { proxy_pass https://%(selfsigned)s; proxy_ssl_name self.corp.test; }
        location /incomplete { proxy_pass https://%(incomplete)s; proxy_ssl_name api.corp.test; }
        location /shallow { proxy_pass https://%(shallow)s; proxy_ssl_name api.corp.test; proxy_ssl_verify_depth 0; }
    }"""
KINDS = ("distrusted", "misnamed", "expired", "selfsigned", "incomplete", "shallow")


class Stage:
    def __init__(self, t):
        authority = Authority(t)
        self.root = authority.root()
        partner = authority.root("partner", "Partner Root CA")
        issuing = authority.issue("issuing", "Corp Issuing CA", self.root, is_authority=True)
        names = ["DNS:api.corp.test"]
        good = authority.issue("good", "api.corp.test", self.root, names)
        below = authority.issue("below", "api.corp.test", issuing, names)
        old = authority.issue("old", "api.corp.test", self.root, names, from_days=-60, to_days=-2)
        own = authority.issue("own", "self.corp.test", None, ["DNS:self.corp.test"])
        chains = {"distrusted": [good], "misnamed": [good], "expired": [old], "selfsigned": [own], "incomplete": [below], "shallow": [below, issuing]}
        self.upstreams = {kind: TlsUpstream(t, authority, kind, *chains[kind]) for kind in KINDS}
        self.nginx = Nginx(t)
        conf = self.nginx.prefix / "conf"
        (conf / "partner.pem").write_bytes(partner.file.read_bytes())
        (conf / "root.pem").write_bytes(self.root.file.read_bytes())
        self.nginx.configure(SITE % dict({kind: peer.address for kind, peer in self.upstreams.items()}, port=self.nginx.port, trust="root.pem"))
        self.nginx.start()
        self.tables = [("[nginx]", {"configuration": conf / "nginx.conf", "prefix": self.nginx.prefix}),
                       ("[diagnosis]", {"ca_store": [self.root.file], "probe_interval": "500ms", "probe_interval_most": "2s"})]


def story(t):
    stage = Stage(t)
    nginx = stage.nginx
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [nginx.error_log], [receiver.settings()], incidents={"group_wait": "10s", "resolve_after": "3s"}, tables=stage.tables).start()
    operator = Operator(daemon)
    backups = t.directory / "backups"
    here = ["--nginx-conf", nginx.prefix / "conf/nginx.conf", "--nginx-prefix", nginx.prefix, "-c", daemon.configuration]

    def handshaked(*words, ca_store=True):
        extra = ["--ca-store", stage.root.file] if ca_store else []
        where = here[:here.index("-c")] if words[:2] == ("fix", "undo") else here  # which asks no daemon
        done = subprocess.run([binary(), *map(str, [*words, *where, *extra, "--lang", "en"])], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100)
        return done.returncode, done.stdout, done.stderr

    t.step("six alerts, each with its cause and the id that everything takes")
    for kind in KINDS:
        expect_equal(nginx.get("/" + kind), [502], "status of /" + kind)
    wait_for(lambda: len(receiver.events()) >= len(KINDS), 40, lambda: "six alerts; there are %d" % len(receiver.events()))
    alerts = {event.peer: event for event in receiver.events()}
    alert = {kind: alerts[stage.upstreams[kind].address] for kind in KINDS}
    ids = {kind: event.data["incident"]["id"] for kind, event in alert.items()}
    for kind, event in alert.items():
        expect("evidence" in event.data["diagnosis"] and event.data["fixes"], "%s was told without a diagnosis" % kind)
        expect("has not been reloaded" not in event.data["diagnosis"]["summary"], "%s: %r" % (kind, event.data["diagnosis"]["summary"]))

    t.step("the id of the alert is the id everywhere")
    event_id = alert["distrusted"].id
    for words in (("fix", "show", event_id), ("fix", "show", ids["distrusted"][:-3]), ("diagnose", ids["distrusted"])):
        code, out, error = handshaked(*words)
        expect_equal(code, 0, "%s: %s%s" % (" ".join(words), out, error))
        expect("root" in out.lower() or "trust" in out.lower(), "%s says nothing of trust: %s" % (" ".join(words), out))
    for words in (("explain", ids["distrusted"]), ("incidents", "show", event_id)):
        page = operator.text(*words)
        for wanted in (ids["distrusted"], "[proved]", "proof: ", "+++ ", "Do not try:"):
            expect(wanted in page, "%s has no %r: %s" % (" ".join(words), wanted, page))
    expect("shown to pass only because nothing is checked" in operator.text("incidents", "show", ids["distrusted"]), "verify off is not said to pass")
    code, _, error = operator.run("incidents", "show", "inc-")
    expect_equal(code, 2, "a beginning that all have: " + error)
    expect(all(one in error for one in ids.values()), "it does not ask which: " + error)
    listed = operator.text("incidents", "list")
    expect("gw.corp.test" in listed and "certificate" in listed, "the list shows neither server nor title: " + listed)

    t.step("who cannot patch is told what to do, and who")
    code, out, error = handshaked("fix", "apply", ids["expired"], "--backup-dir", backups)
    expect_equal(code, 1, "fix apply of an expired certificate: " + out + error)
    expect(re.search(r"whoever runs the (upstream|CA)", out + error), "it does not say who: " + out + error)

    t.step("fixed by the id of the alert, in spite of a restart and a rotation")
    daemon.stop()
    log = nginx.error_log
    kept = log.read_bytes()
    os.rename(log, str(log) + ".1")
    nginx.reopen_logs()
    with gzip.open(str(log) + ".1.gz", "wb") as packed:
        packed.write(kept)
    os.unlink(str(log) + ".1")
    code, out, error = handshaked("fix", "show", ids["shallow"])
    expect("no daemon listens" in error or code == 0, "without a daemon it does not say so: %s%s" % (out, error))
    daemon.start()
    code, out, error = handshaked("fix", "apply", ids["distrusted"], "--backup-dir", backups, "--format", "json")
    expect_equal(code, 0, "fix apply: " + out + error)
    expect_equal(json.loads(out)["outcome"], "applied", "outcome of fix apply")
    expect_equal(nginx.get("/distrusted"), [200], "the request after the fix")

    t.step("resolved because it was seen to be good; what fails stays open, however quiet")
    wait_for(lambda: [event for event in receiver.events("resolved") if event.data["incident"]["id"] == ids["distrusted"]], 60, "the all-clear")
    (over,) = [event for event in receiver.events("resolved") if event.data["incident"]["id"] == ids["distrusted"]]
    expect_equal(over.data["incident"]["seen_good"], True, "seen to be good")
    # resolve_after is three seconds: everything else has been quiet for longer than that.
    still = {event.data["incident"]["id"] for event in receiver.events("resolved")} - {ids["distrusted"]}
    expect_equal(still, set(), "all-clears of what still fails")
    expect_equal({row["id"] for row in operator.ask("incidents", "list")["incidents"]}, set(ids.values()) - {ids["distrusted"]}, "open incidents")

    t.step("applied already; and put back")
    code, out, error = handshaked("fix", "apply", ids["distrusted"], "--backup-dir", backups)
    expect_equal(code, 0, "a second apply: " + out + error)
    expect("Already applied, verified at " in out, out)
    code, out, error = handshaked("fix", "undo", ids["distrusted"], "--backup-dir", backups, ca_store=False)
    expect_equal(code, 0, "fix undo: " + out + error)
    expect_equal(nginx.get("/distrusted"), [502], "the request after undo")
    wait_for(lambda: [event for event in receiver.events("reopened") if event.data["incident"]["id"] == ids["distrusted"]], 40, "the same incident again")
    receiver.expect_all_valid()
    daemon.stop()


run(story)
