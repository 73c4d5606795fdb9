"""Clients of the web listener that are slow, many, huge, silent, or come by another name: each is refused or cut off, costs no memory, and holds up neither
Prometheus nor the reading of logs."""
import socket
import time

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.ports import LOOPBACK
from support.scenario import expect, expect_equal, run
from support.web_client import WebClient

MOST_CONNECTIONS = 64


def story(t):
    log = LogFile(t.directory / "error.log")
    ledger = Ledger()
    web = WebClient()
    daemon = Daemon(t, [log.path], tables=[web.table()]).start()

    def connect():
        return socket.create_connection((LOOPBACK, web.port), timeout=30)

    def read_all(connection):
        answer = b""
        try:
            while True:
                piece = connection.recv(65536)
                if not piece:
                    return answer
                answer += piece
        except ConnectionResetError:
            return answer

    def status(data):
        with connect() as connection:
            try:
                connection.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass
            answer = read_all(connection)
        return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0

    def check_others(beside):
        began = time.monotonic()
        expect_equal(web.get("/metrics").status, 200, "status of /metrics beside " + beside)
        expect(time.monotonic() - began < 15, "/metrics took %.1f s beside %s" % (time.monotonic() - began, beside))
        log.write(ledger.line_of_new_peer())
        ledger.expect_all_counted(daemon, 20)

    t.step("names that are not ours: DNS rebinding")
    for host in ("evil.example", "evil.example:%d" % web.port, "127.0.0.1.evil.example", "localhost.evil.example", "", "[::1].evil.example"):
        for path in ("/", "/metrics", "/api/incidents", "/readyz"):
            answer = web.get(path, headers={"Host": host})
            expect_equal((answer.status, "incident" in answer.text), (421, False), "%s as %r" % (path, host))
    for host in ("localhost:%d" % web.port, "127.0.0.1", "[::1]:%d" % web.port, socket.gethostname()):
        expect_equal(web.get("/", headers={"Host": host}).status, 200, "status as %r" % host)

    t.step("what is no question")
    head = b"Host: localhost\r\nConnection: close\r\n"
    for data, wanted in ((b"POST / HTTP/1.1\r\n" + head + b"\r\n", 405), (b"OPTIONS * HTTP/1.1\r\n" + head + b"\r\n", 405),
                         (b"CONNECT x:443 HTTP/1.1\r\n" + head + b"\r\n", 405), (b"TRACE / HTTP/1.1\r\n" + head + b"\r\n", 405),
                         (b"GET / HTTP/1.1\r\n" + head + b"Content-Length: 4\r\n\r\nabcd", 413),
                         (b"GET / HTTP/1.1\r\n" + head + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
                         (b"GARBAGE\r\n\r\n", 400), (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 100, 400),
                         (b"GET / HTTP/1.1\r\n" + head + b"Host: evil.example\r\n\r\n", 400),
                         (b"GET / HTTP/9.9\r\n\r\n", 400), (b"GET / HTTP/1.1\r\n" + head + b"X: " + b"x" * (1 << 20) + b"\r\n\r\n", 431),
                         (b"GET /" + b"x" * (1 << 20), 431), (b"".join([b"GET / HTTP/1.1\r\n", *[b"X%d: y\r\n" % n for n in range(5000)], b"\r\n"]), 431),
                         (b"GET /../../etc/passwd HTTP/1.1\r\n" + head + b"\r\n", 404), (b"GET /%00 HTTP/1.1\r\n" + head + b"\r\n", 404),
                         (b"GET /metrics?lang=%ff%00<script> HTTP/1.1\r\n" + head + b"\r\n", 200)):
        # What is still being sent when the answer comes resets the connection: then there is no answer to read.
        expect(status(data) in (wanted, 0 if len(data) > 50000 else wanted), "status for %r" % data[:60])
    answer = web.get("/metrics", method="HEAD")
    expect_equal((answer.status, answer.body, int(answer.headers["content-length"]) > 1000), (200, b"", True), "HEAD")
    check_others("garbage")

    t.step("more connections than there may be, all silent or half said")
    held = []
    for number in range(3 * MOST_CONNECTIONS):
        connection = connect()
        held.append(connection)
        if number % 2:
            try:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: loc")
            except (BrokenPipeError, ConnectionResetError):
                pass
    # Who asks takes the place of one who only holds a connection: at once, not when that one is late.
    began = time.monotonic()
    for _ in range(20):
        expect_equal(status(b"GET /healthz HTTP/1.1\r\n" + head + b"\r\n"), 200, "/healthz beside silent connections")
    expect((time.monotonic() - began) / 20 < 1, "/healthz took %.1f s beside silent connections" % ((time.monotonic() - began) / 20))
    log.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon, 20)
    for connection in held:
        connection.close()
    check_others("silent connections")

    t.step("a hundred who ask all the time cost little")
    memory = daemon.resident_kib()
    for _ in range(20):
        connections = [connect() for _ in range(40)]
        for connection in connections:
            connection.sendall(b"GET /metrics HTTP/1.1\r\n" + head + b"\r\n")
        for connection in connections:
            expect(read_all(connection).startswith(b"HTTP/1.1 200 "), "one of many was not answered")
            connection.close()
    expect(daemon.resident_kib() - memory < 32 * 1024, "%d KiB more" % (daemon.resident_kib() - memory))
    check_others("many")

    t.step("it ends at once, whoever is connected")
    held = [connect() for _ in range(5)]
    held[0].sendall(b"GET / HT")
    began = time.monotonic()
    daemon.stop()
    expect(time.monotonic() - began < 10, "the end took %.1f s" % (time.monotonic() - began))


run(story)
