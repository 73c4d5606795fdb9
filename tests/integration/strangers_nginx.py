"""Root looks for nginx on a host where another user lies in wait: a process that calls itself nginx's master, a program of that name in PATH, one in a directory that others
can write, a configuration with a module. None of it is executed, whatever verb root runs; what root's own nginx needs still is."""
import os
import pwd
import subprocess

from support.scenario import Skip, expect, expect_equal, require_program, run, wait_for

EVIL = r"""
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
__attribute__((constructor)) static void leave_a_mark(void) {
  const int mark = open(MARK, O_CREAT | O_WRONLY | O_APPEND, 0666);
  if (mark >= 0) dprintf(mark, "%d\n", (int)geteuid());
}
int main(int count, char** words) {
  if (count > 1 && words[1][0] == '-' && words[1][1] == 'V') { puts("nginx version: nginx/1.22.1"); return 0; }
  return pause();
}
"""


def handshaked(*words, path):
    """As root, with programs sought in `path` before anywhere else."""
    environment = dict(os.environ, PATH="%s:%s" % (path, os.environ["PATH"]))
    return subprocess.run([os.environ["HANDSHAKED"], *words], capture_output=True, text=True, env=environment, timeout=60)


def story(t):
    require_program("cc", "setpriv")
    if os.geteuid() != 0:
        raise Skip("only root has something to lose here")
    stranger = pwd.getpwnam("nobody")
    os.chmod(t.directory, 0o755)
    home = t.directory / "home"
    home.mkdir()
    mark = home / "mark"
    source = t.directory / "evil.c"
    source.write_text(EVIL)
    evil, module = home / "nginx", home / "module.so"
    subprocess.run(["cc", "-DMARK=\"%s\"" % mark, "-o", evil, source], check=True, timeout=60)
    subprocess.run(["cc", "-DMARK=\"%s\"" % mark, "-shared", "-fPIC", "-o", module, source], check=True, timeout=60)
    configuration = t.directory / "nginx.conf"
    configuration.write_text("events { }\nhttp { server { listen 127.0.0.1:1; location / { proxy_pass https://127.0.0.1:9; } } }\n")
    theirs = home / "nginx.conf"
    theirs.write_text("load_module %s;\n" % module + configuration.read_text())
    os.chown(home, stranger.pw_uid, stranger.pw_gid)
    for file in (evil, module, theirs):
        os.chown(file, stranger.pw_uid, stranger.pw_gid)

    def root_runs_everything(what, sought=t.directory, read=configuration):
        mark.unlink(missing_ok=True)
        log = t.directory / "error.log"
        log.write_text("2026/11/21 08:00:00 [emerg] 1#1: cannot load certificate \"/nowhere/x.pem\": BIO_new_file() failed (SSL: error:80000002:system library::No such file or "
                       "directory)\n")
        for verb in (["doctor"], ["diagnose", "--log", str(log)], ["diagnose", "--all"]):
            for named in ([], ["--nginx-conf", str(read)]):
                done = handshaked(*verb, *named, path=sought)
                expect(done.returncode in (0, 1, 2, 78), "%s %s: %d %s" % (verb, named, done.returncode, done.stderr[-500:]))
        expect(not mark.exists(), "%s was executed by uid %s" % (what, mark.read_text().split() if mark.exists() else ""))

    t.step("a process that calls itself nginx's master")
    for configured in ("", " -c %s" % configuration):
        waiting = subprocess.Popen(["setpriv", "--reuid=%d" % stranger.pw_uid, "--regid=%d" % stranger.pw_gid, "--clear-groups", "bash", "-c",
                                    'exec -a "nginx: master process /usr/sbin/nginx%s" "$0" -wait' % configured, str(evil)])
        try:
            wait_for(lambda: mark.exists(), 20, "the stranger's process")
            root_runs_everything("a stranger's process")
        finally:
            waiting.kill()
            waiting.wait()

    t.step("a program of a stranger's that runs as root under the name, and one that can only be written by others")
    for mode, owner in ((0o755, stranger.pw_uid), (0o777, 0)):
        os.chown(evil, owner, owner)
        os.chmod(evil, mode)
        root_runs_everything("a program in PATH", sought=home)
        started = subprocess.Popen(["bash", "-c", 'exec -a "nginx: master process /usr/sbin/nginx -c %s" "$0" -wait' % configuration, str(evil)])
        try:
            wait_for(lambda: mark.exists(), 20, "the process")
            root_runs_everything("a program that others can write")
        finally:
            started.kill()
            started.wait()

    t.step("a configuration with a module")
    root_runs_everything("a module of a stranger's configuration", read=theirs)

    t.step("root's own")
    os.chmod(home, 0o755)
    for file in (home, evil):
        os.chown(file, 0, 0)
        os.chmod(file, 0o755)
    mark.unlink(missing_ok=True)
    handshaked("doctor", "--nginx-conf", str(configuration), path=home)
    expect_equal(set(mark.read_text().split()), {"0"}, "who has executed the program of root's own, so that this test can tell")


run(story)
