"""Where the portable program runs: systems made by debootstrap and booted by systemd-nspawn, each with its own glibc, systemd, OpenSSL and nginx. In each the
tarball is installed beside that nginx, and story.sh says what works; printed as a table. Arguments: the systems; without any, as a test, one that is
not the release of the build.

Needs root, debootstrap, systemd-nspawn and Debian's mirror. The systems share the host's network: loopback only."""
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from support.ports import free_port
from support.scenario import Skip, expect, expect_equal, require_program, run

SYSTEMS = ["bullseye", "bookworm", "trixie"]
CELLS = ["starts", "finds-nginx", "follows-logs", "proves", "journal", "service", "removes"]
PACKAGES = "systemd,systemd-sysv,dbus,nginx-core,libnginx-mod-stream,ca-certificates,tzdata,openssl"
NGINX = """user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
include /etc/nginx/modules-enabled/*.conf;
events {}
http {
  access_log off;
  server { listen 127.0.0.1:%(front)d; location / { proxy_pass https://127.0.0.1:%(back)d; proxy_ssl_verify on; proxy_ssl_name back.test;
    proxy_ssl_trusted_certificate /etc/nginx/other.crt; } }
  server { listen 127.0.0.1:%(back)d ssl; ssl_certificate /etc/nginx/back.crt; ssl_certificate_key /etc/nginx/back.key; return 200 ok; }
}
"""
UNIT = """[Unit]
After=nginx.service
[Service]
Type=oneshot
ExecStart=/bin/bash /story.sh %(front)d
TimeoutStartSec=420
[Install]
WantedBy=default.target
"""


def call(*arguments, within=600):
    ended = subprocess.run([str(argument) for argument in arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within)
    expect_equal(ended.returncode, 0, "exit status of %s: %s" % (arguments[0], (ended.stdout + ended.stderr)[-2000:]))
    return ended.stdout


def make_certificates(directory):
    """A backend of a corporate CA, which the proxy does not trust: it trusts another. The right one lies on the host."""
    (directory / "corp-cas").mkdir(parents=True)
    (directory / "ext").write_text("subjectAltName=DNS:back.test\n")
    for name in ("corp-cas/root", "nginx/other"):
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        call("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", "-subj", "/CN=" + path.name, "-keyout", "%s.key" % path, "-out", "%s.crt" % path)
    back = directory / "nginx/back"
    call("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=back.test", "-keyout", "%s.key" % back, "-out", "%s.csr" % back)
    call("openssl", "x509", "-req", "-in", "%s.csr" % back, "-CA", directory / "corp-cas/root.crt", "-CAkey", directory / "corp-cas/root.key", "-CAcreateserial",
         "-days", "9", "-extfile", directory / "ext", "-out", "%s.crt" % back)
    (directory / "corp-cas/root.key").unlink()


def make_root(t, system, root):
    """None if this system cannot be had."""
    kept = os.environ.get("HANDSHAKED_ROOTS")
    if kept and (Path(kept) / system).exists():
        call("cp", "-a", Path(kept) / system, root)
        return True
    made = subprocess.run(["debootstrap", "--variant=minbase", "--include=" + PACKAGES, system, root], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
    if made.returncode != 0:
        t.step("%s: debootstrap cannot make it: %s" % (system, " ".join(made.stdout.split("\n")[-3:])))
        return False
    if kept:
        call("cp", "-a", root, Path(kept) / system)
    return True


def furnish(t, root, tarball):
    ports = {"front": free_port(), "back": free_port()}
    (root / "etc/nginx/nginx.conf").write_text(NGINX % ports)
    for directory, target in (("nginx", "etc/nginx"), ("corp-cas", "etc/corp-cas")):
        shutil.copytree(t.directory / "certificates" / directory, root / target, dirs_exist_ok=True)
    shutil.copy(tarball, root / "handshaked.tar.gz")
    shutil.copy(Path(__file__).with_name("story.sh"), root / "story.sh")
    (root / "etc/systemd/system/story.service").write_text(UNIT % ports)
    wants = root / "etc/systemd/system/default.target.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / "story.service").symlink_to("../story.service")


def look(t, system, tarball):
    """What is said of each cell, and which versions were there."""
    root = t.directory / system
    t.at_end(lambda: shutil.rmtree(root, ignore_errors=True))
    if not make_root(t, system, root):
        return None
    furnish(t, root, tarball)
    began = time.monotonic()
    with (t.directory / (system + ".log")).open("w") as log:
        subprocess.run(["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "systemd-nspawn", "-D", root, "--register=no", "--keep-unit", "--boot", "-q", "--console=pipe"], stdin=subprocess.DEVNULL, stdout=log,
                       stderr=subprocess.STDOUT, timeout=600)
    if not (root / "said.txt").exists():
        raise Skip("systemd of %s does not boot here: %s" % (system, (t.directory / (system + ".log")).read_text()[-300:]))
    said = (root / "said.txt").read_text("utf-8", "replace")
    t.show_if_failed("what was said in " + system, lambda: said)
    expect("\nend\n" in said, "the story in %s broke off" % system)
    versions = dict(re.findall(r"^(libc6|openssl|systemd|nginx-core|nginx)(?::amd64)?\t(\S+)$", call("dpkg-query", "--admindir", root / "var/lib/dpkg", "-W"), re.MULTILINE))
    t.step("%s: glibc %s, OpenSSL %s, systemd %s, nginx %s; booted, and off after %.0f s" % (
        system, *(re.match(r"(?:\d:)?([\d.]+\w?)", versions.get(name, "0")).group(1) for name in ("libc6", "openssl", "systemd", "nginx-core")), time.monotonic() - began))
    return dict(re.findall(r"^(%s) (yes|no.*)$" % "|".join(CELLS), said, re.MULTILINE))


def word(said):
    return "untested: another OpenSSL" if "nginx runs with OpenSSL" in said else said.split(":")[0]


def story(t):
    if os.geteuid() != 0:
        raise Skip("only root can boot a system of its own")
    require_program("debootstrap", "systemd-nspawn", "openssl", "cpack", "dpkg-query")
    build = Path(os.environ["HANDSHAKED_BUILD"])
    if not (build / "portable/handshaked").exists():
        raise Skip("there is no portable program in this build: systemd/portable/static_libraries.sh could not run")
    systems = sys.argv[1:] or ["trixie"]
    expect(not set(systems) - set(SYSTEMS), "the systems are " + ", ".join(SYSTEMS))
    call("cpack", "--config", build / "CPackConfig.cmake", "-G", "TGZ", "-B", t.directory)
    tarball = next(t.directory.glob("*.tar.gz"))
    make_certificates(t.directory / "certificates")
    rows = {system: look(t, system, tarball) for system in systems}
    print("\n| system | " + " | ".join(CELLS) + " |\n| --- |" + " --- |" * len(CELLS))
    for system, cells in rows.items():
        print("| %s | " % system + " | ".join("cannot be had" if cells is None else word(cells.get(cell, "?")) for cell in CELLS) + " |")
    if not any(rows.values()):
        raise Skip("no system could be made here")
    # Where nginx runs with another series of OpenSSL than the one inside, a proof of ours does not count, and says so: that is the promise.
    wrong = ["%s, %s: %s" % (system, cell, cells.get(cell, "?")) for system, cells in rows.items() if cells for cell in CELLS
             if cells.get(cell) != "yes" and not (cell == "proves" and system != "bookworm" and "nginx runs with OpenSSL" in cells.get(cell, ""))]
    expect_equal(wrong, [], "cells that are not yes")


run(story)
