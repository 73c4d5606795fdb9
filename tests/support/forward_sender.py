"""Speaks Fluentd's Forward protocol as Fluentd and Fluent Bit do: a chunk keeps its id until it is acknowledged, however often it is sent."""
import base64
import gzip
import os
import socket
import struct
import time

from support.scenario import Failed


def pack(value):
    """MessagePack of None, booleans, integers, texts, bytes, lists and dictionaries."""
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return b"\xcf" + struct.pack(">Q", value)
    if isinstance(value, str):
        return b"\xdb" + struct.pack(">I", len(value.encode())) + value.encode()
    if isinstance(value, bytes):
        return b"\xc6" + struct.pack(">I", len(value)) + value
    if isinstance(value, (list, tuple)):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(pack, value))
    return b"\xdf" + struct.pack(">I", len(value)) + b"".join(pack(key) + pack(item) for key, item in value.items())


def chunk_message(lines, chunk, compressed=False, host="edge-1"):
    """A PackedForward message."""
    entries = b"".join(pack([int(time.time()), {"log": line.decode().rstrip("\n"), "host": host}]) for line in lines)
    option = {"chunk": chunk, "size": len(lines)}
    if compressed:
        entries, option["compressed"] = gzip.compress(entries), "gzip"
    return pack(["nginx.error", entries, option])


class ForwardSender:
    def __init__(self, port):
        self.port = port
        self.sent = 0          # messages, repeated ones counted
        self._socket = None

    def send_chunk(self, lines, compressed=False, within=40):
        """Returns when the chunk was acknowledged."""
        chunk = base64.b64encode(os.urandom(16)).decode()
        message = chunk_message(lines, chunk, compressed)
        wanted = b"\x81\xa3ack" + b"\xb8" + chunk.encode()
        deadline = time.monotonic() + within
        while True:
            if time.monotonic() > deadline:
                raise Failed("a chunk was not acknowledged within %g s" % within)
            try:
                if self._socket is None:
                    self._socket = socket.create_connection(("127.0.0.1", self.port), 5)
                self._socket.settimeout(20)
                self.sent += 1
                self._socket.sendall(message)
                answer = b""
                while len(answer) < len(wanted):
                    more = self._socket.recv(len(wanted) - len(answer))
                    if not more:
                        raise ConnectionError("closed")
                    answer += more
                if answer != wanted:
                    raise Failed("no acknowledgement of %s: %r" % (chunk, answer))
                return
            except OSError:
                self.close()
                time.sleep(0.02)

    def close(self):
        if self._socket is not None:
            self._socket.close()
        self._socket = None
