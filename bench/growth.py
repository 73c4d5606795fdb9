"""What a line out of NATS JetStream costs, and whether it costs more when several daemons share the lines: 1, 2, 4 and 8 of them, each with the consumer of one
partition (the hosts are split by subject), all on this machine. CPU time of the daemons for each line; that of the server stands beside it. Every line is checked to be counted
once. HANDSHAKED=PROGRAM PYTHONPATH=tests python3 bench/growth.py [LINES]
"""
import os
import pathlib
import sys

from support.accounting import Ledger, ordinary_line
from support.daemon import Daemon
from support.nats import NatsServers
from support.scenario import expect_equal, run, wait_for

LINES = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
TLS_EVERY = 400
HOSTS = 400
WORKERS = (1, 2, 4, 8)


def cpu_seconds(pid):
    fields = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(t, servers, workers):
    stream = "LINES%d" % workers
    servers.make_stream(stream, ["lines%d.>" % workers])
    ledger = Ledger()

    def messages():
        for number in range(LINES):
            host = number % HOSTS
            line = ledger.line_of_new_peer() if number % TLS_EVERY == 0 else ordinary_line(number)
            yield "lines%d.%d.edge-%d" % (workers, host % workers, host), line.rstrip(b"\n"), None
    servers.publish(messages(), within=600)
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


def story(t):
    servers = NatsServers(t).start()
    for workers in WORKERS:
        measure(t, servers, workers)


run(story)
