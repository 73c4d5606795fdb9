"""Chat services and PagerDuty: every message is within the published limits of its service, signed as it asks, in the reader's language, and
what a stranger wrote into the log is no markup, no link and no mention in it."""
import re

from support import hosted_services as hosted
from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon, binary
from support.process import Process
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver, accept, answer_with, in_turn

SECRET = "SEC0123456789abcdef"
KEY = "R0123456789ABCDEF0123456789ABCDE"
# Whatever means something to one of them.
HOSTILE = "a*b_c~d`e<!channel><at id=all></at>@everyone@all[x](http://evil.example)&lt;|#" + "\u202e" + "end"
READERS = {
    "slack": hosted.slack,
    "discord": hosted.discord,
    "mattermost": hosted.mattermost,
    "teams": hosted.teams,
    "feishu": lambda request: hosted.feishu(request, SECRET),
    "dingtalk": lambda request: hosted.dingtalk(request, SECRET),
    "wecom": hosted.wecom,
    "pagerduty": lambda request: hosted.pagerduty(request, KEY),
}


def secret_file(t, name, text):
    path = t.directory / name
    path.write_text(text + "\n")
    return path


def settings_of(t, service, receiver, **more):
    url = receiver.url if service != "dingtalk" else receiver.url.partition("?")[0] + "?access_token=dt-token"
    settings = {"type": service, "name": receiver.name, "url_file": secret_file(t, receiver.name + ".url", url)}
    if service in ("feishu", "dingtalk"):
        settings["secret_files"] = [secret_file(t, receiver.name + ".key", SECRET)]
    if service == "pagerduty":
        settings["routing_key_file"] = secret_file(t, receiver.name + ".key", KEY)
    return dict(settings, **more)


def story(t):
    receivers, tables = {}, []
    for service in READERS:
        for language in ("en", "zh"):
            receiver = WebhookReceiver(t, answer_with(200, body=b'{"errcode":0,"code":0}'), name="%s-%s" % (service, language))
            receivers[service, language] = receiver
            tables.append(settings_of(t, service, receiver, lang=language))
    # They hide refusals in a 200: one that passes, one that does not.
    busy = WebhookReceiver(t, in_turn(answer_with(200, body=b'{"errcode":130101,"errmsg":"send too fast"}'), answer_with(200, body=b'{"errcode":0}')),
                           name="busy")
    tables.append(settings_of(t, "dingtalk", busy))
    refusing = WebhookReceiver(t, answer_with(200, body=b'{"code":19021,"msg":"sign match fail or timestamp is not within one hour"}'), name="refusing")
    tables.append(settings_of(t, "feishu", refusing))
    log = t.directory / "error.log"
    file = LogFile(log)
    daemon = Daemon(t, [log], tables, tables=[("[web]", {"listen": "", "url": "https://tls.example/handshaked"})]).start()
    file.write(verify_error_line("10.7.7.7:8443", server=HOSTILE))

    for (service, language), receiver in receivers.items():
        requests = receiver.wait_for_requests(1)
        text = READERS[service](requests[0])
        expect("10.7.7.7:8443" in text.replace("\u200b", ""), "%s does not name the upstream: %s" % (receiver.name, text))
        expect("https://tls.example/handshaked/incidents/inc-" in text, "%s has no link to the page: %s" % (receiver.name, text))
        expect("handshaked fix show inc-" in text, "%s names no command: %s" % (receiver.name, text))
        chinese = re.search("[\u4e00-\u9fff]", text)
        expect(bool(chinese) == (language == "zh"), "%s is in the wrong language: %s" % (receiver.name, text))
        if service not in ("slack", "teams", "feishu", "pagerduty"):  # those that find links and mentions by themselves, whatever is sent
            prose = hosted.outside_code(text)
            expect("http://evil" not in prose and "@everyone" not in prose, "%s: %s" % (receiver.name, prose))
        expect("\u202e" not in text, "%s turns the direction of writing" % receiver.name)
        t.step("%s: %d bytes" % (receiver.name, len(requests[0].body)))

    busy.wait_for_requests(2)
    hosted.dingtalk(busy.requests()[1], SECRET)
    dead = wait_for(lambda: daemon.deliveries("dead"), 20, "the refused message to be a dead letter")
    expect_equal([row[0] for row in dead], ["refusing"], "dead letters")
    expect("19021" in dead[0][4], "reason: %r" % dead[0][4])
    expect("dt-token" not in daemon.log_text() and SECRET not in daemon.log_text(), "a secret in the log")

    t.step("receivers test: a sample with everything in it")
    for (service, language), receiver in receivers.items():
        before = len(receiver.requests())
        tried = Process(t, "try-" + receiver.name, [binary(), "receivers", "test", receiver.name, "-c", daemon.configuration])
        tried.start()
        expect_equal(tried.wait(20), 0, "exit status of receivers test: %s" % tried.output_text())
        expect("delivered" in tried.output_text(), tried.output_text())
        text = READERS[service](receiver.requests()[before])
        has_patch = service not in ("dingtalk", "wecom")  # they know no blocks of code: the command shows it
        for part in ("shop.conf:13", "proxy_ssl_trusted_certificate", "new-root.pem" if has_patch else "handshaked fix show inc-", "proxy_ssl_verify off"):
            plain = text.replace("\\\\", "\\").replace("\\", "").replace("`", "").replace("＿", "_")
            expect(part in plain, "%s lacks %r:\n%s" % (receiver.name, part, text))
    daemon.stop()


run(story)
