"""Journal files with real entries, written by systemd-journal-remote from the export format: no systemd needs to run."""
import os
import subprocess
import time

from support.scenario import Failed, Skip

PROGRAM = "/lib/systemd/systemd-journal-remote"


def export_entry(message, unit="nginx.service", host="edge-1", microseconds=None, **fields):
    """One entry of the export format. A message with a line feed or odd bytes goes in the binary form."""
    if isinstance(message, str):
        message = message.encode()
    microseconds = microseconds or time.time_ns() // 1000
    out = b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n" % (microseconds, microseconds, b"ab" * 16)
    for name, value in dict({"_SYSTEMD_UNIT": unit, "_HOSTNAME": host, "PRIORITY": "3"}, **fields).items():
        out += ("%s=%s\n" % (name, value)).encode()
    if b"\n" in message:
        out += b"MESSAGE\n" + len(message).to_bytes(8, "little") + message + b"\n"
    else:
        out += b"MESSAGE=" + message + b"\n"
    return out + b"\n"


class JournalWriter:
    """Appends to DIRECTORY/system.journal; rotates as journald does: the file is renamed, and a new one begun."""

    def __init__(self, scenario, directory):
        if not os.access(PROGRAM, os.X_OK):
            raise Skip("systemd-journal-remote is not installed")
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self._rotations = 0
        self._child = None
        self._log = scenario.directory / "journal-writer.out"
        scenario.at_end(self.close)
        self._open()

    @property
    def file(self):
        return self.directory / "system.journal"

    def _open(self):
        with open(self._log, "ab") as log:
            self._child = subprocess.Popen([PROGRAM, "-o", str(self.file), "--split-mode=none", "--compress=no", "-"], stdin=subprocess.PIPE,
                                           stdout=log, stderr=log)

    def write(self, lines, **options):
        for line in lines:
            self._child.stdin.write(export_entry(line.rstrip(b"\n"), **options))
        self._child.stdin.flush()

    def rotate(self):
        self.close()
        self._rotations += 1
        self.file.rename(self.directory / ("system@%032x-%016x-%016x.journal" % (self._rotations, self._rotations, time.time_ns() // 1000)))
        self._open()

    def close(self):
        """Everything that was written is in the file."""
        if self._child is None:
            return
        self._child.stdin.close()
        if self._child.wait(20) != 0:
            raise Failed("systemd-journal-remote: %s" % self._log.read_text())
        self._child = None
