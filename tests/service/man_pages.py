"""The man pages as they are installed: no warnings, every verb, option and key is named, and what they refer to is there."""
import gzip
import os
import re
import subprocess
from pathlib import Path

from support.daemon import binary, source_directory
from support.scenario import expect, expect_equal, require_program, run

PAGES = ("handshaked.1", "handshaked.8", "handshaked.toml.5", "handshaked-rules.5")


def help_of(path):
    return subprocess.run([binary(), *path, "--help"], capture_output=True, text=True, timeout=20).stdout


def verbs(path=()):
    """Every verb with those below it, as paths."""
    listed = help_of(path).partition("Subcommands:\n")[2].split("\n\n")[0]
    for name in re.findall(r"^  ([a-z]+)\s", listed, re.MULTILINE):
        yield (*path, name)
        yield from verbs((*path, name))


def story(t):
    require_program("man", "mandoc")
    text = {}
    for name in PAGES:
        packed = Path(os.environ["HANDSHAKED_BUILD"]) / "systemd" / (name + ".gz")
        expect(packed.exists(), "%s was not built (target service_files)" % packed)
        page = t.directory / name
        page.write_bytes(gzip.decompress(packed.read_bytes()))
        lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page], capture_output=True, text=True, timeout=30)
        expect_equal(lint.stdout + lint.stderr, "", "what mandoc says of " + name)
        environment = dict(os.environ, MANWIDTH="100", LC_ALL="C.UTF-8", MAN_KEEP_FORMATTING="")
        shown = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", page], capture_output=True, text=True, timeout=30, env=environment)
        expect_equal(shown.stderr, "", "what man says of " + name)
        expect(len(shown.stdout) > 1500, "%s is nearly empty" % name)
        rendered = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=400", page], capture_output=True, text=True, timeout=30).stdout
        text[name] = re.sub(r".\x08", "", rendered)
    t.step("%d pages without warnings" % len(PAGES))

    bad = t.directory / "bad.1"
    bad.write_text((t.directory / "handshaked.8").read_text().replace(".El\n", "", 1))
    expect(subprocess.run(["mandoc", "-T", "lint", "-W", "warning", bad], capture_output=True).stdout, "mandoc does not see a list without an end")

    found = list(verbs())
    expect(len(found) > 25, "verbs were not found: %s" % found)
    for path in found:
        section = re.search(r"^ *%s\n(.*?)(?=^ {0,4}\S|\Z)" % re.escape(" ".join(path)), text["handshaked.1"], re.MULTILINE | re.DOTALL)
        expect(section, "handshaked(1) has no section about " + " ".join(path))
        for option in set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", help_of(path), re.MULTILINE)) - {"--help"}:
            expect(option in section.group(1), "handshaked(1) says nothing of %s %s" % (" ".join(path), option))
    t.step("%d verbs with all their options" % len(found))

    example = (source_directory() / "systemd" / "handshaked.toml").read_text("utf-8")
    for key in re.findall(r"^#(\w+) = ", example, re.MULTILINE):
        expect(re.search(r"^ +%s = " % key, text["handshaked.toml.5"], re.MULTILINE), "handshaked.toml(5) says nothing of " + key)
    schema = (source_directory() / "rules" / "README.md").read_text("utf-8")
    for key in re.findall(r"^\| `(\w+)`", schema.partition("## Working")[0], re.MULTILINE):
        expect(key in text["handshaked-rules.5"], "handshaked-rules(5) says nothing of " + key)

    own = {re.sub(r"^(.*)\.(\d)$", r"\1(\2)", name) for name in PAGES}
    for name, page in text.items():
        for reference in re.findall(r"\bhandshaked[\w.-]*\(\d\)", page):
            expect(reference in own, "%s refers to %s, which is not there" % (name, reference))


run(story)
