"""An operator looks, silences, notes, resolves, and sends again what was given up: over the control socket of the running daemon, whose
rights are checked. What he did holds after a restart."""
import json
import os
import socket
import stat

from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver, accept, answer_with


def story(t):
    log = LogFile(t.directory / "error.log")
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [log.path], [receiver.settings()])
    operator = Operator(daemon)
    code, _, error = operator.run("status")
    expect_equal(code, 69, "exit status while no daemon runs")
    expect("is handshaked running" in error, error)
    daemon.start()

    t.step("status and incidents")
    log.write(verify_error_line("10.0.0.1:8443"))
    receiver.wait_for_events(1)
    status = operator.ask("status")
    expect_equal(status["incidents"]["warning"], 1, "warnings")
    expect_equal([r["name"] for r in status["receivers"]], ["hook"], "receivers")
    expect("hook" in operator.text("status"), "the status lacks its receiver")
    listed = operator.ask("incidents", "list")
    expect_equal(listed["total"], 1, "incidents")
    incident = listed["incidents"][0]["id"]
    expect("接收方" in operator.text("status", lang="zh"), "the status is not in Chinese")
    expect(incident in operator.text("incidents", "list", "upstream=10.0.0.1:8443"), "a matcher that holds")
    expect_equal(operator.ask("incidents", "list", "severity=critical")["total"], 0, "incidents of another severity")
    code, _, error = operator.run("incidents", "list", "colour=red")
    expect_equal((code, "unknown label" in error), (2, True), "a matcher without sense: " + error)
    shown = operator.ask("incidents", "show", incident)
    expect_equal(shown["incident"]["count"], 1, "count")
    expect_equal([told["receiver"] for told in shown["told"]], ["hook"], "who was told")
    expect(shown["fixes"], "no fixes")
    expect_equal(operator.run("incidents", "show", "inc-0000000000000000")[0], 1, "exit status for an incident that is not there")

    t.step("a silence holds back what matches, and nothing else")
    silence = operator.text("silence", "add", "upstream=~10.0.0.2:.*", "--for", "1h", "--comment", "re-issue").strip()
    log.write(verify_error_line("10.0.0.2:8443"))
    log.write(verify_error_line("10.0.0.3:8443"))
    expect_equal({event.peer for event in receiver.wait_for_events(2)}, {"10.0.0.1:8443", "10.0.0.3:8443"}, "peers that were told")
    wait_for(lambda: operator.ask("incidents", "list")["total"] == 3, 10, "three incidents")
    held = [i for i in operator.ask("incidents", "list")["incidents"] if i["silenced_by"]]
    expect_equal([(i["peer"], i["silenced_by"]) for i in held], [("10.0.0.2:8443", [silence])], "what is silenced")
    for wrong in (["rule=~.*"], ["server=x", "--until", "2001-01-01T00:00:00Z"], ["server=x", "--for", "soon"], []):
        expect_equal(operator.run("silence", "add", *wrong)[0], 2, "exit status of silence add %s" % wrong)

    t.step("notes and silences survive kill -9")
    operator.text("incidents", "note", incident, "ticket 4711 \x1b[31m")
    wait_for(lambda: any(i["id"] == incident and i.get("notes") for i in daemon.incidents()), 10, "the note to be in the database")
    daemon.kill()
    daemon.start()
    listed = operator.ask("silence", "list")["silences"]
    expect_equal([(s["id"], s["comment"], s["active"]) for s in listed], [(silence, "re-issue", True)], "silences after a restart")
    note = operator.ask("incidents", "show", incident)["notes"][0]
    expect(note["text"].startswith("ticket 4711"), "the note: %r" % note)
    expect("\x1b" not in operator.text("incidents", "show", incident), "an escape sequence reached the terminal")
    expect_equal(len(receiver.events()), 2, "events after the restart")

    t.step("without the silence it is told")
    operator.text("silence", "expire", silence)
    expect_equal(receiver.wait_for_events(3)[2].peer, "10.0.0.2:8443", "peer")
    expect_equal(operator.run("silence", "expire", silence)[0], 1, "exit status for a silence that is over")

    t.step("resolved by hand, and open again when it goes on")
    operator.text("incidents", "resolve", incident, "--note", "CA re-issued")
    resolved = receiver.wait_for_events(1, kind="resolved")[0]
    expect_equal((resolved.data["incident"]["id"], resolved.data["incident"]["resolved_by"]), (incident, "operator"), "resolved event")
    expect_equal(operator.run("incidents", "resolve", incident)[0], 1, "exit status of a second resolve")
    expect(incident in operator.text("incidents", "list", "--status", "resolved"), "it is not among the resolved")
    log.write(verify_error_line("10.0.0.1:8443"))
    reopened = receiver.wait_for_events(1, kind="reopened")[0]
    expect_equal((reopened.data["incident"]["id"], reopened.data["incident"]["reopens"]), (incident, 1), "reopened event")

    t.step("a delivery that was refused, and sent again by hand")
    receiver.behaviour = answer_with(400)
    log.write(verify_error_line("10.0.0.4:8443"))
    wait_for(lambda: operator.ask("deliveries", "list", "--status", "dead")["deliveries"], 15, "a dead delivery")
    dead = operator.ask("deliveries", "list", "--status", "dead")["deliveries"][0]
    expect("400" in dead["last_error"], "the reason: %r" % dead)
    expect(json.loads(operator.ask("deliveries", "show", dead["id"])["body"]), "the delivery has no body")
    receiver.behaviour = accept
    expect_equal(operator.ask("deliveries", "retry", dead["id"])["changed"], 1, "deliveries that are tried again")
    wait_for(lambda: any(event.peer == "10.0.0.4:8443" for event in receiver.events()), 15, "the delivery to arrive")
    expect_equal(operator.run("deliveries", "retry", dead["id"])[0], 1, "exit status of a second retry")
    expect_equal(operator.run("deliveries", "discard")[0], 2, "exit status without a number")

    t.step("the socket is for root, the daemon's user and its group only")
    expect_equal(stat.S_IMODE(os.stat(daemon.control_socket).st_mode), 0o600, "mode of the socket")
    if os.geteuid() == 0:
        os.chmod(daemon.control_socket, 0o666)  # even if somebody opened it: the daemon looks who asks
        for path in (t.directory, daemon.directory):
            os.chmod(path, 0o755)
        code, _, error = operator.run("status", user=65534)
        expect_equal(code, 69, "exit status for somebody else: " + error)
        daemon.wait_for_log("control socket refused nobody")

    t.step("what is no request is refused, and nobody is kept waiting")
    for line in (b"\n", b"no json\n", b'{"verb":1}\n', b'{"verb":"status","more":1}\n', b'{"verb":"incidents.list","arguments":[]}\n',
                 b'{"verb":"format c:"}\n', b"x" * 70000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(10)
            client.connect(str(daemon.control_socket))
            client.sendall(line)
            answer = json.loads(client.makefile("rb").readline())
            expect(answer["ok"] is False and answer["error"]["message"], "the answer to %r: %r" % (line[:40], answer))
    expect_equal(operator.ask("status")["incidents"]["warning"], 4, "warnings at the end")
    receiver.expect_all_valid()
    daemon.stop()
    expect(not os.path.exists(daemon.control_socket), "the socket is still there")


run(story)
