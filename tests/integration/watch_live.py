"""`handshaked watch` on a terminal of 80 by 24: the list, the keys, one incident, another size, the end; what it leaves behind is a terminal as before. As a
stream of lines where standard output is no terminal."""
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import termios
import time

from support.accounting import LogFile, peer_name, verify_error_line
from support.daemon import Daemon, binary
from support.process import Process
from support.scenario import Failed, expect, expect_equal, run, wait_for


class Terminal:
    """A pseudo-terminal that remembers what was drawn last: every frame begins at the top left and overwrites all lines."""

    def __init__(self, scenario, arguments, rows=24, columns=80):
        self.output = b""
        self.control, inner = pty.openpty()
        self.resize(rows, columns, inner)
        self.before = termios.tcgetattr(inner)
        self.inner = inner
        self.child = subprocess.Popen(arguments, stdin=inner, stdout=inner, stderr=inner, start_new_session=True, env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"})
        scenario.at_end(lambda: self.child.poll() is None and self.child.kill())

    def resize(self, rows, columns, descriptor=None):
        fcntl.ioctl(descriptor if descriptor is not None else self.control, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys):
        os.write(self.control, keys)

    def read(self, patience):
        if select.select([self.control], [], [], patience)[0]:
            self.output += os.read(self.control, 65536)

    def frame(self):
        """The lines of the last frame that was drawn to its end."""
        whole = self.output.rpartition(b"\x1b[?2026l")[0]
        last = whole.rpartition(b"\x1b[H")[2]
        return [line.replace(b"\x1b[K", b"").replace(b"\x1b[J", b"").replace(b"\r", b"").decode() for line in last.split(b"\n")]

    def wait_for(self, predicate, what, within=60):
        deadline = time.monotonic() + within
        while not predicate(self.frame()):
            if time.monotonic() > deadline:
                raise Failed("waited in vain for %s; on the screen is:\n%s" % (what, "\n".join(self.frame())))
            self.read(0.2)


def has(text):
    return lambda lines: any(text in line for line in lines)


def story(t):
    log = LogFile(t.directory / "error.log")
    daemon = Daemon(t, [log.path]).start()
    for number in range(40):
        log.write(verify_error_line(peer_name(number + 1), number + 1))
    wait_for(lambda: len(daemon.incidents()) == 40, 60, "all incidents to be open")
    asked = [binary(), "watch", "-c", str(daemon.configuration), "--lang", "en"]

    t.step("a stream of lines for programs")
    stream = Process(t, "stream", asked + ["--interval", "1"])
    stream.start()
    wait_for(lambda: stream.output_text().count("  open  warning  inc-") == 40, 60, lambda: "40 lines of the stream, there is: " + stream.output_text()[-2000:])

    machine = Process(t, "machine", asked + ["--format", "json"])
    machine.start()
    wait_for(lambda: machine.output_text().count("\n") == 40, 60, "40 objects")
    first = json.loads(machine.output_text().splitlines()[0])
    expect(first["change"] == "open" and first["id"].startswith("inc-") and "gw.corp.test → 10.0." in first["title"], "the first object: %r" % first)
    machine.signal(15)
    machine.wait(30)

    t.step("the whole terminal")
    terminal = Terminal(t, asked + ["--interval", "1"])
    terminal.wait_for(has("40 open, worst now first"), "the list")
    frame = terminal.frame()
    expect_equal(len(frame), 24, "lines of the screen")
    expect(all(len(line) <= 80 for line in frame), "a line is too wide: %r" % [line for line in frame if len(line) > 80])
    expect(sum("gw.corp.test → 10.0." in line for line in frame) >= 18, "few rows:\n" + "\n".join(frame))

    t.step("a new incident comes by itself, in both")
    log.write(verify_error_line("10.9.9.8:8443"))
    terminal.wait_for(has("41 open"), "the new incident")
    wait_for(lambda: "10.9.9.8:8443" in stream.output_text(), 60, "the new incident in the stream")

    t.step("filter, details, back")
    terminal.type(b"/10.9.9.8")
    terminal.wait_for(has("1 open, worst now first  filter: 10.9.9.8"), "the filter")
    terminal.type(b"\r")
    terminal.type(b"\r")
    terminal.wait_for(has("Esc back"), "the details")
    terminal.wait_for(has("nginx/upstream-ssl-certificate-verify-error"), "what incidents show says")
    terminal.type(b"q")
    terminal.wait_for(has("> W gw.corp.test → 10.9.9.8:8443"), "the list again")

    t.step("another size")
    terminal.resize(30, 120)
    terminal.wait_for(lambda lines: len(lines) == 30, "a screen of 30 lines")

    t.step("the daemon goes away, and comes back")
    daemon.stop()
    terminal.wait_for(lambda lines: "q quit" not in lines[-1], "a word that nobody answers")
    daemon.start()
    terminal.wait_for(has("q quit"), "the daemon again")

    t.step("the end: the terminal is as it was")
    terminal.type(b"q")
    expect_equal(terminal.child.wait(30), 0, "exit status")
    while select.select([terminal.control], [], [], 0.2)[0]:
        terminal.read(0)
    expect(terminal.output.rstrip().endswith(b"\x1b[?1049l"), "the other screen is still there: %r" % terminal.output[-80:])
    expect_equal(termios.tcgetattr(terminal.inner), terminal.before, "settings of the terminal")
    stream.signal(15)
    stream.wait(30)


run(story)
