"""The RPM: made by cpack from this build; what is in it, what it asks for, what its scripts would do; installed by rpm into a root of its own, over
itself, and taken away again."""
import os
import re
import subprocess
from pathlib import Path

from support.scenario import Skip, expect, expect_equal, require_program, run


def out(*arguments, **options):
    ended = subprocess.run([str(argument) for argument in arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, **options)
    expect_equal(ended.returncode, 0, "exit status of %s: %s" % (" ".join(map(str, arguments)), (ended.stdout + ended.stderr)[-2000:]))
    return ended.stdout


def story(t):
    require_program("cpack", "rpm", "rpmbuild")
    build = Path(os.environ["HANDSHAKED_BUILD"])
    if not (build / "portable/handshaked").exists():
        raise Skip("there is no portable program in this build: systemd/portable/static_libraries.sh could not run")
    out("cpack", "--config", build / "CPackConfig.cmake", "-G", "RPM", "-B", t.directory)
    package = next(t.directory.glob("*.rpm"))
    expect(re.fullmatch(r"handshaked-[\d.]+-1\.x86_64\.rpm", package.name), "name " + package.name)
    files = out("rpm", "-qp", "--qf", r"[%{FILENAMES} %{FILEMODES:octal} %{FILEUSERNAME}:%{FILEGROUPNAME}\n]", package).splitlines()
    listed = {name: (mode, owner) for name, mode, owner in (line.split() for line in files)}
    for name, mode in (("/usr/bin/handshaked", "100755"), ("/usr/lib/systemd/system/handshaked.service", "100644"), ("/usr/lib/sysusers.d/handshaked.conf", "100644"),
                       ("/usr/share/handshaked/handshaked.toml", "100644"), ("/usr/share/man/man8/handshaked.8.gz", "100644"), ("/etc/handshaked/conf.d", "40755")):
        expect_equal(listed.get(name), (mode, "root:root"), "mode and owner of " + name)
    expect_equal([name for name in listed if "handshaked" not in name], [], "directories of the system that it would own")
    requires = out("rpm", "-qp", "--requires", package)
    asked = [tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([\d.]+)", requires)]
    expect(asked and max(asked) <= (2, 34), "it asks for glibc: %s" % requires)
    expect(not re.search(r"libssl|libstdc|libre2|libsystemd", requires), "libraries that it brings itself: " + requires)
    scripts = out("rpm", "-qp", "--scripts", package)
    for wanted in ("systemd-sysusers handshaked.conf", "preset handshaked.service", "try-restart handshaked.service", "disable handshaked.service"):
        expect(wanted in scripts, "no %r in its scripts: %s" % (wanted, scripts))
    require_program("rpmlint")
    said = subprocess.run(["rpmlint", str(package)], capture_output=True, text=True, timeout=120).stdout
    # Whoever publishes it signs it, and says who that is.
    complaints = [line for line in re.findall(r"^handshaked\.x86_64: E: (.+)$", said, re.MULTILINE) if line not in ("no-signature", "no-packager-tag")]
    expect("packages: 1" in said and not complaints, "rpmlint: %s" % (complaints or said))
    t.step("%s: %d files, %d KiB, glibc %d.%d" % (package.name, len(listed), package.stat().st_size >> 10, *max(asked)))

    root = t.directory / "root"
    root.mkdir()
    rpm = ["rpm", "--root", root, "--nodeps", "--noscripts"]
    out(*rpm, "-i", package)
    said = out(root / "usr/bin/handshaked", "check", "-c", root / "usr/share/handshaked/handshaked.toml")
    expect("configuration and rules are good" in said, said)
    out(*rpm, "-V", "handshaked")
    out(*rpm, "-U", "--force", package)
    out(*rpm, "-e", "handshaked")
    expect_equal([str(path) for path in root.rglob("*") if "handshaked" in path.name], [], "what removal leaves")
    t.step("installed, verified, replaced and removed")


run(story)
