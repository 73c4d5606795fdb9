"""A webhook over https: the receiver's certificate is verified against ca_file, and a wrong one gets no event."""
from support.accounting import Ledger, LogFile
from support.authority import Authority
from support.daemon import Daemon
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver


def story(t):
    authority = Authority(t)
    root = authority.root()
    good = WebhookReceiver(t, name="good", tls=authority.server_context(authority.issue("good", "hooks", root, ["IP:127.0.0.1"])))
    bad = {
        "wrong-name": authority.issue("wrong-name", "hooks", root, ["DNS:hooks.corp.test"]),
        "expired": authority.issue("expired", "hooks", root, ["IP:127.0.0.1"], from_days=-90, to_days=-1),
        "unknown": authority.issue("unknown", "hooks", None, ["IP:127.0.0.1"]),
    }
    refused = [WebhookReceiver(t, name=name, tls=authority.server_context(certificate)) for name, certificate in bad.items()]
    log = t.directory / "error.log"
    file, ledger = LogFile(log), Ledger()
    daemon = Daemon(t, [log], [receiver.settings(ca_file=root.file) for receiver in [good, *refused]]).start()
    for number in range(5):  # one after the other: what comes at once goes over several connections
        file.write(ledger.line_of_new_peer())
        events = good.wait_for_events(number + 1)
    expect(len({event.connection for event in events}) < 5, "no connection was kept between requests")
    good.expect_all_valid()

    def failures():
        return {row[0]: row[4] for row in daemon.deliveries() if row[3] > 0}
    wait_for(lambda: set(bad) <= set(failures()), 20, lambda: "attempts at the others to fail: %r" % failures())
    for receiver in refused:
        expect_equal(receiver.requests(), [], "requests at " + receiver.name)
        expect("token=" not in failures()[receiver.name], "the reason holds the receiver's secret URL")
    expect("secret-of" not in daemon.log_text(), "the log holds a receiver's secret URL")
    daemon.stop()


run(story)
