"""Senders that take what they can: as many connections as they get, announcements of the largest bodies, bodies that come to a stop, uploads that never
end, bombs in every compression. One who sends little beside them is answered all the while."""
import gzip
import http.client
import itertools
import json
import os
import socket
import time

from support.accounting import Ledger
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import expect, expect_equal, run

MEBIBYTE = 1 << 20
CONNECTIONS = 200
PER_ADDRESS = CONNECTIONS // 4
WITHIN = float(os.environ.get("HANDSHAKED_PATIENCE", "1.0"))  # seconds for one honest request, most of the time


def head(path, *headers):
    return ("POST %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (path, "".join(line + "\r\n" for line in headers))).encode()


def announcement():
    """The largest body that may be, of which one byte comes."""
    return head("/", "Content-Type: application/json", "Content-Length: %d" % (64 * MEBIBYTE)) + b"["


def stopped_body():
    """Is held in whole, since it is no object a line, and stops short of its end."""
    return head("/", "Content-Type: application/json", "Content-Length: %d" % (8 * MEBIBYTE)) + b"[" + b" " * MEBIBYTE


def endless_upload():
    return head("/upload", "Content-Type: application/vnd.fdo.journal", "Transfer-Encoding: chunked") + b"a\r\nMESSAGE=ab\r\n"


BOMB = gzip.compress(b"[" * (6 * MEBIBYTE))[:-20]


def half_a_bomb():
    return head("/loki/api/v1/push", "Content-Type: application/json", "Content-Encoding: gzip", "Content-Length: 1000000") \
        + BOMB


def half_a_head():
    return b"POST / HTTP/1.1\r\nX: "


def story(t):
    port = free_port()
    daemon = Daemon(t, tables=[("[[http]]", {"listen": ["http://127.0.0.1:%d" % port], "max_connections": CONNECTIONS})]).start()
    ledger = Ledger()
    waits = []

    def honest():
        """A new connection and one line, as `curl` would."""
        body = json.dumps({"message": ledger.line_of_new_peer().decode(), "host": "web-1"})
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        waits.append(time.monotonic() - began)
        expect_equal(answer.status, 200, "status of an honest request")

    def open_hostile(address, kind):
        connection = socket.create_connection(("127.0.0.1", port), 10, source_address=(address, 0))
        connection.setblocking(False)
        try:
            connection.send(kind())
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            pass
        return connection

    honest()
    for kind in (announcement, stopped_body, half_a_bomb, endless_upload, half_a_head):
        held = []
        # More addresses than it takes to have all connections, and from each more than it may have.
        for address, number in itertools.product(("127.0.0.%d" % n for n in range(2, 8)), range(PER_ADDRESS + 5)):
            try:
                held.append(open_hostile(address, kind))
            except OSError:
                pass
            if number % 20 == 0:
                honest()
        for _ in range(5):
            honest()
        for connection in held:
            connection.close()
        daemon.expect_alive()
        t.step("%s, on %d connections" % (kind.__name__.replace("_", " "), len(held)))

    waits.sort()
    typical = waits[len(waits) // 2]
    t.step("%d honest requests: %.3f s in the middle, %.3f s at worst" % (len(waits), typical, waits[-1]))
    expect(typical < WITHIN, "half of the honest requests took more than %.3f s" % typical)
    expect(waits[int(len(waits) * 0.95)] < 10 * WITHIN, "one in twenty honest requests took %.1f s" % waits[int(len(waits) * 0.95)])
    ledger.expect_all_counted(daemon, 20)
    daemon.stop()


run(story)
