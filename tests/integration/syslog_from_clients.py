"""Syslog from the programs that send it: logger, syslog-ng and rsyslog, over UDP, TCP in both framings, TLS with a client certificate, and a Unix socket.
10,000 lines from each; every TLS line is counted once, and by the host that its header names."""
import socket
import subprocess

from support.accounting import Ledger, ordinary_line
from support.authority import Authority
from support.daemon import Daemon
from support.ports import free_port
from support.process import Process
from support.scenario import Skip, expect, expect_equal, require_program, run, wait_for
from support.syslog_senders import rsyslog, syslog_ng

LINES = 10_000
TLS_EVERY = 100


def lines(ledger, count=LINES):
    return [ordinary_line(n) if n % TLS_EVERY else ledger.line_of_new_peer() for n in range(count)]


def story(t):
    require_program("logger")
    authority = Authority(t)
    root = authority.root()
    server = authority.issue("server", "localhost", root, ["DNS:localhost", "IP:127.0.0.1"])
    client = authority.issue("client", "edge-9", root, ["DNS:edge-9"], purpose="clientAuth")
    plain, tls, unix = free_port(), free_port(), t.directory / "syslog.sock"
    daemon = Daemon(t, tables=[
        ("[[syslog]]", {"listen": ["udp://127.0.0.1:%d" % plain, "tcp://127.0.0.1:%d" % plain, "unix:%s" % unix]}),
        ("[[syslog]]", {"name": "tls", "listen": ["tls://127.0.0.1:%d" % tls], "certificate": server.file, "key": server.key,
                        "client_ca": root.file}),
    ]).start()
    ledger = Ledger()

    def logger(name, *arguments):
        sent = b"".join(lines(ledger))
        done = subprocess.run(["logger", "--server", "127.0.0.1", "--port", str(plain), "-t", "nginx", *arguments], input=sent, capture_output=True, timeout=60)
        expect_equal(done.returncode, 0, "exit status of logger: %s" % done.stderr.decode())
        ledger.expect_all_counted(daemon, 30)
        t.step("logger %s" % name)
    logger("over TCP, octet-counted, RFC 5424", "--tcp", "--octet-count", "--rfc5424")
    logger("over TCP, in lines, RFC 3164", "--tcp", "--rfc3164")

    # UDP can lose: as many as the kernel's buffer holds at once.
    sent = lines(ledger, 1000)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        for line in sent:
            udp.sendto(b"<187>Nov 21 02:58:15 edge-1 nginx: " + line, ("127.0.0.1", plain))
    ledger.expect_all_counted(daemon, 20)
    t.step("%d datagrams" % len(sent))

    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(str(unix))
        stream.sendall(b"".join(b"<187>Nov 21 02:58:15 edge-1 nginx: " + line for line in lines(ledger)))
    ledger.expect_all_counted(daemon, 20)
    t.step("a Unix socket")

    for sender in (syslog_ng, rsyslog):
        try:
            program = sender(t, t.directory / (sender.__name__ + ".log"), plain, tls, root.file, client)
        except Skip as skip:
            t.step("without %s: %s" % (sender.__name__, skip))
            continue
        # Both read the same file and send every line twice: over TCP and over TLS.
        for line in lines(ledger):
            program.file.write(line)
            if b"SSL" in line:
                ledger.written[line.split(b'upstream: "https://')[1].split(b"/")[0].decode()] += 1
        program.file.flush()
        program.start()
        ledger.expect_all_counted(daemon, 60)
        program.stop()
        t.step("%s over TCP and over TLS" % sender.__name__)

    hosts = {host for incident in daemon.incidents() for host in incident["hosts"]}
    expect({"edge-1", socket.gethostname()} <= hosts, "hosts: %r" % hosts)

    t.step("TLS without a client certificate is refused")
    refused = subprocess.run(["openssl", "s_client", "-connect", "127.0.0.1:%d" % tls, "-tls1_2", "-CAfile", str(root.file)], input=b"<187>x\n",
                             capture_output=True, timeout=20)
    expect(b"alert handshake failure" in refused.stderr or b"alert" in refused.stderr, "no alert: %s" % refused.stderr.decode()[-300:])
    daemon.stop()


run(story)
