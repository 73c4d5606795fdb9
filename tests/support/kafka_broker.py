"""A broker of Kafka's protocol with what librdkafka's mock cluster lacks: CreateTopics, DescribeConfigs, DeleteRecords. One broker, in memory, no consumer group
but for its offsets; the versions of the requests are those that have the plainest form. It is no proof of what a real broker does with its disks."""
import socketserver
import struct
import threading

PRODUCE, FETCH, LIST_OFFSETS, METADATA, OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR, API_VERSIONS = 0, 1, 2, 3, 8, 9, 10, 18
CREATE_TOPICS, DELETE_RECORDS, DESCRIBE_CONFIGS = 19, 21, 32
# Key, first and last version that is spoken.
VERSIONS = [(PRODUCE, 3, 3), (FETCH, 4, 4), (LIST_OFFSETS, 1, 1), (METADATA, 1, 2), (OFFSET_COMMIT, 2, 2), (OFFSET_FETCH, 1, 1), (FIND_COORDINATOR, 0, 0),
            (API_VERSIONS, 0, 0), (CREATE_TOPICS, 1, 1), (DELETE_RECORDS, 0, 0), (DESCRIBE_CONFIGS, 0, 0)]
OUT_OF_RANGE, UNKNOWN_TOPIC, UNSUPPORTED_VERSION, TOPIC_EXISTS = 1, 3, 35, 36


class Reader:
    def __init__(self, data):
        self._data, self._at = data, 0

    def take(self, form):
        value, = struct.unpack_from(">" + form, self._data, self._at)
        self._at += struct.calcsize(">" + form)
        return value

    def raw(self, size):
        self._at += max(size, 0)
        return self._data[self._at - max(size, 0):self._at]

    def text(self):
        return self.raw(self.take("h")).decode()

    def bytes(self):
        return self.raw(self.take("i"))

    def list(self, read):
        return [read() for _ in range(self.take("i"))]


def pack(form, *values):
    return struct.pack(">" + form, *values)


def text(value):
    return pack("h", -1) if value is None else pack("h", len(value)) + value.encode()


def many(items):
    return pack("i", len(items)) + b"".join(items)


class Partition:
    def __init__(self):
        self.first, self.end, self.batches = 0, 0, []  # (offset, next offset, bytes)

    def add(self, batch):
        count, = struct.unpack_from(">i", batch, 57)
        self.batches.append((self.end, self.end + count, pack("q", self.end) + batch[8:]))
        self.end += count
        return self.end - count

    def delete_before(self, offset):
        self.first = max(self.first, min(offset, self.end))
        self.batches = [batch for batch in self.batches if batch[1] > self.first]


class Topic:
    def __init__(self, partitions, settings=None):
        self.partitions = [Partition() for _ in range(partitions)]
        self.settings = dict(settings or {})


class KafkaBroker:
    def __init__(self, scenario):
        self.topics, self.created, self.offsets, self.deletions = {}, [], {}, []
        self._lock = threading.Lock()
        broker = self

        class Connection(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    while self._answer_one():
                        pass
                except ConnectionError:
                    pass  # its client is gone

            def _answer_one(self):
                head = self.rfile.read(4)
                if len(head) == 4:
                    request = Reader(self.rfile.read(struct.unpack(">i", head)[0]))
                    key, version, correlation = request.take("h"), request.take("h"), request.take("i")
                    request.text()  # the client's name
                    with broker._lock:
                        body = broker._answer(key, version, request)
                    answer = pack("i", correlation) + body
                    self.wfile.write(pack("i", len(answer)) + answer)
                return len(head) == 4

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
        self._server = Server(("127.0.0.1", 0), Connection)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        scenario.at_end(self._end)

    def _end(self):
        self._server.shutdown()
        self._server.server_close()

    @property
    def brokers(self):
        return ["127.0.0.1:%d" % self.port]

    def partition(self, topic, number):
        known = self.topics.get(topic)
        return known.partitions[number] if known and number < len(known.partitions) else None

    def _answer(self, key, version, request):
        if key == API_VERSIONS:
            return pack("h", 0 if version == 0 else UNSUPPORTED_VERSION) + many([pack("hhh", *one) for one in VERSIONS])
        return {PRODUCE: self._produce, FETCH: self._fetch, LIST_OFFSETS: self._list_offsets, METADATA: self._metadata, OFFSET_COMMIT: self._commit,
                OFFSET_FETCH: self._committed, FIND_COORDINATOR: self._coordinator, CREATE_TOPICS: self._create, DELETE_RECORDS: self._delete,
                DESCRIBE_CONFIGS: self._describe}[key](request, version)

    def _each(self, request, read, answer):
        """A list of topics, each with a list of partitions: the same form in most requests and answers."""
        def topic():
            name = request.text()
            return text(name) + many(request.list(lambda: answer(name, *read())))
        return many(request.list(topic))

    def _metadata(self, request, version):
        count = request.take("i")
        names = sorted(self.topics) if count < 0 else [request.text() for _ in range(count)]

        def partition(number):
            return pack("hii", 0, number, 1) + many([pack("i", 1)]) + many([pack("i", 1)])

        def topic(name):
            known = self.topics.get(name)
            return pack("h", 0 if known else UNKNOWN_TOPIC) + text(name) + pack("b", 0) + many(
                [partition(number) for number in range(len(known.partitions))] if known else [])
        cluster = text("test") if version >= 2 else b""
        return many([pack("i", 1) + text("127.0.0.1") + pack("i", self.port) + text(None)]) + cluster + pack("i", 1) + many([topic(name) for name in names])

    def _produce(self, request, _):
        request.text()  # of a transaction
        request.take("h")
        request.take("i")

        def answer(name, number, batch):
            where = self.partition(name, number)
            return pack("ihqq", number, 0 if where else UNKNOWN_TOPIC, where.add(batch) if where else -1, -1)
        return self._each(request, lambda: (request.take("i"), request.bytes()), answer) + pack("i", 0)

    def _fetch(self, request, _):
        for form in "iiiib":
            request.take(form)

        def answer(name, number, offset, size):
            where = self.partition(name, number)
            error = UNKNOWN_TOPIC if not where else 0 if where.first <= offset <= where.end else OUT_OF_RANGE
            batches = b"" if error else next((batch[2] for batch in where.batches if batch[1] > offset), b"")
            end = where.end if where else -1
            return pack("ihqqi", number, error, end, end, 0) + pack("i", len(batches)) + batches
        return pack("i", 0) + self._each(request, lambda: (request.take("i"), request.take("q"), request.take("i")), answer)

    def _list_offsets(self, request, _):
        request.take("i")

        def answer(name, number, time):
            where = self.partition(name, number)
            return pack("ihqq", number, 0 if where else UNKNOWN_TOPIC, -1, -1 if not where else where.first if time == -2 else where.end)
        return self._each(request, lambda: (request.take("i"), request.take("q")), answer)

    def _coordinator(self, *_):
        return pack("hi", 0, 1) + text("127.0.0.1") + pack("i", self.port)

    def _commit(self, request, _):
        group = request.text()
        request.take("i")
        request.text()
        request.take("q")

        def answer(name, number, offset, _):
            self.offsets[group, name, number] = offset
            return pack("ih", number, 0)
        return self._each(request, lambda: (request.take("i"), request.take("q"), request.text()), answer)

    def _committed(self, request, _):
        group = request.text()
        return self._each(request, lambda: (request.take("i"),),
                          lambda name, number: pack("iq", number, self.offsets.get((group, name, number), -1)) + text(None) + pack("h", 0))

    def _create(self, request, _):
        def topic():
            name, partitions, copies = request.text(), request.take("i"), request.take("h")
            request.list(lambda: None)  # no assignments
            settings = dict(request.list(lambda: (request.text(), request.text())))
            error = TOPIC_EXISTS if name in self.topics else 0
            if not error:
                self.topics[name] = Topic(partitions, settings)
                self.created.append((name, partitions, copies, settings))
            return text(name) + pack("h", error) + text(None)
        return many(request.list(topic))

    def _delete(self, request, _):
        def answer(name, number, offset):
            where = self.partition(name, number)
            where.delete_before(offset)
            self.deletions.append((name, number, offset))
            return pack("iqh", number, where.first, 0)
        return pack("i", 0) + self._each(request, lambda: (request.take("i"), request.take("q")), answer)

    def _describe(self, request, _):
        def resource():
            kind, name = request.take("b"), request.text()
            request.list(request.text)  # -1: all of them
            known = self.topics.get(name)
            settings = sorted(known.settings.items()) if known else []
            return pack("h", 0 if known else UNKNOWN_TOPIC) + text(None) + pack("b", kind) + text(name) + many(
                [text(key) + text(value) + pack("bbb", 0, 0, 0) for key, value in settings])
        return pack("i", 0) + many(request.list(resource))
