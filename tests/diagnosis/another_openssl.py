"""nginx runs with another series of OpenSSL than ours: what only our library has tried is untested, and what nginx itself has shaken hands about is
proved. An nginx without a stream module cannot be asked."""
import os
import pathlib

from support.authority import Authority
from support.diagnosis_bench import DiagnosisBench, Situation
from support.scenario import expect, require_program, run
from support.upstreams import TlsUpstream

# The program of this host, but for what it says of itself.
PROGRAM = """#!/bin/sh
if [ "$1" = -V ]; then
  %(nginx)s -V 2>&1 | sed -e 's/OpenSSL [0-9.]*[0-9]/OpenSSL 3.9.1/g' %(more)s >&2
else
  exec %(nginx)s "$@"
fi
"""


def story(t):
    require_program("nginx")
    nginx = next(str(path) for path in map(lambda one: pathlib.Path(one) / "nginx", os.environ["PATH"].split(":") + ["/usr/sbin"])
                 if path.is_file())
    authority = Authority(t)
    root = authority.root()
    leaf = authority.issue("leaf", "api.corp.test", root, ["DNS:api.corp.test"])
    bench = DiagnosisBench(t, cas=[root])
    peer = TlsUpstream(t, authority, "peer", leaf)
    bench.add(Situation("trust", """proxy_pass https://%s;
proxy_ssl_verify on;
proxy_ssl_name api.corp.test;
proxy_ssl_trusted_certificate %s;""" % (peer.address, bench.trust("other.pem", authority.root("other", "Other Root"))), peer.address,
                        "upstream_ca_not_trusted", True))
    bench.judge()  # it ends with nginx stopped: the program is looked for then, and not the running one
    directory = t.directory / "sbin"
    directory.mkdir(mode=0o755)

    def first_fix(more):
        (directory / "nginx").write_text(PROGRAM % {"nginx": nginx, "more": more})
        (directory / "nginx").chmod(0o755)
        path = os.environ["PATH"]
        os.environ["PATH"] = "%s:%s" % (directory, path)
        try:
            incident, = bench.diagnose()
        finally:
            os.environ["PATH"] = path
        return incident["diagnosis"], incident["fixes"][0], incident["dead_ends"]

    t.step("nginx itself proves it")
    has_stream = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so").exists()
    sure, fix, dead_ends = first_fix("")
    if has_stream:
        expect((fix["proof"]["status"], fix["proof"].get("method")) == ("proved", "nginx"), fix["proof"])
    withdrawn = [one for one in dead_ends if "OpenSSL 3.9.1" in one["proof"].get("detail", "")]
    expect(withdrawn and all(one["proof"]["status"] == "untested" for one in withdrawn), dead_ends)

    t.step("nobody could ask it")
    doubted, fix, _ = first_fix("-e s/--with-stream_ssl_module//")
    expect(fix["proof"]["status"] == "untested" and "OpenSSL 3.9.1" in fix["proof"]["detail"], fix["proof"])
    expect(doubted["cause"] == sure["cause"] and (doubted["confidence"] < sure["confidence"] or not has_stream), (sure, doubted))


run(story)
