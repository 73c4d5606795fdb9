"""A bad deploy: a directive is broken, nginx is reloaded, and a request fails a moment later. Whatever the delays are, the diagnosis is about the
configuration that nginx works with; what turns out wrong is corrected, to those who heard it."""
import json
import re
import signal
import subprocess
import time

from support.daemon import Daemon
from support.distrusted_upstream import DistrustedUpstream
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver

# From the reload to the first request that fails: within, around and beyond the period at which the view of nginx is read again.
DELAYS = (0, 0.3, 2, 5, 10)


def workers(nginx):
    listing = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(nginx.process.pid)], capture_output=True, text=True)
    return {int(line.split()[0]) for line in listing.stdout.splitlines() if re.search(r"nginx: worker process$", line.strip())}


def reload(nginx):
    before = workers(nginx)
    nginx.process.signal(signal.SIGHUP)
    wait_for(lambda: workers(nginx) and not workers(nginx) & before, 15, "new workers")


def all_events(receiver):
    return [request for request in receiver.requests() if request.kind in ("opened", "reopened", "diagnosed", "resolved")]


def story(t):
    place = DistrustedUpstream(t)
    nginx = place.nginx
    configuration = nginx.prefix / "conf/nginx.conf"
    place.trust_root()
    good = configuration.read_text()
    reload(nginx)
    expect_equal(nginx.get()[0], 200, "the request before anything is broken")
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [nginx.error_log], [receiver.settings()], incidents={"group_wait": "10s", "reopen_within": "100ms"},
                    tables=place.tables("1s")).start()
    for round_, delay in enumerate(DELAYS):
        t.step("broken, and asked %.1f s after the reload" % delay)
        told = len(all_events(receiver))
        # Another name each time: each is an incident of its own kind at the same peer, or the same one reopened.
        configuration.write_text(good.replace("proxy_ssl_name api.corp.test", "proxy_ssl_name wrong%d.corp.test" % round_))
        reload(nginx)
        until = time.monotonic() + delay
        wait_for(lambda: time.monotonic() >= until, delay + 5, "the delay")
        expect_equal(nginx.get()[0], 502, "the request after the bad deploy")

        def said():
            return [event for event in all_events(receiver)[told:] if event.kind in ("opened", "reopened", "diagnosed")]

        wait_for(said, 20, "the incident")
        for event in said():
            diagnosis = event.data["diagnosis"]
            expect("has not been reloaded" not in diagnosis["summary"], "said after the reload: %r" % diagnosis["summary"])
            expect("verifies" not in diagnosis["summary"], "said to be well: %r" % diagnosis["summary"])
            first = event.data["fixes"][0]
            expect(not first["id"].startswith("reload"), "the first fix is a reload: %r" % first["title"])
            expect(diagnosis["cause"] in ("upstream_name_mismatch", "upstream_wrong_cert_served"), "the cause: %r" % diagnosis)
            expect("wrong%d.corp.test" % round_ in json.dumps(diagnosis), "the diagnosis is of another configuration: %r" % diagnosis)
        t.step("mended and reloaded: it ends by probes")
        configuration.write_text(good)
        ended = len(receiver.events("resolved"))
        reload(nginx)

        wait_for(lambda: len(receiver.events("resolved")) > ended, 40, "the end of it")
        expect_equal(receiver.events("resolved")[-1].data["incident"]["resolved_by"], "probes", "who found it resolved")
        expect_equal(receiver.events("resolved")[-1].data["incident"]["seen_good"], True, "seen to be good")
        expect_equal([event.kind for event in all_events(receiver)[told:]], ["opened", "resolved"], "what was told of it")

    t.step("a diagnosis that is overtaken is corrected")
    configuration.write_text(good.replace("proxy_ssl_name api.corp.test", "proxy_ssl_name first.corp.test"))
    reload(nginx)
    told = len(all_events(receiver))
    expect_equal(nginx.get()[0], 502, "the request after another bad deploy")
    wait_for(lambda: [event for event in all_events(receiver)[told:] if event.kind in ("opened", "reopened")], 20, "the incident")
    # The next deploy breaks something else: verification fails before the name is looked at.
    place.trusted.write_bytes(place.trusted.read_bytes().replace(place.root.file.read_bytes(), b""))
    reload(nginx)
    corrected = wait_for(lambda: [event for event in all_events(receiver)[told:] if event.kind == "diagnosed" and event.data.get("corrected")], 40, "a correction")
    expect_equal(corrected[-1].data["diagnosis"]["cause"], "upstream_ca_not_trusted", "the corrected cause")
    receiver.expect_all_valid()
    daemon.stop()


run(story)
