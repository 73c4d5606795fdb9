"""The name of a log, chosen by whoever may create one, tries to write lines of its own into the daemon's log and to drive a terminal: every message
stays one line, with its time and level in front."""
import re

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect, run

FORGED = "2026-11-21T10:00:00.000+00:00 error: the database is gone"
NAMES = ["error\n%s.log" % FORGED, "error\r\x1b[2K\x1b[31m%s.log" % FORGED, "error\u2028%s\u202e.log" % FORGED, "error\x9b31m\udcff.log"]
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d (info|warning|error): .*")


def story(t):
    logs = t.directory / "logs"
    logs.mkdir()
    ledger = Ledger()
    daemon = Daemon(t, [logs / "*.log"]).start()
    for name in NAMES:
        LogFile(logs / name).write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon, 30)
    for name in NAMES:  # more to tell: each is cut
        open(logs / name, "wb").close()
    daemon.wait_for_log("truncated: .*x1b")
    daemon.stop()
    data = daemon.process.output.read_bytes()
    lines = data.decode("utf-8").split("\n")
    expect(lines.pop() == "", "the last line has no end")
    for line in lines:
        expect(LINE.fullmatch(line), "a line without its head: %r" % line)
        expect("the database is gone" not in line or re.search("(opened|truncated|caught up|rotated|lost track|waiting): ", line), "a forged line: %r" % line)
    expect(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xe2\x80[\xa8\xae]|\xc2[\x80-\x9f]", data), "control characters went through")
    for shown in (r"error\n2026", r"error\r\x1b[2K", r"error\u2028", r"error\u009b31m\xff"):
        expect(shown in data.decode(), "%s is not shown in: %s" % (shown, data.decode()[-2000:]))
    t.step("%d lines, each one message" % len(lines))


run(story)
