#!/usr/bin/env python3
"""Writes an nginx error log for benchmarks: ordinary lines, with a share of TLS faults out of the rules' own samples.

    generate_log.py --mib 512 --tls-percent 1 --rules rules OUT

The same arguments give the same bytes. Up to 64 MiB of different lines are made and then repeated.
"""
import argparse
import glob
import json
import random
import re

WORDS = "index login cart api v1 static img css js admin wp-content uploads themes search user order status health assets shop blog".split()
HEADER = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(\w+)\] \d+#\d+: (\*\d+ )?")


def path(r):
    return "/" + "/".join(r.choice(WORDS) for _ in range(r.randint(1, 4))) + r.choice([".php", ".html", ".png", "", "?id=%d" % r.randint(1, 99999)])


def ordinary(r):
    p, n = path(r), r.randint(1, 250)
    client = "%d.%d.%d.%d" % (r.randint(1, 223), n, r.randint(0, 255), r.randint(1, 254))
    tail = ', client: %s, server: www%d.example.com, request: "GET %s HTTP/1.1"' % (client, n % 20, p)
    host = ', host: "www%d.example.com"' % (n % 20)
    referrer = ', referrer: "https://www.example.com%s"' % path(r) if r.random() < 0.4 else ""
    kind = r.random()
    if kind < 0.55:
        return "error", 'open() "/usr/share/nginx/html%s" failed (2: No such file or directory)' % p.split("?")[0] + tail + host + referrer
    if kind < 0.65:
        return "error", "limiting requests, excess: %d.%03d by zone \"per_ip\"" % (n, n) + tail + host + referrer
    if kind < 0.75:
        return "error", "connect() failed (111: Connection refused) while connecting to upstream" + tail + ', upstream: "http://10.0.%d.%d:8080%s"' % (n, n, p) + host
    if kind < 0.85:
        return "error", "upstream timed out (110: Connection timed out) while reading response header from upstream" + tail + ', upstream: "http://10.0.0.%d:8080%s"' % (n, p) + host
    if kind < 0.92:
        return "warn", "an upstream response is buffered to a temporary file /var/cache/nginx/proxy_temp/%d/%02d/%010d while reading upstream" % (n % 10, n % 100, n) + tail + ', upstream: "http://10.0.0.%d:8080%s"' % (n, p) + host
    return "error", "access forbidden by rule" + tail + host + referrer


def tls_lines(rules):
    lines = []
    for file in sorted(glob.glob(rules + "/*.json")):
        rule = json.load(open(file, encoding="utf-8"))
        for entry in rule if isinstance(rule, list) else [rule]:
            sample = next((s["line"] for s in entry.get("samples", []) if s.get("origin", "").startswith("nginx 1.")), None)
            match = HEADER.match(sample) if sample else None
            if match and "\n" not in sample and not entry.get("needs_configuration"):
                lines.append((match.group(1), sample[match.end():]))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--tls-percent", type=float, default=1)
    parser.add_argument("--rules", default="rules")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("out")
    arguments = parser.parse_args()
    r = random.Random(arguments.seed)
    faults = tls_lines(arguments.rules)
    block = bytearray()
    second = 0
    limit = min(arguments.mib, 64) << 20
    while len(block) < limit:
        second += r.random() < 0.01
        level, text = r.choice(faults) if r.random() * 100 < arguments.tls_percent else ordinary(r)
        clock = "2026/11/%02d %02d:%02d:%02d" % (1 + second // 86400 % 28, second // 3600 % 24, second // 60 % 60, second % 60)
        pid = 9000 + r.randint(0, 3)
        block += ("%s [%s] %d#%d: *%d %s\n" % (clock, level, pid, pid, r.randint(1, 9999999), text)).encode("utf-8", "surrogateescape")
    with open(arguments.out, "wb") as out:
        written = 0
        while written < arguments.mib << 20:
            written += out.write(block)


main()
