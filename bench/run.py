#!/usr/bin/env python3
"""./dev bench: measures the program as it is shipped, next to grep and ripgrep in the same run, and prints a table.

Each figure is a median over interleaved runs on one core; ratios are taken inside one run, because machines are noisy.
"""
import argparse
import json
import os
import re
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import diagnoses
import memory
from daemon import MeasuredDaemon, last_processor

HERE = os.path.dirname(os.path.abspath(__file__))


class Timed:
    def __init__(self, wall, cpu, peak_kib, out_lines):
        self.wall, self.cpu, self.peak_kib, self.out_lines = wall, cpu, peak_kib, out_lines


def run_once(command, pin=True):
    """Runs a command on one core, its output counted and thrown away."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               preexec_fn=(lambda: os.sched_setaffinity(0, {last_processor()})) if pin else None)
    lines = 0
    while block := process.stdout.read(1 << 20):
        lines += block.count(b"\n")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begin
    if process.returncode not in (0, 1):
        sys.exit("%s ended with status %d" % (" ".join(command), process.returncode))
    return Timed(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, lines)


def compare(commands, runs):
    """Runs all commands in turn, `runs` times after one warm-up. Returns name -> list of Timed."""
    results = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            timed = run_once(command)
            if number > 0:
                results[name].append(timed)
    return results


def median(results, name, attribute="wall"):
    return statistics.median(getattr(t, attribute) for t in results[name])


def ratio(results, name, base):
    return statistics.median(a.wall / b.wall for a, b in zip(results[name], results[base]))


def cpu_ratio(results, name, base):
    return statistics.median(a.cpu / max(b.cpu, 1e-3) for a, b in zip(results[name], results[base]))


def make_log(folder, mib, percent, rules):
    path = os.path.join(folder, "error-%s.log" % percent)
    subprocess.run([sys.executable, os.path.join(HERE, "generate_log.py"), "--mib", str(mib), "--tls-percent", str(percent), "--rules", rules, path], check=True)
    return path


def count_lines(path):
    total = 0
    with open(path, "rb") as log:
        while block := log.read(1 << 20):
            total += block.count(b"\n")
    return total


def row(what, figure, note=""):
    print("| %s | %s | %s |" % (what, figure, note), flush=True)


def bench_throughput(a, folder):
    literals = os.path.join(folder, "literals")
    with open(literals, "w") as out:
        subprocess.run([a.program, "match", "--rules", a.rules, "--print-literals", "/dev/null"], stdout=out, check=True)
    with open(literals, "rb") as text:
        number = text.read().count(b"\n")
    for percent in (0, 1, 50, 100):
        log = make_log(folder, a.mib if percent <= 1 else a.mib // 4, percent, a.rules)
        lines, size = count_lines(log), os.path.getsize(log)
        results = compare({
            "match": [a.program, "match", "--rules", a.rules, log],
            "scan": [a.program, "scan", "--format", "json", "--rules", a.rules, log],
            "grep": ["grep", "-a", "-c", "-F", "SSL", log],
            "rg": ["rg", "-a", "-j1", "-c", "-F", "SSL", log],
            "rg literals": ["rg", "-a", "-j1", "-c", "-F", "-f", literals, log],
        }, a.runs)
        for name in ("match", "scan"):
            wall = median(results, name)
            row("`%s`, %s %% TLS lines" % (name, percent), "%.2f GB/s, %.2f M lines/s" % (size / wall / 1e9, lines / wall / 1e6),
                "%.2fx the time of `rg -F -f` with our %d literals, %.1fx of `rg -F SSL`, %.1fx of `grep -F SSL`; CPU %.2f s, peak %.0f MiB" %
                (ratio(results, name, "rg literals"), number, ratio(results, name, "rg"), ratio(results, name, "grep"), median(results, name, "cpu"),
                 median(results, name, "peak_kib") / 1024))
        os.unlink(log)


# What varied logs are measured: (words for the row, arguments of varied_log.py, share of a.varied_mib).
VARIED = [("0 % TLS", ["--tls-percent", "0"], 1)] + [
    ("%s %% TLS, 1,000 faults" % share, ["--tls-percent", share, "--faults", "1000"], 1 if float(share) <= 1 else 0.5) for share in ("0.1", "1", "10", "100")
] + [
    ("100 % TLS, 1 fault", ["--tls-percent", "100", "--faults", "1", "--seed", "2"], 0.5),
    ("100 % TLS, 820 faults", ["--tls-percent", "100", "--faults", "820", "--seed", "3"], 1),
    ("100 % TLS, 50,000 faults", ["--tls-percent", "100", "--faults", "50000", "--seed", "4"], 0.5),
    ("1 % TLS, long lines", ["--tls-percent", "1", "--long", "--seed", "5"], 1),
    ("1 % TLS, syslog", ["--tls-percent", "1", "--envelope", "syslog", "--seed", "6"], 1),
    ("1 % TLS, CRI", ["--tls-percent", "1", "--envelope", "cri", "--seed", "7"], 1),
    ("1 % TLS, JSON", ["--tls-percent", "1", "--envelope", "json", "--seed", "8"], 1),
    ("100 % TLS, JSON, 1,000 faults", ["--tls-percent", "100", "--envelope", "json", "--seed", "9"], 0.25),
]


def make_varied(folder, name, mib, arguments):
    path = os.path.join(folder, name + ".log")
    made = subprocess.run([sys.executable, os.path.join(HERE, "varied_log.py"), "--mib", str(mib), *arguments, path], check=True, stdout=subprocess.PIPE)
    return path, json.loads(made.stdout)


def bench_varied(a, folder):
    """Logs in which hardly a line repeats, on one core, by CPU time; with --old, another program beside ours in the same run."""
    verbs = {"match": ["match", "--rules"], "scan": ["scan", "--format", "json", "--rules"]}
    ordinary = {}
    for what, arguments, share in VARIED:
        log, made = make_varied(folder, "varied", a.varied_mib * share, arguments)
        commands = {"rg": ["rg", "-a", "-j1", "-c", "-F", "SSL", log]}
        for verb, words in verbs.items():
            commands[verb] = [a.program, *words, a.rules, log]
            if a.old:
                commands["old " + verb] = [a.old, *words, a.old_rules or a.rules, log]
        results = compare(commands, a.runs)
        for verb in verbs:
            for name in ([verb, "old " + verb] if a.old else [verb]):
                cpu = median(results, name, "cpu")
                # What a TLS line costs beyond an ordinary one: against the log without any, of the same program, byte by byte.
                per_byte = ordinary.setdefault(name, cpu / made["bytes"])
                lone = "; %.2f µs a TLS line beyond its bytes" % (max(0, cpu - per_byte * made["bytes"]) / made["tls"] * 1e6) if made["tls"] else ""
                row("`%s`%s, %s" % (verb, ", old" if name != verb else "", what), "%.2f GB/s, %.2f M lines/s" % (made["bytes"] / cpu / 1e9, made["lines"] / cpu / 1e6),
                    "CPU %.3f s, %.1fx of `rg -F SSL`, peak %.0f MiB%s%s" % (
                        cpu, cpu_ratio(results, name, "rg"), median(results, name, "peak_kib") / 1024, lone,
                        "; %.2fx of the old one" % cpu_ratio(results, name, "old " + verb) if a.old and name == verb else ""))
        os.unlink(log)


def bench_cores(a, folder):
    """One large file on one thread and on all processors: the same output, and how much sooner."""
    number = len(os.sched_getaffinity(0))
    for what, arguments in (("1 % TLS", ["--tls-percent", "1"]), ("100 % TLS", ["--tls-percent", "100"])):
        log, made = make_varied(folder, "cores", 2 * a.varied_mib, arguments + ["--seed", "11"])
        packed = log + ".gz"
        with open(packed, "wb") as out:
            subprocess.run(["gzip", "-1", "-c", log], stdout=out, check=True)
        for verb in ("match", "scan"):
            for file, stored in ((log, ""), (packed, ", gzip")):
                times = {jobs: [] for jobs in (1, number)}
                for _ in range(a.runs):
                    for jobs in times:
                        words = [a.program, verb, "-j", str(jobs), "--rules", a.rules] + (["--format", "json"] if verb == "scan" else [])
                        times[jobs].append(run_once(words + [file], pin=False))
                pairs = [one.wall / many.wall for one, many in zip(times[1], times[number])]
                row("`%s -j %d`, %s%s, %d MiB" % (verb, number, what, stored, made["bytes"] >> 20), "%.2fx as fast as `-j 1`" % statistics.median(pairs),
                    "CPU %.2f s against %.2f s" % (statistics.median(t.cpu for t in times[number]), statistics.median(t.cpu for t in times[1])))
        os.unlink(log)
        os.unlink(packed)


def bench_rule_count(a, folder):
    directories = {}
    for count in (100, 1000, 3000):
        directories[count] = os.path.join(folder, "rules-%d" % count)
        base = a.rules if count == 100 else directories[100]  # all sets recognise the same lines
        subprocess.run([sys.executable, os.path.join(HERE, "many_rules.py"), "--count", str(count), "--rules", base, directories[count]], check=True)
    log = make_log(folder, 2 * a.mib, 1, directories[100])
    commands = {str(count): [a.program, "match", "--rules", directory, log] for count, directory in directories.items()}
    results = compare(commands, a.runs)
    for count in ("1000", "3000"):
        row("%s rules, 1 %% TLS, %d MiB" % (count, 2 * a.mib), "%.2fx the time of 100 rules" % ratio(results, count, "100"), "peak %.0f MiB" % (median(results, count, "peak_kib") / 1024))
    os.unlink(log)
    empty = os.path.join(folder, "empty.log")
    open(empty, "w").close()
    timed = statistics.median(run_once([a.program, "match", "--rules", a.rules, empty]).wall for _ in range(9))
    row("start: read and compile what is needed of the rules", "%.0f ms" % (timed * 1000), "`match` of an empty log")


class Receiver:
    """The least that takes webhooks: notes when the first byte of a request is there, answers 204, keeps the connection."""

    def __init__(self):
        self.arrived = {}
        self.changed = threading.Condition()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.server_address = self.listener.getsockname()

    def serve_forever(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        request, arrived = b"", None
        while block := connection.recv(1 << 18):
            arrived = arrived or time.perf_counter()
            request += block
            head, found, body = request.partition(b"\r\n\r\n")
            if not found or len(body) < int(re.search(rb"(?i)content-length: *(\d+)", head).group(1)):
                continue
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            peer = re.search(rb'"peer":"([^"]*)"', body)
            with self.changed:
                self.arrived.setdefault(peer.group(1).decode() if peer else None, arrived)
                self.changed.notify_all()
            request, arrived = b"", None


class NginxReceiver:
    """Takes webhooks as fast as nginx does: 204 to everything, one worker."""

    def __init__(self, folder):
        probe = socket.create_server(("127.0.0.1", 0))
        self.server_address = probe.getsockname()
        probe.close()
        config = os.path.join(folder, "receiver.conf")
        with open(config, "w") as out:
            out.write("daemon off; master_process off; worker_processes 1; pid %(d)s/receiver.pid; error_log %(d)s/receiver.err;\n"
                      "events { worker_connections 256; }\nhttp { access_log off; keepalive_requests 100000000; client_body_temp_path %(d)s/body;\n"
                      "proxy_temp_path %(d)s/p; fastcgi_temp_path %(d)s/f; uwsgi_temp_path %(d)s/u; scgi_temp_path %(d)s/s;\n"
                      "server { listen 127.0.0.1:%(port)d; location / { return 204; } } }\n" % {"d": folder, "port": self.server_address[1]})
        self.process = subprocess.Popen(["nginx", "-c", config, "-p", folder], stderr=subprocess.DEVNULL)
        time.sleep(0.5)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


class Daemon(MeasuredDaemon):
    def __init__(self, a, folder, receiver):
        self.log = os.path.join(folder, "live.log")
        open(self.log, "w").close()
        config = os.path.join(folder, "bench.toml")
        self.database = os.path.join(folder, "bench.db")
        with open(config, "w") as out:
            out.write('[state]\ndatabase = "%s/bench.db"\n[incidents]\ngroup_wait = "0s"\nmax_incidents = 200000\n[diagnosis]\nenabled = false\n[[files]]\npaths = ["%s"]\ntime_zone = "UTC"\n'
                      '[[receiver]]\ntype = "webhook"\nurl = "http://127.0.0.1:%d/"\n' % (folder, self.log, receiver.server_address[1]))
        super().__init__(a.program, a.rules, config)

    def private_kib(self):
        with open("/proc/%d/status" % self.process.pid) as status:
            return next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))


def tls_line(peer):
    return ('%s [error] 900#900: *1 upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, '
            'client: 192.0.2.1, server: bench.example, request: "GET / HTTP/1.1", upstream: "https://%s/", host: "bench.example"\n' %
            (time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime()), peer)).encode()


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class SyncedSender:
    """The least that a durable notification takes once a line is there: a page written and synced beside the database, then one request."""

    def __init__(self, folder, receiver):
        self.file = os.open(os.path.join(folder, "floor.db"), os.O_RDWR | os.O_CREAT, 0o600)
        os.pwrite(self.file, b"\0" * (1 << 20), 0)
        os.fsync(self.file)
        self.connection = socket.create_connection(receiver.server_address)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, number, peer):
        os.pwrite(self.file, b"x" * 8192, number % 64 * 8192)
        os.fdatasync(self.file)
        body = b'{"peer":"floor-%s","text":"%s"}' % (peer.encode(), b"x" * 3000)
        self.connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def end(self):
        self.connection.recv(4096)


def bench_latency(a, folder, receiver, daemon):
    """Line to webhook, each line a new incident; interleaved with what `tail -F` needs to show a line, and with that, a synced page and a
    request."""
    floor_log = os.path.join(folder, "floor.log")
    open(floor_log, "w").close()
    tail = subprocess.Popen(["tail", "-n0", "-F", floor_log], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    os.set_blocking(tail.stdout.fileno(), True)
    time.sleep(0.5)
    ours, floor, durable_floor = [], [], []
    sender = SyncedSender(folder, receiver)
    out, floor_out = open(daemon.log, "ab", buffering=0), open(floor_log, "ab", buffering=0)
    for number in range(a.samples):
        peer = "10.%d.%d.%d:443" % (number >> 16 & 255, number >> 8 & 255, number & 255)
        begin = time.perf_counter()
        out.write(tls_line(peer))
        with receiver.changed:
            if not receiver.changed.wait_for(lambda: peer in receiver.arrived, 10):
                sys.exit("no webhook for %s" % peer)
        ours.append(receiver.arrived[peer] - begin)
        begin = time.perf_counter()
        floor_out.write(tls_line(peer))
        tail.stdout.readline()
        floor.append(time.perf_counter() - begin)
        begin = time.perf_counter()
        floor_out.write(tls_line(peer))
        tail.stdout.readline()
        sender.send(number, peer)
        with receiver.changed:
            receiver.changed.wait_for(lambda: "floor-" + peer in receiver.arrived, 10)
        durable_floor.append(receiver.arrived["floor-" + peer] - begin)
        sender.end()
        time.sleep(a.gap)
    tail.kill()
    tail.wait()
    p50, p99, f50, f99, d50, d99 = (percentile(v, s) * 1000 for v in (ours, floor, durable_floor) for s in (0.5, 0.99))
    row("line to webhook, `group_wait = \"0s\"`, %d samples" % a.samples, "p50 %.2f ms, p99 %.2f ms" % (p50, p99),
        "`tail -F` beside it: p50 %.2f ms, p99 %.2f ms; p99 is %.1fx. `tail -F`, a synced page and a request: p50 %.2f ms, p99 %.2f ms; "
        "p99 is %.1fx. Durable (fsync) before it is sent" % (f50, f99, p99 / f99, d50, d99, p99 / d99))


def bench_rest(a, daemon):
    time.sleep(2)
    cpu = daemon.cpu()
    time.sleep(a.rest)
    row("at rest, %d s" % a.rest, "%.1f MiB private memory" % (daemon.private_kib() / 1024), "CPU %.3f s (clock ticks of 0.01 s)" % (daemon.cpu() - cpu))


def bench_storm(a, folder, daemon):
    storm = make_log(folder, a.mib // 4, 100, a.rules)
    lines = count_lines(storm)
    cpu = daemon.cpu()
    with open(storm, "rb") as source, open(daemon.log, "ab") as out:
        while block := source.read(1 << 20):
            out.write(block)
    # Done when its CPU time stands still.
    begin, last, still = time.perf_counter(), -1.0, 0
    while still < 4 and time.perf_counter() - begin < 120:
        time.sleep(0.25)
        now = daemon.cpu()
        still = still + 1 if now == last else 0
        last = now
    used = daemon.cpu() - cpu
    row("daemon in a storm: %d lines, all TLS faults" % lines, "%.2f M lines per CPU second" % (lines / used / 1e6), "%.1f MiB private memory" % (daemon.private_kib() / 1024))
    os.unlink(storm)


def bench_delivery(a, folder):
    """Every line is a new incident and an event of its own: how many a second are durable in the outbox, sent and recorded as delivered."""
    rates = []
    for run in range(a.runs):
        inner = os.path.join(folder, "delivery-%d" % run)
        os.mkdir(inner)
        receiver = NginxReceiver(inner)
        daemon = Daemon(a, inner, receiver)
        # Long requests: figures are compared with earlier ones, when so many short lines were more places than one batch could hold.
        lines = b"".join(tls_line("10.%d.%d.%d:443" % (n >> 16 & 255, n >> 8 & 255, n & 255)).replace(b"GET / ", b"GET /" + b"x" * 900 + b" ")
                         for n in range(a.events))
        cpu, begin = daemon.cpu(), time.perf_counter()
        with open(daemon.log, "ab") as out:
            out.write(lines)
        delivered = 0
        while delivered < a.events and time.perf_counter() - begin < 300:
            time.sleep(0.02)
            with sqlite3.connect("file:%s?mode=ro" % daemon.database, uri=True) as view:
                delivered = view.execute("SELECT count(*) FROM outbox WHERE status = 'delivered'").fetchone()[0]
        wall = time.perf_counter() - begin
        rates.append((delivered / wall, delivered / max(daemon.cpu() - cpu, 0.01), delivered))
        memory = daemon.private_kib() / 1024
        daemon.stop()
        receiver.stop()
    rates.sort()
    rate, per_cpu, delivered = rates[len(rates) // 2]
    row("durable events to a local receiver (nginx), %d events, each of an incident of its own" % delivered, "%.0f events/s" % rate,
        "%.0f per CPU second of the daemon; database on disk, `synchronous=FULL`; %.0f MiB private memory at the end" % (per_cpu, memory))


def bench_diagnoses(a, folder):
    wall, cpu, peak, _ = diagnoses.measure(a.program, a.rules, folder, 1, a.runs)
    row("`diagnose`, one fault: configuration, probe, replay, fix proved", "%.0f ms" % (wall * 1000),
        "CPU %.0f ms with the probe's child processes; peak %.0f MiB; reading 302 rules and the start included" % (cpu * 1000, peak / 1024))
    number = 40
    many, cpu, peak, proved = diagnoses.measure(a.program, a.rules, folder, number, a.runs)
    row("`diagnose`, %d faults at %d peers" % (number, number), "%.1f diagnoses/s" % (number / many),
        "%.0f ms each beyond the first, %d of %d proved; CPU %.2f s, peak %.0f MiB" % ((many - wall) / (number - 1) * 1000, proved, number, cpu, peak / 1024))


    found, wall, cpu = diagnoses.measure_daemon(a.program, a.rules, folder, a.places)
    row("the daemon, %d faults at %d addresses, all at once" % (a.places, a.places), "%.0f diagnoses/s" % (found / wall),
        "%d diagnosed in %.1f s; CPU %.0f ms each, the daemon and its children" % (found, wall, cpu / max(1, found) * 1000))


def bench_memory(a, folder):
    for with_receiver in (False, True):
        inner = os.path.join(folder, "memory-%d" % with_receiver)
        os.mkdir(inner)
        number = a.incidents
        incidents, delivered, before, peak, after, restart_peak, again = (
            value if index < 2 else value / 1024 for index, value in enumerate(memory.measure(a.program, a.rules, inner, number, with_receiver)))
        told = "a file receiver that was told %d events" % delivered if with_receiver else "a receiver that is down"
        row("%d open incidents of %d peers, %s" % (incidents, number, told), "%.0f MiB private memory" % after,
            "%.1f MiB before; at most %.0f MiB while they came; after a restart %.0f MiB, at most %.0f" % (before, peak, again, restart_peak))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--rules", required=True)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--samples", type=int, default=2000)
    parser.add_argument("--gap", type=float, default=0.005, help="seconds between two latency samples")
    parser.add_argument("--rest", type=int, default=20, help="seconds at rest")
    parser.add_argument("--varied-mib", type=int, default=128, help="size of a varied log")
    parser.add_argument("--old", help="another handshaked, measured beside in the same run (varied logs)")
    parser.add_argument("--old-rules", help="its rules, when they are others")
    parser.add_argument("--only", choices=["throughput", "varied", "cores", "rules", "daemon", "delivery", "diagnose", "memory"])
    parser.add_argument("--events", type=int, default=20000, help="events in the delivery benchmark")
    parser.add_argument("--places", type=int, default=500, help="faulty upstreams of the daemon in the diagnosis benchmark")
    parser.add_argument("--incidents", type=int, default=100000, help="open incidents in the memory benchmark")
    a = parser.parse_args()
    a.program = os.path.abspath(a.program)
    print("%s, %d processors seen, load %.1f before\n" % (time.strftime("%Y-%m-%d"), os.cpu_count(), os.getloadavg()[0]))
    print("| what | figure | beside it |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="handshaked-bench-") as folder:
        if a.only in (None, "throughput"):
            bench_throughput(a, folder)
        if a.only in (None, "varied"):
            bench_varied(a, folder)
        if a.only in (None, "cores"):
            bench_cores(a, folder)
        if a.only in (None, "rules"):
            bench_rule_count(a, folder)
        if a.only in (None, "daemon"):
            receiver = Receiver()
            threading.Thread(target=receiver.serve_forever, daemon=True).start()
            daemon = Daemon(a, folder, receiver)
            try:
                bench_rest(a, daemon)
                bench_latency(a, folder, receiver, daemon)
                bench_storm(a, folder, daemon)
            finally:
                daemon.stop()
        if a.only in (None, "delivery"):
            bench_delivery(a, folder)
        if a.only in (None, "diagnose"):
            bench_diagnoses(a, folder)
        if a.only in (None, "memory"):
            bench_memory(a, folder)


main()
