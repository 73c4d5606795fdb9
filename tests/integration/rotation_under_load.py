"""A log is rotated in every way while it is written: every line is counted once.

Each way has a log and a writer of its own; one daemon follows all of them. Each line is of another peer, see support/accounting.py.
"""
import os
import random
import shutil
import subprocess
import threading

from support.accounting import Ledger, LogFile, ordinary_line
from support.daemon import Daemon
from support.scenario import Failed, expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver

ROTATIONS = 8
BURSTS = 12        # between two rotations
SEED = 20261121


class Writer(threading.Thread):
    def __init__(self, t, name, number):
        super().__init__(name=name, daemon=True)
        self.directory = t.directory / name
        self.directory.mkdir()
        self.path = self.directory / "error.log"
        self.random = random.Random(SEED + number)
        self.ledger = Ledger(first_peer=number * 65536)
        self.pause = threading.Event()  # nobody sets it: waiting on it gives the load its rhythm
        self.failure = None
        self.daemon_counts = None
        self.file = LogFile(self.path)

    def burst(self):
        for _ in range(self.random.randrange(1, 12)):
            data = self.ledger.line_of_new_peer()
            kind = self.random.random()
            if kind < 0.1:   # nginx writes a line with one write(2); others do not
                cut = self.random.randrange(1, len(data))
                self.file.write(data[:cut])
                self.pause.wait(0.002)
                self.file.write(data[cut:])
            else:
                self.file.write(data)
            if kind > 0.6:
                self.file.write(ordinary_line(self.random.randrange(10000)))
        self.pause.wait(self.random.random() * 0.02)

    def run(self):
        try:
            for rotation in range(1, ROTATIONS + 1):
                for _ in range(BURSTS):
                    self.burst()
                self.rotate(rotation)
            for _ in range(BURSTS):
                self.burst()
        except Exception as failure:  # told by the main thread
            self.failure = failure

    def wait_until_all_is_read(self):
        wait_for(lambda: not self.ledger.difference(self.daemon_counts(self.ledger)), 30, "the daemon to catch up with %s" % self.name)


class RenameAndCreate(Writer):
    """logrotate's `create`: nginx goes on writing into the old file until it is told to reopen."""
    def rotate(self, number):
        for older in range(number, 1, -1):
            os.rename("%s.%d" % (self.path, older - 1), "%s.%d" % (self.path, older))
        os.rename(self.path, "%s.1" % self.path)
        self.burst()
        if self.random.random() < 0.5:
            self.path.touch()  # logrotate makes the file, nginx opens it later
            self.burst()
        self.file.reopen()


class RenameAndCompress(RenameAndCreate):
    """As above with dateext names, and the old file is compressed and removed when it has been read."""
    def rotate(self, number):
        old = "%s-202611%02d" % (self.path, number)
        os.rename(self.path, old)
        self.burst()
        self.file.reopen()
        self.burst()
        self.wait_until_all_is_read()
        subprocess.run(["gzip", old], check=True)


class CopyAndTruncate(Writer):
    """logrotate's `copytruncate`, at a moment when nothing is written and everything has been read: else it loses lines by itself."""
    def rotate(self, number):
        self.wait_until_all_is_read()
        shutil.copyfile(self.path, "%s.%d" % (self.path, number))
        os.truncate(self.path, 0)


class DeleteAndRecreate(Writer):
    def rotate(self, number):
        self.wait_until_all_is_read()  # what is deleted before anybody opened it is gone
        os.unlink(self.path)
        self.burst()  # into the file without a name, as nginx does until it is told
        self.file.reopen()


class SymlinkSwap(Writer):
    """The followed path is a link to the current file."""
    def __init__(self, t, name, number):
        super().__init__(t, name, number)
        self.file.close()
        self.path.unlink()
        self.point_to(0)
        self.file = LogFile(self.path)

    def point_to(self, number):
        target = self.directory / ("error-%04d.log" % number)
        target.touch()
        fresh = self.directory / "fresh"
        os.symlink(target.name, fresh)
        os.replace(fresh, self.path)

    def rotate(self, number):
        self.wait_until_all_is_read()  # of two swaps between two looks, no name leads to the file between
        self.point_to(number)
        self.burst()  # into the former file
        self.file.reopen()


class Logrotate(Writer):
    """The real logrotate, with what Debian's nginx package sets."""
    def rotate(self, number):
        configuration = self.directory / "logrotate.conf"
        configuration.write_text("%s {\n  rotate 14\n  missingok\n  compress\n  delaycompress\n  notifempty\n  create 0640\n}\n" % self.path)
        done = subprocess.run(["logrotate", "--force", "--state", self.directory / "state", configuration],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Failed("logrotate: %s" % done.stdout.decode())
        self.burst()
        self.file.reopen()
        self.wait_until_all_is_read()  # `delaycompress` gives a day; here the next rotation comes at once


def story(t):
    ways = [RenameAndCreate, RenameAndCompress, CopyAndTruncate, DeleteAndRecreate, SymlinkSwap]
    if shutil.which("logrotate"):
        ways.append(Logrotate)
    else:
        t.step("logrotate is not installed: its own way is left out")
    writers = [way(t, way.__name__, number) for number, way in enumerate(ways, 1)]
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [writer.path for writer in writers], [receiver.settings()]).start()

    def counts_of(ledger):
        prefixes = {peer for peer in ledger.written}
        return {peer: count for peer, count in daemon.counts_by_peer().items() if peer in prefixes}
    for writer in writers:
        writer.daemon_counts = counts_of
        writer.start()
    for writer in writers:
        writer.join(100)
        expect(not writer.is_alive(), "%s did not end" % writer.name)
        if writer.failure:
            raise Failed("%s: %s" % (writer.name, writer.failure))
    everything = Ledger()
    for writer in writers:
        everything.written.update(writer.ledger.written)
    t.step("%d lines written in %d logs, %d rotations each" % (everything.total(), len(writers), ROTATIONS))
    everything.expect_all_counted(daemon, 30)
    t.step("all counted once")
    receiver.wait_for_events(len(everything.written), within=30)
    daemon.stop()
    everything.expect_all_counted_by_events(receiver)
    expect_equal(len(receiver.requests()), len(everything.written), "requests: one for each incident")
    receiver.expect_all_valid()


run(story)
