"""The recipes of the guide, from the pages that ship. What they have for us is accepted by `check`, each block by itself; what they have for nginx and
syslog-ng (and rsyslog, where it is installed) is run by these programs with nothing but names of files, hosts and ports changed, and its lines are counted."""
import re
import shutil
import subprocess

from support.accounting import Ledger, ordinary_line
from support.authority import Authority
from support.daemon import Daemon, binary, rules_directory, source_directory
from support.nginx import Nginx
from support.ports import free_port
from support.process import Process
from support.scenario import expect, expect_equal, run, wait_for
from support.upstreams import TlsUpstream

LINES = 200
BLOCK = re.compile(r"^```(\w[\w-]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Recipes:
    """Every block of every page, by language; names that stand for the reader's own replaced."""

    def __init__(self, t):
        directory = source_directory() / "systemd/guide/recipes"
        self.pages = {path.stem: BLOCK.findall(path.read_text("utf-8")) for path in sorted(directory.glob("*.md"))}
        authority = Authority(t)
        root = authority.root()
        server = authority.issue("server", "localhost", root, ["DNS:localhost", "IP:127.0.0.1"])
        edge = authority.issue("edge", "edge-1", root, ["DNS:edge-1"], purpose="clientAuth")
        tokens = t.directory / "tokens"
        tokens.write_text("THE-TOKEN\n")
        self.authority, self.root = authority, root
        self.names = {
            "/etc/handshaked/tls/log.pem": server.file, "/etc/handshaked/tls/log.key": server.key, "/etc/handshaked/tls/shippers-ca.pem": root.file,
            "/etc/handshaked/shippers.tokens": tokens, "/etc/handshaked/forward.key": tokens, "/etc/ssl/shipper/ca.pem": root.file,
            "/etc/ssl/shipper/edge.pem": edge.file, "/etc/ssl/shipper/edge.key": edge.key, "logs.example.com": "localhost", "0.0.0.0": "127.0.0.1"}

    def block(self, page, language, number=0, **more):
        text = [text for kind, text in self.pages[page] if kind == language][number]
        for name, value in {**self.names, **more}.items():
            text = text.replace(name, str(value))
        return text


def check_ours(t, recipes):
    count = 0
    for page, blocks in recipes.pages.items():
        for number in range(sum(kind == "toml" for kind, _ in blocks)):
            file = t.directory / ("%s-%d.toml" % (page, number))
            file.write_text(recipes.block(page, "toml", number) + '[rules]\ndirectory = "%s"\n' % rules_directory())
            said = subprocess.run([binary(), "check", "-c", str(file)], capture_output=True, text=True, timeout=60)
            expect_equal(said.returncode, 0, "what check says of %s, block %d: %s" % (page, number, said.stdout + said.stderr))
            count += 1
    expect(count >= 15, "only %d blocks for us" % count)
    t.step("%d blocks for us are good" % count)


def daemon_of(t, recipes, name, text):
    """With what the recipe says, and nothing else that it follows."""
    daemon = Daemon(t, name=name)
    daemon.configuration.write_text(daemon.configuration.read_text() + text)
    return daemon.start()


def lines(ledger):
    return [ordinary_line(n) if n % 10 else ledger.line_of_new_peer() for n in range(LINES)]


def of_syslog_ng(t, recipes, number, port):
    """Its first block has the source, which the second's uses too."""
    if shutil.which("syslog-ng") is None:
        return t.step("syslog-ng not tried: it is not installed")
    what = ("tls", "http")[number]
    directory = t.directory / ("syslog-ng-" + what)
    directory.mkdir()
    log = directory / "error.log"
    mine = free_port()
    daemon = daemon_of(t, recipes, "for-syslog-ng-" + what, recipes.block("syslog-ng", "toml", number, **{str(port): mine}))
    text = recipes.block("syslog-ng", "syslog-ng", 0, **{"6514": mine, "/var/log/nginx/error.log": log})
    if number == 1:
        text = text[:text.index("destination")] + recipes.block("syslog-ng", "syslog-ng", 1, **{"8514": mine})
    (directory / "syslog-ng.conf").write_text("@version: 3.38\n" + text.replace("disk-buffer(", 'disk-buffer(dir("%s") ' % directory))
    ledger = Ledger()
    log.write_bytes(b"".join(lines(ledger)))
    program = Process(t, "syslog-ng-" + what, ["syslog-ng", "--foreground", "--no-caps", "--cfgfile", directory / "syslog-ng.conf", "--persist-file", directory / "persist",
                                               "--pidfile", directory / "pid", "--control", directory / "control"])
    program.start()
    ledger.expect_all_counted(daemon, 60)
    program.stop()
    daemon.stop()
    t.step("syslog-ng over " + what)


def of_rsyslog(t, recipes):
    if shutil.which("rsyslogd") is None:
        return t.step("rsyslog not tried: it is not installed")
    directory = t.directory / "rsyslog"
    directory.mkdir()
    log, mine = directory / "error.log", free_port()
    daemon = daemon_of(t, recipes, "for-rsyslog", recipes.block("rsyslog", "toml", **{"6514": mine}))
    (directory / "rsyslog.conf").write_text(recipes.block("rsyslog", "rsyslog", **{"6514": mine, "/var/log/nginx/error.log": log, "/var/spool/rsyslog": directory}))
    ledger = Ledger()
    log.write_bytes(b"".join(lines(ledger)))
    program = Process(t, "rsyslog", ["rsyslogd", "-n", "-f", directory / "rsyslog.conf", "-i", directory / "pid"])
    program.start()
    ledger.expect_all_counted(daemon, 60)
    program.stop()
    daemon.stop()
    t.step("rsyslog over TLS")


def of_nginx(t, recipes):
    mine = free_port()
    daemon = daemon_of(t, recipes, "for-nginx", recipes.block("nginx", "toml", **{"5514": mine}))
    leaf = recipes.authority.issue("expired", "api.corp.test", recipes.root, ["DNS:api.corp.test"], from_days=-400, to_days=-3)
    upstream = TlsUpstream(t, recipes.authority, "expired", leaf)
    nginx = Nginx(t)
    error_logs = [line for line in recipes.block("nginx", "nginx", **{"5514": mine}).splitlines() if "syslog:" in line]
    expect_equal(len(error_logs), 1, "lines of the recipe for syslog")
    nginx.configure("""
    proxy_ssl_verify on; proxy_ssl_name api.corp.test; proxy_ssl_trusted_certificate %s;
    server { listen 127.0.0.1:%d; server_name gw.corp.test; %s
      location / { proxy_pass https://%s; } }""" % (recipes.root.file, nginx.port, error_logs[0], upstream.address))
    nginx.start()
    expect_equal(nginx.get("/", 20), [502] * 20, "statuses")
    wait_for(lambda: daemon.counts_by_peer() == {upstream.address: 20}, 30, lambda: "20 lines of nginx: %r" % daemon.counts_by_peer())
    nginx.stop()
    daemon.stop()
    t.step("nginx itself")


def story(t):
    recipes = Recipes(t)
    index = (source_directory() / "systemd/guide/recipes/README.md").read_text("utf-8")
    expect_equal([page for page in recipes.pages if page != "README" and "(%s.md)" % page not in index], [], "pages that the index does not name")
    for page, path in ((page, source_directory() / "systemd/guide/recipes" / (page + ".md")) for page in recipes.pages if page != "README"):
        expect("**What is lost.**" in path.read_text("utf-8"), "%s does not say what is lost" % page)
    check_ours(t, recipes)
    of_nginx(t, recipes)
    of_syslog_ng(t, recipes, 0, 6514)
    of_syslog_ng(t, recipes, 1, 8514)
    of_rsyslog(t, recipes)


run(story)
