"""What a group asks of Kafka's brokers that librdkafka's mock cannot do: topics are made as the guide says, wrong settings of a topic are told, and what the
state does not need any more is deleted, before the copy before the last one and never behind it. A worker that comes then has everything."""
from support.accounting import Ledger
from support.kafka import produce
from support.kafka_broker import KafkaBroker, Topic
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for
from support.worker_group import GROUP, group_verb, make_kafka_worker, owners

STATE = "handshaked-" + GROUP
SETTINGS = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1", "message.timestamp.type": "LogAppendTime",
            "min.insync.replicas": "2", "unclean.leader.election.enable": "false"}


def story(t):
    broker = KafkaBroker(t)
    anna = make_kafka_worker(t, broker, "anna", 1)
    code, said, failure = group_verb(anna, "setup", "--dry-run")
    expect_equal((code, said.count("would be created"), broker.created), (0, 3, []), "what a dry run makes, and says: " + said + failure)
    code, said, failure = group_verb(anna, "setup")
    expect_equal((code, said.count(": created")), (0, 3), "the setup said: " + said + failure)
    expect_equal(broker.created, [("nginx-errors", 1, 3, {"retention.ms": "259200000"}), (STATE, 2, 3, SETTINGS)], "topics that were made")
    code, said, failure = group_verb(anna, "setup")
    expect_equal((code, said.count(": exists")), (0, 3), "a second setup said: " + said + failure)
    expect_equal(Operator(anna).run("check")[0], 0, "exit status of check")
    t.step("topics are made")

    for name, value in (("cleanup.policy", "compact"), ("retention.ms", "604800000"), ("retention.bytes", "1000")):
        broker.topics[STATE].settings[name] = value
        code, said, _ = Operator(anna).run("check")
        expect(code == 78 and "has %s=%s instead of %s" % (name, value, SETTINGS[name]) in said, "check with %s=%s gave %d: %s" % (name, value, code, said))
        broker.topics[STATE].settings[name] = SETTINGS[name]
    lines = broker.topics["nginx-errors"].settings
    for name, value, told in (("cleanup.policy", "compact", "keeps only the last message of each key"), ("retention.ms", "60000", "keeps messages for 60 s only")):
        before = dict(lines)
        lines[name] = value
        code, said, _ = Operator(anna).run("check")
        expect(code == 78 and told in said, "check of lines in a topic with %s=%s gave %d: %s" % (name, value, code, said))
        lines.clear()
        lines.update(before)
    broker.topics["nginx-errors"] = Topic(3)
    code, said, _ = Operator(anna).run("check")
    expect(code == 78 and 'nobody reads the partition "nginx-errors/1"' in said, "check with more partitions gave %d: %s" % (code, said))
    expect("no worker reads nginx-errors/2" in group_verb(anna, "setup")[1], "the setup names the partitions that nobody reads")
    broker.topics["nginx-errors"] = Topic(1)
    t.step("topics that are otherwise are told")

    ledger = Ledger()
    anna.start()
    wait_for(lambda: owners(anna) == {0: "anna"}, 30, "the worker to have the partition")
    state = broker.topics[STATE].partitions[0]
    while not broker.deletions and ledger.total() < 40_000:
        produce(broker.brokers[0], "nginx-errors", [("proxy-1", ledger.line_of_new_peer()) for _ in range(4000)])
        ledger.expect_all_counted(anna, 60)
    expect_equal((broker.deletions, state.first), ([(STATE, 0, 1)], 1), "what was deleted: what stood before the first of two copies")
    anna.kill()
    berta = make_kafka_worker(t, broker, "berta", 1).start()
    ledger.expect_all_counted(berta, 60)
    berta.stop()
    t.step("%d lines make a second copy; what stood before the first was deleted, and another worker has everything" % ledger.total())

    state.delete_before(state.end - 3)
    anna.start()
    anna.wait_for_log("records of the group's topic were removed that are needed: its retention must be unlimited", within=40)
    expect_equal(owners(anna), {}, "owners of a state that is not whole")
    anna.stop()


run(story)
