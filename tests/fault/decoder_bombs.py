"""The worst that each decoder can be sent, on many connections at once: peak memory stays within the budget of 256 MiB for what is under way, and 32 MiB
for the rest. What is recognised in it becomes no giant either."""
import concurrent.futures
import gzip
import json
import socket
import struct
import zlib

from support.accounting import Ledger, verify_error_line
from support.daemon import Daemon
from support.forward_sender import ForwardSender, pack
from support.ports import free_port
from support.scenario import expect, expect_equal, run

MEBIBYTE = 1 << 20
MOST_KIB = (256 + 32) * 1024


def post(port, path, body, *headers, address="127.0.0.2"):
    """The status; 0 when the daemon closed the connection instead."""
    text = "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n" % (
        path, len(body), "".join(line + "\r\n" for line in headers))
    try:
        with socket.create_connection(("127.0.0.1", port), 60, source_address=(address, 0)) as connection:
            answer = b""
            try:
                connection.sendall(text.encode() + body)
            except OSError:
                pass
            while more := connection.recv(1 << 16):
                answer = answer[:64] + more[:64] if len(answer) < 64 else answer
            return int(answer[9:12]) if answer.startswith(b"HTTP/1.1 ") else 0
    except OSError:
        return 0


def stream(port, data, address="127.0.0.2"):
    try:
        with socket.create_connection(("127.0.0.1", port), 60, source_address=(address, 0)) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 16):
                pass
    except OSError:
        pass
    return 0


def varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def snappy_literal(data):
    """A block that says so without compressing: what it tells of is true."""
    out = varint(len(data))
    for at in range(0, len(data), 65536):
        piece = data[at:at + 65536]
        out += bytes([61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
    return out


def zstd_with_large_window():
    """A frame that asks for a window of 8 MiB (RFC 8878), and a block of one byte over and over."""
    return b"\x28\xb5\x2f\xfd\x00" + bytes([13 << 3]) + struct.pack("<I", (128 * 1024 << 3) | 2)[:3] + b"\n" + struct.pack("<I", 1 << 3 | 1)[:3] + b"\n"


def story(t):
    http, forward, lumberjack = free_port(), free_port(), free_port()
    daemon = Daemon(t, tables=[("[[http]]", {"name": "http", "listen": ["http://127.0.0.1:%d" % http]}),
                               ("[[forward]]", {"name": "forward", "listen": ["tcp://127.0.0.1:%d" % forward]}),
                               ("[[lumberjack]]", {"name": "lumberjack", "listen": ["tcp://127.0.0.1:%d" % lumberjack]})]).start()
    ledger = Ledger()
    before = daemon.peak_kib()
    json_type, gzipped = "Content-Type: application/json", "Content-Encoding: gzip"

    def at_once(name, send, times=8):
        """From several addresses, so that it is not only one sender's share that ends it."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda number: send("127.0.0.%d" % (2 + number % 4)), range(times)))
        daemon.expect_alive()
        t.step("%s: %s; peak %d MiB" % (name, sorted(set(statuses)), daemon.peak_kib() // 1024))
        expect(daemon.peak_kib() < MOST_KIB, "peak memory %d KiB after %s" % (daemon.peak_kib(), name))
        expect_equal(post(http, "/", json.dumps({"message": ledger.line_of_new_peer().decode()}).encode(), json_type, address="127.0.0.1"), 200,
                     "status of an honest request after " + name)

    def http_bomb(name, path, body, *headers, times=8):
        at_once(name, lambda address: post(http, path, body, *headers, address=address), times)

    action = b'{"delete":{}}\n'
    http_bomb("_bulk of nothing but actions", "/_bulk", gzip.compress(action * (60 * MEBIBYTE // len(action)), 9), gzipped, json_type)
    for name, sign in (("brackets", b"["), ("empty objects", b"{},"), ("numbers", b"0,"), ("strings", b'"",'), ("keys", b'"":0,')):
        opened = {b"[": b""}.get(sign, b'{"a":{' if sign == b'"":0,' else b'{"resourceLogs":[')
        body = gzip.compress(opened + sign * (60 * MEBIBYTE // len(sign)), 1)
        http_bomb("OTLP of " + name, "/v1/logs", body, gzipped, json_type, times=8)
        if name in ("brackets", "keys"):
            http_bomb("Loki of " + name, "/loki/api/v1/push", body, gzipped, json_type, times=4)
    http_bomb("a JSON array", "/", gzip.compress(b"[" + b'{"message":"SSL"},' * (2 * MEBIBYTE), 1), gzipped, json_type, times=4)
    http_bomb("a JSON line", "/", gzip.compress(b'{"message":"SSL' + b"\\u0053" * (5 * MEBIBYTE), 1), gzipped, json_type)
    http_bomb("text without an end", "/", gzip.compress(b"x" * (60 * MEBIBYTE), 9), gzipped, "Content-Type: text/plain")
    http_bomb("zstd with large windows", "/", zstd_with_large_window() * 400, "Content-Encoding: zstd", "Content-Type: text/plain", times=24)
    http_bomb("snappy", "/loki/api/v1/push", snappy_literal(b"\n" * (30 * MEBIBYTE)), "Content-Type: application/x-protobuf")
    record = field(2, field(5, field(6, b"\x0a\x00" * 100)))
    http_bomb("OTLP in protocol buffers", "/v1/logs", gzip.compress(field(1, field(2, record * 100_000)), 9), gzipped,
              "Content-Type: application/x-protobuf")
    journal = b"".join(b"%s\n%s%s\n" % (name, struct.pack("<Q", MEBIBYTE), b"x" * MEBIBYTE) for name in (b"MESSAGE", b"_HOSTNAME", b"__CURSOR", b"JUNK"))
    http_bomb("a journal of giant fields", "/upload", gzip.compress(journal * 8, 9), gzipped, "Content-Type: application/vnd.fdo.journal")

    giant = b"\x92\x01\x81\xa3log\xdb" + struct.pack(">I", MEBIBYTE - 64) + b"x" * (MEBIBYTE - 64)
    message = pack(["t", gzip.compress(giant * 30, 9), {"chunk": "c"}])
    at_once("Forward of giant records", lambda address: stream(forward, message[:-10], address))
    event = b"2J" + struct.pack(">II", 1, MEBIBYTE) + b"{" + b" " * (MEBIBYTE - 1)
    frame = zlib.compress(event * 30, 9)
    at_once("Lumberjack of giant events", lambda address: stream(lumberjack, b"2W\0\0\0\1" + b"2C" + struct.pack(">I", len(frame)) + frame, address))

    many = b"".join(verify_error_line("198.51.%d.%d:%d" % (n >> 8 & 255, n & 255, 1000 + n // 65536)) for n in range(20_000))
    http_bomb("many different places", "/", gzip.compress(many, 1), gzipped, "Content-Type: text/plain", times=8)

    line = ledger.line_of_new_peer().decode()
    peer = list(ledger.written)[-1]
    for number in range(50):
        body = json.dumps({"message": line, "host": "h%d-" % number + "x" * (MEBIBYTE - 2000)}).encode()
        expect_equal(post(http, "/", body, json_type, address="127.0.0.1"), 200, "status of a record with a giant host")
    states = [state for (state,) in daemon.query("SELECT state_json FROM incidents WHERE state_json ->> '$.place.peer' = ?", peer)]
    expect(states and max(len(state) for state in states) < 64 * 1024, "an incident of %d bytes" % max(map(len, states), default=0))
    expect(daemon.peak_kib() < MOST_KIB, "peak memory %d KiB" % daemon.peak_kib())
    t.step("peak memory %d MiB, %d MiB before" % (daemon.peak_kib() // 1024, before // 1024))
    ForwardSender(forward).send_chunk([ledger.line_of_new_peer()])
    daemon.stop()


run(story)
