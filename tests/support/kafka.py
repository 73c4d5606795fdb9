"""The mock cluster of librdkafka, and kcat as a producer. There is no broker of Kafka to be had: no TLS, no SASL, no election of leaders."""
import os
import pathlib
import subprocess

from support.scenario import Failed, Skip, require_program


class KafkaCluster:
    def __init__(self, scenario, brokers=3, topics=(("nginx-errors", 6),)):
        require_program("kcat")
        program = pathlib.Path(os.environ.get("HANDSHAKED_BUILD", "build/test")) / "tests" / "kafka_mock"
        if not program.exists():
            raise Skip("this build has no kafka_mock (HANDSHAKED_KAFKA)")
        words = [str(word) for topic in topics for word in topic]
        self._process = subprocess.Popen([program, str(brokers), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, text=True)
        scenario.at_end(self._end)
        self.bootstraps = self._process.stdout.readline().strip()
        if not self.bootstraps:
            raise Failed("the mock cluster of librdkafka did not start")

    def _end(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    @property
    def brokers(self):
        return self.bootstraps.split(",")

    def tell(self, command):
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        if self._process.stdout.readline() != "ok\n":
            raise Failed("the mock cluster did not take: " + command)

    def produce(self, topic, messages, *options):
        produce(self.bootstraps, topic, messages, *options)

    def consume(self, topic):
        """(partition, key, headers, payload) of all that a topic holds, each partition in its order; None while the brokers do not give all of it."""
        done = subprocess.run(["kcat", "-C", "-b", self.bootstraps, "-t", topic, "-o", "beginning", "-e", "-q", "-f", "%p\t%k\t%h\t%s\n"],
                              capture_output=True, timeout=60, check=False)
        if done.returncode != 0:
            return None
        lines = [line.split("\t", 3) for line in done.stdout.decode().splitlines()]
        return [(int(partition), key, headers, payload) for partition, key, headers, payload in lines]


def produce(bootstraps, topic, messages, *options):
    """(key, payload) each; returns when the brokers have acknowledged all."""
    lines = b"".join(key.encode() + b"\t" + payload.rstrip(b"\n") + b"\n" for key, payload in messages)
    done = subprocess.run(["kcat", "-P", "-b", bootstraps, "-t", topic, "-K", "\t", "-X", "acks=all", *options], input=lines, capture_output=True,
                          timeout=60, check=False)
    if done.returncode != 0:
        raise Failed("kcat: " + done.stderr.decode())
