"""The unit: systemd has nothing to say against it, its sandbox is rated 1.3 or better, and it names what the program promises."""
import re
import shutil
import subprocess

from support.daemon import binary, source_directory
from support.scenario import expect, expect_equal, require_program, run

WORST_RATING = 1.3


def story(t):
    require_program("systemd-analyze")
    folder = source_directory() / "systemd"
    text = (folder / "handshaked.service").read_text("utf-8")
    unit = t.directory / "handshaked.service"
    # The program that was built, not one that happens to be installed.
    unit.write_text(text.replace("/usr/bin/handshaked", str(binary())))

    def verify():
        ended = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=60)
        return (ended.stdout + ended.stderr).strip()

    expect_equal(verify(), "", "what systemd-analyze verify says")
    t.step("verify is silent")
    unit.write_text(text.replace("/usr/bin/handshaked", str(binary())).replace("ProtectHome=", "ProtectHom="))
    expect("ProtectHom" in verify(), "verify does not see a misspelt key: this test would prove nothing")

    unit.write_text(text.replace("/usr/bin/handshaked", str(binary())))
    example = t.directory / "handshaked.socket"
    shutil.copy(folder / "handshaked.socket", example)
    ended = subprocess.run(["systemd-analyze", "verify", "--man=no", example], capture_output=True, text=True, timeout=60)
    expect_equal((ended.stdout + ended.stderr).strip(), "", "what systemd-analyze verify says of handshaked.socket")
    t.step("so it is about the example of a socket unit")

    unit.write_text(text)
    ended = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True, timeout=60)
    rating = re.search(r"Overall exposure level for handshaked.service: ([0-9.]+)", ended.stdout)
    expect(rating, "no rating: " + ended.stdout + ended.stderr)
    expect(float(rating.group(1)) <= WORST_RATING, "the sandbox is rated %s, worse than %s" % (rating.group(1), WORST_RATING))
    t.step("the sandbox is rated %s" % rating.group(1))

    settings = re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)
    for setting in [("Type", "notify"), ("Restart", "on-failure"), ("RuntimeDirectory", "handshaked"), ("StateDirectory", "handshaked"),
                    ("StateDirectoryMode", "0700"), ("User", "handshaked"), ("ExecReload", "/usr/bin/handshaked check --offline"),
                    ("MemoryMax", "1G")]:
        expect(setting in settings, "the unit has no %s=%s" % setting)
    expect(dict(settings)["WatchdogSec"].isdigit(), "no watchdog")
    reloads = [value for name, value in settings if name == "ExecReload"]
    expect(len(reloads) == 2 and reloads[1] == "/bin/sh -c 'kill -HUP $MAINPID'", "a reload is not checked first: %s" % reloads)

    for tool, file in [("systemd-sysusers", "handshaked.sysusers"), ("systemd-tmpfiles", "handshaked.tmpfiles")]:
        if not shutil.which(tool):
            continue
        root = t.directory / tool
        (root / "etc").mkdir(parents=True)
        (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\nhandshaked:x:990:990::/:/usr/sbin/nologin\n" if "tmpfiles" in tool else "")
        (root / "etc" / "group").write_text("root:x:0:\nadm:x:4:\nsystemd-journal:x:101:\nhandshaked:x:990:\n" if "tmpfiles" in tool else "root:x:0:\nadm:x:4:\nsystemd-journal:x:101:\n")
        arguments = [tool, "--root=%s" % root] + (["--create"] if "tmpfiles" in tool else []) + [folder / file]
        ended = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
        expect_equal(ended.returncode, 0, "%s: %s" % (tool, ended.stderr))
        if "sysusers" in tool:
            group = (root / "etc" / "group").read_text()
            expect(re.search(r"^handshaked:.*nologin$", (root / "etc" / "passwd").read_text(), re.MULTILINE), "no user without a shell")
            expect(re.search(r"^adm:.*:handshaked$", group, re.MULTILINE), "the user is not in adm:\n" + group)
            expect(re.search(r"^systemd-journal:.*:handshaked$", group, re.MULTILINE), "the user is not in systemd-journal:\n" + group)
        else:
            expect_equal(oct((root / "var/lib/handshaked").stat().st_mode & 0o777), "0o700", "mode of the state directory")
            expect_equal(oct((root / "etc/handshaked/credentials").stat().st_mode & 0o777), "0o700", "mode of the credentials directory")
        t.step("%s takes %s" % (tool, file))


run(story)
