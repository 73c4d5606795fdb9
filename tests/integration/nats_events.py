"""Events to NATS JetStream, and lines out of it, over TLS with a password: each event once, under its id, also when the daemon is killed before it heard
the acknowledgement. `check` says what is wrong on the way there."""
import json

from support.accounting import Ledger
from support.authority import Authority
from support.daemon import Daemon
from support.nats import NatsServers
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for

USERS = """
authorization { users: [
  { user: test, password: test }
  { user: handshaked, password: "a password" }
  { user: guest, password: guest, permissions: { publish: ["$JS.API.INFO", "_INBOX.>"], subscribe: ["_INBOX.>"] } }
] }
"""


def story(t):
    authority = Authority(t)
    root = authority.root()
    other = authority.root("other", "Another CA")
    certificate = authority.issue("nats", "nats.test", root, names=["IP:127.0.0.1"])
    servers = NatsServers(t, settings=USERS + 'tls { cert_file: "%s", key_file: "%s" }\n' % (certificate.file, certificate.key),
                          connect={"user": "test", "pass": "test"}, ca_file=root.file).start()
    password = t.directory / "nats.password"
    password.write_text("a password\n")

    def server(**more):
        return dict({"servers": servers.urls("tls"), "ca_file": root.file, "user": "handshaked", "password_file": password}, **more)

    def daemon(name, source=None, receiver=None):
        tables = [("[[nats]]", dict(server(stream="NGINX", from_start=True, time_zone="UTC"), **(source or {})))]
        return Daemon(t, name=name, tables=tables,
                      receivers=[dict(server(type="nats", name="bus", subject="handshaked.events"), **(receiver or {}))])

    def problems(**changed):
        code, said, _ = Operator(daemon("checked", **changed)).run("check")
        expect_equal(code, 78, "exit status of check: " + said)
        return said

    said = problems()
    expect("there is no stream \"NGINX\"" in said and "nats stream add NGINX" in said, said)
    expect("no stream of JetStream takes the subject \"handshaked.events\"" in said, said)
    servers.make_stream("NGINX", ["nginx.errors.>"])
    servers.make_stream("EVENTS", ["handshaked.>"])
    expect_equal(Operator(daemon("good")).run("check")[0], 0, "exit status of check when all is there")
    wrong = t.directory / "wrong.password"
    wrong.write_text("guessed\n")
    said = problems(source={"password_file": wrong})
    expect("uthorization" in said and "guessed" not in said, said)
    said = problems(source={"ca_file": other.file})
    expect("certificate verify failed" in said or "SSL" in said, said)
    said = problems(source={"user": "guest", "password_file": guest_file(t)})
    expect("Permissions Violation" in said and "STREAM.INFO.NGINX" in said, said)
    expect("is a push consumer" in problems(source={"consumer": push_consumer(servers)}), "a push consumer")
    expect("belongs to the stream \"EVENTS\"" in problems(receiver={"stream": "NGINX"}), "another stream")
    t.step("check names what is wrong: no stream, a wrong password, a wrong CA, no permission, a push consumer")

    ledger = Ledger()
    running = daemon("daemon").start()
    publish(servers, ledger, 20)
    ledger.expect_all_counted(running, 40)
    events = wait_for(lambda: all_events(servers, 20), 60, "20 events in the stream")
    for headers, event in events:
        expect_equal(headers.get("Nats-Msg-Id"), event["id"], "the id of the message")
        expect_equal(headers.get("Content-Type"), "application/cloudevents+json", "its type")
    wait_for(lambda: not running.deliveries("ready"), 40, "every delivery to be acknowledged")
    t.step("events are in the stream under their ids")

    running.kill()
    again = running.query("SELECT count(*) FROM outbox")[0][0]
    servers.processes[0].kill()
    running.start()
    publish_later = [ledger.line_of_new_peer() for _ in range(5)]
    servers.processes[0].start()
    servers.publish(("nginx.errors.late", line, "late-%d" % n) for n, line in enumerate(publish_later))
    ledger.expect_all_counted(running, 60)
    wait_for(lambda: len(events_of(servers)) >= 25, 60, "25 events in the stream")
    ids = [event["id"] for _, event in events_of(servers)]
    expect_equal(len(ids), len(set(ids)), "ids in the stream, each once")
    expect(again >= 20, "the outbox kept its rows")
    t.step("the server and the daemon were killed: each event is there once")
    running.stop()


def guest_file(t):
    path = t.directory / "guest.password"
    path.write_text("guest\n")
    return path


def push_consumer(servers):
    servers.persistent(lambda client: client.api("CONSUMER.DURABLE.CREATE.NGINX.pushed", stream_name="NGINX", config={
        "durable_name": "pushed", "deliver_subject": "somewhere", "ack_policy": "explicit", "deliver_policy": "all"}))
    return "pushed"


def publish(servers, ledger, count):
    servers.publish(("nginx.errors.edge", ledger.line_of_new_peer(), "first-%d" % number) for number in range(count))


def events_of(servers):
    return [(headers, json.loads(body)) for headers, body in servers.stream_messages("EVENTS")]


def all_events(servers, count):
    found = events_of(servers)
    return found if len(found) >= count else None


run(story)
