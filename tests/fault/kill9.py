"""kill -9 at random moments, ten rounds, while lines are written and logs are rotated: at the end every line is counted once, no incident was
opened twice, and every event was delivered."""
import os
import random
import threading

from support.accounting import Ledger, LogFile, ordinary_line
from support.daemon import Daemon
from support.scenario import expect, expect_equal, run
from support.webhook_receiver import WebhookReceiver

ROUNDS = 10


class Writer(threading.Thread):
    """Writes without a stop, until told."""

    def __init__(self, path, seed):
        super().__init__(daemon=True)
        self.path = path
        self.ledger = Ledger()
        self.file = LogFile(path)
        self.random = random.Random(seed)
        self.over = threading.Event()
        self.rotate = threading.Event()
        self.rotations = 0

    def run(self):
        while not self.over.wait(self.random.random() * 0.01):
            for _ in range(self.random.randrange(1, 4)):
                dice = self.random.random()
                if dice < 0.5:
                    self.file.write(self.ledger.line_of_new_peer())
                elif dice < 0.9:
                    self.file.write(self.ledger.line_of_known_peer(self.random.randrange(1 << 30)))
                else:
                    self.file.write(ordinary_line(self.ledger.total()))
            if self.rotate.is_set():
                self.rotate.clear()
                self.rotations += 1
                os.rename(self.path, "%s-%08d" % (self.path, 20261100 + self.rotations))
                self.file.reopen()


def story(t):
    seed = int(os.environ.get("HANDSHAKED_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
    t.step("HANDSHAKED_SEED=%d repeats the moments, as far as the machine does" % seed)
    chance = random.Random(seed)
    writer = Writer(t.directory / "error.log", seed)
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, [writer.path], [receiver.settings()])
    pause = threading.Event()
    writer.start()
    for round_ in range(1, ROUNDS + 1):
        daemon.launch()
        # Anywhere from the first instructions to well into the work: the delay is the point here, nothing is waited for.
        pause.wait(chance.choice([0.05, 0.3, 1.0]) * chance.random() if round_ % 3 else 0.5 + chance.random())
        daemon.expect_alive()
        daemon.kill()
        # A log that was rotated before anything at all was committed is not ours yet: only then nobody can know where it went.
        if round_ % 3 == 0 and daemon.lines_counted() > 0:
            writer.rotate.set()
        t.step("round %d: %d lines written, %d counted" % (round_, writer.ledger.total(), daemon.lines_counted()))
    daemon.start()
    pause.wait(0.2)
    writer.over.set()
    writer.join(10)
    writer.ledger.expect_all_counted(daemon, 30)
    t.step("%d lines of %d peers, %d rotations: all counted once" % (writer.ledger.total(), len(writer.ledger.written), writer.rotations))

    receiver.wait_for_events(len(writer.ledger.written), within=30)
    incidents = daemon.incidents()
    expect_equal(len(incidents), len(writer.ledger.written), "incidents")
    writer.ledger.expect_all_counted_by_events(receiver)
    ids = {event.data["incident"]["id"] for event in receiver.events()}
    expect_equal(ids, {incident["id"] for incident in incidents}, "incidents that were told, and those in the database")
    different = len({request.id for request in receiver.requests()})  # opened, and diagnosed where the configuration of this host was at hand
    expect(len(receiver.requests()) - different <= 8 * ROUNDS, "%d requests for %d events" % (len(receiver.requests()), different))
    daemon.stop()
    expect_equal([row for row in daemon.deliveries() if row[2] != "delivered"], [], "deliveries that are not done")
    (verdict,), = daemon.query("PRAGMA integrity_check")
    expect_equal(verdict, "ok", "integrity of the database")
    receiver.expect_all_valid()


run(story)
