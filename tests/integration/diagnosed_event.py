"""An incident is told with its cause and the fix that was proved; when the fix has been made and nginx reloaded, probes see that it works, and
the incident ends by them, not by silence."""
import signal
import subprocess

from support.daemon import Daemon
from support.distrusted_upstream import DistrustedUpstream
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver


def story(t):
    place = DistrustedUpstream(t)
    nginx = place.nginx
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [nginx.error_log], [receiver.settings()], incidents={"group_wait": "10s"}, tables=place.tables("200ms")).start()

    t.step("the fault, told with its cause")
    expect_equal(nginx.get("/", 2), [502, 502], "status while the trust file lacks the root")
    # group_wait is longer than this: the notification leaves early, because the diagnosis is there.
    (opened,) = receiver.wait_for_events(1, within=8)
    data = opened.data
    expect_equal(data["diagnosis"]["cause"], "upstream_ca_not_trusted", "diagnosed cause")
    expect(data["place"].get("file", "").endswith("conf/nginx.conf") and data["place"].get("line"), "no place in the configuration: %r" % data["place"])
    fix = data["fixes"][0]
    expect_equal((fix["proof"]["status"], fix["owner"]), ("proved", "proxy"), "first fix")
    expect(any(one["unsafe"] for one in data["dead_ends"]), "switching verification off is not among the dead ends: %r" % data["dead_ends"])

    t.step("the patch, and a reload")
    done = subprocess.run(["patch", "-p1", "-d", "/", "--no-backup-if-mismatch"], input=fix["patch"].encode(), capture_output=True)
    expect_equal(done.returncode, 0, "patch: " + done.stdout.decode(errors="replace"))
    probes = daemon.log_text().count("info: probe ")
    wait_for(lambda: daemon.log_text().count("info: probe ") >= probes + 3, 15, "probes with the patched files")
    expect_equal(receiver.events("resolved"), [], "resolved, while nginx still holds the old trust file")
    nginx.process.signal(signal.SIGHUP)
    wait_for(lambda: nginx.get("/")[0] == 200, 10, "the request to work after the reload")

    t.step("probes see it")
    receiver.wait_for_events(1, within=20, kind="resolved")
    (resolved,) = receiver.events("resolved")
    expect_equal(resolved.data["incident"]["resolved_by"], "probes", "who found it resolved")
    expect("fix_verified_at" in resolved.data["incident"], "no fix_verified_at in the resolved event")
    receiver.expect_all_valid()
    t.step("and the fix is remembered")
    expect_equal(wait_for(lambda: daemon.query("SELECT cause, fix_id, worked, failed FROM fix_outcomes"), 30, "the outcome of the fix"),
                 [("upstream_ca_not_trusted", fix["id"], 1, 0)], "outcomes")
    daemon.stop()


run(story)
