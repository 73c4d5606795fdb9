"""syslog-ng's own way into Kafka (kafka-c, JSON with the host as the key), by the mock cluster of librdkafka, across `kill -9` of the daemon: every line is
counted once."""
from support.accounting import Ledger, ordinary_line
from support.daemon import Daemon
from support.kafka import KafkaCluster
from support.scenario import expect_equal, run
from support.syslog_senders import syslog_ng_kafka

LINES = 3000
TLS_EVERY = 50


def story(t):
    cluster = KafkaCluster(t, brokers=1)
    sender = syslog_ng_kafka(t, t.directory / "error.log", cluster.bootstraps, "nginx-errors")
    daemon = Daemon(t, tables=[("[[kafka]]", {"brokers": cluster.brokers, "topics": ["nginx-errors"], "from_start": True, "time_zone": "UTC"}),
                               ("[kafka.properties]\n\"session.timeout.ms\" = \"6000\"\n", {})])
    ledger = Ledger()

    def write(count):
        sender.file.write(b"".join(ordinary_line(n) if n % TLS_EVERY else ledger.line_of_new_peer() for n in range(count)))
        sender.file.flush()
    write(LINES // 3)
    sender.start()
    daemon.start()
    ledger.expect_all_counted(daemon, 60)
    write(LINES // 3)
    daemon.kill()
    write(LINES // 3)
    daemon.start()
    ledger.expect_all_counted(daemon, 90)
    expect_equal({host for incident in daemon.incidents() for host in incident["hosts"]}, {"edge-1"}, "hosts")
    t.step("%d lines, %d TLS lines: each counted once" % (LINES, ledger.total()))
    daemon.stop()


run(story)
