"""Real error logs (samples/): in each the true cause is among the causes of a match, and where there is no TLS incident nothing is trusted.
In the mixed log exactly the lines of incidents match, and no text of a stranger does."""
import json
import pathlib
import subprocess

from support.daemon import binary, rules_directory
from support.scenario import Failed, expect, run

SAMPLES = pathlib.Path(__file__).parent / "samples"


def match(*files):
    """The objects that `match` prints."""
    done = subprocess.run([binary(), "match", "--rules", rules_directory(), *files], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode not in (0, 1):
        raise Failed("match %s ended with %d: %s" % (files, done.returncode, done.stderr.decode("utf-8", "replace")))
    matches = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    expect((done.returncode == 0) == bool(matches), "exit status %d with %d matches" % (done.returncode, len(matches)))
    return matches


def misses_of_case(case):
    truth = json.loads((SAMPLES / (case + ".json")).read_text("utf-8"))
    matches = match(SAMPLES / (case + ".log"))
    if truth["cause"] == "none":
        return ["line %d is trusted: %s" % (m["line"], m["rule"]) for m in matches if m["trusted"]]
    if not any(truth["cause"] in m["causes"] for m in matches):
        found = sorted({m["rule"] for m in matches}) or ["nothing"]
        return ["%s is no candidate; matched: %s" % (truth["cause"], ", ".join(found))]
    # The side of the true cause must be right too. A rule that takes a line of the wrong side sends people to the wrong machine.
    if not any(m["side"] == truth["side"] for m in matches if truth["cause"] in m["causes"]):
        return ["%s is found, but on side %s instead of %s" % (truth["cause"], {m["side"] for m in matches if truth["cause"] in m["causes"]}, truth["side"])]
    return []


def misses_of_mixed_log():
    truth = {row["line"]: row for row in map(json.loads, (SAMPLES / "_mixed.truth.jsonl").read_text().splitlines())}
    matches = {m["line"]: m for m in match(SAMPLES / "_mixed.log")}
    misses = []
    for number, row in truth.items():
        found = matches.get(number)
        trusted = found is not None and found["trusted"]
        if row["cause"] is None and trusted:
            misses.append("line %d: %s, but it is %s" % (number, found["rule"], "a stranger's text" if row["decoy"] else "no TLS incident"))
        elif row["cause"] is not None and not trusted:
            misses.append("line %d: %s was %s" % (number, row["cause"], "not trusted" if found else "not found"))
        elif row["cause"] is not None and row["cause"] not in found["causes"]:
            misses.append("line %d: %s is no candidate of %s" % (number, row["cause"], found["rule"]))
    return misses


def story(t):
    cases = sorted(path.stem for path in SAMPLES.glob("*.json"))
    expect(len(cases) == 109, "%d sample cases" % len(cases))
    misses = [(case, miss) for case in cases for miss in misses_of_case(case)]
    misses += [("_mixed", miss) for miss in misses_of_mixed_log()]
    width = max([len(case) for case, _ in misses], default=0)
    for case, miss in misses:
        print("%-*s  %s" % (width, case, miss))
    t.step("%d cases and the mixed log, %d misses" % (len(cases), len(misses)))
    expect(not misses, "%d misses in the samples, see the table" % len(misses))


run(story)
