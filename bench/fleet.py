#!/usr/bin/env python3
"""What a central daemon carries: simulated edges with an open incident each, then changes at a steady rate, over HTTP on loopback with acknowledgements.

Two fleets: every edge has a fault of its own, and all edges have the same one. Prints CPU time of the daemon for an opening, a change and a heartbeat (a figure
that the load on the machine hardly changes), how long an acknowledgement took, and the daemon's private memory.
"""
import argparse
import hashlib
import json
import os
import socket
import statistics
import sys
import tempfile
import threading
import time

from daemon import MeasuredDaemon, last_processor


def now_text():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def fingerprint(fault):
    return "v1:" + hashlib.md5(b"%d" % fault).hexdigest()


def message(edge, kind=None, number=1, fault=0, count=1, partitions=1):
    """One edge's message; a heartbeat without `kind`."""
    body = {"version": 1, "edge": {
        "host": "proxy-%04d.example.com" % edge, "handshaked": "0.9.0",
        "facts": {"nginx": "nginx/1.22.1", "openssl": "OpenSSL 3.0.17 1 Jul 2025", "nginx_loaded_at": "2026-11-2%dT02:00:00Z" % (edge % 9),
                  "sha256 /etc/nginx/ca.pem": "%064x" % (edge % 3), "sha256 /etc/nginx/clients.pem": "%064x" % 7},
        "labels": {"site": ("fra", "ams", "sin")[edge % 3]}, "waiting": 0, "lag_seconds": 0}}
    if kind:
        incident = "inc-%016x" % (edge + 1)
        fix = {"rank": 1, "id": "trust-root", "owner": "proxy", "title": "Trust the CA that signs this upstream", "how": "x" * 400, "changes": [],
               "patch": "--- a\n+++ b\n" + "+line\n" * 60, "commands": [], "success_rate": 0.9, "evidence_count": 3, "proof": {"status": "proved", "method": "replay"}}
        body["event"] = {
            "specversion": "1.0", "id": "%s.%s.%d" % (incident, kind, number), "type": "io.handshaked.incident." + kind, "source": "//x/handshaked",
            "subject": incident, "time": now_text(), "datacontenttype": "application/json", "data": {
                "incident": {"id": incident, "fingerprint": fingerprint(fault), "status": "open", "severity": "warning", "opened_at": now_text(),
                             "last_seen_at": now_text(), "flapping": False, "count": count, "rate_per_minute": 1, "hosts": [body["edge"]["host"]],
                             "servers": ["gw.example.com"], "clients": {"distinct": 3, "sample": ["192.0.2.0/24"]},
                             "sample_lines": ["2026/11/29 02:00:00 [error] 1#1: *1 upstream SSL certificate verify error: (20:unable to get local issuer certificate) "
                                              "while SSL handshaking to upstream, client: 192.0.2.0/24, server: gw.example.com, upstream: \"https://10.0.0.1:8443/\""]},
                "rule": {"id": "nginx/upstream-ssl-certificate-verify-error", "title": "the upstream's certificate does not verify"},
                "place": {"side": "upstream", "peer": "10.%d.%d.%d:8443" % (fault >> 16 & 255, fault >> 8 & 255, fault & 255)},
                "diagnosis": {"cause": "ca_missing", "confidence": 0.95, "summary": "s" * 200, "evidence": [{"kind": "log", "text": "t" * 100}] * 4,
                              "healthy_now": False, "candidates": []}, "fixes": [fix], "dead_ends": []}}
    if partitions > 1:
        body["partitions"] = partitions
    return json.dumps(body).encode()


class Centre(MeasuredDaemon):
    def __init__(self, program, rules, folder, name):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        config = os.path.join(folder, name + ".toml")
        with open(config, "w") as out:
            out.write('[control]\nsocket = ""\n[web]\nlisten = ""\n[diagnosis]\nenabled = false\n[state]\ndatabase = "%s/%s.db"\n[[edge]]\n'
                      'listen = ["http://127.0.0.1:%d"]\n[[receiver]]\ntype = "syslog"\naddress = "udp://127.0.0.1:9"\n' % (folder, name, self.port))
        super().__init__(program, rules, config, last_processor())

    def memory(self, field):
        with open("/proc/%d/status" % self.process.pid) as status:
            return next(int(line.split()[1]) // 1024 for line in status if line.startswith(field + ":"))


class Sender(threading.Thread):
    """One connection, on which messages of many edges go one after the other, each when the one before was acknowledged."""

    def __init__(self, port, messages, not_before):
        super().__init__(daemon=True)
        self.port, self.messages, self.not_before, self.took, self.refused = port, messages, not_before, [], []

    def run(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        for due, body in self.messages:
            time.sleep(max(0, self.not_before + due - time.monotonic()))
            begin = time.monotonic()
            connection.sendall(b"POST /v1/edge HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            answer = b""
            while not answer.endswith(b"}"):
                answer += connection.recv(65536)
            self.took.append(time.monotonic() - begin)
            if not answer.startswith(b"HTTP/1.1 200"):
                self.refused.append(answer[:200])
        connection.close()


def send(centre, messages, connections, rate=None):
    """(CPU seconds of the daemon, wall seconds, milliseconds of acknowledgements) of messages, `rate` a second or as fast as they are taken."""
    shares = [[] for _ in range(connections)]
    for number, body in enumerate(messages):
        shares[number % connections].append((number / rate if rate else 0, body))
    cpu, begin = centre.cpu(), time.monotonic()
    senders = [Sender(centre.port, share, begin) for share in shares]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    refused = [answer for sender in senders for answer in sender.refused]
    if refused:
        sys.exit("refused: %d, as in %r" % (len(refused), refused[0]))
    return centre.cpu() - cpu, time.monotonic() - begin, sorted(1000 * took for sender in senders for took in sender.took)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--rules", required=True)
    parser.add_argument("--edges", type=int, default=5000)
    parser.add_argument("--rate", type=int, default=200, help="changes a second")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--connections", type=int, default=32)
    a = parser.parse_args()
    print("%d edges, %d changes/s for %d s, %d connections; load %.1f\n" % (a.edges, a.rate, a.seconds, a.connections, os.getloadavg()[0]))
    print("| fleet | opening, CPU | change, CPU | share of a core at %d/s | changes/s reached | acknowledged, median / 99 %% | heartbeat, CPU | memory, most |\n"
          "| --- | --- | --- | --- | --- | --- | --- | --- |" % a.rate)
    with tempfile.TemporaryDirectory(prefix="handshaked-fleet-") as folder:
        for name, fault_of in (("a fault each", lambda edge: edge + 1), ("one fault on all", lambda edge: 1)):
            centre = Centre(a.program, a.rules, folder, name.replace(" ", "-"))
            opened = send(centre, [message(edge, "opened", 1, fault_of(edge)) for edge in range(a.edges)], a.connections)
            changes = [message(n % a.edges, "updated", 1000 + n, fault_of(n % a.edges), 2 + n) for n in range(a.rate * a.seconds)]
            changed = send(centre, changes, a.connections, a.rate)
            beats = send(centre, [message(edge) for edge in range(a.edges)], a.connections)
            print("| %s | %.2f ms | %.2f ms | %.0f %% | %.0f | %.0f ms / %.0f ms | %.2f ms | %d MiB |" % (
                name, 1000 * opened[0] / a.edges, 1000 * changed[0] / len(changes), 100 * changed[0] / len(changes) * a.rate, len(changes) / changed[1],
                statistics.median(changed[2]), changed[2][len(changed[2]) * 99 // 100], 1000 * beats[0] / a.edges, centre.memory("VmHWM")), flush=True)
            centre.stop()


if __name__ == "__main__":
    main()
