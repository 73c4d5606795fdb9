"""A real syslog-ng takes our events over TLS (RFC 5425) from those who show a certificate of its CA, and reads every structured datum; a
collector whose certificate is of another CA gets nothing, and a client without certificate delivers nothing."""
import json

from support.accounting import LogFile, verify_error_line
from support.authority import Authority
from support.daemon import Daemon
from support.ports import LOOPBACK, free_port, is_listening
from support.process import Process
from support.scenario import expect, expect_equal, require_program, run, wait_for

HOSTILE = 'a"b]c\\d=e <13>1 - - - - - - forged'
CONFIGURATION = """@version: 3.38
@include "scl.conf"
source tls { syslog(ip("%(address)s") port(%(port)d) transport("tls") flags(store-raw-message)
  tls(key-file("%(key)s") cert-file("%(certificate)s") ca-file("%(ca)s") peer-verify(required-trusted))); };
destination lines { file("%(out)s" template("$(format-json --scope rfc5424 --scope nv-pairs --key .SDATA.*)\\n")); };
log { source(tls); destination(lines); };
"""


def start_collector(t, authority, root):
    server = authority.issue("collector", "collector", root, ["IP:127.0.0.1"])
    port, out = free_port(), t.directory / "collected.jsonl"
    configuration = t.directory / "syslog-ng.conf"
    configuration.write_text(CONFIGURATION % {"address": LOOPBACK, "port": port, "key": server.key, "certificate": server.file, "ca": root.file, "out": out})
    collector = Process(t, "syslog-ng", ["syslog-ng", "--foreground", "--no-caps", "--stderr", "--cfgfile", configuration,
                                         "--persist-file", t.directory / "persist", "--pidfile", t.directory / "pid",
                                         "--control", t.directory / "control"]).start()
    wait_for(lambda: is_listening(port), 20, lambda: "syslog-ng to listen: " + collector.output_text())
    return port, out


def story(t):
    require_program("syslog-ng")
    authority = Authority(t)
    root, stranger = authority.root(), authority.root("stranger", "Other Root")
    client = authority.issue("client", "edge-1", root, ["DNS:edge-1"], purpose="clientAuth")
    port, out = start_collector(t, authority, root)
    address = "tls://%s:%d" % (LOOPBACK, port)
    shown = {"client_certificate": client.file, "client_key": client.key}
    log = t.directory / "error.log"
    file = LogFile(log)
    daemon = Daemon(t, [log], [
        dict({"type": "syslog", "name": "good", "address": address, "ca_file": root.file, "facility": "local5"}, **shown),
        dict({"type": "syslog", "name": "wrong-ca", "address": address, "ca_file": stranger.file}, **shown),
        {"type": "syslog", "name": "no-certificate", "address": address, "ca_file": root.file}]).start()
    for number in range(5):
        file.write(verify_error_line("10.8.8.%d:8443" % number, server=HOSTILE))

    def messages():
        return [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    wait_for(lambda: len(messages()) >= 5, 30, lambda: "5 messages; there are %r" % messages())
    peers = set()
    for message in messages():
        expect_equal(message["PROGRAM"], "handshaked", "program")
        data = message["_SDATA"]["handshaked@32473"] if "_SDATA" in message else message[".SDATA"]["handshaked@32473"]
        expect_equal(data["rule"], "nginx/upstream-ssl-certificate-verify-error", "rule")
        expect_equal(data["severity"], "warning", "severity")
        expect(data["server"].startswith('a"b]c\\d=e'), "the server, unescaped: %r" % data["server"])
        expect("certificate does not verify" in message["MESSAGE"], "text: %r" % message["MESSAGE"])
        peers.add(data["peer"])
    expect_equal(len(peers), 5, "different peers")
    t.step("5 messages, read by syslog-ng with all their structured data")

    wait_for(lambda: "is not trusted" in " ".join(row[4] for row in daemon.deliveries() if row[0] == "wrong-ca"), 20, "the wrong CA to be noticed")
    wait_for(lambda: [row for row in daemon.deliveries() if row[0] == "no-certificate" and row[3] > 0], 20, "the missing certificate to be noticed")
    expect_equal([row for row in daemon.deliveries("delivered") if row[0] != "good"], [], "deliveries that cannot be")
    expect_equal(len(messages()), 5, "messages at the collector")
    daemon.stop()


run(story)
