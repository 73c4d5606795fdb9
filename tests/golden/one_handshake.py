"""nginx writes several lines about one handshake: they are one incident, told by the first, for `diagnose`, for `scan`, and for a daemon that
diagnoses nothing. What comes after a good-bye is none for `diagnose`, and noise for the others."""
import json
import subprocess

from support.daemon import Daemon, binary, rules_directory
from support.scenario import expect_equal, run, wait_for

CLIENT = ', client: 192.0.2.7, server: www.corp.test'
REQUEST = ', client: 192.0.2.7, server: www.corp.test, request: "GET / HTTP/1.1", upstream: "https://10.0.0.5:443/", host: "www.corp.test"'
SHUTDOWN = "SSL_shutdown() failed (SSL: error:0A000123:SSL routines::application data after close notify)"


def line(second, connection, level, text):
    return "2026/11/21 02:58:%02d [%s] 100#100: *%d %s\n" % (second, level, connection, text)


LOGS = {
    "a client without a certificate, and what it sends afterwards": (
        ["client-certificate-missing"],
        line(1, 7, "info", "client sent no required SSL certificate while reading client request headers" + CLIENT)
        + line(1, 7, "crit", SHUTDOWN + " while closing request" + CLIENT)),
    "a good-bye that nobody heard": ([], line(1, 7, "crit", SHUTDOWN + " while returning text" + CLIENT)),
    "two lines of one handshake with an upstream": (
        ["upstream-ssl-certificate-verify-error"],
        line(1, 7, "error", "upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to "
                            "upstream" + REQUEST)
        + line(1, 7, "error", "peer closed connection in SSL handshake while SSL handshaking to upstream" + REQUEST)),
    "two connections": (
        ["upstream-peer-closed-in-handshake", "upstream-ssl-certificate-verify-error"],
        line(1, 7, "error", "upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to "
                            "upstream" + REQUEST)
        + line(1, 8, "error", "peer closed connection in SSL handshake while SSL handshaking to upstream" + REQUEST)),
    "one connection, much later": (
        ["upstream-peer-closed-in-handshake", "upstream-ssl-certificate-verify-error"],
        line(1, 7, "error", "upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to "
                            "upstream" + REQUEST)
        + line(30, 7, "error", "peer closed connection in SSL handshake while SSL handshaking to upstream" + REQUEST)),
    "a stream client that speaks first": (
        ["upstream-ssl-certificate-verify-error"],
        line(1, 9, "error", "upstream SSL certificate verify error: (20:unable to get local issuer certificate) while proxying connection, "
                            'client: 192.0.2.7, server: 0.0.0.0:5432, upstream: "10.0.0.5:443", bytes from/to client:60/0, '
                            "bytes from/to upstream:0/44")),
}


GOOD_BYE = "client-application-data-after-close-notify"
MARKER = ("upstream SSL certificate verify error: (20:unable to get local issuer certificate) while SSL handshaking to upstream"
          + REQUEST.replace("10.0.0.5", "10.0.0.99"))


def short(rules):
    return sorted(rule.split("/")[1] for rule in rules if not rule.endswith(GOOD_BYE))


def answer_of(*command):
    done = subprocess.run([binary(), *command], stdout=subprocess.PIPE, check=True)
    return short(one["rule"]["id"] for one in json.loads(done.stdout)["incidents"])


def daemon_says(t, number, log):
    """What a daemon that diagnoses nothing keeps of a log, when it has read all of it."""
    with log.open("a") as file:
        file.write(line(59, 99, "error", MARKER))
    daemon = Daemon(t, [log], name="daemon-%d" % number).start()
    wait_for(lambda: any(one["place"].get("peer") == "10.0.0.99:443" for one in daemon.incidents()), 30, "the last line of the log")
    found = short(one["rule_id"] for one in daemon.incidents() if one["place"].get("peer") != "10.0.0.99:443")
    daemon.stop()
    return found


def story(t):
    conf = t.directory / "nginx.conf"
    conf.write_text("events {}\n")
    rules = ["--rules", rules_directory()]
    for number, (name, (wanted, text)) in enumerate(LOGS.items()):
        log = t.directory / ("error-%d.log" % number)
        log.write_text(text)
        found = answer_of("diagnose", *rules, "--no-probe", "--log", log, "--nginx-conf", conf, "--format", "json")
        expect_equal(found, wanted, name)
        expect_equal(answer_of("scan", *rules, "--format", "json", log), wanted, "scan: " + name)
        expect_equal(daemon_says(t, number, log), wanted, "the daemon: " + name)
        t.step("%s: %s" % (name, ", ".join(found) or "nothing"))


run(story)
