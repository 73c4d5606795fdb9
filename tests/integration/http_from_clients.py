"""Lines over HTTP from what sends them: curl in every form and compression, syslog-ng, rsyslog (omelasticsearch), the exporters of OpenTelemetry, winston-loki,
the client of Elasticsearch. 10,000 lines from each; every TLS line is counted once, by the host that the record names."""
import gzip
import json
import subprocess
import zlib

from support.accounting import Ledger, ordinary_line
from support.authority import Authority
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import Skip, expect, expect_equal, require_program, run
from support.shippers import node_shipper
from support.syslog_senders import rsyslog_http, syslog_ng_http

LINES = 10_000
TLS_EVERY = 100


def story(t):
    require_program("curl")
    authority = Authority(t)
    root = authority.root()
    server = authority.issue("server", "localhost", root, ["DNS:localhost", "IP:127.0.0.1"])
    tokens = t.directory / "tokens"
    tokens.write_text("# who may send\ns3cret\n")
    port, guarded = free_port(), free_port()
    daemon = Daemon(t, tables=[
        ("[[http]]", {"listen": ["http://127.0.0.1:%d" % port]}),
        ("[[http]]", {"name": "guarded", "listen": ["https://127.0.0.1:%d" % guarded], "certificate": server.file, "key": server.key,
                      "token_files": [tokens]}),
    ]).start()
    ledger = Ledger()

    def lines(count=LINES):
        return [ordinary_line(n) if n % TLS_EVERY else ledger.line_of_new_peer() for n in range(count)]

    def objects():
        return [json.dumps({"message": line.decode().rstrip("\n"), "host": "edge-1"}) for line in lines()]

    def curl(body, *arguments, to="http://127.0.0.1:%d/" % port):
        done = subprocess.run(["curl", "-sS", "-w", "%{http_code}", "--data-binary", "@-", *arguments, to], input=body, capture_output=True, timeout=60)
        return int(done.stdout[-3:] or 0), done.stdout[:-3]

    forms = {
        "NDJSON": (lambda: "\n".join(objects()).encode(), []),
        "NDJSON, gzip, chunked": (lambda: gzip.compress(("\n".join(objects()) + "\n").encode()),
                                  ["-H", "Content-Encoding: gzip", "-H", "Transfer-Encoding: chunked"]),
        "an array, deflate": (lambda: zlib.compress(("[" + ",\n".join(objects()) + "]").encode()),
                              ["-H", "Content-Encoding: deflate", "-H", "Content-Type: application/json"]),
        "objects over several lines": (lambda: "\n".join(json.dumps(json.loads(o), indent=2) for o in objects()).encode(), []),
        "objects one behind another": (lambda: "".join(objects()).encode(), []),
        "plain text, Expect": (lambda: b"".join(lines()), ["-H", "Content-Type: text/plain", "-H", "Expect: 100-continue"]),
    }
    for name, (body, arguments) in forms.items():
        status, answer = curl(body(), *arguments)
        expect_equal(status, 200, "status for %s: %s" % (name, answer))
        # 200 says that it is durable: it has to be there now.
        wrong = ledger.difference(daemon.counts_by_peer())
        expect(not wrong, "%s: %d peers are wrong although 200 came: %s" % (name, len(wrong), wrong[:3]))
    t.step(", ".join(forms))

    keyed = "\n".join(objects()).encode()
    for _ in range(2):
        status, answer = curl(keyed, "-H", "Idempotency-Key: one")
        expect_equal(status, 200, "status with an Idempotency-Key: %s" % answer)
    ledger.expect_all_counted(daemon, 5)
    t.step("a repeated request counts once")

    secure = "https://127.0.0.1:%d/" % guarded
    body = "\n".join(objects()).encode()
    expect_equal(curl(body, "--cacert", str(root.file), to=secure)[0], 401, "status without a token")
    expect_equal(curl(body, "--cacert", str(root.file), "-H", "Authorization: Bearer wrong", to=secure)[0], 401, "status with a wrong token")
    expect_equal(curl(body, "--cacert", str(root.file), "-u", "edge:s3cret", to=secure)[0], 200, "status with the token")
    ledger.expect_all_counted(daemon, 5)
    expect_equal(curl(body, "-H", "Origin: http://evil.test")[0], 403, "status of a web page's request")
    t.step("TLS and a token")

    for client in ("otlp-json", "otlp-proto", "loki-json", "loki-proto", "elasticsearch"):
        try:
            shipper = node_shipper(t, client, "http.js", client=client, url="http://127.0.0.1:%d" % port)
        except Skip as skip:
            t.step("without %s: %s" % (client, skip))
            continue
        shipper.start()
        shipper.send(lines())
        shipper.finish(60)
        ledger.expect_all_counted(daemon, 10)
        t.step(client)

    for sender in (syslog_ng_http, rsyslog_http):
        try:
            program = sender(t, t.directory / (sender.__name__ + ".log"), port)
        except Skip as skip:
            t.step("without %s: %s" % (sender.__name__, skip))
            continue
        program.file.write(b"".join(lines()))
        program.file.flush()
        program.start()
        ledger.expect_all_counted(daemon, 60)
        program.stop()
        t.step(program.name)

    hosts = {host for incident in daemon.incidents() for host in incident["hosts"]}
    expect("edge-1" in hosts and len(hosts) == 2, "hosts (the sender's, and this one's for plain text): %r" % hosts)
    daemon.stop()


run(story)
