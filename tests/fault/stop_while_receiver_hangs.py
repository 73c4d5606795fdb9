"""SIGTERM while receivers hang and drip: the daemon still ends within its grace, with status 0. What was under way is delivered after the next
start, under the same id."""
import time

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect, expect_equal, run
from support.webhook_receiver import WebhookReceiver, accept, hang

GRACE_SECONDS = 12


def story(t):
    hanging = WebhookReceiver(t, hang, name="hanging")
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], [hanging.settings(timeout="60s")]).start()
    for _ in range(30):
        file.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon)
    under_way = hanging.wait_for_requests(1)[0].id
    began = time.monotonic()
    daemon.stop(within=GRACE_SECONDS)
    t.step("stopped within %.1f s" % (time.monotonic() - began))
    expect_equal(daemon.deliveries("delivered"), [], "deliveries that count as done")
    hanging.behaviour = accept
    hanging.released.set()
    daemon.start()
    events = hanging.wait_for_events(30, within=30)
    expect(under_way in {event.id for event in events}, "what was under way came under another id")
    ledger.expect_all_counted_by_events(hanging)
    daemon.stop()
    hanging.expect_all_valid()


run(story)
