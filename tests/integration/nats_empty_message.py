"""An empty message in a stream of lines whose header says "Status: 503", as servers say when nobody answers: it is a message like any other, acknowledged at
once, and no trouble of the source."""
from support.accounting import Ledger
from support.daemon import Daemon
from support.nats import NatsServers
from support.operator import Operator
from support.scenario import expect_equal, run, wait_for


def story(t):
    servers = NatsServers(t).start()
    servers.make_stream("NGINX", ["nginx.errors.>"])
    daemon = Daemon(t, tables=[("[[nats]]", {"name": "lines", "servers": servers.urls(), "stream": "NGINX", "from_start": True, "time_zone": "UTC"})])
    ledger = Ledger()

    def write(name):
        servers.publish([("nginx.errors.edge-1", ledger.line_of_new_peer().rstrip(b"\n"), "%s-%d" % (name, number)) for number in range(20)])

    def empty(name):
        servers.publish([("nginx.errors.edge-1", b"", name + "\r\nStatus: 503")])  # a header more behind that of the id
    empty("first")
    write("before")
    empty("in-the-middle")
    daemon.start()
    ledger.expect_all_counted(daemon, 30)
    write("after")
    empty("alone")
    ledger.expect_all_counted(daemon, 30)
    wait_for(lambda: servers.consumer("NGINX", "handshaked")["ack_floor"]["stream_seq"] == 43, 8, "every message to be acknowledged, before one is given again")
    expect_equal(servers.consumer("NGINX", "handshaked")["num_redelivered"], 0, "messages that were given again")
    source = [one for one in Operator(daemon).ask("status")["sources"] if one["name"] == "lines"][0]
    expect_equal((source["engine"].get("errors", 0), source["engine"].get("trouble")), (0, None), "errors and trouble in status")
    daemon.stop()


run(story)
