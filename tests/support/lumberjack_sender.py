"""Sends windows as Filebeat does: waits for the acknowledgement of the whole window, and sends what is not acknowledged again on a new connection."""
import json
import socket
import struct
import time
import zlib

from support.scenario import Failed


class LumberjackSender:
    def __init__(self, port, host="edge-1"):
        self.port = port
        self.host = host
        self.reconnects = -1
        self.acknowledgements = 0
        self._socket = None

    @staticmethod
    def frames(events):
        """The data frames of `events`, numbered from 1."""
        out = b""
        for number, event in enumerate(events, 1):
            body = json.dumps(event).encode()
            out += b"2J" + struct.pack(">II", number, len(body)) + body
        return out

    @classmethod
    def window(cls, events, compressed):
        data = cls.frames(events)
        if compressed:
            packed = zlib.compress(data)
            data = b"2C" + struct.pack(">I", len(packed)) + packed
        return b"2W" + struct.pack(">I", len(events)) + data

    def events(self, lines):
        return [{"@timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()), "message": line.decode().rstrip("\n"),
                 "host": {"name": self.host}, "agent": {"type": "filebeat"}, "log": {"offset": 1, "file": {"path": "/var/log/nginx/error.log"}}}
                for line in lines]

    def send_window(self, lines, compressed=False, within=30):
        """Returns when every one of `lines` was acknowledged."""
        events = self.events(lines)
        deadline = time.monotonic() + within
        while events:
            done = 0
            if time.monotonic() > deadline:
                raise Failed("%d events were not acknowledged within %g s" % (len(events), within))
            try:
                if self._socket is None:
                    self._socket = socket.create_connection(("127.0.0.1", self.port), 5)
                    self.reconnects += 1
                self._socket.sendall(self.window(events, compressed))
                wanted = len(events)
                while done < wanted:
                    done = self._acknowledged()
                    if done > wanted:
                        raise Failed("%d acknowledged of %d" % (done, wanted))
                events = []
            except OSError:
                events = events[done:]
                if self._socket is not None:
                    self._socket.close()
                self._socket = None
                time.sleep(0.02)

    def _acknowledged(self):
        self._socket.settimeout(30)
        answer = b""
        while len(answer) < 6:
            more = self._socket.recv(6 - len(answer))
            if not more:
                raise ConnectionError("closed")
            answer += more
        if answer[:2] != b"2A":
            raise Failed("no acknowledgement: %r" % answer)
        self.acknowledgements += 1
        return struct.unpack(">I", answer[2:])[0]
