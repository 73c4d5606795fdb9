"""The Lumberjack protocol from the clients that speak it: lumberjack-protocol (version 1, TLS) and lumberjack-client (version 2, compressed frames),
and from a sender as Filebeat is one (windows, acknowledgements awaited, what is not acknowledged sent again). 10,000 lines from each; every TLS line
is counted once, across `kill -9` and reconnects."""
from support.accounting import Ledger, ordinary_line
from support.authority import Authority
from support.daemon import Daemon
from support.lumberjack_sender import LumberjackSender
from support.ports import free_port
from support.scenario import expect, expect_equal, run, wait_for
from support.shippers import node_shipper

LINES = 10_000
TLS_EVERY = 100


def story(t):
    authority = Authority(t)
    root = authority.root()
    server = authority.issue("server", "localhost", root, ["DNS:localhost"])
    plain, tls = free_port(), free_port()
    daemon = Daemon(t, tables=[
        ("[[lumberjack]]", {"name": "plain", "listen": ["tcp://127.0.0.1:%d" % plain]}),
        ("[[lumberjack]]", {"name": "tls", "listen": ["tls://127.0.0.1:%d" % tls], "certificate": server.file, "key": server.key}),
    ]).start()
    shippers = [
        node_shipper(t, "v1-tls", "lumberjack.js", client="lumberjack-protocol", port=tls, ca=str(root.file)),
        node_shipper(t, "v2", "lumberjack.js", client="lumberjack-client", port=plain),
        node_shipper(t, "v2-tls", "lumberjack.js", client="lumberjack-client", port=tls, ca=str(root.file)),
    ]
    beats = LumberjackSender(plain)
    ledger = Ledger()

    def lines(count):
        return [ordinary_line(n) if n % TLS_EVERY else ledger.line_of_new_peer() for n in range(count)]
    for shipper in shippers:
        shipper.start()
        shipper.send(lines(LINES // 2))
    for window in range(LINES // 2 // 1000):
        beats.send_window(lines(1000), compressed=window % 2 == 0)
    ledger.expect_all_counted(daemon, 40)
    expect_equal({host for incident in daemon.incidents() for host in incident["hosts"]}, {"edge-1"}, "hosts")
    t.step("%d lines from each of %d clients" % (LINES // 2, len(shippers) + 1))

    daemon.kill()
    daemon.start()
    t.step("killed, and started again")
    # lumberjack-client notices a dead connection when it writes, and does not repeat what it wrote.
    for shipper in shippers[1:]:
        def has_reconnected():
            shipper.send([ordinary_line(0)])
            return shipper.output_text().count("connected") == 2
        wait_for(has_reconnected, 10, "%s to reconnect" % shipper.name)
    for shipper in shippers:
        shipper.send(lines(LINES // 2))
    for window in range(LINES // 2 // 1000):
        beats.send_window(lines(1000), compressed=window % 2 == 0)
    expect(beats.reconnects == 1, "%d reconnects" % beats.reconnects)
    for shipper in shippers:
        shipper.finish_and_end(40)
    ledger.expect_all_counted(daemon, 40)
    t.step("%d lines more, every TLS line of %d counted once" % (LINES // 2, ledger.total()))
    for shipper in shippers:
        shipper.kill()
    daemon.stop()


run(story)
