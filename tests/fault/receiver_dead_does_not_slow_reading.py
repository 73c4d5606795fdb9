"""Receivers that are down, hang or refuse: lines are still read and counted at once. When one comes back it gets every event, each under the
id that it always had."""
import time

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import expect, expect_equal, run, wait_for
from support.syslog_receiver import TcpSyslogReceiver
from support.webhook_receiver import WebhookReceiver, accept, answer_with, hang

SAMPLES = 60
LAG_SECONDS = 1.5  # from the write to the durable count; committed every 200 ms, on a machine that may do other work


def story(t):
    down = WebhookReceiver(t, name="down")
    down.close()
    hanging = WebhookReceiver(t, hang, name="hanging")
    failing = WebhookReceiver(t, answer_with(503), name="failing")
    syslog_down = TcpSyslogReceiver(t, "syslog-down", port=free_port())
    syslog_down.close()
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"],
                    [down.settings(timeout="1s"), hanging.settings(timeout="1s"), failing.settings(), syslog_down.settings(timeout="1s")]).start()
    lags = []
    for _ in range(SAMPLES):
        line = ledger.line_of_new_peer()
        began = time.monotonic()
        file.write(line)
        wait_for(lambda: daemon.lines_counted() == ledger.total(), 20, "a line to be counted")
        lags.append(time.monotonic() - began)
    lags.sort()
    t.step("line to durable count: median %.0f ms, worst %.0f ms" % (lags[len(lags) // 2] * 1000, lags[-1] * 1000))
    expect(lags[int(len(lags) * 0.95)] < LAG_SECONDS, "reading lags: %r" % lags[-5:])
    t.step("a burst of 20000 lines")
    for _ in range(40):
        file.write(b"".join(ledger.line_of_known_peer(number) for number in range(500)))
    began = time.monotonic()
    ledger.expect_all_counted(daemon, 20)
    t.step("counted %.2f s after its end" % (time.monotonic() - began))
    ids = {row[1] for row in daemon.deliveries()}

    t.step("they come back")
    down.open()
    syslog_down.open()
    hanging.behaviour = failing.behaviour = accept
    hanging.released.set()
    for receiver in (down, hanging, failing):
        receiver.wait_for_events(SAMPLES, within=60)
        expect_equal({event.id for event in receiver.events()}, ids, "ids at " + receiver.name)
        receiver.expect_all_valid()
    syslog_down.wait_for_messages(SAMPLES, within=60)
    daemon.stop()


run(story)
