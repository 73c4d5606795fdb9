#!/usr/bin/env python3
"""./dev bench --only memory: private memory of the daemon with very many open incidents, each of one line of a peer of its own; the most while
they are read, what stays when all is written, and what a restart with them takes. No diagnosis: there is no configuration of nginx to look at."""
import os
import signal
import sqlite3
import subprocess
import threading
import time

DOWN = '[[receiver]]\nname = "down"\ntype = "webhook"\nurl = "http://127.0.0.1:1/"\n'
RECEIVER = '[[receiver]]\nname = "file"\ntype = "file"\npath = "%s/events.jsonl"\n'


def lines_of_peers(number):
    stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime())
    for n in range(number):
        yield ('%s [error] 900#900: *%d upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to '
               'upstream, client: 192.0.2.%d, server: shop.bench.example, request: "GET /v1/orders/%d HTTP/1.1", upstream: '
               '"https://10.%d.%d.%d:8443/v1/orders/%d", host: "shop.bench.example"\n' %
               (stamp, n, n % 250 + 1, n, n >> 16 & 255, n >> 8 & 255, n & 255, n)).encode()


class Daemon:
    def __init__(self, program, rules, folder, receiver):
        self.command = [program, "run", "--config", os.path.join(folder, "memory.toml"), "--rules", rules]
        self.database = os.path.join(folder, "memory.db")
        self.log = os.path.join(folder, "memory.log")
        open(self.log, "w").close()
        with open(os.path.join(folder, "memory.toml"), "w") as out:
            out.write('[state]\ndatabase = "%s"\n[incidents]\nmax_incidents = 200000\n[diagnosis]\nenabled = false\n[[files]]\npaths = ["%s"]\n'
                      'time_zone = "UTC"\n%s' % (self.database, self.log, receiver))

    def start(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True)
        self.peak_kib = 0
        for line in self.process.stderr:
            if "following" in line:
                break
        threading.Thread(target=lambda stream: [None for _ in stream], args=(self.process.stderr,), daemon=True).start()

    def look(self):
        with open("/proc/%d/status" % self.process.pid) as status:
            kib = next(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
        self.peak_kib = max(self.peak_kib, kib)
        return kib

    def settled(self, seconds):
        """Its memory after so long; the peak is watched meanwhile."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.look()
            time.sleep(0.05)
        return self.look()

    def count(self, query):
        with sqlite3.connect("file:%s?mode=ro" % self.database, uri=True) as view:
            return view.execute(query).fetchone()[0]

    def wait_for(self, query, number, patience):
        end = time.perf_counter() + patience
        while (found := self.count(query)) < number and time.perf_counter() < end:
            self.settled(0.5)
        return found

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)


def measure(program, rules, folder, number, with_receiver):
    """Open incidents and KiB: (incidents, events delivered, at rest before, at the most, at rest after, at the most after a restart, at rest after it)."""
    daemon = Daemon(program, rules, folder, RECEIVER % folder if with_receiver else DOWN)
    daemon.start()
    try:
        before = daemon.settled(7)
        with open(daemon.log, "ab") as out:
            out.writelines(lines_of_peers(number))
        incidents = daemon.wait_for("SELECT count(*) FROM incidents WHERE status = 'open'", number, 600)
        delivered = daemon.wait_for("SELECT count(*) FROM outbox WHERE status = 'delivered'", number, 1200) if with_receiver else 0
        after = daemon.settled(12)
        peak = daemon.peak_kib
        daemon.stop()
        daemon.start()
        again = daemon.settled(15)
        return incidents, delivered, before, peak, after, daemon.peak_kib, again
    finally:
        daemon.stop()
