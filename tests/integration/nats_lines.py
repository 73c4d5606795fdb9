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


class Shippers:
    """Forty hosts, each with a subject of its own; every fourth writes JSON as Vector does."""

    def __init__(self, servers):
        self.servers = servers
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
            payload = json.dumps({"message": line, "host": host, "source_type": "file"}) if self._number % 4 == 0 else line
            yield "nginx.errors." + host, payload.encode(), "line-%d" % self._number

    def publish(self, count):
        self.servers.publish(self.messages(count))


def story(t):
    hook = WebhookReceiver(t)
    servers = NatsServers(t, 3).start()
    servers.make_stream("NGINX", ["nginx.errors.>"])
    shippers = Shippers(servers)
    daemon = Daemon(t, receivers=[hook.settings()], tables=[("[[nats]]", {
        "name": "lines", "servers": servers.urls(), "stream": "NGINX", "subject": "nginx.errors.>", "host_from": "subject", "from_start": True,
        "time_zone": "UTC"})])
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

    source = [one for one in Operator(daemon).ask("status")["sources"] if one["name"] == "lines"][0]
    expect_equal((source["kind"], source["engine"]["reads"]), ("nats", "NGINX"), "what status says")
    expect_equal(source["state"], "open", "state of the source")
    found = {incident["place"]["peer"]: incident["hosts"] for incident in daemon.incidents()}
    expect_equal({peer: hosts[0] for peer, hosts in found.items()}, shippers.hosts, "hosts of the incidents")
    hook.wait_for_events(shippers.ledger.total(), within=60)
    shippers.ledger.expect_all_counted_by_events(hook)
    wait_for(lambda: servers.consumer("NGINX", "handshaked")["num_ack_pending"] == 0, 30, "every message to be acknowledged")
    hook.expect_all_valid()
    t.step("%d lines of %d hosts, %d TLS lines: each counted once and told once" % (LINES, HOSTS, shippers.ledger.total()))
    daemon.stop()


run(story)
