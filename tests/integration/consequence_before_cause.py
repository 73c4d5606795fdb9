"""A consequence is in the log before its cause, as when the log was rotated in between: the incident goes on as what it is. It is told with the candidates of
its own line, then with its own diagnosis; nothing that was found out about the consequence is said of it."""
import time

from support.daemon import Daemon
from support.distrusted_upstream import DistrustedUpstream
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver

NO_LIVE = ('%s [error] 4711#4711: *1 no live upstreams while connecting to upstream, client: 127.0.0.1, server: gw.corp.test, request: "GET / HTTP/1.1", '
           'upstream: "https://backend/", host: "gw.corp.test"\n')


def story(t):
    place = DistrustedUpstream(t)
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [place.nginx.error_log], [receiver.settings()], incidents={"group_wait": "1s"}, tables=place.tables("500ms")).start()
    with open(place.nginx.error_log, "a", encoding="utf-8") as log:
        log.write(NO_LIVE % time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime()))
    (opened,) = receiver.wait_for_events(1, within=10)
    expect_equal(opened.data["rule"]["id"], "nginx/no-live-upstreams", "what was told first")
    wait_for(lambda: daemon.query("SELECT note_json FROM diagnoses"), 20, "the consequence to be diagnosed")
    t.step("the consequence alone")

    place.nginx.get("/", 1)
    told = wait_for(lambda: [event for event in receiver.events("diagnosed") if event.data["diagnosis"]["cause"] == "upstream_ca_not_trusted"], 20,
                    "the cause to be told")[0]
    first = opened.data["incident"]
    expect_equal(told.data["incident"]["id"], first["id"], "the incident")
    expect_equal(told.data["incident"]["earlier_fingerprints"], [first["fingerprint"]], "what it was taken for")
    expect_equal([one["rule"] for one in told.data["incident"]["consequences"]], ["nginx/no-live-upstreams"], "its consequences")
    for event in receiver.events("updated"):
        expect(event.data["rule"]["id"] == "nginx/no-live-upstreams" or event.data["diagnosis"]["cause"] != "no_live_upstreams",
               "%s is told with what was found out about its consequence" % event.id)
    expect_equal(len(daemon.incidents()), 1, "incidents")
    receiver.expect_all_valid()
    t.step("the cause came, under the same incident")
    daemon.stop()


run(story)
