"""`kill -9` under the libraries that send over HTTP (the exporters of OpenTelemetry, winston-loki, the client of Elasticsearch): they repeat what was not
acknowledged, so that no line of 10,000 from each is lost. Killed between two requests, every line is counted once; killed while requests are answered,
only lines of those requests can be counted twice, because these protocols give a request no id."""
from support.accounting import Ledger, ordinary_line
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import expect, expect_equal, run, wait_for
from support.shippers import node_shipper

PARTS = (4000, 3000, 3000)
TLS_EVERY = 100
CLIENTS = ("otlp-json", "otlp-proto", "loki-json", "loki-proto", "elasticsearch")


def story(t):
    port = free_port()
    daemon = Daemon(t, tables=[("[[http]]", {"listen": ["http://127.0.0.1:%d" % port]})]).start()
    ledger = Ledger()
    shippers = [node_shipper(t, client, "http.js", client=client, url="http://127.0.0.1:%d" % port) for client in CLIENTS]

    def send_part(count):
        for shipper in shippers:
            lines = [ordinary_line(n) if n % TLS_EVERY else ledger.line_of_new_peer() for n in range(count)]
            shipper.send(lines + [b"\n"])

    def wait_until_sent(count, within=40):
        for shipper in shippers:
            wait_for(lambda: "sent %d\n" % count in shipper.output_text() or not shipper.is_running(), within, "%s to have sent %d" % (shipper.name, count))
            expect(shipper.is_running(), "%s ended" % shipper.name)

    for shipper in shippers:
        shipper.start()
    send_part(PARTS[0])
    wait_until_sent(PARTS[0])
    # Acknowledged is durable: it is there now, and is there after the kill.
    wrong = ledger.difference(daemon.counts_by_peer())
    expect(not wrong, "%d peers are wrong although everything was acknowledged: %s" % (len(wrong), wrong[:3]))
    daemon.kill()
    expect_equal(ledger.difference(daemon.counts_by_peer()), [], "what was acknowledged, after the kill")
    t.step("%d lines from each of %d clients, acknowledged; killed" % (PARTS[0], len(shippers)))

    send_part(PARTS[1])
    for shipper in shippers[2:4]:
        wait_for(lambda: "ECONNREFUSED" in shipper.output_text(), 10, "%s to be refused" % shipper.name)
    daemon.start()
    wait_until_sent(sum(PARTS[:2]))
    ledger.expect_all_counted(daemon, 5)
    t.step("%d lines more while nobody listened: every TLS line of %d counted once" % (PARTS[1], ledger.total()))

    before = daemon.lines_counted()
    send_part(PARTS[2])
    wait_for(lambda: daemon.lines_counted() > before, 20, "the third part to begin")
    daemon.kill()
    counted = daemon.lines_counted()
    daemon.start()
    for shipper in shippers:
        shipper.finish(40)
    lost, repeated = ledger.lost_and_repeated(daemon)
    expect_equal(lost, 0, "lines lost by a kill while requests were under way")
    # What was counted before the third part cannot be sent again; of the third, only what was committed and not yet acknowledged.
    expect(repeated <= counted - before, "%d lines were counted twice, but only %d were committed when the daemon was killed" % (repeated, counted - before))
    expect(max(daemon.counts_by_peer().values()) <= 2, "a line was counted more than twice after one kill")
    t.step("killed with %d of %d TLS lines committed: none lost, %d counted twice" % (counted - before, ledger.total() - before, repeated))
    daemon.stop()


run(story)
