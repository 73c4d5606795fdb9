"""SIGTERM in the middle of a storm, again and again: the daemon ends with status 0, and every line is counted once. What is still open is
resolved when it has been quiet for long enough, also across a restart."""
import threading

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect, expect_equal, run
from support.webhook_receiver import WebhookReceiver

PEERS = 20


def story(t):
    receiver = WebhookReceiver(t)
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    for _ in range(PEERS):
        file.write(ledger.line_of_new_peer())
    over = threading.Event()

    def write():
        number = 0
        while not over.wait(0.002):
            file.write(b"".join(ledger.line_of_known_peer(number + n) for n in range(10)))
            number += 7
    writer = threading.Thread(target=write, daemon=True)
    writer.start()
    daemon = Daemon(t, [t.directory / "error.log"], [receiver.settings()], incidents={"resolve_after": "4s"})
    for number in range(4):
        daemon.start()
        receiver.wait_for_events(PEERS)
        daemon.stop()
        t.step("stopped %d: %d lines written" % (number + 1, ledger.total()))
    over.set()
    writer.join(10)
    daemon.start()
    ledger.expect_all_counted(daemon)
    resolved = receiver.wait_for_events(PEERS, within=30, kind="resolved")
    expect_equal({event.data["incident"]["status"] for event in resolved}, {"resolved"}, "status in the resolved events")
    expect_equal({event.data["incident"]["resolved_by"] for event in resolved}, {"quiet"}, "resolved by")
    expect_equal(sum(event.data["incident"]["count"] for event in resolved), ledger.total(), "lines in the resolved events")
    expect_equal({event.data["incident"]["id"] for event in resolved}, {event.data["incident"]["id"] for event in receiver.events()}, "incidents")
    daemon.stop()
    expect(len(receiver.events()) == PEERS, "an incident was opened twice")
    receiver.expect_all_valid()


run(story)
