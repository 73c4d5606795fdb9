"""Lines out of Kafka, as far as the mock cluster of librdkafka goes: three brokers, six partitions, lines of forty hosts by key, compressed by their
producer. The daemon is killed; the group's own offsets are behind; a broker goes down; another member joins and dies: every line is counted once."""
import json

from support.accounting import Ledger, ordinary_line
from support.daemon import Daemon
from support.kafka import KafkaCluster
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for

HOSTS = 40
LINES = 12_000
TLS_EVERY = 40
PARTS = 4


class Shippers:
    def __init__(self, cluster):
        self.cluster = cluster
        self.ledger = Ledger()
        self.hosts = {}
        self._number = 0

    def messages(self, count):
        for _ in range(count):
            self._number += 1
            host = "edge-%d" % (self._number % HOSTS)
            is_tls = self._number % TLS_EVERY == 0 or self._number % 997 == 0
            line = (self.ledger.line_of_new_peer() if is_tls else ordinary_line(self._number)).decode().rstrip("\n")
            if is_tls:
                self.hosts[line.split("upstream: \"https://")[1].split("/")[0]] = host
            payload = json.dumps({"message": line, "host": {"name": host}}) if self._number % 4 == 0 else line
            yield host, payload.encode()

    def produce(self, count, codec):
        self.cluster.produce("nginx-errors", self.messages(count), "-z", codec)


def story(t):
    cluster = KafkaCluster(t)
    shippers = Shippers(cluster)

    def member(name):
        return Daemon(t, name=name, tables=[("[[kafka]]", {
            "name": "lines", "brokers": cluster.brokers, "topics": ["nginx-errors"], "host_from": "key", "from_start": True, "time_zone": "UTC"}),
            ("[kafka.properties]\n\"session.timeout.ms\" = \"6000\"\n", {})])
    daemon = member("daemon")
    code, said, _ = Operator(daemon).run("check")
    expect_equal(code, 0, "exit status of check: " + said)
    shippers.produce(LINES // PARTS, "zstd")
    daemon.start()
    shippers.ledger.expect_all_counted(daemon, 60)
    t.step("what was there, read from the beginning")

    shippers.produce(LINES // PARTS, "snappy")
    daemon.kill()
    shippers.produce(LINES // PARTS, "gzip")
    daemon.start()
    shippers.ledger.expect_all_counted(daemon, 90)
    t.step("the daemon was killed while it read")

    cluster.tell("down 2")
    cluster.tell("up 2")
    shippers.produce(LINES // PARTS, "none")
    shippers.ledger.expect_all_counted(daemon, 90)
    t.step("a broker was down and came back")

    found = {incident["place"]["peer"]: incident["hosts"] for incident in daemon.incidents()}
    expect_equal({peer: hosts[0] for peer, hosts in found.items()}, shippers.hosts, "hosts of the incidents")
    wait_for(lambda: source_of(daemon)["engine"].get("waiting") == 0, 30, "status to say that nothing waits")
    expect_equal(len(source_of(daemon)["engine"]["reads"].split()), 6, "partitions that status names")
    t.step("%d lines of %d hosts, %d TLS lines: each counted once" % (LINES, HOSTS, shippers.ledger.total()))

    second = member("second").start()
    wait_for(lambda: shares(daemon, second), 60, "the partitions to be shared")
    later = Shippers(cluster)
    later.ledger = Ledger(first_peer=200_000)
    later.produce(800, "none")

    def together():
        counts = [{peer: count for peer, count in one.counts_by_peer().items() if peer in later.ledger.written} for one in (daemon, second)]
        expect(not set(counts[0]) & set(counts[1]), "a line was counted by both members")
        return not later.ledger.difference({**counts[0], **counts[1]})
    wait_for(together, 60, "the two members to have counted every line once, together")
    second.kill()
    last = Shippers(cluster)
    last.ledger = Ledger(first_peer=400_000)
    last.produce(800, "none")
    wait_for(lambda: all(daemon.counts_by_peer().get(peer) == 1 for peer in last.ledger.written), 90, "the partitions to come back, and their lines")
    daemon.stop()
    t.step("a second member shared the partitions, and died: the first has them again")


def source_of(daemon):
    return [one for one in Operator(daemon).ask("status")["sources"] if one["name"] == "lines"][0]


def shares(*members):
    parts = [source_of(member)["engine"].get("reads", "").split() for member in members]
    return all(parts) and sum(map(len, parts)) == 6


run(story)
