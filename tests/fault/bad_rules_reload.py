"""A broken rule file: at start the daemon refuses, with file and line; on SIGHUP the old set stays and the log says why. A good one takes
effect without a lost line."""
import json
import re
import shutil
import time

from support.accounting import Ledger, LogFile
from support.daemon import Daemon, rules_directory
from support.scenario import expect, expect_equal, run
from support.webhook_receiver import WebhookReceiver

OWN_RULE = {
    "id": "site/weeping-angel", "signature": "weeping angel seen while connecting to upstream", "signature_zh": "weeping angel",
    "regex": "weeping angel seen", "side": "upstream", "kind": "fault", "severity": "critical", "domain": "nginx", "category": "site",
    "root_cause": "Somebody blinked.", "root_cause_zh": "Somebody blinked.", "dead_ends": [], "workarounds": [],
    "causes": [{"cause": "upstream_ca_not_trusted", "likelihood": 1.0}],
}


def own_rule(**changes):
    return json.dumps(dict(OWN_RULE, **changes), indent=2)  # one member a line: "id" in line 2, "regex" in line 5


# name -> (text, lines of which one must be named)
BROKEN = {
    "comma-missing.json": (own_rule().replace('",', '"', 1), (2, 3)),
    "cut-short.json": (own_rule()[:200], None),
    "bad-regex.json": (own_rule(regex="upstream (unclosed"), (5,)),
    "no-regex.json": (own_rule().replace('"regex"', '"regexp"'), (2,)),
    "bad-side.json": (own_rule(side="sideways"), (2, 6)),
}


def place_of(name, lines):
    return re.escape(name) + (":(?:%s):" % "|".join(map(str, lines)) if lines else r":\d+:")


def angel_line(number):
    stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime())
    return ("%s [error] 9#9: *%d weeping angel seen while connecting to upstream, client: 192.0.2.1, server: gw, "
            'request: "GET / HTTP/1.1", upstream: "https://10.7.0.%d:8443/", host: "gw"\n' % (stamp, number, number)).encode()


def story(t):
    rules = t.directory / "rules"
    shutil.copytree(rules_directory(), rules)
    rules.chmod(0o755)
    receiver = WebhookReceiver(t)
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], [receiver.settings()], rules=rules)

    for name, (text, lines) in BROKEN.items():
        (rules / name).write_text(text)
        said = daemon.expect_refusal()
        expect(re.search(place_of(name, lines), said), "%s: none of the lines %s is named in: %s" % (name, lines, said))
        t.step("at start: %s" % next(row for row in said.splitlines() if name in row))
        (rules / name).unlink()
    t.step("every problem is told, not the first only")
    for name, (text, _) in BROKEN.items():
        (rules / name).write_text(text)
    said = daemon.expect_refusal()
    expect(all(name in said for name in BROKEN), "not all broken files are named: %s" % said)
    for name in BROKEN:
        (rules / name).unlink()

    daemon.start()
    file.write(ledger.line_of_new_peer())
    receiver.wait_for_events(1)
    for name, (text, lines) in BROKEN.items():
        (rules / name).write_text(text)
        before = len(daemon.log_text())
        daemon.reload()
        daemon.wait_for_log(place_of(name, lines), after=before)
        (rules / name).unlink()
        file.write(ledger.line_of_new_peer())
        ledger.expect_all_counted(daemon)
    t.step("broken files on reload: the old rules still work")
    receiver.wait_for_events(1 + len(BROKEN))

    file.write(angel_line(1))
    ledger.expect_all_counted(daemon)
    (rules / "weeping-angel.json").write_text(own_rule())
    before = len(daemon.log_text())
    daemon.reload()
    daemon.wait_for_log(r"reloaded \d+ rules", after=before)
    file.write(angel_line(2))
    event = receiver.wait_for_events(2 + len(BROKEN))[-1]
    expect_equal((event.rule, event.peer), ("site/weeping-angel", "10.7.0.2:8443"), "rule and peer after a good reload")
    t.step("a good file takes effect")
    file.write(ledger.line_of_new_peer())
    receiver.wait_for_events(3 + len(BROKEN))
    daemon.stop()
    receiver.expect_all_valid()


run(story)
