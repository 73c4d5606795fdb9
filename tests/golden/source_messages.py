"""Every message about TLS in the sources of nginx (2026-08), Angie (2026-08), lua-nginx-module and njs, at its level and where it is written:
source_messages.tsv has what is left when the formats are filled in, with %q for OpenSSL's queue. All are recognised on the right side, in the
forms that people leave, and the last resort is for what only a lack of memory or a broken library brings about."""
import json
import pathlib
import subprocess

from support.daemon import binary, rules_directory
from support.scenario import expect, run

QUEUE = " (SSL: error:0A0C0103:SSL routines::internal error)"
CLIENT = "*3 %s while SSL handshaking, client: 192.0.2.7, server: 0.0.0.0:443"
UPSTREAM = ('*3 %s while SSL handshaking to upstream, client: 192.0.2.7, server: shop.test, request: "GET / HTTP/1.1", '
            'upstream: "https://192.0.2.5:443/", host: "shop.test"')
# Where a message is written, what stands around it there, and whose side that is.
PLACES = {
    "config": [("%s", "config")],
    "ocsp": [('%s while requesting certificate status, responder: r.test, peer: 192.0.2.9:80, certificate: "/etc/nginx/a.pem"', "ocsp")],
    "quic": [("*3 %s while handling quic input, client: 192.0.2.7, server: 0.0.0.0:443", "client")],
    "client": [(CLIENT, "client")], "upstream": [(UPSTREAM, "upstream")], "both": [(CLIENT, "client"), (UPSTREAM, "upstream")],
    "handler": [(CLIENT, "config")],  # a directive that the server lacks, noticed by a connection
    "script": [('*3 %s, client: 192.0.2.7, server: shop.test, request: "GET / HTTP/1.1", host: "shop.test"', "upstream")]}
FORMS = {
    "as written": lambda level, text: "2026/11/21 02:58:15 [%s] 9#9: %s" % (level, text),
    "behind syslog": lambda level, text: "Nov 21 02:58:15 web1 nginx: 2026/11/21 02:58:15 [%s] 9#9: %s" % (level, text),
    "in JSON": lambda level, text: json.dumps({"log": "2026/11/21 02:58:15 [%s] 9#9: %s\n" % (level, text)}),
    "without the time": lambda level, text: "[%s] 9#9: %s" % (level, text)}
MOST_GUESSED = {"without the time": 0.02}  # a message without action and connection does not always tell its side
MOST_LEFT = 0.2  # of which the last resort is all that is known: two thirds are of Angie's ACME client


def lines():
    for row in (pathlib.Path(__file__).parent / "source_messages.tsv").read_text("utf-8").splitlines():
        program, level, place, message = row.split("\t")
        for around, side in PLACES[place]:
            yield program, level, around % message.replace("%q", QUEUE), side


def story(t):
    known = list(lines())
    for name, form in FORMS.items():
        text = "".join(form(level, line) + "\n" for _, level, line, _ in known)
        done = subprocess.run([binary(), "match", "--rules", rules_directory(), "-"], input=text.encode(), stdout=subprocess.PIPE, check=True)
        found = {match["line"]: match for match in map(json.loads, done.stdout.decode("utf-8").splitlines())}
        wrong, left = [], 0
        for number, (program, _, line, side) in enumerate(known, 1):
            match = found.get(number)
            if match is None or match["side"] != side:
                wrong.append("%s: %s: %s" % (program, match and match["rule"] + " " + match["side"], line[:150]))
            left += match is not None and match["rule"] == "nginx/unclassified-tls"
        for line in wrong:
            print(line)
        expect(len(wrong) <= MOST_GUESSED.get(name, 0) * len(known), "%s: %d messages are missed, or on the wrong side" % (name, len(wrong)))
        expect(left <= MOST_LEFT * len(known), "%s: %d of %d lines are left to the last resort" % (name, left, len(known)))
        t.step("%s: %d lines, %d of them left to the last resort" % (name, len(known), left))


run(story)
