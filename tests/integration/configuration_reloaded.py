"""SIGHUP: other receivers and routes from then on, nothing told twice, nothing lost; a receiver that was disabled is tried again; a configuration
that cannot be used changes nothing; what takes a restart is named."""
import time

from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon, toml_table
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver, accept, answer_with, in_turn


def answer_late(receiver, request, stream):
    time.sleep(1.5)
    return answer_with(200)(receiver, request, stream)


def story(t):
    log = LogFile(t.directory / "error.log")
    old, new = WebhookReceiver(t, name="old"), WebhookReceiver(t, name="new")
    gone = WebhookReceiver(t, answer_with(410), name="gone")
    daemon = Daemon(t, [log.path], [old.settings(), gone.settings()]).start()
    first = daemon.configuration.read_text()
    head = first[:first.index("[[receiver]]")]

    def reload(text):
        said = len(daemon.log_text())
        daemon.configuration.write_text(text)
        daemon.reload()
        daemon.wait_for_log(r"(reloaded the configuration|the configuration was not reloaded)", 20, after=said)
        return daemon.log_text()[said:]

    log.write(verify_error_line("10.0.0.1:8443"))
    expect_equal([event.peer for event in old.wait_for_events(1)], ["10.0.0.1:8443"], "told to the old receiver")
    daemon.wait_for_log(r"disabled until the configuration is reloaded")

    t.step("a configuration that cannot be used changes nothing")
    said = reload(first + "colour = \"red\"\n")
    expect("colour" in said and "not reloaded" in said, said)
    said = reload(head + toml_table("[[receiver]]", old.settings(secret_files=[str(t.directory / "nowhere")])))
    expect("receiver old: " in said and "nowhere" in said and "not reloaded" in said, said)
    log.write(verify_error_line("10.0.0.2:8443"))
    old.wait_for_events(2)

    t.step("the new receiver hears what comes and what is still open; the disabled one is tried again")
    gone.behaviour = accept
    text = head.replace('readers = 1', 'readers = 2') + toml_table("[[route]]", {"matchers": ["upstream=10.0.0.4:8443"], "receivers": []})
    text += toml_table("[[route]]", {"receivers": ["new", "gone"]})
    text += toml_table("[[receiver]]", new.settings()) + toml_table("[[receiver]]", gone.settings())
    said = reload(text)
    expect("readers has changed: it takes effect after a restart" in said, said)
    expect_equal({event.peer for event in new.wait_for_events(2)}, {"10.0.0.1:8443", "10.0.0.2:8443"}, "told to the new receiver: what was open")
    log.write(verify_error_line("10.0.0.4:8443"))
    log.write(verify_error_line("10.0.0.3:8443"))
    expect_equal(new.wait_for_events(3)[2].peer, "10.0.0.3:8443", "told to the new receiver: what came later, not what the route keeps from it")
    gone.wait_for_events(3)
    expect_equal(len(old.requests()), 2, "requests of the receiver that left")
    expect_equal(sorted(event.peer for event in gone.events()), ["10.0.0.1:8443", "10.0.0.2:8443", "10.0.0.3:8443"], "told to the receiver that came back")

    t.step("told once: reloading the same says nothing again")
    before = len(new.requests())
    for _ in range(3):
        reload(text)
    log.write(verify_error_line("10.0.0.5:8443"))
    new.wait_for_events(4)
    expect_equal(len(new.requests()), before + 1, "requests after three reloads and a new fault")

    t.step("a receiver that leaves and comes back hears the end of what it was told, and nothing twice")
    told = [(event.peer, event.kind) for event in gone.events()]
    alone = text.replace('receivers = ["new", "gone"]', 'receivers = ["new"]')
    reload(alone[:alone.rindex("[[receiver]]")])
    operator = Operator(daemon)
    first_incident = next(incident for incident in operator.ask("incidents", "list")["incidents"] if incident["peer"] == "10.0.0.1:8443")
    operator.ask("incidents", "resolve", first_incident["id"])
    new.wait_for_events(1, kind="resolved")
    reload(text)
    expect_equal([event.peer for event in gone.wait_for_events(1, kind="resolved")], ["10.0.0.1:8443"], "ends told to the receiver that came back")
    expect_equal([(event.peer, event.kind) for event in gone.events()], told, "beginnings told to it")

    t.step("a reload while the receiver hangs: what was under way arrives, once it is recorded")
    new.behaviour = in_turn(answer_with(503), accept)
    log.write(verify_error_line("10.0.0.6:8443"))
    wait_for(lambda: any(request.answer == 503 for request in new.requests()), 10, "the refusal")
    reload(text)
    new.wait_for_events(5, within=30)
    new.expect_all_valid()

    t.step("what Alertmanager was being told at a reload is told again in time")
    manager = WebhookReceiver(t, answer_late, name="manager")
    text = head + toml_table("[[receiver]]", {"type": "alertmanager", "name": "manager", "url": "http://127.0.0.1:%d" % manager.port,
                                              "resend_interval": "1s"})
    reload(text)
    log.write(verify_error_line("10.0.0.7:8443"))
    under_way = wait_for(lambda: [request for request in manager.requests() if b"10.0.0.7:8443" in request.body], 20, "the alert to be on its way")
    expect_equal(under_way[0].answer, None, "answer of Alertmanager so far")
    reload(text)
    wait_for(lambda: len([request for request in manager.requests() if b"10.0.0.7:8443" in request.body]) >= 3, 30, "the alert to be told again, and again")
    daemon.stop()


run(story)
