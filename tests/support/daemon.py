"""`handshaked run` with a configuration of its own, and a look into its database from outside."""
import json
import os
import pathlib
import re
import signal
import socket
import threading

from support import database_view
from support.process import Process
from support.scenario import Failed, expect_equal, wait_for

CONFIGURATION_ERROR = 78  # exit status: bad configuration or rules
TRY_AGAIN = 75  # exit status: what prevents the start may pass


def binary():
    path = os.environ.get("HANDSHAKED")
    if not path or not os.access(path, os.X_OK):
        raise Failed("HANDSHAKED must name the handshaked binary, not %r" % path)
    return path


def source_directory():
    return pathlib.Path(os.environ.get("HANDSHAKED_SOURCE") or pathlib.Path(__file__).parents[2])


def rules_directory():
    return pathlib.Path(os.environ.get("HANDSHAKED_RULES") or source_directory() / "rules")


def toml_value(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join("%s = %s" % (json.dumps(key), toml_value(item)) for key, item in value.items()) + " }"
    return json.dumps(str(value))


def toml_table(header, values):
    return header + "\n" + "".join("%s = %s\n" % (key, toml_value(value)) for key, value in values.items())


class Daemon:
    """Reads `logs` from their start, in UTC, notifies at once and diagnoses nothing; anything else is given as keyword."""

    def __init__(self, scenario, logs=(), receivers=(), rules=None, incidents=None, files=None, root=None, state=None, control=None, tables=(),
                 name="daemon", directory=None, wrapper=(), **process_options):
        self.scenario = scenario
        self.name = name
        self.directory = directory or scenario.directory / name
        self.directory.mkdir(parents=True, exist_ok=True)
        self.configuration = scenario.directory / (name + ".toml")
        self.database = self.directory / "handshaked.db"
        self.database_wrapper = ()  # a command that sees the database where this process does not
        self._notify = None
        root = dict({"readers": 1}, **(root or {}))
        text = "".join("%s = %s\n" % (key, toml_value(value)) for key, value in root.items())
        text += toml_table("[rules]", {"directory": rules or rules_directory()})
        text += toml_table("[state]", dict({"database": self.database}, **(state or {})))
        self.control_socket = self.directory / "control.sock"
        text += toml_table("[control]", dict({"socket": self.control_socket}, **(control or {})))
        text += toml_table("[incidents]", dict({"group_wait": "0s"}, **(incidents or {})))
        for paths in [list(logs)] if logs else []:
            text += toml_table("[[files]]", dict({"paths": paths, "from_start": True, "time_zone": "UTC"}, **(files or {})))
        if not any(header == "[diagnosis]" for header, _ in tables):  # where it is not tried it stays out: it has events of its own
            text += toml_table("[diagnosis]", {"enabled": False})
        if not any(header == "[calendar]" for header, _ in tables):  # so does what ends soon
            text += toml_table("[calendar]", {"enabled": False})
        if not any(header == "[web]" for header, _ in tables):  # daemons run beside each other
            text += toml_table("[web]", {"listen": ""})
        for header, values in tables:  # any other: ("[[syslog]]", {"listen": […]})
            text += toml_table(header, values)
        for receiver in receivers:
            text += toml_table("[[receiver]]", receiver)
        self.configuration.write_text(text)
        self.process = Process(scenario, name, [*wrapper, binary(), "run", "-c", self.configuration],
                               environment={"NOTIFY_SOCKET": str(self._notify_path())}, **process_options)
        scenario.at_end(self._close_notify)

    # --- life

    def _notify_path(self):
        return self.scenario.directory / (self.name + ".notify")

    def _close_notify(self):
        if self._notify is not None:
            self._notify.shutdown(socket.SHUT_RDWR)
            self._notify.close()
            self._notify = None

    def launch(self):
        """Starts it and does not wait."""
        self._close_notify()
        self._notify_path().unlink(missing_ok=True)
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(self._notify_path()))
        self._notify_path().chmod(0o777)
        self._notified = []
        # Read all the time, as systemd does: a full socket would make the daemon wait.
        threading.Thread(target=self._receive, args=(self._notify, self._notified), daemon=True).start()
        self.process.start()
        return self

    @staticmethod
    def _receive(notify, into):
        while True:
            try:
                data = notify.recv(65536)
            except OSError:
                return
            if not data:
                return
            into += data.decode("utf-8", "replace").splitlines()

    def start(self, within=20):
        """Starts it and waits until it says that it is ready, as systemd does (sd_notify(3))."""
        self.launch()
        self.wait_for_notification("READY=1", within)
        return self

    def notified(self, line):
        """How often it has said that to systemd."""
        return list(self._notified).count(line)

    def wait_for_notification(self, line, within=20):
        def arrived():
            if line in self._notified:
                return True
            if not self.process.is_running():
                raise Failed("the daemon ended with status %s before it said %s" % (self.process.exit_code(), line))
            return False
        wait_for(arrived, within, "%s from the daemon" % line)

    def stop(self, within=15):
        """SIGTERM, and a clean end."""
        code = self.process.stop(within)
        expect_equal(code, 0, "exit status of the daemon after SIGTERM")

    def kill(self):
        """kill -9"""
        self.process.kill()

    def reload(self):
        self.process.signal(signal.SIGHUP)

    def expect_alive(self):
        if not self.process.is_running():
            raise Failed("the daemon ended by itself with status %s" % self.process.exit_code())

    def expect_refusal(self, within=20, code=CONFIGURATION_ERROR):
        """Starts it, to see that it ends by itself with `code`; what it said."""
        before = len(self.log_text())
        self.launch()
        expect_equal(self.process.wait(within), code, "exit status")
        return self.log_text()[before:]

    # --- what it says

    def log_text(self):
        return self.process.output_text()

    def wait_for_log(self, pattern, within=15, after=0):
        """The first match of `pattern` in its own log, from character `after` on."""
        return wait_for(lambda: re.search(pattern, self.log_text()[after:]), within, "/%s/ in the daemon's log" % pattern)

    def resident_kib(self):
        return self._memory("VmRSS")

    def peak_kib(self):
        return self._memory("VmHWM")

    def _memory(self, field):
        with open("/proc/%d/status" % self.process.pid) as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1])
        raise Failed("no %s in /proc" % field)

    # --- what it keeps

    def query(self, sql, *arguments):
        """Rows of its database, read from outside. Before it exists there are none."""
        return database_view.read_rows(self.database, sql, arguments, self.database_wrapper)

    def incidents(self):
        """The state of every incident, as the daemon wrote it."""
        return [json.loads(state) for (state,) in self.query("SELECT state_json FROM incidents ORDER BY id")]

    def counts_by_peer(self):
        """How many lines each peer's incidents have counted."""
        counts = {}
        for (peer, count) in self.query("SELECT state_json ->> '$.place.peer', state_json ->> '$.count' FROM incidents"):
            counts[peer] = counts.get(peer, 0) + count
        return counts

    def lines_counted(self):
        return sum(self.counts_by_peer().values())

    def deliveries(self, status=None):
        """(receiver, event_id, status, attempts, last_error) of every row of the outbox."""
        rows = self.query("SELECT receiver, event_id, status, attempts, last_error FROM outbox ORDER BY delivery_id")
        return [row for row in rows if status is None or row[2] == status]
