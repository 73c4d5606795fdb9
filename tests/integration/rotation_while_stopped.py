"""The log is rotated while the daemon is not running: it goes on where it stopped, in `.1`, in `.2.gz`, in dateext names, and does not read
the rest again."""
import gzip
import os
import shutil

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect_equal, run
from support.webhook_receiver import WebhookReceiver


class Log:
    def __init__(self, directory, first_peer):
        directory.mkdir()
        self.path = directory / "error.log"
        self.ledger = Ledger(first_peer)
        self.file = LogFile(self.path)

    def write(self, number):
        for _ in range(number):
            self.file.write(self.ledger.line_of_new_peer())

    def rename(self, to):
        os.rename(self.path, "%s%s" % (self.path, to))
        self.file.reopen()

    def compress(self, name):
        plain = "%s%s" % (self.path, name)
        with open(plain, "rb") as source, gzip.open(plain + ".gz", "wb") as target:
            shutil.copyfileobj(source, target)
        shutil.copystat(plain, plain + ".gz")
        os.unlink(plain)


def once(log):
    """logrotate once."""
    log.rename(".1")


def twice_compressed(log):
    """Twice, with delaycompress: what was followed is in .2.gz now."""
    log.rename(".1")
    log.write(20)
    os.rename("%s.1" % log.path, "%s.2" % log.path)
    log.rename(".1")
    log.compress(".2")


def dated(log):
    log.rename("-20261120")
    log.write(20)
    log.rename("-20261121")
    log.compress("-20261120")


def copied(log):
    """copytruncate: the name and the inode stay, the content moves."""
    shutil.copyfile(log.path, "%s.1" % log.path)
    os.truncate(log.path, 0)


def gone(log):
    """Deleted and made anew: what had not been read is lost, and everything new is read. Only read lines are deleted here."""
    os.unlink(log.path)
    log.file.reopen()


def same_inode(log):
    """Deleted, and the file system gives its inode to the new file: told by content, not by inode."""
    os.truncate(log.path, 0)


def untouched(log):
    pass


def story(t):
    ways = [once, twice_compressed, dated, copied, gone, same_inode, untouched]
    logs = {way: Log(t.directory / way.__name__, number << 16) for number, way in enumerate(ways, 1)}
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [log.path for log in logs.values()], [receiver.settings()]).start()
    everything = Ledger()

    def expect_all(within=30):
        everything.written.clear()
        for log in logs.values():
            everything.written.update(log.ledger.written)
        everything.expect_all_counted(daemon, within)

    for log in logs.values():
        log.write(40)
    expect_all()
    for generation in (1, 2):
        daemon.stop()
        t.step("stopped (%d): written, rotated, written" % generation)
        for way, log in logs.items():
            if way not in (gone, same_inode):
                log.write(30)  # the daemon has not seen these, and they move away
            if generation == 1:
                way(log)
            # more than there was before, so that no size tells the new file from the old one
            log.write(90)
        daemon.start()
        expect_all()
        for log in logs.values():
            log.write(10)
        expect_all()
    receiver.wait_for_events(len(everything.written))
    daemon.stop()
    expect_equal(len(receiver.requests()), len(everything.written), "requests: one for each incident")
    receiver.expect_all_valid()


run(story)
