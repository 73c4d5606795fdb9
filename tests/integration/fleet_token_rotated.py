"""The token of a fleet is exchanged while everybody runs: the centre reads its file again when it is reloaded, and holds each request against what stands there
now, also on connections that began before. What an edge with the old token has to say waits until it has the new one."""
from support.fleet import Fleet, end_rest, write_fault
from support.scenario import expect_equal, run, wait_for

BEFORE, MEANWHILE, AFTER = "10.0.0.1:8443", "10.0.0.2:8443", "10.0.0.3:8443"
NEW = "the-next-token-of-the-fleet"


def story(t):
    fleet = Fleet(t)

    def use_at_centre(*tokens):
        so_far = len(fleet.centre.log_text())
        fleet.token_file.write_text("".join(token + "\n" for token in tokens))
        fleet.centre.reload()
        fleet.centre.wait_for_log("reloaded the configuration", after=so_far)

    def edge(name):
        token = t.directory / (name + ".token")
        token.write_text(Fleet.TOKEN + "\n")
        one = fleet.edge(name, token_file=token)
        one.token = token
        return one.start()

    def use_at_edge(one):
        so_far = len(one.log_text())
        one.token.write_text(NEW + "\n")
        one.reload()
        one.wait_for_log("reloaded the configuration", after=so_far)

    fleet.centre.start()
    first, second = edge("proxy-1"), edge("proxy-2")
    for one in (first, second):
        write_fault(one, BEFORE)
    fleet.wait_for_hosts(BEFORE, 2)

    use_at_centre(Fleet.TOKEN, NEW)
    use_at_edge(first)
    for one in (first, second):
        write_fault(one, MEANWHILE)
    fleet.wait_for_hosts(MEANWHILE, 2)
    t.step("both tokens are good, one edge has the new one")

    use_at_centre(NEW)
    for one in (first, second):
        write_fault(one, AFTER)
    fleet.wait_for_hosts(AFTER, 1)
    wait_for(lambda: any("401" in (row[4] or "") for row in second.deliveries("ready")), 40, "the old token to be refused")
    expect_equal([host["host"] for host in fleet.incidents(AFTER)[0]["fleet"]["hosts"]], ["proxy-1"], "who was heard")
    t.step("the old one is not good any more, whenever its connection began")

    fleet.token_file.write_text("# none\n")
    fleet.centre.reload()
    fleet.centre.wait_for_log("the tokens were not reloaded, the previous ones stay in use")
    use_at_edge(second)
    end_rest(second)
    fleet.wait_for_hosts(AFTER, 2)
    t.step("what waited was told; a file without a token changes nothing")
    for daemon in [*fleet.edges.values(), fleet.centre]:
        daemon.stop()


run(story)
