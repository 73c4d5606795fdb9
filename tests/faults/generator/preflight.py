"""What preflight says of a generated world, against what the real nginx then does: changes that change nothing must not be called a break, and
what is said of a peer's new chain must come true. `./dev preflight --seeds 1..50` prints the table."""
import argparse
import concurrent.futures
import contextlib
import functools
import json
import multiprocessing
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from support.scenario import Scenario

from faults.generator.campaign import parse_seeds
from faults.generator.listener_world import ListenerWorld
from faults.generator.pki import Pki
from faults.generator.run_seed import Nginx
from faults.generator.world import World

ALARMS = ("breaks", "weakens", "broken_already")


class Forecasts:
    """Of one seed. `wrong`: sentences about what was said and is not so."""

    def __init__(self, seed):
        self.seed, self.asked, self.unsure, self.wrong, self.note = seed, 0, 0, [], ""

    def outlooks(self, world, what, *change):
        done = subprocess.run([os.environ["HANDSHAKED"], "preflight", "--nginx-conf", world.prefix / "conf/nginx.conf", "--nginx-prefix",
                               world.prefix, "--ca-store", world.store, "--format", "json", "--lang", "en", *change],
                              capture_output=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError("%s: preflight ended with %d: %s" % (what, done.returncode, done.stderr.decode("utf-8", "replace")[-500:]))
        places = json.loads(done.stdout)["places"]
        self.asked += 1
        self.unsure += any(place["outlook"] == "cannot_tell" for place in places)
        return places

    def expect_quiet(self, world, what, *change):
        for place in self.outlooks(world, what, *change):
            if place["outlook"] in ALARMS:
                self.wrong.append("%s: %s: %s" % (what, place["outlook"], place["summary"]))


def chain_file(world, name, chain):
    path = world.scenario.directory / name
    path.write_text("".join(one.pem for one in chain))
    return path


def ask_of_nothing(world, found):
    """Changes after which everything works as before."""
    pki = world.pki
    found.expect_quiet(world, "tomorrow", "--at", tomorrow(pki, 1))
    found.expect_quiet(world, "three weeks", "--until", tomorrow(pki, 21))
    same = world.scenario.directory / "same-conf"
    shutil.copytree(world.prefix / "conf", same)
    found.expect_quiet(world, "the same configuration", "--against", same / "nginx.conf")
    if world.side != "upstream":
        return
    more = pki.issue("/O=Other/CN=One More Root CA", is_ca=True)
    wider = world.scenario.directory / "wider.pem"
    wider.write_text((world.tls / "upstream-ca.pem").read_text() + more.pem)
    found.expect_quiet(world, "one more CA", "--trust", "tls/upstream-ca.pem=%s" % wider)


def tomorrow(pki, days):
    text = pki._date(days)
    return "%s-%s-%s" % (text[:4], text[4:6], text[6:8])


def new_chains(world):
    """What the peer may show next: renewals that work, and chains that do not, by chance."""
    names, pki, kind = ["DNS:" + world.host], world.pki, world.key_kind
    subject = "/O=Corp/CN=" + world.host
    deeper = pki.issue("/O=Corp/CN=Corp Deeper CA", world.issuing, is_ca=True)
    stranger = pki.issue("/O=Evil/CN=Evil Root", is_ca=True)
    renewed = pki.issue(subject, world.issuing, kind=kind, names=names, label="renewed")
    yield "a renewal", world.chain_of(renewed)
    yield "a renewal that lacks its intermediates", [renewed]
    yield "a key of another kind", world.chain_of(pki.issue(subject, world.issuing, kind="rsa" if kind != "rsa" else "ec", names=names, label="other-kind"))
    yield "one more intermediate", world.chain_of(pki.issue(subject, deeper, kind=kind, names=names, label="deeper"))
    yield "another CA", world.chain_of(pki.issue(subject, stranger, kind=kind, names=names, label="strange"))
    yield "another name", world.chain_of(pki.issue("/O=Corp/CN=else", world.issuing, kind=kind, names=["DNS:else.elsewhere.test"], label="else"))
    yield "an expired leaf", world.chain_of(pki.issue(subject, world.issuing, kind=kind, names=names, days=(-60, -2), label="late"))


def ask_of_chains(world, found, nginx):
    for number, (what, chain) in enumerate(new_chains(world)):
        if chain[1:] or chain[0].issuer is world.root or what.endswith("intermediates"):
            file = chain_file(world, "new-%d.pem" % number, chain)
        else:
            continue
        places = found.outlooks(world, what, "--peer", world.peer.address, "--chain", file)
        said = {place["outlook"] for place in places}
        world.peer.manners = world.with_chain(chain)
        does_work = world.works()
        world.peer.manners = world.manners
        if "cannot_tell" in said:
            continue
        if said != {"still_works" if does_work else "breaks"}:
            found.wrong.append("%s: it %s, and preflight says %s: %s" % (what, "works" if does_work else "fails", ", ".join(sorted(said)),
                                                                        "; ".join(place["summary"] for place in places)))
        logged = [place["would_log"] for place in places if place.get("would_log")]
        if not does_work and logged and logged[0] not in nginx.log.read_text("utf-8", "replace"):
            found.wrong.append("%s: nginx was to log %r: %s" % (what, logged[0], nginx.log.read_text("utf-8", "replace")[-400:]))


def look_at_seed(seed, cache=None):
    chance, found = random.Random("preflight %d" % seed), Forecasts(seed)
    scenario = Scenario("preflight-%d" % seed)
    try:
        world_of = ListenerWorld if chance.random() < 0.25 else World
        world = world_of(scenario, Pki(cache or pathlib.Path(tempfile.gettempdir()) / "handshaked-faults-pki"), chance)
        nginx = Nginx(world)
        world.write()
        if not nginx.start() or not world.works():
            raise RuntimeError("the world does not work: " + nginx.log.read_text("utf-8", "replace")[-400:])
        ask_of_nothing(world, found)
        if world.side == "upstream":
            ask_of_chains(world, found, nginx)
    except (RuntimeError, OSError, AssertionError, subprocess.TimeoutExpired) as problem:
        found.note = "%s: %s" % (type(problem).__name__, problem)
    finally:
        with open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet):
            scenario._finish(False)
    return found


def main():
    parser = argparse.ArgumentParser(prog="./dev preflight", description=__doc__)
    parser.add_argument("--seeds", default="1..50", help="1..50, or 7,9,100..120")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--cache", help="where certificates are kept")
    args = parser.parse_args()
    with concurrent.futures.ProcessPoolExecutor(args.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        all_found = list(pool.map(functools.partial(look_at_seed, cache=args.cache), parse_seeds(args.seeds)))
    for found in all_found:
        for sentence in [*found.wrong, *([found.note] if found.note else [])]:
            print("seed %d: %s" % (found.seed, sentence))
    print("%d worlds, %d questions, %d answered \"cannot tell\", %d wrong, %d could not be played" % (
        len(all_found), sum(one.asked for one in all_found), sum(one.unsure for one in all_found), sum(len(one.wrong) for one in all_found),
        sum(bool(one.note) for one in all_found)))
    return 1 if any(one.wrong or one.note for one in all_found) else 0


if __name__ == "__main__":
    sys.exit(main())
