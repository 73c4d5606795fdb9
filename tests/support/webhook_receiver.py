"""An HTTP server on loopback that records every request, checks it by its own reading of the standards, and misbehaves when told.

Signature: Standard Webhooks 1.0, checked with hmac. Events: CloudEvents 1.0, JSON format, structured mode.
"""
import base64
import datetime
import hashlib
import hmac
import json
import re
import socket
import socketserver
import struct
import threading
import time

from support.ports import LOOPBACK
from support.scenario import Failed, wait_for

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


class Request:
    def __init__(self, method, target, headers, body, connection):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.connection = connection  # number of the connection it came on
        self.at = time.monotonic()
        self.wall = time.time()
        self.answer = None            # the status that it got, None for no proper answer

    def header(self, name):
        values = [value for key, value in self.headers if key == name]
        if len(values) > 1:
            raise Failed("header %s came %d times" % (name, len(values)))
        return values[0] if values else None

    @property
    def id(self):
        return self.header("webhook-id")

    @property
    def event(self):
        return json.loads(self.body)

    @property
    def data(self):
        return self.event["data"]

    @property
    def kind(self):
        return self.event["type"].rsplit(".", 1)[-1]

    @property
    def rule(self):
        return self.data["rule"]["id"]

    @property
    def peer(self):
        return self.data["place"].get("peer")

    def signature_is_valid(self, key):
        timestamp = self.header("webhook-timestamp") or ""
        if not re.fullmatch(r"\d{10}", timestamp) or abs(int(timestamp) - self.wall) > 60:
            return False
        signed = ("%s.%s." % (self.id, timestamp)).encode() + self.body
        wanted = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        return any(hmac.compare_digest(part.encode(), wanted) for part in (self.header("webhook-signature") or "").split(" "))

    def violations(self, key):
        """What is wrong with it as a signed CloudEvent; empty if nothing is."""
        wrong = []

        def require(condition, what):
            if not condition:
                wrong.append(what)
        require(self.method == "POST", "method %s" % self.method)
        media_type = (self.header("content-type") or "").lower().replace(" ", "")
        require(media_type in ("application/cloudevents+json", "application/cloudevents+json;charset=utf-8"), "content-type %s" % media_type)
        require(bool(self.header("host")), "no host header")
        require(self.signature_is_valid(key), "signature %r of id %r at %r is not valid" % (
            self.header("webhook-signature"), self.id, self.header("webhook-timestamp")))
        try:
            event = json.loads(self.body.decode("utf-8"), parse_constant=lambda name: wrong.append("%s is no JSON number" % name))
        except ValueError as error:
            return wrong + ["body is no JSON: %s" % error]
        require(event.get("specversion") == "1.0", "specversion %r" % event.get("specversion"))
        for attribute in ("id", "source", "type", "subject"):
            require(isinstance(event.get(attribute), str) and event[attribute], "attribute %s missing" % attribute)
        require(event.get("id") == self.id, "webhook-id %r is not the event's id %r" % (self.id, event.get("id")))
        require(RFC3339.fullmatch(event.get("time", "")), "time %r is no RFC 3339" % event.get("time"))
        require(event.get("datacontenttype") == "application/json", "datacontenttype")
        for name in event:  # CloudEvents 1.0: lower-case letters and digits only
            require(re.fullmatch(r"[a-z0-9]{1,20}", name), "attribute name %r" % name)
        require(re.fullmatch(r"io\.handshaked\.incident\.(opened|updated|diagnosed|resolved|reopened)", event.get("type", "")), "type %r" % event.get("type"))
        data = event.get("data", {})
        for part in ("incident", "rule", "place", "diagnosis", "fixes", "dead_ends"):
            require(part in data, "data.%s missing" % part)
        if "incident" in data:
            require(event.get("subject") == data["incident"].get("id"), "subject is not the incident's id")
        return wrong


# --- how to answer: behaviour(receiver, request, stream) -> keep the connection?

def answer_with(status, headers=(), body=b""):
    def behaviour(receiver, request, stream):
        request.answer = status
        lines = ["HTTP/1.1 %d Whatever" % status] + ["%s: %s" % header for header in headers] + ["content-length: %d" % len(body)]
        stream.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        return True
    return behaviour


accept = answer_with(204)


def hang(receiver, request, stream):
    """Never answers, and holds the connection."""
    receiver.released.wait()
    return False


def reset(receiver, request, stream):
    """Takes the request and resets the connection."""
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def close_without_answer(receiver, request, stream):
    return False


def break_off_in_status(receiver, request, stream):
    stream.sendall(b"HTTP/1.1 20")
    return False


def break_off_in_headers(receiver, request, stream):
    stream.sendall(b"HTTP/1.1 204 No Content\r\nserver: x")
    return False


def answer_garbage(receiver, request, stream):
    stream.sendall(b"\x00\x01\xff\xfeSSH-2.0-OpenSSH_9.2\r\n" * 40)
    return False


def answer_endless_headers(receiver, request, stream):
    stream.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(100000):
        stream.sendall(b"x-filler-%d: %s\r\n" % (number, b"y" * 100))
    return False


def answer_huge_body(size):
    def behaviour(receiver, request, stream):
        request.answer = 200
        stream.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n\r\n" % size)
        block = b"z" * 65536
        for _ in range(size // len(block)):
            stream.sendall(block)
        return True
    return behaviour


def drip_body(receiver, request, stream):
    """200, and then a body that never ends, a byte at a time."""
    request.answer = 200
    stream.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
    while not receiver.released.wait(0.05):
        stream.sendall(b".")
    return False


def redirect_to(url, status=302):
    return answer_with(status, [("location", url)])


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request, client_address):
        pass  # a peer that went away


class WebhookReceiver:
    def __init__(self, scenario, behaviour=accept, name="hook", port=0, tls=None):
        """`tls`: an ssl.SSLContext of a server."""
        self.name = name
        self.key = hashlib.sha256(name.encode()).digest()[:24]
        self.secret_file = scenario.directory / (name + ".secret")
        self.secret_file.write_text("whsec_" + base64.b64encode(self.key).decode() + "\n")
        self.secret_file.chmod(0o644)
        self.behaviour = behaviour
        self.released = threading.Event()  # ends what hangs
        self._lock = threading.Lock()
        self._requests = []
        self._connections = 0
        self._tls = tls
        self._wanted_port = port
        self._server = None
        scenario.at_end(self.close)
        scenario.show_if_failed("requests that %s got" % name, self.summary)
        self.open()

    def open(self):
        """Listens (again, at the same port)."""
        receiver = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                receiver._serve(self.request)

        self._server = _Server((LOOPBACK, self._wanted_port), Handler)
        self._wanted_port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        """Stops listening: connections are refused from now on. Those that are open stay until their peer closes them."""
        self.released.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def port(self):
        return self._wanted_port

    @property
    def url(self):
        return "%s://%s:%d/hooks/%s?token=secret-of-%s" % ("https" if self._tls else "http", LOOPBACK, self.port, self.name, self.name)

    def settings(self, **more):
        """The [[receiver]] table."""
        return dict({"type": "webhook", "name": self.name, "url": self.url, "secret_files": [self.secret_file]}, **more)

    # --- what came

    def requests(self):
        with self._lock:
            return list(self._requests)

    def delivered(self):
        """Requests that were answered with 2xx."""
        return [request for request in self.requests() if request.answer is not None and 200 <= request.answer < 300]

    def events(self, kind="opened"):
        """Delivered events of one kind, each id once, in order of their first arrival."""
        first = {}
        for request in self.delivered():
            if request.kind == kind:
                first.setdefault(request.id, request)
        return list(first.values())

    def wait_for_events(self, number, within=20, kind="opened"):
        wait_for(lambda: len(self.events(kind)) >= number, within,
                 lambda: "%d %s event(s) at %s; there are %d" % (number, kind, self.name, len(self.events(kind))))
        return self.events(kind)

    def wait_for_requests(self, number, within=20):
        wait_for(lambda: len(self.requests()) >= number, within,
                 lambda: "%d request(s) at %s; there are %d" % (number, self.name, len(self.requests())))
        return self.requests()

    def expect_all_valid(self):
        """Every request was a signed CloudEvent, and one id always had the same body."""
        bodies = {}
        for request in self.requests():
            wrong = request.violations(self.key)
            if wrong:
                raise Failed("a request to %s is not right: %s\n%s" % (self.name, "; ".join(wrong), request.body[:2000]))
            if bodies.setdefault(request.id, request.body) != request.body:
                raise Failed("event %s was sent with two different bodies" % request.id)

    def summary(self):
        return "\n".join("%s %s %s -> %s" % (datetime.datetime.fromtimestamp(r.wall).isoformat(timespec="milliseconds"), r.id,
                                            r.method, r.answer) for r in self.requests()) or "none"

    # --- HTTP/1.1, strictly

    def _serve(self, raw):
        with self._lock:
            self._connections += 1
            number = self._connections
        stream = raw
        if self._tls is not None:
            stream = self._tls.wrap_socket(raw, server_side=True)
        buffered = b""
        keep = True
        while keep:
            while b"\r\n\r\n" not in buffered:
                piece = stream.recv(65536)
                if not piece:
                    return
                buffered += piece
            head, _, buffered = buffered.partition(b"\r\n\r\n")
            lines = head.decode("ascii").split("\r\n")
            method, target, version = lines[0].split(" ")
            if version != "HTTP/1.1":
                raise ValueError(version)
            headers = [(key.lower(), value.strip()) for key, value in (line.split(":", 1) for line in lines[1:])]
            length = int(next(value for key, value in headers if key == "content-length"))
            while len(buffered) < length:
                piece = stream.recv(65536)
                if not piece:
                    return
                buffered += piece
            body, buffered = buffered[:length], buffered[length:]
            request = Request(method, target, headers, body, number)
            with self._lock:
                self._requests.append(request)
                behaviour = self.behaviour
            keep = behaviour(self, request, stream)


def in_turn(*behaviours):
    """The first behaviour for the first request, and so on; the last one for all others."""
    lock = threading.Lock()
    left = list(behaviours)

    def behaviour(receiver, request, stream):
        with lock:
            current = left.pop(0) if len(left) > 1 else left[0]
        return current(receiver, request, stream)
    return behaviour
