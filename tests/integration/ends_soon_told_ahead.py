"""A certificate that nginx serves ends in five days: told before anything fails, once, whatever happens to the daemon. It is over when nginx has
loaded another one, and not when that only lies on the disk."""
import shutil
import signal

from support.authority import Authority
from support.daemon import Daemon
from support.nginx import Nginx
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver


def story(t):
    authority = Authority(t)
    root = authority.root()
    ending = authority.issue("ending", "shop.example", root, ["DNS:shop.example"], to_days=5)
    fresh = authority.issue("fresh", "shop.example", root, ["DNS:shop.example"], to_days=90)
    nginx = Nginx(t)
    file = nginx.prefix / "conf" / "shop.pem"

    def install(certificate):
        shutil.copy(certificate.key, nginx.prefix / "conf" / "shop.key")
        shutil.copy(certificate.file, file)
    install(ending)
    nginx.configure("""server { listen 127.0.0.1:%d ssl; server_name shop.example;
        ssl_certificate shop.pem; ssl_certificate_key shop.key; location / { return 204; } }""" % nginx.port)
    nginx.start()
    receiver, chinese = WebhookReceiver(t), WebhookReceiver(t, name="chinese")
    daemon = Daemon(t, [nginx.error_log], [receiver.settings(), chinese.settings(language="zh")], tables=[
        ("[nginx]", {"configuration": nginx.prefix / "conf" / "nginx.conf", "prefix": nginx.prefix}),
        ("[calendar]", {"enabled": True})]).start()

    (opened,) = receiver.wait_for_events(1, within=60)
    data = opened.data
    expect_equal(data["rule"]["id"], "handshaked/will-break", "rule")
    expect_equal(data["diagnosis"]["cause"], "will_break", "cause")
    expect_equal(data["incident"]["severity"], "warning", "severity, five days before")
    expect("will_break" in data["incident"] and data["incident"]["servers"] == ["shop.example"], "the incident: %r" % data["incident"])
    expect_equal((data["place"]["file"], data["place"]["directive"]), (str(nginx.prefix / "conf" / "nginx.conf"), "ssl_certificate"), "place")
    title = data["incident"]["title"]
    expect(title.startswith("clients → shop.example: the certificate") and "ends on" in title, "title: %r" % title)
    expect_equal(data["fixes"][0]["id"], "renew-in-time", "fix")
    incident = data["incident"]["id"]
    text = Operator(daemon).text("incidents", "show", incident)
    expect("ends on" in text, "what incidents show says: %s" % text)
    (told,) = chinese.wait_for_events(1)
    expect("将于" in told.data["incident"]["title"] and "到期" in told.data["diagnosis"]["summary"], "in Chinese: %r" % told.data["incident"]["title"])
    t.step("told five days ahead, with its place")

    daemon.stop()
    daemon.start()
    install(fresh)  # and nobody reloads nginx
    daemon.wait_for_log("nginx's files were changed, and nginx has not loaded them yet", 60)
    expect_equal([row["id"] for row in Operator(daemon).ask("incidents", "list")["incidents"]], [incident],
                 "open incidents while nginx serves the old certificate")
    t.step("a restart tells nothing twice; a file that nginx has not loaded ends nothing")

    nginx.process.signal(signal.SIGHUP)
    (ended,) = receiver.wait_for_events(1, within=90, kind="resolved")
    expect_equal([one.kind for one in receiver.delivered()], ["opened", "resolved"], "events")
    resolved = ended.data["incident"]
    expect_equal((resolved["id"], resolved["resolved_by"]), (incident, "replaced"), "the end")
    wait_for(lambda: not Operator(daemon).ask("incidents", "list")["incidents"], 20, "no open incident")
    t.step("over when nginx has loaded the new one")
    daemon.stop()


run(story)
