#!/usr/bin/env python3
"""What a line costs, in instructions of the processor, which no load on the machine changes: a lone TLS line among ordinary ones, one of
a storm, and a rule that is read at the start. Fails when a cost grows by a third over what it was when it was last written down here."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM, SOURCE, RULES = os.environ["HANDSHAKED"], os.environ["HANDSHAKED_SOURCE"], os.environ["HANDSHAKED_RULES"]
ALLOWED = 4 / 3
# Instructions a line, measured with this test (g++ 12, -O2). Lower them when the program has become faster.
WRITTEN_DOWN = {"match, a stormy line": 6600, "match, a lone line": 9700, "scan, a stormy line": 5600, "scan, a lone line": 8100,
                "match, a rule at the start": 155000}


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def varied_lines(folder, percent):
    log = folder / "varied.log"
    subprocess.run([sys.executable, os.path.join(SOURCE, "bench/varied_log.py"), "--mib", "1.2", "--tls-percent", percent, "--faults", "50", log],
                   check=True, stdout=subprocess.DEVNULL)
    return log.read_bytes().splitlines(keepends=True)


def instructions(verb, log, rules=RULES):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", PROGRAM, verb, "-j", "1", "--rules", str(rules),
               *(["--format", "json"] if verb == "scan" else []), str(log)]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=300)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if not found:
        sys.exit("no count of instructions: " + done.stderr[-2000:])
    return int(found.group(1))


def cost_of_a_rule(folder):
    """What the start of a run costs for each rule: what all of them cost, less what a few do."""
    few = folder / "rules"
    few.mkdir()
    every = sorted(pathlib.Path(RULES).glob("*.json"))
    for file in every[::10]:
        shutil.copy(file, few)
    (folder / "empty.log").touch()
    return (instructions("match", folder / "empty.log") - instructions("match", folder / "empty.log", few)) / (len(every) - len(every[::10]))


def main():
    if not shutil.which("valgrind"):
        skip("valgrind is not installed")
    if "avx2" not in pathlib.Path("/proc/cpuinfo").read_text():
        skip("the costs were written down for a processor with AVX2")
    with tempfile.TemporaryDirectory(prefix="handshaked-cost-") as name:
        folder = pathlib.Path(name)
        storm, ordinary = varied_lines(folder, "100")[:3500], varied_lines(folder, "0")[:3000]
        warm, rest = storm[:1500], storm[1500:]
        lone = list(ordinary)
        for place in range(50, len(lone), 50):
            lone[place] = rest[place // 2]
        logs = {}
        # What is met for the first time costs more: it stands at the beginning of every log, and is taken off.
        for what, lines in (("warm", warm), ("storm", warm + rest), ("ordinary", warm + ordinary), ("lone", warm + lone)):
            logs[what] = folder / (what + ".log")
            logs[what].write_bytes(b"".join(lines))
        failed = False
        for verb in ("match", "scan"):
            counts = {what: instructions(verb, log) for what, log in logs.items()}
            measured = {"a stormy line": (counts["storm"] - counts["warm"]) / len(rest),
                        "a lone line": (counts["lone"] - counts["ordinary"]) / len(range(50, len(lone), 50))}
            if verb == "match":
                measured["a rule at the start"] = cost_of_a_rule(folder)
            for what, cost in measured.items():
                usual = WRITTEN_DOWN["%s, %s" % (verb, what)]
                is_more = cost > usual * ALLOWED
                failed = failed or is_more
                print("%-24s %6.0f instructions, written down %6.0f%s" % (verb + ", " + what, cost, usual, "  TOO MANY" if is_more else ""))
        sys.exit(1 if failed else 0)


main()
