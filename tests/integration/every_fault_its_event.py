"""One nginx, many upstreams, each wrong in a way of its own: each is named by the right rule. Healthy ones and passing trouble open nothing."""
from support.authority import Authority
from support.daemon import Daemon
from support.nginx import Nginx
from support.scenario import expect, expect_equal, run, wait_for
from support.upstreams import RawUpstream, TlsUpstream, close_at_once, reset_at_once, speak_plain_http
from support.webhook_receiver import WebhookReceiver


def story(t):
    authority = Authority(t)
    root = authority.root()
    issuing = authority.issue("issuing", "Corp Issuing CA", root, is_authority=True)
    old_issuing = authority.issue("old-issuing", "Corp Former Issuing CA", root, is_authority=True, from_days=-800, to_days=-10)
    names = ["DNS:api.corp.test"]

    def leaf(name, issuer=issuing, **more):
        return authority.issue(name, "api.corp.test", issuer, more.pop("names", names), **more)

    def tls(name, *chain, options=()):
        return TlsUpstream(t, authority, name, *chain, options=options)

    good = tls("good", leaf("good"), issuing)
    faults = {
        "leaf-only": (tls("leaf-only", leaf("leaf-only")), "nginx/upstream-verify-21-leaf-issuer-unknown"),
        "self-signed": (tls("self-signed", authority.issue("self-signed", "api.corp.test", None, names)), "nginx/upstream-verify-18-self-signed-leaf"),
        "expired": (tls("expired", leaf("expired", from_days=-400, to_days=-3), issuing), "nginx/upstream-verify-10-expired"),
        "expired-issuer": (tls("expired-issuer", leaf("under-expired", old_issuing), old_issuing), "nginx/upstream-verify-10-expired"),
        "future": (tls("future", leaf("future", from_days=3), issuing), "nginx/upstream-verify-9-not-yet-valid"),
        "wrong-name": (tls("wrong-name", leaf("wrong-name", names=["DNS:other.corp.test"]), issuing), "nginx/upstream-name-mismatch"),
        "wrong-purpose": (tls("wrong-purpose", leaf("wrong-purpose", purpose="clientAuth"), issuing), "nginx/upstream-verify-26-unsuitable-purpose"),
        "old-protocol": (tls("old-protocol", leaf("old-protocol"), issuing, options=["-tls1_2"]), "nginx/upstream-alert-70-protocol-version"),
        "plain": (RawUpstream(t, speak_plain_http), "nginx/upstream-wrong-version-number"),
    }
    passing = {"closes": RawUpstream(t, close_at_once), "resets": RawUpstream(t, reset_at_once)}

    nginx = Nginx(t)
    locations = "location /good { proxy_pass https://%s; }\n" % good.address
    for name, (upstream, _) in faults.items():
        only = "proxy_ssl_protocols TLSv1.3; " if name == "old-protocol" else ""
        locations += "location /%s { %sproxy_pass https://%s; }\n" % (name, only, upstream.address)
    for name, upstream in passing.items():
        locations += "location /%s { proxy_pass https://%s; }\n" % (name, upstream.address)
    nginx.configure("""
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 3;
    proxy_ssl_name api.corp.test;
    proxy_ssl_trusted_certificate %s;
    server { listen 127.0.0.1:%d; server_name gw.corp.test;
    %s }""" % (root.file, nginx.port, locations))
    nginx.start()
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [nginx.error_log], [receiver.settings()]).start()

    t.step("a healthy upstream, and two that break off")
    expect_equal(nginx.get("/good", 3), [200] * 3, "status of the healthy upstream")
    for name in passing:
        nginx.get("/" + name, 3)
    t.step("%d faults" % len(faults))
    for name in faults:
        expect_equal(set(nginx.get("/" + name, 2)), {502}, "status of " + name)
    receiver.wait_for_events(len(faults), within=30)
    wanted = {upstream.address: rule for upstream, rule in faults.values()}
    got = {event.peer: event.rule for event in receiver.events()}
    wrong = ["%s: wanted %s, got %s" % (name, rule, got.get(upstream.address)) for name, (upstream, rule) in faults.items()
             if got.get(upstream.address) != rule]
    expect(not wrong, "faults that were not named right:\n  " + "\n  ".join(wrong))
    expect_equal(got, wanted, "events by peer")

    t.step("trouble that passes is counted, not told")
    wait_for(lambda: all(daemon.counts_by_peer().get(upstream.address, 0) >= 3 for upstream in passing.values()), 20,
             lambda: "the broken-off handshakes to be counted: %r" % daemon.counts_by_peer())
    daemon.stop()
    expect_equal(len(receiver.events()), len(faults), "events in all")
    receiver.expect_all_valid()


run(story)
