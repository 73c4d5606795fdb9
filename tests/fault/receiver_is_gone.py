"""410: the receiver wants nothing more. It is left alone, the others are not, and the log says so."""
from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect_equal, run
from support.webhook_receiver import WebhookReceiver, answer_with


def story(t):
    gone = WebhookReceiver(t, answer_with(410), name="gone")
    other = WebhookReceiver(t, name="other")
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], [gone.settings(), other.settings()]).start()
    file.write(ledger.line_of_new_peer())
    gone.wait_for_requests(1)
    other.wait_for_events(1)
    daemon.wait_for_log("gone.*410|410.*gone")
    for number in range(2, 8):
        file.write(ledger.line_of_new_peer())
        other.wait_for_events(number)
    ledger.expect_all_counted(daemon)
    daemon.stop()
    expect_equal(len(gone.requests()), 1, "requests after 410")
    expect_equal([row for row in daemon.deliveries("delivered") if row[0] == "gone"], [], "deliveries that count as done")


run(story)
