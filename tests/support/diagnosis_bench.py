"""Situations side by side in one real nginx, and the judgement of what `handshaked diagnose` makes of each: the cause, and whether the patch
of the first proved fix, applied to the pristine configuration, makes the request that failed work.

    bench = DiagnosisBench(scenario)
    bench.add(Situation("depth", location="proxy_pass https://%s; …" % peer.address, place=peer.address, cause="verify_depth_too_small", cured=True))
    bench.judge(HTTP_LEVEL)
"""
import json
import os
import pathlib
import shutil
import subprocess

from support.nginx import Nginx
from support.scenario import expect, wait_for


class Situation:
    """`location`: what stands in a location of its own. `place`: peer or server by which its incident is known, or several. `cause`: the slug, or
    several that are as true. `cured`: the first fix has a patch that is proved and makes it work; False: no patch may be offered as proved.
    `owner` of the first fix, and `fix`, words that it must hold somewhere (title, how, patch, message, commands), when given.
    `http`: more blocks beside the server. `works`: a function that tries what failed and tells whether it works now; without one the
    location is requested and has to answer `after`."""

    def __init__(self, name, location, place, cause, cured, owner=None, fix=(), also=(), http="", after=200, works=None):
        self.name, self.location, self.cured, self.owner, self.http, self.after = name, location, cured, owner, http, after
        self.works = works
        self.causes = [cause, *also]
        self.places = [place] if isinstance(place, str) else list(place)
        self.fix = [fix] if isinstance(fix, str) else list(fix)


class DiagnosisBench:
    def __init__(self, scenario, cas=()):
        self.scenario = scenario
        self.nginx = Nginx(scenario)
        self.situations = []
        self.asked_nginx = []  # situations of which nginx itself has judged a fix
        self.ca_store = scenario.directory / "cas"
        self.ca_store.mkdir()
        for certificate in cas:
            shutil.copy(certificate.file, self.ca_store / (certificate.file.stem + ".pem"))
        self.tls = self.nginx.prefix / "conf" / "tls"
        self.tls.mkdir()

    def add(self, situation):
        self.situations.append(situation)

    def trust(self, name, *certificates):
        """A bundle of the proxy's own, as its configuration names it."""
        (self.tls / name).write_bytes(b"".join(certificate.file.read_bytes() for certificate in certificates))
        return "tls/" + name

    def judge(self, http_level=""):
        locations = "".join("        location /%s {\n            %s\n        }\n" % (one.name, one.location.strip().replace("\n", "\n            "))
                            for one in self.situations if one.location)
        self.nginx.configure("%s\n%s\n    server {\n        listen 127.0.0.1:%d;\n        server_name gw.corp.test;\n%s    }" % (
            http_level, "\n".join(one.http for one in self.situations), self.nginx.port, locations))
        self.nginx.start()
        for one in self.situations:
            expect(self._fails(one), "%s: this was to fail, and works" % one.name)
        wait_for(lambda: all(any(map(self.nginx.lines, ["/" + one.name] if one.location else one.places)) for one in self.situations), 10,
                 "nginx to log every situation")
        incidents = self.diagnose()
        problems = []
        for one in self.situations:
            self.scenario.step(one.name)
            problems += self._judge(one, incidents)
        self.nginx.stop()
        expect(not problems, "\n".join(problems))

    def expect_nginx_was_asked(self):
        """Debian keeps the stream module in a package of its own."""
        has_stream = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so").exists()
        expect(self.asked_nginx or not has_stream, "nginx itself was asked about no fix")

    def _fails(self, one):
        return not one.works() if one.works else self.nginx.get("/" + one.name)[0] >= 500

    def _works(self, one):
        return one.works() if one.works else self.nginx.get("/" + one.name)[0] == one.after

    def diagnose(self, *more):
        done = subprocess.run([os.environ["HANDSHAKED"], "diagnose", "--rules", os.environ["HANDSHAKED_RULES"], "--log", self.nginx.error_log,
                               "--nginx-conf", self.nginx.prefix / "conf/nginx.conf", "--nginx-prefix", self.nginx.prefix,
                               "--ca-store", self.ca_store, "--format", "json", "--lang", "en", *more], capture_output=True, timeout=60)
        expect(done.returncode == 0, "diagnose: exit code %d, %s" % (done.returncode, done.stderr.decode(errors="replace")))
        (self.scenario.directory / "diagnosis.json").write_bytes(done.stdout)
        return json.loads(done.stdout)["incidents"]

    def _judge(self, one, incidents):
        mine = [incident for incident in incidents if {incident["place"].get(key) for key in ("peer", "server", "name")} & set(one.places)]
        if not mine:
            return ["%s: no incident at %s" % (one.name, " or ".join(one.places))]
        incident, problems = mine[0], []
        cause = incident["diagnosis"]["cause"]
        if cause not in one.causes:
            problems.append("%s: the cause is %s, found %s: %s" % (one.name, one.causes[0], cause, incident["diagnosis"]["summary"]))
        fixes = incident["fixes"]
        first = fixes[0] if fixes else {}
        if first.get("unsafe"):
            problems.append("%s: the first fix is unsafe: %s" % (one.name, first["title"]))
        if one.owner and first.get("owner") != one.owner:
            problems.append("%s: the first fix is %s's to make, found %s: %s" % (one.name, one.owner, first.get("owner"), first.get("title")))
        for words in one.fix:
            if words not in json.dumps(first):
                problems.append("%s: the first fix does not hold %r: %s" % (one.name, words, json.dumps(first)[:1500]))
        for dead_end in incident["dead_ends"]:
            if dead_end["proof"]["status"] == "proved" and not dead_end["proof"]["detail"]:
                problems.append("%s: a dead end is called proved without a word how" % one.name)
        problems += ["%s: our replay and nginx disagree: %s" % (one.name, fix["proof"]["detail"]) for fix in fixes
                     if fix["proof"]["status"] == "refuted" and fix["proof"].get("method") == "nginx" and "tried here" in fix["proof"]["detail"]]
        self.asked_nginx += [one.name for fix in fixes if fix["proof"].get("method") == "nginx"]
        proved = [fix for fix in fixes if fix["proof"]["status"] == "proved" and fix.get("patch")]
        if one.cured and not proved:
            problems.append("%s: no fix is proved: %s, %s" % (one.name, first.get("proof"), json.dumps(first)[:800]))
        elif not one.cured and proved:
            problems.append("%s: nothing on this side can cure it, and yet this is called proved: %s" % (one.name, proved[0]["title"]))
        elif one.cured:
            problems += self._try_patch(one, proved[0])
        return problems

    def _try_patch(self, one, fix):
        """The patch on the pristine files, a real nginx with them, the request that failed; then everything as it was."""
        conf, pristine = self.nginx.prefix / "conf", self.scenario.directory / "pristine"
        shutil.rmtree(pristine, ignore_errors=True)
        shutil.copytree(conf, pristine)
        try:
            done = subprocess.run(["patch", "-p1", "-d", "/", "--no-backup-if-mismatch"], input=fix["patch"].encode(), capture_output=True)
            if done.returncode != 0:
                return ["%s: the patch does not apply: %s\n%s" % (one.name, done.stdout.decode(errors="replace"), fix["patch"])]
            self.nginx.stop()
            self.nginx.start()
            return [] if self._works(one) else ["%s: it still fails after the patch that was called proved:\n%s" % (one.name, fix["patch"])]
        finally:
            self.nginx.stop()
            shutil.rmtree(conf)
            shutil.copytree(pristine, conf)
