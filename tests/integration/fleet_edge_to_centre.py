"""Edges push their incidents to a central daemon: one fault on several hosts is one incident there, told once, and over when it is over on all of
them; across `kill -9` of either side and a network that loses the acknowledgement."""
from support.fleet import Fleet, end_rest, resolve_by_hand, write_fault
from support.lossy_proxy import LossyProxy
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver

FIRST, SECOND, THIRD, FOURTH = ("10.0.0.%d:8443" % number for number in range(1, 5))


def story(t):
    hook = WebhookReceiver(t)
    fleet = Fleet(t, [hook.settings()])
    centre = fleet.centre.start()
    names = ["proxy-1", "proxy-2", "proxy-3"]
    edges = [fleet.edge(name).start() for name in names]

    for edge in edges:
        write_fault(edge, FIRST)
    incident = fleet.wait_for_hosts(FIRST, 3)
    expect_equal(sorted(host["host"] for host in incident["fleet"]["hosts"]), names, "the hosts that the incident lists")
    expect_equal(sorted(incident["hosts"]), names, "its hosts")
    hook.wait_for_events(1)
    t.step("three hosts, one incident")

    centre.kill()
    for edge in edges:
        write_fault(edge, SECOND)
    wait_for(lambda: all(any(row[3] > 0 for row in edge.deliveries("ready")) for edge in edges), 40, "every edge to have tried in vain")
    centre.start()
    for edge in edges:
        end_rest(edge)
    fleet.wait_for_hosts(SECOND, 3)
    expect_equal(fleet.wait_for_hosts(FIRST, 3)["id"], incident["id"], "the incident from before the kill")
    t.step("the centre was killed, and has heard what happened meanwhile")

    write_fault(edges[0], THIRD)
    edges[0].kill()
    edges[0].start()
    write_fault(edges[1], THIRD)
    fleet.wait_for_hosts(THIRD, 2)
    t.step("an edge was killed with an event under way: its fault is known once")

    # One that was killed may have sent before its death what it sends again now.
    wait_for(lambda: not any(edge.deliveries("ready") for edge in edges), 40, "the edges to have told everything")
    came_twice = fleet.status()["duplicates"]
    proxy = LossyProxy(t, fleet.plain_port, to=b'.opened.1"')
    fourth = fleet.edge("proxy-4", plain_port=proxy.port).start()
    write_fault(fourth, FOURTH)
    fleet.wait_for_hosts(FOURTH, 1)
    wait_for(lambda: not fourth.deliveries("ready"), 40, "the acknowledgement")
    expect_equal([row[2] for row in fourth.deliveries()], ["delivered"], "deliveries of the edge whose network was cut")
    expect_equal(fleet.status()["duplicates"], came_twice + 1, "events that came twice")
    expect_equal(fleet.incidents(FOURTH)[0]["count"], 1, "lines of the fault that came twice")
    t.step("the network was cut before the acknowledgement")

    for edge in edges[:2]:
        resolve_by_hand(edge, FIRST)
    fleet.wait_for_hosts(FIRST, 1, ended=2)
    expect_equal(fleet.incidents(FIRST)[0]["status"], 1, "status while it goes on on one host (1 is open)")
    resolve_by_hand(edges[2], FIRST)
    wait_for(lambda: fleet.incidents(FIRST)[0]["status"] == 2, 40, "the incident to be resolved at the centre")
    hook.wait_for_events(1, kind="resolved")

    hook.wait_for_events(4)
    hook.expect_all_valid()
    opened = [event.peer for event in hook.events("opened")]
    expect_equal(sorted(opened), [FIRST, SECOND, THIRD, FOURTH], "what was told as opened, each once")
    expect_equal([event.peer for event in hook.events("resolved")], [FIRST], "what was told as over")
    told = hook.events("resolved")[0]
    expect_equal(told.data["fleet"]["ended"], 3, "hosts on which it is over")
    expect("over on 3 of 4 hosts" in told.data["fleet"]["summary"], told.data["fleet"]["summary"])
    t.step("it ended when it had ended everywhere, and everything was told once")
    for daemon in [*fleet.edges.values(), centre]:
        daemon.stop()


run(story)
