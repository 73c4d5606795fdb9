"""Lines in every form in which they reach us (forms/): behind syslog, journal and container prefixes, of other TLS libraries, from nginx's
stream, mail and configuration. Each NAME.log holds lines, NAME.json what `match` must say about each of them, in order, as far as it is
written there. null in place of a value: the member must be absent. "trusted_only": nothing is said about matches that are not trusted."""
import json
import pathlib
import subprocess

from support.daemon import binary, rules_directory
from support.scenario import expect, run

FORMS = pathlib.Path(__file__).parent / "forms"


def differences(wanted, got, where=""):
    if isinstance(wanted, dict) and isinstance(got, dict):
        found = []
        for key, value in wanted.items():
            if value is None:
                if key in got:
                    found.append("%s.%s should be absent, is %r" % (where, key, got[key]))
            elif key not in got:
                found.append("%s.%s is absent, should be %r" % (where, key, value))
            else:
                found += differences(value, got[key], where + "." + key)
        return found
    return [] if wanted == got else ["%s should be %r, is %r" % (where, wanted, got)]


def story(t):
    misses, lines = [], 0
    forms = sorted(FORMS.glob("*.log"))
    expect(forms, "no forms in %s" % FORMS)
    for log in forms:
        form = json.loads(log.with_suffix(".json").read_text("utf-8"))
        wanted = form["matches"]
        done = subprocess.run([binary(), "match", "--rules", rules_directory(), log], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env={"TZ": "UTC", "PATH": "/usr/bin:/bin"})
        got = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
        if form.get("trusted_only"):
            got = [match for match in got if match["trusted"]]
        lines += len(wanted)
        if len(got) != len(wanted):
            misses.append((log.stem, "%d matches, should be %d: %s %s" % (len(got), len(wanted), [m["rule"] for m in got], done.stderr.decode("utf-8", "replace"))))
        for number, (one, other) in enumerate(zip(wanted, got), 1):
            misses += [(log.stem, "match %d: %s" % (number, text)) for text in differences(one, other)]
    for name, miss in misses:
        print("%-28s %s" % (name, miss))
    t.step("%d forms, %d lines, %d misses" % (len(forms), lines, len(misses)))
    expect(not misses, "%d misses in the forms, see the table" % len(misses))


run(story)
