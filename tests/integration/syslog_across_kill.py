"""`kill -9` under senders of syslog that keep nothing: datagrams, and TCP without acknowledgements. Lines go out one by one the whole time. What was
committed stays counted, nothing is counted twice, and what is lost is one stretch: from the last commit before the kill to the first line after the start.
logger loses what it writes
before it notices, and goes on."""
import socket
import subprocess
import threading
import time

from support.accounting import Ledger, ordinary_line, verify_error_line, peer_name
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import expect, expect_equal, require_program, run, wait_for
from support.shippers import Shipper

HEADER = b"<187>Nov 21 02:58:15 edge-1 nginx: "
PAUSE = 0.002
# A commit is made every 200 ms; the rest is for a machine that has other things to do.
OLDEST_LOST = 3.0


class PacedSender:
    """Sends a line every PAUSE seconds, each naming a peer of its own, and goes on whatever becomes of them."""

    def __init__(self, first_peer, open_socket):
        self._open = open_socket
        self._first = first_peer
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.sent = []  # (peer, when)

    def start(self):
        self._thread.start()
        return self

    def end(self):
        self._ending.set()
        self._thread.join()

    def _run(self):
        connection = None
        while not self._ending.wait(PAUSE):
            peer = peer_name(self._first + len(self.sent))
            self.sent.append((peer, time.monotonic()))
            try:
                connection = connection or self._open()
                connection.sendall(HEADER + verify_error_line(peer))
            except OSError:
                if connection:
                    connection.close()
                connection = None


def stretch_lost(name, sent, counted, killed, started):
    """Fails unless what is missing of `sent` is one stretch around the kill; says how long it is."""
    expect(max(counted.get(peer, 0) for peer, _ in sent) == 1, "%s: a line was counted twice" % name)
    missing = [number for number, (peer, _) in enumerate(sent) if peer not in counted]
    expect(missing, "%s: nothing was lost although nobody listened" % name)
    expect_equal(missing[-1] - missing[0] + 1, len(missing), "%s: lines from the first lost to the last lost" % name)
    age = killed - sent[missing[0]][1]
    expect(age < OLDEST_LOST, "%s: a line was lost that was sent %.2f s before the kill" % (name, age))
    late = sent[missing[-1]][1] - started
    expect(late < OLDEST_LOST, "%s: a line was lost that was sent %.2f s after the start" % (name, late))
    before = sum(1 for number in missing if sent[number][1] < killed)
    return "%s: %d of %d lost, %d of them sent before the kill (the oldest %d ms)" % (name, len(missing), len(sent), before, max(0, age * 1000))


def story(t):
    require_program("logger")
    port, unixgram = free_port(), t.directory / "datagrams.sock"
    address = ("127.0.0.1", port)
    daemon = Daemon(t, tables=[("[[syslog]]", {"listen": ["udp://127.0.0.1:%d" % port, "tcp://127.0.0.1:%d" % port, "unixgram:%s" % unixgram]})]).start()

    def tcp():
        return socket.create_connection(address)

    def connected(family, to):
        one = socket.socket(family, socket.SOCK_DGRAM)
        one.connect(str(to) if family == socket.AF_UNIX else to)
        return one
    senders = {
        "TCP": PacedSender(100_000, tcp).start(),
        "UDP": PacedSender(200_000, lambda: connected(socket.AF_INET, address)).start(),
        "a Unix socket for datagrams": PacedSender(300_000, lambda: connected(socket.AF_UNIX, unixgram)).start(),
    }
    wait_for(lambda: daemon.lines_counted() > 600, 20, "lines to be counted")
    committed = daemon.counts_by_peer()
    killed = time.monotonic()
    daemon.kill()
    daemon.start()
    started = time.monotonic()
    wait_for(lambda: all(len([1 for _, at in sender.sent if at > started]) > 300 for sender in senders.values()), 20, "lines after the start")
    for sender in senders.values():
        sender.end()
    wait_for(lambda: all(sender.sent[-1][0] in daemon.counts_by_peer() for sender in senders.values()), 20, "the last lines")
    counted = daemon.counts_by_peer()
    expect(committed.items() <= counted.items(), "what was committed is not as it was")
    for name, sender in senders.items():
        t.step(stretch_lost(name, sender.sent, counted, killed, started))

    def logger():
        return Shipper(t, "logger", ["logger", "--server", "127.0.0.1", "--port", str(port), "--tcp", "--octet-count", "-t", "nginx"]).start()

    def lines(ledger, count=5000):
        return [ordinary_line(n) if n % 100 else ledger.line_of_new_peer() for n in range(count)]

    def wait_for_all(ledger):
        wait_for(lambda: ledger.lost_and_repeated(daemon) == (0, 0), 20, lambda: "every line once: %r" % (ledger.lost_and_repeated(daemon),))
    first, second, third = Ledger(400_000), Ledger(500_000), Ledger(600_000)
    program = logger()
    program.send(lines(first))
    wait_for_all(first)
    daemon.kill()
    daemon.start()
    program.send(lines(second))
    program.finish(20)
    again = logger()
    again.send(lines(third))
    again.finish(20)
    wait_for_all(third)
    expect_equal(first.lost_and_repeated(daemon), (0, 0), "lines of before the kill, lost and repeated")
    lost, repeated = second.lost_and_repeated(daemon)
    expect_equal(repeated, 0, "lines counted twice")
    expect(lost < second.total() // 2, "logger did not go on: %d of %d lost" % (lost, second.total()))
    t.step("logger lost %d of %d TLS lines that it had read after the kill, and none when started again" % (lost, second.total()))
    daemon.stop()


run(story)
