"""A real Alertmanager: incidents are pushed to its API, told again before they end, told again after it forgot everything, and ended when they
are over. And our own webhook of format "alertmanager" has the very shape of what Alertmanager posts."""
import http.client
import json

from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon, binary
from support.ports import LOOPBACK, free_port, is_listening
from support.process import Process
from support.scenario import expect, expect_equal, require_program, run, wait_for
from support.webhook_receiver import WebhookReceiver, answer_with


class Alertmanager:
    def __init__(self, scenario, webhook):
        require_program("prometheus-alertmanager")
        self.scenario, self.port, self.starts = scenario, free_port(), 0
        self.configuration = scenario.directory / "alertmanager.yml"
        self.configuration.write_text(
            "route:\n  receiver: hook\n  group_by: [alertname]\n  group_wait: 0s\n  group_interval: 1s\nreceivers:\n- name: hook\n"
            "  webhook_configs:\n  - url: %s\n    send_resolved: true\n" % webhook.url)

    def start(self):
        """Each start knows nothing of the one before."""
        self.starts += 1
        self.process = Process(self.scenario, "alertmanager-%d" % self.starts, [
            "prometheus-alertmanager", "--config.file", self.configuration, "--storage.path", self.scenario.directory / ("am-%d" % self.starts),
            "--web.listen-address", "%s:%d" % (LOOPBACK, self.port), "--cluster.listen-address="]).start()
        wait_for(lambda: is_listening(self.port), 30, "Alertmanager to listen")
        return self

    def alerts(self):
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=10)
        try:
            connection.request("GET", "/api/v2/alerts")
            answer = connection.getresponse()
            return json.loads(answer.read()) if answer.status == 200 else []
        except OSError:
            return []
        finally:
            connection.close()


def shape(value):
    """The members and types of a JSON value; the names of labels are free."""
    if isinstance(value, dict):
        return {key: "labels" if key.lower().endswith(("labels", "annotations")) else shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


def story(t):
    of_alertmanager = WebhookReceiver(t, answer_with(200), name="of-alertmanager")
    ours = WebhookReceiver(t, answer_with(200), name="ours")
    manager = Alertmanager(t, of_alertmanager).start()
    log = t.directory / "error.log"
    file = LogFile(log)
    daemon = Daemon(t, [log], [
        {"type": "alertmanager", "name": "am", "url": "http://%s:%d" % (LOOPBACK, manager.port), "resend_interval": "1s"},
        {"type": "webhook", "name": "ours", "url": ours.url, "format": "alertmanager"}]).start()
    file.write(verify_error_line("10.5.5.5:8443", server='bad "server" \\ }{'))

    (alert,) = wait_for(manager.alerts, 20, "the alert in Alertmanager")
    expect_equal(alert["status"]["state"], "active", "state")
    expect_equal(alert["labels"]["alertname"], "nginx/upstream-ssl-certificate-verify-error", "alertname")
    expect_equal(alert["labels"]["peer"], "10.5.5.5:8443", "label peer")
    expect(alert["annotations"]["summary"] and alert["annotations"]["count"] == "1", "annotations: %r" % alert["annotations"])
    t.step("pushed; ends at %s unless it is told again" % alert["endsAt"])
    later = wait_for(lambda: [a for a in manager.alerts() if a["endsAt"] > alert["endsAt"]], 20, "it to be told again")
    expect_equal(later[0]["startsAt"], alert["startsAt"], "startsAt")
    expect_equal(later[0]["fingerprint"], alert["fingerprint"], "the same alert")

    ours.wait_for_requests(1)
    theirs = of_alertmanager.wait_for_requests(1)[0]
    mine, reference = json.loads(ours.requests()[0].body), json.loads(theirs.body)
    expect_equal(shape(mine), shape(reference), "the shape of our webhook")
    expect_equal((mine["version"], mine["status"], mine["alerts"][0]["endsAt"]),
                 (reference["version"], reference["status"], reference["alerts"][0]["endsAt"]), "version, status, endsAt")

    t.step("Alertmanager forgets everything, and so do we")
    manager.process.stop()
    daemon.stop()
    manager.start()
    daemon.start()
    again = wait_for(manager.alerts, 20, "the alert after both were restarted")
    expect_equal([a["fingerprint"] for a in again], [alert["fingerprint"]], "fingerprints")

    t.step("receivers test: pushed and ended at once")
    tried = Process(t, "try", [binary(), "receivers", "test", "am", "-c", daemon.configuration, "--format", "json"]).start()
    expect_equal(tried.wait(20), 0, "exit status: %s" % tried.output_text())
    outcome = json.loads(tried.output_text())
    expect_equal([(e["kind"], e["outcome"]) for e in outcome["events"]], [("opened", "delivered"), ("resolved", "delivered")], "outcome")
    daemon.stop()

    t.step("an incident that is over ends its alert, and Alertmanager tells its receivers so")
    short_log = t.directory / "short.log"
    short = LogFile(short_log)
    brief = Daemon(t, [short_log], [{"type": "alertmanager", "name": "am", "url": "http://%s:%d" % (LOOPBACK, manager.port), "resend_interval": "1s"}],
                   incidents={"resolve_after": "2s"}, name="brief").start()
    short.write(verify_error_line("10.6.6.6:8443"))

    def over():
        messages = [json.loads(request.body) for request in of_alertmanager.requests()]
        return [a for message in messages for a in message["alerts"] if a["labels"].get("peer") == "10.6.6.6:8443" and a["status"] == "resolved"]
    wait_for(over, 60, "the end of the alert")
    brief.stop()


run(story)
