"""Somebody holds a lock on the database for longer than SQLite waits: nothing is lost, nothing is counted twice. And no second daemon opens
the database of a running one."""
import sqlite3
import threading

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect, run
from support.webhook_receiver import WebhookReceiver


def story(t):
    receiver = WebhookReceiver(t)
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], [receiver.settings()]).start()
    file.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon)
    receiver.wait_for_events(1)

    intruder = sqlite3.connect(str(daemon.database), isolation_level=None, timeout=20)
    intruder.execute("PRAGMA wal_autocheckpoint = 0")
    intruder.execute("BEGIN IMMEDIATE")
    t.step("locked")
    for _ in range(50):
        file.write(ledger.line_of_new_peer())
    daemon.wait_for_log("(?i)locked", within=30)
    threading.Event().wait(2)  # the lock outlasts SQLite's own patience: the time is the fault here
    daemon.expect_alive()
    expect(daemon.lines_counted() == 1, "counted in spite of the lock?")
    intruder.execute("ROLLBACK")
    intruder.close()
    t.step("released")
    ledger.expect_all_counted(daemon, 30)
    receiver.wait_for_events(len(ledger.written))
    ledger.expect_all_counted_by_events(receiver)

    second = Daemon(t, [t.directory / "error.log"], [receiver.settings()], name="second", directory=daemon.directory)
    second.launch()
    code = second.process.wait(20)
    said = second.log_text()
    expect(code not in (0, None) and code > 0, "a second daemon on the same database ended with %r" % code)
    expect("another handshaked" in said and str(daemon.process.pid) in said, "the second daemon does not say who has the database: %s" % said)
    file.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon)
    daemon.stop()
    receiver.expect_all_valid()


run(story)
