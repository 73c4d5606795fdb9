"""Where the process that takes apart what peers send cannot be shut in, nothing is connected to, and the verb says why: root without the right to become somebody else, as in a
container that took all capabilities from it. Another user needs none."""
import os
import subprocess

from support.distrusted_upstream import DistrustedUpstream
from support.scenario import Skip, expect, expect_equal, require_program, run


def story(t):
    require_program("setpriv")
    if os.geteuid() != 0:
        raise Skip("only root has capabilities to lose")
    place = DistrustedUpstream(t)
    where = ["--nginx-conf", place.nginx.prefix / "conf/nginx.conf", "--nginx-prefix", place.nginx.prefix, "--ca-store", place.root.file]
    command = [os.environ["HANDSHAKED"], "diagnose", "--rules", os.environ["HANDSHAKED_RULES"], "--all", *where, "--format", "json"]

    def diagnose(*wrapper):
        return subprocess.run([*wrapper, *map(str, command)], capture_output=True, text=True, timeout=60)

    whole = diagnose()
    expect("upstream_ca_not_trusted" in whole.stdout, "as root: %s %s" % (whole.stdout[:500], whole.stderr))
    bare = diagnose("setpriv", "--inh-caps=-all", "--bounding-set=-all")
    expect("the child process cannot be confined" in bare.stderr and "CAP_SETUID" in bare.stderr, "root without capabilities: %r" % bare.stderr)
    expect_equal(bare.stdout.strip(), '{"incidents":[]}', "what is found by nobody who looked")
    expect_equal(bare.returncode, 70, "the exit status of nobody who looked")
    bare = subprocess.run(["setpriv", "--inh-caps=-all", "--bounding-set=-all", *map(str, command[:-2])], capture_output=True, text=True, timeout=60)
    expect("nothing was looked at" in bare.stderr, "what the text says: %r" % bare.stderr)
    expect_equal((bare.stdout, bare.returncode), ("", 70), "no word of health, and the exit status")


run(story)
