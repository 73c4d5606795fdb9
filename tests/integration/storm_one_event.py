"""A real nginx, a real upstream whose certificate it refuses, 300 requests: one event, and the count grows. Another fault: another event.
A whole group that fails: `no live upstreams` joins the fault that it follows from."""
from support.authority import Authority
from support.daemon import Daemon
from support.nginx import Nginx
from support.scenario import expect, expect_equal, run, wait_for
from support.upstreams import TlsUpstream
from support.webhook_receiver import WebhookReceiver

REQUESTS = 300


def story(t):
    authority = Authority(t)
    root = authority.root()
    issuing = authority.issue("issuing", "Corp Issuing CA", root, is_authority=True)
    stranger = authority.root("stranger", "Partner Root CA")
    stranger_issuing = authority.issue("stranger-issuing", "Partner Issuing CA", stranger, is_authority=True)
    names = ["DNS:api.corp.test"]
    foreign = TlsUpstream(t, authority, "foreign", authority.issue("foreign", "api.corp.test", stranger_issuing, names), stranger_issuing)
    expired = TlsUpstream(t, authority, "expired", authority.issue("expired", "api.corp.test", issuing, names, from_days=-400, to_days=-3), issuing)
    first, second = [TlsUpstream(t, authority, "pool-%d" % n, authority.issue("pool-%d" % n, "other.corp.test", issuing, ["DNS:other.corp.test"]), issuing)
                     for n in (1, 2)]

    nginx = Nginx(t)
    nginx.configure("""
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 3;
    proxy_ssl_name api.corp.test;
    proxy_ssl_trusted_certificate %s;
    upstream pool { server %s; server %s; }
    server {
        listen 127.0.0.1:%d;
        server_name gw.corp.test;
        location /foreign { proxy_pass https://%s; }
        location /expired { proxy_pass https://%s; }
    }
    server {
        listen 127.0.0.1:%d;
        server_name pool.corp.test;
        location / { proxy_pass https://pool; }
    }""" % (root.file, first.address, second.address, nginx.port, foreign.address, expired.address, nginx.port))
    nginx.start()
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [nginx.error_log], [receiver.settings()]).start()

    t.step("a storm: %d requests that all fail for one reason" % REQUESTS)
    expect_equal(set(nginx.get("/foreign?card=4111", 1)), {502}, "status of the first request")
    opened = receiver.wait_for_events(1)[0]
    expect_equal(opened.rule, "nginx/upstream-ssl-certificate-verify-error", "rule")
    expect_equal(opened.peer, foreign.address, "peer")
    expect_equal(opened.data["place"]["side"], "upstream", "side")
    expect_equal(opened.data["incident"]["count"], 1, "count in the first event")
    expect(opened.data["fixes"] and opened.data["dead_ends"], "the event gives no advice")
    expect("card=4111" not in opened.body.decode(), "a query string left the host")
    expect_equal(set(nginx.get("/foreign?card=4111", REQUESTS - 1)), {502}, "status of the requests")
    expect_equal(nginx.lines("upstream SSL certificate verify error: (20:"), REQUESTS, "lines that nginx wrote")
    wait_for(lambda: daemon.counts_by_peer().get(foreign.address) == REQUESTS, 20, "the incident to count every line")

    t.step("a different fault is a different incident")
    nginx.get("/expired", 5)
    other = receiver.wait_for_events(2)[1]
    expect_equal(other.rule, "nginx/upstream-verify-10-expired", "rule of the second fault")
    expect_equal(other.peer, expired.address, "peer of the second fault")
    expect(other.data["incident"]["id"] != opened.data["incident"]["id"], "two faults in one incident")

    t.step("a group without a live server")
    nginx.get("/", 20, host="pool.corp.test")
    expect(nginx.lines("no live upstreams") > 0, "nginx wrote no `no live upstreams`")
    receiver.wait_for_events(4)

    def consequences():
        return sum(c["count"] for incident in daemon.incidents() for c in incident["consequences"] if c["rule_id"] == "nginx/no-live-upstreams")
    wait_for(lambda: consequences() == nginx.lines("no live upstreams"), 20,
             lambda: "%d lines to join their cause, %d have" % (nginx.lines("no live upstreams"), consequences()))

    daemon.stop()
    expect_equal(sorted(event.rule for event in receiver.events()),
                 ["nginx/upstream-name-mismatch"] * 2 + ["nginx/upstream-ssl-certificate-verify-error", "nginx/upstream-verify-10-expired"],
                 "rules of all opened events")
    expect_equal({event.peer for event in receiver.events()}, {foreign.address, expired.address, first.address, second.address}, "peers of all events")
    # Diagnosed, and updated when `no live upstreams` came after the event of its cause: said once each, if at all.
    others = [request.kind for request in receiver.requests() if request.kind != "opened"]
    expect(set(others) <= {"diagnosed", "updated"} and others.count("updated") <= 2, "other events: %r" % others)
    expect_equal(len({request.id for request in receiver.requests()}), len(receiver.requests()), "requests: nothing was sent twice")
    receiver.expect_all_valid()


run(story)
