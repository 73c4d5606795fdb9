"""A group of workers on NATS JetStream: three servers, two partitions, three workers, lines of forty hosts. Each worker is killed in its turn, and one of
the servers: another worker takes the partition over. Every line is counted once, every incident is told once, whoever has it by then. LINES=200000 in the
environment makes it that many lines, with as many TLS lines among them as otherwise."""
import collections
import json
import os
import time

from support.accounting import Ledger, ordinary_line
from support.nats import NatsServers
from support.scenario import Failed, expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver
from support.worker_group import group_verb, make_worker, mapping, owners, set_up, show, start_again

HOSTS = 40
PARTITIONS = 2
LINES = int(os.environ.get("LINES", "8000")) // 8  # each time
TLS_EVERY = LINES // 200 + 2  # has no divisor in common with HOSTS, so every host tells of some
PATIENCE = 60 + LINES // 200


class Proxies:
    """Forty hosts, each with a subject of its own and with peers of its own, of which a line now and then tells: new ones, and again those of before."""

    def __init__(self, servers):
        self.servers = servers
        self.ledger = Ledger()
        self.hosts = {}
        self._peers = collections.defaultdict(list)
        self._number = 0

    def write(self, count):
        messages = []
        for _ in range(count):
            self._number += 1
            host = "proxy-%d" % (self._number % HOSTS)
            peers = self._peers[host]
            if self._number % TLS_EVERY:
                line = ordinary_line(self._number)
            elif self._number % 3 == 0 and peers:
                line = self.ledger.line_of(peers[self._number % len(peers)])
            else:
                line = self.ledger.line_of_new_peer()
                peers.append(line.decode().split("upstream: \"https://")[1].split("/")[0])
                self.hosts[peers[-1]] = host
            messages.append(("nginx.errors." + host, line.rstrip(b"\n"), "line-%d" % self._number))
        self.servers.publish(messages, within=PATIENCE)


def counted(workers):
    """Lines by peer, in the databases of the workers that have a partition now."""
    counts = collections.Counter()
    having = owners(workers[0])
    for worker in workers:
        if worker.name in having.values():
            counts.update(worker.counts_by_peer())
    return counts


def expect_all_counted(proxies, workers, within):
    state = {}

    def done():
        start_again(workers)
        state["wrong"] = proxies.ledger.difference(counted(workers))
        return not state["wrong"]
    try:
        wait_for(done, within, "every line to be counted once")
    except Failed as failure:
        raise Failed("%s: %d of %d peers are wrong: %s" % (failure, len(state["wrong"]), len(proxies.ledger.written), state["wrong"][:8])) from None


def hosts_of_incidents(workers):
    """By peer, in the databases of the workers that have a partition now; of two incidents of a peer, both."""
    start_again(workers)
    having = owners(workers[0]).values()
    found = collections.defaultdict(list)
    for worker in workers:
        if worker.name in having:
            for incident in worker.incidents():
                found[incident["place"]["peer"]] += incident["hosts"]
    return {peer: " ".join(hosts) for peer, hosts in found.items()}


def states(workers):
    start_again(workers)
    return collections.Counter(worker["state"] for worker in show(workers[0])["workers"])


def has_another(workers, partition, dead):
    start_again(workers)
    return owners(workers[0]).get(partition, dead.name) != dead.name


def story(t):
    hook = WebhookReceiver(t)
    servers = NatsServers(t, 3, settings=mapping(PARTITIONS)).start()
    workers = [make_worker(t, servers, name, PARTITIONS, receivers=[hook.settings()]) for name in ("anna", "berta", "clara")]
    wait_for(lambda: group_verb(workers[0], "setup", "--dry-run")[0] == 0, 60, "the servers to answer")
    code, planned, _ = group_verb(workers[0], "setup", "--dry-run", "--format", "json")
    expect_equal((code, {part["state"] for part in json.loads(planned)["parts"]}), (0, {"would_be_made"}), "what a dry run says")
    set_up(workers[0])
    expect(": exists (" in set_up(workers[1]), "a second setup changes nothing")
    t.step("the group is set up")

    proxies = Proxies(servers)
    proxies.write(LINES)
    for worker in workers:
        worker.start()
    wait_for(lambda: len(owners(workers[0])) == PARTITIONS, 30, "each partition to have an owner")
    wait_for(lambda: states(workers) == {"working": 2, "waiting": 1}, 20, lambda: "two workers to work and one to wait, not %r" % states(workers))
    expect_all_counted(proxies, workers, PATIENCE)
    t.step("two of three workers have a partition each")

    for worker in workers:
        had = [number for number, owner in owners(workers[0]).items() if owner == worker.name]
        proxies.write(LINES)
        worker.kill()
        killed_at = time.monotonic()
        proxies.write(LINES)
        if had:
            wait_for(lambda: has_another(workers, had[0], worker), 30, "another worker to have partition %d" % had[0])
        taken_after = time.monotonic() - killed_at
        worker.start()
        t.step("%s was killed, and had %s; another had it %.1f s later" % (worker.name, had, taken_after) if had else "%s was killed, and had nothing" % worker.name)
    expect_all_counted(proxies, workers, PATIENCE)

    servers.processes[0].kill()
    proxies.write(LINES)
    expect_all_counted(proxies, workers, PATIENCE)
    servers.processes[0].start()
    start_again(workers)
    for worker in workers:
        worker.expect_alive()
    t.step("a server was killed")

    hook.wait_for_events(len(proxies.ledger.written), within=60)
    opened = collections.defaultdict(set)
    for request in hook.requests():
        if request.kind == "opened":
            opened[request.peer].add(request.id)
    expect_equal({peer for peer, ids in opened.items() if len(ids) != 1}, set(), "peers that were told under several ids")
    expect_equal(set(opened), set(proxies.ledger.written), "peers that were told")
    wait_for(lambda: hosts_of_incidents(workers) == proxies.hosts, 30, lambda: "each incident to be one of its host, not: %s" % (
        sorted(set(hosts_of_incidents(workers).items()) ^ set(proxies.hosts.items()))[:8]))
    hook.expect_all_valid()
    t.step("%d TLS lines of %d hosts, %d incidents: each once" % (proxies.ledger.total(), HOSTS, len(opened)))

    for worker in workers:
        worker.stop()
    wait_for(lambda: not owners(workers[0]), 10, "the partitions to be free")


run(story)
