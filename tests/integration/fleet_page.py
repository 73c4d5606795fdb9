"""The page of a fleet in a real browser: two edges that report and one that fell silent, their versions, and the incident that is on two of them."""
from support.browser import browser_program
from support.fleet import Fleet, write_fault
from support.scenario import expect, expect_equal, run, wait_for
from support.web_client import WebClient

PEER = "10.0.0.1:8443"


def story(t):
    web = WebClient()
    fleet = Fleet(t, silent_after="5s", tables=[web.table()])
    fleet.centre.start()
    edges = [fleet.edge("proxy-%d" % number).start() for number in (1, 2, 3)]
    fleet.wait_for_edges(healthy=3)
    for edge in edges[:2]:
        write_fault(edge, PEER)
    fleet.wait_for_hosts(PEER, 2)
    edges[2].stop()
    fleet.wait_for_edges(within=90, healthy=2, silent=1)
    answer = web.api("/api/fleet")
    expect_equal((answer["total"], answer["healthy"], answer["behind"], answer["silent"]), (3, 2, 0, 1), "edges")
    expect_equal([one["edges"] for one in answer["versions"]], [3], "edges of each version")
    expect_equal([one["hosts"] for one in answer["incidents"]], sorted((one["hosts"] for one in answer["incidents"]), reverse=True), "the widest first")
    expect_equal(answer["incidents"][0]["hosts"], 2, "hosts of the widest incident")
    wait_for(lambda: (web.api("/api/incidents?host=proxy-1") or {}).get("total") == 1, 20, "the list of one host")
    t.step("what the page is told")
    browser_program(t, "fleet.js", address="http://127.0.0.1:%d" % web.port, hosts=2,
                    edges=[["proxy-3", "silent"], ["proxy-1", "healthy"], ["proxy-2", "healthy"]])
    expect(fleet.centre.process.is_running(), "the centre")


run(story)
