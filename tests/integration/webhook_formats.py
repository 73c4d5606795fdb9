"""Webhooks as the originals of their standards read them: npm's standardwebhooks verifies the signatures, npm's cloudevents reads both modes.
And a template of the operator's own; one that would fail later is refused at once, by `check` and by the daemon."""
import base64
import json
import shutil
import subprocess

from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon, binary, source_directory
from support.process import Process
from support.scenario import Skip, expect, expect_equal, run
from support.webhook_receiver import WebhookReceiver, accept


def verdicts(requests, secret):
    directory = source_directory() / "tests" / "verifiers"
    if shutil.which("node") is None or not (directory / "node_modules").is_dir():
        raise Skip("the verifiers are not installed: ./dev install-packages, or npm ci in tests/verifiers")
    lines = "".join(json.dumps({"headers": dict(request.headers), "body": base64.b64encode(request.body).decode(), "secret": secret}) + "\n"
                    for request in requests)
    done = subprocess.run(["node", directory / "verify.js"], input=lines, stdout=subprocess.PIPE, text=True, timeout=60)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    expect_equal(len(answers), len(requests), "verdicts")
    return answers


def story(t):
    structured, binary_mode, own = (WebhookReceiver(t, accept, name=name) for name in ("structured", "binary", "own"))
    template = t.directory / "own.mustache"
    template.write_text('{"text":"{{summary}}","where":"{{data.place.peer}}","kind":"{{kind}}","fixes":[{{#data.fixes}}"{{title}}",{{/data.fixes}}null]}\n')
    token = t.directory / "token"
    token.write_text("Bearer very-secret\n")
    log = t.directory / "error.log"
    file = LogFile(log)
    daemon = Daemon(t, [log], [
        structured.settings(), binary_mode.settings(format="cloudevents-binary"),
        own.settings(format="template", template_file=template, content_type="application/json; charset=utf-8", authorization_file=token)]).start()
    hostile = 'ümläut "quoted" \\ <b>\t\u202e%41'
    file.write(verify_error_line("10.4.4.4:8443", server=hostile))

    for receiver in (structured, binary_mode):
        (request,) = receiver.wait_for_requests(1)
        secret = "whsec_" + base64.b64encode(receiver.key).decode()
        (verdict,) = verdicts([request], secret)
        expect(verdict["ok"], "%s: %s" % (receiver.name, verdict.get("why")))
        expect_equal(verdict["id"], request.id, "id")
        expect_equal(verdict["data"]["place"]["peer"], "10.4.4.4:8443", "peer at " + receiver.name)
        (forged,) = verdicts([request], "whsec_" + base64.b64encode(b"another key of enough size").decode())
        expect(not forged["ok"], "the verifier accepts any signature")
        t.step("%s: %s" % (receiver.name, verdict["type"]))
    expect_equal(dict(binary_mode.requests()[0].headers)["content-type"], "application/json", "content-type in binary mode")
    structured.expect_all_valid()

    (request,) = own.wait_for_requests(1)
    body = json.loads(request.body)
    expect_equal((body["where"], body["kind"]), ("10.4.4.4:8443", "opened"), "what the template says")
    expect_equal(request.header("authorization"), "Bearer very-secret", "authorization")
    expect(request.signature_is_valid(own.key), "the template's body is not signed")
    daemon.stop()
    expect("very-secret" not in daemon.log_text(), "a secret in the log")

    t.step("a template with a misspelt name")
    template.write_text('{"text":"{{sumary}}"}')
    checked = Process(t, "check", [binary(), "check", "-c", daemon.configuration]).start()
    expect_equal(checked.wait(20), 78, "exit status of check")
    expect("sumary" in checked.output_text() and ".toml:" in checked.output_text(), checked.output_text())
    expect("sumary" in daemon.expect_refusal(), "the daemon does not say why")


run(story)
