"""SECURITY.md names the tests that hold each defence: all of them exist, and every threat has some."""
import json
import os
import re
import subprocess

from support.daemon import source_directory
from support.scenario import expect, expect_equal, require_program, run

# What must be spoken of.
THREATS = ["Log forgery", "Server-side request forgery", "Decompression bombs", "Secrets", "The control socket", "The web", "Privileges", "Supply chain"]


def rows(text, first_cell):
    table = text.partition("| %s |" % first_cell)[2].partition("\n\n")[0]
    found = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()[2:]]
    expect(found, "no table of %ss" % first_cell)
    return found


def suites(folder):
    sources = (source_directory() / "tests/unit" / folder).rglob("*.cpp")
    return set(re.findall(r"\bTEST(?:_F|_P)?\((\w+),", "".join(source.read_text("utf-8") for source in sources)))


def story(t):
    require_program("ctest")
    listed = subprocess.run(["ctest", "--test-dir", os.environ["HANDSHAKED_BUILD"], "--show-only=json-v1"], capture_output=True, text=True, timeout=60)
    known = {test["name"] for test in json.loads(listed.stdout)["tests"]}
    expect("service.threat_model" in known, "ctest does not know this test: %s" % sorted(known)[:10])
    text = (source_directory() / "SECURITY.md").read_text("utf-8")
    threats = rows(text, "threat")
    named = 0
    for row in threats:
        expect_equal(len(row), 3, "cells of %s" % row)
        entries = re.findall(r"`([\w.]+)`(?: \(((?:`\w+`(?:, )?)+)\))?", row[2])
        expect(entries, "nothing tests: " + row[0])
        left = re.sub(r"`([\w.]+)`(?: \(((?:`\w+`(?:, )?)+)\))?", "", row[2])
        expect(not re.search(r"\w", left), "what is %r in: %s" % (left, row[2]))
        for name, inside in entries:
            expect(name in known, "%s: there is no test %s" % (row[0], name))
            wanted = set(re.findall(r"\w+", inside))
            expect(not wanted - suites(name.removeprefix("unit_")), "%s has no suite %s" % (name, wanted - suites(name.removeprefix("unit_"))))
            named += 1
    for threat in THREATS:
        expect(any("**%s" % threat in row[0] for row in threats), "no word about: " + threat)
    t.step("%d threats, held by %d tests that exist" % (len(threats), named))


run(story)
