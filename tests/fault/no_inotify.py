"""The kernel gives no inotify instance: the daemon says that it polls, and loses nothing through a rotation."""
import os
import subprocess

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import Skip, run
from support.webhook_receiver import WebhookReceiver

# In a user namespace of its own the limit can be lowered for the daemon alone.
WITHOUT_INOTIFY = ["unshare", "--user", "--map-root-user", "sh", "-c", 'echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"', "sh"]


def story(t):
    try:
        probe = subprocess.run([*WITHOUT_INOTIFY, "true"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError:
        raise Skip("unshare is not installed") from None
    if probe.returncode != 0:
        raise Skip("inotify cannot be limited here: %s" % probe.stdout.decode().strip())
    log = t.directory / "error.log"
    receiver = WebhookReceiver(t)
    file, ledger = LogFile(log), Ledger()
    daemon = Daemon(t, [log, t.directory / "late" / "*.log"], [receiver.settings()], wrapper=WITHOUT_INOTIFY).start()
    daemon.wait_for_log("(?i)poll")
    for rotation in range(3):
        for _ in range(20):
            file.write(ledger.line_of_new_peer())
        os.rename(log, "%s.%d" % (log, rotation + 1))
        file.write(ledger.line_of_new_peer())
        file.reopen()
        file.write(ledger.line_of_new_peer())
        ledger.expect_all_counted(daemon, 20)
        t.step("rotation %d" % (rotation + 1))
    (t.directory / "late").mkdir()
    (t.directory / "late" / "x.log").write_bytes(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon, 20)
    receiver.wait_for_events(len(ledger.written))
    daemon.stop()
    ledger.expect_all_counted_by_events(receiver)


run(story)
