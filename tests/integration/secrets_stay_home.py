"""A fault in the middle of a configuration full of secrets: headers, values of maps and variables, addresses with passwords, comments, an included file. None of them is in
anything that leaves nginx's files: events, the page, the API, the control socket, the daemon's log, what diagnose, scan and explain print. The patch that is told still applies
with patch(1). Where the changed line itself holds a secret, only `fix show` has it."""
import json
import os
import signal
import sqlite3
import subprocess

from support.daemon import Daemon
from support.distrusted_upstream import DistrustedUpstream
from support.scenario import expect, expect_equal, require_program, run, wait_for
from support.web_client import WebClient
from support.webhook_receiver import WebhookReceiver

CANARY = "c4n4ry"
LOCATION = """
        location / {
            proxy_set_header Authorization "Bearer %(c)s-header";
            proxy_pass https://%(peer)s;
            proxy_ssl_trusted_certificate upstream-ca.pem;   # %(c)s-trailing
            proxy_ssl_verify on;
            # %(c)s-comment
            proxy_ssl_name api.crop.test;
            proxy_set_header X-Token %(c)s-behind;
            include %(included)s;
        }"""


def configuration(place, location):
    included = place.nginx.prefix / "conf" / "secret.inc"
    included.write_text("proxy_set_header Cookie %s-included;\n" % CANARY)
    return """
    map $uri $token { default "%(c)s-map"; /x %(c)s-x; }
    server {
        listen 127.0.0.1:%(port)d;
        server_name gw.corp.test;
        set $secret %(c)s-set;
        location /moved { return 302 https://user:%(c)s-password@elsewhere.test/?key=%(c)s-query; }
        %(location)s
    }""" % {"c": CANARY, "port": place.nginx.port, "location": location % {"c": CANARY, "peer": place.peer.address, "included": included}}


def tables_text(database):
    """Everything in a database, as far as it is text."""
    connection = sqlite3.connect("file:%s?mode=ro" % database, uri=True)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return " ".join(repr(row) for name in names for row in connection.execute('SELECT * FROM "%s"' % name))


def handshaked(*words):
    done = subprocess.run([os.environ["HANDSHAKED"], *map(str, words)], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def work_with(nginx, configuration_text):
    nginx.stop()
    nginx.configure(configuration_text)
    nginx.start()


def story(t):
    require_program("patch")
    place = DistrustedUpstream(t)
    nginx = place.nginx
    place.trust_root()
    work_with(nginx, configuration(place, LOCATION))
    receiver, web = WebhookReceiver(t), WebClient()
    daemon = Daemon(t, [nginx.error_log], [receiver.settings()], incidents={"group_wait": "10s"}, tables=[web.table(page=True), *place.tables("500ms")]).start()
    wait_for(lambda: nginx.get("/")[0] == 502, 20, "the fault")
    (opened,) = receiver.wait_for_events(1, within=20)
    patch = opened.data["fixes"][0].get("patch", "")
    expect("+            proxy_ssl_name api.corp.test;" in patch, "no patch of the name: %r" % opened.data["fixes"][0])

    rules = ["--rules", os.environ["HANDSHAKED_RULES"]]
    where = ["--nginx-conf", nginx.prefix / "conf/nginx.conf", "--nginx-prefix", nginx.prefix, "--ca-store", place.root.file]
    line = next(text for text in nginx.error_log.read_text().splitlines() if "SSL" in text)

    def outputs():
        yield "the event", json.dumps(opened.data)
        for path in ("/", "/api/incidents", "/metrics"):
            yield path, web.get(path).text
        yield "the log", daemon.log_text()
        yield "the database", tables_text(daemon.database)
        yield "incidents show", handshaked("incidents", "show", opened.data["incident"]["id"], "--socket", daemon.control_socket)
        for form in ("text", "json"):
            yield "diagnose " + form, handshaked("diagnose", *rules, "--log", nginx.error_log, *where, "--format", form)
            yield "diagnose --all " + form, handshaked("diagnose", *rules, "--all", *where, "--format", form)
            yield "doctor " + form, handshaked("doctor", *rules, *where, "--format", form)
        for form in ("text", "json", "markdown", "html", "sarif", "junit"):
            yield "preflight " + form, handshaked("preflight", *rules, *where, "--until", "2099-01-01", "--format", form)
        for form in ("text", "json", "markdown", "html"):
            yield "scan " + form, handshaked("scan", *rules, nginx.error_log, "--format", form)
        yield "explain", handshaked("explain", *rules, line)

    for name, text in outputs():
        expect(len(text) > 20, "%s says nothing: %r" % (name, text))
        expect(CANARY not in text, "%s tells a secret: …%s…" % (name, text[max(0, text.find(CANARY) - 300):text.find(CANARY) + 80]))
    t.step("the patch applies")
    done = subprocess.run(["patch", "-p1", "-d", "/", "--no-backup-if-mismatch"], input=patch.encode(), capture_output=True)
    expect_equal(done.returncode, 0, "patch: %s\n%s" % (done.stdout.decode(), patch))
    nginx.process.signal(signal.SIGHUP)
    wait_for(lambda: nginx.get("/")[0] == 200, 20, "the request to work")
    daemon.stop()
    for form in ("text", "json", "sarif"):
        said = handshaked("preflight", *rules, *where, "--nginx", "1.30", "--trust", "%s=%s" % (place.trusted, place.partner.file), "--format", form)
        expect("breaks" in said and CANARY not in said, "preflight %s: %s" % (form, said[:2000]))

    t.step("a secret on the line that is changed")
    shared = 'location / { proxy_set_header X "%(c)s-shared"; proxy_ssl_name api.crop.test; proxy_pass https://%(peer)s; proxy_ssl_verify on; ' \
             'proxy_ssl_trusted_certificate upstream-ca.pem; }'
    work_with(nginx, configuration(place, shared))
    wait_for(lambda: nginx.get("/")[0] == 502, 20, "the fault again")
    said = handshaked("diagnose", *rules, "--log", nginx.error_log, *where, "--format", "json")
    expect(CANARY not in said and "handshaked fix show prints it" in said, "diagnose: %s" % said[:2000])
    incident = json.loads(said)["incidents"][0]["incident"]["id"]
    shown = handshaked("fix", "show", incident, *rules, "--log", nginx.error_log, *where)
    done = subprocess.run(["patch", "-p1", "-d", "/", "--no-backup-if-mismatch"], input=shown.encode(), capture_output=True)
    expect_equal(done.returncode, 0, "patch: %s\n%s" % (done.stdout.decode(), shown))


run(story)
