"""Fluentd's Forward protocol from the clients that speak it (fluent-logger for Python and for Node, @fluent-org/logger): every mode, with and
without acknowledgements, with a shared key, over TLS. 10,000 lines from each; every TLS line is counted once, across `kill -9` and reconnects."""
from support.accounting import Ledger, ordinary_line
from support.authority import Authority
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import expect_equal, run, wait_for
from support.shippers import node_shipper, python_forward

LINES = 10_000
TLS_EVERY = 100


def story(t):
    authority = Authority(t)
    root = authority.root()
    server = authority.issue("server", "localhost", root, ["DNS:localhost"])
    key, users = t.directory / "key", t.directory / "users"
    key.write_text("correct horse\n")
    users.write_text("# who may send\nedge:s3cret\n")
    plain, secret, tls = free_port(), free_port(), free_port()
    daemon = Daemon(t, tables=[
        ("[[forward]]", {"name": "plain", "listen": ["tcp://127.0.0.1:%d" % plain]}),
        ("[[forward]]", {"name": "secret", "listen": ["tcp://127.0.0.1:%d" % secret], "shared_key_file": key, "users_file": users}),
        ("[[forward]]", {"name": "tls", "listen": ["tls://127.0.0.1:%d" % tls], "certificate": server.file, "key": server.key,
                         "shared_key_file": key}),
    ]).start()

    def node(name, client, mode, port, **more):
        return node_shipper(t, name, "forward.js", client=client, mode=mode, port=port, **more)
    shippers = [
        python_forward(t, "python-message", plain),
        node("node-packed-acks", "fluent-logger", "PackedForward", plain, ack=True),
        node("node-compressed-acks-tls-key", "fluent-logger", "CompressedPackedForward", tls, ack=True, ca=str(root.file), key="correct horse"),
        node("org-message-acks", "@fluent-org/logger", "Message", plain, ack=True, retry=True),
        node("org-forward-acks-key-user", "@fluent-org/logger", "Forward", secret, ack=True, retry=True, key="correct horse", user="edge", password="s3cret"),
        node("org-packed-tls-key", "@fluent-org/logger", "PackedForward", tls, ca=str(root.file), key="correct horse", retry=True),
        node("org-compressed-acks", "@fluent-org/logger", "CompressedPackedForward", plain, ack=True, retry=True),
    ]
    ledger = Ledger()

    def lines(count):
        return [ordinary_line(n) if n % TLS_EVERY else ledger.line_of_new_peer() for n in range(count)]
    for shipper in shippers:
        shipper.start()
        shipper.send(lines(LINES // 2))
    ledger.expect_all_counted(daemon, 40)
    t.step("%d lines from each of %d clients" % (LINES // 2, len(shippers)))
    expect_equal({host for incident in daemon.incidents() for host in incident["hosts"]}, {"edge-1"}, "hosts")

    # Its own acknowledgements are behind each client: what it sends again gets a new chunk id from @fluent-org/logger, and would count anew.
    wait_for(lambda: all("settled %d" % (LINES // 2) in shipper.output_text() for shipper in shippers[1:]), 20, "every client to be acknowledged")
    daemon.kill()
    daemon.start()
    t.step("killed, and started again")
    wait_for(lambda: daemon.process.is_running(), 5, "the daemon")
    for shipper in shippers:
        shipper.send(lines(LINES // 2))
    for shipper in shippers:
        shipper.finish(40)
    ledger.expect_all_counted(daemon, 40)
    t.step("%d lines more, every TLS line of %d counted once" % (LINES // 2, ledger.total()))
    daemon.stop()


run(story)
