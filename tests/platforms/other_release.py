"""The same tree in the other release of Debian that it is for, with that release's compiler, libraries and OpenSSL: linked there, the rules' own test, and the unit tests of
parse, match and nginx. What `./dev test --suite trixie --quick` does; its root stays below build/, so the next run only builds what has changed.

A machine that needs more than 25 minutes for it is not kept waiting: what was compiled until then had no fault, and the rest is for the command.

Needs root, debootstrap and Debian's mirror."""
import os
import re
import signal
import subprocess
from pathlib import Path

from support.scenario import Skip, expect, expect_equal, require_program, run

WITHIN = 1500


def other_release():
    release = Path("/etc/os-release").read_text()
    version = re.search(r'^VERSION_ID="?(\d+)', release, re.MULTILINE)
    return "bookworm" if version and version.group(1) == "13" else "trixie"


def story(t):
    if os.geteuid() != 0:
        raise Skip("only root can make a root of another release")
    require_program("debootstrap", "unshare", "chroot")
    source, suite = Path(os.environ["HANDSHAKED_SOURCE"]), other_release()
    root = source / "build" / suite / "root"
    if not (root / "etc/os-release").exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(["debootstrap", "--variant=minbase", suite, root], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
        if made.returncode != 0:
            raise Skip("%s: debootstrap cannot make it: %s" % (suite, " ".join(made.stdout.split("\n")[-3:])))
        t.step("made a root of " + suite)
    # One job: other tests run beside this one.
    log = t.directory / "log"
    t.show_if_failed("the end of the build", lambda: log.read_text("utf-8", "replace")[-4000:])
    with log.open("w") as out:
        build = subprocess.Popen([source / "dev", "test", "--suite", suite, "--quick"], env=dict(os.environ, JOBS="1"), stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT, start_new_session=True)
        try:
            status = build.wait(WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(build.pid, signal.SIGKILL)
            build.wait()
            raise Skip("not ready after %d s: ./dev test --suite %s has the time" % (WITHIN, suite)) from None
    said = log.read_text("utf-8", "replace")
    expect_equal(status, 0, "exit status of ./dev test --suite " + suite)
    expect("100% tests passed" in said, "no summary of the tests was printed")
    t.step(" ".join(re.findall(r"^handshaked \S+.*|^100% tests.*", said, re.MULTILINE)))


run(story)
