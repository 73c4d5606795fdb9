"""A group of workers on Kafka, as far as the mock cluster of librdkafka goes: three brokers, two partitions, three workers, lines of forty hosts by key from
kcat. Each worker is killed in its turn, and a broker is away for a while: another worker takes the partition over. Every line is counted once, every incident
is told once. LINES=200000 in the environment makes it that many lines."""
import math
import os

from support.kafka import KafkaCluster
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver
from support.worker_group import (GROUP, HOSTS, Proxies, expect_all_counted, expect_each_told_once, group_verb, kill_in_turn, make_kafka_worker, owners,
                                  set_up, start_again, states)

PARTITIONS = 2
LINES = int(os.environ.get("LINES", "20000")) // 8  # each time
TLS_EVERY = next(every for every in range(LINES // 200 + 2, LINES) if math.gcd(every, 3 * HOSTS) == 1)
PATIENCE = 90 + LINES // 200


def story(t):
    cluster = KafkaCluster(t, topics=(("nginx-errors", PARTITIONS), ("handshaked-" + GROUP, PARTITIONS + 1)))
    hook = WebhookReceiver(t)
    workers = [make_kafka_worker(t, cluster, name, PARTITIONS, receivers=[hook.settings()]) for name in ("anna", "berta", "clara")]
    code, said, _ = group_verb(workers[0], "setup", "--dry-run")
    expect_equal((code, "settings of the group: would be created" in said), (0, True), "what a dry run says: " + said)
    set_up(workers[0])
    expect("would be" not in set_up(workers[1]), "a second setup changes nothing")
    t.step("the group is set up")

    proxies = Proxies(lambda messages: cluster.produce("nginx-errors", [(host, line) for host, line, _ in messages], "-z", "zstd"), TLS_EVERY)
    proxies.write(LINES)
    for worker in workers:
        worker.start()
    wait_for(lambda: len(owners(workers[0])) == PARTITIONS, 30, "each partition to have an owner")
    wait_for(lambda: states(workers) == {"working": 2, "waiting": 1}, 20, lambda: "two workers to work and one to wait, not %r" % states(workers))
    expect_all_counted(proxies, workers, PATIENCE)
    t.step("two of three workers have a partition each")

    kill_in_turn(t, workers, proxies, LINES)
    expect_all_counted(proxies, workers, PATIENCE)

    cluster.tell("down 2")
    cluster.tell("up 2")
    proxies.write(LINES)
    expect_all_counted(proxies, workers, PATIENCE)
    start_again(workers)
    for worker in workers:
        worker.expect_alive()
    t.step("a broker was away")

    expect_each_told_once(hook, proxies, workers, 60)
    t.step("%d TLS lines of %d hosts, %d incidents: each once" % (proxies.ledger.total(), HOSTS, len(proxies.ledger.written)))
    for worker in workers:
        worker.stop()
    wait_for(lambda: not owners(workers[0]), 10, "the partitions to be free")


run(story)
