"""300 faults of six causes at once, behind one nginx, each with a place of its own: a receiver that groups by cause hears one message of each, with the cause and a proof, soon after the
first line; not one for each fault, and none of them minutes later."""
import collections
import time

from support.authority import Authority
from support.daemon import Daemon
from support.nginx import Nginx
from support.scenario import expect, run, wait_for
from support.upstreams import TlsUpstream
from support.webhook_receiver import WebhookReceiver

OF_EACH = 50
# The promise is 30 s on a machine that has nothing else to do; a loaded one is given more.
BOUND = 75


def story(t):
    authority = Authority(t)
    root, other = authority.root(), authority.root("other", "Other Root CA")
    middle = authority.issue("middle", "Corp Issuing CA", root, is_authority=True)
    names = ["DNS:api.corp.test"]
    sound = authority.issue("sound", "api.corp.test", root, names)
    chains = {  # cause -> (chain that is served, directives that differ)
        "upstream_ca_not_trusted": ([sound], "proxy_ssl_trusted_certificate other.pem;"),
        "upstream_cert_expired": ([authority.issue("old", "api.corp.test", root, names, from_days=-90, to_days=-2)], ""),
        "upstream_wrong_cert_served": ([authority.issue("wrong", "www.corp.test", root, ["DNS:www.corp.test"])], ""),
        "upstream_chain_incomplete": ([authority.issue("lonely", "api.corp.test", middle, names)], ""),
        "verify_depth_too_small": ([authority.issue("deep", "api.corp.test", middle, names), middle], "proxy_ssl_verify_depth 0;"),
        "upstream_self_signed": ([authority.issue("self", "api.corp.test", None, names)], ""),
    }
    nginx = Nginx(t)
    locations = []
    for number, (cause, (chain, directives)) in enumerate(chains.items(), 1):
        upstream = TlsUpstream(t, authority, cause, *chain, host="0.0.0.0")
        for place in range(1, OF_EACH + 1):
            settings = "" if "proxy_ssl_trusted_certificate" in directives else "proxy_ssl_trusted_certificate corp.pem;"
            locations.append("location /%d/%d { proxy_pass https://127.%d.0.%d:%d; %s %s }" % (number, place, number, place, upstream.port, settings, directives))
    for certificate, name in ((root, "corp.pem"), (other, "other.pem")):
        (nginx.prefix / "conf" / name).write_bytes(certificate.file.read_bytes())
    nginx.configure("""
    proxy_ssl_verify on;
    proxy_ssl_name api.corp.test;
    server {
        listen 127.0.0.1:%d;
        server_name gw.corp.test;
        %s
    }""" % (nginx.port, "\n        ".join(locations)))
    nginx.start()
    receiver = WebhookReceiver(t, name="chat")
    daemon = Daemon(t, [nginx.error_log], [receiver.settings()], incidents={"group_wait": "10s"},
                    tables=[("[nginx]", {"configuration": nginx.prefix / "conf/nginx.conf", "prefix": nginx.prefix}),
                            ("[diagnosis]", {"ca_store": [root.file, other.file]}),
                            ("[[route]]", {"name": "by cause", "receivers": ["chat"], "group_by": ["cause"], "events": ["opened", "diagnosed", "resolved"]})]).start()

    began = time.monotonic()
    for place in range(1, OF_EACH + 1):  # the causes mixed, as a bad day has them
        for number in range(1, len(chains) + 1):
            nginx.get("/%d/%d" % (number, place))
    t.step("%d requests in %.1f s" % (OF_EACH * len(chains), time.monotonic() - began))

    told = {}  # cause -> when it was told first with its diagnosis

    def look():
        for event in receiver.delivered():
            diagnosis = event.data.get("diagnosis") or {}
            if diagnosis.get("evidence") and diagnosis["cause"] not in told:
                told[diagnosis["cause"]] = time.monotonic() - began
                t.step("%s: told with its cause after %.1f s, %d places" % (diagnosis["cause"], told[diagnosis["cause"]], event.data["group"]["open"]))
        return set(told) >= set(chains)
    wait_for(look, BOUND, lambda: "all causes; told: %s; diagnosed: %s" % (sorted(told), causes(daemon)))
    t.step("every cause was told after %.1f s" % max(told.values()))

    def places_told():
        """Of each cause the places of its last message."""
        last = {}
        for event in receiver.delivered():
            last[event.data["group"]["key"]] = event.data["group"]["open"]
        return sum(last.values())
    # Three hundred diagnoses: how long they take is the machine's. What is promised soon are the causes, above.
    wait_for(lambda: places_told() >= OF_EACH * len(chains), BOUND * 3, lambda: "all places to be told: %d" % places_told())
    kinds = collections.Counter(event.kind for event in receiver.delivered())
    t.step("messages: %s" % dict(kinds))
    expect(len(receiver.delivered()) <= 2 * len(chains), "%d messages for %d causes: %s" % (len(receiver.delivered()), len(chains), kinds))
    wait_for(lambda: sum(causes(daemon).values()) == OF_EACH * len(chains), BOUND * 2, lambda: "every place to be diagnosed: %s" % causes(daemon))
    t.step("every place diagnosed after %.1f s" % (time.monotonic() - began))
    for cause in chains:
        expect(causes(daemon)[cause] == OF_EACH, "%s was found at %d places: %s" % (cause, causes(daemon)[cause], causes(daemon)))
    daemon.stop(30)


def causes(daemon):
    return collections.Counter(cause for (cause,) in daemon.query("SELECT note_json ->> '$.cause' FROM diagnoses"))


run(story)
