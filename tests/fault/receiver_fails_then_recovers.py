"""A receiver that answers 500, 503 with Retry-After and 429 with Retry-After gets the same event again, later, and under the same id."""
from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect, expect_equal, run
from support.webhook_receiver import WebhookReceiver, accept, answer_with, in_turn

RETRY_AFTER = 3


def story(t):
    shaky = WebhookReceiver(t, in_turn(answer_with(500), answer_with(503), accept), name="shaky")
    busy = WebhookReceiver(t, in_turn(answer_with(429, [("retry-after", str(RETRY_AFTER))]), accept), name="busy")
    picky = WebhookReceiver(t, answer_with(400, body=b"no"), name="picky")
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], [r.settings() for r in (shaky, busy, picky)]).start()
    file.write(ledger.line_of_new_peer())

    for receiver, attempts in ((shaky, 3), (busy, 2)):
        event = receiver.wait_for_events(1, within=30)[0]
        expect_equal([request.id for request in receiver.requests()], [event.id] * attempts, "ids at " + receiver.name)
        expect(len({request.header("webhook-timestamp") for request in receiver.requests()}) >= 1, "no timestamps")
    first, second = busy.requests()
    t.step("Retry-After: %d was honoured with %.2f s" % (RETRY_AFTER, second.at - first.at))
    expect(second.at - first.at >= RETRY_AFTER - 0.05, "Retry-After: %d, but it came again after %.2f s" % (RETRY_AFTER, second.at - first.at))

    t.step("a refusal for good (400) is not repeated, and is kept as dead letter")
    file.write(ledger.line_of_new_peer())
    shaky.wait_for_events(2)
    picky.wait_for_requests(2)
    daemon.stop()
    expect_equal(len(picky.requests()), 2, "requests at the receiver that refuses")
    dead = [row for row in daemon.deliveries("dead") if row[0] == "picky"]
    expect_equal(len(dead), 2, "dead letters")
    expect("400" in dead[0][4], "the reason of a dead letter: %r" % dead[0][4])
    for receiver in (shaky, busy, picky):
        receiver.expect_all_valid()


run(story)
