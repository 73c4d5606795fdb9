"""A child process of a test: started, signalled and ended by its own id."""
import os
import pathlib
import signal
import subprocess

from support.scenario import Failed


class Process:
    def __init__(self, scenario, name, arguments, output=None, environment=None, **options):
        """stdout and stderr go to `output`, a file that is appended to (default <directory>/<name>.out)."""
        self.name = name
        self.arguments = [str(argument) for argument in arguments]
        self.output = output or scenario.directory / (name + ".out")
        self._environment = dict(os.environ, **(environment or {}))
        self._options = options
        self._child = None
        scenario.at_end(self.kill)
        scenario.show_if_failed("output of " + name, self.output_text)

    def start(self):
        with open(self.output, "ab") as output:
            self._child = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                           env=self._environment, **self._options)
        return self

    @property
    def pid(self):
        return self._child.pid

    def is_running(self):
        return self._child is not None and self._child.poll() is None

    def exit_code(self):
        """None while it runs; negative: the signal that ended it."""
        return self._child.poll()

    def wait(self, within):
        try:
            return self._child.wait(within)
        except subprocess.TimeoutExpired:
            raise Failed("%s did not end within %g s; its threads:\n%s" % (self.name, within, self._threads())) from None

    def _threads(self):
        """What each waits for, as the kernel knows it."""
        lines = []
        for task in sorted(pathlib.Path("/proc/%d/task" % self.pid).glob("*")):
            try:
                state = [line for line in (task / "status").read_text().splitlines() if line.startswith(("Name:", "State:"))]
                lines.append("  ".join([task.name, *state, (task / "wchan").read_text(), (task / "syscall").read_text().strip()]))
            except OSError:
                lines.append(task.name + "  has ended")
        return "\n".join(lines)

    def signal(self, number):
        self._child.send_signal(number)

    def stop(self, within=10):
        """SIGTERM; its exit code."""
        if self.is_running():
            self.signal(signal.SIGTERM)
        return self.wait(within)

    def kill(self):
        """SIGKILL, if it still runs."""
        if self.is_running():
            self._child.kill()
            self._child.wait()

    def output_text(self):
        try:
            return self.output.read_text("utf-8", "replace")
        except FileNotFoundError:
            return ""
