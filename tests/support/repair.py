"""A real nginx whose upstream it does not trust, and `handshaked fix` upon it."""
import json
import os
import re
import subprocess

from support.authority import Authority
from support.nginx import Nginx
from support.scenario import Failed, expect_equal, wait_for
from support.upstreams import TlsUpstream

SITE = """
    server {
        listen 127.0.0.1:%(port)d;
        location / {
            proxy_pass https://%(address)s;
            proxy_ssl_verify on;
            proxy_ssl_name backend.corp.test;   # as on its certificate
            proxy_ssl_trusted_certificate %(trust)s;
        }
    }
"""


class Repair:
    """The upstream shows a leaf and its intermediate; nginx trusts another CA. The root is in the CA collection."""

    def __init__(self, t):
        self.t = t
        self.authority = Authority(t)
        self.root = self.authority.root("root", "Corp Root CA")
        self.intermediate = self.authority.issue("intermediate", "Corp Issuing CA", self.root, is_authority=True)
        leaf = self.authority.issue("leaf", "backend", self.intermediate, ["DNS:backend.corp.test"])
        self.upstream = TlsUpstream(t, self.authority, "backend", leaf, self.intermediate)
        other = self.authority.root("other", "Other Root CA")
        self.nginx = Nginx(t)
        (self.nginx.prefix / "conf" / "tls").mkdir()
        self.trust = self.nginx.prefix / "conf" / "tls" / "upstream-ca.pem"
        self.trust.write_bytes(other.file.read_bytes())
        self.trust.chmod(0o640)
        self.site = SITE % {"port": self.nginx.port, "address": self.upstream.address, "trust": "tls/upstream-ca.pem"}
        self.nginx.configure(self.site)
        self.backups = t.directory / "backups"

    def break_once(self):
        """A request that fails as it should; gives the incident's id."""
        self.nginx.start()
        expect_equal(self.nginx.get(), [502], "the request before the fix")
        wait_for(lambda: self.nginx.lines("certificate verify error"), 10, "the line in the error log")
        report = json.loads(self.handshaked("diagnose", "--log", self.nginx.error_log, "--format", "json").stdout)
        expect_equal(len(report["incidents"]), 1, "incidents")
        return report["incidents"][0]["incident"]["id"]

    def handshaked(self, *arguments, ca_store=True, **options):
        where = ["--nginx-conf", self.nginx.prefix / "conf" / "nginx.conf", "--nginx-prefix", self.nginx.prefix]
        if arguments[0] != "doctor" and ca_store:
            where += ["--ca-store", self.root.file]
        command = [os.environ["HANDSHAKED"], *map(str, arguments), *map(str, where)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, **options)

    def fix(self, action, incident, *more, environment=None):
        """Exit status and the JSON it prints."""
        options = ["--backup-dir", self.backups] if action == "apply" else []
        done = self.handshaked("fix", action, incident, "--format", "json", *options, *more,
                               env=dict(os.environ, **(environment or {})))
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            raise Failed("fix %s: status %d: %s%s" % (action, done.returncode, done.stdout, done.stderr)) from None

    def files(self):
        """Everything below nginx's conf/: bytes, mode, time."""
        conf = self.nginx.prefix / "conf"
        return {str(path.relative_to(conf)): (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
                for path in sorted(conf.rglob("*")) if path.is_file()}

    def workers(self):
        listing = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(self.nginx.process.pid)], capture_output=True, text=True)
        return {int(line.split()[0]) for line in listing.stdout.splitlines() if re.search(r"nginx: worker process$", line.strip())}


def steps_of(report):
    return [(step["step"], step["ok"]) for step in report["steps"]]
