"""`match` and `scan` read plain files, .gz, .zst and stdin, and say the same about each; `scan` agrees with itself in all of its formats."""
import gzip
import json
import pathlib
import re
import shutil
import subprocess

from support.accounting import Ledger, ordinary_line
from support.daemon import CONFIGURATION_ERROR, binary, rules_directory
from support.scenario import expect, expect_equal, run

USAGE_ERROR = 2


def handshaked(*arguments, stdin=None, code=0):
    done = subprocess.run([binary(), *map(str, arguments)], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    expect_equal(done.returncode, code, "exit status of %s (%s)" % (" ".join(map(str, arguments)), done.stderr.decode("utf-8", "replace").strip()))
    return done.stdout


def matches(*arguments, **options):
    objects = [json.loads(line) for line in handshaked("match", "--rules", rules_directory(), *arguments, **options).splitlines()]
    for match in objects:
        match.pop("file")
    return objects


def story(t):
    ledger = Ledger()
    data = b"".join(ordinary_line(n) if n % 7 else ledger.line_of_new_peer() for n in range(5000))
    log = t.directory / "error.log"
    log.write_bytes(data)
    gz = pathlib.Path(str(log) + ".2.gz")
    gz.write_bytes(gzip.compress(data[:200000]) + gzip.compress(data[200000:]))  # as `cat a.gz b.gz` makes it
    plain = matches(log)
    expect_equal(len(plain), ledger.total(), "matches in the plain file")
    expect_equal([m["line"] for m in plain], [n + 1 for n in range(0, 5000, 7)], "line numbers")
    expect_equal([data[m["offset"]:m["offset"] + 4] for m in plain], [data[:4]] * len(plain), "offsets")
    expect(matches(gz) == plain, "the .gz gives other matches")
    expect(matches("-", stdin=data) == plain, "stdin gives other matches")
    expect(matches("-", stdin=gz.read_bytes()) == plain, "compressed stdin gives other matches")
    if shutil.which("zstd"):
        subprocess.run(["zstd", "-q", log, "-o", str(log) + ".zst"], check=True)
        expect(matches(str(log) + ".zst") == plain, "the .zst gives other matches")
    else:
        t.step("zstd is not installed: its files are left out")
    t.step("match: %d matches from every source" % len(plain))

    handshaked("match", "--rules", rules_directory(), "-", stdin=ordinary_line(1), code=1)
    handshaked("match", "--no-such-option", code=USAGE_ERROR)
    (t.directory / "rules").mkdir()
    (t.directory / "rules" / "x.json").write_text("{")
    handshaked("match", "--rules", t.directory / "rules", log, code=CONFIGURATION_ERROR)

    scan = ["scan", "--rules", rules_directory()]
    report = json.loads(handshaked(*scan, "--format", "json", log))
    incidents = report["incidents"]
    expect_equal(sum(i["incident"]["count"] for i in incidents), ledger.total(), "lines in the incidents of scan")
    expect_equal({i["place"]["peer"] for i in incidents}, set(ledger.written), "peers in the incidents of scan")
    again = json.loads(handshaked(*scan, "--format", "json", gz))
    expect_equal([i["incident"]["fingerprint"] for i in again["incidents"]], [i["incident"]["fingerprint"] for i in incidents], "incidents of the .gz")
    handshaked(*scan, "--fail-on", "warning", log, code=1)
    handshaked(*scan, "--fail-on", "warning", "-", stdin=ordinary_line(1))
    empty = json.loads(handshaked(*scan, "--format", "json", "-", stdin=b""))
    expect_equal(empty["incidents"], [], "incidents of nothing")
    text = handshaked(*scan, log).decode("utf-8")
    expect("\x1b" not in text, "colour although this is no terminal")
    html = handshaked(*scan, "--format", "html", log).decode("utf-8")
    expect(html.lstrip().lower().startswith("<!doctype html"), "no HTML page")
    expect(not re.search(r"<(?:script|link|img|iframe)[^>]+(?:src|href)\s*=", html), "the page loads something from elsewhere")
    markdown = handshaked(*scan, "--format", "markdown", log).decode("utf-8")
    for what, page in (("text", text), ("HTML", html), ("Markdown", markdown)):
        expect("10.0.0.1:8443" in page, "%s: the first peer is not named" % what)
    t.step("scan: %d incidents in every format" % len(incidents))


run(story)
