"""A centre that is a group: what it has to show with every engine."""
import collections
import sqlite3
import time

from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon
from support.operator import Operator
from support.scenario import expect, expect_equal, wait_for
from support.worker_group import has_another, owners, set_up, start_again

GROUP = "centre"
PARTITIONS = 3
WORKERS = ("anna", "berta", "clara", "dora")
OPEN, RESOLVED = 1, 2
SILENT_RULE = "handshaked/edge-silent"


def no_live_line(server):
    """What nginx writes when every peer of a group has failed: a consequence, of which the cause comes later here."""
    return ("%s [error] 4711#4711: *9 no live upstreams while connecting to upstream, client: 192.0.2.1, server: %s, "
            'request: "GET / HTTP/1.1", upstream: "https://%s/", host: "%s"\n' % (time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime()), server, "of-" + server, server)).encode()


class CentreGroup:
    def __init__(self, workers):
        self.workers = workers
        for worker in workers:
            worker.database = worker.directory / ("group-%s.db" % GROUP)

    def start(self):
        set_up(self.workers[0])
        for worker in self.workers:
            worker.start()
        wait_for(lambda: len(owners(self.workers[0])) == PARTITIONS, 40, "each partition to have an owner")

    def incidents(self):
        """(partition, incident) of all partitions, as those that have them now keep them."""
        start_again(self.workers)
        found = []
        for number, owner in owners(self.workers[0]).items():
            worker = next(one for one in self.workers if one.name == owner)
            try:
                found += [(number, incident) for incident in worker.incidents()]
            except sqlite3.Error:
                pass  # it is just taking over
        return found

    def open_hosts(self):
        """By peer or server and rule: the partitions that have it as open, and the hosts on which it goes on."""
        found = collections.defaultdict(list)
        for number, incident in self.incidents():
            if incident["status"] == OPEN:
                place = incident["place"]
                hosts = sorted(host["host"] for host in incident["fleet"]["hosts"] if "until" not in host)
                found[(place.get("peer") or place.get("server") or place.get("object"), incident["rule_id"])].append((number, hosts))
        return dict(found)


def truth(edges):
    """What the edges know, in the form of open_hosts() without the partitions."""
    found = collections.defaultdict(list)
    for edge in edges:
        for incident in edge.incidents():
            if incident["status"] == OPEN:
                place = incident["place"]
                found[(place.get("peer") or place.get("server"), incident["rule_id"])].append(edge.name)
    return {key: sorted(hosts) for key, hosts in found.items()}


def play(t, hook, workers, receiver_of, hurt, heal):
    """`receiver_of(name)`: what an edge of that name sends with; `hurt` and `heal`: a server of the engine."""
    centre = CentreGroup(workers)
    centre.start()
    edges = []
    for name in ("proxy-1", "proxy-2"):
        log = t.directory / (name + ".log")
        settings = dict({"name": "centre", "carries": "edges", "partitions": PARTITIONS, "heartbeat_interval": "1s"}, **receiver_of(name))
        edge = Daemon(t, [log], [settings], root={"host": name}, name=name)
        edge.log = LogFile(log)
        edges.append(edge.start())
    numbers = iter(range(1, 250))

    def new_faults(count, on=edges):
        peers = ["10.0.0.%d:8443" % next(numbers) for _ in range(count)]
        for edge in on:
            for peer in peers:
                edge.log.write(verify_error_line(peer))
        return peers

    def expect_the_truth(faults, within=90):
        state = {}

        def same():
            state["edges"] = truth(edges)
            state["centre"] = {key: value for key, value in centre.open_hosts().items() if key[1] != SILENT_RULE}
            return (len(state["edges"]) == faults and all(len(value) == 1 for value in state["centre"].values()) and
                    {key: value[0][1] for key, value in state["centre"].items()} == state["edges"])
        wait_for(same, within, lambda: "%d faults, each in one partition: edges %r, centre %r" % (faults, state["edges"], state["centre"]))
        return state["centre"]

    new_faults(12)
    known = expect_the_truth(12)
    expect(len({value[0][0] for value in known.values()}) == PARTITIONS, "each partition has some of them: %r" % known)
    hook.wait_for_events(12)
    t.step("twelve faults on two hosts are twelve incidents of three partitions")

    names = ["gw-%d.corp.test" % number for number in range(9)]
    for edge in edges:
        for name in names:
            edge.log.write(no_live_line(name))
    wait_for(lambda: sum(rule == "nginx/no-live-upstreams" for _, rule in centre.open_hosts()) == len(names), 60, "the consequences to be incidents")
    expect_the_truth(12 + len(names))
    for edge in edges:
        for name in names:
            edge.log.write(verify_error_line("10.0.1.%d:8443" % (names.index(name) + 1), server=name))
    wait_for(lambda: all(rule != "nginx/no-live-upstreams" for _, rule in truth(edges)), 60, "the edges to find the cause")
    faults = 12 + len(names)
    expect_the_truth(faults)
    ended_in = {incident["servers"][0]: number for number, incident in centre.incidents() if incident["rule_id"] == "nginx/no-live-upstreams"
                if incident["status"] == RESOLVED and incident["resolved_by"] == "merged"}
    goes_on_in = {incident["servers"][0]: number for number, incident in centre.incidents()
                  if incident["status"] == OPEN and incident["place"].get("peer", "").startswith("10.0.1.")}
    expect_equal((sorted(ended_in), sorted(goes_on_in)), (names, names), "where the consequences ended, and where their causes go on")
    moved = [name for name in names if ended_in[name] != goes_on_in[name]]
    expect(0 < len(moved) < len(names), "some moved, some stayed: %d of %d" % (len(moved), len(names)))
    t.step("%d of %d that found their cause moved to another partition" % (len(moved), len(names)))

    for worker in centre.workers:
        had = [number for number, owner in owners(worker).items() if owner == worker.name]
        new_faults(2)
        worker.kill()
        new_faults(2, on=edges[:1])
        if had:
            wait_for(lambda: has_another(centre.workers, had[0], worker), 30, "another worker to have partition %d" % had[0])
        worker.start()
        faults += 4
    expect_the_truth(faults)
    hurt()
    peers = new_faults(3)
    expect_the_truth(faults + 3)
    heal()
    t.step("each worker was killed, and a server")

    for edge in edges:
        for peer in peers:
            found = [one for one in edge.incidents() if one["place"].get("peer") == peer][0]
            Operator(edge).text("incidents", "resolve", found["id"])
    known = expect_the_truth(faults)
    expect(not any(peer in [key[0] for key in known] for peer in peers), "what was resolved on both is over")
    started = [incident for _, incident in centre.incidents() if incident["rule_id"] != SILENT_RULE]
    counts = collections.Counter(request.id for request in hook.requests() if request.kind == "opened")
    hook.wait_for_events(len(started))
    told = {request.id.split(".")[0] for request in hook.requests() if request.kind == "opened"}
    expect_equal(told, {incident["id"] for incident in started}, "incidents that were told")
    expect_equal(len({id.split(".")[0] for id in counts}), len(counts), "events of an opening, each incident one")
    hook.expect_all_valid()
    t.step("%d incidents, each told once" % len(told))
    for daemon in [*edges, *centre.workers]:
        daemon.stop()

