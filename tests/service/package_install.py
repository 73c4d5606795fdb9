"""The package in a Debian of its own: booted by systemd-nspawn, beside a real nginx with a broken upstream and real receivers. From the
installation of the previous version over everything that happens to a service (reload, kill, hang, stop in a storm, rotation by logrotate,
upgrade) until purge; no line is lost or counted twice. package_story.sh is what happens inside.

Needs root, debootstrap, systemd-nspawn and Debian's mirror. The container shares the host's network. HANDSHAKED_DEBIAN=DIR names a root that
debootstrap made before (with PACKAGES), of which a copy is used: for trying things."""
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from support import database_view
from support.daemon import binary, source_directory
from support.ports import free_port
from support.scenario import Failed, Skip, expect, expect_equal, require_program, run
from support.webhook_receiver import WebhookReceiver

PACKAGES = "systemd,systemd-sysv,dbus,rsyslog,nginx-core,ca-certificates,tzdata,logrotate"
NGINX = """user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events {}
http {
  access_log off;
  server { listen 127.0.0.1:%(front)d; location / { proxy_pass https://127.0.0.1:%(back)d; proxy_ssl_verify on; proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt; }
    location /named { proxy_pass https://127.0.0.1:%(named)d; proxy_ssl_verify on; proxy_ssl_name back; proxy_ssl_trusted_certificate /etc/nginx/back.crt; } }
  server { listen 127.0.0.1:%(back)d ssl; listen 127.0.0.1:%(named)d ssl; ssl_certificate /etc/nginx/back.crt; ssl_certificate_key /etc/nginx/back.key; return 200 ok; }
}
"""
UNIT = """[Unit]
After=nginx.service rsyslog.service
[Service]
Type=oneshot
ExecStart=/story.sh %(front)d %(back)d %(hook)d %(named)d
TimeoutStartSec=420
[Install]
WantedBy=default.target
"""
PREVIOUS = "0.0.9"


def call(*arguments, within=300):
    ended = subprocess.run([str(argument) for argument in arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within)
    expect_equal(ended.returncode, 0, "exit status of %s: %s" % (arguments[0], (ended.stdout + ended.stderr)[-2000:]))
    return ended.stdout


def begin_root(root):
    """debootstrap at its work, which is mostly waiting: the packages are made meanwhile."""
    if os.geteuid() != 0:
        raise Skip("only root can boot a Debian of its own")
    require_program("debootstrap", "systemd-nspawn", "openssl", "cpack", "dpkg-deb", "dpkg-shlibdeps")
    if made := os.environ.get("HANDSHAKED_DEBIAN"):
        command = ["cp", "-a", made, root]
    else:
        command = ["debootstrap", "--variant=minbase", "--include=" + PACKAGES, "bookworm", root]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish_root(t, root, making):
    said, _ = making.communicate(timeout=600)
    if making.returncode != 0:
        raise Skip("debootstrap cannot make a Debian here: " + " ".join(said.split("\n")[-3:]))
    t.step("a Debian of its own")
    for name in ("handshaked.deb", "previous.deb", "handshaked.tar.gz"):
        shutil.move(t.directory / name, root / name)


def make_packages(t):
    """The one of this build, and one that came before it: with an older number and another configuration file."""
    call("cpack", "--config", Path(os.environ["HANDSHAKED_BUILD"]) / "CPackConfig.cmake", "-G", "DEB", "-B", t.directory, within=400)
    package = t.directory / "handshaked.deb"
    next(t.directory.glob("handshaked_*.deb")).rename(package)
    call("cpack", "--config", Path(os.environ["HANDSHAKED_BUILD"]) / "CPackConfig.cmake", "-G", "TGZ", "-B", t.directory, within=400)
    next(t.directory.glob("*.tar.gz")).rename(t.directory / "handshaked.tar.gz")
    before = t.directory / "previous"
    call("dpkg-deb", "-R", package, before)
    control = before / "DEBIAN" / "control"
    version = re.search(r"^Version: (.*)$", control.read_text(), re.MULTILINE).group(1)
    control.write_text(control.read_text().replace("Version: " + version, "Version: " + PREVIOUS))
    # It had its configuration as a conffile.
    example = (before / "usr/share/handshaked/handshaked.toml").read_text("utf-8")
    (before / "etc/handshaked/handshaked.toml").write_text(example + "# of the version before\n", "utf-8")
    (before / "DEBIAN/conffiles").write_text("/etc/handshaked/handshaked.toml\n")
    # The sums of files, the changed one's among them, are only looked at by debsums.
    call("dpkg-deb", "-Zgzip", "-z1", "-b", before, t.directory / "previous.deb")
    t.step("packages %s and %s" % (PREVIOUS, version))
    return version


def furnish(root, ports):
    (root / "etc/nginx/nginx.conf").write_text(NGINX % ports)
    call("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=back", "-days", "9", "-keyout", root / "etc/nginx/back.key", "-out",
         root / "etc/nginx/back.crt")
    shutil.copy(source_directory() / "tests/service/package_story.sh", root / "story.sh")
    (root / "story.sh").chmod(0o755)
    (root / "etc/systemd/system/story.service").write_text(UNIT % ports)
    wants = root / "etc/systemd/system/default.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "story.service").symlink_to("../story.service")
    for settings in Path("/etc/apt/apt.conf.d").glob("*proxy*"):
        shutil.copy(settings, root / "etc/apt/apt.conf.d")


def boot(t, root):
    """Everything that was said inside."""
    began = time.monotonic()
    try:
        # In a name space of processes that ends with us: a container that is not done in time leaves nobody behind.
        subprocess.run(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "systemd-nspawn", "-D", root, "--register=no", "--keep-unit", "--boot", "-q", "--console=pipe",
                        "--resolv-conf=copy-host"],
                       stdin=subprocess.DEVNULL, stdout=(t.directory / "boot.log").open("w"), stderr=subprocess.STDOUT, timeout=480)
    except subprocess.TimeoutExpired:
        if (root / "said.txt").exists():
            raise Failed("it did not come to its end: " + (root / "said.txt").read_text("utf-8", "replace")[-3000:]) from None
    if not (root / "said.txt").exists():
        raise Skip("systemd does not boot here: " + (t.directory / "boot.log").read_text()[-300:])
    t.step("booted, and off again after %.0f s" % (time.monotonic() - began))
    text = (root / "said.txt").read_text("utf-8", "replace")
    t.show_if_failed("what was said inside", lambda: text)
    return dict(re.findall(r"^== (.+?)\n(.*?)(?=^== |\Z)", text, re.MULTILINE | re.DOTALL))


class Said:
    def __init__(self, steps):
        self.steps = steps

    def holds(self, step, *wanted):
        for one in wanted:
            expect(re.search(one, self.steps.get(step, ""), re.MULTILINE), "%s: nothing like %r in: %s" % (step, one, self.steps.get(step)))

    def is_empty(self, step, what):
        expect_equal(self.steps[step].strip(), "", what)

    def entry(self, step):
        """The journal's entry that a step has shown in JSON."""
        line = next((line for line in self.steps[step].splitlines() if line.startswith("{")), None)
        expect(line, "%s: no entry in: %s" % (step, self.steps[step]))
        return json.loads(line)


def judge_installation(said, ports):
    said.holds("tarball", "^lint 0$", "^check 0$", "^40$")
    said.holds("install", "^status 0$")
    said.holds("active", "^active$", "^enabled$")
    said.holds("modes", "^handshaked:handshaked 700 /var/lib/handshaked$", "^root:root 700 /etc/handshaked/credentials$",
               "^root:root 644 /etc/handshaked/handshaked.toml$", "^handshaked:handshaked .* /run/handshaked/control.sock$",
               r"\badm\b.*\bsystemd-journal\b|\bsystemd-journal\b.*\badm\b")
    said.holds("journal", "following 1 log with", "nginx/upstream-verify-18-self-signed-leaf", "HANDSHAKED_INCIDENT\"?:\"?inc-", "Subject: nginx has a TLS fault", r"probe 127\.0\.0\.1:%d" % ports["back"])
    said.holds("syslog", "^[1-9]")
    said.holds("incidents", "^inc-[0-9a-f]+ .*upstream_self_signed")


def judge_journal(said):
    down = said.entry("fields")
    wanted = {"PRIORITY": "4", "SYSLOG_IDENTIFIER": "handshaked", "_TRANSPORT": "journal", "_SYSTEMD_UNIT": "handshaked.service",
              "HANDSHAKED_RECEIVER": "down", "MESSAGE_ID": "a60fbb809ed7463eafd404586917f309"}
    expect_equal({name: down.get(name) for name in wanted}, wanted, "fields of %s" % down)
    expect('receiver "down" is down' in down["MESSAGE"], "message of %s" % down)
    said.holds("explained", "Subject: A receiver is down$", "The receiver down keeps failing")
    probe = said.entry("record")
    expect(probe.get("HANDSHAKED_INCIDENT", "").startswith("inc-"), "a probe without its incident: %s" % probe)
    expect_equal(probe.get("HANDSHAKED_RULE"), "nginx/upstream-verify-18-self-signed-leaf", "rule of a probe")
    odd = said.entry("forgery")
    expect("error\\n<3>forged by a name \\x1b[31m.log" in odd["MESSAGE"], "what a name can do to a message: %r" % odd["MESSAGE"])
    expect_equal(odd["PRIORITY"], "6", "priority of a message with <3> in it")
    said.holds("forgery", "^0$")


def judge_service(said):
    said.holds("configure", "^status 0$", "^silence 0$")
    said.holds("reload", "^status 0$", "^active$", "^same process$")
    said.holds("bad-reload", "^status 1$", "^active$", "^same process$")
    said.holds("restart", "^status 0$", "^inc-[0-9a-f]+ .*upstream_self_signed")
    said.holds("nginx-reload", "^invisible$", "nginx has reloaded its configuration", "opened: /var/log/nginx/site/fault.txt")
    judge_deploys(said)
    said.holds("rotation", "^status 0$", r"\berror\.log\.1\b", r"\berror\.log\.2\.gz\b")
    said.holds("watchdog", "^active$", "[Ww]atchdog timeout")
    said.holds("kill", "^active$")
    waits = [int(wait) for wait in re.findall(r"^again after (\d+) ms", said.steps["kill"], re.MULTILINE)]
    expect(len(waits) == 3 and min(waits) >= 1000, "started again without the pause of RestartSec=: %s" % waits)
    said.holds("stop", "^still storming$", "^success$", "^status 0$")
    within = int(re.search(r"^within (\d+) s$", said.steps["stop"], re.MULTILINE).group(1))
    expect(within <= 15, "a stop took %d s" % within)
    # 78: systemd does not try again, and the reason is in the journal although the process was gone at once.
    expect_equal(said.steps["refused"].count("\n78\n"), 3, "exit status with a bad configuration: " + said.steps["refused"])
    expect(len(re.findall(r"x\.toml.*bad", said.steps["refused"])) >= 3, "the journal does not say why: " + said.steps["refused"])
    for step in ("storm", "forgery", "rotation", "watchdog", "kill", "stop", "upgrade"):
        for counted, written in re.findall(r"^(?:storm|nginx) (\d+) of (\d+)$", said.steps[step], re.MULTILINE) or [(None, "some")]:
            expect_equal(counted, written, "lines counted at " + step)
        expect("in vain" not in said.steps[step], "%s: %s" % (step, said.steps[step]))


def judge_deploys(said):
    """By systemd, in the sandbox: each diagnosis is about the configuration that nginx works with, at once and three seconds later."""
    for way in ("reload-0", "reload-3", "restart-1", "upgrade-1"):
        step = "deploy-" + way
        wrong = "wrong-%s.test" % way
        said.holds(step, "^before HTTP/1.1 200 OK", "^after HTTP/1.1 502 ", 'name to verify: "%s"' % re.escape(wrong), "-servername %s " % re.escape(wrong),
                   "^good HTTP/1.1 200 OK")
        expect("in vain" not in said.steps[step], "%s: %s" % (step, said.steps[step]))
        shown = said.steps[step].split("^good")[0]
        for never in ("has not been reloaded", "The line tells another fault", "verifies", "1. Reload"):
            expect(never not in shown, "%s: %r in: %s" % (step, never, shown))
    said.holds("deploy-upgrade-1", "^seen good$")


def judge_upgrade(said, version):
    said.holds("upgrade", "^status 0$", "^version %s$" % re.escape(version), "^active$", "^another process$", "^# mine$",
               "^root:root 600 /etc/handshaked/credentials/down$", r"server=silenced\.test", "^inc-[0-9a-f]+ ")
    said.holds("sockets", "^status 0$", "^inactive$", "^active$", "^datagrams 2 of 2$", r"systemd:syslog \(udp://127\.77\.5\.15:514\)")
    said.holds("disabled", "^disabled$")


def judge_end(said):
    said.is_empty("denied", "what the sandbox kept from the daemon")
    expect_equal(said.steps["remove"].split("\n")[0], "inactive", "the service after remove")
    said.holds("remove", "^/var/lib/handshaked$", "^/etc/handshaked/handshaked.toml$", "^/etc/handshaked/credentials/down$",
               "cannot access '/usr/bin/handshaked'")
    said.is_empty("purge", "what purge left behind")
    said.holds("by-hand", "^status 0$", "^active$", "^handshaked: installed: handshaked", "^same process$", "^another process$", "^status again 0$")
    expect_equal(re.findall(r"^handshaked: nothing to change$", said.steps["by-hand"], re.MULTILINE), ["handshaked: nothing to change"],
                 "what a second run says")
    said.holds("by-hand-away", "^status 0$", "^/etc/handshaked/handshaked.toml$", "^purge 0$")
    expect("left: " not in said.steps["by-hand-away"], "what install.sh leaves behind: " + said.steps["by-hand-away"])


def judge_events(root, hook):
    """Every incident in the database was told to the receiver that worked, however the daemon ended in between."""
    opened = {request.data["incident"]["id"] for request in hook.events("opened")}
    told = database_view.read_rows(root / "kept/handshaked.db", "SELECT id FROM incidents WHERE state_json ->> '$.place.peer' LIKE '10.77.%'")
    expect_equal(len(told), 40, "incidents of the storm in the database")
    expect_equal({id for (id,) in told} - opened, set(), "incidents that were never told")


def story(t):
    root = t.directory / "root"
    if not (Path(os.environ["HANDSHAKED_BUILD"]) / "portable/handshaked").exists():
        raise Skip("there is no portable program in this build: systemd/portable/static_libraries.sh could not run")
    if "__asan_" in call("readelf", "-W", "--dyn-syms", binary()):
        raise Skip("a build with sanitizers is not what is shipped")
    if not os.environ.get("HANDSHAKED_KEEP"):
        t.at_end(lambda: shutil.rmtree(root, ignore_errors=True))
    making = begin_root(root)
    t.at_end(making.kill)
    version = make_packages(t)
    finish_root(t, root, making)
    hook = WebhookReceiver(t)
    ports = {"front": free_port(), "back": free_port(), "hook": hook.port, "named": free_port()}
    furnish(root, ports)
    steps = boot(t, root)
    expect("end" in steps, "the story broke off")
    said = Said(steps)
    judge_installation(said, ports)
    judge_journal(said)
    judge_service(said)
    judge_upgrade(said, version)
    judge_end(said)
    judge_events(root, hook)


run(story)
