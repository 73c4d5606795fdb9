"""The disk of the database is full: the daemon says so and goes on; when there is room again every line is counted once and told once."""
import os
import pathlib
import subprocess

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import Skip, expect, run, wait_for
from support.webhook_receiver import WebhookReceiver

SIZE_KIB = 48 << 10


def story(t):
    state = t.directory / "state"
    state.mkdir()
    # A file system of its own in a mount namespace of its own: nothing to unmount, it goes with the process.
    unshare = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    mount = ["sh", "-c", 'mount -t tmpfs -o size=%dk,mode=755 none "$0" && exec "$@"' % SIZE_KIB, str(state)]
    try:
        probe = subprocess.run([*unshare, *mount, "true"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except FileNotFoundError:
        raise Skip("unshare is not installed") from None
    if probe.returncode != 0:
        raise Skip("no file system may be mounted here: %s" % probe.stdout.decode().strip())
    receiver = WebhookReceiver(t)
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], [receiver.settings()], directory=state, wrapper=[*unshare, *mount]).start()
    inside = pathlib.Path("/proc/%d/root" % daemon.process.pid + str(state))
    # SQLite resolves links, so it cannot be sent through /proc: the reading is done inside.
    daemon.database_wrapper = ["nsenter", "--target", str(daemon.process.pid), "--mount"]
    if os.geteuid() != 0:
        daemon.database_wrapper += ["--user", "--preserve-credentials"]

    for _ in range(20):
        file.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon)
    ballast = inside / "ballast"
    with open(ballast, "wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"\0" * 4096)
        except OSError:
            pass
    t.step("the disk is full")
    for _ in range(400):
        file.write(ledger.line_of_new_peer())
    daemon.wait_for_log("(?i)disk is full|no space left|disk full", within=30)
    daemon.expect_alive()
    expect(daemon.lines_counted() < ledger.total(), "everything was counted although the disk is full: is it?")
    ballast.unlink()
    t.step("there is room again")
    ledger.expect_all_counted(daemon, 40)
    receiver.wait_for_events(len(ledger.written), within=30)
    wait_for(lambda: not [row for row in daemon.deliveries() if row[2] != "delivered"], 20, "every delivery to be marked")
    daemon.stop()
    ledger.expect_all_counted_by_events(receiver)
    expect(daemon.log_text().count("\n") < 200, "the log is full of the full disk: %d lines" % daemon.log_text().count("\n"))
    receiver.expect_all_valid()


run(story)
