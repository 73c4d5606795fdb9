"""A group of workers on NATS JetStream: three servers, two partitions, three workers, lines of forty hosts. Each worker is killed in its turn, and one of
the servers: another worker takes the partition over. Every line is counted once, every incident is told once, whoever has it by then. LINES=200000 in the
environment makes it that many lines, with as many TLS lines among them as otherwise."""
import json
import os

from support.nats import NatsServers
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver
from support.worker_group import (HOSTS, Proxies, expect_all_counted, expect_each_told_once, group_verb, kill_in_turn, make_worker, mapping, owners,
                                  set_up, start_again, states)

PARTITIONS = 2
LINES = int(os.environ.get("LINES", "8000")) // 8  # each time
TLS_EVERY = LINES // 200 + 2  # has no divisor in common with HOSTS, so every host tells of some
PATIENCE = 60 + LINES // 200


def story(t):
    hook = WebhookReceiver(t)
    servers = NatsServers(t, 3, settings=mapping(PARTITIONS)).start()
    workers = [make_worker(t, servers, name, PARTITIONS, receivers=[hook.settings()]) for name in ("anna", "berta", "clara")]
    wait_for(lambda: group_verb(workers[0], "setup", "--dry-run")[0] == 0, 60, "the servers to answer")
    code, planned, _ = group_verb(workers[0], "setup", "--dry-run", "--format", "json")
    expect_equal((code, {part["state"] for part in json.loads(planned)["parts"]}), (0, {"would_be_made"}), "what a dry run says")
    set_up(workers[0])
    expect(": exists (" in set_up(workers[1]), "a second setup changes nothing")
    t.step("the group is set up")

    proxies = Proxies(lambda messages: servers.publish([("nginx.errors." + host, line, name) for host, line, name in messages], within=PATIENCE), TLS_EVERY)
    proxies.write(LINES)
    for worker in workers:
        worker.start()
    wait_for(lambda: len(owners(workers[0])) == PARTITIONS, 30, "each partition to have an owner")
    wait_for(lambda: states(workers) == {"working": 2, "waiting": 1}, 20, lambda: "two workers to work and one to wait, not %r" % states(workers))
    expect_all_counted(proxies, workers, PATIENCE)
    t.step("two of three workers have a partition each")

    kill_in_turn(t, workers, proxies, LINES)
    expect_all_counted(proxies, workers, PATIENCE)

    servers.processes[0].kill()
    proxies.write(LINES)
    expect_all_counted(proxies, workers, PATIENCE)
    servers.processes[0].start()
    start_again(workers)
    for worker in workers:
        worker.expect_alive()
    t.step("a server was killed")

    expect_each_told_once(hook, proxies, workers, 60)
    t.step("%d TLS lines of %d hosts, %d incidents: each once" % (proxies.ledger.total(), HOSTS, len(proxies.ledger.written)))

    for worker in workers:
        worker.stop()
    wait_for(lambda: not owners(workers[0]), 10, "the partitions to be free")


run(story)
