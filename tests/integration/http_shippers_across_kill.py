"""`kill -9` under the programs that send over HTTP: syslog-ng (with a buffer on disk), rsyslog (omelasticsearch, with a queue), curl --retry. No line of
10,000 from each is lost. An Idempotency-Key makes a request count once even when its answer was lost; without one it counts twice then."""
import subprocess
import threading

from support.accounting import Ledger, ordinary_line
from support.daemon import Daemon
from support.lossy_proxy import LossyProxy
from support.ports import free_port
from support.scenario import Skip, expect, expect_equal, require_program, run, wait_for
from support.syslog_senders import rsyslog_http, syslog_ng_http

LINES = 10_000
PARTS = (4000, 3000, 3000)
TLS_EVERY = 100


def lines(ledger, count=LINES):
    return [ordinary_line(n) if n % TLS_EVERY else ledger.line_of_new_peer() for n in range(count)]


def story(t):
    require_program("curl", "ss")
    port = free_port()
    daemon = Daemon(t, tables=[("[[http]]", {"listen": ["http://127.0.0.1:%d" % port]})]).start()
    ledger = Ledger()
    body = t.directory / "body"

    def kill_under_curl(name, to, when, *arguments):
        body.write_bytes(b"".join(lines(ledger)))
        command = ["curl", "--no-progress-meter", "--retry", "30", "--retry-delay", "1", "--retry-all-errors", "-H", "Content-Type: text/plain", "-H", "Expect:", *arguments,
                   "--data-binary", "@%s" % body, "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:%d/" % to]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as curl:
            t.at_end(lambda: curl.poll() is None and curl.kill())
            when()
            daemon.start()
            status, said = curl.communicate(timeout=60)
        expect_equal(status, b"200", "status at last")
        expect(b"Will retry" in said, "curl did not have to repeat: %r" % said)
        t.step("curl, %s: repeated %d time(s)" % (name, said.count(b"Will retry")))

    def kill_when_begun():
        wait_for(lambda: subprocess.run(["ss", "-Htn", "state", "established", "dport", "= :%d" % port], capture_output=True).stdout, 10, "curl to connect")
        daemon.kill()
    kill_under_curl("killed in the middle of the body", port, kill_when_begun, "--limit-rate", "2M")
    ledger.expect_all_counted(daemon, 1)

    def lose_answer(*arguments):
        """The request is committed, and the daemon killed before curl gets to know of it."""
        answered = threading.Event()

        def take_answer():
            daemon.kill()
            answered.set()
        proxy = LossyProxy(t, port, take_answer)
        kill_under_curl("killed before the answer came%s" % (", with a key" if arguments else ""), proxy.port, lambda: answered.wait(20), *arguments)
    lose_answer("-H", "Idempotency-Key: 7f3a")
    ledger.expect_all_counted(daemon, 1)
    before = ledger.total()
    lose_answer()
    expect_equal(ledger.lost_and_repeated(daemon), (0, ledger.total() - before), "lost and repeated without a key")
    for peer in list(ledger.written)[before:]:
        ledger.written[peer] += 1  # they are as many now as they were received

    senders = []
    for make in (lambda: syslog_ng_http(t, t.directory / "syslog-ng.log", port, reliable=True), lambda: rsyslog_http(t, t.directory / "rsyslog.log", port)):
        try:
            senders.append(make())
        except Skip as skip:
            t.step("without: %s" % skip)
    if not senders:
        daemon.stop()
        return

    def write_part(count):
        for sender in senders:
            sender.file.write(b"".join(lines(ledger, count)))
            sender.file.flush()
    write_part(PARTS[0])
    for sender in senders:
        sender.start()
    ledger.expect_all_counted(daemon, 30)
    daemon.kill()
    write_part(PARTS[1])
    daemon.start()
    ledger.expect_all_counted(daemon, 40)
    t.step("%s: %d lines while nobody listened, every one counted once" % (", ".join(sender.name for sender in senders), PARTS[1]))
    before = daemon.lines_counted()
    write_part(PARTS[2])
    wait_for(lambda: daemon.lines_counted() > before, 20, "the third part to begin")
    daemon.kill()
    committed = daemon.lines_counted() - before
    daemon.start()
    wait_for(lambda: ledger.lost_and_repeated(daemon)[0] == 0, 40, lambda: "no line to be lost: %r" % (ledger.lost_and_repeated(daemon),))
    repeated = ledger.lost_and_repeated(daemon)[1]
    expect(repeated <= committed, "%d lines were counted twice, but only %d were committed when the daemon was killed" % (repeated, committed))
    t.step("killed with %d of %d TLS lines committed: none lost, %d counted twice" % (committed, ledger.total() - before, repeated))
    for sender in senders:
        sender.stop()
    daemon.stop()


run(story)
