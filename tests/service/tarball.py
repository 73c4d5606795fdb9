"""The tarball for other distributions: what is in it; unpacked anywhere the program runs with its own rules and libraries; and `cmake --install`
alone puts the same files into the same places, or under another prefix."""
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from support.daemon import binary, source_directory
from support.scenario import Skip, expect, expect_equal, require_program, run

# Beside what the package has.
OWN = {"LICENSE", "INSTALL.md"}
LIBRARY = re.compile(r"usr/lib/handshaked/lib(re2|simdjson|spdlog|fmt|date-tz|snappy|sqlite3|prometheus-cpp-core)\.so[.\d]*")
LICENCE = re.compile(r"usr/share/doc/handshaked/libraries/[\w.+-]+\.copyright")
PLACES = re.compile(r"(usr/bin/handshaked|usr/lib/(systemd/system/handshaked\.service|systemd/catalog/handshaked\.[\w.]+|(sysusers|tmpfiles)\.d/handshaked\.conf)"
                    r"|usr/share/(handshaked/rules/.+\.json|handshaked/handshaked\.toml|handshaked/monitoring/handshaked-(alerts\.yml|dashboard\.json)|man/man\d/handshaked[\w.-]*\.gz|bash-completion/completions/handshaked"
                    r"|zsh/vendor-completions/_handshaked|fish/vendor_completions\.d/handshaked\.fish|doc/handshaked/(?!libraries/).+))")


def out(*arguments, **options):
    ended = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, timeout=300, **options)
    expect_equal(ended.returncode, 0, "exit status of %s: %s" % (" ".join(map(str, arguments)), (ended.stdout + ended.stderr)[-2000:]))
    return ended.stdout


def files_below(root):
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir()}


def tries(t, program, prefix, what):
    """Rules are found beside the program, from any directory and with an environment that says nothing."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    said = out(program, "rules", "lint", env=environment, cwd="/")
    rules = prefix / "share/handshaked/rules"
    checked = out(program, "check", "-c", source_directory() / "systemd/handshaked.toml", env=environment, cwd="/")
    expect(str(rules) in checked, "%s: rules are not those of %s: %s%s" % (what, rules, said, checked))
    log = next((source_directory() / "tests/golden/samples").glob("*.log"))
    scanned = out(program, "scan", "--format", "json", log, env=environment, cwd="/")
    expect('"incidents"' in scanned, "%s: scan says: %s" % (what, scanned[:500]))
    t.step("%s: lint, check and scan" % what)


def story(t):
    require_program("cpack", "patchelf", "objdump", "dpkg-query", "ldd")
    if "__asan_" in out("readelf", "-W", "--dyn-syms", binary()):
        raise Skip("a build with sanitizers is not what is shipped")
    build = Path(os.environ["HANDSHAKED_BUILD"])
    out("cpack", "--config", build / "CPackConfig.cmake", "-G", "TGZ", "-B", t.directory)
    packed = next(t.directory.glob("*.tar.gz"))
    expect(re.fullmatch(r"handshaked-[\d.]+-linux-\w+\.tar\.gz", packed.name), "name " + packed.name)
    with tarfile.open(packed) as archive:
        tops = {member.name.split("/")[0] for member in archive.getmembers()}
        expect(not any(member.name.startswith("/") or ".." in member.name for member in archive.getmembers()), "paths that leave the directory")
        archive.extractall(t.directory / "elsewhere")
    expect_equal(tops, {packed.name.removesuffix(".tar.gz")}, "directories on top")
    root = t.directory / "elsewhere" / tops.pop()
    listed = files_below(root)
    strangers = [name for name in listed if not (name in OWN or LIBRARY.fullmatch(name) or LICENCE.fullmatch(name) or PLACES.fullmatch(name))]
    expect_equal(strangers, [], "files that nobody knows")
    expect_equal(OWN - listed, set(), "files that are missing")
    libraries, licences = [sum(bool(kind.fullmatch(name)) for name in listed) for kind in (LIBRARY, LICENCE)]
    expect_equal(libraries, licences, "libraries, and licences of them")
    t.step("%s: %d files, %d libraries, %d KiB" % (packed.name, len(listed), libraries, packed.stat().st_size >> 10))

    program = root / "usr/bin/handshaked"
    for name, path in re.findall(r"^\s+(\S+) => (\S+)", out("ldd", program), re.MULTILINE):
        own = (root / "usr/lib/handshaked" / name).exists()
        expect(Path(path).resolve().is_relative_to(root.resolve()) == own, "%s comes from %s" % (name, path))
    tries(t, program, root / "usr", "unpacked")
    moved = t.directory / "moved"
    root.rename(moved)
    tries(t, moved / "usr/bin/handshaked", moved / "usr", "moved")

    stage = t.directory / "stage"
    out("cmake", "--install", build, "--prefix", "/usr", env=dict(os.environ, DESTDIR=str(stage)))
    installed = files_below(stage)
    expect_equal(installed ^ {name for name in listed if PLACES.fullmatch(name)}, set(), "files of the tarball and of cmake --install")
    other = t.directory / "opt"
    out("cmake", "--install", build, "--prefix", other, env=dict(os.environ, DESTDIR=str(t.directory / "other")))
    shutil.move(t.directory / "other" / other.relative_to("/"), other)
    tries(t, other / "bin/handshaked", other, "under another prefix")


run(story)
