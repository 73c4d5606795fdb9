"""The package in a Debian of its own: booted by systemd-nspawn, installed beside a real nginx with a broken upstream, until purge.

Needs root, debootstrap, systemd-nspawn and Debian's mirror; takes some minutes. The container shares the host's network."""
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from support.daemon import binary
from support.ports import free_port
from support.scenario import Skip, expect, expect_equal, require_program, run

PACKAGES = "systemd,systemd-sysv,dbus,rsyslog,nginx-core,ca-certificates,tzdata"
NGINX = """user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events {}
http {
  access_log off;
  server { listen 127.0.0.1:%(front)d; location / { proxy_pass https://127.0.0.1:%(back)d; proxy_ssl_verify on; proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt; } }
  server { listen 127.0.0.1:%(back)d ssl; ssl_certificate /etc/nginx/back.crt; ssl_certificate_key /etc/nginx/back.key; return 200 ok; }
}
"""
STORY = """#!/bin/bash
# A line "== NAME" before what each step says.
exec >/said.txt 2>&1
export DEBIAN_FRONTEND=noninteractive
until_so() { for i in $(seq 100); do eval "$1" >/dev/null 2>&1 && return 0; sleep 0.3; done; return 1; }
echo "== install"; apt-get install -qq -y --no-install-recommends /handshaked.deb; echo "status $?"
echo "== active"; until_so "systemctl is-active handshaked"; systemctl is-active handshaked; systemctl is-enabled handshaked
echo "== modes"; stat -c '%%U:%%G %%a %%n' /var/lib/handshaked /etc/handshaked/credentials /etc/handshaked/handshaked.toml /run/handshaked/control.sock; id -nG handshaked
exec 3<>/dev/tcp/127.0.0.1/%(front)d; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3 >/dev/null; exec 3>&-
echo "== journal"; until_so "journalctl -u handshaked | grep -q 'verify-18'"; journalctl --no-pager -u handshaked
echo "== syslog"; until_so "grep -q verify-18 /var/log/syslog"; grep -c 'inc-.*verify-18' /var/log/syslog
echo "== incidents"; handshaked incidents list
echo "== reload"; systemctl reload handshaked; echo "status $?"; systemctl is-active handshaked
echo "== bad reload"; echo 'bad = 1' >/etc/handshaked/conf.d/x.toml; systemctl reload handshaked; echo "status $?"; systemctl is-active handshaked; rm /etc/handshaked/conf.d/x.toml
echo "== restart"; systemctl restart handshaked; echo "status $?"; handshaked incidents list
echo "== crash"; old=$(systemctl show -P MainPID handshaked); kill -SEGV $old; until_so '[ "$(systemctl show -P MainPID handshaked)" != 0 ] && [ "$(systemctl show -P MainPID handshaked)" != '$old' ] && systemctl is-active handshaked'; systemctl is-active handshaked
echo "== again"; echo '# mine' >>/etc/handshaked/handshaked.toml; dpkg -i --force-confold /handshaked.deb; echo "status $?"; tail -1 /etc/handshaked/handshaked.toml; systemctl is-active handshaked; handshaked incidents list
echo "== stop"; systemctl stop handshaked; systemctl show -P Result handshaked; systemctl start handshaked
echo "== denied"; journalctl --no-pager | grep -iE 'status=31/SYS|SIGSYS|Failed at step' | grep handshaked
echo "== remove"; apt-get remove -qq -y handshaked >/dev/null; systemctl is-active handshaked; ls -d /var/lib/handshaked /etc/handshaked/handshaked.toml /usr/bin/handshaked
echo "== purge"; apt-get purge -qq -y handshaked >/dev/null; find / -xdev -name '*handshaked*' -not -path '/proc/*' -not -path '/handshaked.deb'; getent passwd handshaked; getent group handshaked; find / -xdev -nouser
echo "== end"
systemctl poweroff
"""
UNIT = """[Unit]
After=nginx.service rsyslog.service
[Service]
Type=oneshot
ExecStart=/story.sh
TimeoutStartSec=300
[Install]
WantedBy=default.target
"""


def call(*arguments, within=300):
    ended = subprocess.run([str(argument) for argument in arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within)
    expect_equal(ended.returncode, 0, "exit status of %s: %s" % (arguments[0], (ended.stdout + ended.stderr)[-2000:]))
    return ended.stdout


def make_root(t, root):
    if os.geteuid() != 0:
        raise Skip("only root can boot a Debian of its own")
    require_program("debootstrap", "systemd-nspawn", "openssl", "cpack", "dpkg-deb", "dpkg-shlibdeps")
    ended = subprocess.run(["debootstrap", "--variant=minbase", "--include=" + PACKAGES, "bookworm", root], stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=600)
    if ended.returncode != 0:
        raise Skip("debootstrap cannot make a Debian here: " + " ".join(ended.stdout.split("\n")[-3:]))
    t.step("a Debian of its own")


def story(t):
    root = t.directory / "root"
    if "__asan_" in call("readelf", "-W", "--dyn-syms", binary()):
        raise Skip("a build with sanitizers is not what is shipped")
    make_root(t, root)
    t.at_end(lambda: shutil.rmtree(root, ignore_errors=True))
    call("cpack", "--config", Path(os.environ["HANDSHAKED_BUILD"]) / "CPackConfig.cmake", "-G", "DEB", "-B", t.directory, within=400)
    shutil.copy(next(t.directory.glob("*.deb")), root / "handshaked.deb")
    ports = {"front": free_port(), "back": free_port()}
    (root / "etc/nginx/nginx.conf").write_text(NGINX % ports)
    call("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=back", "-days", "9", "-keyout", root / "etc/nginx/back.key", "-out",
         root / "etc/nginx/back.crt")
    (root / "story.sh").write_text(STORY % ports)
    (root / "story.sh").chmod(0o755)
    (root / "etc/systemd/system/story.service").write_text(UNIT)
    wants = root / "etc/systemd/system/default.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "story.service").symlink_to("../story.service")
    for settings in Path("/etc/apt/apt.conf.d").glob("*proxy*"):
        shutil.copy(settings, root / "etc/apt/apt.conf.d")
    began = time.monotonic()
    subprocess.run(["systemd-nspawn", "-D", root, "--register=no", "--keep-unit", "--boot", "-q", "--console=pipe", "--resolv-conf=copy-host"],
                   stdin=subprocess.DEVNULL, stdout=(t.directory / "boot.log").open("w"), stderr=subprocess.STDOUT, timeout=400)
    if not (root / "said.txt").exists():
        raise Skip("systemd does not boot here: " + (t.directory / "boot.log").read_text()[-300:])
    text = (root / "said.txt").read_text("utf-8", "replace")
    t.show_if_failed("what was said inside", lambda: text)
    t.step("booted, and off again after %.0f s" % (time.monotonic() - began))
    said = dict(re.findall(r"^== (.+?)\n(.*?)(?=^== |\Z)", text, re.MULTILINE | re.DOTALL))

    def holds(step, *wanted):
        for one in wanted:
            expect(re.search(one, said.get(step, ""), re.MULTILINE), "%s: nothing like %r in: %s" % (step, one, said.get(step)))

    expect("end" in said, "the story broke off")
    holds("install", "^status 0$")
    holds("active", "^active$", "^enabled$")
    holds("modes", "^handshaked:handshaked 700 /var/lib/handshaked$", "^root:root 700 /etc/handshaked/credentials$",
          "^root:root 644 /etc/handshaked/handshaked.toml$", "^handshaked:handshaked .* /run/handshaked/control.sock$", r"\badm\b.*\bsystemd-journal\b|\bsystemd-journal\b.*\badm\b")
    holds("journal", "following 1 logs", "nginx/upstream-verify-18-self-signed-leaf", r"probe 127\.0\.0\.1:%d" % ports["back"])
    holds("syslog", "^[1-9]")
    holds("incidents", "^inc-[0-9a-f]+ .*upstream_self_signed")
    holds("reload", "^status 0$", "^active$")
    holds("bad reload", "^status 1$", "^active$")
    holds("restart", "^status 0$", "^inc-[0-9a-f]+ .*upstream_self_signed")
    holds("crash", "^active$")
    holds("again", "^status 0$", "^# mine$", "^active$", "^inc-[0-9a-f]+ .*upstream_self_signed")
    holds("stop", "^success$")
    expect_equal(said["denied"].strip(), "", "what the sandbox kept from the daemon")
    expect_equal(said["remove"].split("\n")[0], "inactive", "the service after remove")
    holds("remove", "^/var/lib/handshaked$", "^/etc/handshaked/handshaked.toml$", "cannot access '/usr/bin/handshaked'")
    expect_equal(said["purge"].strip(), "", "what purge left behind")


run(story)
