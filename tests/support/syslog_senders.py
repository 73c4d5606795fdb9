"""syslog-ng and rsyslog, as a test of what they send: each follows a file and sends its lines over TCP and over TLS with a client certificate,
or over HTTP."""
import os
import pathlib
import shutil

from support.process import Process
from support.scenario import Skip

SYSLOG_NG = """@version: 3.38
options { keep-hostname(yes); use-dns(no); stats-freq(0); time-reopen(1); };
source s { file("%(file)s" follow-freq(0.1) flags(no-parse) program-override("nginx")); };
destination plain { network("127.0.0.1" port(%(plain)d) transport("tcp")%(buffer)s); };
destination tls { syslog("127.0.0.1" port(%(tls)d) transport("tls")
  tls(ca-file("%(ca)s") cert-file("%(certificate)s") key-file("%(key)s") peer-verify(required-trusted))%(buffer)s); };
log { source(s); destination(plain); destination(tls); flags(flow-control); };
"""

RSYSLOG = """global(workDirectory="%(directory)s" maxMessageSize="64k" defaultNetstreamDriverCAFile="%(ca)s"
  defaultNetstreamDriverCertFile="%(certificate)s" defaultNetstreamDriverKeyFile="%(key)s")
module(load="imfile" mode="polling" pollingInterval="1")
input(type="imfile" file="%(file)s" tag="nginx:" ruleset="out")
ruleset(name="out") {
  action(type="omfwd" target="127.0.0.1" port="%(plain)d" protocol="tcp" tcp_framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"
         queue.type="linkedList" action.resumeRetryCount="-1" action.resumeInterval="1")
  action(type="omfwd" target="127.0.0.1" port="%(tls)d" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format" streamDriver="ossl"
         streamDriverMode="1" streamDriverAuthMode="x509/certvalid" queue.type="linkedList" action.resumeRetryCount="-1" action.resumeInterval="1")
}
"""

SYSLOG_NG_HTTP = """@version: 3.38
options { keep-hostname(yes); use-dns(no); stats-freq(0); time-reopen(1); };
source s { file("%(file)s" follow-freq(0.1) flags(no-parse)); };
destination d { http(url("http://127.0.0.1:%(port)d/lines") method("POST") headers("Content-Type: application/x-ndjson") batch-lines(500)
  batch-timeout(200) retries(100) body("$(format-json --scope none message=$MSG host=edge-1)")%(buffer)s); };
log { source(s); destination(d);%(flags)s };
"""

SYSLOG_NG_KAFKA = """@version: 3.38
options { keep-hostname(yes); use-dns(no); stats-freq(0); time-reopen(1); };
source s { file("%(file)s" follow-freq(0.1) flags(no-parse)); };
destination d { kafka-c(bootstrap-servers("%(brokers)s") topic("%(topic)s") key("edge-1") sync-send(yes)
  message("$(format-json --scope none message=$MSG host=edge-1)") log-fifo-size(20000)); };
log { source(s); destination(d); flags(flow-control); };
"""

RSYSLOG_HTTP = """global(workDirectory="%(directory)s")
module(load="imfile" mode="polling" pollingInterval="1")
module(load="omelasticsearch")
template(name="record" type="list" option.json="on") { constant(value="{\\"message\\":\\"") property(name="msg")
  constant(value="\\",\\"host\\":\\"edge-1\\"}") }
input(type="imfile" file="%(file)s" tag="nginx:" ruleset="out")
ruleset(name="out") { action(type="omelasticsearch" server="127.0.0.1" serverport="%(port)d" template="record" bulkmode="on" searchIndex="nginx"
  queue.type="linkedList" queue.dequeueBatchSize="500" action.resumeRetryCount="-1" action.resumeInterval="1") }
"""


class Sender(Process):
    """`file` is what it follows."""

    def __init__(self, scenario, name, file, arguments, environment=None):
        super().__init__(scenario, name, arguments, environment=environment)
        self.file = open(file, "wb")


def settings(scenario, name, file, plain, tls, ca, client):
    directory = scenario.directory / name
    directory.mkdir()
    return {"file": file, "plain": plain, "tls": tls, "ca": ca, "certificate": client.file, "key": client.key, "directory": directory}


def disk_buffer(directory):
    return '\n  disk-buffer(reliable(yes) disk-buf-size(2097152) mem-buf-size(163840) dir("%s"))' % directory


def syslog_ng(scenario, file, plain, tls, ca, client, reliable=False):
    """`reliable`: with a buffer on disk."""
    if shutil.which("syslog-ng") is None:
        raise Skip("syslog-ng is not installed (package syslog-ng-core)")
    values = settings(scenario, "syslog-ng", file, plain, tls, ca, client)
    values["buffer"] = disk_buffer(values["directory"]) if reliable else ""
    configuration = values["directory"] / "syslog-ng.conf"
    configuration.write_text(SYSLOG_NG % values)
    return Sender(scenario, "syslog-ng", file, ["syslog-ng", "--foreground", "--no-caps", "--cfgfile", configuration, "--persist-file",
                                                values["directory"] / "persist", "--pidfile", values["directory"] / "pid", "--control",
                                                values["directory"] / "control"])


def rsyslog_command(scenario):
    """It cannot be installed beside syslog-ng: HANDSHAKED_RSYSLOG may name a directory into which its packages were unpacked (dpkg -x)."""
    unpacked = os.environ.get("HANDSHAKED_RSYSLOG")
    if unpacked:
        libraries = unpacked + "/usr/lib/x86_64-linux-gnu"
        return [unpacked + "/usr/sbin/rsyslogd", "-M", libraries + "/rsyslog"], {"LD_LIBRARY_PATH": libraries}
    if shutil.which("rsyslogd") is None:
        raise Skip("rsyslog is not installed (it conflicts with syslog-ng; HANDSHAKED_RSYSLOG may name where it was unpacked)")
    return ["rsyslogd"], {}


def rsyslog(scenario, file, plain, tls, ca, client):
    command, environment = rsyslog_command(scenario)
    values = settings(scenario, "rsyslog", file, plain, tls, ca, client)
    configuration = values["directory"] / "rsyslog.conf"
    configuration.write_text(RSYSLOG % values)
    return Sender(scenario, "rsyslog", file, [*command, "-n", "-f", configuration, "-i", values["directory"] / "pid"], environment)


def syslog_ng_http(scenario, file, port, reliable=False):
    """`reliable`: with a buffer on disk that keeps what was not acknowledged."""
    if shutil.which("syslog-ng") is None:
        raise Skip("syslog-ng is not installed (package syslog-ng-core)")
    directory = scenario.directory / "syslog-ng-http"
    directory.mkdir()
    # With flow-control alone, 100 lines would be under way at most: each batch would wait for its time-out.
    buffer, flags = (disk_buffer(directory), " flags(flow-control);") if reliable else (" log-fifo-size(20000)", "")
    (directory / "conf").write_text(SYSLOG_NG_HTTP % {"file": file, "port": port, "buffer": buffer, "flags": flags})
    return Sender(scenario, "syslog-ng-http", file, ["syslog-ng", "--foreground", "--no-caps", "--cfgfile", directory / "conf", "--persist-file",
                                                     directory / "persist", "--pidfile", directory / "pid", "--control", directory / "control"])


def rsyslog_http(scenario, file, port):
    command, environment = rsyslog_command(scenario)
    directory = scenario.directory / "rsyslog-http"
    directory.mkdir()
    (directory / "conf").write_text(RSYSLOG_HTTP % {"file": file, "port": port, "directory": directory})
    return Sender(scenario, "rsyslog-http", file, [*command, "-n", "-f", directory / "conf", "-i", directory / "pid"], environment)


def syslog_ng_kafka(scenario, file, brokers, topic):
    """It has to be killed: at SIGTERM it waits for brokers that may be gone."""
    if shutil.which("syslog-ng") is None or not list(pathlib.Path("/usr/lib/syslog-ng").glob("*/libkafka.so")):
        raise Skip("syslog-ng or its module for Kafka is not installed (packages syslog-ng-core, syslog-ng-mod-rdkafka)")
    directory = scenario.directory / "syslog-ng-kafka"
    directory.mkdir()
    (directory / "conf").write_text(SYSLOG_NG_KAFKA % {"file": file, "brokers": brokers, "topic": topic})
    return Sender(scenario, "syslog-ng-kafka", file, ["syslog-ng", "--foreground", "--no-caps", "--cfgfile", directory / "conf", "--persist-file",
                                                      directory / "persist", "--pidfile", directory / "pid", "--control", directory / "control"])
