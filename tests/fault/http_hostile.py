"""Senders of the HTTP listener that are slow, huge, endless, compressed to nothing, or speak something else: each gets the protocol's error or is cut off, costs
counters and not memory, and holds up nobody else."""
import gzip
import json
import socket
import time
import zlib

from support.accounting import Ledger
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import expect, expect_equal, run, wait_for

MEBIBYTE = 1 << 20


def story(t):
    port = free_port()
    daemon = Daemon(t, tables=[("[[http]]", {"listen": ["http://127.0.0.1:%d" % port], "max_body_mib": 8, "max_connections": 50,
                                             "idle_timeout": "2s"})]).start()
    ledger = Ledger()

    def talk(data, within=20):
        """Sends, and gives what comes back until the other side closes or an answer is there."""
        with socket.create_connection(("127.0.0.1", port), timeout=within) as connection:
            try:
                connection.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answer = b""
            try:
                while b"\r\n\r\n" not in answer:
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    answer += piece
            except ConnectionResetError:
                pass
            return answer

    def status(data):
        answer = talk(data)
        return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0

    def post(body, *headers):
        head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % len(body)
        return (head + "".join(h + "\r\n" for h in headers) + "\r\n").encode() + body

    def check_others(what):
        line = json.dumps({"message": ledger.line_of_new_peer().decode()}).encode()
        before = time.monotonic()
        expect_equal(status(post(line)), 200, "status of an honest sender beside " + what)
        expect(time.monotonic() - before < 3, "an honest sender waited %.1f s beside %s" % (time.monotonic() - before, what))

    t.step("what is no HTTP, or two things at once")
    cases = [(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400), (b"GARBAGE\r\n\r\n", 400), (b"GET / HTTP/9.9\r\n\r\n", 400),
             (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400),
             (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
             (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnothex\r\n", 400),
             (b"GET / HTTP/1.1\r\nX: " + b"x" * 100000 + b"\r\n\r\n", 431), (post(b"{]", "Content-Type: application/json"), 200),
             (post(b"SSL", "Content-Type: application/json"), 400), (post(b"{\"message\":\"SSL", "Content-Type: application/json"), 400),
             (post(b"x", "Content-Encoding: br"), 400), (post(b"not gzip", "Content-Encoding: gzip"), 400),
             (post(gzip.compress(b"x" * 10000)[:-9], "Content-Encoding: gzip"), 400), (b"GET /nothing HTTP/1.1\r\n\r\n", 404), (b"DELETE / HTTP/1.1\r\n\r\n", 405)]
    for data, wanted in cases:
        expect_equal(status(data), wanted, "status for %r" % data[:60])
    check_others("garbage")

    t.step("too much: announced, in chunks, and out of a bomb")
    memory = daemon.resident_kib()
    expect_equal(status(b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n"), 413, "status for a huge announcement")
    endless = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"100000\r\n" + b"x\n" * (MEBIBYTE // 2) + b"\r\n") * 9
    expect_equal(status(endless), 413, "status for endless chunks")
    bomb = zlib.compress(b"[" + b" " * (50 * MEBIBYTE), 9)
    expect_equal(status(post(bomb, "Content-Encoding: deflate")), 413, "status for a bomb of %d bytes" % len(bomb))
    bomb = gzip.compress(gzip.compress(b"\n" * (20 * MEBIBYTE), 9))
    expect(status(post(bomb, "Content-Encoding: gzip")) in (200, 413), "a bomb in a bomb")
    grown = daemon.resident_kib() - memory
    expect(grown < 64 * 1024, "%d KiB more after all that" % grown)
    check_others("floods")

    t.step("slow ones: silent, a byte now and then, more than may connect")
    slow = []
    for number in range(60):
        connection = socket.create_connection(("127.0.0.1", port), timeout=20)
        slow.append(connection)
        if number % 2:
            connection.sendall(b"POST / HTT")
    daemon.wait_for_log(r"its address has 16 already, a quarter of max_connections")
    for connection in slow[1:16:2]:
        connection.sendall(b"P")
    # The silent ones are closed after idle_timeout; then there is room again.
    wait_for(lambda: _is_closed(slow[0]), 10, "a silent connection to be closed")
    check_others("slow senders")
    for connection in slow:
        connection.close()
    ledger.expect_all_counted(daemon, 10)
    daemon.expect_alive()
    daemon.stop()


def _is_closed(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


run(story)
