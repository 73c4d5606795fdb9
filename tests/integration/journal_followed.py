"""The systemd journal: entries of nginx's unit only, through rotation, `kill -9` and downtime. 10,000 entries; every TLS line is counted once."""
from support.accounting import Ledger, ordinary_line, verify_error_line
from support.daemon import Daemon
from support.journal_writer import JournalWriter
from support.scenario import expect_equal, run

ENTRIES = 10_000
TLS_EVERY = 50


def story(t):
    directory = t.directory / "journal"
    journal = JournalWriter(t, directory)
    old = [verify_error_line("192.0.2.99:443")]
    journal.write(old)
    journal.rotate()
    ledger = Ledger()

    def lines(count):
        return [ordinary_line(n) if n % TLS_EVERY else ledger.line_of_new_peer() for n in range(count)]
    daemon = Daemon(t, tables=[("[[journal]]", {"directory": directory, "time_zone": "UTC"})]).start()
    journal.write(lines(ENTRIES // 5))
    journal.write([verify_error_line("192.0.2.98:443")], unit="cron.service")
    ledger.expect_all_counted(daemon, 20)
    expect_equal({host for incident in daemon.incidents() for host in incident["hosts"]}, {"edge-1"}, "hosts")
    t.step("followed: what was there before, and what others wrote, is left alone")

    journal.rotate()
    journal.write(lines(ENTRIES // 5))
    ledger.expect_all_counted(daemon, 20)
    t.step("rotated")

    journal.write(lines(ENTRIES // 5))
    daemon.kill()
    journal.rotate()
    journal.write(lines(ENTRIES // 5))
    daemon.start()
    ledger.expect_all_counted(daemon, 20)
    t.step("killed while it was read, and rotated while it was down")

    daemon.stop()
    journal.write(lines(ENTRIES // 5))
    daemon.start()
    ledger.expect_all_counted(daemon, 20)
    t.step("%d entries, every TLS line of %d counted once" % (ENTRIES, ledger.total()))
    daemon.stop()


run(story)
