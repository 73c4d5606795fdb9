"""Workers of one group on one host: each with a directory of its own, all with the same [group], and the same [[nats]] or [[kafka]]."""
import collections
import sqlite3
import subprocess
import time

from support.accounting import Ledger, ordinary_line
from support.daemon import TRY_AGAIN, Daemon, binary
from support.operator import Operator
from support.scenario import Failed, expect, expect_equal, wait_for

GROUP = "proxies"
STREAM = "NGINX"
SUBJECT = "nginx.lines.{partition}.>"
LEASE_SECONDS = 2
HOSTS = 40


def mapping(partitions):
    """For the servers' configuration: lines of nginx.errors.HOST reach the partition of their host."""
    return 'mappings = { "nginx.errors.*": "nginx.lines.{{partition(%d,1)}}.{{wildcard(1)}}" }\n' % partitions


class Worker(Daemon):
    def query(self, *arguments):
        """Nothing while the database is being put together: that begins with an empty file at each taking over."""
        try:
            return super().query(*arguments)
        except sqlite3.DatabaseError:
            return []

    def stop(self, within=15):
        """A clean end, or that of a worker which has just lost its partition: on a busy machine one may miss its lease."""
        code = self.process.stop(within)
        expect(code in (0, TRY_AGAIN), "exit status of %s after SIGTERM: %s" % (self.name, code))


def make_worker(scenario, servers, name, partitions, receivers=(), group=None, nats=None, tables=(), **options):
    tables = [("[group]", dict({"name": GROUP, "partitions": partitions, "worker": name, "lease": "%ds" % LEASE_SECONDS,
                                "replicas": len(servers.ports)}, **(group or {}))),
              ("[[nats]]", dict({"name": "lines", "servers": servers.urls(), "stream": STREAM, "subject": SUBJECT, "host_from": "subject",
                                 "from_start": True, "time_zone": "UTC"}, **(nats or {}))), *tables]
    worker = Worker(scenario, receivers=receivers, tables=tables, name=name, **options)
    worker.database = worker.directory / ("group-%s.db" % GROUP)
    return worker


def make_kafka_worker(scenario, cluster, name, partitions, receivers=(), group=None, kafka=None, tables=(), **options):
    tables = [("[group]", dict({"name": GROUP, "partitions": partitions, "worker": name, "lease": "%ds" % LEASE_SECONDS}, **(group or {}))),
              ("[[kafka]]", dict({"name": "lines", "brokers": cluster.brokers, "topics": ["nginx-errors"], "host_from": "key", "from_start": True,
                                  "time_zone": "UTC"}, **(kafka or {}))), *tables]
    worker = Worker(scenario, receivers=receivers, tables=tables, name=name, **options)
    worker.database = worker.directory / ("group-%s.db" % GROUP)
    return worker


def start_again(workers):
    """Those that ended because another has their partition, as systemd does: on a busy machine one may miss its lease."""
    for worker in workers:
        if not worker.process.is_running() and worker.process.exit_code() == TRY_AGAIN:
            worker.start()


def group_verb(worker, *words):
    """(exit status, standard output, standard error) of `handshaked group WORDS`."""
    done = subprocess.run([binary(), "group", *words, "-c", str(worker.configuration)], capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stdout, done.stderr


def set_up(worker, within=60):
    """As soon as the servers can do it: a cluster needs a while to find its leaders."""
    state = {}

    def attempt():
        code, state["out"], state["error"] = group_verb(worker, "setup")
        return code == 0
    try:
        wait_for(attempt, within, "handshaked group setup")
    except Failed as failure:
        raise Failed("%s: %s%s" % (failure, state.get("out"), state.get("error"))) from None
    return state["out"]


def show(worker, within=40):
    """Partitions and workers, as `group show` tells them: as soon as the servers can say it."""
    state = {}

    def attempt():
        try:
            return Operator(worker).ask("group", "show")
        except Failed as failure:
            state["last"] = failure
            return None
    return wait_for(attempt, within, lambda: "group show; the last answer: %s" % state["last"])


def owners(worker):
    """Owner of each partition that has one, by number."""
    return {partition["number"]: partition["owner"] for partition in show(worker)["partitions"] if partition["state"] == "owned"}


class Proxies:
    """Forty hosts, each with a subject of its own and with peers of its own, of which a line now and then tells: new ones, and again those of before."""

    def __init__(self, send, tls_every):
        """`send` takes (host, line, id) of each; of `tls_every` lines one is about TLS, a number that has no divisor in common
        with HOSTS and 3."""
        self._send = send
        self._tls_every = tls_every
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
            if self._number % self._tls_every:
                line = ordinary_line(self._number)
            elif self._number % 3 == 0 and peers:
                line = self.ledger.line_of(peers[self._number % len(peers)])
            else:
                line = self.ledger.line_of_new_peer()
                peers.append(line.decode().split("upstream: \"https://")[1].split("/")[0])
                self.hosts[peers[-1]] = host
            messages.append((host, line.rstrip(b"\n"), "line-%d" % self._number))
        self._send(messages)


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


def kill_in_turn(t, workers, proxies, lines):
    """Each worker once, with lines before and after; another has the partition of one that had one."""
    for worker in workers:
        had = [number for number, owner in owners(workers[0]).items() if owner == worker.name]
        proxies.write(lines)
        worker.kill()
        killed_at = time.monotonic()
        proxies.write(lines)
        if had:
            wait_for(lambda: has_another(workers, had[0], worker), 30, "another worker to have partition %d" % had[0])
        taken_after = time.monotonic() - killed_at
        worker.start()
        t.step("%s was killed, and had %s; another had it %.1f s later" % (worker.name, had, taken_after) if had else "%s was killed, and had nothing" % worker.name)


def expect_each_told_once(hook, proxies, workers, within):
    hook.wait_for_events(len(proxies.ledger.written), within=within)
    opened = collections.defaultdict(set)
    for request in hook.requests():
        if request.kind == "opened":
            opened[request.peer].add(request.id)
    expect_equal({peer for peer, ids in opened.items() if len(ids) != 1}, set(), "peers that were told under several ids")
    expect_equal(set(opened), set(proxies.ledger.written), "peers that were told")
    wait_for(lambda: hosts_of_incidents(workers) == proxies.hosts, 30, lambda: "each incident to be one of its host, not: %s" % (
        sorted(set(hosts_of_incidents(workers).items()) ^ set(proxies.hosts.items()))[:8]))
    hook.expect_all_valid()
