"""A daemon that keeps dying is started again with growing pauses, whatever systemd's version; a clean end forgets them, and a stop does not have to
wait for them."""
import signal
import time

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect, expect_equal, run


def story(t):
    runtime = t.directory / "runtime"
    runtime.mkdir()
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], wrapper=["env", "RUNTIME_DIRECTORY=%s" % runtime])
    for _ in range(5):
        file.write(ledger.line_of_new_peer())
        daemon.start().kill()
    expect("ended badly" not in daemon.log_text(), "it waited too early: " + daemon.log_text())
    began = time.monotonic()
    daemon.start(within=40)
    expect(time.monotonic() - began >= 2, "it did not wait")
    daemon.wait_for_log("the last starts ended badly; waiting 2 s")
    daemon.wait_for_notification("STATUS=the last starts ended badly; waiting 2 s")
    ledger.expect_all_counted(daemon)
    t.step("the sixth start waited for 2 s")

    daemon.kill()
    daemon.launch()
    daemon.wait_for_log("waiting 4 s")
    daemon.process.signal(signal.SIGTERM)
    expect_equal(daemon.process.wait(3), -signal.SIGTERM, "end of one that waited")
    t.step("one that waits can be stopped")

    for start in runtime.iterdir():
        start.unlink()  # as systemd does when the unit has stopped
    daemon.start()
    daemon.stop()
    expect(not list(runtime.iterdir()), "a clean end is remembered: %s" % list(runtime.iterdir()))
    file.write(ledger.line_of_new_peer())
    daemon.start()
    ledger.expect_all_counted(daemon)
    daemon.stop()


run(story)
