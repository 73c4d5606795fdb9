"""Ports on loopback."""
import os
import random
import socket

LOOPBACK = "127.0.0.1"
_random = random.Random(os.getpid())
_given = set()


def free_port():
    """A TCP port that nobody has, below the range from which the kernel takes ports for outgoing connections."""
    while True:
        port = _random.randrange(15000, 32000)
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
        _given.add(port)
        return port


def is_listening(port):
    """Looked up, not tried: a connection would leave its own line in the peer's log."""
    wanted = ":%04X" % port
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as rows:
                for row in rows:
                    fields = row.split()
                    if len(fields) > 3 and fields[3] == "0A" and fields[1].endswith(wanted):
                        return True
        except OSError:
            pass
    return False
