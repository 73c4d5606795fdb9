"""Real servers of NATS with JetStream, one or three, and a client for the test itself: enough of the protocol to make streams, to publish
and to read what a stream holds."""
import base64
import json
import socket
import ssl

from support.ports import LOOPBACK, free_port, is_listening
from support.process import Process
from support.scenario import Failed, require_program, wait_for


class NatsError(Failed):
    pass


class NatsClient:
    """Blocks. `at` are ports; the first that takes us is used."""

    def __init__(self, at, connect=None, ca_file=None, within=5):
        self._sid = 0
        self._socket = None
        for port in at:
            try:
                self._socket = socket.create_connection((LOOPBACK, port), within)
                break
            except OSError:
                continue
        if self._socket is None:
            raise OSError("no server of NATS takes a connection")
        self._socket.settimeout(within)
        if ca_file is None:
            self._file = self._socket.makefile("rb")
            self._line()  # INFO
        else:
            while not self._socket.recv(1) == b"\n":  # INFO comes in the clear
                pass
            self._socket = ssl.create_default_context(cafile=ca_file).wrap_socket(self._socket, server_hostname=LOOPBACK)
            self._file = self._socket.makefile("rb")
        self._send("CONNECT %s\r\nPING\r\n" % json.dumps(dict({"verbose": False, "headers": True, "no_responders": True}, **(connect or {}))))
        self._inbox = "_INBOX.%x" % id(self)
        self._expect_pong()
        self._send("SUB %s.* 1\r\n" % self._inbox)
        self._number = 0

    def close(self):
        self._socket.close()

    def _send(self, text):
        self._socket.sendall(text.encode() if isinstance(text, str) else text)

    def _expect_pong(self):
        while True:
            line = self._line()
            if line.startswith(b"PONG"):
                return
            if line.startswith(b"-ERR"):
                raise NatsError(line.decode())

    def _line(self):
        line = self._file.readline()
        if not line:
            raise OSError("the server closed the connection")
        return line

    def _next(self):
        """(reply number, header, payload) of the next message."""
        while True:
            line = self._line()
            words = line.split()
            if words[0] == b"PING":
                self._send("PONG\r\n")
            elif words[0] in (b"MSG", b"HMSG"):
                header_size = int(words[-2]) if words[0] == b"HMSG" else 0
                body = self._file.read(int(words[-1]) + 2)[:-2]
                return int(words[1].rsplit(b".", 1)[1]), body[:header_size], body[header_size:]
            elif words[0] == b"-ERR":
                raise NatsError(line.decode())

    def _publication(self, subject, payload, message_id=None):
        self._number += 1
        reply = "%s.%d" % (self._inbox, self._number)
        if message_id is None:
            return b"PUB %s %s %d\r\n%s\r\n" % (subject.encode(), reply.encode(), len(payload), payload)
        header = ("NATS/1.0\r\nNats-Msg-Id: %s\r\n\r\n" % message_id).encode()
        return b"HPUB %s %s %d %d\r\n%s%s\r\n" % (subject.encode(), reply.encode(), len(header), len(header) + len(payload), header, payload)

    def request(self, subject, payload=b""):
        self._send(self._publication(subject, payload))
        wanted = self._number
        while True:
            number, header, body = self._next()
            if number != wanted:
                continue
            if b" 503" in header.split(b"\r\n")[0]:
                raise NatsError("nobody answers at %s" % subject)
            return body

    def api(self, what, **arguments):
        answer = json.loads(self.request("$JS.API." + what, json.dumps(arguments).encode() if arguments else b""))
        if "error" in answer:
            raise NatsError("%s: %s" % (what, answer["error"]))
        return answer

    def publish(self, messages, window=500):
        """(subject, payload, id) each, until the stream has acknowledged all; the ids of those that it has not."""
        pending, waiting, refused = {}, list(messages), []
        waiting.reverse()
        while waiting or pending:
            chunk = []
            while waiting and len(pending) < window:
                subject, payload, message_id = waiting.pop()
                chunk.append(self._publication(subject, payload, message_id))
                pending[self._number] = (subject, payload, message_id)
            if chunk:
                self._send(b"".join(chunk))
            number, header, body = self._next()
            message = pending.pop(number, None)
            if message is None:
                continue
            if header or b'"error"' in body:
                refused.append(message)
        return refused


class NatsServers:
    """`count` servers, one cluster where it is more than one. `settings` are lines of their configuration; `connect` and `ca_file` are how the test
    itself gets in then."""

    def __init__(self, scenario, count=1, settings="", connect=None, ca_file=None):
        require_program("nats-server")
        self._access = {"connect": connect, "ca_file": ca_file}
        self.scenario = scenario
        self.ports = [free_port() for _ in range(count)]
        routes = [free_port() for _ in range(count)]
        self.processes = []
        for i in range(count):
            name = "nats-%d" % (i + 1)
            text = 'server_name: %s\nlisten: "%s:%d"\njetstream { store_dir: "%s" }\n%s\n' % (
                name, LOOPBACK, self.ports[i], scenario.directory / name, settings)
            if count > 1:
                text += 'cluster { name: test, listen: "%s:%d", no_advertise: true, routes: [%s] }\n' % (
                    LOOPBACK, routes[i], ", ".join("nats://%s:%d" % (LOOPBACK, port) for port in routes))
            file = scenario.directory / (name + ".conf")
            file.write_text(text)
            self.processes.append(Process(scenario, name, ["nats-server", "-c", file]))

    def start(self):
        for process in self.processes:
            process.start()
        for port in self.ports:
            wait_for(lambda: is_listening(port), 20, "a server of NATS to listen")
        return self

    def urls(self, scheme="nats"):
        return ["%s://%s:%d" % (scheme, LOOPBACK, port) for port in self.ports]

    def client(self):
        return NatsClient([port for port, process in zip(self.ports, self.processes) if process.is_running()], **self._access)

    def persistent(self, act, within=60):
        """What act(client) gives, as soon as the servers can do it: a cluster needs a while to find its leaders."""
        state = {"last": None}

        def attempt():
            try:
                client = self.client()
                try:
                    return (act(client),)
                finally:
                    client.close()
            except (OSError, NatsError) as problem:
                state["last"] = problem
                return None
        return wait_for(attempt, within, lambda: "JetStream; the last answer: %s" % state["last"])[0]

    def make_stream(self, name, subjects, **options):
        config = dict({"name": name, "subjects": subjects, "storage": "file", "num_replicas": len(self.ports), "retention": "limits",
                       "max_msgs": -1, "max_bytes": -1, "max_age": 0, "discard": "old", "duplicate_window": 120_000_000_000}, **options)
        return self.persistent(lambda client: client.api("STREAM.CREATE." + name, **config))

    def publish(self, messages, within=60):
        """Until each is in the stream: what was not acknowledged is published again, under its id."""
        left = list(messages)

        def attempt(client):
            while left:
                chunk, rest = left[:2000], left[2000:]
                left[:] = client.publish(chunk) + rest
                if left[:len(chunk)] == chunk:
                    raise NatsError("nothing was acknowledged")
            return True
        self.persistent(attempt, within)

    def stream_messages(self, name):
        """(headers, payload) of every message that a stream holds."""
        def read(client):
            state = client.api("STREAM.INFO." + name)["state"]
            messages = []
            for sequence in range(state["first_seq"], state["last_seq"] + 1):
                message = client.api("STREAM.MSG.GET." + name, seq=sequence)["message"]
                headers = base64.b64decode(message.get("hdrs", "")).decode()
                messages.append((dict(line.split(": ", 1) for line in headers.splitlines()[1:] if ": " in line),
                                 base64.b64decode(message.get("data", ""))))
            return messages
        return self.persistent(read)

    def consumer(self, stream, name):
        return self.persistent(lambda client: client.api("CONSUMER.INFO.%s.%s" % (stream, name)))
