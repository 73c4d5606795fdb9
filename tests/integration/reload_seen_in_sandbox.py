"""As in the service's sandbox: nginx's processes are not to be seen, only its pid file and the process ids of its service's control group (here a
directory of the test's own in the place of /sys/fs/cgroup). A fix that was made counts after the reload, and not before."""
import os
import shutil
import signal
import subprocess

from support.daemon import Daemon
from support.distrusted_upstream import DistrustedUpstream
from support.scenario import Skip, expect, expect_equal, require_program, run, wait_for
from support.webhook_receiver import WebhookReceiver

NOBODY = 65534
INSIDE = """mount -t proc -o hidepid=2 none /proc && mount --bind "$0" /sys/fs/cgroup &&
exec setpriv --reuid=%d --regid=%d --clear-groups "$@"
""" % (NOBODY, NOBODY)


def children(pid):
    listing = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True)
    return {int(word) for word in listing.stdout.split()}


def story(t):
    if os.geteuid() != 0:
        raise Skip("only root can hide processes")
    require_program("unshare", "setpriv", "ps", "patch")
    groups = t.directory / "groups"
    service = groups / "system.slice" / "nginx.service"
    service.mkdir(parents=True)
    (groups / "cgroup.controllers").touch()
    wrapper = ["unshare", "--mount", "sh", "-c", INSIDE, groups]
    hidden = subprocess.run([*map(str, wrapper), "ls", "/proc/1"], capture_output=True)
    if hidden.returncode == 0 or b"No such file" not in hidden.stderr:
        raise Skip("processes cannot be hidden here: %r" % hidden.stderr)

    place = DistrustedUpstream(t)
    nginx = place.nginx
    master = nginx.process.pid

    def show_processes():
        ids = {master} | children(master)
        shown = service / "new"
        shown.write_text("".join("%d\n" % one for one in sorted(ids)))
        shown.rename(service / "cgroup.procs")
        return ids

    before = show_processes()
    receiver = WebhookReceiver(t)
    state = t.directory / "daemon"
    state.mkdir()
    shutil.chown(state, NOBODY, NOBODY)
    daemon = Daemon(t, [nginx.error_log], [receiver.settings()], incidents={"group_wait": "10s"}, wrapper=wrapper, tables=place.tables("200ms")).start()

    expect_equal(nginx.get("/", 2), [502, 502], "status while the trust file lacks the root")
    (opened,) = receiver.wait_for_events(1, within=15)
    expect_equal(opened.data["diagnosis"]["cause"], "upstream_ca_not_trusted", "diagnosed cause")
    t.step("the fault, told with its cause")
    # When nginx loaded its files is known to 50 ms only, and the first look is as late as the diagnosis; the next probe is 160 ms behind it.
    probes = daemon.log_text().count("info: probe ")
    wait_for(lambda: daemon.log_text().count("info: probe ") > probes, 20, "another probe")
    place.trust_root()
    daemon.wait_for_log("nginx's files were changed, and nginx has not loaded them yet", 20)
    probes = daemon.log_text().count("info: probe ")
    wait_for(lambda: daemon.log_text().count("info: probe ") >= probes + 5, 30, "probes with the changed file")
    expect_equal(receiver.events("resolved"), [], "resolved, while nginx still holds the old trust file")
    t.step("the fix is made, and does not count yet")
    nginx.process.signal(signal.SIGHUP)
    wait_for(lambda: nginx.get("/")[0] == 200, 10, "the request to work after the reload")
    wait_for(lambda: not (children(master) & before), 10, "the old worker to end")
    expect(show_processes() != before, "no new worker")
    daemon.wait_for_log("nginx has reloaded its configuration", 20)
    (resolved,) = receiver.wait_for_events(1, within=30, kind="resolved")
    expect_equal(resolved.data["incident"]["resolved_by"], "probes", "who found it resolved")
    t.step("after the reload it does")
    receiver.expect_all_valid()
    daemon.stop()


run(story)
