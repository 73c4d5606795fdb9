"""The tarball for other distributions: what is in it; its program asks for nothing but a glibc of 2.28 (2.34 where no older one could be linked); unpacked
anywhere it runs with its own rules; and `cmake --install` alone puts the same files into the same places, or under another prefix."""
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

from support.daemon import binary, source_directory
from support.scenario import Skip, expect, expect_equal, require_program, run

# Beside what the package has.
OWN = {"LICENSE", "INSTALL.md", "install.sh"}
# Of glibc itself; what a host without them would not be Linux as we know it.
SHARED = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "ld-linux-x86-64.so.2"}
LICENCE = re.compile(r"usr/share/doc/handshaked/libraries/[\w.+-]+\.copyright")
PLACES = re.compile(r"(usr/bin/handshaked|usr/lib/(systemd/system/handshaked\.service|systemd/catalog/handshaked\.[\w.]+|(sysusers|tmpfiles)\.d/handshaked\.conf)"
                    r"|usr/share/(handshaked/rules/(.+\.json|EDITION)|handshaked/handshaked\.toml|handshaked/monitoring/handshaked-(alerts\.yml|dashboard\.json)|man/man\d/handshaked[\w.-]*\.gz|bash-completion/completions/handshaked"
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


def newest_symbol(program):
    """(2, 28): the newest version of glibc that a symbol asks for. Nothing else is asked for at all."""
    needed = set(re.findall(r"\(NEEDED\).*\[(.+?)\]", out("readelf", "-W", "-d", program)))
    expect_equal(needed - SHARED, set(), "libraries that the host would have to have")
    asked = out("objdump", "-T", program)
    expect_equal(re.findall(r"GLIBCXX_[\d.]+|GCC_[\d.]+", asked), [], "symbols of the compiler's libraries")
    return max(tuple(map(int, version.split("."))) for version in re.findall(r"GLIBC_([\d.]+)", asked))


def story(t):
    require_program("cpack", "readelf", "objdump", "strip")
    if "__asan_" in out("readelf", "-W", "--dyn-syms", binary()):
        raise Skip("a build with sanitizers is not what is shipped")
    build = Path(os.environ["HANDSHAKED_BUILD"])
    if not (build / "portable/handshaked").exists():
        raise Skip("there is no portable program in this build: systemd/portable/static_libraries.sh could not run")
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
    strangers = [name for name in listed if not (name in OWN or LICENCE.fullmatch(name) or PLACES.fullmatch(name))]
    expect_equal(strangers, [], "files that nobody knows")
    expect_equal(OWN - listed, set(), "files that are missing")
    licences = {name.split("/")[-1] for name in listed if LICENCE.fullmatch(name)}
    for library in ("libssl", "libsqlite3", "libre2", "libsimdjson", "libstdc++"):
        expect(any(name.startswith(library) for name in licences), "no licence of %s in %s" % (library, licences))
    t.step("%s: %d files, %d licences, %d KiB" % (packed.name, len(listed), len(licences), packed.stat().st_size >> 10))

    program = root / "usr/bin/handshaked"
    newest = newest_symbol(program)
    older = Path(os.environ["HANDSHAKED_SOURCE"], "build/static/glibc").exists()
    expect(newest <= ((2, 28) if older else (2, 34)), "a symbol asks for glibc %d.%d" % newest)
    t.step("it asks for glibc %d.%d; %d KiB" % (*newest, program.stat().st_size >> 10))
    tries(t, program, root / "usr", "unpacked")
    moved = t.directory / "moved"
    root.rename(moved)
    tries(t, moved / "usr/bin/handshaked", moved / "usr", "moved")

    stage = t.directory / "stage"
    out("cmake", "--install", build, "--prefix", "/usr", env=dict(os.environ, DESTDIR=str(stage)))
    installed = files_below(stage)
    installed = {name for name in installed if not name.startswith("etc/")}
    expect_equal(installed ^ {name for name in listed if PLACES.fullmatch(name)}, set(), "files of the tarball and of cmake --install")
    other = t.directory / "opt"
    out("cmake", "--install", build, "--prefix", other, env=dict(os.environ, DESTDIR=str(t.directory / "other")))
    shutil.move(t.directory / "other" / other.relative_to("/"), other)
    tries(t, other / "bin/handshaked", other, "under another prefix")


run(story)
