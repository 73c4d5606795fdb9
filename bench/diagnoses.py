#!/usr/bin/env python3
"""./dev bench --only diagnose: how long `handshaked diagnose` takes for one fault, and for many peers at once; CPU and memory of the process
and its probe children. Real TLS peers (openssl s_server) on loopback, a configuration of as many locations, every trust file wrong. And how
many diagnoses a second the daemon makes, with one nginx as the peer at many addresses."""
import json
import os
import pathlib
import resource
import shutil
import socket
import sqlite3
import statistics
import subprocess
import time

from daemon import MeasuredDaemon

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


class NginxPeer:
    """A TLS server at as many addresses of loopback as are wanted: 127.1.0.1, 127.1.0.2, ... , all at one port."""

    def __init__(self, folder, number):
        self.port = free_port()
        self.addresses = ["127.1.%d.%d:%d" % (n >> 8, n & 255, self.port) for n in range(1, number + 1)]
        config = folder / "peer.conf"
        config.write_text("daemon off; master_process off; worker_processes 1; pid %(d)s/peer.pid; error_log %(d)s/peer.err;\n"
                          "events { worker_connections 4096; }\nstream { server {\n%(listen)s\n"
                          "ssl_certificate %(d)s/leaf.pem; ssl_certificate_key %(d)s/leaf.key; return \"x\"; } }\n" %
                          {"d": folder, "listen": "\n".join("listen %s ssl;" % address for address in self.addresses)})
        module = "/usr/lib/nginx/modules/ngx_stream_module.so"
        if os.path.exists(module):
            config.write_text("load_module %s;\n" % module + config.read_text())
        self.process = subprocess.Popen(["nginx", "-c", config, "-p", folder], stderr=subprocess.DEVNULL)
        host, _, port = self.addresses[-1].rpartition(":")
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def all_cpu(process):
    """Seconds of a process, of all its descendants that live, and of those that it has waited for."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name) as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append((int(name), sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")))
    total, parents = 0.0, [process]
    with open("/proc/%d/stat" % process) as stat:
        total += sum(map(int, stat.read().rpartition(")")[2].split()[11:15])) / os.sysconf("SC_CLK_TCK")
    while parents:
        for child, cpu in children.get(parents.pop(), []):
            total += cpu
            parents.append(child)
    return total


def measure_daemon(program, rules, folder, number):
    """How many of `number` faults at as many addresses the daemon has diagnosed, within how many seconds from the first line, and for how many seconds of CPU."""
    folder = pathlib.Path(folder) / "daemon-diagnoses"
    (folder / "conf").mkdir(parents=True)
    make_pki(folder)
    shutil.copy(folder / "other.pem", folder / "conf/trusted.pem")
    peer = NginxPeer(folder, number)
    (folder / "conf/nginx.conf").write_text("pid %s/nginx.pid;\nevents { }\nhttp {\n    access_log off;\n    server {\n"
        "        listen 127.0.0.1:%d;\n        server_name gw.corp.test;\n" % (folder, free_port()) + "".join(
        "        location /%d {\n            proxy_pass https://%s;\n            proxy_ssl_verify on;\n            proxy_ssl_name api.corp.test;\n"
        "            proxy_ssl_trusted_certificate trusted.pem;\n        }\n" % (place, address) for place, address in enumerate(peer.addresses)) + "    }\n}\n")
    nginx = subprocess.Popen(["nginx", "-p", folder, "-c", "conf/nginx.conf", "-e", folder / "nginx-error.log", "-g", "daemon off;"],
                             stderr=subprocess.DEVNULL)
    while not (folder / "nginx.pid").exists() and nginx.poll() is None:
        time.sleep(0.05)
    log, database = folder / "error.log", folder / "state.db"
    log.touch()
    (folder / "daemon.toml").write_text(
        '[state]\ndatabase = "%s"\n[nginx]\nconfiguration = "%s/conf/nginx.conf"\nprefix = "%s"\n[diagnosis]\nca_store = ["%s/root.pem"]\n'
        '[control]\nsocket = "%s/control.sock"\n[web]\nlisten = "127.0.0.1:0"\n[[files]]\npaths = ["%s"]\n' %
        (database, folder, folder, folder, folder, log))
    daemon = MeasuredDaemon(program, rules, folder / "daemon.toml")
    try:
        cpu, begin = all_cpu(daemon.process.pid), time.perf_counter()
        stamp = time.strftime("%Y/%m/%d %H:%M:%S")
        with open(log, "a") as out:
            out.writelines(LINE.replace("2026/11/21 02:58:15", stamp).replace("127.0.0.1:%d/%d\"", "%s/%d\"") % (place, place, address, place)
                           for place, address in enumerate(peer.addresses))
        found, until = 0, begin
        while found < number and time.perf_counter() - begin < 120:
            time.sleep(0.1)
            with sqlite3.connect("file:%s?mode=ro" % database, uri=True) as view:
                now = view.execute("SELECT count(*) FROM diagnoses").fetchone()[0]
            if now > found:
                found, until = now, time.perf_counter()
        return found, max(until - begin, 0.001), all_cpu(daemon.process.pid) - cpu
    finally:
        daemon.stop()
        nginx.terminate()
        nginx.wait(10)
        peer.stop()
