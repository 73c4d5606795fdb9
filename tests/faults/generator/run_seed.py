"""One seed from the working world to the grade."""
import contextlib
import functools
import json
import os
import pathlib
import random
import shutil
import signal
import ssl
import subprocess
import tempfile
import time

from support.ports import is_listening
from support.scenario import Scenario, wait_for

from faults.generator.kinds import NoKindFits, break_world
from faults.generator.listener_world import ListenerWorld
from faults.generator.pki import Pki
from faults.generator.world import World


MOST_WORLDS = 60  # that are tried until one fits the kinds that are asked for


DISAGREEMENT = "still says with it"  # what a proof says when nginx itself refuses what our replay passes


class Grade:
    """`verdict` of a seed: "void" (the mutation broke nothing, or nothing was logged that could be), else "graded". What is None was not asked."""

    def __init__(self, seed):
        self.seed, self.verdict, self.kinds, self.note = seed, "graded", [], ""
        self.wanted, self.found, self.is_cause_right = [], None, None
        self.is_curable, self.is_cured, self.is_false_proof, self.is_unsafe_first, self.is_noise = None, None, False, False, False
        self.contradiction, self.seconds = "", 0.0

    def failures(self):
        failed = []
        if self.is_cause_right is False:
            failed.append("cause")
        if self.is_curable and not self.is_cured:
            failed.append("cure")
        for name in ("is_false_proof", "is_unsafe_first", "is_noise"):
            if getattr(self, name):
                failed.append(name[3:].replace("_", " "))
        if self.contradiction:
            failed.append("contradiction")
        return failed


@functools.cache
def early_log():
    """An nginx before 1.19.5 has no option for where it logs before it has read its configuration."""
    usage = subprocess.run(["nginx", "-h"], stderr=subprocess.PIPE, text=True).stderr
    return ["-e", "logs/error.log"] if "-e filename" in usage else []


class Nginx:
    def __init__(self, world):
        self.world, self.log, self.child = world, world.prefix / "logs" / "error.log", None
        world.scenario.at_end(self.stop)

    def start(self):
        self.log.write_text("")
        self.child = subprocess.Popen(["nginx", "-p", str(self.world.prefix) + "/", "-c", "conf/nginx.conf", *early_log()],
                                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: self.child.poll() is not None or self.is_up(), 20, "nginx to start")
        return self.child.poll() is None

    def is_up(self):
        return is_listening(self.world.port)

    def stop(self):
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def restart(self):
        self.stop()
        wait_for(lambda: not is_listening(self.world.port), 10, "nginx to be gone")
        return self.start()


def diagnose(world, *more):
    done = subprocess.run([os.environ["HANDSHAKED"], "diagnose", "--nginx-conf", world.prefix / "conf/nginx.conf",
                           "--nginx-prefix", world.prefix, "--ca-store", world.store, "--format", "json", "--lang", "en", *more],
                          capture_output=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError("diagnose: status %d: %s" % (done.returncode, done.stderr.decode("utf-8", "replace")[-500:]))
    return json.loads(done.stdout)["incidents"]


def apply_patch(world, patch, pristine):
    conf = world.prefix / "conf"
    shutil.copytree(conf, pristine)
    done = subprocess.run(["patch", "-p1", "-d", "/", "--no-backup-if-mismatch"], input=patch.encode(), capture_output=True)
    return done.returncode == 0, done.stdout.decode("utf-8", "replace")[-300:]


def contradiction_of(incident):
    """A change that is offered and warned of in one breath, one that switches TLS off and is not called unsafe, or a proof of ours that nginx
    itself refuses."""
    titles = {fix["title"] for fix in incident["fixes"]}
    wrong = ["both a fix and a dead end: " + one["action"] for one in incident["dead_ends"] if one["action"] in titles]
    for fix in incident["fixes"]:
        changes = [(one.get("directive"), one.get("before", ""), one.get("after", "")) for one in fix.get("changes", [])]
        leaves = any("s://" in before and "://" in after and "s://" not in after for _, before, after in changes)
        switched = any(directive == "proxy_ssl" and " on" in before and " on" not in after for directive, before, after in changes)
        if (leaves or switched) and not fix.get("unsafe"):
            wrong.append("not called unsafe: " + fix["title"])
    wrong += ["nginx disagrees: " + fix["proof"]["detail"] for fix in incident["fixes"] if DISAGREEMENT in fix["proof"].get("detail", "")]
    return "; ".join(wrong)


def grade_cure(grade, world, nginx, incident):
    fixes = incident["fixes"]
    grade.is_unsafe_first = bool(fixes and fixes[0].get("unsafe"))
    proved = [fix for fix in fixes if fix["proof"]["status"] == "proved" and fix.get("patch") and not fix.get("unsafe")]
    grade.is_cured = False
    if not proved:
        return
    fits, why = apply_patch(world, proved[0]["patch"], world.scenario.directory / "pristine")
    if not fits:
        grade.is_false_proof, grade.note = True, "the patch does not fit: " + why
        return
    if not nginx.restart() or not world.works():
        grade.is_false_proof = True
        grade.note = "proved, and does not cure: %s: %s" % (proved[0]["id"], nginx.log.read_text("utf-8", "replace")[-300:])
        return
    wrong = world.what_the_patch_gave_up()
    if wrong:
        grade.is_false_proof, grade.note = True, "%s: %s" % (proved[0]["id"], wrong)
    grade.is_cured = not wrong


def grade_whole(grade, world, nginx):
    """Nothing is broken: neither the log says so, nor a look at all that is configured."""
    if world.truth.kinds:
        nginx.stop()
        world.write()
        if not nginx.restart() or not world.works():
            raise RuntimeError("what should work does not: " + nginx.log.read_text("utf-8", "replace")[-400:])
    found = diagnose(world, "--log", nginx.log) + (diagnose(world, "--all") if world.side == "upstream" and not world.has_other_place else [])
    grade.is_noise = bool(found)
    grade.found = found[0]["diagnosis"]["cause"] if found else None


def grade_broken(grade, world, nginx):
    asked = ["--peer", world.peer.address] if world.truth.leaves_no_line else ["--log", nginx.log]
    incidents = diagnose(world, *asked)
    (world.scenario.directory / "diagnosis.json").write_text(json.dumps(incidents, indent=1))
    if not incidents:
        grade.is_cause_right, grade.found, grade.is_cured = False, "no incident", False
        return
    first = incidents[0]
    grade.found = first["diagnosis"]["cause"]
    grade.is_cause_right = grade.found in grade.wanted
    grade.contradiction = "; ".join(filter(None, map(contradiction_of, incidents)))
    grade_cure(grade, world, nginx, first)


def run_seed(seed, only="", cache=None, keep=False):
    """`only`: a regular expression of kinds. Worlds that none of them fits are passed over."""
    pki = Pki(cache or pathlib.Path(tempfile.gettempdir()) / "handshaked-faults-pki")
    for attempt in range(MOST_WORLDS):
        grade = Grade(seed)
        with contextlib.suppress(NoKindFits):
            run_world(grade, random.Random("%d.%d" % (seed, attempt)), pki, only, keep)
            return grade
    grade.verdict, grade.note = "broken", "no world in %d fits %s" % (MOST_WORLDS, only)
    return grade


def run_world(grade, chance, pki, only, keep):
    began, scenario = time.monotonic(), Scenario("fault-%d" % grade.seed)
    try:
        # One in four is about a listener.
        world_of = ListenerWorld if chance.random() < 0.25 else World
        play(world_of(scenario, pki, chance), grade, only)
    except (RuntimeError, OSError, ssl.SSLError, AssertionError, subprocess.TimeoutExpired) as problem:
        grade.verdict, grade.note = "broken", "%s: %s" % (type(problem).__name__, problem)
    finally:
        is_kept = keep and (bool(grade.failures()) or grade.verdict == "broken")
        if is_kept:
            os.environ["HANDSHAKED_KEEP"] = "1"
            grade.note += " [kept: %s]" % scenario.directory
        with open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet):
            scenario._finish(is_kept)
    grade.seconds = time.monotonic() - began


def play(world, grade, only):
    nginx = Nginx(world)
    world.write()
    if not nginx.start() or not world.works():
        raise RuntimeError("the world does not work before it is broken: " + nginx.log.read_text("utf-8", "replace")[-400:])
    break_world(world, only)
    grade.kinds, grade.wanted = world.truth.kinds or ["none"], world.truth.causes
    if world.truth.is_silent:
        grade_whole(grade, world, nginx)
        return
    grade.is_curable = world.truth.is_curable
    nginx.stop()
    world.write()
    nginx.restart()
    for change in world.after_start:
        change()
    if world.works():
        grade.verdict, grade.is_curable = "void", None
        return
    wait_for(lambda: nginx.log.stat().st_size > 0, 5, "a line")
    grade_broken(grade, world, nginx)
