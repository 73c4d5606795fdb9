"""The centre knows an edge that has fallen silent from a healthy one, refuses a wrong token without losing an event, routes by labels of hosts, and
sets aside what is no message of an edge."""
import json
import ssl
import urllib.error
import urllib.request

from support.fleet import Fleet, end_rest, write_fault
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver

PEER, OTHER = "10.0.0.1:8443", "10.0.0.2:8443"


def post(fleet, body, token=Fleet.TOKEN):
    """(status, body) of a message that is no edge's."""
    request = urllib.request.Request("https://127.0.0.1:%d/v1/edge" % fleet.port, data=body, headers={
        "content-type": "application/json", "authorization": "Bearer " + token})
    try:
        with urllib.request.urlopen(request, timeout=20, context=ssl.create_default_context(cafile=fleet.root.file)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def story(t):
    everybody, frankfurt = WebhookReceiver(t, name="everybody"), WebhookReceiver(t, name="frankfurt")
    fleet = Fleet(t, [everybody.settings(), frankfurt.settings()], silent_after="15s", tables=[
        ("[[route]]", {"name": "fra", "matchers": ["label=site=fra"], "receivers": ["frankfurt"], "continue": True}),
        ("[[route]]", {"name": "all", "receivers": ["everybody"]})])
    centre = fleet.centre.start()
    first = fleet.edge("proxy-1", labels={"site": "fra"}).start()
    second = fleet.edge("proxy-2", labels={"site": "ams"}).start()
    fleet.wait_for_edges(healthy=2)
    write_fault(first, PEER)
    write_fault(second, OTHER)
    everybody.wait_for_events(2)
    expect_equal([event.peer for event in frankfurt.wait_for_events(1)], [PEER], "what Frankfurt is told")
    t.step("two edges are heard, and routes know their labels")

    second.kill()
    fleet.wait_for_edges(within=90, healthy=1, silent=1)
    silent = [event for event in everybody.wait_for_events(3) if event.rule == "handshaked/edge-silent"]
    expect_equal([host["host"] for host in silent[0].data["fleet"]["hosts"]], ["proxy-2"], "the hosts that are told as silent")
    expect_equal([edge["state"] for edge in fleet.status()["edges"]], ["silent", "healthy"], "states, those first that need somebody")
    expect("edge-silent" not in json.dumps([event.data for event in frankfurt.events()]), "Frankfurt heard of a host in Amsterdam")
    second.start()
    fleet.wait_for_edges(healthy=2, silent=0)
    expect_equal([event.rule for event in everybody.wait_for_events(1, kind="resolved")], ["handshaked/edge-silent"], "what is over")
    t.step("a silent edge is told, and that it is heard again")

    wrong = t.directory / "wrong.token"
    wrong.write_text("not-the-token\n")
    third = fleet.edge("proxy-3", token_file=wrong).start()
    write_fault(third, PEER)
    wait_for(lambda: any("401" in row[4] for row in third.deliveries("ready")), 40, "the centre to refuse a wrong token")
    expect(fleet.TOKEN not in third.log_text() and "not-the-token" not in third.log_text(), "the log holds a token")
    expect_equal(len(fleet.status()["edges"]), 2, "edges that are known while one shows a wrong token")
    wrong.write_text(fleet.TOKEN + "\n")
    third.reload()
    third.wait_for_log("reloaded the configuration")
    end_rest(third)
    fleet.wait_for_hosts(PEER, 2)
    t.step("a wrong token is refused, and its events wait until it is right")

    code, said = post(fleet, b"{}", token="not-the-token")
    expect_equal(code, 401, "status of a wrong token: " + said)
    for body, status in ((b"{}", 400), (b"not json", 400), (b'{"version":1,"edge":{"host":"x"},"event":{"type":"com.example.other"}}', 400),
                         (b'{"version":2,"edge":{"host":"x"}}', 503)):
        code, said = post(fleet, body)
        expect_equal(code, status, "status of %r: %s" % (body[:60], said))
    expect_equal(len(fleet.status()["edges"]), 3, "edges after messages of nobody")
    t.step("what is no message of an edge is refused in words, and counted")
    for daemon in [*fleet.edges.values(), centre]:
        daemon.stop()


run(story)
