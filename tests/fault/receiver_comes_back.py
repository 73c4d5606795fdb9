"""A receiver is down while 600 events come, and a restart in between: while it is down it is asked now and then only; once it answers again it has all of them within seconds, by itself
or at once when an operator says so (`receivers test`, `deliveries retry`)."""
import json
import subprocess
import time

from support.accounting import Ledger, LogFile
from support.daemon import Daemon, binary
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver, accept, answer_with

EVENTS = 600


def story(t):
    receiver = WebhookReceiver(t, answer_with(503), name="ops")
    log = LogFile(t.directory / "error.log")
    daemon = Daemon(t, [log.path], [receiver.settings()], incidents={"max_incidents": 100000}).start()

    def control(*arguments):
        done = subprocess.run([binary(), *arguments, "-c", daemon.configuration], capture_output=True, text=True, timeout=60)
        expect_equal(done.returncode, 0, "exit status of %s: %s" % (" ".join(arguments), done.stderr))
        return done.stdout

    def circuit():
        return json.loads(control("status", "--format", "json"))["receivers"][0]["circuit"]

    def outage(first_peer):
        receiver.behaviour = answer_with(503)
        ledger = Ledger(first_peer)
        log.write(b"".join(ledger.line_of_new_peer() for _ in range(EVENTS)))
        wait_for(lambda: len([row for row in daemon.deliveries() if row[2] != "delivered"]) >= EVENTS, 40, "%d events that wait" % EVENTS)
        # A rest of 10 s or more: what comes back meanwhile is not noticed at once by itself.
        asked = len(receiver.requests())
        wait_for(lambda: len(receiver.requests()) >= asked + 2 and circuit() == "open", 60, "an open circuit")

    def expect_drained(within, how):
        began = time.monotonic()
        wait_for(lambda: not [row for row in daemon.deliveries() if row[2] != "delivered"], within, lambda: "%s: all to be delivered; %d wait" % (
            how, len([row for row in daemon.deliveries() if row[2] != "delivered"])))
        t.step("%s: drained in %.1f s" % (how, time.monotonic() - began))

    outage(1)
    asked = len(receiver.requests())
    expect(asked < 40, "a receiver that is down was asked %d times" % asked)
    t.step("down: asked %d times for %d events" % (asked, EVENTS))
    daemon.stop()
    daemon.start()
    expect_equal(circuit(), "open", "the circuit after a restart")
    expect_equal(len(receiver.requests()), asked, "requests after a restart")
    daemon.reload()
    daemon.wait_for_log("reloaded the configuration")
    expect_equal(circuit(), "open", "the circuit after a reload")
    t.step("a restart and a reload keep it")
    receiver.behaviour = accept
    wait_for(lambda: circuit() == "closed", 75, "the receiver to be found")
    expect_drained(20, "by itself")

    outage(10001)
    receiver.behaviour = accept
    expect("now sends what is queued" in control("receivers", "test", "ops"), "it does not say what follows")
    expect_drained(20, "receivers test")

    outage(20001)
    (waiting,) = daemon.query("SELECT delivery_id FROM outbox WHERE status = 'ready' ORDER BY delivery_id LIMIT 1")[0]
    receiver.behaviour = accept
    control("deliveries", "retry", str(waiting))
    expect_drained(20, "deliveries retry")
    expect_equal(len({event.id for event in receiver.events()}) >= 3 * EVENTS, True, "every event came")
    daemon.stop()
    receiver.expect_all_valid()


run(story)
