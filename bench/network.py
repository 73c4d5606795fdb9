#!/usr/bin/env python3
"""How fast lines come in over the network: the daemon on one core, a sender that has its bytes ready on another, acknowledgements on.

Prints a table of MB/s and lines/s for each source, the same bytes through a discarding reader beside it, and what idle connections cost.
"""
import argparse
import json
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time

from daemon import MeasuredDaemon, last_processor

HERE = os.path.dirname(os.path.abspath(__file__))
BODY = 1 << 20  # bytes of a request
HTTP, SYSLOG = 28514, 28515


def row(what, figure, note=""):
    print("| %s | %s | %s |" % (what, figure, note), flush=True)


def make_lines(folder, rules, mib, percent):
    path = os.path.join(folder, "lines-%s" % percent)
    subprocess.run([sys.executable, os.path.join(HERE, "generate_log.py"), "--mib", str(mib), "--tls-percent", str(percent), "--rules", rules, path], check=True)
    with open(path, "rb") as file:
        return file.read().splitlines()


class Daemon(MeasuredDaemon):
    STOP_WITHIN = 20

    def __init__(self, a, folder):
        config = os.path.join(folder, "bench.toml")
        with open(config, "w") as out:
            out.write('[control]\nsocket = ""\n[state]\ndatabase = "%s/bench.db"\n[[http]]\nlisten = ["http://127.0.0.1:%d"]\nmax_connections = 2000\n'
                      '[[syslog]]\nlisten = ["tcp://127.0.0.1:%d"]\nmax_connections = 2000\n[[receiver]]\ntype = "syslog"\naddress = "udp://127.0.0.1:9"\n'
                      % (folder, HTTP, SYSLOG))
        super().__init__(a.program, a.rules, config, last_processor())

    def private_kib(self):
        with open("/proc/%d/smaps_rollup" % self.process.pid) as rollup:
            return sum(int(line.split()[1]) for line in rollup if line.startswith(("Private_Clean", "Private_Dirty")))


def requests_of(lines):
    """NDJSON in requests of about BODY bytes."""
    requests, body, size = [], [], 0
    for line in lines:
        text = json.dumps({"message": line.decode("utf-8", "replace"), "host": "web-1"}).encode()
        body.append(text)
        size += len(text) + 1
        if size >= BODY:
            requests.append(b"\n".join(body) + b"\n")
            body, size = [], 0
    if body:
        requests.append(b"\n".join(body) + b"\n")
    return [b"POST /lines HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n" % len(r) + r for r in requests], sum(map(len, requests))


def send_http(requests):
    """Each request is sent when the one before it was acknowledged."""
    connection = socket.create_connection(("127.0.0.1", HTTP))
    for request in requests:
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += connection.recv(65536)
        if not answer.startswith(b"HTTP/1.1 200"):
            sys.exit("refused: %r" % answer[:200])
        length = int(re.search(rb"Content-Length: (\d+)", answer).group(1))
        while len(answer.partition(b"\r\n\r\n")[2]) < length:
            answer += connection.recv(65536)
    connection.close()


def send_stream(data, port):
    """All of it; the other side closes when it has read it all."""
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass
    connection.close()


def measure(daemon, runs, send):
    """Median wall and CPU seconds of the daemon, after one warm-up."""
    walls, cpus = [], []
    for number in range(runs + 1):
        cpu, begin = daemon.cpu() if daemon else 0, time.perf_counter()
        send()
        if number:
            walls.append(time.perf_counter() - begin)
            cpus.append((daemon.cpu() if daemon else 0) - cpu)
    return statistics.median(walls), statistics.median(cpus)


def discarding_floor(data, runs):
    """What a reader reaches that throws the bytes away, in a process and on a core of its own."""
    reader = subprocess.Popen([sys.executable, "-c", "import os, socket\nos.sched_setaffinity(0, {max(os.sched_getaffinity(0))})\n"
                               "l = socket.create_server(('127.0.0.1', 0)); print(l.getsockname()[1], flush=True)\nb = bytearray(1 << 18)\n"
                               "while True:\n c, _ = l.accept()\n while c.recv_into(b): pass\n c.close()"], stdout=subprocess.PIPE, text=True)
    try:
        port = int(reader.stdout.readline())
        return measure(None, runs, lambda: send_stream(data, port))[0]
    finally:
        reader.kill()


def bench_source(daemon, name, send, size, count, floor, runs):
    wall, cpu = measure(daemon, runs, send)
    row(name, "%.0f MB/s, %.2f M lines/s" % (size / wall / 1e6, count / wall / 1e6),
        "%.0f MB per CPU second of the daemon; a reader that discards: %.0f MB/s" % (size / max(cpu, 0.01) / 1e6, size / floor / 1e6))


def bench_idle(daemon, port, name, first=b""):
    time.sleep(1)
    before = daemon.private_kib()
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(1000)]
    for connection in connections:
        if first:
            connection.sendall(first)
    time.sleep(2)
    row("1,000 idle connections, %s" % name, "%.1f MiB" % ((daemon.private_kib() - before) / 1024), "private memory more than without them")
    for connection in connections:
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--rules", required=True)
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--runs", type=int, default=5)
    a = parser.parse_args()
    a.program, a.rules = os.path.abspath(a.program), os.path.abspath(a.rules)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    cores = sorted(os.sched_getaffinity(0))
    print("%s, %d processors seen, load %.1f before\n" % (time.strftime("%Y-%m-%d"), os.cpu_count(), os.getloadavg()[0]))
    print("| what | figure | beside it |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory(prefix="handshaked-bench-") as folder:
        daemon = Daemon(a, folder)
        os.sched_setaffinity(0, set(cores[:-1]) or set(cores))
        try:
            bench_idle(daemon, SYSLOG, "syslog")
            bench_idle(daemon, HTTP, "HTTP", b"GET /ready HTTP/1.1\r\n\r\n")
            for percent in (0, 1):
                lines = make_lines(folder, a.rules, a.mib, percent)
                requests, size = requests_of(lines)
                floor = discarding_floor(b"".join(requests), a.runs)
                bench_source(daemon, "NDJSON over HTTP, %d %% TLS lines" % percent, lambda: send_http(requests), size, len(lines), floor, a.runs)
                del requests
                syslog = [b"<187>Nov 21 02:58:15 web-1 nginx: " + line for line in lines]
                data = b"\n".join(syslog) + b"\n"
                floor = discarding_floor(data, a.runs)
                bench_source(daemon, "syslog over TCP, lines, %d %% TLS" % percent, lambda: send_stream(data, SYSLOG), len(data), len(lines), floor, a.runs)
                data = b"".join(b"%d %s" % (len(message), message) for message in syslog)
                bench_source(daemon, "syslog over TCP, octet-counted, %d %% TLS" % percent, lambda: send_stream(data, SYSLOG), len(data), len(lines), floor, a.runs)
        finally:
            daemon.stop()


main()
