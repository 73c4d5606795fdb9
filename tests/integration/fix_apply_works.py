"""fix show, try and apply: the patch cures a real nginx, keeps what it need not touch, and leaves a backup."""
import gzip
import json
import re
import subprocess

from support.repair import Repair, steps_of
from support.scenario import expect, expect_equal, run


def story(t):
    repair = Repair(t)
    incident = repair.break_once()
    before = repair.files()

    status, shown = repair.fix("show", incident)
    expect_equal(status, 0, "fix show")
    expect_equal(shown["fix"]["proof"]["status"], "proved", "the proof of the fix")
    expect(not shown["fix"]["unsafe"], "the first fix is unsafe")
    text = repair.handshaked("fix", "show", incident[:-4]).stdout
    dry = subprocess.run(["patch", "-p1", "-d", "/", "--dry-run", "-F0"], input=text, capture_output=True, text=True)
    expect_equal(dry.returncode, 0, "patch --dry-run of what fix show prints: " + dry.stdout)

    t.step("try")
    status, report = repair.fix("try", incident)
    expect_equal((status, report["outcome"]), (0, "unverified"), "fix try")
    expect_equal(repair.files(), before, "the files after fix try")

    t.step("apply")
    workers = repair.workers()
    status, report = repair.fix("apply", incident)
    expect_equal((status, report["outcome"]), (0, "applied"), "fix apply: %r" % report["steps"])
    expect_equal(steps_of(report), [(step, True) for step in ("trial", "write", "nginx_t", "reload", "verify")], "steps")
    expect(not workers & repair.workers(), "nginx was not reloaded")
    expect_equal(repair.nginx.get(), [200], "the request after the fix")
    after = repair.files()
    changed = [name for name in after if after[name][0] != before.get(name, (None,))[0]]
    expect_equal(changed, ["tls/upstream-ca.pem"], "changed files")
    expect(after["tls/upstream-ca.pem"][0].startswith(before["tls/upstream-ca.pem"][0]), "the CA that was trusted before is gone")
    expect_equal(after["tls/upstream-ca.pem"][1], before["tls/upstream-ca.pem"][1], "mode of the changed file")
    copy = repair.backups / report["backup"].rsplit("/", 1)[1] / str(repair.trust).lstrip("/")
    expect_equal(copy.read_bytes(), before["tls/upstream-ca.pem"][0], "the backup")

    t.step("once more: it is applied already")
    done = repair.handshaked("fix", "apply", incident, "--backup-dir", repair.backups, "--lang", "en")
    expect_equal(done.returncode, 0, "a second apply: %s%s" % (done.stdout, done.stderr))
    expect(re.search(r"Already applied, verified at \d{4}-\d\d-\d\dT", done.stdout), done.stdout)
    done = repair.handshaked("fix", "apply", incident, "--backup-dir", repair.backups, "--lang", "zh")
    expect(re.search(r"已应用过，验证于 \d{4}-\d\d-\d\dT", done.stdout), done.stdout)
    expect_equal(repair.files(), after, "the files after a second apply")

    t.step("undo: every file is as it was, and nginx works with it")
    workers = repair.workers()
    done = repair.handshaked("fix", "undo", incident + ".opened.1", "--backup-dir", repair.backups, "--format", "json", ca_store=False)
    expect_equal(done.returncode, 0, "fix undo: %s%s" % (done.stdout, done.stderr))
    expect_equal(steps_of(json.loads(done.stdout)), [(step, True) for step in ("trial", "write", "nginx_t", "reload", "verify")], "steps of undo")
    expect(not workers & repair.workers(), "nginx was not reloaded")
    expect_equal({name: file[:2] for name, file in repair.files().items()}, {name: file[:2] for name, file in before.items()}, "the files after undo")
    expect_equal(repair.nginx.get(), [502], "the request after undo")
    done = repair.handshaked("fix", "undo", "--backup-dir", repair.backups, ca_store=False)
    expect_equal(done.returncode, 2, "undo with nothing left to put back: " + done.stderr)

    t.step("undo refuses what somebody has changed since")
    status, report = repair.fix("apply", incident)
    expect_equal((status, report["outcome"]), (0, "applied"), "fix apply after undo")
    with repair.trust.open("ab") as trust:
        trust.write(b"# mine\n")
    mine = repair.files()
    done = repair.handshaked("fix", "undo", "--backup-dir", repair.backups, ca_store=False)
    expect_equal(done.returncode, 1, "undo of a changed file: %s%s" % (done.stdout, done.stderr))
    expect("was changed since" in done.stdout, done.stdout)
    expect_equal(repair.files(), mine, "the files after a refused undo")

    t.step("the log is rotated and compressed, and the id is still the id")
    log = repair.nginx.error_log
    with log.open("rb") as plain, gzip.open(str(log) + ".2.gz", "wb") as packed:
        packed.write(plain.read())
    log.write_bytes(b"")
    shown = repair.handshaked("fix", "show", incident)
    expect(incident in shown.stdout + shown.stderr and "no incident" not in shown.stderr, "fix show after the rotation: %s%s" % (shown.stdout, shown.stderr))
    done = repair.handshaked("fix", "show", "no-such-incident")
    expect_equal(done.returncode, 2, "fix show of an unknown incident")


run(story)
