"""Root lets a private nginx make a handshake, with the stream module that the configuration names. One that another user can write is not loaded, although nginx reads that
configuration; root's own is. What was started has ended with the verdict, and has left nothing behind."""
import json
import os
import pwd
import subprocess

from support.distrusted_upstream import DistrustedUpstream
from support.scenario import Skip, expect, expect_equal, require_program, run, wait_for

MODULE = r"""
#include <fcntl.h>
#include <unistd.h>
__attribute__((constructor)) static void leave_a_mark(void) { close(open(MARK, O_CREAT | O_WRONLY, 0666)); }
"""


def story(t):
    require_program("cc", "nginx")
    if os.geteuid() != 0:
        raise Skip("only root has something to lose here")
    built = subprocess.run(["nginx", "-V"], capture_output=True, text=True, timeout=20).stderr
    if "--with-stream=dynamic" not in built or "--with-stream_ssl_module" not in built:
        raise Skip("the stream module of this nginx is no file of its own")
    place = DistrustedUpstream(t)
    wait_for(lambda: place.nginx.get() == [502], 20, "the fault")
    os.chmod(t.directory, 0o755)
    home, temporary = t.directory / "home", t.directory / "tmp"
    home.mkdir()
    temporary.mkdir(mode=0o700)
    mark, module = t.directory / "mark", home / "ngx_stream_module.so"
    source = t.directory / "module.c"
    source.write_text(MODULE)
    subprocess.run(["cc", '-DMARK="%s"' % mark, "-shared", "-fPIC", "-o", module, source], check=True, timeout=60)
    # nginx runs without it, and root has just added it.
    main = place.nginx.prefix / "conf/nginx.conf"
    main.write_text("load_module %s;\n%s" % (module, main.read_text()))

    def diagnose():
        where = ["--nginx-conf", main, "--nginx-prefix", place.nginx.prefix, "--ca-store", place.root.file]
        command = [os.environ["HANDSHAKED"], "diagnose", "--rules", os.environ["HANDSHAKED_RULES"], "--log", place.nginx.error_log, *where, "--format", "json"]
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=60, env=dict(os.environ, TMPDIR=str(temporary)))
        expect_equal([one["diagnosis"]["cause"] for one in json.loads(done.stdout)["incidents"]], ["upstream_ca_not_trusted"], "the cause: %s" % done.stderr)
        expect_equal(list(temporary.iterdir()), [], "what is left of the private nginx")
        ours = [line for line in subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True).stdout.splitlines() if str(temporary) in line]
        expect_equal(ours, [], "private instances that are still there")

    t.step("OpenSSL, told by the environment of a careless sudo")
    settings = home / "openssl.cnf"
    settings.write_text("openssl_conf = start\n[start]\nproviders = providers\n[providers]\nevil = evil\n[evil]\nmodule = %s\nactivate = 1\n" % module)
    stranger = pwd.getpwnam("nobody")

    def doctor():
        return subprocess.run([os.environ["HANDSHAKED"], "doctor", "--nginx-conf", str(main), "--no-probe"], capture_output=True, text=True, timeout=60,
                              env=dict(os.environ, OPENSSL_CONF=str(settings)))

    os.chown(settings, stranger.pw_uid, stranger.pw_gid)
    refused = doctor()
    expect_equal((refused.returncode, "OPENSSL_CONF" in refused.stderr), (2, True), "root with a stranger's OPENSSL_CONF: %s" % refused.stderr)
    expect(not mark.exists(), "what a stranger's OPENSSL_CONF names was loaded by root")
    os.chown(settings, 0, 0)
    doctor()
    expect(mark.exists(), "what root's own names was not loaded: this test could not tell")
    mark.unlink()

    t.step("the stream module of the configuration")
    for path in (home, module):
        os.chown(path, stranger.pw_uid, stranger.pw_gid)
    diagnose()
    expect(not mark.exists(), "a stranger's module was loaded by root")
    for path in (home, module):
        os.chown(path, 0, 0)
    os.chmod(module, 0o666)
    diagnose()
    expect(not mark.exists(), "a module that anybody can write was loaded by root")
    os.chmod(module, 0o644)
    diagnose()
    expect(mark.exists(), "root's own module was not loaded: this test could not tell")


run(story)
