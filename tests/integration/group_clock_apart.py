"""A worker whose clock is an hour ahead: leases do not compare clocks, and what it tells of the group goes by the servers' clock, so that nobody is silent for it who is not."""
import pathlib

from support.accounting import Ledger
from support.nats import NatsServers
from support.operator import Operator
from support.scenario import Skip, expect_equal, run, wait_for
from support.web_client import WebClient
from support.worker_group import GROUP, make_worker, mapping, owners, set_up, show

LIBRARY = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


def story(t):
    if not LIBRARY.exists():
        raise Skip("there is no libfaketime")
    servers = NatsServers(t, settings=mapping(1)).start()
    web = WebClient()
    anna = make_worker(t, servers, "anna", 1, tables=[web.table()], wrapper=["env", "LD_PRELOAD=%s" % LIBRARY, "FAKETIME=+1h", "FAKETIME_DONT_FAKE_MONOTONIC=1"])
    berta = make_worker(t, servers, "berta", 1)
    ledger = Ledger()
    set_up(anna)
    anna.start()
    wait_for(lambda: owners(berta) == {0: "anna"}, 30, "the worker to have the partition")
    berta.start()
    wait_for(lambda: {worker["name"]: worker["state"] for worker in show(berta)["workers"]} == {"anna": "working", "berta": "waiting"}, 20, "the second worker to wait")
    servers.publish([("nginx.errors.proxy-1", ledger.line_of_new_peer().rstrip(b"\n"), "line-%d" % number) for number in range(5)])
    ledger.expect_all_counted(anna)

    def seen():
        group = Operator(anna).ask("status")["group"]
        return ([partition["state"] for partition in group["partitions"]], {worker["name"]: worker["state"] for worker in group["workers"]})
    wait_for(lambda: seen() == (["owned"], {"anna": "working", "berta": "waiting"}), 20, lambda: "the group as it is, not %r" % (seen(),))
    expect_equal(web.metric("handshaked_group_partition_owned", group=GROUP, partition="0"), 1, "the partition in the metrics")
    t.step("an hour ahead, and nobody is silent")
    for worker in (anna, berta):
        worker.stop()


run(story)
