"""SECURITY.md names the tests that hold each promise: all of them exist, and every promise has some."""
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
    found = [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in table.splitlines()[2:]]
    expect(found, "no table of %ss" % first_cell)
    return found


def cases(folder):
    sources = (source_directory() / "tests/unit" / folder).rglob("*.cpp")
    found = re.findall(r"\bTEST(?:_F|_P)?\((\w+),\s*(\w+)\)", "".join(source.read_text("utf-8") for source in sources))
    return {"%s.%s" % names for names in found}


def story(t):
    require_program("ctest")
    listed = subprocess.run(["ctest", "--test-dir", os.environ["HANDSHAKED_BUILD"], "--show-only=json-v1"], capture_output=True, text=True, timeout=60)
    known = {test["name"] for test in json.loads(listed.stdout)["tests"]}
    expect("service.threat_model" in known, "ctest does not know this test: %s" % sorted(known)[:10])
    text = (source_directory() / "SECURITY.md").read_text("utf-8")
    promises = rows(text, "threat")
    threats, named = [], 0
    for threat, promise, tests in promises:
        threats += [threat] if threat else []
        expect(threats and promise, "a row without a promise: %s" % tests)
        form = r"`([\w.]+)`(?: \(((?:`[\w.]+`(?:, )?)+)\))?"
        entries = re.findall(form, tests)
        expect(entries, "nothing tests: " + promise)
        left = re.sub(form, "", tests)
        expect(not re.search(r"\w", left), "what is %r in: %s" % (left, tests))
        for name, inside in entries:
            expect(name in known, "%s: there is no test %s" % (promise, name))
            expect(bool(inside) == name.startswith("unit_"), "%s: %s is named without cases, or with some that it has not" % (promise, name))
            wanted = set(re.findall(r"[\w.]+", inside))
            expect(not wanted - cases(name.removeprefix("unit_")), "%s has no case %s" % (name, wanted - cases(name.removeprefix("unit_"))))
            named += 1
    for threat in THREATS:
        expect(any("**%s" % threat in one for one in threats), "no word about: " + threat)
    t.step("%d promises against %d threats, held by %d tests that exist" % (len(promises), len(threats), named))


run(story)
