"""Edges that report through Kafka, as far as the mock cluster of librdkafka goes: nobody connects to the centre, which may be down for as long as the topic
keeps what they say. One fault on two hosts is one incident, each event counts once across `kill -9` of an edge and of the centre and an absence of the
brokers, and an edge is who the key of its messages says. The centre may be a group of workers."""
from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon
from support.kafka import KafkaCluster
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for
from support.worker_group import GROUP, group_verb, make_kafka_worker, owners, set_up

FIRST, SECOND, THIRD = "10.0.0.1:8443", "10.0.0.2:8443", "10.0.0.3:8443"
TOPIC, PARTITIONS, BROKERS = "handshaked-edges", 4, 3
CARRIED = {"topics": [TOPIC], "carries": "edges", "host_from": "key", "from_start": True, "silent_after": "1h"}


def story(t):
    cluster = KafkaCluster(t, BROKERS, topics=((TOPIC, PARTITIONS), ("group-edges", 1), ("handshaked-" + GROUP, 2)))
    centre = Daemon(t, name="centre", root={"host": "centre"}, tables=[("[[kafka]]", dict(CARRIED, brokers=cluster.brokers))])
    edges = [make_edge(t, cluster, name, TOPIC) for name in ("proxy-1", "proxy-2")]
    expect_equal(Operator(centre).run("check")[0], 0, "exit status of check at the centre")
    expect_equal(Operator(edges[0]).run("check")[0], 0, "exit status of check at an edge")
    for edge in edges:
        edge.start()
        edge.log.write(verify_error_line(FIRST))
    wait_for(lambda: all(has_told(edge) for edge in edges), 60, "the edges to have told it")
    centre.start()
    incident = wait_for_hosts(centre, FIRST, 2)
    expect_equal(sorted(host["host"] for host in incident["fleet"]["hosts"]), ["proxy-1", "proxy-2"], "the hosts, by their keys")
    t.step("told while the centre was not there: one incident on two hosts")

    edges[0].log.write(verify_error_line(SECOND))
    wait_for_hosts(centre, SECOND, 1)
    centre.kill()
    edges[1].log.write(verify_error_line(SECOND))
    wait_for(lambda: not edges[1].deliveries("ready"), 40, "the second edge to have told it")
    centre.start()
    expect_equal(wait_for_hosts(centre, SECOND, 2)["count"], 2, "lines of both hosts")
    t.step("the centre was killed, and has heard what happened meanwhile, once")

    for broker in range(BROKERS):
        cluster.tell("down %d" % (broker + 1))
    for edge in edges:
        edge.log.write(verify_error_line(THIRD))
    wait_for(lambda: all(edge.deliveries("ready") for edge in edges), 20, "events that cannot be told")
    edges[0].kill()
    edges[0].start()
    for broker in range(BROKERS):
        cluster.tell("up %d" % (broker + 1))
    expect_equal(wait_for_hosts(centre, THIRD, 2)["count"], 2, "lines of both hosts")
    t.step("the brokers were away, and an edge was killed meanwhile")

    for edge in edges:
        resolve(edge, FIRST)
    wait_for(lambda: of(centre, FIRST)[0]["status"] == 2, 40, "the incident to be over at the centre")
    wait_for(lambda: Operator(centre).ask("status")["fleet"].get("healthy") == 2, 40, "two healthy edges by their heartbeats")
    expect_each_key_in_one_partition(cluster)
    heartbeat = [payload for _, key, _, payload in cluster.consume(TOPIC) if key == "proxy-1"][-1]
    cluster.produce(TOPIC, [("", heartbeat.encode()), ("proxy-9", heartbeat.encode())], "-p", "0")
    wait_for(lambda: Operator(centre).ask("status")["fleet"].get("healthy", 0) >= 3, 40, "an edge that is who its key says, whatever its message says")
    expect_equal(Operator(centre).ask("status")["fleet"]["healthy"], 3, "edges with the one that the key names, and without one whose key is empty")
    told = sorted(incident["count"] for incident in centre.incidents())
    expect_equal(told, [2, 2, 2], "lines of the incidents at the centre")
    t.step("over on both, and the heartbeats are heard")
    for daemon in [*edges, centre]:
        daemon.stop()
    centre_of_workers(t, cluster)


def centre_of_workers(t, cluster):
    carried = dict(CARRIED, topics=["group-edges"])
    workers = [make_kafka_worker(t, cluster, name, 1, kafka=carried) for name in ("anna", "berta")]
    set_up(workers[0])
    lines = make_kafka_worker(t, cluster, "lines", 1, kafka=dict(carried, carries="lines"))
    code, _, said = group_verb(lines, "setup")
    expect(code != 0 and '"carries edges" there and "carries lines" here' in said, "a worker of lines gave %d: %s" % (code, said))
    edge = make_edge(t, cluster, "proxy-3", "group-edges").start()
    edge.log.write(verify_error_line(FIRST))
    workers[0].start()
    wait_for(lambda: owners(workers[0]) == {0: "anna"}, 30, "the first worker to have the partition")
    wait_for_hosts(workers[0], FIRST, 1)
    workers[0].kill()
    edge.log.write(verify_error_line(SECOND))
    workers[1].start()
    wait_for(lambda: owners(workers[1]) == {0: "berta"}, 40, "the second worker to have the partition")
    wait_for_hosts(workers[1], SECOND, 1)
    expect_equal([incident["count"] for incident in workers[1].incidents()], [1, 1], "lines of the incidents at the second worker")
    t.step("a centre of two workers: one was killed, and the other has all")
    for daemon in (edge, workers[1]):
        daemon.stop()


def make_edge(t, cluster, name, topic):
    log = LogFile(t.directory / (name + ".log"))
    edge = Daemon(t, [log.path], [{"type": "kafka", "name": "centre", "brokers": cluster.brokers, "topic": topic, "carries": "edges", "timeout": "2s",
                                   "heartbeat_interval": "300ms"}], root={"host": name}, name=name)
    edge.log = log
    return edge


def has_told(edge):
    return edge.deliveries("delivered") and not edge.deliveries("ready")


def of(centre, peer):
    return [incident for incident in centre.incidents() if incident["place"].get("peer") == peer]


def wait_for_hosts(centre, peer, affected):
    def there():
        found = of(centre, peer)
        return found if len(found) == 1 and found[0]["fleet"]["affected"] == affected else None
    return wait_for(there, 90, "%s on %d hosts" % (peer, affected))[0]


def resolve(edge, peer):
    found = [one for one in edge.incidents() if one["place"].get("peer") == peer][0]
    Operator(edge).text("incidents", "resolve", found["id"])


def expect_each_key_in_one_partition(cluster):
    partitions = {}
    for partition, key, headers, _ in wait_for(lambda: cluster.consume(TOPIC), 20, "what the topic holds"):
        partitions.setdefault(key, set()).add(partition)
        expect_equal(headers, "content-type=application/json", "the header of a message")
    expect_equal({key: len(used) for key, used in partitions.items()}, {"proxy-1": 1, "proxy-2": 1}, "partitions of each edge")


run(story)
