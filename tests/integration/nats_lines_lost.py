"""What a stream drops before it is read is lost, and is told of: while the daemon is down, and while it is stopped. A filter leaves messages out without a word."""
import signal

from support.accounting import Ledger
from support.daemon import Daemon
from support.nats import NatsServers
from support.scenario import expect, expect_equal, run, wait_for

KEPT = 20


def story(t):
    servers = NatsServers(t).start()
    servers.make_stream("NGINX", ["nginx.errors.*"], max_msgs=KEPT)
    ledger = Ledger()

    def reader(name, subject):
        return Daemon(t, name=name, tables=[("[[nats]]", {"name": "lines", "servers": servers.urls(), "stream": "NGINX", "subject": subject, "consumer": name,
                                                          "from_start": True, "time_zone": "UTC"})])
    whole, filtered = reader("whole", "nginx.errors.*"), reader("filtered", "nginx.errors.edge-1")

    def write(count, name):
        servers.publish([("nginx.errors.edge-%d" % (number % 4), ledger.line_of_new_peer().rstrip(b"\n"), "%s-%d" % (name, number)) for number in range(count)])

    def told_lost(daemon):
        return [int(line.split(" warning: ")[1].split()[0]) for line in daemon.log_text().splitlines() if "were removed unread" in line]

    whole.start()
    filtered.start()
    write(10, "first")
    wait_for(lambda: whole.lines_counted() == 10, 30, "the first lines")
    whole.stop()
    write(KEPT + 7, "down")
    whole.start()
    wait_for(lambda: whole.lines_counted() == 10 + KEPT, 30, "what the stream still has")
    expect_equal(told_lost(whole), [7], "messages that were dropped while it was down")
    t.step("dropped while the daemon was down")

    whole.process.signal(signal.SIGSTOP)
    write(KEPT * 2 + 5, "stopped")
    whole.process.signal(signal.SIGCONT)
    wait_for(lambda: sum(told_lost(whole)) + whole.lines_counted() == len(ledger.written), 30,
             lambda: "every line to be counted or told to be lost: %s and %d of %d" % (told_lost(whole), whole.lines_counted(), len(ledger.written)))
    expect(sum(told_lost(whole)) > 7, "what was dropped while it was stopped")
    write(8, "after")
    wait_for(lambda: sum(told_lost(whole)) + whole.lines_counted() == len(ledger.written), 30, "the last lines")
    told = told_lost(whole)
    whole.stop()
    whole.start()
    write(1, "again")
    wait_for(lambda: sum(told_lost(whole)) + whole.lines_counted() == len(ledger.written), 30, "the last line")
    expect_equal(told_lost(whole), told, "what was told is not told again")
    expect_equal(told_lost(filtered), [], "what a daemon with a filter says")
    t.step("dropped while it was stopped")
    for daemon in (whole, filtered):
        daemon.stop()


run(story)
