"""Sockets that systemd opened (LISTEN_FDS, sd_listen_fds(3)): taken over instead of being opened, for TCP, UDP, Unix sockets and the web listener, and not closed by
`kill -9`: what is sent while nobody reads waits in them, and no line is lost between two runs. They are left alone at the end."""
import os
import socket
import sys
import urllib.request

from support.accounting import Ledger
from support.daemon import TRY_AGAIN, Daemon
from support.scenario import expect, expect_equal, run

HEADER = b"<187>Nov 21 02:58:15 edge-1 nginx: "
# As systemd starts a service: the descriptors from 3 on, and the process's own number.
WRAPPER = """
import os, sys
given = [int(number) for number in sys.argv[1].split(",")]
aside = [os.dup2(number, 100 + place) for place, number in enumerate(given)]
for place, number in enumerate(aside):
    os.dup2(number, 3 + place, inheritable=True)
    os.close(number)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = str(len(given))
os.execv(sys.argv[2], sys.argv[2:])
"""


def story(t):
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(tcp.getsockname())
    path = t.directory / "datagrams.sock"
    local = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    local.bind(str(path))
    page = socket.create_server(("127.0.0.1", 0))
    sockets = (udp, local, page, tcp)  # in an order of their own: they are known by their addresses
    numbers = [one.fileno() for one in sockets]
    port = tcp.getsockname()[1]
    daemon = Daemon(t, tables=[("[[syslog]]", {"listen": ["tcp://127.0.0.1:%d" % port, "udp://127.0.0.1:%d" % port, "unixgram:%s" % path]}),
                               ("[web]", {"listen": "127.0.0.1:%d" % page.getsockname()[1]})],
                    wrapper=[sys.executable, "-c", WRAPPER, ",".join(map(str, numbers))], pass_fds=numbers)
    ledger = Ledger()

    def send():
        with socket.create_connection(("127.0.0.1", port)) as stream:
            stream.sendall(b"".join(HEADER + ledger.line_of_new_peer() for _ in range(50)))
        for family, to in ((socket.AF_INET, ("127.0.0.1", port)), (socket.AF_UNIX, str(path))):
            with socket.socket(family, socket.SOCK_DGRAM) as sender:
                for _ in range(50 if family == socket.AF_INET else 5):
                    sender.sendto(HEADER + ledger.line_of_new_peer(), to)
    # The port is in use: only a daemon that takes the sockets over can start.
    daemon.start()
    send()
    ledger.expect_all_counted(daemon, 20)
    t.step("%d lines through sockets of systemd's" % ledger.total())
    with urllib.request.urlopen("http://127.0.0.1:%d/healthz" % page.getsockname()[1], timeout=20) as answer:
        expect_equal(answer.status, 200, "status of /healthz through a socket of systemd's")

    daemon.kill()
    before = ledger.total()
    send()
    daemon.start()
    ledger.expect_all_counted(daemon, 20)
    t.step("killed: %d lines waited in them, over UDP too" % (ledger.total() - before))

    inode = os.stat(path).st_ino
    daemon.stop()
    expect(path.exists() and os.stat(path).st_ino == inode, "the file of systemd's socket was removed")
    send()
    daemon.start()
    ledger.expect_all_counted(daemon, 20)
    daemon.stop()
    t.step("stopped and started: the sockets and their files are as they were")

    # Another process's environment is not ours.
    stray = Daemon(t, name="stray", tables=[("[[syslog]]", {"listen": ["udp://127.0.0.1:%d" % port]})],
                   wrapper=["env", "LISTEN_PID=1", "LISTEN_FDS=3"], pass_fds=numbers)
    said = stray.expect_refusal(code=TRY_AGAIN)
    expect("cannot listen on udp://127.0.0.1:%d" % port in said, "it took sockets that were meant for another process: %s" % said)
    expect_equal(len(daemon.counts_by_peer()), ledger.total(), "peers")


run(story)
