"""Lines as no one should write them: partial last lines, NUL bytes, text that is not UTF-8, CR LF, 20 MB without a line feed. Every genuine
line is counted, and memory stays bounded."""
from support.accounting import Ledger, LogFile, ordinary_line
from support.daemon import Daemon
from support.scenario import expect, run
from support.webhook_receiver import WebhookReceiver


def story(t):
    receiver = WebhookReceiver(t)
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], [receiver.settings()]).start()
    file.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon)
    resident = daemon.resident_kib()

    line = ledger.line_of_new_peer()
    file.write(line[:60])
    file.write(line[60:-1])
    daemon.expect_alive()
    file.write(b"\n")
    ledger.expect_all_counted(daemon)
    t.step("a line in three pieces")
    file.write(ledger.line_of_new_peer().replace(b"orders", b"or\xff\xfe\xc0ders").replace(b"GET", b"G\x00T"))
    file.write(b"\x00" * 5000 + b"\n")
    file.write(ledger.line_of_new_peer())
    file.write(b"\r\n\r\n")
    file.write(ledger.line_of_new_peer()[:-1] + b"\r\n")
    ledger.expect_all_counted(daemon)
    t.step("NUL, bytes that are not UTF-8, CR LF")
    block = b"SSL certificate verify error " * 4000
    for _ in range(20 * (1 << 20) // len(block)):
        file.write(block)
    file.write(b"\n")
    for number in range(3):
        file.write(ordinary_line(number))
    file.write(ledger.line_of_new_peer())
    ledger.expect_all_counted(daemon)
    grown = daemon.peak_kib() - resident
    t.step("a line of 20 MB; memory grew by %d KiB" % grown)
    expect(grown < 12 * 1024, "memory grew by %d KiB" % grown)
    receiver.wait_for_events(len(ledger.written))
    daemon.stop()
    receiver.expect_all_valid()


run(story)
