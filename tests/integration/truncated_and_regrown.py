"""A log is truncated and grows past its former size before anybody looks: told by its content, read from its beginning, and said so."""
import os

from support.accounting import Ledger
from support.daemon import Daemon
from support.scenario import run
from support.webhook_receiver import WebhookReceiver


def story(t):
    log = t.directory / "error.log"
    receiver = WebhookReceiver(t)
    ledger = Ledger()
    log.write_bytes(b"".join(ledger.line_of_new_peer() for _ in range(20)))
    daemon = Daemon(t, [log], [receiver.settings()]).start()
    ledger.expect_all_counted(daemon)
    for size in (5, 40, 80):
        # One rename-free replacement of the content: shorter, then longer than what was read.
        data = b"".join(ledger.line_of_new_peer() for _ in range(size))
        descriptor = os.open(log, os.O_WRONLY | os.O_TRUNC)
        os.write(descriptor, data)
        os.close(descriptor)
        ledger.expect_all_counted(daemon)
    t.step("all %d lines counted once" % ledger.total())
    daemon.wait_for_log("(?i)truncated")
    daemon.stop()


run(story)
