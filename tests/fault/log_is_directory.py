"""Paths that are no logs (a directory, a FIFO, a device, a link that goes in circles): said with their names, never waited on, and the others
are followed. A directory that becomes a file is followed then."""
import os

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import run
from support.webhook_receiver import WebhookReceiver


def story(t):
    odd = t.directory / "odd"
    odd.mkdir()
    (odd / "directory.log").mkdir()
    os.mkfifo(odd / "fifo.log")
    (odd / "circle.log").symlink_to("circle.log")
    (odd / "device.log").symlink_to("/dev/zero")
    receiver = WebhookReceiver(t)
    good = t.directory / "good.log"
    file, ledger = LogFile(good), Ledger()
    daemon = Daemon(t, [odd / "*.log", odd / "directory.log", good], [receiver.settings()]).start()
    file.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon)
    daemon.wait_for_log(r"directory\.log.*(?i:directory)")
    (odd / "directory.log").rmdir()
    late = LogFile(odd / "directory.log")
    late.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon, 30)
    t.step("the directory has become a file, and is followed")
    daemon.stop()


run(story)
