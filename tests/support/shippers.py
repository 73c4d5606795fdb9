"""Log shippers that really exist, run as programs of their own: what they are given on stdin, a line an event, they send in their protocol."""
import json
import os
import shutil
import subprocess

from support.daemon import source_directory
from support.process import Process
from support.scenario import Failed, Skip, wait_for


class Shipper(Process):
    """A program that sends the lines of its stdin."""

    def start(self):
        with open(self.output, "ab") as output:
            self._child = subprocess.Popen(self.arguments, stdin=subprocess.PIPE, stdout=output, stderr=output,
                                           env=self._environment, **self._options)
        return self

    def send(self, lines):
        self._child.stdin.write(b"".join(lines))
        self._child.stdin.flush()

    def finish(self, within=30):
        """No more lines: it ends by itself when all are sent."""
        self._child.stdin.close()
        code = self.wait(within)
        if code != 0:
            raise Failed("%s ended with status %d" % (self.name, code))

    def finish_and_end(self, within=30):
        """The same for one that stays: it says when all are sent, and is ended then."""
        self._child.stdin.close()
        wait_for(lambda: " events" in self.output_text(), within, "%s to have sent all" % self.name)


def node_shipper(scenario, name, script, **options):
    """A client from npm, driven by shippers/<script>."""
    directory = source_directory() / "tests" / "shippers"
    if shutil.which("node") is None:
        raise Skip("node is not installed")
    if not (directory / "node_modules").is_dir():
        raise Skip("the clients are not installed: ./dev install-packages, or npm ci in tests/shippers")
    return Shipper(scenario, name, ["node", directory / script, json.dumps(options)])


PYTHON_FORWARD = """
import sys, time
from fluent import sender
logger = sender.FluentSender("nginx", host="127.0.0.1", port=int(sys.argv[1]), nanosecond_precision=True, bufmax=1 << 24)
for number, line in enumerate(sys.stdin):
    if not logger.emit("error_log", {"message": line.rstrip("\\n"), "hostname": "edge-1"}):
        print(logger.last_error, file=sys.stderr)
        logger.clear_last_error()
logger.close()
"""


def python_forward(scenario, name, port):
    """fluent-logger for Python, from Debian."""
    python = "/usr/bin/python3"
    if not os.access(python, os.X_OK) or subprocess.run([python, "-c", "import fluent.sender"], stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("python3-fluent-logger is not installed")
    return Shipper(scenario, name, [python, "-c", PYTHON_FORWARD, str(port)])
