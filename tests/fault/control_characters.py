"""A line of a log holds characters that a terminal obeys or that turn text around: ESC, DEL, C1 controls, marks of direction, invisible ones. None of them comes out of any verb, in any
format; JSON still holds them, as escapes."""
import json
import os
import re
import subprocess

from support.scenario import expect, expect_equal, run

BAD = "\u009b31m\u0085\u202e\u2066\u200b\ufeff\u00ad\x7f\x1b[31m"
# Line feeds and tabs are layout.
DECEPTIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]")
LINE = ('2026/11/21 08:00:00 [error] 12#12: *5 upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream, '
        'client: 192.0.2.7, server: a%s, request: "GET /%s HTTP/1.1", upstream: "https://10.0.0.1:443/%s", host: "h%s"' % ((BAD,) * 4))


def story(t):
    log = t.directory / "error.log"
    log.write_text(LINE + "\n", encoding="utf-8")
    scan = [["scan", str(log), "--format", form] for form in ("text", "json", "markdown", "html")]
    explain = [["explain", LINE, "--format", form] for form in ("text", "json")]
    diagnose = [["diagnose", "--log", str(log), "--no-probe", "--format", form] for form in ("text", "json")]
    for words in [["match", str(log)], *scan, *explain, *diagnose]:
        done = subprocess.run([os.environ["HANDSHAKED"], *words, "--rules", os.environ["HANDSHAKED_RULES"]], capture_output=True, timeout=60)
        text = (done.stdout + done.stderr).decode("utf-8")
        expect(len(text) > 200, "%s says nothing: %r" % (words[0], text))
        found = DECEPTIVE.search(text)
        expect(not found, "%s %s: %r" % (words[0], words[-1], found and text[max(0, found.start() - 40):found.start() + 20]))
    matched = json.loads(subprocess.run([os.environ["HANDSHAKED"], "match", str(log), "--rules", os.environ["HANDSHAKED_RULES"]], capture_output=True, timeout=60).stdout)
    expect_equal(matched["record"]["server"], "a" + BAD, "the name, read from JSON")


run(story)
