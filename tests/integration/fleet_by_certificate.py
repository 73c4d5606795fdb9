"""An edge is who its client certificate says, whatever its messages say: the centre asks for one (client_ca) and for nothing else (host_from = "sender"). An
edge without a certificate, and one with another CA's, tell it nothing; what they have to say waits on them."""
from support.fleet import Fleet, write_fault
from support.scenario import expect, expect_equal, run, wait_for

FAULT, UNHEARD = "10.0.0.1:8443", "10.0.0.2:8443"


def story(t):
    fleet = Fleet(t, client_ca=t.directory / "pki" / "root.crt", host_from="sender", token_files=[])
    fleet.centre.start()
    authority, root = fleet.authority, fleet.root

    def edge(name, certificate):
        shown = {} if certificate is None else {"client_certificate": certificate.file, "client_key": certificate.key}
        return fleet.edge(name, **shown).start()
    first = edge("calls-itself-proxy-9", authority.issue("edge-1", "proxy-1", root, purpose="clientAuth"))
    second = edge("calls-itself-proxy-1", authority.issue("edge-2", "", root, ["IP:127.0.0.1", "DNS:proxy-2"], purpose="clientAuth"))
    write_fault(first, FAULT)
    write_fault(second, FAULT)
    incident = fleet.wait_for_hosts(FAULT, 2)
    expect_equal(sorted(host["host"] for host in incident["fleet"]["hosts"]), ["proxy-1", "proxy-2"], "hosts, by their certificates")
    t.step("two edges, named by their certificates")

    stranger = authority.root("stranger", "Another CA")
    unheard = [edge("nobody", None), edge("foreign", authority.issue("edge-3", "proxy-1", stranger, purpose="clientAuth"))]
    for one in unheard:
        write_fault(one, UNHEARD)
    wait_for(lambda: all(any(row[3] > 0 for row in one.deliveries("ready")) for one in unheard), 60, "both to have tried in vain")
    expect_equal(fleet.incidents(UNHEARD), [], "what the centre heard of them")
    for one, why in zip(unheard, ("certificate required", "unknown ca")):
        expect(all(why in (row[4] or why) for row in one.deliveries("ready")), "why nothing is heard: %s" % one.deliveries("ready"))
        expect(not one.deliveries("delivered") and not one.deliveries("dead"), "what they have to say does not wait: %s" % one.deliveries())
    t.step("without a certificate, or with another CA's, nothing is heard, and nothing is given up")
    for daemon in [*fleet.edges.values(), fleet.centre]:
        daemon.stop()


run(story)
