"""A log that only a group may read of which the daemon's user is no member: named once with the remedy, and read in full once it may be. A part
of nginx's configuration that it may not read, and a log in a directory that it does not see, are named as well."""
import grp
import os
import shutil

from support.accounting import Ledger
from support.daemon import Daemon
from support.scenario import Skip, expect_equal, require_program, run
from support.webhook_receiver import WebhookReceiver

NOBODY = 65534


def story(t):
    if os.geteuid() != 0:
        raise Skip("only root can be another user")
    require_program("setpriv")
    try:
        adm = grp.getgrnam("adm").gr_gid
    except KeyError:
        raise Skip("there is no group adm") from None
    receiver = WebhookReceiver(t)
    ledger = Ledger()
    log = t.directory / "logs" / "error.log"
    log.parent.mkdir()
    log.write_bytes(b"".join(ledger.line_of_new_peer() for _ in range(3)))
    os.chown(log, 0, adm)
    log.chmod(0o640)
    state = t.directory / "daemon"
    state.mkdir()
    shutil.chown(state, NOBODY, NOBODY)
    wrapper = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY, "--clear-groups"]
    conf = t.directory / "conf"
    conf.mkdir()
    (conf / "nginx.conf").write_text("error_log /nowhere-at-all/error.log;\nevents {}\nhttp { include closed.conf; }\n")
    (conf / "closed.conf").write_text("server { error_log logs/more.log; }\n")
    (conf / "closed.conf").chmod(0o600)
    daemon = Daemon(t, [log], [receiver.settings()], files={"discover": True}, wrapper=wrapper,
                    tables=[("[nginx]", {"configuration": conf / "nginx.conf", "prefix": t.directory})]).start()
    daemon.wait_for_log(r"warning: unreadable: \S+error\.log: .*belongs to root:adm, mode 0640: nobody may not read it; "
                        r"add nobody to the group adm \(usermod -aG adm nobody\)")
    daemon.wait_for_log(r"the directory /nowhere-at-all does not exist for this process; .* BindReadOnlyPaths=/nowhere-at-all")
    daemon.wait_for_log(r'closed\.conf" failed \(13: Permission denied\): its contents, .* are unknown here; .*let the user nobody read it')
    t.step("the remedies are said")
    log.chmod(0o644)
    ledger.expect_all_counted(daemon, 30)
    expect_equal(daemon.log_text().count("usermod -aG adm"), 1, "how often it was said")
    t.step("tried again: nothing of it was lost")
    daemon.stop()


run(story)
