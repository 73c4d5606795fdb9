#!/usr/bin/env python3
"""./dev bench --only diagnose: how long `handshaked diagnose` takes for one fault, and for many peers at once; CPU and memory of the process
and its probe children. Real TLS peers (openssl s_server) on loopback, a configuration of as many locations, every trust file wrong."""
import json
import os
import pathlib
import resource
import shutil
import socket
import statistics
import subprocess
import time

LINE = ('2026/11/21 02:58:15 [error] 9#9: *%d upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking'
        ' to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET /%d HTTP/1.1", upstream: "https://127.0.0.1:%d/%d", host: "gw.corp.test"\n')


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_pki(folder):
    def root(name):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/O=Corp/CN=" + name, "-days", 30,
                "-keyout", folder / (name + ".key"), "-out", folder / (name + ".pem"))
    root("root")
    root("other")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=api.corp.test", "-keyout", folder / "leaf.key",
            "-out", folder / "leaf.csr")
    (folder / "leaf.cnf").write_text("subjectAltName=DNS:api.corp.test\n")
    openssl("x509", "-req", "-in", folder / "leaf.csr", "-CA", folder / "root.pem", "-CAkey", folder / "root.key", "-CAcreateserial", "-days", 20,
            "-extfile", folder / "leaf.cnf", "-out", folder / "leaf.pem")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Peers:
    def __init__(self, folder, number):
        self.ports = [free_port() for _ in range(number)]
        self.processes = [subprocess.Popen(["openssl", "s_server", "-accept", "127.0.0.1:%d" % port, "-www", "-quiet", "-key", folder / "leaf.key",
                                            "-cert", folder / "leaf.pem"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL) for port in self.ports]
        for port in self.ports:
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.02)

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


def measure(program, rules, folder, number, runs):
    """Seconds of the wall clock, CPU seconds with children, and how many fixes were proved."""
    folder = pathlib.Path(folder) / ("peers-%d" % number)
    (folder / "conf").mkdir(parents=True)
    make_pki(folder)
    shutil.copy(folder / "other.pem", folder / "conf/trusted.pem")
    peers = Peers(folder, number)
    try:
        (folder / "conf/nginx.conf").write_text("events { }\nhttp {\n    server {\n        listen 127.0.0.1:1;\n        server_name gw.corp.test;\n" + "".join(
            "        location /%d {\n            proxy_pass https://127.0.0.1:%d;\n            proxy_ssl_verify on;\n            proxy_ssl_name api.corp.test;\n"
            "            proxy_ssl_trusted_certificate trusted.pem;\n        }\n" % (place, port) for place, port in enumerate(peers.ports)) + "    }\n}\n")
        (folder / "error.log").write_text("".join(LINE % (place, place, port, place) for place, port in enumerate(peers.ports)))
        walls, cpus, peak, proved = [], [], 0, 0
        for run in range(runs + 1):
            before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            process = subprocess.Popen([program, "diagnose", "--rules", rules, "--log", folder / "error.log", "--nginx-conf", folder / "conf/nginx.conf",
                                        "--nginx-prefix", folder, "--ca-store", folder / "root.pem", "--format", "json"],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            output = process.stdout.read()
            _, _, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - begin
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            proved = sum(one["fixes"][0]["proof"]["status"] == "proved" for one in json.loads(output)["incidents"])
            if run > 0:
                walls.append(wall)
                cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
                peak = max(peak, usage.ru_maxrss)
        return statistics.median(walls), statistics.median(cpus), peak, proved
    finally:
        peers.stop()
