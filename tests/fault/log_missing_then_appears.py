"""A log that is not there, in a directory that is not there: the daemon starts, says so once, and reads it from its first line when it comes.
The same for globs, and for a log that vanishes and comes back."""
import os
import shutil

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect, run
from support.webhook_receiver import WebhookReceiver


def story(t):
    directory = t.directory / "var" / "log" / "nginx"
    receiver = WebhookReceiver(t)
    # from_start is off: that is about files that are there at the first start. What comes later is new from its first line.
    daemon = Daemon(t, [directory / "error.log", directory / "vhosts" / "*.error.log"], [receiver.settings()], files={"from_start": False}).start()
    ledger = Ledger()
    directory.mkdir(parents=True)
    (directory / "error.log").write_bytes(b"".join(ledger.line_of_new_peer() for _ in range(5)))
    ledger.expect_all_counted(daemon, 30)
    t.step("a missing log appeared and was read from its first line")
    (directory / "vhosts").mkdir()
    for name in "abc":
        (directory / "vhosts" / (name + ".error.log")).write_bytes(b"".join(ledger.line_of_new_peer() for _ in range(5)))
    ledger.expect_all_counted(daemon, 30)
    t.step("a directory appeared, with files that the glob names")

    shutil.rmtree(directory)
    directory.mkdir()
    file = LogFile(directory / "error.log")
    for _ in range(5):
        file.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon, 30)
    t.step("the whole directory was deleted and made anew")
    daemon.stop()
    expect(daemon.log_text().count("error.log") < 40, "the log is full of one missing file")
    os.stat(directory)
    receiver.wait_for_events(len(ledger.written), within=5)
    ledger.expect_all_counted_by_events(receiver)


run(story)
