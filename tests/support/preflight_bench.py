"""A proxy before and after a change: what `handshaked preflight` says of it, what a real nginx then logs, and what the fix is worth that was
named before.

    bench = PreflightBench(t, "depth", peer=chain, trust=[root])
    place = bench.preflight("--peer", bench.peer_address, "--chain", bench.file("new.pem", new_chain)).only("breaks")
    bench.shows(place, change=lambda: bench.serve(new_chain))
"""
import json
import os
import pathlib
import shutil
import subprocess

from faults.generator.pki import Certificate
from support.nginx import Nginx
from support.ports import LOOPBACK, free_port
from support.process import Process
from support.scenario import expect, wait_for
from support.upstreams import wait_for_listening


def run_preflight(*arguments, environment=None):
    """Exit code, standard output, standard error."""
    words = [str(word) for word in arguments]
    rules = [] if "--rules" in words else ["--rules", os.environ["HANDSHAKED_RULES"]]
    language = [] if "--lang" in words else ["--lang", "en"]
    done = subprocess.run([os.environ["HANDSHAKED"], "preflight", *rules, *language, *words], capture_output=True, timeout=120, env=dict(os.environ, **(environment or {})))
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


class Report:
    def __init__(self, text):
        self.text, self.json = text, json.loads(text)
        self.places = self.json["places"]

    def of(self, outlook):
        return [place for place in self.places if place["outlook"] == outlook]

    def only(self, outlook):
        found = self.of(outlook)
        expect(len(found) == 1, "one place that %s was expected, found %d: %s" % (outlook, len(found), self.text[:4000]))
        return found[0]


class PreflightBench:
    """`peer`: the chain of an upstream, leaf first; without one there is none. `location`: more directives of the place. `server`: a whole server
    block instead, "%d" its port."""

    def __init__(self, scenario, name, peer=None, trust=(), location="", server="", store=(), options=(), environment=None):
        self.scenario, self.name, self.options, self.environment = scenario, name, options, environment or {}
        self.nginx = Nginx(scenario, name)
        self.nginx.process._environment = dict(os.environ, **self.environment)
        self.conf = self.nginx.prefix / "conf"
        self.tls = self.conf / "tls"
        self.tls.mkdir()
        self.store = scenario.directory / (name + "-cas")
        self.store.mkdir()
        for number, one in enumerate(store):
            shutil.copy(one.file if isinstance(one, Certificate) else one, self.store / ("%d.pem" % number))
        self.peer_port, self.peer = free_port(), None
        self.peer_address = "%s:%d" % (LOOPBACK, self.peer_port)
        if peer:
            self.serve(peer)
        if trust:
            self.put("trust.pem", *trust)
        self.nginx.configure(server % self.nginx.port if server else """    server {
        listen 127.0.0.1:%d;
        server_name gw.corp.test;
        location / {
            proxy_pass https://%s;
            proxy_ssl_verify on;
            proxy_ssl_name api.corp.test;
            proxy_ssl_trusted_certificate tls/trust.pem;
            %s
        }
    }""" % (self.nginx.port, self.peer_address, location))

    def put(self, name, *parts):
        """A file of the proxy's own, under conf/tls."""
        (self.tls / name).write_text("".join(text_of(part) for part in parts))

    def file(self, name, parts):
        """A file beside it all: what is planned."""
        path = self.scenario.directory / (self.name + "-" + name)
        path.write_text("".join(text_of(part) for part in parts))
        return path

    def serve(self, chain):
        """The upstream shows this chain from now on."""
        if self.peer:
            self.peer.kill()
        command = ["openssl", "s_server", "-accept", self.peer_address, "-www", "-quiet", "-key", chain[0].key, "-cert", chain[0].file, *self.options]
        if chain[1:]:
            command += ["-cert_chain", self.file("peer-%d.pem" % len(list(self.scenario.directory.iterdir())), chain[1:])]
        self.peer = Process(self.scenario, "%s-peer" % self.name, command).start()
        wait_for_listening(self.peer_port, self.peer)

    def preflight(self, *change, environment=None):
        code, out, errors = run_preflight("--nginx-conf", self.conf / "nginx.conf", "--nginx-prefix", self.nginx.prefix, "--ca-store", self.store,
                                          "--format", "json", *change, environment=dict(self.environment, **(environment or {})))
        expect(code == 0, "%s: preflight ended with %d: %s" % (self.name, code, errors))
        return Report(out)

    def restart(self):
        self.nginx.stop()
        self.nginx.start()

    def works(self):
        return self.nginx.get("/")[0] == 200

    def patch(self, fix):
        done = subprocess.run(["patch", "-p1", "-d", "/", "--no-backup-if-mismatch"], input=fix["patch"].encode(), capture_output=True)
        expect(done.returncode == 0, "%s: the patch does not fit: %s\n%s" % (self.name, done.stdout.decode(errors="replace"), fix["patch"]))

    def shows(self, place, change, undo=None, works=None, prevent=None, patch_after_change=False, goes_on=False, fix=0):
        """The change made for real: nginx logs what was said, and with the fix of that number made before it nothing happens. `undo`: takes back what of
        the change is not in nginx's own files. `works`: tells whether the place works (default: a request). `prevent`: makes the fix, where it
        is no patch. `patch_after_change`: the fix is one to the new file. `goes_on`: requests work all the same."""
        works = works or self.works
        pristine = self.scenario.directory / (self.name + "-pristine")
        shutil.copytree(self.conf, pristine)
        self.nginx.start()
        expect(works(), "%s: it does not work before the change" % self.name)
        change()
        self.restart()
        if not goes_on:
            expect(not works(), "%s: it was to break, and works" % self.name)
        wait_for(lambda: self.nginx.lines(place["would_log"]), 10,
                 lambda: "nginx to log %r; it logged: %s" % (place["would_log"], self.nginx.error_log.read_text("utf-8", "replace")[-800:]))
        self.nginx.stop()
        shutil.rmtree(self.conf)
        shutil.copytree(pristine, self.conf)
        self.nginx.error_log.write_text("")
        if patch_after_change:
            change()
        if undo:
            undo()
        if prevent:
            prevent()
        else:
            self.patch(place["fixes"][fix])
            if place["rollout"][fix]["when"] == "before_the_change":
                self.nginx.start()
                expect(works(), "%s: the fix was to work with what is there today, and does not" % self.name)
                self.nginx.stop()
        if not patch_after_change:
            change()
        self.nginx.start()
        expect(works(), "%s: the fix was made before the change, and it breaks all the same: %s" % (
            self.name, self.nginx.error_log.read_text("utf-8", "replace")[-800:]))
        expect(self.nginx.lines(place["would_log"]) == 0, "%s: nginx still logs it after the fix" % self.name)
        self.nginx.stop()


def text_of(part):
    return part.pem if isinstance(part, Certificate) else pathlib.Path(part).read_text()
