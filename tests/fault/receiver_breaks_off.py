"""Receivers that reset, close without an answer, break off in the status or the headers, or answer what is no HTTP: the event comes again."""
from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect_equal, run
from support.webhook_receiver import (WebhookReceiver, accept, answer_garbage, break_off_in_headers, break_off_in_status, close_without_answer,
                                      in_turn, reset)


def story(t):
    breaking = [WebhookReceiver(t, in_turn(fault, fault, accept), name=fault.__name__.replace("_", "-"))
                for fault in (reset, close_without_answer, break_off_in_status, break_off_in_headers, answer_garbage)]
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], [receiver.settings() for receiver in breaking]).start()
    file.write(ledger.line_of_new_peer())
    for receiver in breaking:
        event = receiver.wait_for_events(1, within=30)[0]
        expect_equal([request.id for request in receiver.requests()], [event.id] * 3, "ids at " + receiver.name)
        receiver.expect_all_valid()
        t.step("%s: twice in vain, then delivered" % receiver.name)
    daemon.stop()


run(story)
