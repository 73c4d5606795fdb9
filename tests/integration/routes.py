"""Routes say who is told; a maintenance window and a group hold back; what was missed in downtime is told late; what was due when the daemon
was killed is sent."""
import time

from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver

EXPIRED = "10:certificate has expired"


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def story(t):
    log = LogFile(t.directory / "error.log")
    ops, dba, grouped = [WebhookReceiver(t, name=name) for name in ("ops", "dba", "grouped")]
    now = time.time()
    tables = [
        ("[diagnosis]", {"enabled": False}),
        ("[[route]]", {"name": "all of one cause", "matchers": ["upstream=~10[.]9[.].*"], "receivers": ["grouped"], "group_by": ["cause"],
                       "group_wait": "2s", "group_interval": "3s"}),
        ("[[route]]", {"name": "databases", "matchers": ["server=~db[.].*", "severity!=info"], "receivers": ["dba"], "continue": True}),
        ("[[route]]", {"name": "nobody", "matchers": ["upstream=10.0.0.9:8443"], "receivers": []}),
        ("[[route]]", {"name": "the rest", "receivers": ["ops"], "events": ["opened", "resolved"]}),
        ("[[maintenance]]", {"name": "move", "matchers": ["server=moving.corp.test"], "from": rfc3339(now - 60), "until": rfc3339(now + 3600)}),
    ]
    daemon = Daemon(t, [log.path], [r.settings() for r in (ops, dba, grouped)], tables=tables).start()

    t.step("first match decides, continue goes on, an empty list is nobody")
    log.write(verify_error_line("10.0.0.1:8443", server="db.corp.test"))
    log.write(verify_error_line("10.0.0.9:8443"))
    log.write(verify_error_line("10.0.0.2:8443"))
    log.write(verify_error_line("10.0.0.3:8443", server="moving.corp.test"))
    expect_equal({e.peer for e in ops.wait_for_events(2)}, {"10.0.0.1:8443", "10.0.0.2:8443"}, "told to ops")
    expect_equal([e.peer for e in dba.wait_for_events(1)], ["10.0.0.1:8443"], "told to dba")
    operator = Operator(daemon)
    wait_for(lambda: operator.ask("incidents", "list")["total"] == 4, 10, "four incidents")
    silenced = {i["peer"]: i["silenced_by"] for i in operator.ask("incidents", "list")["incidents"] if i["silenced_by"]}
    expect_equal(silenced, {"10.0.0.3:8443": ["maintenance:move"]}, "what is silenced")

    t.step("forty places of one cause are one message; the daemon is killed while it waits")
    for number in range(40):
        log.write(verify_error_line("10.9.0.%d:8443" % (number + 1), code=EXPIRED))
    wait_for(lambda: len(daemon.incidents()) == 44, 10, "44 incidents")
    daemon.kill()
    daemon.start()
    first = grouped.wait_for_events(1, within=20)[0]
    expect_equal((first.data["group"]["open"], first.data["group"]["resolved"], len(first.data["group"]["incidents"])), (40, 0, 40), "the group")
    t.step("one more place: told at the group's next turn, with all others")
    log.write(verify_error_line("10.9.0.99:8443", code=EXPIRED))
    second = grouped.wait_for_events(2, within=20)[1]
    expect_equal((second.peer, second.data["group"]["open"]), ("10.9.0.99:8443", 41), "the second message")
    expect_equal([len(ops.requests()), len(dba.requests()), len(grouped.requests())], [2, 1, 2], "requests in all: nothing twice")

    t.step("a bad route is refused with its place")
    for table, word in (("[[route]]\nreceivers = [\"nobody-knows\"]\n", "nobody-knows"), ("[[route]]\nreceivers = []\nmatchers = [\"colour=red\"]\n", "label"),
                        ("[[route]]\nreceivers = []\ngroup_by = [\"moon\"]\n", "moon"), ("[[route]]\nmatchers = []\n", "receivers"),
                        ("[[maintenance]]\nname = \"x\"\n", "days"), ("[[maintenance]]\ndays = [\"someday\"]\n", "someday"),
                        ("[[maintenance]]\ndays = [\"mon\"]\nstart = \"2 am\"\n", "start"), ("[[route]]\nreceivers = []\nrepeat_interval = \"1s\"\n", "repeat_interval")):
        bad = Daemon(t, [log.path], [ops.settings()], name="bad")
        text = bad.configuration.read_text()
        bad.configuration.write_text(text + table)
        said = bad.expect_refusal()
        expect("bad.toml:" in said and word in said, "%r was refused with: %s" % (table, said))
    for receiver in (ops, dba, grouped):
        receiver.expect_all_valid()
    daemon.stop()


run(story)
