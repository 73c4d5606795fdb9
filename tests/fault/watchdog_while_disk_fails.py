"""A database that cannot be written makes readers wait in the end: the log is the buffer. That is no hang, which a restart would cure: the watchdog goes
on being fed, and reading goes on when there is room again."""
import sqlite3

from support.accounting import LogFile, peer_name, verify_error_line
from support.daemon import Daemon
from support.scenario import expect, run, wait_for

LINES = 60000  # more than the queues between a log and the database hold


def story(t):
    path = t.directory / "error.log"
    file = LogFile(path)
    daemon = Daemon(t, [path], incidents={"max_incidents": 1000000}, wrapper=["env", "WATCHDOG_USEC=400000"]).start()

    def has_read():
        with open("/proc/%d/io" % daemon.process.pid) as counters:
            return int(next(line for line in counters if line.startswith("rchar:")).split()[1])

    def expect_words(number, when):
        before = daemon.notified("WATCHDOG=1")
        wait_for(lambda: daemon.notified("WATCHDOG=1") >= before + number, 40, "%d words for the watchdog %s" % (number, when))

    expect_words(2, "while all is well")
    locker = sqlite3.connect(daemon.database, isolation_level=None, timeout=30)
    locker.execute("BEGIN IMMEDIATE")
    began = has_read()
    file.write(b"".join(verify_error_line(peer_name(number)) for number in range(LINES)))
    daemon.wait_for_log("cannot be written", within=40)

    # The readers stand still: nothing more is read over five words of the watchdog's, and there is more to read.
    def stands_still():
        before = has_read()
        expect_words(5, "while the database fails")
        return has_read() - before < 1 << 16
    wait_for(stands_still, 60, "readers that wait")
    read = has_read() - began
    expect(read < path.stat().st_size, "everything was read, so nobody waits: %d of %d bytes" % (read, path.stat().st_size))
    t.step("%d of %d MiB were read, and the watchdog is fed" % (read >> 20, path.stat().st_size >> 20))

    locker.execute("ROLLBACK")
    wait_for(lambda: has_read() - began >= path.stat().st_size, 60, "reading to go on")
    daemon.expect_alive()
    daemon.kill()


run(story)
