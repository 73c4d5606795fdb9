"""`kill -9` again and again while chunks arrive: what was committed and not acknowledged is sent again under its id, and not counted again."""
import threading

from support.accounting import Ledger, ordinary_line
from support.daemon import Daemon
from support.forward_sender import ForwardSender
from support.ports import free_port
from support.scenario import expect, run, wait_for

ROUNDS = 6
SENDERS = 3


def story(t):
    port = free_port()
    daemon = Daemon(t, tables=[("[[forward]]", {"listen": ["tcp://127.0.0.1:%d" % port]})]).start()
    ledger = Ledger()
    over = threading.Event()
    senders, failures = [ForwardSender(port) for _ in range(SENDERS)], []
    chunks = [0] * SENDERS

    def send(index):
        try:
            while not over.is_set():
                lines = [ordinary_line(n) if n % 10 else ledger.line_of_new_peer() for n in range(50)]
                senders[index].send_chunk(lines, compressed=chunks[index] % 2 == 0)
                chunks[index] += 1
        except Exception as failure:
            failures.append(failure)
    threads = [threading.Thread(target=send, args=(index,)) for index in range(SENDERS)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(ROUNDS):
            before = sum(chunks)
            wait_for(lambda: sum(chunks) > before + 3 * SENDERS or failures, 30, "chunks to be acknowledged")
            daemon.kill()
            daemon.start()
    finally:
        over.set()
        for thread in threads:
            thread.join(60)
    expect(not failures, "a sender failed: %r" % failures)
    ledger.expect_all_counted(daemon, 20)
    repeated = sum(sender.sent for sender in senders) - sum(chunks)
    t.step("%d chunks, %d of them sent again, %d kills: every TLS line of %d counted once" % (sum(chunks), repeated, ROUNDS, ledger.total()))
    for sender in senders:
        sender.close()
    daemon.stop()


run(story)
