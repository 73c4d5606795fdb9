"""Started by systemd-socket-activate(1), the way a .socket unit does it: sockets are found by the names that the configuration gives
("systemd:NAME"), several of one name too; for syslog over UDP, TCP and Unix sockets, HTTP, Forward and Lumberjack; a port below 1024 for a daemon
without privileges. What nobody asked for is told, and what is not there is refused."""
import os
import shutil
import socket
import urllib.request

from support.accounting import Ledger
from support.daemon import Daemon
from support.forward_sender import ForwardSender
from support.lumberjack_sender import LumberjackSender
from support.ports import free_port
from support.scenario import expect, require_program, run

HEADER = b"<187>Nov 21 02:58:15 edge-1 nginx: "
ACTIVATE = ["systemd-socket-activate", "-E", "NOTIFY_SOCKET"]
LOCAL = {"allow": ["127.0.0.0/8"]}
PRIVILEGED = ("127.77.5.14", 514)  # an address of loopback that nobody else uses


def listening(*sockets):
    """Arguments for ("name", "address") pairs."""
    return [*(argument for _, address in sockets for argument in ("-l", address)), "--fdname=" + ":".join(name for name, _ in sockets)]


def datagrams(ledger, family, to, count=20):
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(HEADER + ledger.line_of_new_peer(), to)


def stream(ledger, port, count=50):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(b"".join(HEADER + ledger.line_of_new_peer() for _ in range(count)))


def over_datagrams(t):
    port, path, ledger = free_port(), t.directory / "log.sock", Ledger()
    daemon = Daemon(t, name="datagrams", tables=[("[[syslog]]", dict(LOCAL, listen=["systemd:syslog"]))],
                    wrapper=[*ACTIVATE, "-d", *listening(("syslog", "127.0.0.1:%d" % port), ("syslog", path), ("other", "127.0.0.1:%d" % free_port()))])
    daemon.launch()
    daemon.wait_for_log("Listening on .* as 5")
    datagrams(ledger, socket.AF_INET, ("127.0.0.1", port))  # which start it
    datagrams(ledger, socket.AF_UNIX, str(path), 5)
    daemon.wait_for_notification("READY=1")
    ledger.expect_all_counted(daemon, 20)
    said = daemon.log_text()
    for where in ("udp://127.0.0.1:%d" % port, "unixgram:%s" % path):
        expect("syslog listens on systemd:syslog (%s)" % where in said, "no word about %s: %s" % (where, said))
    expect('systemd holds the socket "other"' in said, "no word about a socket that nobody reads: " + said)
    daemon.stop()
    t.step("%d lines through two sockets of one name" % ledger.total())


def over_streams(t):
    ports = {name: free_port() for name in ("syslog", "http", "forward", "lumberjack")}
    ledger = Ledger()
    tables = [("[[%s]]" % name, dict(LOCAL, listen=["systemd:" + name])) for name in ports]
    daemon = Daemon(t, name="streams", tables=tables, wrapper=[*ACTIVATE, *listening(*[(name, "127.0.0.1:%d" % port) for name, port in ports.items()])])
    daemon.launch()
    daemon.wait_for_log("Listening on .* as 6")
    stream(ledger, ports["syslog"])
    daemon.wait_for_notification("READY=1")
    lines = b"".join(ledger.line_of_new_peer() for _ in range(30))
    with urllib.request.urlopen(urllib.request.Request("http://127.0.0.1:%d/lines" % ports["http"], lines), timeout=20) as answer:
        expect(answer.status in (200, 204), "HTTP status %d" % answer.status)
    for sender in (ForwardSender(ports["forward"]), LumberjackSender(ports["lumberjack"])):
        send = getattr(sender, "send_chunk", None) or sender.send_window
        send([ledger.line_of_new_peer() for _ in range(30)])
    ledger.expect_all_counted(daemon, 20)
    daemon.stop()
    t.step("%d lines through syslog, HTTP, Forward and Lumberjack" % ledger.total())


def below_1024(t):
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        t.step("not tried: a port below 1024, without root or setpriv")
        return
    ledger = Ledger()
    daemon = Daemon(t, name="unprivileged", tables=[("[[syslog]]", dict(LOCAL, listen=["systemd:syslog"]))],
                    wrapper=[*ACTIVATE, "-d", *listening(("syslog", "%s:%d" % PRIVILEGED)),
                             "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all"])
    os.chown(daemon.directory, 65534, 65534)
    daemon.launch()
    daemon.wait_for_log("Listening on .* as 3")
    datagrams(ledger, socket.AF_INET, PRIVILEGED)
    daemon.wait_for_notification("READY=1")
    ledger.expect_all_counted(daemon, 20)
    status = open("/proc/%d/status" % daemon.process.pid).read()
    expect("CapEff:\t0000000000000000" in status and "Uid:\t65534" in status, "it has privileges: " + status)
    daemon.stop()
    t.step("port 514 without a privilege")


def refusals(t):
    port = free_port()
    for name, kind, table, given, why in [
            ("absent", [], ("[[syslog]]", dict(LOCAL, listen=["systemd:mine"])), "theirs", "systemd has handed over no socket of that name"),
            ("datagram", ["-d"], ("[[http]]", dict(LOCAL, listen=["systemd:web"])), "web", "it takes datagrams")]:
        daemon = Daemon(t, name=name, tables=[table], wrapper=[*ACTIVATE, *kind, *listening((given, "127.0.0.1:%d" % port))])
        daemon.launch()
        daemon.wait_for_log("Listening on .* as 3")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if kind else socket.SOCK_STREAM) as one:
            one.connect(("127.0.0.1", port))
            one.send(b"x")
        daemon.wait_for_log(why)
        daemon.process.wait(20)
        port = free_port()
    for listen, why in [("systemd:", "needs the FileDescriptorName="), ("systemd:a:b", "needs the FileDescriptorName="),
                        ("systemd:syslog", "may be reachable from other hosts")]:
        said = Daemon(t, name="bad", tables=[("[[syslog]]", {"listen": [listen]})]).expect_refusal()
        expect(why in said, "%s: %s" % (listen, said))
    t.step("what is not there, of the wrong kind or open to all is refused")


def story(t):
    require_program("systemd-socket-activate")
    over_datagrams(t)
    over_streams(t)
    below_1024(t)
    refusals(t)


run(story)
