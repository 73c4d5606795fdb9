"""fix apply undoes everything, byte for byte, when the fault is still there afterwards, when the reload fails, and when nginx -t refuses."""
import os
import shutil
import socket
import threading

from support.process import Process
from support.repair import Repair, steps_of
from support.scenario import expect, expect_equal, run
from support.upstreams import wait_for_listening


def expect_undone(t, repair, before, report, failed_step, reloaded):
    expect_equal(report["outcome"], "rolled_back", "outcome: %r" % report["steps"])
    steps = dict(steps_of(report))
    expect_equal(steps.get(failed_step), False, "the step that fails: %r" % report["steps"])
    expect_equal(steps.get("rollback"), True, "rollback")
    expect_equal("rollback_reload" in steps, reloaded, "reload after the rollback")
    expect_equal(repair.files(), before, "files after the rollback")
    expect(not list((repair.nginx.prefix / "conf").rglob("*.handshaked-new")), "temporary files are left")


def still_at_fault(t, repair, incident):
    t.step("the upstream becomes another one while the files are written: the fault is still there")
    before = repair.files()
    stranger = repair.authority.issue("stranger", "backend", None, ["DNS:backend.corp.test"])
    swapped = Process(t, "stranger", ["openssl", "s_server", "-accept", repair.upstream.address, "-www", "-quiet",
                                      "-key", stranger.key, "-cert", stranger.file])
    done = threading.Event()

    def swap_when_written():
        while not done.is_set() and repair.trust.read_bytes() == before["tls/upstream-ca.pem"][0]:
            done.wait(0.002)
        repair.upstream.process.kill()
        swapped.start()
    watcher = threading.Thread(target=swap_when_written)
    watcher.start()
    status, report = repair.fix("apply", incident)
    done.set()
    watcher.join()
    expect_equal(status, 1, "exit status")
    expect_undone(t, repair, before, report, "verify", True)
    swapped.kill()
    repair.upstream.process.start()
    wait_for_listening(repair.upstream.port, repair.upstream.process)
    expect_equal(repair.nginx.get(), [502], "the request after the rollback")


def no_reload(t, repair, incident):
    t.step("nginx does not take the reload: it goes on with what it had, and so do the files")
    # What nginx -t does not see: a port that somebody else has.
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    main = repair.nginx.prefix / "conf" / "nginx.conf"
    whole = main.read_text()
    main.write_text(whole.replace("location / {", "listen 127.0.0.1:%d;\n        location / {" % taken.getsockname()[1]))
    before = repair.files()
    workers = repair.workers()
    status, report = repair.fix("apply", incident, "--reload-timeout", "4")
    expect_equal(status, 1, "exit status")
    expect_undone(t, repair, before, report, "reload", True)
    reason = next(step["detail"] for step in report["steps"] if step["step"] == "reload")
    expect("bind()" in reason, "the reason is not told: " + reason)
    expect_equal(repair.workers(), workers, "workers")
    expect_equal(repair.nginx.get(), [502], "nginx still serves")
    taken.close()
    main.write_text(whole)


def refused(t, repair, incident):
    t.step("nginx -t refuses the real files after they were written")
    # A program that stands before nginx in PATH accepts the copy, and not the real files.
    before = repair.files()
    wrapper = t.directory / "bin" / "nginx"
    conf = str(repair.nginx.prefix / "conf" / "nginx.conf")
    wrapper.parent.mkdir()
    wrapper.write_text("""#!/bin/sh
case " $* " in *" -t -c %s "*) echo "nginx: [emerg] refused for the test" >&2; exit 1;; esac
exec %s "$@"
""" % (conf, shutil.which("nginx")))
    wrapper.chmod(0o755)
    repair.nginx.stop()  # a running one is found by itself; this one is found in PATH
    status, report = repair.fix("apply", incident, environment={"PATH": "%s:%s" % (wrapper.parent, os.environ["PATH"])})
    expect_equal(status, 1, "exit status")
    expect_undone(t, repair, before, report, "nginx_t", False)

    t.step("nothing is touched when the copy is refused already, or no backup can be made")
    main = repair.nginx.prefix / "conf" / "nginx.conf"
    whole = main.read_text()
    main.write_text(whole + "no_such_directive on;\n")
    before = repair.files()
    status, report = repair.fix("apply", incident)
    expect_equal((status, report["outcome"], report.get("backup")), (1, "refused", None), "a configuration that nginx refuses anyway")
    expect_equal(repair.files(), before, "files")
    main.write_text(whole)
    before = repair.files()
    repair.backups = repair.trust
    status, report = repair.fix("apply", incident)
    expect_equal((status, report["outcome"]), (1, "refused"), "no directory for the backup")
    expect_equal(repair.files(), before, "files")


def story(t):
    repair = Repair(t)
    incident = repair.break_once()
    still_at_fault(t, repair, incident)
    no_reload(t, repair, incident)
    refused(t, repair, incident)


run(story)
