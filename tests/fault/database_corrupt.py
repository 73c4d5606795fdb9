"""A damaged database: it is moved aside, what can be read of it is taken over, and the daemon goes on. It says so."""
import os

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect, expect_equal, run
from support.webhook_receiver import WebhookReceiver


def overwrite(path, at, data):
    with open(path, "r+b") as database:
        database.seek(at)
        database.write(data)


def story(t):
    receiver = WebhookReceiver(t)
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    # What is in the log at a start without a position is skipped, so that a lost position cannot hide behind a second reading.
    daemon = Daemon(t, [t.directory / "error.log"], [receiver.settings()], files={"from_start": False}).start()
    damages = {
        "no database at all": lambda path: path.write_bytes(b"this was a database once\n" * 1000),
        "empty": lambda path: path.write_bytes(b""),
        "cut in the middle": lambda path: os.truncate(path, os.path.getsize(path) // 2 + 100),
        "a page of noise": lambda path: overwrite(path, 4096 * 3, bytes(range(256)) * 16),
    }
    for number, (what, damage) in enumerate(damages.items(), 1):
        for _ in range(5):
            file.write(ledger.line_of_new_peer())
        receiver.wait_for_events(len(ledger.written))
        daemon.stop()
        damage(daemon.database)
        before = len(daemon.log_text())
        daemon.start()
        if what != "empty":  # an empty file is a new database
            daemon.wait_for_log("(?i)corrupt|damaged", after=before)
            expect_equal(len([name for name in os.listdir(daemon.directory) if ".corrupt-" in name and not name.endswith(("-wal", "-shm"))]) > 0, True,
                         "a damaged database that was kept")
        fresh = Ledger(first_peer=number * 1000)
        for _ in range(5):
            file.write(fresh.line_of_new_peer())
        receiver.wait_for_events(len(ledger.written) + 5)
        ledger.written.update(fresh.written)
        t.step("%s: moved aside, and new lines are told" % what)
        (verdict,), = daemon.query("PRAGMA quick_check")
        expect_equal(verdict, "ok", "the new database")
    told = [event.peer for event in receiver.events()]
    expect(set(told) <= set(ledger.written), "events of peers that were never written")
    daemon.stop()


run(story)
