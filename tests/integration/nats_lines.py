"""Lines out of NATS JetStream: three servers, a stream of which each has a copy, lines of forty hosts. The daemon is killed, one of the servers is
killed, the consumer is deleted: every line is counted once, every incident is told once, and under the host that wrote it."""
import json

from support.accounting import Ledger, ordinary_line
from support.daemon import Daemon
from support.nats import NatsServers
from support.operator import Operator
from support.scenario import expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver

HOSTS = 40
LINES = 20_000
TLS_EVERY = 40
PARTS = 5
BATCH = 1000  # of which a daemon asks for at once


class Shippers:
    """Forty hosts, each with a subject of its own; every fourth writes JSON as Vector does."""

    def __init__(self, servers, name="line", first_peer=1):
        self.servers = servers
        self.name = name
        self.ledger = Ledger(first_peer=first_peer)
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
            payload = json.dumps({"message": line, "host": host, "source_type": "file"}) if self._number % 4 == 0 else line
            yield "nginx.errors." + host, payload.encode(), "%s-%d" % (self.name, self._number)

    def publish(self, count):
        self.servers.publish(self.messages(count))


def story(t):
    hook = WebhookReceiver(t)
    servers = NatsServers(t, 3).start()
    servers.make_stream("NGINX", ["nginx.errors.>"])
    shippers = Shippers(servers)
    source = [("[[nats]]", {"name": "lines", "servers": servers.urls(), "stream": "NGINX", "subject": "nginx.errors.>", "host_from": "subject",
                            "from_start": True, "time_zone": "UTC"})]
    daemon = Daemon(t, receivers=[hook.settings()], tables=source)
    shippers.publish(LINES // PARTS)
    daemon.start()
    shippers.ledger.expect_all_counted(daemon, 60)
    t.step("what was there, read from the beginning")

    shippers.publish(LINES // PARTS)
    daemon.kill()
    shippers.publish(LINES // PARTS)
    daemon.start()
    shippers.ledger.expect_all_counted(daemon, 60)
    t.step("the daemon was killed while it read")

    servers.processes[0].kill()
    shippers.publish(LINES // PARTS)
    shippers.ledger.expect_all_counted(daemon, 90)
    servers.processes[0].start()
    t.step("one server of three was killed")

    daemon.stop()
    servers.persistent(lambda client: client.api("CONSUMER.DELETE.NGINX.handshaked"))
    shippers.publish(LINES // PARTS)
    daemon.start()
    shippers.ledger.expect_all_counted(daemon, 60)
    t.step("the consumer was deleted: another goes on where the database says")

    told = [one for one in Operator(daemon).ask("status")["sources"] if one["name"] == "lines"][0]
    expect_equal((told["kind"], told["engine"]["reads"]), ("nats", "NGINX"), "what status says")
    expect_equal(told["state"], "open", "state of the source")
    found = {incident["place"]["peer"]: incident["hosts"] for incident in daemon.incidents()}
    expect_equal({peer: hosts[0] for peer, hosts in found.items()}, shippers.hosts, "hosts of the incidents")
    hook.wait_for_events(shippers.ledger.total(), within=60)
    shippers.ledger.expect_all_counted_by_events(hook)
    wait_for(lambda: servers.consumer("NGINX", "handshaked")["num_ack_pending"] == 0, 30, "every message to be acknowledged")
    hook.expect_all_valid()
    t.step("%d lines of %d hosts, %d TLS lines: each counted once and told once" % (LINES, HOSTS, shippers.ledger.total()))

    second = Daemon(t, name="second", tables=source).start()
    later = Shippers(servers, "later", first_peer=500_000)
    later.publish(8 * BATCH)

    def together():
        counted = [{peer: count for peer, count in one.counts_by_peer().items() if peer in later.ledger.written} for one in (daemon, second)]
        return not set(counted[0]) & set(counted[1]) and not later.ledger.difference({**counted[0], **counted[1]})
    wait_for(together, 60, "the two to have counted every line once, together")
    wait_for(lambda: "another client reads the consumer" in daemon.log_text() + second.log_text(), 20, "a warning that there are two")
    t.step("a second daemon on the same consumer gets lines of its own, and is told that it should not")
    second.stop()
    daemon.stop()


run(story)
