"""Events as syslog messages (RFC 5424 with structured data): UDP, TCP with octet counting, and a socket like /dev/log."""
from support.accounting import Ledger, LogFile, verify_error_line
from support.daemon import Daemon
from support.scenario import expect, expect_equal, run
from support.syslog_receiver import TcpSyslogReceiver, UdpSyslogReceiver, UnixSyslogReceiver

INCIDENTS = 12


def story(t):
    receivers = [UdpSyslogReceiver(t, "udp"), TcpSyslogReceiver(t, "tcp"), UnixSyslogReceiver(t, "unix", t.directory / "devlog")]
    chinese = UdpSyslogReceiver(t, "chinese")
    log = t.directory / "error.log"
    file, ledger = LogFile(log), Ledger()
    daemon = Daemon(t, [log], [r.settings(facility="local3") for r in receivers] + [chinese.settings(language="zh")]).start()
    for _ in range(INCIDENTS):
        file.write(ledger.line_of_new_peer())
    # Text that would end a parameter, were it not escaped.
    file.write(verify_error_line("10.9.9.9:8443", server='a"b]c\\d'))

    for receiver in receivers:
        messages = receiver.wait_for_messages(INCIDENTS + 1)
        peers = set()
        for message in messages:
            expect_equal(message.facility, 19, "facility (local3) at " + receiver.name)
            expect(message.severity in (1, 2, 3, 4, 5), "severity %d at %s" % (message.severity, receiver.name))
            expect_equal(message.application, "handshaked", "APP-NAME")
            expect(message.timestamp != "-" and message.host != "-", "time or host is missing")
            expect("certificate does not verify" in message.text, "text: %s" % message.text)
            own = [parameters for name, parameters in message.elements.items() if name.startswith("handshaked@")]
            expect(len(own) == 1, "structured data: %r" % message.elements)
            values = [value for list_ in own[0].values() for value in list_]
            expect("nginx/upstream-ssl-certificate-verify-error" in values, "no rule in %r" % own[0])
            peers.update(value for value in values if value.endswith(":8443"))
        expect_equal(len(peers), INCIDENTS + 1, "different peers at " + receiver.name)
        t.step("%s: %d messages, all as RFC 5424 says" % (receiver.name, len(messages)))
    expect(any("\u4e00" <= letter <= "\u9fff" for letter in chinese.wait_for_messages(1)[0].text), "no Chinese text")
    daemon.stop()
    for receiver in receivers:
        expect_equal(len(receiver.messages()), INCIDENTS + 1, "messages at " + receiver.name)


run(story)
