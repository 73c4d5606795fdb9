"""Another user of this host asks the web listener on loopback: metrics and health are shown, incidents are not, whatever the path. Operators see them: root and the
daemon's user, and members of the group that [control] names. The listener goes on for everybody meanwhile."""
import grp
import os
import pwd

from support.accounting import LogFile, verify_error_line
from support.daemon import Daemon
from support.scenario import Skip, expect, expect_equal, run, wait_for
from support.web_client import WebClient

SECRET_PEER = "10.77.66.55:8443"
OPEN = ("/metrics", "/healthz", "/readyz")
CLOSED = ("/", "/api/incidents", "/api/incidents/", "/api", "/anything", "//", "/metrics/", "/index.html")


def as_user(user, ask):
    """What `ask` returns (one text) in a process of this user."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.initgroups(user.pw_name, user.pw_gid)
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            os.write(writing, ask().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


def story(t):
    if os.geteuid() != 0:
        raise Skip("only root can be another user")
    stranger = pwd.getpwnam("nobody")
    log = LogFile(t.directory / "error.log")
    web = WebClient()
    daemon = Daemon(t, [log.path], tables=[web.table()]).start()
    daemon.wait_for_log("metrics, and to operators the page of live incidents, at ")
    log.write(verify_error_line(SECRET_PEER))
    wait_for(lambda: SECRET_PEER in web.get("/api/incidents").text, 30, "root to see the incident")

    t.step("a stranger of this host")
    for path in OPEN:
        said = as_user(stranger, lambda: "%d %s" % (web.get(path).status, web.get(path).text))
        expect(said.startswith("200 "), "%s: %r" % (path, said[:200]))
        expect(SECRET_PEER not in said, "%s tells of the incident" % path)
    for path in CLOSED:
        for method in ("GET", "HEAD"):
            said = as_user(stranger, lambda: "%d %s" % (web.get(path, method).status, web.get(path).text))
            expect(said.startswith("403 ") and "page = true" in said and SECRET_PEER not in said, "%s %s: %r" % (method, path, said[:300]))
    expect_equal(web.get("/").status, 200, "status for root meanwhile")
    daemon.stop()

    t.step("a member of the group of [control]")
    group = grp.getgrgid(stranger.pw_gid)
    daemon = Daemon(t, [log.path], name="group", tables=[web.table()], control={"group": group.gr_name}).start()
    wait_for(lambda: as_user(stranger, lambda: str(web.get("/").status)) == "200", 20, "a member to see the page")
    daemon.stop()

    t.step("everybody, when it is asked for; nobody, when that is")
    daemon = Daemon(t, [log.path], name="all", tables=[web.table(page=True)]).start()
    expect_equal(as_user(stranger, lambda: str(web.get("/").status)), "200", "status for everybody")
    daemon.stop()
    daemon = Daemon(t, [log.path], name="none", tables=[web.table(page=False)]).start()
    expect_equal(web.get("/").status, 404, "status for nobody")
    daemon.stop()


run(story)
