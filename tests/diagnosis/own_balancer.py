"""An nginx that is its own balancer: stream servers of it pass to a listener of it, and the two ends do not agree on the PROXY header. The fix
is at every stream server that is wrong, and at no other."""
import json
import os
import pathlib
import ssl
import subprocess
import urllib.request

from support.authority import Authority
from support.nginx import Nginx
from support.ports import LOOPBACK, free_port
from support.scenario import Skip, expect, expect_equal, run, wait_for

STREAM = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")
# name: "proxy_protocol" of each stream server, what the listener says, the cause
SITUATIONS = {
    "header-for-nobody": (["on", "on", "off"], "", "proxy_protocol_unexpected"),
    "no-header-where-one-is-demanded": (["off", "on", "off"], " proxy_protocol", "proxy_protocol_header_missing"),
}


def answers(port):
    context = ssl._create_unverified_context()
    try:
        with urllib.request.urlopen("https://%s:%d/" % (LOOPBACK, port), context=context, timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def diagnose(nginx):
    done = subprocess.run([os.environ["HANDSHAKED"], "diagnose", "--rules", os.environ["HANDSHAKED_RULES"], "--log", nginx.error_log, "--nginx-conf",
                           nginx.prefix / "conf/nginx.conf", "--nginx-prefix", nginx.prefix, "--format", "json", "--lang", "en"],
                          capture_output=True, check=True, timeout=60)
    return json.loads(done.stdout)["incidents"]


def story(t):
    if not STREAM.exists():
        raise Skip("nginx has no stream module")
    authority = Authority(t)
    certificate = authority.issue("site", "www.corp.test", authority.root(), ["DNS:www.corp.test"])
    for name, (headers, listener, cause) in SITUATIONS.items():
        nginx = Nginx(t, name)
        inner, ports = free_port(), [free_port() for _ in headers]
        nginx.configure("    server {\n        listen %s:%d ssl%s;\n        server_name www.corp.test;\n        ssl_certificate %s;\n        ssl_certificate_key %s;\n"
                        "        location / { return 200 ok; }\n    }\n    server { listen %s:%d; }"
                        % (LOOPBACK, inner, listener, certificate.file, certificate.key, LOOPBACK, nginx.port))
        conf = nginx.prefix / "conf" / "nginx.conf"
        fronts = "".join("    server {\n        listen %s:%d;\n        proxy_pass %s:%d;\n        proxy_protocol %s;\n    }\n"
                         % (LOOPBACK, port, LOOPBACK, inner, header) for port, header in zip(ports, headers))
        conf.write_text("load_module %s;\n%sstream {\n%s}\n" % (STREAM, conf.read_text(), fronts))
        nginx.start()
        wrong = "on" if not listener else "off"
        expect_equal([answers(port) for port in ports], [header != wrong for header in headers], name + ": who is answered before")
        incidents = wait_for(lambda: diagnose(nginx), 20, "the line to be logged")
        expect_equal(incidents[0]["diagnosis"]["cause"], cause, name)
        fix = incidents[0]["fixes"][0]
        expect(fix["proof"]["status"] == "proved" and fix.get("patch"),
               "%s: nothing is proved: %s" % (name, json.dumps(incidents[0]["fixes"])[:1000]))
        nginx.stop()
        subprocess.run(["patch", "-p1", "-d", "/", "--no-backup-if-mismatch"], input=fix["patch"].encode(), capture_output=True, check=True)
        nginx.start()
        expect(all(answers(port) for port in ports), name + ": the patch does not cure all:\n" + fix["patch"])
        nginx.stop()
        t.step(name)


run(story)
