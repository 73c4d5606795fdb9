"""Lines as they come after several hands: what is left of the header, a cut, quotes and an envelope, composed by chance from every sample of the
rules. The truth is known by construction: a line says what its sample says, and is on the same side. HANDSHAKED_FORMS=SEED:COUNT makes others."""
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import textwrap

from support.daemon import binary, rules_directory
from support.scenario import expect, run

HEADER = re.compile(r"^(\d{4}/\d\d/\d\d) (\d\d:\d\d:\d\d) \[(\w+)\] (\d+)#(\d+): (?:\*(\d+) )?")
CONTEXT = re.compile(r", (?:udp )?client: |, responder: ")
ACTION = re.compile(r" while [A-Za-z0-9/_ -]+")


def ids(m):
    return "%s#%s: " % (m[4], m[5]) + ("*%s " % m[6] if m[6] else "")


def quoted(line):
    return json.dumps(line)[1:-1]


HEADERS = [
    lambda m: m[0], lambda m: "%s %s.123 [%s] " % (m[1], m[2], m[3]) + ids(m),
    lambda m: "%sT%sZ [%s] " % (m[1].replace("/", "-"), m[2], m[3]) + ids(m), lambda m: "[%s %s] [%s] " % (m[1], m[2], m[3]) + ids(m),
    lambda m: "%s [%s] " % (m[2], m[3]) + ids(m), lambda m: "[%s] " % m[3] + ids(m), ids, lambda m: "[%s] " % m[3],
    lambda m: "%s %s [%s] " % (m[1], m[2], m[3]), lambda m: "*%s " % m[6] if m[6] else "", lambda m: "",
    lambda m: "nginx[%s]: [%s] " % (m[4], m[3]) + ids(m), lambda m: "nginx: " + m[0], lambda m: m[0][7:], lambda m: m[0][15:]]
ENVELOPES = [
    lambda l: l, lambda l: "Nov 21 02:58:15 web1 nginx: " + l, lambda l: "<187>1 2026-11-21T02:58:15Z web1 nginx 9 - - " + l,
    lambda l: "2026-11-21T02:58:15.123456789Z stderr F " + l, lambda l: "proxy-1  | " + l, lambda l: "[pod/web-0/nginx] " + l,
    lambda l: json.dumps({"log": l + "\n", "stream": "stderr"}), lambda l: json.dumps({"_HOSTNAME": "w", "MESSAGE": l}),
    lambda l: json.dumps({"streams": [{"stream": {"a": "b"}, "values": [["1795229895000000000", l], ["1", "something else, which is quite long"]]}]}),
    lambda l: json.dumps({"logEvents": [{"id": "1", "message": "something else, which is quite long"}, {"id": "2", "message": l}]}),
    lambda l: "/var/log/nginx/error.log:1234:" + l]
HANDS = [
    lambda l: l, lambda l: "> " + l, lambda l: "`" + l + "`", lambda l: "- " + l, lambda l: "| " + l + " | fix it |", lambda l: "**" + l + "**",
    lambda l: l + "\\n", lambda l: "['" + l + "\\n']", lambda l: '"' + quoted(l) + '",', lambda l: '"' + l.replace('"', '""') + '",1',
    lambda l: "<pre>" + l.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;") + "</pre>", lambda l: "\x1b[31m" + l + "\x1b[0m",
    lambda l: l.replace("_", "\\_").replace("*", "\\*"), lambda l: l.replace("(", "\uff08").replace(")", "\uff09"),
    lambda l: re.sub('"([^"]*)"', "\u201c\\1\u201d", l), lambda l: "the log of nginx says: " + l, lambda l: l + "\r", lambda l: l + "\u2026",
    lambda l: "\n".join("> " + piece for piece in textwrap.wrap(l, 72, break_on_hyphens=False, break_long_words=False))]


def samples():
    for path in sorted(pathlib.Path(rules_directory()).glob("*.json")):
        rule = json.loads(path.read_text("utf-8"))
        # What only a whole line shows: that the peer speaks TLS, and whose script it was.
        if rule.get("upstream_schemes") or rule.get("needs_configuration") or rule.get("directives") or rule["causes"][0]["cause"] == "unclassified":
            continue
        for sample in rule.get("samples", []):
            header = HEADER.match(sample["line"])
            if header and "\n" not in sample["line"]:
                yield rule["id"], header, sample["line"][header.end():]


def cut(chance, rest):
    """Behind the action, inside of it as far as it tells the side, in the context, or nowhere."""
    context = CONTEXT.search(rest)
    begin = context.start() if context else len(rest)
    action = rest.rfind(" while ", 0, begin)
    has_action = action > 0 and ACTION.fullmatch(rest[action:begin])
    how = chance.randrange(4)
    if how == 0 and has_action:
        return rest[:begin]
    if how == 1 and has_action and begin - action > 26:
        return rest[:chance.randrange(action + 26, begin + 1)]
    if how == 2 and context:
        return rest[:chance.randrange(begin, len(rest))]
    return rest


def matches(folder, lines):
    found = [None] * len(lines)
    for number, line in enumerate(lines):
        (folder / str(number)).write_bytes(line.encode("utf-8") + b"\n")
    for begin in range(0, len(lines), 500):
        names = [str(number) for number in range(begin, min(begin + 500, len(lines)))]
        done = subprocess.run([binary(), "match", "--rules", rules_directory(), *names], cwd=folder, stdout=subprocess.PIPE, timeout=300)
        for text in done.stdout.decode("utf-8").splitlines():
            match = json.loads(text)
            number = int(match["file"])
            found[number] = found[number] or match
    return found


def story(t):
    seed, count = map(int, os.environ.get("HANDSHAKED_FORMS", "21:2500").split(":"))
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="handshaked-forms-") as name:
        folder = pathlib.Path(name)
        known = list(samples())
        truth = [(rule, header, rest, match) for (rule, header, rest), match in zip(known, matches(folder, [h[0] + r for _, h, r in known])) if match]
        expect(len(truth) == len(known), "%d of %d samples are not recognised as they are" % (len(known) - len(truth), len(known)))
        composed = []
        for _ in range(count):
            rule, header, rest, match = chance.choice(truth)
            line = chance.choice(HEADERS)(header) + cut(chance, rest)
            hand, envelope = chance.choice(HANDS), chance.choice(ENVELOPES)
            composed.append((rule, match["side"], envelope(hand(line)) if chance.random() < 0.5 and hand is not HANDS[-1] else hand(envelope(line))))
        found = matches(folder, [line for _, _, line in composed])
    lost = [(rule, line) for (rule, _, line), match in zip(composed, found) if not match]
    wrong = [(rule, match["rule"], line) for (rule, side, line), match in zip(composed, found) if match and match.get("side") != side]
    for what, misses in (("lost", lost), ("on another side", wrong)):
        for miss in misses:
            print("%-16s %s" % (what, "  ".join(miss)[:300]))
    t.step("seed %d: of %d lines %d are lost, %d are on another side" % (seed, count, len(lost), len(wrong)))
    expect(len(lost) <= count * 0.02, "more than 2 % of the lines are lost")
    expect(len(wrong) <= count * 0.003, "more than 0.3 % of the lines are on another side")


run(story)
