"""What a line out of NATS JetStream costs, and whether it costs more when several daemons share the lines: 1, 2, 4 and 8 of them, each with the consumer of one
partition (the hosts are split by subject), all on this machine. CPU time of the daemons for each line; that of the server stands beside it. Every line is checked to be counted
once. Then the same of a group of 1, 2 and 4 workers (one server, one copy of everything), with what a take-over takes and what the state of an incident takes on the servers;
and of a group on the mock cluster of librdkafka, whose brokers are one process that keeps everything in memory. Last a centre that is a group of 1, 2 and 4: edges with a
fault each that opens and then changes, and a heartbeat of every edge to every partition.
HANDSHAKED=PROGRAM PYTHONPATH=tests python3 bench/growth.py [LINES]
"""
import os
import pathlib
import sys
import time

from fleet import fingerprint, message
from support.accounting import Ledger, ordinary_line
from support.daemon import Daemon
from support.kafka import KafkaCluster
from support.nats import NatsServers
from support.scenario import expect_equal, run, wait_for
from support.web_client import WebClient
from support.worker_group import GROUP, LEASE_SECONDS, make_kafka_worker, make_worker, owners, set_up, show

LINES = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
TLS_EVERY = 400
HOSTS = 400
WORKERS = (1, 2, 4, 8)
GROUPS = (1, 2, 4)
EDGES = 5000
CHANGES = 4  # of each fault


def cpu_seconds(pid):
    fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def publish(servers, subject_of):
    """Lines of all hosts; what was written."""
    ledger = Ledger()

    def messages():
        for number in range(LINES):
            host = number % HOSTS
            line = ledger.line_of_new_peer() if number % TLS_EVERY == 0 else ordinary_line(number)
            yield subject_of(host), line.rstrip(b"\n"), None
    servers.publish(messages(), within=600)
    return ledger


def measure(t, servers, workers):
    stream = "LINES%d" % workers
    servers.make_stream(stream, ["lines%d.>" % workers])
    ledger = publish(servers, lambda host: "lines%d.%d.edge-%d" % (workers, host % workers, host))
    server_before = cpu_seconds(servers.processes[0].pid)
    daemons = [Daemon(t, name="of%d-%d" % (workers, part), tables=[("[[nats]]", {
        "servers": servers.urls(), "stream": stream, "subject": "lines%d.%d.>" % (workers, part), "consumer": "part-%d" % part,
        "host_from": "subject", "from_start": True, "time_zone": "UTC"})]) for part in range(workers)]
    idle = []
    for daemon in daemons:
        daemon.start()
        idle.append(cpu_seconds(daemon.process.pid))

    def all_read():
        states = [servers.consumer(stream, "part-%d" % part) for part in range(workers)]
        return all(state["num_pending"] == 0 and state["num_ack_pending"] == 0 for state in states)
    wait_for(all_read, 600, "every message to be acknowledged")
    spent = sum(cpu_seconds(daemon.process.pid) for daemon in daemons) - sum(idle)
    memory = max(daemon.peak_kib() for daemon in daemons)
    counted = {}
    for daemon in daemons:
        for peer, count in daemon.counts_by_peer().items():
            counted[peer] = counted.get(peer, 0) + count
        daemon.stop()
    expect_equal(ledger.difference(counted), [], "lines that were not counted once")
    t.step("%d daemon(s): %.1f us CPU a line, the server %.1f; at most %.0f MiB each" % (
        workers, spent / LINES * 1e6, (cpu_seconds(servers.processes[0].pid) - server_before) / LINES * 1e6, memory / 1024))


def measure_group(t, servers, count):
    """`count` workers with a partition each, and one that waits."""
    name, stream = "group%d" % count, "GROUP%d" % count
    workers = [make_worker(t, servers, "%s-%d" % (name, number), count, group={"name": name},
                           nats={"stream": stream, "subject": name + ".lines.{partition}.>"}) for number in range(count + 1)]
    for worker in workers:
        worker.database = worker.directory / ("group-%s.db" % name)
    set_up(workers[0])
    ledger = publish(servers, lambda host: "%s.errors.edge-%d" % (name, host))
    server_before = cpu_seconds(servers.processes[0].pid)
    idle = {}
    for worker in workers:
        worker.start()
        idle[worker.name] = cpu_seconds(worker.process.pid)

    def all_read():
        having = owners(workers[0])
        states = [servers.consumer(stream, "%s-%d" % (name, part)) for part in range(count)] if len(having) == count else []
        return states and all(state["num_pending"] == 0 and state["num_ack_pending"] == 0 for state in states)
    wait_for(all_read, 600, "every message to be acknowledged")
    having = owners(workers[0])
    spent = sum(cpu_seconds(worker.process.pid) - idle[worker.name] for worker in workers if worker.name in having.values())
    server = cpu_seconds(servers.processes[0].pid) - server_before
    counted = {peer: lines for worker in workers if worker.name in having.values() for peer, lines in worker.counts_by_peer().items()}
    expect_equal(ledger.difference(counted), [], "lines that were not counted once")
    state = servers.persistent(lambda client: client.api("STREAM.INFO.HANDSHAKED_" + name))["state"]
    t.step("a group of %d: %.1f us CPU a line, the server %.1f; the state of an incident: %.0f bytes in the stream" % (
        count, spent / LINES * 1e6, server / LINES * 1e6, state["bytes"] / len(ledger.written)))

    wait_for(lambda: "waiting" in {worker["state"] for worker in show(workers[0])["workers"]}, 30, "a worker to wait")
    dead = next(worker for worker in workers if worker.name == having[0])
    dead.kill()
    killed_at = time.monotonic()
    taken = next(worker for worker in workers if worker.name not in having.values())
    taken.wait_for_log("has partition 0", within=60)
    t.step("a group of %d, a lease of %d s: another worker had the partition of a dead one after %.1f s" % (count, LEASE_SECONDS, time.monotonic() - killed_at))
    for worker in workers:
        if worker is not dead:
            worker.stop()


def measure_kafka_group(t, count):
    """The same on Kafka, as far as the mock goes: its own costs say nothing about brokers, so they are left out."""
    cluster = KafkaCluster(t, brokers=1, topics=(("nginx-errors", count), ("handshaked-" + GROUP, count + 1)))
    pages = [WebClient() for _ in range(count + 1)]
    workers = [make_kafka_worker(t, cluster, "kafka%d-%d" % (count, number), count, tables=[pages[number].table()]) for number in range(count + 1)]
    set_up(workers[0])
    for worker in workers:
        worker.start()
    wait_for(lambda: len(owners(workers[0])) == count, 60, "each partition to have an owner")
    having = owners(workers[0])
    idle = {worker.name: cpu_seconds(worker.process.pid) for worker in workers}
    ledger = Ledger()
    cluster.produce("nginx-errors", [("edge-%d" % (number % HOSTS), ledger.line_of_new_peer() if number % TLS_EVERY == 0 else ordinary_line(number))
                                     for number in range(LINES)], "-z", "zstd")

    def all_counted():
        counted = {peer: lines for worker in workers if worker.name in having.values() for peer, lines in worker.counts_by_peer().items()}
        return not ledger.difference(counted) and all(partition.get("waiting") == 0 for partition in show(workers[0])["partitions"])
    wait_for(all_counted, 600, "every line to be counted once")
    spent = sum(cpu_seconds(worker.process.pid) - idle[worker.name] for worker in workers if worker.name in having.values())
    commits = [[page.metric("handshaked_store_commit_duration_seconds_" + what) for what in ("sum", "count")]
               for worker, page in zip(workers, pages) if worker.name in having.values()]
    t.step("a group of %d on Kafka's mock: %.1f us CPU a line; a commit, with its entry, takes %.1f ms" % (
        count, spent / LINES * 1e6, 1000 * sum(one[0] for one in commits) / sum(one[1] for one in commits)))

    wait_for(lambda: "waiting" in {worker["state"] for worker in show(workers[0])["workers"]}, 30, "a worker to wait")
    time.sleep(2 * LEASE_SECONDS)
    before, began = {worker.name: cpu_seconds(worker.process.pid) for worker in workers}, time.monotonic()
    time.sleep(10)
    share = {worker.name: (cpu_seconds(worker.process.pid) - before[worker.name]) / (time.monotonic() - began) for worker in workers}
    waiting = next(worker for worker in workers if worker.name not in having.values())
    t.step("without lines a worker takes %.2f %% of a core, one that waits %.2f %%" % (
        100 * max(share[name] for name in having.values()), 100 * share[waiting.name]))
    dead = next(worker for worker in workers if worker.name == having[0])
    dead.kill()
    killed_at = time.monotonic()
    waiting.wait_for_log("has partition 0", within=60)
    t.step("a group of %d on Kafka's mock, a lease of %d s: another worker had the partition of a dead one after %.1f s" % (
        count, LEASE_SECONDS, time.monotonic() - killed_at))
    for worker in workers:
        if worker is not dead:
            worker.stop()


def measure_centre(t, servers, count):
    """`count` partitions of a centre, among which edges divide what they say."""
    name, stream = "centre%d" % count, "EDGES%d" % count
    servers.make_stream(stream, [name + ".edges.>"])
    workers = [make_worker(t, servers, "%s-%d" % (name, number), count, group={"name": name, "lease": "20s"},
                           nats={"stream": stream, "subject": name + ".edges.{partition}.>", "carries": "edges", "host_from": "message", "silent_after": "1h"})
               for number in range(count)]
    for worker in workers:
        worker.database = worker.directory / ("group-%s.db" % name)
    set_up(workers[0])
    for worker in workers:
        worker.start()
    wait_for(lambda: len(owners(workers[0])) == count, 60, "each partition to have an owner")

    def send(messages):
        """CPU time of all workers."""
        before = sum(cpu_seconds(worker.process.pid) for worker in workers)
        servers.publish(messages, within=600)
        wait_for(lambda: all(state["num_pending"] == 0 and state["num_ack_pending"] == 0 for state in
                             [servers.consumer(stream, "%s-%d" % (name, part)) for part in range(count)]), 600, "every message to be acknowledged")
        return sum(cpu_seconds(worker.process.pid) for worker in workers) - before

    def events(kind, number):
        for edge in range(EDGES):
            part = int(fingerprint(edge + 1)[3:11], 16) % count
            yield "%s.edges.%d.edge" % (name, part), message(edge, kind, number, edge + 1, number, count), None
    heartbeats = (("%s.edges.%d.edge" % (name, part), message(edge, partitions=count), None) for edge in range(EDGES) for part in range(count))
    beaten = send(heartbeats)
    again = send(("%s.edges.%d.edge" % (name, part), message(edge, partitions=count), None) for edge in range(EDGES) for part in range(count))
    opened = send(events("opened", 1))
    changed = sum(send(events("updated", 2 + number)) for number in range(CHANGES))
    incidents = [len(worker.incidents()) for worker in workers]
    expect_equal(sum(incidents), EDGES, "incidents of all partitions")
    t.step("a centre of %d, %d edges: an opening %.2f ms CPU, a change %.2f ms, a heartbeat %.3f ms for each partition (the first %.3f); at most %.0f MiB each" % (
        count, EDGES, 1000 * opened / EDGES, 1000 * changed / EDGES / CHANGES, 1000 * again / EDGES / count, 1000 * beaten / EDGES / count,
        max(worker.peak_kib() for worker in workers) / 1024))
    for worker in workers:
        worker.stop()


def story(t):
    mappings = ", ".join('"group%d.errors.*": "group%d.lines.{{partition(%d,1)}}.{{wildcard(1)}}"' % (count, count, count) for count in GROUPS)
    servers = NatsServers(t, settings="mappings = { %s }\n" % mappings).start()
    for workers in WORKERS:
        measure(t, servers, workers)
    for count in GROUPS:
        measure_group(t, servers, count)
    for count in GROUPS:
        measure_kafka_group(t, count)
    for count in GROUPS:
        measure_centre(t, servers, count)


run(story)
