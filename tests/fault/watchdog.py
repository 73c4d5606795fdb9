"""systemd's watchdog is fed by work, not by a clock: whichever of its threads stands still (here by ptrace(2), as one that hangs would), the
word stays away until it moves again."""
import ctypes
import os
import time

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import Skip, expect, run, wait_for

INTERVAL = 0.2  # between two words: half of what the unit would allow
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
WALL = 0x40000000


class HeldThread:
    """One thread of a process that stands still."""

    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    libc.ptrace.restype = ctypes.c_long

    def __init__(self, thread):
        self.thread = thread

    def __enter__(self):
        if self.libc.ptrace(PTRACE_ATTACH, self.thread, None, None) != 0:
            raise Skip("ptrace is not allowed here: " + os.strerror(ctypes.get_errno()))
        os.waitpid(self.thread, WALL)

    def __exit__(self, *_):
        self.libc.ptrace(PTRACE_DETACH, self.thread, None, None)


def story(t):
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    file.write(ledger.line_of_new_peer())
    daemon = Daemon(t, [t.directory / "error.log"], tables=[("[[syslog]]", {"listen": ["udp://127.0.0.1:0"]})],
                    wrapper=["env", "WATCHDOG_USEC=%d" % (2 * INTERVAL * 1e6)]).start()
    ledger.expect_all_counted(daemon)

    def words():
        return daemon.notified("WATCHDOG=1")

    def falls_silent(within=6, quiet=1.5):
        """Is there a time without a word? Those that were on their way still come."""
        deadline = time.monotonic() + within
        seen, since = words(), time.monotonic()
        while time.monotonic() < deadline:
            if words() != seen:
                seen, since = words(), time.monotonic()
            if time.monotonic() - since > quiet:
                return True
            time.sleep(INTERVAL / 10)
        return False

    def expect_word(otherwise):
        before = words()
        wait_for(lambda: words() > before, 20, otherwise)

    expect_word("the watchdog to be fed")
    threads = sorted(int(name) for name in os.listdir("/proc/%d/task" % daemon.process.pid))
    silent = []
    for thread in threads:
        with HeldThread(thread):
            if falls_silent():
                silent.append(thread)
        expect_word("a word after thread %d stood still" % thread)
    t.step("%d of %d threads are vouched for" % (len(silent), len(threads)))
    expect(daemon.process.pid in silent, "the loop is not vouched for")
    # The loop, the reader, the network's thread, the store.
    expect(len(silent) >= 4, "only %d of %d threads are vouched for" % (len(silent), len(threads)))
    file.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon)
    daemon.stop()


run(story)
