"""SIGTERM at 20 points of a database that cannot be written (full, read-only, locked by somebody else, removed) and one of a disk that does not answer: the stop is over within
its deadline each time, with status 0, and what was acknowledged is there after it: every line of the logs is counted once, and every batch that a sender got 200 for."""
import http.client
import json
import os
import shutil
import sqlite3
import threading
import time

from support.accounting import Ledger, LogFile
from support.daemon import TRY_AGAIN, Daemon
from support.failing_disk import FailingDisk
from support.ports import free_port
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver

STOP_WITHIN = 20  # README: 3 s for the database, 5 s for receivers; the rest is for a loaded machine
STORM = 24000     # lines of as many peers: more than the queues between a log and the database hold


class Sender:
    """Posts one line after the other until the daemon is gone; what was answered with 200 was acknowledged."""

    def __init__(self, port, ledger):
        self.port, self.ledger = port, ledger
        self.acknowledged, self.refused = [], []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self):
        while not self._over.is_set():
            line = self.ledger.line_of_new_peer()
            peer = list(self.ledger.written)[-1]
            status = 0
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("POST", "/", json.dumps({"message": line.decode().rstrip("\n"), "host": "edge-1"}).encode())
                status = connection.getresponse().status
                connection.close()
            except OSError:
                self._over.wait(0.05)
            except http.client.HTTPException:
                pass
            (self.acknowledged if status == 200 else self.refused).append(peer)
            self._over.wait(0.02)

    def stop(self):
        self._over.set()
        self._thread.join(40)


def removed(daemon, everything):
    """The files are unlinked, or the whole directory is moved away."""
    if everything:
        gone = daemon.directory.with_name(daemon.directory.name + "-gone")
        shutil.rmtree(gone, ignore_errors=True)
        os.rename(daemon.directory, gone)
        return
    for name in os.listdir(daemon.directory):
        if name.startswith("handshaked.db"):
            os.unlink(daemon.directory / name)


def story(t):
    disk = FailingDisk(t)
    receiver = WebhookReceiver(t)
    points = 0
    for name in ("full", "read-only", "locked", "removed"):
        log, web = LogFile(t.directory / (name + ".log")), free_port()
        ledger, posted = Ledger(), Ledger(first_peer=1 << 20)
        daemon = Daemon(t, [log.path], [receiver.settings()], name=name, wrapper=disk.wrapper, incidents={"max_incidents": 1000000},
                        tables=[("[[http]]", {"listen": ["http://127.0.0.1:%d" % web]})])
        held = []
        acknowledged, refused = [], []

        def begin(everything=False):
            if name == "locked":
                held.append(sqlite3.connect(daemon.database, isolation_level=None, timeout=30))
                held[-1].execute("BEGIN IMMEDIATE")
            elif name == "removed":
                removed(daemon, everything)
            else:
                disk.fail(FailingDisk.FULL if name == "full" else FailingDisk.READ_ONLY)

        def end():
            disk.work()
            while held:
                holder = held.pop()
                holder.execute("ROLLBACK")
                holder.close()

        def write(lines):
            log.write(b"".join(ledger.line_of_new_peer() for _ in range(lines)))

        def stop(what, sender=None):
            before = time.monotonic()
            code = daemon.process.stop(60)
            took = time.monotonic() - before
            expect_equal(code, 0, "%s, %s: exit status" % (name, what))
            expect(took < STOP_WITHIN, "%s, %s: the stop took %.1f s" % (name, what, took))
            if sender is not None:
                sender.stop()
                acknowledged.extend(sender.acknowledged)
                refused.extend(sender.refused)
            end()
            t.step("%s, %s: stopped in %.1f s" % (name, what, took))

        def wait_for_trouble(after):
            if name != "removed":  # which it mends by itself
                daemon.wait_for_log("cannot be written", within=40, after=after)

        # 1. idle
        daemon.start()
        write(5)
        expect_counted(daemon, ledger, posted)
        begin()
        stop("idle")
        # 2. a few lines wait in memory
        daemon.start()
        expect_counted(daemon, ledger, posted)
        after = len(daemon.log_text())
        begin(everything=True)
        write(50)
        wait_for_trouble(after)
        stop("a few lines wait")
        # 3. at the moment at which it begins, while senders send
        daemon.start()
        sender = Sender(web, posted)
        wait_for(lambda: len(sender.acknowledged) > 3, 20, "acknowledged batches")
        write(50)
        begin()
        stop("as it begins, while senders send", sender)
        # 4. senders wait for their answers, and events for their receiver
        daemon.start()
        sender = Sender(web, posted)
        wait_for(lambda: len(sender.acknowledged) > 3, 20, "acknowledged batches")
        after = len(daemon.log_text())
        begin(everything=True)
        write(50)
        wait_for_trouble(after)
        stop("while senders wait", sender)
        # 5. everything between the log and the database is full
        daemon.start()
        after = len(daemon.log_text())
        begin()
        write(STORM)
        wait_for_trouble(after)
        if name != "removed":
            wait_for(lambda: stands_still(daemon), 60, "readers that wait")
        stop("all queues are full")
        points += 5

        daemon.start()
        expect_counted(daemon, ledger, posted)
        # What a sender was told is there; what it was not told may be.
        counted = daemon.query("SELECT DISTINCT state_json ->> '$.place.peer' FROM incidents")
        there = {peer for (peer,) in counted}
        lost = [peer for peer in acknowledged if peer not in there]
        expect(not lost, "%s: %d of %d acknowledged batches are lost: %s" % (name, len(lost), len(acknowledged), lost[:5]))
        daemon.stop(30)
        t.step("%s: %d lines are counted once, and all of %d acknowledged batches (%d were not)" % (name, ledger.total(), len(acknowledged), len(refused)))
    expect_equal(points, 20, "points")

    daemon = Daemon(t, [t.directory / "full.log"], name="hangs", wrapper=disk.wrapper).start()
    wait_for(lambda: daemon.incidents(), 30, "lines")
    disk.fail(FailingDisk.HANGS)
    LogFile(t.directory / "full.log").write(Ledger(first_peer=1 << 21).line_of_new_peer())
    before = time.monotonic()
    expect_equal(daemon.process.stop(40), TRY_AGAIN, "exit status of a stop on a disk that does not answer")
    expect("took longer than" in daemon.log_text(), "it does not say why")
    t.step("a disk that does not answer: ended after %.1f s" % (time.monotonic() - before))


def expect_counted(daemon, ledger, posted):
    """Every line of the log once; what senders posted is accounted for by itself."""
    state = {}

    def done():
        daemon.expect_alive()
        state["wrong"] = ledger.difference({peer: count for peer, count in daemon.counts_by_peer().items() if peer not in posted.written})
        return not state["wrong"]
    wait_for(done, 60, lambda: "every line to be counted once: %d are wrong: %s" % (len(state["wrong"]), state["wrong"][:5]))


def stands_still(daemon):
    """No reader moves for a while, which is the only sign that all of them wait."""
    def bytes_read():
        with open("/proc/%d/io" % daemon.process.pid) as counters:
            return int(next(line for line in counters if line.startswith("rchar:")).split()[1])
    before = bytes_read()
    threading.Event().wait(1.5)
    return bytes_read() - before < 1 << 16


run(story)
