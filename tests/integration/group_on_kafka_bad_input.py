"""What a worker of a group on Kafka does with what is wrong: no topic, topics with other numbers of partitions, other settings, messages of strangers in its
state, a partition that it lost while it was stopped, a state of a newer program. Each is told in words, and no line is lost."""
import signal

from support.accounting import Ledger
from support.daemon import TRY_AGAIN
from support.kafka import KafkaCluster
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for
from support.web_client import WebClient
from support.worker_group import GROUP, group_verb, make_kafka_worker, owners, set_up, show

STATE = "handshaked-" + GROUP


def story(t):
    cluster = KafkaCluster(t, topics=(("nginx-errors", 1), ("more-lines", 3), (STATE, 2)))
    web = WebClient()
    anna = make_kafka_worker(t, cluster, "anna", 1, tables=[web.table(page=True)])
    ledger = Ledger()

    def write_lines(count):
        cluster.produce("nginx-errors", [("proxy-%d" % number, ledger.line_of_new_peer()) for number in range(count)])

    lost = make_kafka_worker(t, cluster, "lost", 1, group={"topic": "not-there"})
    code, said, _ = Operator(lost).run("check")
    expect(code == 78 and "topic not-there: missing; handshaked group setup makes it" in said, "check without a topic gave %d: %s" % (code, said))
    other = make_kafka_worker(t, cluster, "other", 2)
    code, _, said = group_verb(other, "setup")
    expect(code == 1 and 'topic "nginx-errors" has 1 partitions, and needs 2' in said, "a setup with too few partitions gave %d: %s" % (code, said))
    anna.start()
    anna.wait_for_log("was not set up: call handshaked group setup once; it is tried again", within=40)
    set_up(anna)
    wait_for(lambda: owners(anna) == {0: "anna"}, 30, "the worker to have the partition")
    write_lines(20)
    ledger.expect_all_counted(anna)
    t.step("a group that is set up while its worker waits")

    said = other.expect_refusal()
    expect('the topic "%s" has 2 partitions, too few for a group of 2' % STATE in said, "a worker with more partitions said: " + said)
    t.step("a worker with another number of partitions")

    status = wait_for(lambda: Operator(anna).ask("status").get("group"), 20, "the group in status")
    expect_equal((status["name"], status["worker"], status["partition"]), (GROUP, "anna", 0), "what status says")
    wait_for(lambda: Operator(anna).ask("status")["group"]["partitions"][0].get("waiting") == 0, 20, "status to say that no line waits")
    wait_for(lambda: web.metric("handshaked_group_partition_owned", group=GROUP, partition="0") == 1, 20, "the metrics of the group")
    wait_for(lambda: web.metric("handshaked_group_partition_lag_messages", group=GROUP, partition="0") == 0, 20, "the lag of the partition")

    cluster.produce(STATE, [("", b"not ours")], "-p", "0")
    write_lines(5)
    ledger.expect_all_counted(anna, 40)
    wait_for(lambda: Operator(anna).ask("status")["group"]["foreign_entries"] == 1, 20, "the stranger's message to be counted")
    anna.expect_alive()
    t.step("a stranger's message in the state is passed over")

    berta = make_kafka_worker(t, cluster, "berta", 1).start()
    wait_for(lambda: {worker["name"]: worker["state"] for worker in show(anna)["workers"]}.get("berta") == "waiting", 20, "the second worker to wait")
    anna.process.signal(signal.SIGSTOP)
    write_lines(5)
    wait_for(lambda: owners(berta) == {0: "berta"}, 40, "the second worker to have the partition")
    anna.process.signal(signal.SIGCONT)
    expect_equal(anna.process.wait(40), TRY_AGAIN, "exit status of a worker that lost its partition")
    expect("another worker has taken partition 0 over" in anna.log_text(), "why it ended")
    ledger.expect_all_counted(berta, 60)
    t.step("a partition that was lost while its worker was stopped")

    berta.stop()
    cluster.produce(STATE, [("", b"handshaked-record 2 whatever comes then")], "-p", "0")
    said = anna.expect_refusal(within=40)
    expect("newer handshaked" in said and "install the newer program" in said, "a worker before a newer state said: " + said)
    t.step("a state of a newer program is left alone")


run(story)
