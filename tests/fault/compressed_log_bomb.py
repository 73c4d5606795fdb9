"""A compressed log that expands a thousandfold, in one endless line and in very many: it goes through a fixed buffer, and costs time, never memory."""
import os
import subprocess
import zlib

from support.accounting import Ledger
from support.daemon import binary, rules_directory
from support.scenario import expect, expect_equal, run

EXPANDED_MIB = 128
MOST_MIB = 80  # of resident memory: far less than what comes out


def packed(block, tail=b""):
    packer = zlib.compressobj(9, wbits=31)
    data = b"".join(packer.compress(block) for _ in range(EXPANDED_MIB))
    return data + packer.compress(tail) + packer.flush()


def story(t):
    line = Ledger().line_of_new_peer()
    for name, block in [("one line", b"A" * (1 << 20)), ("lines", b"A" * 63 + b"\n" + (b"A" * 63 + b"\n") * ((1 << 14) - 1)), ("nothing but line feeds", b"\n" * (1 << 20))]:
        path = t.directory / (name.replace(" ", "-") + ".log.gz")
        path.write_bytes(packed(block, b"\n" + line))
        expect(path.stat().st_size < EXPANDED_MIB << 12, "it is no bomb: %d bytes" % path.stat().st_size)
        with open(t.directory / "out", "wb") as output:
            child = subprocess.Popen([binary(), "match", "--rules", rules_directory(), path], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        said = (t.directory / "out").read_text("utf-8", "replace")
        expect_equal(child.returncode, 0, "exit status of match (%s): %s" % (name, said[-500:]))
        expect_equal(len(said.splitlines()), 1, "lines that were found behind %d MiB" % EXPANDED_MIB)
        expect(usage.ru_maxrss < MOST_MIB << 10, "%s: %d KiB of memory" % (name, usage.ru_maxrss))
        t.step("%s: %d KiB became %d MiB; %d KiB of memory" % (name, path.stat().st_size >> 10, EXPANDED_MIB, usage.ru_maxrss))


run(story)
