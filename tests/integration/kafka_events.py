"""Events to Kafka, as far as the mock cluster of librdkafka goes: each event once, under its id, those of an incident under one key in one partition and in
order, also when the brokers are away and the daemon is killed meanwhile. `check` says what is wrong on the way there."""
import json

from support.accounting import LogFile, Ledger, peer_name, verify_error_line
from support.daemon import Daemon
from support.kafka import KafkaCluster
from support.kafka_broker import KafkaBroker, Topic
from support.operator import Operator
from support.ports import free_port
from support.scenario import expect, expect_equal, run, wait_for

TOPIC, PARTITIONS, BROKERS = "handshaked-events", 6, 3


def story(t):
    cluster = KafkaCluster(t, BROKERS, topics=(("something-else", 1),))
    log = LogFile(t.directory / "error.log")

    def daemon(name, *more, **changed):
        first = dict({"type": "kafka", "name": "bus", "brokers": cluster.brokers, "topic": TOPIC, "timeout": "1s"}, **changed)
        return Daemon(t, [log.path], [first, *more], name=name)

    def problems(**changed):
        code, said, _ = Operator(daemon("checked", **changed)).run("check")
        expect_equal(code, 78, "exit status of check: " + said)
        return said

    expect('there is no topic "%s"' % TOPIC in problems(), "a topic that is missing")
    cluster.tell("topic %s %d" % (TOPIC, PARTITIONS))
    expect_equal(Operator(daemon("good")).run("check")[0], 0, "exit status of check when all is there")
    expect("the brokers give no answer" in problems(brokers=["127.0.0.1:%d" % free_port()]), "brokers that are not there")
    expect('does not know the property "compresion.codec"' in problems(properties={"compresion.codec": "zstd"}), "a property that nobody knows")
    secret = t.directory / "kafka.password"
    secret.write_text("guessed\n")
    said = problems(properties={"security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "PLAIN", "sasl.username": "us"}, secret_files={"sasl.password": secret})
    expect("the brokers give no answer" in said and "guessed" not in said, said)
    said = problems(secret_files={"sasl.password": t.directory / "not-there"})
    expect("not-there" in said, said)
    look_at_limits(t, problems)
    t.step("check names what is wrong: no topic, no brokers, an unknown property, a topic that takes less or loses some")

    ledger = Ledger()
    running = daemon("daemon").start()
    for _ in range(20):
        log.write(ledger.line_of_new_peer())
    events = wait_for(lambda: all_events(cluster, 20), 60, "20 events in the topic")
    for _, key, headers, event in events:
        expect_equal((key, headers), (event["subject"], "content-type=application/cloudevents+json"), "the key and the header of the message")
    wait_for(lambda: len(running.deliveries("delivered")) == 20, 40, "every delivery to be acknowledged")
    t.step("events are in the topic under the keys of their incidents")

    for broker in range(BROKERS):
        cluster.tell("down %d" % (broker + 1))
    for _ in range(5):
        log.write(ledger.line_of_new_peer())
    wait_for(lambda: [row for row in running.deliveries("ready") if row[3] >= 2], 60, "events to be tried again")
    expect("publishing to the topic" in running.deliveries("ready")[0][4], "why it is tried again: %r" % (running.deliveries("ready")[0],))
    running.kill()
    running.start()
    Operator(running).text("incidents", "resolve", running.incidents()[0]["id"])
    for broker in range(BROKERS):
        cluster.tell("up %d" % (broker + 1))
    wait_for(lambda: not running.deliveries("ready"), 120, "every delivery to be acknowledged")
    events = all_events(cluster, 26)
    ids = [event["id"] for _, _, _, event in events]
    expect_equal(sorted(ids), sorted(row[1] for row in running.deliveries()), "ids in the topic, each once")
    expect_in_order(events)
    t.step("the brokers were away, and the daemon was killed meanwhile: each event is there once")

    code, said, _ = Operator(running).run("receivers", "test", "bus")
    expect_equal(code, 0, "exit status of receivers test: " + said)
    wait_for(lambda: all_events(cluster, 27), 20, "the sample")
    refuse_what_is_too_large(t, cluster, running, log)
    running.stop()


def look_at_limits(t, problems):
    """A broker of our own tells settings of topics, which the mock does not."""
    broker = KafkaBroker(t)
    told = dict(brokers=broker.brokers)
    broker.topics[TOPIC] = Topic(1, {"max.message.bytes": "1048588", "cleanup.policy": "compact", "retention.ms": "604800000"})
    good = Daemon(t, receivers=[{"type": "kafka", "name": "bus", "brokers": broker.brokers, "topic": TOPIC}], name="told")
    expect_equal(Operator(good).run("check")[0], 0, "exit status of check of a topic that takes enough")
    expect("keeps only the last message of each key" in problems(carries="edges", **told), "edges in a topic that is compacted")
    broker.topics[TOPIC].settings.update({"cleanup.policy": "delete", "retention.ms": "60000"})
    expect("keeps messages for 60 s only" in problems(carries="edges", **told), "edges in a topic that keeps them for a minute")
    reader = Daemon(t, tables=[("[[kafka]]", {"brokers": broker.brokers, "topics": [TOPIC]})], name="reader")
    code, said, _ = Operator(reader).run("check")
    expect(code == 78 and "keeps messages for 60 s only" in said, "check of a source gave %d: %s" % (code, said))
    broker.topics[TOPIC].settings["retention.ms"] = "-1"
    expect_equal(Operator(reader).run("check")[0], 0, "exit status of check of a source whose topic keeps all")
    broker.topics[TOPIC].settings["max.message.bytes"] = "100000"
    said = problems(**told)
    expect("takes messages of up to 100000 bytes" in said and "may have 1000000" in said, said)
    good = Daemon(t, receivers=[{"type": "kafka", "name": "bus", "brokers": broker.brokers, "topic": TOPIC,
                                 "properties": {"message.max.bytes": "100000"}}], name="told")
    expect_equal(Operator(good).run("check")[0], 0, "exit status of check of a limit that was accepted")


def refuse_what_is_too_large(t, cluster, running, log):
    """The receiver's topic changes with a reload, and so does what its producer may send."""
    cluster.tell("topic small-events 1")
    text = running.configuration.read_text()
    running.configuration.write_text(text.replace(TOPIC, "small-events") + 'properties = { "message.max.bytes" = "1000" }\n')
    running.reload()
    running.wait_for_log("reloaded the configuration")
    log.write(verify_error_line(peer_name(900_000)))
    dead = wait_for(lambda: running.deliveries("dead"), 30, "an event that is too large to be given up")[0]
    expect("is too large" in dead[4] and dead[3] == 1, "why it was given up, and after how many attempts: %r" % (dead,))
    running.configuration.write_text(text.replace(TOPIC, "small-events"))
    mark = len(running.log_text())
    running.reload()
    running.wait_for_log("reloaded the configuration", after=mark)
    log.write(verify_error_line(peer_name(900_001)))
    wait_for(lambda: all_events(cluster, 1, "small-events"), 30, "an event in the other topic")
    t.step("what is too large becomes a dead letter at once, and a reload changes the topic")


def events_of(cluster, topic):
    """(partition, key, headers, event)"""
    return [(partition, key, headers, json.loads(body)) for partition, key, headers, body in cluster.consume(topic) or []]


def all_events(cluster, count, topic=TOPIC):
    found = events_of(cluster, topic)
    return found if len(found) >= count else None


def expect_in_order(events):
    partitions, kinds = {}, {}
    for partition, key, _, event in events:
        partitions.setdefault(key, set()).add(partition)
        kinds.setdefault(key, []).append(event["type"].rsplit(".", 1)[1])
    expect_equal({len(used) for used in partitions.values()}, {1}, "partitions of a key")
    expect(len(set.union(*partitions.values())) > 1, "all keys are in one partition")
    expect_equal(sorted(kinds.values()), sorted([["opened"]] * 24 + [["opened", "resolved"]]), "events of each incident, in their order")


run(story)
