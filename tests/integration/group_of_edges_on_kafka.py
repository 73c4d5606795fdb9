"""A centre that is a group, over the mock cluster of librdkafka: edges choose the partition of the topic by the fingerprint of an incident, whatever their key."""
from support.divided_centre import GROUP, PARTITIONS, WORKERS, play
from support.kafka import KafkaCluster
from support.scenario import run
from support.webhook_receiver import WebhookReceiver
from support.worker_group import make_kafka_worker

TOPIC = "handshaked-edges"


def lose_for_a_moment(cluster):
    """The mock gives a partition no other leader while its broker is away."""
    cluster.tell("down 1")
    cluster.tell("up 1")


def story(t):
    hook = WebhookReceiver(t)
    cluster = KafkaCluster(t, 3, topics=((TOPIC, PARTITIONS), ("handshaked-" + GROUP, PARTITIONS + 1)))
    source = {"topics": [TOPIC], "carries": "edges", "host_from": "key", "from_start": True, "silent_after": "1h"}
    workers = [make_kafka_worker(t, cluster, name, PARTITIONS, receivers=[hook.settings()], group={"name": GROUP}, kafka=source) for name in WORKERS]
    play(t, hook, workers, lambda name: {"type": "kafka", "brokers": cluster.brokers, "topic": TOPIC},
         hurt=lambda: lose_for_a_moment(cluster), heal=lambda: None)


run(story)
