"""kill -9 while senders send over HTTP and over syslog: whoever got 200 finds his lines counted after the restart, and who repeats a request with its key is counted
once."""
import http.client
import json
import random
import threading
import time

from support.accounting import Ledger
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import expect, run

ROUNDS = 5
SENDERS = 4


class HttpSender(threading.Thread):
    """Sends a request until it is acknowledged, then the next."""

    def __init__(self, port, ledger, number, over):
        super().__init__(daemon=True)
        self.port, self.ledger, self.number, self.over = port, ledger, number, over
        self.acknowledged = self.repeated = 0

    def run(self):
        while not self.over.is_set():
            lines = [self.ledger.line_of_new_peer().decode().rstrip("\n") for _ in range(5)]
            body = "\n".join(json.dumps({"message": line, "host": "edge-%d" % self.number}) for line in lines)
            key = "%d-%d" % (self.number, self.acknowledged)
            while not self.post(body, key):
                self.repeated += 1
                time.sleep(0.02)
            self.acknowledged += 1

    def post(self, body, key):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/", body, {"Idempotency-Key": key})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def story(t):
    port = free_port()
    ledger, over = Ledger(), threading.Event()
    daemon = Daemon(t, root={"readers": 2}, tables=[("[[http]]", {"listen": ["http://127.0.0.1:%d" % port]})], incidents={"max_incidents": 100000})
    senders = [HttpSender(port, ledger, number, over) for number in range(SENDERS)]
    daemon.start()
    for sender in senders:
        sender.start()
    for round_ in range(ROUNDS):
        time.sleep(0.3 + 0.4 * random.random())  # the moment of the kill is the point; nothing is waited for
        daemon.expect_alive()
        daemon.kill()
        daemon.start()
    time.sleep(0.3)
    over.set()
    for sender in senders:
        sender.join(30)
        expect(not sender.is_alive(), "a sender never got its acknowledgement")
    ledger.expect_all_counted(daemon, 20)
    t.step("%d requests acknowledged, %d attempts failed and were repeated: %d lines, each counted once" % (
        sum(s.acknowledged for s in senders), sum(s.repeated for s in senders), ledger.total()))
    daemon.stop()


run(story)
