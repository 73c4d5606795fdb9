"""Lines that are no TLS line of nginx (ordinary/): what other programs say about TLS, and what nginx says about everything else. In no form in
which they may reach us is any of them a match."""
import json
import pathlib
import subprocess

from support.daemon import binary, rules_directory
from support.scenario import expect, run

ORDINARY = pathlib.Path(__file__).parent / "ordinary"
FORMS = {
    "as they are": lambda line: line,
    "each by itself": lambda line: line + "\n",
    "quoted": lambda line: "> " + line,
    "in code": lambda line: "- `" + line + "`",
    "behind syslog": lambda line: "<27>Nov 21 02:58:15 web1 app[71]: " + line,
    "behind CRI": lambda line: "2026-11-21T02:58:15.123456789Z stderr F " + line,
    "behind compose's name": lambda line: "app-1  | " + line,
    "in Docker's JSON": lambda line: json.dumps({"log": line + "\n", "stream": "stderr", "time": "2026-11-21T02:58:15.1Z"}),
    "in a log line of another program": lambda line: "time=2026-11-21T02:58:15Z level=error msg=" + json.dumps(line),
}


def matches(text):
    done = subprocess.run([binary(), "match", "--rules", rules_directory(), "-"], input=text.encode(), stdout=subprocess.PIPE)
    return [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]


def story(t):
    misses, lines = [], 0
    for log in sorted(ORDINARY.glob("*.log")):
        text = log.read_text("utf-8").splitlines()
        lines += len(text)
        for name, form in FORMS.items():
            written = [form(line) for line in text]
            step = written[0].count("\n") + 1
            for match in matches("\n".join(written) + "\n"):
                trust = "TRUSTED" if match["trusted"] else "untrusted"
                misses.append("%s, %s: %s %s: %s" % (log.stem, name, trust, match["rule"], text[(match["line"] - 1) // step][:120]))
    for miss in misses:
        print(miss)
    expect(lines >= 300, "%d ordinary lines only" % lines)
    expect(not misses, "%d false alarms, see above" % len(misses))
    t.step("%d ordinary lines in %d forms: no false alarm" % (lines, len(FORMS)))


run(story)
