"""Numbered log lines, written as nginx writes them, and the proof that each was counted once.

Each line names a peer of its own, or one that few lines share. A peer is an incident, so a lost line is an incident that is
missing or too small, and a line that was read twice is one that is too large: neither can hide the other.
"""
import collections
import os
import threading
import time

from support.scenario import Failed, wait_for


def peer_name(number):
    return "10.%d.%d.%d:8443" % (number >> 16 & 255, number >> 8 & 255, number & 255)


def verify_error_line(peer, connection=1, when=None, code="20:unable to get local issuer certificate", server="gw.corp.test"):
    """A line as nginx 1.22 writes it (verification of an upstream), in UTC, with its line feed."""
    stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(when))
    return ("%s [error] 4711#4711: *%d upstream SSL certificate verify error: (%s) while SSL handshaking to upstream, "
            'client: 192.0.2.%d, server: %s, request: "GET /v1/orders/%d HTTP/1.1", upstream: "https://%s/v1/orders/%d", '
            'host: "gw.corp.test"\n' % (stamp, connection, code, connection % 250 + 1, server, connection, peer, connection)).encode()


def ordinary_line(number):
    stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime())
    return ('%s [error] 4711#4711: *%d open() "/srv/www/%d.html" failed (2: No such file or directory), client: 192.0.2.1, '
            'server: gw.corp.test, request: "GET /%d.html HTTP/1.1", host: "gw.corp.test"\n' % (stamp, number, number, number)).encode()


class Ledger:
    """Who was written how often. Peers are numbered on from `first_peer`. Safe for several writers."""

    def __init__(self, first_peer=1):
        self._lock = threading.Lock()
        self._next = first_peer
        self._line = 0
        self.written = collections.Counter()

    def _book(self, peer):
        with self._lock:
            self.written[peer] += 1
            self._line += 1
            return self._line

    def line_of_new_peer(self):
        with self._lock:
            number, self._next = self._next, self._next + 1
        return self.line_of(peer_name(number))

    def line_of(self, peer):
        return verify_error_line(peer, self._book(peer))

    def line_of_known_peer(self, index):
        """A further line of a peer that had one before, or of a new one if none had."""
        with self._lock:
            peers = list(self.written)
        return self.line_of(peers[index % len(peers)]) if peers else self.line_of_new_peer()

    def total(self):
        return sum(self.written.values())

    def difference(self, counted):
        """What `counted` (peer -> lines) has wrong; empty if it has every line once."""
        wrong = []
        for peer, wanted in self.written.items():
            got = counted.get(peer, 0)
            if got != wanted:
                wrong.append("%s: %d line(s) written, %d counted" % (peer, wanted, got))
        wrong += ["%s: never written, counted %d time(s)" % (peer, got) for peer, got in counted.items() if peer not in self.written]
        return wrong

    def expect_all_counted(self, daemon, within=30):
        """Every line counted exactly once, in the daemon's database."""
        state = {}

        def done():
            daemon.expect_alive()
            state["wrong"] = self.difference(daemon.counts_by_peer())
            return not state["wrong"]
        try:
            wait_for(done, within, "every line to be counted once")
        except Failed as failure:
            wrong = state["wrong"]
            raise Failed("%s: %d of %d peers are wrong:\n  %s%s" % (failure, len(wrong), len(self.written), "\n  ".join(wrong[:12]),
                                                                   "\n  …" if len(wrong) > 12 else "")) from None

    def lost_and_repeated(self, daemon):
        """How many of the lines are not counted, and how many times one was counted once more than it was written."""
        counted = daemon.counts_by_peer()
        differences = [counted.get(peer, 0) - wanted for peer, wanted in self.written.items()]
        return -sum(d for d in differences if d < 0), sum(d for d in differences if d > 0)

    def expect_all_counted_by_events(self, receiver):
        """One opened event for each peer, neither more nor fewer."""
        told = collections.Counter(event.peer for event in receiver.events())
        missing = [peer for peer in self.written if peer not in told]
        repeated = [peer for peer, times in told.items() if times > 1]
        strange = [peer for peer in told if peer not in self.written]
        if missing or repeated or strange:
            raise Failed("events: missing for %r, more than one for %r, unasked for %r" % (missing[:5], repeated[:5], strange[:5]))


class LogFile:
    """A log as nginx holds it: opened for appending, each line one write(2), kept open when somebody renames it."""

    def __init__(self, path):
        self.path = path
        self._descriptor = -1
        self.reopen()

    def reopen(self):
        self.close()
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, data):
        written = os.write(self._descriptor, data)
        if written != len(data):
            raise Failed("the test could not write its log: disk full?")

    def size(self):
        return os.fstat(self._descriptor).st_size

    def close(self):
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
