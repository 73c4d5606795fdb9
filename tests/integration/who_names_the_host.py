"""`host_from`, `host` and `silent_after` of a source: who is trusted to say where a line was written, and that a source which falls silent is noticed,
and when it sends again."""
import socket

from support.accounting import peer_name, verify_error_line
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import expect, expect_equal, run, wait_for


def story(t):
    ports = {name: free_port() for name in ("believed", "named", "not-believed", "nobody")}
    listen = {name: {"name": name, "listen": ["tcp://127.0.0.1:%d" % port]} for name, port in ports.items()}
    daemon = Daemon(t, root={"host": "this-host"}, tables=[
        ("[[syslog]]", listen["believed"]),
        ("[[syslog]]", dict(listen["named"], host="edge-7")),
        ("[[syslog]]", dict(listen["not-believed"], host="edge-8", host_from="sender", silent_after="2s")),
        ("[[syslog]]", dict(listen["nobody"], host_from="sender")),
    ]).start()

    def send(name, number, header):
        with socket.create_connection(("127.0.0.1", ports[name])) as stream:
            stream.sendall(header + verify_error_line(peer_name(number)))
    wanted = {}
    for number, (name, header, host) in enumerate([
            ("believed", b"<187>Nov 21 02:58:15 evil nginx: ", "evil"),
            ("named", b"<187>Nov 21 02:58:15 edge-1 nginx: ", "edge-1"),  # the line's own name is more exact
            ("named", b"", "edge-7"),
            ("not-believed", b"<187>Nov 21 02:58:15 evil nginx: ", "edge-8"),
            ("not-believed", b"<187>1 2026-11-21T02:58:15Z evil nginx 1 - - ", "edge-8"),
            ("nobody", b"<187>Nov 21 02:58:15 evil nginx: ", "this-host"),
    ]):
        send(name, number, header)
        wanted[peer_name(number)] = [host]

    def hosts():
        return {incident["place"]["peer"]: incident["hosts"] for incident in daemon.incidents()}
    wait_for(lambda: len(hosts()) == len(wanted), 20, lambda: "every line: %r" % hosts())
    expect_equal(hosts(), wanted, "hosts")
    t.step("hosts by host and host_from")

    daemon.wait_for_log(r"warning: not-believed has fallen silent: nothing has come for \d s", 10)
    expect(daemon.log_text().count("fallen silent") == 1, "it was said more than once, or of a source that nobody asked about")
    said = len(daemon.log_text())
    send("not-believed", 100, b"")
    daemon.wait_for_log(r"info: not-believed sends again", 10, after=said)
    daemon.wait_for_log(r"not-believed has fallen silent", 10, after=said)
    t.step("a source that fell silent, sent again, and fell silent again")
    daemon.kill()
    said = len(daemon.log_text())
    daemon.start()
    daemon.wait_for_log(r"not-believed has fallen silent: nothing has come since the start", 10, after=said)
    daemon.stop()


run(story)
