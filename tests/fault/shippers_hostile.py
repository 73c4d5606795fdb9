"""Senders that break the Forward and Lumberjack protocols: each is cut off and counted, nothing of a message that breaks off is counted, and
a sender beside them is served all the while."""
import gzip
import socket
import struct
import zlib

from support.accounting import Ledger, verify_error_line
from support.daemon import Daemon
from support.forward_sender import ForwardSender, chunk_message, pack
from support.lumberjack_sender import LumberjackSender
from support.ports import free_port
from support.scenario import expect, expect_equal, run

STRANGER = "192.0.2.66:8443"


def talk(port, data, within=20):
    """Sends `data` and its end; everything that comes back until the daemon closes."""
    with socket.create_connection(("127.0.0.1", port), within) as connection:
        answer = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while more := connection.recv(65536):
                answer += more
        except OSError:
            pass
        return answer


def story(t):
    key = t.directory / "key"
    key.write_text("correct horse")
    forward, secret, lumberjack = free_port(), free_port(), free_port()
    daemon = Daemon(t, tables=[
        ("[[forward]]", {"name": "forward", "listen": ["tcp://127.0.0.1:%d" % forward], "max_record": 8192}),
        ("[[forward]]", {"name": "secret", "listen": ["tcp://127.0.0.1:%d" % secret], "shared_key_file": key}),
        ("[[lumberjack]]", {"name": "lumberjack", "listen": ["tcp://127.0.0.1:%d" % lumberjack], "max_record": 8192}),
    ]).start()
    stranger = verify_error_line(STRANGER)
    ledger = Ledger()
    neighbour, beats = ForwardSender(forward), LumberjackSender(lumberjack)

    def neighbours_are_served():
        neighbour.send_chunk([ledger.line_of_new_peer()])
        beats.send_window([ledger.line_of_new_peer()])

    bomb = gzip.compress(b"\x92\x01\x81\xa3log\xdb\x3f\xff\xff\xff" + b"x" * (120 << 20), 9)
    whole = chunk_message([stranger] * 500, "abc")
    for what, data in {
            "HTTP": b"GET / HTTP/1.1\r\n\r\n",
            "random bytes": bytes(range(256)) * 50,
            "deep nesting": b"\x92\xa1t" + b"\x91" * (4 << 20),
            "a chunk that breaks off": whole[:-10],
            "a compressed chunk that is damaged": pack(["t", gzip.compress(pack([1, {"log": stranger.decode()}]) * 50)[:-20], {"chunk": "c"}]),
            "a bomb": pack(["t", bomb, {"chunk": "c"}])}.items():
        answer = talk(forward, data)
        expect_equal(answer, b"", "answer to " + what)
        neighbours_are_served()
    t.step("Forward: %d ways to break it" % 6)

    answer = talk(secret, pack(["t", [[1, {"log": stranger.decode()}]], {"chunk": "c"}]))
    expect(b"HELO" in answer and b"ack" not in answer, "answer without a handshake: %r" % answer)
    answer = talk(secret, pack(["PING", "me", "salt", "0" * 128, "", ""]) + whole)
    expect(b"PONG" in answer and b"shared_key mismatch" in answer and b"ack" not in answer, "answer to a wrong key: %r" % answer)
    expect("correct horse" not in daemon.log_text(), "the key stands in the log")
    t.step("no key, no lines")

    frames = LumberjackSender.frames(beats.events([stranger] * 50))
    zip_bomb = zlib.compress(b"2J\0\0\0\1\x3f\xff\xff\xff" + b" " * (120 << 20), 9)
    for what, data in {
            "HTTP": b"POST / HTTP/1.1\r\n\r\n",
            "a window of nothing": b"2W\0\0\0\0",
            "a frame in a frame": b"2C" + struct.pack(">I", len(zlib.compress(b"2C\0\0\0\1x"))) + zlib.compress(b"2C\0\0\0\1x"),
            "damaged compression": b"2W\0\0\0\1" + b"2C\0\0\0\x08" + b"deadbeef",
            "a bomb": b"2C" + struct.pack(">I", len(zip_bomb)) + zip_bomb}.items():
        answer = talk(lumberjack, data)
        expect_equal(answer, b"", "answer to " + what)
        neighbours_are_served()
    expect_equal(talk(lumberjack, b"2W" + struct.pack(">I", 50) + frames[:100]), b"", "answer to an event that breaks off")
    t.step("Lumberjack: %d ways to break it" % 6)

    # What is only odd is passed by, and acknowledged: else it would be sent for ever.
    large = b"2J" + struct.pack(">II", 2, 100_000) + b" " * 100_000
    odd = b"2W\0\0\0\3" + b"2J" + struct.pack(">II", 1, 20) + b"{ SSL certificate  x" + large + LumberjackSender.frames(beats.events([b"ordinary"]))[:2] \
        + struct.pack(">I", 3) + LumberjackSender.frames(beats.events([b"ordinary"]))[6:]
    expect_equal(talk(lumberjack, odd)[-6:], b"2A\0\0\0\3", "acknowledgement of odd events")
    big = pack(["t", pack([1, {"log": "x" * 100_000}]) + pack([1, {"log": "y"}]), {"chunk": "a-large-record"}])
    expect(b"a-large-record" in talk(forward, big), "a chunk with a record beyond the limit was not acknowledged")
    neighbours_are_served()

    ledger.expect_all_counted(daemon, 20)
    expect(STRANGER not in daemon.counts_by_peer(), "what broke off was counted")
    expect(daemon.peak_kib() < 200 * 1024, "peak memory %d KiB" % daemon.peak_kib())
    daemon.stop()


run(story)
