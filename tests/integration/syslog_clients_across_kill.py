"""`kill -9` under the programs that send syslog. The protocol has no acknowledgement: what a sender has handed to its kernel is gone for it. So what can
be promised is: what was counted stays counted, once. A sender that keeps its lines while nobody listens (syslog-ng with a buffer on disk, rsyslog with
a queue) loses at most the batch that it wrote into the dead connection; rsyslog may send a batch twice. A kill in the middle loses nothing but what
was sent and not yet committed."""
from support.accounting import Ledger, ordinary_line
from support.authority import Authority
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import Skip, expect, expect_equal, run, wait_for
from support.syslog_senders import rsyslog, syslog_ng

PARTS = (4000, 3000, 3000)
TLS_EVERY = 100
TRANSPORTS = 2  # over TCP and over TLS: every line comes twice
# syslog-ng writes 100 lines at once (flush-lines), rsyslog 128 (queue.dequeueBatchSize): two TLS lines at most, over each transport.
IN_ONE_BATCH = 2 * TRANSPORTS


def story(t):
    authority = Authority(t)
    root = authority.root()
    server = authority.issue("server", "localhost", root, ["DNS:localhost", "IP:127.0.0.1"])
    client = authority.issue("client", "edge-9", root, ["DNS:edge-9"], purpose="clientAuth")
    plain, tls = free_port(), free_port()
    daemon = Daemon(t, tables=[
        ("[[syslog]]", {"listen": ["tcp://127.0.0.1:%d" % plain]}),
        ("[[syslog]]", {"name": "tls", "listen": ["tls://127.0.0.1:%d" % tls], "certificate": server.file, "key": server.key, "client_ca": root.file}),
    ]).start()
    senders, ledgers = [], {}
    for make, more in ((syslog_ng, {"reliable": True}), (rsyslog, {})):
        try:
            senders.append(make(t, t.directory / (make.__name__ + ".log"), plain, tls, root.file, client, **more))
            ledgers[senders[-1]] = Ledger(first_peer=100_000 * len(senders))
        except Skip as skip:
            t.step("without %s: %s" % (make.__name__, skip))
    if not senders:
        raise Skip("neither syslog-ng nor rsyslog is installed")

    def write_part(count):
        for sender, ledger in ledgers.items():
            for number in range(count):
                # The last one shows that the sender is through.
                is_ordinary = number % TLS_EVERY and number != count - 1
                sender.file.write(ordinary_line(number) if is_ordinary else ledger.line_of_new_peer())
                if not is_ordinary:
                    ledger.written[next(reversed(ledger.written))] = TRANSPORTS
            sender.file.flush()

    def wait_until_through():
        last = [next(reversed(ledger.written)) for ledger in ledgers.values()]

        def through():
            counted = daemon.counts_by_peer()
            return all(counted.get(peer, 0) >= TRANSPORTS for peer in last)
        wait_for(through, 40, lambda: "the senders' last lines: %r" % {peer: daemon.counts_by_peer().get(peer, 0) for peer in last})

    def settle(sender, most_lost):
        """Checks what became of a sender's lines, and takes it as given from here on."""
        ledger = ledgers[sender]
        wait_for(lambda: ledger.lost_and_repeated(daemon)[0] <= most_lost, 5,
                 lambda: "%s to lose %d lines at most: it lost %d" % (sender.name, most_lost, ledger.lost_and_repeated(daemon)[0]))
        lost, repeated = ledger.lost_and_repeated(daemon)
        most_repeated = IN_ONE_BATCH if sender.name == "rsyslog" else 0
        expect(repeated <= most_repeated, "%s: %d lines repeated, more than %d" % (sender.name, repeated, most_repeated))
        counted = daemon.counts_by_peer()
        ledger.written.update({peer: counted.get(peer, 0) for peer in ledger.written})
        return "%s %d lost and %d sent twice" % (sender.name, lost, repeated)

    write_part(PARTS[0])
    for sender in senders:
        sender.start()
    for ledger in ledgers.values():
        wait_for(lambda: ledger.lost_and_repeated(daemon) == (0, 0), 30, lambda: "every line to be counted once: %r" % (ledger.lost_and_repeated(daemon),))
    daemon.kill()
    for ledger in ledgers.values():
        expect_equal(ledger.lost_and_repeated(daemon), (0, 0), "what was counted, after the kill")
    t.step("%d lines, every one counted once; killed" % PARTS[0])

    write_part(PARTS[1])
    daemon.start()
    wait_until_through()
    # They notice a dead connection by writing into it, and what they wrote is lost; rsyslog may repeat a batch, too.
    t.step("%d lines while nobody listened: %s" % (
        PARTS[1], ", ".join(settle(sender, IN_ONE_BATCH) for sender in senders)))

    before = daemon.lines_counted()
    write_part(PARTS[2])
    wait_for(lambda: daemon.lines_counted() > before, 20, "the third part to begin")
    daemon.kill()
    at_kill = daemon.counts_by_peer()
    daemon.start()
    write_part(TLS_EVERY)
    wait_until_through()
    counted = daemon.counts_by_peer()
    for peer, times in at_kill.items():
        expect(counted.get(peer, 0) >= times, "%s was counted %d time(s) before the kill and %d after it" % (peer, times, counted.get(peer, 0)))
    uncommitted = {sender: sum(times - min(times, at_kill.get(peer, 0)) for peer, times in ledgers[sender].written.items()) for sender in senders}
    t.step("killed with %d TLS lines of the third part committed: %s" % (
        sum(at_kill.values()) - before, ", ".join("%s (of %d)" % (settle(sender, uncommitted[sender]), uncommitted[sender]) for sender in senders)))
    for sender in senders:
        sender.stop()
    daemon.stop()


run(story)
