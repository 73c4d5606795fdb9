"""Every situation of situations.txt has a rule, and the table at the end of rules/README.md is what `rules export --format coverage` says today."""
import pathlib
import re
import subprocess

from support.daemon import binary, rules_directory
from support.scenario import expect, run


def story(t):
    out = subprocess.run([binary(), "rules", "export", "--format", "coverage", "--rules", rules_directory()], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8")
    covered = set(re.findall(r"^\| `([^`]+)` \|", out, re.MULTILINE))
    wanted = set((pathlib.Path(__file__).parent / "situations.txt").read_text("utf-8").split())
    expect(not wanted - covered, "no rule covers %s" % ", ".join(sorted(wanted - covered)))
    expect(not covered - wanted, "rules name situations that nobody listed: %s" % ", ".join(sorted(covered - wanted)))
    expect((pathlib.Path(rules_directory()) / "README.md").read_text("utf-8").endswith("\n" + out),
           "the table at the end of rules/README.md is not current: put there what handshaked rules export --format coverage prints")
    t.step("%d situations" % len(covered))


run(story)
