"""A bare `handshaked run`, as where it is installed beside nginx and nobody has configured anything: it finds nginx, its configuration and the log
that a server block names, and reports to /dev/log.

In a mount namespace of its own, with own /etc/nginx, /var/log/nginx, /var/lib, /run and /dev."""
import os
import re
import signal
import stat
import subprocess

from support.daemon import binary, rules_directory
from support.ports import free_port
from support.process import Process
from support.scenario import Skip, expect, expect_equal, require_program, run, wait_for
from support.syslog_receiver import UnixSyslogReceiver

NGINX = """%(user)sworker_processes 1;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events {}
http {
    access_log off;
    client_body_temp_path /run/body; proxy_temp_path /run/proxy; fastcgi_temp_path /run/fastcgi; uwsgi_temp_path /run/uwsgi; scgi_temp_path /run/scgi;
    server { listen 127.0.0.1:%(back)d ssl; ssl_certificate back.pem; ssl_certificate_key back.key; return 200 ok; }
    server {
        listen 127.0.0.1:%(front)d;
        error_log /var/lib/site/fault.txt;
        location / { proxy_pass https://127.0.0.1:%(back)d; proxy_ssl_verify on; proxy_ssl_trusted_certificate back.pem; proxy_ssl_name gw.test; }
    }
}
"""
# $0: where everything is; the rest is what runs inside.
INSIDE = """set -e
mkdir -p /etc/nginx /var/log/nginx
mount --bind "$0/nginx" /etc/nginx; mount --bind "$0/log" /var/log; mount --bind "$0/lib" /var/lib; mount --bind "$0/run" /run
mount --bind "$0/dev" /dev
[ ! -e /etc/handshaked ] || mount -t tmpfs none /etc/handshaked
nginx
exec "$@"
"""


def story(t):
    require_program("nginx", "unshare", "openssl", "curl")
    if os.geteuid() != 0:
        raise Skip("only root can mount over /etc/nginx and start nginx as it is installed")
    if not os.path.isdir("/etc/nginx") or not os.path.isdir("/var/log/nginx"):
        raise Skip("nginx is not installed as Debian does it")
    for part in ("nginx", "log/nginx", "lib/handshaked", "lib/site", "run/handshaked", "dev"):
        (t.directory / part).mkdir(parents=True)
    for number, name in ((3, "null"), (9, "urandom"), (8, "random")):
        os.mknod(t.directory / "dev" / name, stat.S_IFCHR | 0o666, os.makedev(1, number))
    if subprocess.run(["unshare", "--mount", "mount", "--bind", t.directory / "log", "/var/log"], capture_output=True).returncode != 0:
        raise Skip("nothing can be mounted here")
    ports = {"front": free_port(), "back": free_port(), "user": "user root;\n"}
    (t.directory / "nginx/nginx.conf").write_text(NGINX % ports)
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=back.test", "-days", "9", "-addext", "subjectAltName=DNS:back.test",
                           "-keyout", t.directory / "nginx/back.key", "-out", t.directory / "nginx/back.pem"], capture_output=True, text=True)
    expect_equal(made.returncode, 0, "openssl: " + made.stderr)

    syslog = UnixSyslogReceiver(t, "log", t.directory / "dev/log")
    daemon = Process(t, "daemon", ["unshare", "--mount", "sh", "-c", INSIDE, t.directory, binary(), "run", "--rules", rules_directory()])
    pid_file = t.directory / "run/nginx.pid"

    def stop_nginx():
        if pid_file.exists() and pid_file.read_text().strip():
            os.kill(int(pid_file.read_text()), signal.SIGTERM)

    t.at_end(stop_nginx)
    daemon.start()
    wait_for(lambda: re.search(r"following 2 logs", daemon.output_text()), 20, "the daemon to follow both logs")
    answer = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:%d/" % ports["front"]], capture_output=True, text=True)
    expect_equal(answer.stdout, "502", "status of the request")
    messages = syslog.wait_for_messages(1, within=30)
    (told,) = [values for name, values in messages[0].elements.items() if name.startswith("handshaked@")]
    expect_equal(told["peer"], ["127.0.0.1:%d" % ports["back"]], "the peer of the first message")
    # Only who has read nginx's configuration may connect, and knows the name to ask for.
    expect("cause" in told and re.search(r"probe 127\.0\.0\.1:%d .*SNI gw\.test" % ports["back"], daemon.output_text()), "no diagnosis: %r" % told)
    t.step("told to /dev/log: " + messages[0].text[:160])
    expect((t.directory / "lib/handshaked/handshaked.db").exists(), "no database at its place")
    expect_equal(daemon.stop(), 0, "exit status of the daemon")


run(story)
