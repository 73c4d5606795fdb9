"""Edges that report through NATS JetStream: nobody connects to the centre, which may be down for as long as the stream keeps what they say. One fault
on two hosts is one incident, each event counts once across `kill -9` of the centre, and an edge is who its subject says."""
from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon
from support.nats import NatsServers
from support.operator import Operator
from support.scenario import expect_equal, run, wait_for

FIRST, SECOND = "10.0.0.1:8443", "10.0.0.2:8443"


def story(t):
    servers = NatsServers(t).start()
    servers.make_stream("EDGES", ["handshaked.edges.*"])
    centre = Daemon(t, name="centre", root={"host": "centre"}, tables=[("[[nats]]", {
        "servers": servers.urls(), "stream": "EDGES", "carries": "edges", "host_from": "subject", "from_start": True, "silent_after": "1h"})])
    edges = []
    for name in ("proxy-1", "proxy-2"):
        log = t.directory / (name + ".log")
        edge = Daemon(t, [log], [{"type": "nats", "name": "centre", "servers": servers.urls(), "subject": "handshaked.edges." + name, "carries": "edges",
                                  "heartbeat_interval": "300ms"}], root={"host": "calls-itself-otherwise"}, name=name)
        edge.log = LogFile(log)
        edges.append(edge.start())

    def of(peer):
        return [incident for incident in centre.incidents() if incident["place"].get("peer") == peer]

    def wait_for_hosts(peer, affected, ended=0):
        def there():
            found = of(peer)
            return found if len(found) == 1 and (found[0]["fleet"]["affected"], found[0]["fleet"]["ended"]) == (affected, ended) else None
        return wait_for(there, 60, "%s on %d hosts, over on %d" % (peer, affected, ended))[0]

    for edge in edges:
        edge.log.write(verify_error_line(FIRST))
    wait_for(lambda: all(not edge.deliveries("ready") and edge.deliveries("delivered") for edge in edges), 60, "the edges to have told it")
    centre.start()
    incident = wait_for_hosts(FIRST, 2)
    expect_equal(sorted(host["host"] for host in incident["fleet"]["hosts"]), ["proxy-1", "proxy-2"], "the hosts, by their subjects")
    t.step("told while the centre was not there: one incident on two hosts")

    edges[0].log.write(verify_error_line(SECOND))
    wait_for_hosts(SECOND, 1)
    centre.kill()
    edges[1].log.write(verify_error_line(SECOND))
    wait_for(lambda: not edges[1].deliveries("ready"), 40, "the second edge to have told it")
    centre.start()
    expect_equal(wait_for_hosts(SECOND, 2)["count"], 2, "lines of both hosts")
    t.step("the centre was killed, and has heard what happened meanwhile, once")

    for edge in edges:
        found = [one for one in edge.incidents() if one["place"].get("peer") == FIRST][0]
        Operator(edge).text("incidents", "resolve", found["id"])
    wait_for(lambda: of(FIRST)[0]["status"] == 2, 40, "the incident to be over at the centre")
    wait_for(lambda: Operator(centre).ask("status")["fleet"].get("healthy") == 2, 40, "two healthy edges by their heartbeats")
    wait_for(lambda: servers.consumer("EDGES", "handshaked")["num_ack_pending"] == 0, 30, "every message to be acknowledged")
    t.step("over on both, and the heartbeats are heard")

    code, said, _ = Operator(edges[0]).run("receivers", "test", "centre")
    expect_equal((code, said.count(": delivered")), (0, 2), "receivers test: " + said)
    wait_for(lambda: [(one["place"]["peer"], one["status"]) for one in centre.incidents() if one["place"].get("peer") not in (FIRST, SECOND)] == [("198.51.100.7:8443", 2)],
             30, "the sample to be over at the centre")
    t.step("a sample opens and ends")
    for daemon in [*edges, centre]:
        daemon.stop()


run(story)
