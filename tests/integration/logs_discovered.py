"""Without [[files]] the logs are those that nginx's configuration names: at every level, and those that it names after a reload. What cannot be
followed is said once; what an old log already holds is not told as new."""
import os
import signal
import subprocess

from support.accounting import verify_error_line
from support.daemon import Daemon
from support.nginx import Nginx
from support.ports import free_port
from support.scenario import Skip, expect, expect_equal, run, wait_for
from support.upstreams import wait_for_listening
from support.webhook_receiver import WebhookReceiver

SERVER = """
    server {
        listen 127.0.0.1:%d;
        server_name %s;
        %s
        location / { %s proxy_pass https://127.0.0.1:%d; proxy_ssl_verify on; proxy_ssl_trusted_certificate ca.pem; }
    }
"""
CERTIFIED = """
    server { listen 127.0.0.1:%d ssl; error_log /dev/null crit; ssl_certificate back.pem; ssl_certificate_key back.key; return 200 ok; }
"""


def has_times_of_birth(directory):
    ended = subprocess.run(["stat", "-c", "%W", str(directory)], capture_output=True, text=True)
    return ended.returncode == 0 and ended.stdout.strip() not in ("", "0", "-")


def story(t):
    nginx = Nginx(t)
    conf, logs = nginx.prefix / "conf", nginx.prefix / "logs"
    if not has_times_of_birth(conf):
        raise Skip("the file system here does not keep when a file was made")
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=back", "-days", "9", "-keyout", conf / "back.key",
                           "-out", conf / "back.pem"], capture_output=True, text=True)
    expect_equal(made.returncode, 0, "openssl: " + made.stderr)
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-days", "9", "-keyout", os.devnull,
                           "-out", conf / "ca.pem"], capture_output=True, text=True)
    expect_equal(made.returncode, 0, "openssl: " + made.stderr)
    backs = [free_port() for _ in range(4)]
    backends = "".join(CERTIFIED % port for port in backs)
    first = SERVER % (nginx.port, "one.test", "error_log logs/one.log;", "error_log logs/inner.log;", backs[0])
    more = SERVER % (nginx.port, "syslog.test", "error_log syslog:server=127.0.0.1:%d;" % free_port(), "", backs[1])
    # What it holds is long over, though it has just been named.
    (logs / "old.log").write_bytes(verify_error_line("10.99.0.1:8443"))

    nginx.configure(backends + first + more, level="error")
    nginx.start()
    receiver = WebhookReceiver(t)
    daemon = Daemon(t, receivers=[receiver.settings()], tables=[("[nginx]", {"configuration": conf / "nginx.conf", "prefix": nginx.prefix})]).start()

    def peers():
        return {event.data["place"]["peer"] for event in receiver.events("opened")}

    def fails_at(host, port, path="/"):
        expect_equal(nginx.get(path, host=host), [502], "status of " + host)
        wait_for(lambda: "127.0.0.1:%d" % port in peers(), 30, lambda: "the incident of %s; there are %r" % (host, peers()))

    fails_at("one.test", backs[0])
    t.step("the log of a location is followed without having been named to us")
    daemon.wait_for_log(r"warning: error_log syslog:server=\S+ \(\S+nginx\.conf:\d+\) goes to syslog: .*\[\[syslog\]\]")
    daemon.wait_for_log(r"warning: error_log /dev/null \(\S+\) is discarded")
    expect_equal(daemon.log_text().count("goes to syslog"), 1, "how often it was said")
    expect(str(logs / "error.log") in daemon.log_text() and str(logs / "one.log") in daemon.log_text(), "main and server logs are not followed")

    two = SERVER % (nginx.port, "two.test", "error_log logs/two.log;", "", backs[2])
    old = SERVER % (nginx.port, "old.test", "error_log logs/old.log;", "", backs[3])
    (conf / "more.conf").write_text(two + old)
    nginx.configure(backends + first + more + "include more.conf;", level="error")
    nginx.process.signal(signal.SIGHUP)
    wait_for(lambda: (logs / "two.log").exists(), 10, "nginx to open the new log")
    wait_for_listening(nginx.port, nginx.process)
    # Until the new workers answer, the old ones know no such server.
    wait_for(lambda: nginx.get(host="two.test") == [502] and nginx.lines_of(logs / "two.log", "verify error") > 0, 20, "the new server to answer")
    wait_for(lambda: "127.0.0.1:%d" % backs[2] in peers(), 30, lambda: "the incident of two.test; there are %r" % peers())
    t.step("a log that a reload has brought is read from its first line")
    daemon.wait_for_log(r"opened: \S*old\.log", 20)
    fails_at("old.test", backs[3])
    expect("10.99.0.1:8443" not in peers(), "what an old log held was told as new: %r" % peers())
    t.step("a log that is older than that is read from its end")
    receiver.expect_all_valid()
    daemon.stop()


run(story)
