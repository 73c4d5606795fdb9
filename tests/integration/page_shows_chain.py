"""The page in a real browser: the chain of an incident as a picture with the place at which it breaks; on the timeline the reloads of nginx as marks, and
what ends next."""
import signal

from support.browser import browser_program
from support.daemon import Daemon
from support.distrusted_upstream import DistrustedUpstream
from support.scenario import expect_equal, run, wait_for
from support.web_client import WebClient


def story(t):
    place = DistrustedUpstream(t)
    web = WebClient()
    Daemon(t, [place.nginx.error_log], tables=[web.table(), ("[calendar]", {"enabled": True}), *place.tables("1s")]).start()
    expect_equal(place.nginx.get("/", 2), [502, 502], "status while the trust file lacks the root")

    def diagnosed():
        rows = [row for row in (web.api("/api/incidents") or {}).get("incidents", []) if row.get("cause") == "upstream_ca_not_trusted"]
        return rows[0]["id"] if rows and web.api("/api/incidents/" + rows[0]["id"])["diagnosis"].get("evidence") else None
    incident = wait_for(diagnosed, 60, "the incident with its diagnosis")
    place.nginx.process.signal(signal.SIGHUP)

    def timeline():
        answer = web.api("/api/timeline")
        return answer["reloads"] and answer["ends"] and answer
    wait_for(timeline, 60, lambda: "a reload and what ends: %r" % web.api("/api/timeline"))
    t.step("an incident with its chain, a reload, a calendar")
    shown = browser_program(t, "chain.js", address="http://127.0.0.1:%d" % web.port, incident=incident, shape="chain_fault chain_missing",
                            broken="neither sent by the upstream nor in")
    t.step("the page shows all of it: %d links" % shown["links"])


run(story)
