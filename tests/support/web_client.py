"""The daemon's web listener, asked as Prometheus, a browser or an attacker would."""
import http.client
import json
import re
import time

from support.ports import LOOPBACK, free_port
from support.scenario import Failed

SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8")


class WebClient:
    def __init__(self):
        self.port = free_port()

    def table(self, **more):
        """For Daemon(tables=[…])."""
        return ("[web]", dict({"listen": "%s:%d" % (LOOPBACK, self.port)}, **more))

    def get(self, path, method="GET", headers=None, within=20):
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=within)
        try:
            connection.request(method, path, headers=headers or {})
            response = connection.getresponse()
            return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise Failed("the web listener did not answer %s: %r" % (path, error)) from None
        finally:
            connection.close()

    def api(self, path):
        """What is at a path, as JSON; None unless it is there."""
        answer = self.get(path)
        return json.loads(answer.text) if answer.status == 200 else None

    def events(self):
        return EventStream(self.port)

    def metrics(self):
        """All samples of one look at /metrics. What is compared with each other must come from one look."""
        return Samples(self.get("/metrics").text)

    def metric(self, name, **labels):
        return self.metrics().sum(name, **labels)


class EventStream:
    """Server-sent events, as EventSource reads them."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection(LOOPBACK, port, timeout=20)
        self.connection.request("GET", "/api/events", headers={"Accept": "text/event-stream"})
        self.answer = self.connection.getresponse()
        if self.answer.status != 200 or self.answer.getheader("content-type") != "text/event-stream":
            raise Failed("no events: %d" % self.answer.status)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def wait_for_change(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.answer.readline().strip() == b"event: change":
                return
        raise Failed("no change within %d s" % seconds)


class Samples:
    """{(name, frozenset of labels): value}, by our own reading of the format."""

    def __init__(self, text):
        self.all = {}
        for line in text.splitlines():
            if line.startswith("#") or not line:
                continue
            match = SAMPLE.match(line)
            if not match:
                raise Failed("no sample: %r" % line)
            self.all[match.group(1), frozenset(LABEL.findall(match.group(2) or ""))] = float(match.group(3))

    def sum(self, name, **labels):
        """Of the samples that have these labels."""
        wanted = {(key, str(value)) for key, value in labels.items()}
        values = [value for (sample, has), value in self.all.items() if sample == name and wanted <= has]
        if not values:
            raise Failed("no sample of %s with %r" % (name, labels))
        return sum(values)
