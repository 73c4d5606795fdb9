"""systemd-journal-upload sends a journal over HTTP: 10,000 entries; every TLS line is counted once, although the daemon is killed in the middle of
an upload, and the whole of it is sent again."""
import os
import subprocess

from support.accounting import Ledger, ordinary_line, verify_error_line
from support.daemon import Daemon
from support.journal_writer import JournalWriter
from support.ports import free_port
from support.scenario import Failed, Skip, expect, expect_equal, run, wait_for

UPLOAD = "/lib/systemd/systemd-journal-upload"
ENTRIES = 10_000
TLS_EVERY = 20


def story(t):
    if not os.access(UPLOAD, os.X_OK):
        raise Skip("systemd-journal-remote, which holds systemd-journal-upload, is not installed")
    journal = JournalWriter(t, t.directory / "journal")
    ledger = Ledger()

    def lines(count):
        return [ordinary_line(n) if n % TLS_EVERY else ledger.line_of_new_peer() for n in range(count)]
    journal.write(lines(ENTRIES))
    journal.write([verify_error_line("192.0.2.98:443")], unit="cron.service")
    journal.close()

    port = free_port()
    daemon = Daemon(t, tables=[("[[http]]", {"listen": ["http://127.0.0.1:%d" % port]})]).start()
    state = t.directory / "upload.state"

    def upload():
        return subprocess.Popen([UPLOAD, "--url=http://127.0.0.1:%d" % port, "--directory=%s" % journal.directory, "--save-state=%s" % state,
                                 "--follow=no"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    first = upload()
    try:
        wait_for(lambda: daemon.lines_counted() > 0, 20, "a part to be counted")
    finally:
        daemon.kill()
        output = first.communicate(timeout=20)[0].decode()
    counted = daemon.lines_counted()
    t.step("killed when %d of %d were counted; the upload ended with status %d" % (counted, ledger.total(), first.returncode))
    daemon.start()
    again = upload()
    output = again.communicate(timeout=30)[0].decode()
    if again.returncode != 0:
        raise Failed("systemd-journal-upload ended with status %d: %s" % (again.returncode, output))
    ledger.expect_all_counted(daemon, 5)
    expect_equal({host for incident in daemon.incidents() for host in incident["hosts"]}, {"edge-1"}, "hosts")
    t.step("sent again: every TLS line of %d counted once" % ledger.total())

    state.unlink()
    output = upload().communicate(timeout=30)[0].decode()
    ledger.expect_all_counted(daemon, 5)
    t.step("sent once more, by an uploader that has forgotten: nothing is counted twice")
    expect(daemon.lines_counted() == ledger.total(), "lines were counted twice")
    daemon.stop()


run(story)
