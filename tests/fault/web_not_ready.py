"""What /readyz, /metrics and the page say while something is wrong, and that they say so in time: a log that cannot be read, rules that were refused, a receiver that
is down, a database that somebody holds. Then the port: taken, it stops the daemon only if it was asked for."""
import json
import shutil
import socket
import sqlite3
import time

from support.accounting import LogFile, verify_error_line
from support.daemon import TRY_AGAIN, Daemon, rules_directory
from support.ports import LOOPBACK, free_port
from support.scenario import expect, expect_equal, run, wait_for
from support.web_client import WebClient
from support.webhook_receiver import WebhookReceiver, answer_with


def story(t):
    log = LogFile(t.directory / "error.log")
    hidden = t.directory / "hidden.log"
    hidden.mkdir()  # root can read every file, but no directory
    receiver = WebhookReceiver(t)
    web = WebClient()
    daemon = Daemon(t, [log.path, hidden], [receiver.settings()], tables=[web.table()]).start()

    def readiness():
        answer = web.get("/readyz")
        said = json.loads(answer.text)
        expect_equal(answer.status, 503 if said["reasons"] else 200, "status of %s" % said)
        return said["reasons"]

    t.step("a log that cannot be read")
    wait_for(lambda: readiness() == ["%s cannot be read" % hidden], 20, lambda: "the reason: %s" % readiness())
    expect_equal(web.metric("handshaked_source_readable", source=hidden), 0, "handshaked_source_readable")
    expect_equal((web.metric("handshaked_ready"), web.get("/healthz").status), (0, 200), "readiness in the metrics, and health")
    expect(any("cannot be read" in why for why in web.api("/api/status")["not_ready_because"]), "the page does not say so")
    hidden.rmdir()
    wait_for(lambda: readiness() == [], 20, lambda: "readiness: %s" % readiness())

    t.step("a receiver that is down")
    receiver.behaviour = answer_with(503)
    log.write(b"".join(verify_error_line("10.0.0.%d:8443" % n) for n in range(1, 9)))
    wait_for(lambda: web.metric("handshaked_receiver_up", receiver="hook") == 0, 30, "handshaked_receiver_up to be 0")
    wait_for(lambda: web.metric("handshaked_outbox_events", receiver="hook") == 8, 20, "eight waiting events")
    expect(time.time() - web.metric("handshaked_outbox_oldest_timestamp_seconds", receiver="hook") < 600, "age of the oldest")
    expect(web.metric("handshaked_delivery_failures_total", receiver="hook") > 0, "failures")
    expect_equal(readiness(), [], "readiness while a receiver is down")

    t.step("a database that somebody holds")
    holder = sqlite3.connect(daemon.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    log.write(verify_error_line("10.0.1.1:8443"))
    began = time.monotonic()
    wait_for(lambda: any("database" in reason for reason in readiness()), 30, "the reason")
    wait_for(lambda: web.metric("handshaked_store_up") == 0, 20, "handshaked_store_up to be 0")
    wait_for(lambda: web.metric("handshaked_store_failed_commits_total") > 0, 20, "a failed commit")
    before = time.monotonic()
    expect_equal(web.get("/").status, 200, "status of the page meanwhile")
    expect(time.monotonic() - before < 10, "the page took %.1f s" % (time.monotonic() - before))
    holder.execute("ROLLBACK")
    holder.close()
    wait_for(lambda: readiness() == [], 30, lambda: "readiness: %s" % readiness())
    wait_for(lambda: web.metric("handshaked_store_waiting_bytes") == 0, 20, "what waited to be written")
    expect(time.monotonic() - began < 120, "all that took too long")
    daemon.stop()

    t.step("rules that were refused")
    rules = t.directory / "rules"
    shutil.copytree(rules_directory(), rules)
    daemon = Daemon(t, [log.path], name="reloaded", rules=rules, tables=[web.table()]).start()
    expect_equal(web.metric("handshaked_rules_last_reload_successful"), 1, "reload")
    loaded = web.metric("handshaked_rules_loaded")
    expect(loaded > 50, "%d rules" % loaded)
    (rules / "broken.json").write_text("{")
    daemon.reload()
    wait_for(lambda: web.metric("handshaked_rules_last_reload_successful") == 0, 20, "the refused reload")
    expect_equal(web.metric("handshaked_rules_loaded"), loaded, "rules in force")
    (rules / "broken.json").unlink()
    daemon.reload()
    wait_for(lambda: web.metric("handshaked_rules_last_reload_successful") == 1, 20, "the reload")

    t.step("a port that is taken")
    said = Daemon(t, [log.path], name="explicit", tables=[web.table()]).expect_refusal(code=TRY_AGAIN)
    expect("[web]" in said and "cannot listen on http://127.0.0.1:%d" % web.port in said, said)
    daemon.stop()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((LOOPBACK, 9433))
            taken.listen()
        except OSError as error:
            t.step("the default port is not tried, somebody else may let it go at any time: %s" % error)
        else:
            default = Daemon(t, [log.path], name="default", tables=[("[web]", {"page": True})]).start()
            default.wait_for_log("no metrics and no page: .*cannot listen on http://127.0.0.1:9433")
            default.stop()

    t.step("what makes no sense is refused with its place")
    for table in ({"listen": "proxy-7:9433"}, {"listen": "https://127.0.0.1:9433"}, {"listen": "udp://127.0.0.1:9433"}, {"listen": "127.0.0.1"},
                  {"listen": "127.0.0.1:99999"}, {"hosts": ["http://x"]}, {"hosts": ["x:80"]}, {"port": 9433}):
        said = Daemon(t, [log.path], name="bad", tables=[("[web]", table)]).expect_refusal()
        expect("bad.toml:" in said, "%r: %s" % (table, said))

    t.step("beyond loopback: metrics, and no page unless it is asked for")
    port = free_port()
    web.port = port
    daemon = Daemon(t, [log.path], name="open", tables=[("[web]", {"listen": "0.0.0.0:%d" % port, "hosts": ["proxy-7.example.com"]})]).start()
    daemon.wait_for_log("metrics can be read without a password by anyone who can reach")
    expect_equal([web.get(path).status for path in ("/metrics", "/", "/api/incidents")], [200, 404, 404], "what is shown")
    expect_equal([web.get("/metrics", headers={"Host": host}).status for host in ("proxy-7.example.com:%d" % port, "evil.example")], [200, 421], "by name")
    daemon.stop()
    daemon = Daemon(t, [log.path], name="page", tables=[("[web]", {"listen": "0.0.0.0:%d" % port, "page": True})]).start()
    expect_equal(web.get("/").status, 200, "the page that was asked for")
    daemon.stop()


run(story)
