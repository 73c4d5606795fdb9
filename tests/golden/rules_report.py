"""`rules report`: what no rule knows becomes a paste that is free of secrets. Canaries stand wherever a stranger's or an operator's text can stand in
a line; none is in the report, in any format, and the kinds with their numbers are."""
import json
import random
import subprocess

from support.daemon import binary, rules_directory
from support.scenario import expect, expect_equal, run

CANARIES = ("c4n4ry", "Kanarienvogel", "kanarek", "f1ncH-77", "Z2VoZWlt")
# Where a secret can stand in a message that no rule knows.
PLACES = (
    'cannot agree with "%s"',
    'cannot agree with "/home/%s/tls/site.pem"',
    "cannot agree with '%s'",
    "cannot load /srv/%s/site.key",
    "cannot load C:\\Users\\%s\\site.key",
    "was asked by %s.example.com:8443",
    "was asked by https://user:%s@shop.example.com/a?token=%s",
    "was asked by %s@example.com",
    "has token=%s",
    "has pin-value=%s;type=private",
    "of CN=%s, O=%s Corp",
    "of user %s",
    "(SSL: error:80000002:system library::No such file or directory:calling fopen(/home/%s/x.pem, r))",
    "(SSL: error:26096080:engine routines:ENGINE_flux:flux is empty:id=%s)",
    "for [lua] %s.lua:12: run()",
    "for 2001:db8::%s",
    "after 550e8400-%s-446655440000",
)


def report(*arguments, text):
    done = subprocess.run([binary(), "rules", "report", "--rules", rules_directory(), *arguments], input=text.encode("utf-8"),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PATH": "/usr/bin:/bin", "LANG": "C"})
    expect_equal((done.returncode, done.stderr), (0, b""), "rules report")
    return done.stdout.decode("utf-8")


def line(message, number, canary):
    return ('2026/11/21 02:58:15 [crit] 9#9: *%d %s while SSL handshaking to upstream, client: 192.0.2.%d, server: %s.example.com, request: '
            '"GET /%s?key=%s HTTP/1.1", upstream: "https://%s:%s@10.0.0.5:8443/%s", host: "%s", referrer: "https://%s/"'
            % ((number, message, number % 250) + (canary,) * 8))


def story(t):
    chance = random.Random(14)
    for canary in CANARIES:
        messages = ["SSL flux cannot go on " + place.replace("%s", canary) for place in PLACES]
        messages += ["SSL flux " + " ".join(chance.choice(PLACES).replace("%s", canary) for _ in range(4)) for _ in range(100)]
        text = "".join(line(message, number, canary) + "\n" for number, message in enumerate(messages, 1))
        for form in ((), ("--lang", "zh"), ("--format", "json")):
            shown = report(*form, text=text)
            expect(canary.lower() not in shown.lower(), "%s is in the report: %s" % (canary, [row for row in shown.splitlines() if canary.lower() in row.lower()][:3]))
        found = json.loads(shown)
        expect_equal(found["unclassified_lines"], len(messages), "lines of the report")
        expect_equal(sum(kind["lines"] for kind in found["kinds"]), len(messages), "lines of its kinds")
    t.step("%d canaries in %d places: none is in a report" % (len(CANARIES), len(PLACES)))

    unknown = "SSL_flux() failed (SSL: error:0A000999:SSL routines::reason(2457))"
    text = "2026/11/21 02:58:10 [notice] 9#9: nginx/1.26.2\n"
    text += "".join(line(unknown, number, "shop") + "\n" for number in range(1, 6))
    text += line('SSL other thing broke with "x"', 9, "shop") + "\n"
    text += line("upstream SSL certificate verify error: (20:unable to get local issuer certificate)", 10, "shop") + "\n"
    shown = report(text=text)
    wanted = '  5  [crit] %s while SSL handshaking to upstream, upstream: "https://<url>"' % unknown
    expect(wanted in shown.splitlines(), "%r is not in\n%s" % (wanted, shown))
    expect("6 lines of 2 kinds, among 7 lines" in shown and "nginx/1.26.2" in shown, shown)
    found = json.loads(report("--format", "json", "-", text=text))
    expect_equal((found["tls_lines"], found["unclassified_lines"], found["products"]), (7, 6, ["nginx/1.26.2"]), "what the report counts")
    expect_equal([(kind["lines"], kind["side"], kind["untrusted"]) for kind in found["kinds"]], [(5, "upstream", 0), (1, "upstream", 0)], "kinds")
    expect("every TLS line is known" in report(text="nothing here\n"), "a log without such lines")
    t.step("kinds come with their numbers, the most frequent first")

    letters = "abcdefghijklmnopqrstuvwxyz"
    text = "".join(line("SSL_%s_%s_%s() failed" % (a, b, c), 1, "shop") + "\n" for a in letters for b in letters for c in "abc")
    found = json.loads(report("--format", "json", text=text))
    expect(len(found["kinds"]) == 1000 and found["lines_left_out"] == 26 * 26 * 3 - 1000, "%d kinds, %d lines left out" % (len(found["kinds"]), found["lines_left_out"]))
    t.step("a thousand kinds at most, the others are counted")


run(story)
