"""A real fault as the web listener shows it: in what the page asks for, diagnosed, with the patch that was proved; in /metrics and status. Nobody is shown more than events
would. What a browser makes of it: page_in_browser.py."""
import re

from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon
from support.distrusted_upstream import DistrustedUpstream
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for
from support.web_client import WebClient
from support.webhook_receiver import WebhookReceiver

HOSTILE = b'2026/11/21 02:58:15 [error] 9#9: *1 upstream SSL certificate verify error: (10:certificate has expired) while SSL handshaking to upstream, client: ' \
    b'192.0.2.77, server: <script>alert(1)</script>, request: "GET /<img src=x onerror=alert(2)>?token=secret HTTP/1.1", upstream: "https://10.9.9.9:8443/", ' \
    b'host: "x"\n'


def story(t):
    place = DistrustedUpstream(t)
    nginx, peer = place.nginx, place.peer
    receiver = WebhookReceiver(t)
    other = LogFile(t.directory / "other.log")
    web = WebClient()
    daemon = Daemon(t, [nginx.error_log, other.path], [receiver.settings()], tables=[web.table(), *place.tables("1s")]).start()
    operator = Operator(daemon)

    t.step("well")
    expect_equal(wait_for(lambda: web.get("/readyz").status == 200 and web.get("/readyz"), 20, "/readyz to answer 200").text,
                 '{"status":"ready","reasons":[]}\n', "readiness")
    expect_equal((web.get("/healthz").status, web.get("/healthz").text), (200, '{"status":"ok"}\n'), "health")
    page = web.get("/")
    expect_equal((page.status, page.headers["content-type"]), (200, "text/html; charset=utf-8"), "the page")
    policy = page.headers["content-security-policy"]
    expect("default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy, "policy: " + policy)
    expect(not re.search(r"<script(?![^>]*src=)|<style| on[a-z]+=|https?://", page.text), "the page has code, style or a resource of others in itself: " + page.text)
    for name, value in (("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY")):
        expect_equal(page.headers.get(name), value, name)
    again = web.get("/app.js", headers={"If-None-Match": web.get("/app.js").headers["etag"]})
    expect_equal((again.status, again.body), (304, b""), "the script a second time")
    expect_equal(web.api("/api/incidents")["total"], 0, "incidents at the beginning")

    t.step("the fault, diagnosed, on the page")
    expect_equal(nginx.get("/", 2), [502, 502], "status while the trust file lacks the root")
    row = wait_for(lambda: next((one for one in web.api("/api/incidents")["incidents"] if one["proved"]), None), 20, "the proved fix in the list")
    expect_equal((row["cause"], row["diagnosed"], row["status"]), ("upstream_ca_not_trusted", True, "open"), "the row")
    expect(peer.address in row["title"] and "certificate" not in row["cause"], "title: " + row["title"])
    shown = web.api("/api/incidents/" + row["id"])
    expect_equal(shown["incident"]["title"], row["title"], "one title everywhere")
    expect(shown["fixes"][0]["proof"]["status"] == "proved" and shown["fixes"][0]["patch"], "the proved fix first: %r" % shown["fixes"][:1])
    expect("conf/nginx.conf" in shown["place"]["file"] and shown["dead_ends"], "place: %r" % shown["place"])
    wait_for(lambda: any(one["receiver"] == "hook" for one in web.api("/api/incidents/" + row["id"])["deliveries"]), 20, "who was told")
    expect_equal(web.get("/api/incidents/inc-0").status, 404, "an incident that is not there")
    chinese = web.api("/api/incidents?lang=zh")["incidents"][0]["title"]
    expect(re.search("[\u4e00-\u9fff]", chinese), "title in Chinese: " + chinese)
    expect_equal([one["id"] for one in web.api("/api/timeline")["incidents"]], [row["id"]], "the timeline")
    status = web.api("/api/status")
    expect(str(nginx.error_log) in [one["name"] for one in status["sources"]] and status["receivers"][0]["name"] == "hook", "sources and receivers")

    t.step("search, filters and pages")
    expect_equal(web.api("/api/incidents?severity=critical&q=nothing-like-it")["total"], 0, "a search that finds nothing")
    expect_equal(web.api("/api/incidents?q=" + peer.address + "&side=upstream")["total"], 1, "a search for the upstream")
    expect_equal(web.api("/api/incidents?side=client")["facets"]["side"], [["upstream", 1]], "what the filter could be set to")

    t.step("strangers' text, redacted and harmless")
    other.write(HOSTILE)
    hostile = wait_for(lambda: next((one for one in web.api("/api/incidents")["incidents"] if "10.9.9.9:8443" in one["title"]), None), 20,
                       "the second incident")
    shown = web.get("/api/incidents/" + hostile["id"])
    everything = shown.text + web.get("/api/incidents").text + web.get("/metrics").text
    for secret in ("token=secret", "192.0.2.77"):
        expect(secret not in everything, "%s can be seen" % secret)
    expect("<script>" in shown.text, "the JSON has the text as it is: the page makes it harmless")
    expect_equal(web.get("/incidents/" + hostile["id"]).body, page.body, "the page itself has no text of anybody's")

    t.step("live")
    with web.events() as events:
        events.wait_for_change(10)
        other.write(HOSTILE.replace(b"10.9.9.9", b"10.9.9.8"))
        events.wait_for_change(10)

    t.step("counted")
    lines = lambda: len(nginx.error_log.read_bytes().splitlines())
    wait_for(lambda: web.metric("handshaked_source_read_lines_total", source=nginx.error_log) == lines(), 20, "all lines to be counted")
    wait_for(lambda: web.metric("handshaked_source_read_bytes_total", source=nginx.error_log) == nginx.error_log.stat().st_size, 20, "all bytes")
    wait_for(lambda: web.metric("handshaked_source_lag_bytes", source=nginx.error_log) == 0, 20, "no lag")
    wait_for(lambda: web.metric("handshaked_source_matched_lines_total") >= 3, 20, "three recognised lines")
    wait_for(lambda: web.metric("handshaked_probe_round_duration_seconds_count") >= 1, 20, "a round of probes")
    wait_for(lambda: web.metric("handshaked_events_delivered_total", receiver="hook") == len(daemon.deliveries("delivered")) >= 2, 20, "delivered events")
    wait_for(lambda: web.metric("handshaked_store_commit_duration_seconds_count") >= 2, 20, "commits")
    now = web.metrics()
    expect(now.sum("handshaked_source_candidate_lines_total") >= now.sum("handshaked_source_matched_lines_total"), "candidates")
    expect_equal(now.sum("handshaked_rule_matches_total"), now.sum("handshaked_source_matched_lines_total") - now.sum("handshaked_untrusted_lines_total"),
                 "matches of all rules")
    expect(now.sum("handshaked_rule_confirmations_total") > 0 and now.sum("handshaked_rule_confirmation_seconds_total") > 0, "the cost of rules")
    expect_equal(now.sum("handshaked_incidents", status="open"), 3, "open incidents")
    expect(now.sum("handshaked_events_queued_total", receiver="hook") >= now.sum("handshaked_events_delivered_total", receiver="hook"), "queued events")
    expect(now.sum("handshaked_diagnosis_duration_seconds_count") >= 1 and now.sum("handshaked_diagnoses_total", result="found") >= 1, "diagnoses")
    expect(now.sum("handshaked_probe_handshakes_total") >= 1, "handshakes")
    expect(now.sum("handshaked_store_last_commit_timestamp_seconds") > 1.6e9, "the last commit")
    expect_equal(now.sum("handshaked_receiver_up", receiver="hook"), 1, "receiver")
    expect(abs(now.sum("process_resident_memory_bytes") / 1024 - daemon.resident_kib()) < 65536, "memory")

    t.step("status says the same")
    def shown():
        status = operator.ask("status")
        return status, next(one for one in status["sources"] if one["name"] == str(nginx.error_log))
    wait_for(lambda: shown()[1]["lines"] == lines() and shown()[1]["lag_bytes"] == 0, 20, "all lines in status")
    status, source = shown()
    expect_equal((source["kind"], source["state"]), ("files", "open"), "the source in status")
    wait_for(lambda: shown()[1]["position"] == nginx.error_log.stat().st_size, 20, "the position at the end")
    expect(source["last_line_at"].startswith("20"), "last line: %r" % source)
    expect(sum(rule["matches"] for rule in status["rule_use"]) >= 3 and status["rule_use"][0]["seconds"] >= 0, "rules: %r" % status["rule_use"])
    expect_equal((status["ready"], status["store"]["answers"], [queue["name"] for queue in status["queues"]]), (True, True, ["logs", "network"]), "status")
    text = operator.text("status")
    for wanted in (str(nginx.error_log), "UNREAD", "RULE", "queues: logs 0/8", "OpenSSL 3", "hook"):
        expect(wanted in text, "%r is not in status:\n%s" % (wanted, text))
    expect("未读" in operator.text("status", lang="zh"), "status in Chinese")
    daemon.stop()


run(story)
