"""What nginx of other releases of Debian logs of faults that are composed by chance, and which of it no rule knows.

For each suite: a root below build/SUITE/root (made by debootstrap, with the nginx and the OpenSSL of that release), in it the worlds of the
generator, broken and asked; then the logs are read here, with the rules of this tree. "unclassified": seen to be about TLS, and no rule knows
it. "no rule": not even that; such a line may be as true of a peer without TLS. The logs stay in build/lines. Worlds that an old nginx or
OpenSSL cannot make are counted. Needs root and Debian's mirror; loopback only."""
import argparse
import concurrent.futures
import contextlib
import functools
import json
import multiprocessing
import os
import pathlib
import random
import re
import ssl
import subprocess
import sys

from support.scenario import Scenario, wait_for

from faults.generator.campaign import parse_seeds
from faults.generator.kinds import NoKindFits, break_world
from faults.generator.listener_world import ListenerWorld
from faults.generator.pki import Pki
from faults.generator.run_seed import MOST_WORLDS, Nginx
from faults.generator.world import World

PACKAGES = ["nginx-core", "libnginx-mod-stream", "openssl", "python3", "ca-certificates"]
COMPILED_IN_LOG = pathlib.Path("/var/log/nginx/error.log")  # of what an nginx before 1.19.5 has to say before it has read its configuration
INSIDE = """
mount --bind "$2" "$1/mnt"
mount --rbind /dev "$1/dev"
mount -t proc proc "$1/proc"
shift 2
exec chroot "$ROOT" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 PYTHONPATH=/mnt PYTHONDONTWRITEBYTECODE=1 "$@"
"""


# --- in the root

def break_and_ask(world):
    nginx = Nginx(world)
    world.write()
    if not nginx.start() or not world.works():
        raise RuntimeError("the world does not work before it is broken: " + nginx.log.read_text("utf-8", "replace")[-400:])
    break_world(world, "")
    nginx.stop()
    world.write()
    nginx.restart()
    for change in world.after_start:
        change()
    if not world.works():
        with contextlib.suppress(AssertionError):  # some faults leave no line
            wait_for(lambda: nginx.log.stat().st_size > 0, 5, "a line")
    nginx.stop()
    return nginx.log.read_text("utf-8", "replace")


def log_of(seed, cache):
    """The kinds of the seed's faults, and what nginx logged of them; or why there is none."""
    pki = Pki(cache)
    for attempt in range(MOST_WORLDS):
        chance, scenario = random.Random("%d.%d" % (seed, attempt)), Scenario("lines-%d" % seed)
        try:
            world = (ListenerWorld if chance.random() < 0.25 else World)(scenario, pki, chance)
            return seed, world.truth.kinds, break_and_ask(world), ""
        except NoKindFits:
            continue
        except (RuntimeError, OSError, ssl.SSLError, AssertionError, subprocess.TimeoutExpired) as problem:
            return seed, [], "", "%s: %s" % (type(problem).__name__, problem)
        finally:
            with open(os.devnull, "w") as quiet, contextlib.redirect_stdout(quiet):
                scenario._finish(False)
    return seed, [], "", "no world fits"


def play(seeds, jobs):
    before = COMPILED_IN_LOG.stat().st_size if COMPILED_IN_LOG.exists() else 0
    one = functools.partial(log_of, cache="/var/tmp/handshaked-lines-pki")
    with concurrent.futures.ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for seed, kinds, log, problem in pool.map(one, seeds):
            print(json.dumps({"seed": seed, "kinds": kinds, "log": log, "problem": problem}), flush=True)
    if COMPILED_IN_LOG.exists():
        print(json.dumps({"seed": 0, "kinds": [], "log": COMPILED_IN_LOG.read_text("utf-8", "replace")[before:], "problem": ""}))


# --- outside of it

def inside(root, tests, *command):
    return subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", INSIDE, "sh", root, tests, *command],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=dict(os.environ, ROOT=str(root)), check=True).stdout


def make_root(suite, root, tests):
    if not (root / "etc/os-release").exists():
        root.mkdir(parents=True, exist_ok=True)
        subprocess.run(["debootstrap", "--variant=minbase", suite, root], stdin=subprocess.DEVNULL, stdout=sys.stderr, check=True)
    (root / "etc/resolv.conf").write_bytes(pathlib.Path("/etc/resolv.conf").read_bytes())
    refuses = root / "usr/sbin/policy-rc.d"  # that a package starts what it brings
    refuses.write_text("#!/bin/sh\nexit 101\n")
    refuses.chmod(0o755)
    if any(not (root / "usr" / program).exists() for program in ("sbin/nginx", "bin/openssl", "bin/python3", "lib/nginx/modules/ngx_stream_module.so")):
        # A mirror of sid may stand still: its signature is judged, its age is not.
        inside(root, tests, "sh", "-euc", "apt-get -qq -o Acquire::Check-Valid-Until=false update >&2; DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \"$@\" >&2",
               "sh", *PACKAGES)


def known_lines(log):
    """The numbers of the lines that a rule knows by name; with them those that are seen to be about TLS."""
    program = [os.environ["HANDSHAKED"], "match", "--rules", os.environ["HANDSHAKED_RULES"], log]
    matches = [json.loads(line) for line in subprocess.run(program, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()]
    return {one["line"] for one in matches if not one["rule"].endswith("unclassified-tls")}, {one["line"] for one in matches}


def shape_of(line):
    """A line without what differs each time: the same message of two seeds is shown once."""
    text = re.sub(r"^.*?\[(\w+)\] \d+#\d+: (?:\*\d+ )?", r"[\1] ", line).split(", client: ")[0]
    return re.sub(r"\d{2,}", "N", re.sub(r'"[^"]*"|/[\w./-]+', "…", text))


def tell(suite, root, tests, args, directory):
    played = directory / (suite + ".json")
    played.write_text(inside(root, tests, "python3", "-m", "faults.generator.lines", "--inside", "--seeds", args.seeds, "--jobs", str(args.jobs)))
    seeds = [json.loads(line) for line in played.read_text().splitlines()]
    lines = [(line, one) for one in seeds for line in one["log"].splitlines() if re.search(r"\[(?:info|warn|error|crit|alert|emerg)\]", line)]
    log = directory / (suite + ".log")
    log.write_text("".join(line + "\n" for line, _ in lines))
    known, seen = known_lines(log)
    versions = inside(root, tests, "sh", "-c", "nginx -v 2>&1; openssl version").split("\n")
    print("\n%s: %s, %s: %d seeds, %d lines, %d of them known, %d unclassified" % (
        suite, versions[0].split(": ")[-1], versions[1], sum(one["seed"] != 0 for one in seeds), len(lines), len(known), len(seen - known)))
    shown = {}
    for number, (line, one) in enumerate(lines, 1):
        if number not in known and (number in seen or "[info]" not in line):
            shown.setdefault(shape_of(line), (number in seen, line, one))
    for shape, (is_seen, line, one) in sorted(shown.items()):
        print("  %s  %s\n      seed %d: %s: %s" % ("unclassified" if is_seen else "no rule     ", shape, one["seed"], " + ".join(one["kinds"]) or "?", line))
    broken = [one for one in seeds if one["problem"]]
    for problem, seed in {one["problem"][:60]: one for one in reversed(broken)}.items():
        print("  no log, seed %d and others like it: %s" % (seed["seed"], seed["problem"].replace("\n", " ")[-400:]))
    return len(broken) < len(seeds)


def main():
    parser = argparse.ArgumentParser(prog="./dev lines", description=__doc__)
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="of Debian; default: bullseye and trixie")
    parser.add_argument("--seeds", default="1..200", help="1..200, or 7,9,100..120")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        play(parse_seeds(args.seeds), args.jobs)
        return 0
    if os.geteuid() != 0:
        parser.error("only root can make a root of another release")
    tests, build = pathlib.Path(__file__).resolve().parents[2], pathlib.Path("build").resolve()
    directory = build / "lines"
    directory.mkdir(parents=True, exist_ok=True)
    is_whole = True
    for suite in args.suites or ["bullseye", "trixie"]:
        root = build / suite / "root"
        make_root(suite, root, tests)
        is_whole = tell(suite, root, tests, args, directory) and is_whole
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main())
