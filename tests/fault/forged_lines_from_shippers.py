"""nginx escapes nothing: a stranger's raw line feed prints a whole line of his own in the middle of a record. Shippers send each physical line as
an event of its own; his line is told from nginx's all the same, over Forward, Lumberjack and the journal."""
import time

from support.accounting import Ledger, ordinary_line, verify_error_line
from support.daemon import Daemon
from support.forward_sender import ForwardSender
from support.journal_writer import JournalWriter
from support.lumberjack_sender import LumberjackSender
from support.ports import free_port
from support.scenario import expect, run, wait_for

STRANGER = "192.0.2.66:8443"


def record_with_a_line_in_it():
    stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime()).encode()
    return [stamp + b' [error] 4711#4711: *1 open() "/srv/www/x\n',
            verify_error_line(STRANGER),
            b'y" failed (2: No such file or directory), client: 192.0.2.1, server: gw, request: "GET /x%0Ay HTTP/1.1", host: "gw"\n']


def story(t):
    forward, lumberjack = free_port(), free_port()
    journal = JournalWriter(t, t.directory / "journal")
    journal.write([ordinary_line(1)])
    daemon = Daemon(t, tables=[
        ("[[forward]]", {"listen": ["tcp://127.0.0.1:%d" % forward]}),
        ("[[lumberjack]]", {"listen": ["tcp://127.0.0.1:%d" % lumberjack]}),
        ("[[journal]]", {"directory": journal.directory, "time_zone": "UTC"}),
    ]).start()
    ledger = Ledger()
    for send in (ForwardSender(forward).send_chunk, LumberjackSender(lumberjack).send_window, journal.write):
        send([ledger.line_of_new_peer()] + record_with_a_line_in_it() + [ledger.line_of_new_peer()])
    ledger.expect_all_counted(daemon, 20)
    expect(STRANGER not in daemon.counts_by_peer(), "a stranger's line was counted")
    t.step("%d genuine lines counted, the stranger's are not" % ledger.total())
    # It is what stands before it that gives it away: the same line behind a whole record is believed.
    ForwardSender(forward).send_chunk([ordinary_line(2), verify_error_line(STRANGER)])
    wait_for(lambda: daemon.counts_by_peer().get(STRANGER) == 1, 10, "the line behind a whole record to be counted")
    daemon.stop()


run(story)
