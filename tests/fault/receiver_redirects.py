"""A redirect is never followed: signed events go where the operator sent them and nowhere else. It is kept as dead letter with the reason."""
from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver, redirect_to


def story(t):
    elsewhere = WebhookReceiver(t, name="elsewhere")
    redirecting = {status: WebhookReceiver(t, redirect_to(elsewhere.url, status), name="redirects-%d" % status) for status in (301, 302, 307, 308)}
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], [receiver.settings() for receiver in redirecting.values()]).start()
    file.write(ledger.line_of_new_peer())
    wait_for(lambda: len(daemon.deliveries("dead")) == len(redirecting), 20, lambda: "dead letters: %r" % daemon.deliveries())
    for receiver, _, _, _, reason in daemon.deliveries("dead"):
        expect("redirect" in reason, "reason of %s: %r" % (receiver, reason))
        expect("secret-of" not in reason and "/hooks/" not in reason, "the reason holds a secret path: %r" % reason)
    daemon.stop()
    expect_equal(elsewhere.requests(), [], "requests where the redirects lead")
    for receiver in redirecting.values():
        expect_equal(len(receiver.requests()), 1, "requests at " + receiver.name)


run(story)
