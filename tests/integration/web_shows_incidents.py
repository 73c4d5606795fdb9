"""A real fault as the web listener shows it: on the page, diagnosed, with the patch that was proved; in /api/incidents, /metrics and status. Nothing on the page is a
stranger's markup, and nobody is shown more than events would."""
import html
import html.parser
import json

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


class Outline(html.parser.HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = set(), [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


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
    expect("No open incidents" in web.get("/").text, "the page without incidents")
    expect("没有未恢复的事件" in web.get("/", headers={"Accept-Language": "zh-CN,zh;q=0.9"}).text, "the page in Chinese")

    t.step("the fault, diagnosed, on the page")
    expect_equal(nginx.get("/", 2), [502, 502], "status while the trust file lacks the root")
    page = wait_for(lambda: (lambda answer: "Fix (proved)" in answer.text and answer)(web.get("/")), 20, lambda: "the proved fix on the page: " + web.get("/").text)
    outline = Outline(page.text)
    for wanted in (peer.address, "upstream_ca_not_trusted", "conf/nginx.conf", "Fix (proved)", "What not to try", "hook", str(nginx.error_log)):
        expect(wanted in outline.text, "%r is not on the page" % wanted)
    listed = json.loads(web.get("/api/incidents").text)
    expect_equal(listed["total"], 1, "incidents")
    proved = next(fix for fix in listed["incidents"][0]["fixes"] if fix["proof"]["status"] == "proved")
    expect(proved["patch"] and html.unescape(proved["patch"]) in outline.text, "the patch is not on the page as it is")
    expect_equal(page.headers["content-type"], "text/html; charset=utf-8", "type of the page")
    policy = page.headers["content-security-policy"]
    expect("default-src 'none'" in policy and "script" not in policy and "unsafe" not in policy, "policy: " + policy)
    for name, value in (("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("cache-control", "no-store"), ("x-frame-options", "DENY")):
        expect_equal(page.headers.get(name), value, name)

    t.step("strangers' text, redacted and harmless")
    other.write(HOSTILE)
    page = wait_for(lambda: (lambda answer: "10.9.9.9:8443" in answer.text and answer)(web.get("/")), 20, "the second incident")
    outline = Outline(page.text)
    expect(not outline.tags & {"script", "img", "iframe", "form", "object", "link", "base"}, "tags: %s" % sorted(outline.tags))
    expect(not [name for name, _ in outline.attributes if name.startswith("on") or name == "style"], "attributes: %s" % outline.attributes)
    hrefs = [value for name, value in outline.attributes if name in ("href", "src")]
    expect(all(value.startswith("/") for value in hrefs), "links: %s" % hrefs)
    # Each answer is kept for a second: that of another path may be older.
    wait_for(lambda: "10.9.9.9:8443" in web.get("/api/incidents").text, 20, "the second incident in the JSON")
    everything = page.text + web.get("/api/incidents").text + web.get("/metrics").text
    for secret in ("token=secret", "192.0.2.77"):
        expect(secret not in everything, "%s can be seen" % secret)
    expect("<script>" in web.get("/api/incidents").text, "the JSON has the text as it is")

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
    expect_equal(now.sum("handshaked_incidents", status="open"), 2, "open incidents")
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
