"""The daemon under measurement: started with a configuration, ready when it follows its logs, its output read and thrown away."""
import os
import signal
import subprocess
import threading


def last_processor():
    return sorted(os.sched_getaffinity(0))[-1]


class MeasuredDaemon:
    STOP_WITHIN = 30

    def __init__(self, program, rules, config, processor=None):
        """`processor`: the one that it may use; None: all."""
        pin = None if processor is None else lambda: os.sched_setaffinity(0, {processor})
        self.process = subprocess.Popen([program, "run", "--config", config, "--rules", rules], stderr=subprocess.PIPE, text=True, preexec_fn=pin)
        for line in self.process.stderr:
            if "following" in line:
                break
        threading.Thread(target=lambda: [None for _ in self.process.stderr], daemon=True).start()

    def cpu(self):
        """Seconds so far, of user and system."""
        with open("/proc/%d/stat" % self.process.pid) as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(self.STOP_WITHIN)
