"""A log that may not be read: said with its name, the others are followed, and it is read in full once it may be."""
import os
import subprocess

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import Skip, run
from support.webhook_receiver import WebhookReceiver

AS_AN_ORDINARY_USER = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]


def story(t):
    wrapper = []
    if os.geteuid() == 0:  # for root everything is readable, unless it gives that up
        wrapper = AS_AN_ORDINARY_USER
        probe = t.directory / "probe"
        probe.touch(0o000)
        if subprocess.run([*wrapper, "cat", probe], stdout=subprocess.PIPE, stderr=subprocess.PIPE).returncode == 0:
            raise Skip("setpriv cannot take root's right to read everything away")
    receiver = WebhookReceiver(t)
    closed, opened = t.directory / "closed.log", t.directory / "open.log"
    ledger = Ledger()
    closed.write_bytes(b"".join(ledger.line_of_new_peer() for _ in range(3)))
    closed.chmod(0o000)
    daemon = Daemon(t, [closed, opened], [receiver.settings()], wrapper=wrapper).start()
    daemon.wait_for_log(r"closed\.log.*[Pp]ermission denied")
    file = LogFile(opened)
    visible = Ledger(first_peer=1000)
    file.write(visible.line_of_new_peer())
    receiver.wait_for_events(1)
    visible.expect_all_counted(daemon)
    t.step("the other log is followed meanwhile")
    closed.chmod(0o644)
    ledger.written.update(visible.written)
    ledger.expect_all_counted(daemon, 30)
    t.step("readable now: nothing of it was lost")
    with open(closed, "ab") as more:
        more.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon, 30)
    daemon.stop()


run(story)
