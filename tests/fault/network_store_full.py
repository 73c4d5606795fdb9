"""The database cannot be written for a while: HTTP senders are asked to come again (429 or 503 with Retry-After) and syslog senders over TCP wait; nothing that was
acknowledged or accepted is lost, and nothing is counted twice that was refused."""
import json
import socket
import sqlite3
import threading
import http.client

from support.accounting import Ledger
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import expect, expect_equal, run, wait_for


def story(t):
    web, stream = free_port(), free_port()
    daemon = Daemon(t, tables=[("[[http]]", {"listen": ["http://127.0.0.1:%d" % web]}), ("[[syslog]]", {"listen": ["tcp://127.0.0.1:%d" % stream]})],
                    incidents={"max_incidents": 100000}).start()
    ledger = Ledger()

    def post(body, key, timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", web, timeout=timeout)
        connection.request("POST", "/", body, {"Idempotency-Key": key})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.getheader("Retry-After")

    def object_of(line):
        return json.dumps({"message": line.decode().rstrip("\n"), "host": "edge-1"}).encode()
    expect_equal(post(object_of(ledger.line_of_new_peer()), "first")[0], 200, "status while all is well")

    locker = sqlite3.connect(daemon.database, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    t.step("the database is locked by somebody else")
    lines = {"key-%d" % n: ledger.line_of_new_peer() for n in range(4)}
    refused = {}

    def try_once(key, line):
        refused[key] = post(object_of(line), key)
    threads = [threading.Thread(target=try_once, args=item) for item in lines.items()]
    sender = socket.create_connection(("127.0.0.1", stream), timeout=60)
    sender.sendall(b"".join(b"<187>Nov 21 02:58:15 edge-2 nginx: " + ledger.line_of_new_peer() for _ in range(500)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for key, (status, retry_after) in refused.items():
        expect(status in (429, 503) and retry_after, "%s: status %d, Retry-After %r" % (key, status, retry_after))
    daemon.expect_alive()
    t.step("senders were told to come again: %s" % sorted({status for status, _ in refused.values()}))

    locker.execute("ROLLBACK")
    locker.close()
    for key, line in lines.items():
        # What was taken and became durable late is known by its key, and counts once.
        wait_for(lambda: post(object_of(line), key)[0] == 200, 20, "%s to be taken" % key)
    ledger.expect_all_counted(daemon, 20)
    sender.close()
    t.step("all %d lines counted once" % ledger.total())
    daemon.stop()


run(story)
