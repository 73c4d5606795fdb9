"""A fleet before a change: HOSTS dumps of `nginx -T` with UPSTREAMS TLS upstreams each, one of which will show another chain. Prints the seconds
of `handshaked preflight`, its outlooks, and its peak memory.

    HANDSHAKED=build/release/daemon/handshaked PYTHONPATH=tests python3 bench/preflight_fleet.py [--hosts 1000] [--upstreams 20] [--everywhere]
"""
import argparse
import json
import os
import pathlib
import resource
import subprocess
import tempfile
import time

from faults.generator.pki import Pki

HEAD = """# configuration file /etc/nginx/nginx.conf:
events {}
http {
    include /etc/nginx/conf.d/*.conf;
}

"""


def dump(host, upstreams):
    text = HEAD
    for number in range(upstreams):
        text += """# configuration file /etc/nginx/conf.d/app-%d.conf:
upstream app-%d { server 10.%d.%d.%d:8443; server 10.1.0.%d:8443 backup; }
server {
    listen 443 ssl;
    server_name app-%d.corp.test;
    ssl_certificate tls/site.pem;
    ssl_certificate_key tls/site.key;
    location / {
        proxy_pass https://app-%d;
        proxy_ssl_verify on;
        proxy_ssl_name api.corp.test;
        proxy_ssl_trusted_certificate tls/corp.pem;
    }
}

""" % (number, number, 2 + host // 250, host % 250, number, number, number, number)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=1000)
    parser.add_argument("--upstreams", type=int, default=20)
    parser.add_argument("--everywhere", action="store_true", help="a new trust file for all of them, instead of a new chain of one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        pki = Pki(directory / "pki")
        root, fresh = pki.issue("/O=Corp/CN=Corp Root", is_ca=True), pki.issue("/O=Corp/CN=Corp Root G2", is_ca=True)
        today, new = [pki.issue("/O=Corp/CN=api.corp.test", ca, names=["DNS:api.corp.test"], label=ca.subject) for ca in (root, fresh)]
        tls = directory / "root/etc/nginx/tls"
        tls.mkdir(parents=True)
        (tls / "corp.pem").write_text(root.pem)
        (tls / "site.pem").write_text(today.pem)
        (directory / "both.pem").write_text(root.pem + fresh.pem)
        dumps = []
        for host in range(args.hosts):
            path = directory / ("host-%04d.txt" % host)
            path.write_text(dump(host, args.upstreams))
            dumps += ["--nginx-dump", path]
        now, change = [], ["--peer", "10.1.0.7:8443", "--chain", new.file, "--chain-now", "10.1.0.7:8443=%s" % today.file]
        if args.everywhere:
            now = [word for number in range(args.upstreams) for word in ("--chain-now", "10.1.0.%d:8443=%s" % (number, today.file))]
            change = ["--trust", "tls/corp.pem=%s" % (directory / "both.pem")]
        command = [os.environ["HANDSHAKED"], "preflight", "--root", directory / "root", "--no-probe", "--format", "json", "--time-limit", "600",
                   "--output", directory / "report.json", "--rules", os.environ.get("HANDSHAKED_RULES", "rules"), *change, *now, *dumps]
        began = time.monotonic()
        subprocess.run(command, check=True)
        seconds = time.monotonic() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = json.loads((directory / "report.json").read_text())
        print("%d configurations, %d upstreams each: %.1f s (CPU %.1f s), %d MiB; %s" % (
            report["configurations"], args.upstreams, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024, report["counts"]))


if __name__ == "__main__":
    main()
