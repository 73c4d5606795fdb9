"""systemd/monitoring/: Prometheus takes the alert rules, they fire on what they are for, and every metric that they and the dashboard name is one that the running daemon
gives. What the daemon gives is what promtool calls clean."""
import json
import re
import subprocess

from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon, source_directory
from support.fleet import Fleet
from support.ports import free_port
from support.scenario import expect, expect_equal, require_program, run, wait_for
from support.web_client import WebClient
from support.webhook_receiver import WebhookReceiver

NAME = re.compile(r"\b(?:handshaked|process)_[a-z0-9_]+\b")
TYPE = re.compile(r"^# TYPE (\S+) (\S+)$", re.MULTILINE)


def promtool(*words, text=None):
    done = subprocess.run(["promtool", *map(str, words)], input=text, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def names_given(text):
    """Every name that may stand in an expression."""
    names = set()
    for name, kind in TYPE.findall(text):
        names.update({name + end for end in ("_bucket", "_sum", "_count")} if kind == "histogram" else {name})
    return names


def names_used(expressions):
    return {name for expression in expressions for name in NAME.findall(re.sub(r'"[^"]*"', '""', expression))}


def story(t):
    require_program("promtool")
    monitoring = source_directory() / "systemd" / "monitoring"
    alerts = monitoring / "handshaked-alerts.yml"

    t.step("the alert rules")
    code, said = promtool("check", "rules", alerts)
    expect_equal(code, 0, "promtool check rules: " + said)
    code, said = promtool("test", "rules", source_directory() / "tests" / "service" / "alert_rules_test.yml")
    expect_equal(code, 0, "promtool test rules: " + said)
    declared = re.findall(r"- alert: (\w+)", alerts.read_text())
    tested = re.findall(r"alertname: (\w+)", (source_directory() / "tests" / "service" / "alert_rules_test.yml").read_text())
    expect_equal([name for name in declared if tested.count(name) < 2], [], "alerts without a test of both kinds")

    t.step("the metrics of a daemon with sources of all kinds")
    log = LogFile(t.directory / "error.log")
    log.write(verify_error_line("10.0.0.1:8443"))
    receiver = WebhookReceiver(t)
    web = WebClient()
    daemon = Daemon(t, [log.path], [receiver.settings()],
                    tables=[web.table(), ("[[syslog]]", {"listen": ["tcp://127.0.0.1:%d" % free_port()]}), ("[[http]]", {"listen": ["http://127.0.0.1:%d" % free_port()]})])
    daemon.start()
    receiver.wait_for_events(1)
    wait_for(lambda: web.metric("handshaked_rule_matches_total") == 1, 20, "a match")
    answer = web.get("/metrics")
    expect_equal(answer.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8", "type")
    code, said = promtool("check", "metrics", text=answer.text)
    expect_equal((code, said.strip()), (0, ""), "promtool check metrics")
    samples = web.metrics().all
    expect(len(samples) < 400, "%d series" % len(samples))

    given = names_given(answer.text)
    # Only workers of a group give these: integration.group_bad_input holds what they give against this list.
    of_groups = set(re.findall(r"`(handshaked_group_[a-z_]+)`", (source_directory() / "daemon/web/README.md").read_text("utf-8")))
    dashboard = json.loads((monitoring / "handshaked-dashboard.json").read_text("utf-8"))
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    expressions = [target["expr"] for panel in panels for target in panel["targets"]]
    expect(len(expressions) > 30, "the expressions of the dashboard were not found")
    queries = [variable["definition"] for variable in dashboard["templating"]["list"] if "definition" in variable]
    in_alerts = re.findall(r"^ +expr: (.*)$", alerts.read_text(), re.MULTILINE)
    expect_equal(len(in_alerts), len(declared), "expressions of alerts")
    used = names_used(expressions + queries + in_alerts)
    expect_equal(sorted(used - given - of_groups), [], "metrics that are used and not given")
    expect_equal(sorted({name for name, _ in samples} - given), [], "samples without a type")

    t.step("the expressions of the dashboard are such that Prometheus takes")
    rules = ["groups: [{name: g, rules: ["]
    for number, expression in enumerate(expressions):
        expression = expression.replace("$__rate_interval", "5m").replace("$instance", ".*")
        rules.append("{record: 'e:%d', expr: %s}," % (number, json.dumps(expression)))
    file = t.directory / "expressions.yml"
    file.write_text("\n".join(rules) + "]}]\n")
    code, said = promtool("check", "rules", file)
    expect_equal(code, 0, "promtool check rules: " + said)
    ids = [panel["id"] for panel in dashboard["panels"]]
    expect_equal(len(ids), len(set(ids)), "ids of panels")

    t.step("the metrics of a centre that hears of an edge")
    web_of_centre = WebClient()
    fleet = Fleet(t, tables=[web_of_centre.table()])
    fleet.centre.start()
    fleet.edge("proxy-1").start()
    fleet.wait_for_edges(healthy=1)
    of_centre = web_of_centre.get("/metrics").text
    code, said = promtool("check", "metrics", text=of_centre)
    expect_equal((code, said.strip()), (0, ""), "promtool check metrics")

    t.step("the list in daemon/web/README.md")
    described = set(re.findall(r"`((?:handshaked|process)_[a-z0-9_]+)`", (source_directory() / "daemon" / "web" / "README.md").read_text("utf-8")))
    described = {name for name in described if not name.startswith("handshaked_group_")}  # of a worker: integration.group_bad_input
    expect_equal(sorted(described ^ {name for name, _ in TYPE.findall(answer.text + of_centre)}), [], "metrics that are described or given, but not both")
    daemon.stop()


run(story)
