#!/usr/bin/env python3
"""The main job, for a newcomer to watch: a real log is played as if live, the daemon follows it, and a receiver on loopback
prints every webhook that is delivered."""
import argparse
import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
LOG = os.path.join(HERE, "..", "golden", "samples", "_mixed.log")
INTERESTING = re.compile(rb"SSL|PROXY|\bTLS\b")
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ
PRINTING = threading.Lock()


def paint(code, text):
    return "\033[%sm%s\033[0m" % (code, text) if COLOUR else text


def say(text=""):
    with PRINTING:
        print(text, flush=True)


class Receiver(http.server.ThreadingHTTPServer):
    """Takes webhooks, checks their signature as Standard Webhooks says, and prints them."""

    daemon_threads = True

    def __init__(self, secret):
        super().__init__(("127.0.0.1", 0), Handler)
        self.secret = base64.b64decode(secret.removeprefix("whsec_"))
        self.events = []
        self.refused = 0

    def is_genuine(self, headers, body):
        signed = b"%s.%s.%s" % (headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body)
        wanted = base64.b64encode(hmac.new(self.secret, signed, hashlib.sha256).digest()).decode()
        return any(hmac.compare_digest("v1," + wanted, given) for given in headers["webhook-signature"].split())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        genuine = self.server.is_genuine(self.headers, body)
        if genuine:
            event = json.loads(body)
            self.server.events.append(event)
            show(event)
        else:
            self.server.refused += 1
        self.send_response(204 if genuine else 401)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def show(event):
    data = event["data"]
    place = data["place"]
    fix = data["fixes"][0] if data["fixes"] else None
    trap = data["dead_ends"][0] if data["dead_ends"] else None
    lines = [
        "",
        paint("1;33", "  EVENT  %s  %s  [%s]" % (event["type"], data["incident"]["id"], data["incident"]["severity"])),
        "    what     " + data["rule"]["title"],
        "    where    " + ", ".join("%s %s" % (k, place[k]) for k in ("side", "peer", "name", "server", "file") if k in place),
        "    likely   %s (%.0f %%): %s" % (data["diagnosis"]["cause"], 100 * data["diagnosis"]["confidence"], data["diagnosis"]["summary"]),
    ]
    if fix:
        lines.append(paint("32", "    fix      %s  (%s)" % (fix["title"], fix["proof"]["status"])))
    if trap:
        lines.append(paint("31", "    not      %s: %s" % (trap["action"], trap["why_fails"])))
    say("\n".join(lines) + "\n")


def shown_line(line):
    text = "".join(c if c.isprintable() else "?" for c in line.decode("utf-8", "replace"))
    return text if len(text) < 150 else text[:147] + "..."


def play(log, seconds):
    """Appends the sample log to `log` in a few seconds, some lines at a time, showing the interesting ones."""
    with open(LOG, "rb") as sample:
        lines = sample.readlines()
    shown = set()
    step = max(1, len(lines) // (seconds * 20))
    with open(log, "ab", buffering=0) as out:
        for begin in range(0, len(lines), step):
            part = lines[begin : begin + step]
            for line in part:
                kind = re.sub(rb"\d+|\"[^\"]*\"", b"", line[28:110])
                if INTERESTING.search(line[28:110]) and kind not in shown:
                    shown.add(kind)
                    say(paint("2", "  log  ") + shown_line(line.rstrip(b"\n")))
            out.write(b"".join(part))
            time.sleep(0.05)
    return len(lines)


def configuration(folder, port):
    return """# written by ./dev run
[state]
database = "%(folder)s/handshaked.db"
[incidents]
group_wait = "1s"
[[files]]
paths = ["%(folder)s/error.log"]
[[receiver]]
type = "webhook"
name = "terminal"
url = "http://127.0.0.1:%(port)d/hook"
secret_files = ["%(folder)s/secret"]
""" % {"folder": folder, "port": port}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", required=True)
    parser.add_argument("--rules", required=True)
    parser.add_argument("--follow", action="store_true", help="keep running; append lines to the log yourself")
    parser.add_argument("--seconds", type=int, default=12)
    arguments = parser.parse_args()

    folder = tempfile.mkdtemp(prefix="handshaked-demo-")
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    receiver = Receiver(secret)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    log = os.path.join(folder, "error.log")
    open(log, "wb").close()
    with open(os.path.join(folder, "secret"), "w") as out:
        out.write(secret + "\n")
    config = os.path.join(folder, "handshaked.toml")
    with open(config, "w") as out:
        out.write(configuration(folder, receiver.server_address[1]))

    say(paint("1", "handshaked follows %s; a receiver listens on 127.0.0.1:%d" % (log, receiver.server_address[1])))
    daemon = subprocess.Popen([arguments.program, "run", "--config", config, "--rules", arguments.rules], stderr=subprocess.PIPE, text=True)
    ready = threading.Event()

    def read_daemon_log():
        for line in daemon.stderr:
            if "following" in line:
                ready.set()
            if ": info:" not in line:
                say(paint("2", "  daemon  " + line.rstrip()))

    threading.Thread(target=read_daemon_log, daemon=True).start()
    if not ready.wait(20):
        sys.exit("the daemon did not start")
    count = play(log, arguments.seconds)
    deadline = time.time() + 5
    while time.time() < deadline and len(receiver.events) < 5:
        time.sleep(0.1)
    try:
        if arguments.follow:
            say(paint("1", "\nStill following. Append lines to %s; Ctrl-C ends.\n" % log))
            daemon.wait()
    except KeyboardInterrupt:
        pass
    daemon.send_signal(signal.SIGTERM)
    code = daemon.wait(20)
    say(paint("1", "%d log lines in, %d signed events out (%d refused). The daemon ended with status %d." % (count, len(receiver.events), receiver.refused, code)))
    say("Everything else in that log was ordinary noise, client-side faults that never page anybody, or text that strangers forged.\n")
    say("Next: the same log as a report for a ticket:")
    say("  %s scan --rules %s %s" % (arguments.program, arguments.rules, os.path.relpath(LOG)))
    say("and your own:  %s scan --rules %s /var/log/nginx/error.log" % (arguments.program, arguments.rules))
    shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if receiver.events and code == 0 else 1)


main()
