"""A restart goes on where it was: what was open is probed again, so that its end is seen; what had no diagnosis yet gets one; what was told and is not true any more is corrected;
and who hears of an end or a return hears what the cause was."""
import signal
import time

from support.daemon import Daemon
from support.distrusted_upstream import DistrustedUpstream
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver

CAUSE = "upstream_ca_not_trusted"


def story(t):
    place = DistrustedUpstream(t)
    nginx = place.nginx
    receiver = WebhookReceiver(t)
    wrong_trust = place.trusted.read_bytes()

    def set_trust(text):
        place.trusted.write_bytes(text)
        nginx.process.signal(signal.SIGHUP)
        wanted = 502 if text == wrong_trust else 200
        wait_for(lambda: nginx.get("/")[0] == wanted, 15, "status %d after the reload" % wanted)

    def make(name, **options):
        return Daemon(t, [nginx.error_log], [receiver.settings()], name=name, directory=t.directory / "state",
                      incidents=dict({"group_wait": "10s", "resolve_after": "1h", "reopen_within": "1h"}), **options)

    t.step("an incident that was open without a diagnosis is diagnosed after a restart")
    daemon = make("plain", tables=place.tables("300ms")[:1] + [("[diagnosis]", {"enabled": False})])
    daemon.start()
    expect_equal(nginx.get("/", 2), [502, 502], "status while the trust file lacks the root")
    (opened,) = receiver.wait_for_events(1, within=30)
    expect(not any(fix["proof"]["status"] == "proved" for fix in opened.data["fixes"]), "it was diagnosed, with diagnosis switched off")
    daemon.stop()
    daemon = make("daemon", tables=place.tables("300ms")).start()
    (diagnosed,) = receiver.wait_for_events(1, within=20, kind="diagnosed")
    expect_equal((diagnosed.data["diagnosis"]["cause"], diagnosed.data["incident"]["id"]), (CAUSE, opened.data["incident"]["id"]), "what was found")

    t.step("killed, and again: it is probed on, by the same rhythm")
    for end in (daemon.kill, daemon.stop):
        end()
        before = daemon.log_text().count("info: probe ")
        daemon.start()
        wait_for(lambda: daemon.log_text().count("info: probe ") >= before + 3, 20, "probes after the restart")
        daemon.reload()
        before = daemon.log_text().count("info: probe ")
        wait_for(lambda: daemon.log_text().count("info: probe ") >= before + 2, 20, "probes after the reload")
    expect_equal([request.kind for request in receiver.delivered()], ["opened", "diagnosed"], "events so far: nothing is told twice")

    t.step("cured while it was down: its end is seen, and says what the cause was")
    daemon.kill()
    set_trust(wrong_trust + place.root.file.read_bytes())
    daemon.start()
    (resolved,) = receiver.wait_for_events(1, within=30, kind="resolved")
    expect_equal((resolved.data["incident"]["resolved_by"], resolved.data["diagnosis"]["cause"]), ("probes", CAUSE), "how it ended, and what it was")

    t.step("and when it comes back after a restart, it still says so")
    daemon.stop()
    daemon.start()
    set_trust(wrong_trust)
    (reopened,) = receiver.wait_for_events(1, within=30, kind="reopened")
    expect_equal((reopened.data["incident"]["id"], reopened.data["diagnosis"]["cause"]), (opened.data["incident"]["id"], CAUSE), "what came back")

    t.step("the cause changes while it is down: what was told is corrected")
    wait_for(lambda: daemon.incidents()[0].get("diagnosing_until") is None, 20, "the diagnosis")
    daemon.kill()
    # The trust file holds the leaf itself: the same code, another cause.
    place.trusted.write_bytes(place.leaf.file.read_bytes())
    nginx.process.signal(signal.SIGHUP)
    began = time.monotonic()
    before = len(receiver.delivered())
    daemon.start()
    wait_for(lambda: any(event.data["diagnosis"]["cause"] == "trusted_bundle_holds_leaf" for event in receiver.delivered()[before:]), 40,
             lambda: "the correction: %s" % [(event.kind, event.data["diagnosis"]["cause"]) for event in receiver.delivered()])
    t.step("corrected after %.1f s" % (time.monotonic() - began))
    daemon.stop()
    receiver.expect_all_valid()


run(story)
