"""Receivers that never answer, or never end their answer. Nobody else waits for them, memory stays bounded, and when they recover they get
the same event."""
from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver, accept, answer_endless_headers, answer_huge_body, drip_body, hang

MEGABYTE = 1 << 20


def story(t):
    silent = WebhookReceiver(t, hang, name="silent")
    dripping = WebhookReceiver(t, drip_body, name="dripping")
    flooding = WebhookReceiver(t, answer_huge_body(100 * MEGABYTE), name="flooding")
    endless = WebhookReceiver(t, answer_endless_headers, name="endless")
    healthy = WebhookReceiver(t, name="healthy")
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], [r.settings(timeout="1s") for r in (silent, dripping, flooding, endless, healthy)]).start()
    resident = daemon.resident_kib()
    file.write(ledger.line_of_new_peer())
    healthy.wait_for_events(1, within=5)
    silent.wait_for_requests(2, within=30)
    t.step("a receiver that never answers is asked again")
    for receiver in (dripping, flooding):
        # The status said 200: the receiver has decided, whatever its body does.
        wait_for(lambda: [row for row in daemon.deliveries("delivered") if row[0] == receiver.name], 20, "%s to count as delivered" % receiver.name)
    endless.wait_for_requests(2, within=30)
    t.step("endless headers are no answer")
    for _ in range(20):
        file.write(ledger.line_of_new_peer())
    healthy.wait_for_events(21, within=10)
    grown = daemon.peak_kib() - resident
    expect(grown < 32 * 1024, "memory grew by %d KiB" % grown)

    silent.behaviour = endless.behaviour = accept
    silent.released.set()
    for receiver in (silent, endless):
        receiver.wait_for_events(21, within=50)
        expect_equal({event.id for event in receiver.events()}, {event.id for event in healthy.events()}, "events after recovery of " + receiver.name)
    for receiver in (silent, dripping, flooding, endless, healthy):
        receiver.expect_all_valid()
    daemon.stop()


run(story)
