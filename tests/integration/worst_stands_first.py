"""Which upstream is worst now, since when, what do I type? The same answer from every chat service (a group of incidents is headed by the worst, not by
what opened first, and lists them with their rates), from `watch` in a pipe, `incidents list` on a terminal, `incidents show` and the page; with what was
written before the daemon came in its own time."""
import json
import os
import pty
import select
import subprocess
import time

from support import hosted_services as hosted
from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon, binary
from support.process import Process
from support.scenario import expect, expect_equal, run, wait_for
from support.web_client import WebClient
from support.webhook_receiver import WebhookReceiver, answer_with

SERVICES = ("slack", "teams", "discord", "mattermost", "feishu", "dingtalk", "wecom")
SLOW, FAST, MIDDLE = "10.0.0.1:8443", "[2001:db8::7]:8443", "10.0.0.3:8443"
WORST_FIRST = [FAST, MIDDLE, SLOW]
UNITS = {"en": " lines/min", "zh": " 行/分钟"}
LABELS = {"en": "the worst now first", "zh": "当前最严重的在前"}


def receiver_of(t, service, language):
    receiver = WebhookReceiver(t, answer_with(200, body=b'{"errcode":0,"code":0}'), name="%s-%s" % (service, language))
    url = t.directory / (receiver.name + ".url")
    url.write_text(receiver.url + "\n")
    settings = {"type": service, "name": receiver.name, "url_file": url, "lang": language}
    return receiver, settings


def expect_worst_first(text, language, who):
    """The worst before the others, in head and list; in the list a rate behind each."""
    places = [text.find(peer) for peer in WORST_FIRST]
    expect(-1 not in places and places == sorted(places), "%s does not name the worst first: %r\n%s" % (who, places, text))
    listed = text[text.find(LABELS[language]):]
    for peer, following in zip(WORST_FIRST, WORST_FIRST[1:] + [None]):
        begin = listed.find(peer)
        end = listed.find(following) if following else listed.find("inc-", begin)
        expect(0 <= begin < end and UNITS[language] in listed[begin:end], "%s names no rate of %s\n%s" % (who, peer, text))


def on_a_terminal(arguments):
    control, inner = pty.openpty()
    child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=inner, stderr=inner, env=dict(os.environ, COLUMNS="80"))
    os.close(inner)
    said = b""
    while select.select([control], [], [], 60)[0]:
        try:
            piece = os.read(control, 65536)
        except OSError:  # its other end is closed
            break
        said += piece
    os.close(control)
    expect_equal(child.wait(60), 0, "exit status of %r" % arguments)
    return said.decode()


def story(t):
    log = LogFile(t.directory / "error.log")
    # Somebody else's fault, that lasts for three hours when the daemon comes: a line every ten minutes.
    now = int(time.time())
    before = LogFile(t.directory / "before.log")
    before.write(b"".join(verify_error_line("10.9.9.9:8443", 1, now - 60 * minutes, server="old.example") for minutes in range(180, -1, -10)))
    receivers, tables = {}, []
    for service in SERVICES:
        for language in ("en", "zh"):
            receivers[service, language], settings = receiver_of(t, service, language)
            tables.append(settings)
    web = WebClient()
    names = [settings["name"] for settings in tables]
    daemon = Daemon(t, [log.path, before.path], tables, incidents={"group_wait": "2s"},
                    tables=[web.table(), ("[[route]]", {"name": "by server", "receivers": names, "group_by": ["server"]})]).start()
    lines = [SLOW] * 3 + [FAST] * 60 + [MIDDLE] * 20
    log.write(b"".join(verify_error_line(peer, number + 1) for number, peer in enumerate(lines)))
    wait_for(lambda: daemon.counts_by_peer().get(MIDDLE) == 20 and daemon.counts_by_peer().get(FAST) == 60, 60, "all lines to be counted")

    t.step("every chat service names the worst first, with the rate of each")
    for (service, language), receiver in receivers.items():
        def of_group():
            texts = ["\n".join(hosted.texts_in(json.loads(request.body))) for request in receiver.requests()]
            return [text for text in texts if SLOW in text and FAST in text]
        text = wait_for(of_group, 60, "the group's message to %s" % receiver.name)[0]
        expect_worst_first(text.replace("\\", ""), language, receiver.name)

    t.step("watch in a pipe: the worst first, with rate and beginning")
    asked = ["-c", str(daemon.configuration), "--lang", "en"]
    stream = Process(t, "stream", [binary(), "watch", *asked, "--interval", "1"]).start()
    wait_for(lambda: stream.output_text().count("\n") >= 4, 60, "four lines of the stream")
    rows = stream.output_text().splitlines()[:4]
    for row, peer in zip(rows, WORST_FIRST):
        expect(peer in row and " lines/min  since 20" in row, "the stream says:\n" + "\n".join(rows))
    stream.stop()

    t.step("incidents list on a terminal ends with what to type")
    page = on_a_terminal([binary(), "incidents", "list", *asked])
    last = page.strip().splitlines()[-1].strip()
    worst = web.api("/api/incidents")["incidents"][0]
    expect(worst["title"].startswith("gw.corp.test → " + FAST), "the page's first: %r" % worst)
    expect(last.endswith("handshaked incidents show %s -c %s" % (worst["id"], daemon.configuration)), "the last line: %r" % last)
    shown = subprocess.run([binary(), *last.partition("handshaked ")[2].split()], capture_output=True, text=True, timeout=60)
    expect(shown.returncode == 0 and worst["id"] in shown.stdout, "what it names does not run: %r" % shown)

    t.step("incidents show tells candidates as such, in both languages, and the command that finds the fix")
    for language, candidate in (("en", "candidate, from the log line alone: "), ("zh", "候选原因（仅凭日志行）：")):
        shown = subprocess.run([binary(), "incidents", "show", worst["id"], "-c", daemon.configuration, "--lang", language], capture_output=True, text=True, timeout=60).stdout
        expect(candidate in shown and "\ncause: " not in shown and "\n原因：" not in shown, shown)
        expect("handshaked fix show %s -c %s\n" % (worst["id"], daemon.configuration) in shown, shown)
    details = web.api("/api/incidents/" + worst["id"])
    expect_equal(details["command"], "handshaked fix show %s -c %s" % (worst["id"], daemon.configuration), "command of the page")

    t.step("what was written before the daemon came stands in its own time")
    old = web.api("/api/incidents?q=10.9.9.9")["incidents"][0]
    lines_kept = wait_for(lambda: (web.api("/api/incidents/" + old["id"]) or {}).get("minutes"), 90, "the rates of before")
    expect_equal(sum(count for _, count in lines_kept), 19, "lines of the chart")
    expect_equal(min(at for at, _ in lines_kept), (now - 180 * 60) // 60 * 60, "the first minute of the chart")
    spark = web.api("/api/incidents?q=10.9.9.9")["incidents"][0]["spark"]
    expect(sum(spark) == 19 and sum(1 for part in spark if part) >= 6, "the sparkline: %r" % spark)
    failures = web.api("/api/timeline?hours=24")["failures"]
    expect(sum(count for at, count in failures if at < now - 1800) >= 14, "the timeline: %r" % failures)


run(story)
