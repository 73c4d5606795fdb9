"""The Debian package: made by cpack from this build; what is in it, whose, with which modes; lintian; what its scripts do in a root."""
import os
import re
import shutil
import subprocess
from pathlib import Path

from support.daemon import binary, source_directory
from support.documentation import broken_links
from support.scenario import Skip, expect, expect_equal, require_program, run

FILES = {
    "usr/bin/handshaked": "-rwxr-xr-x",
    "usr/lib/systemd/system/handshaked.service": "-rw-r--r--",
    "usr/lib/systemd/catalog/handshaked.catalog": "-rw-r--r--",
    "usr/lib/systemd/catalog/handshaked.zh_CN.catalog": "-rw-r--r--",
    "usr/lib/sysusers.d/handshaked.conf": "-rw-r--r--",
    "usr/lib/tmpfiles.d/handshaked.conf": "-rw-r--r--",
    "usr/share/handshaked/handshaked.toml": "-rw-r--r--",
    "etc/handshaked/conf.d/": "drwxr-xr-x",
    "usr/share/bash-completion/completions/handshaked": "-rw-r--r--",
    "usr/share/zsh/vendor-completions/_handshaked": "-rw-r--r--",
    "usr/share/fish/vendor_completions.d/handshaked.fish": "-rw-r--r--",
    "usr/share/doc/handshaked/copyright": "-rw-r--r--",
    "usr/share/doc/handshaked/changelog.gz": "-rw-r--r--",
    "usr/share/doc/handshaked/README.md": "-rw-r--r--",
    "usr/share/doc/handshaked/SECURITY.md": "-rw-r--r--",
    "usr/share/doc/handshaked/systemd/guide/install.md": "-rw-r--r--",
    "usr/share/doc/handshaked/rules/README.md": "-rw-r--r--",
    "usr/share/doc/handshaked/daemon/format/README.md": "-rw-r--r--",
    "usr/share/doc/handshaked/examples/handshaked.socket": "-rw-r--r--",
    "usr/share/handshaked/rules/schema/rule.schema.json": "-rw-r--r--",
    "usr/share/handshaked/rules/EDITION": "-rw-r--r--",
    "usr/share/handshaked/monitoring/handshaked-alerts.yml": "-rw-r--r--",
    "usr/share/handshaked/monitoring/handshaked-dashboard.json": "-rw-r--r--",
    "usr/share/man/man1/handshaked.1.gz": "-rw-r--r--",
    "usr/share/man/man5/handshaked.toml.5.gz": "-rw-r--r--",
    "usr/share/man/man5/handshaked-rules.5.gz": "-rw-r--r--",
    "usr/share/man/man8/handshaked.8.gz": "-rw-r--r--",
}


def out(*arguments, **options):
    ended = subprocess.run([str(argument) for argument in arguments], capture_output=True, text=True, timeout=300, **options)
    expect_equal(ended.returncode, 0, "exit status of %s: %s" % (" ".join(map(str, arguments)), ended.stdout + ended.stderr))
    return ended.stdout


def repository(t, package):
    """apt finds the package in what repository.sh makes of it, and gets the same bytes; signed, where gpg is."""
    if not shutil.which("apt-get") or not shutil.which("dpkg-scanpackages"):
        return t.step("the repository is not tried: apt-get or dpkg-scanpackages is missing")
    where = t.directory / "repository"
    out("sh", source_directory() / "systemd/debian/repository.sh", where, package)
    for name in ("lists/partial", "archives/partial", "got"):
        (t.directory / "apt" / name).mkdir(parents=True)
    (t.directory / "apt/sources.list").write_text("deb [trusted=yes] file:%s ./\n" % where)
    options = ["-qq", "-o", "APT::Sandbox::User=root", "-o", "Dir::Etc::sourceparts=-"]
    for key, name in (("Dir::Etc::sourcelist", "sources.list"), ("Dir::State::lists", "lists"), ("Dir::Cache::archives", "archives")):
        options += ["-o", "%s=%s" % (key, t.directory / "apt" / name)]
    out("apt-get", *options, "update")
    out("apt-get", *options, "download", "handshaked", cwd=t.directory / "apt/got")
    expect_equal(next((t.directory / "apt/got").glob("*.deb")).read_bytes(), package.read_bytes(), "what apt has got")
    t.step("a repository, and apt reads it")


def story(t):
    require_program("cpack", "dpkg-deb", "dpkg-shlibdeps", "file")
    if "__asan_" in out("readelf", "-W", "--dyn-syms", binary()):
        raise Skip("a build with sanitizers is not what is shipped")
    build = Path(os.environ["HANDSHAKED_BUILD"])
    out("cpack", "--config", build / "CPackConfig.cmake", "-G", "DEB", "-B", t.directory)
    packages = list(t.directory.glob("*.deb"))
    expect_equal(len(packages), 1, "packages")
    package = packages[0]
    t.step("made " + package.name)

    listed = {}
    for line in out("dpkg-deb", "-c", package).splitlines():
        mode, owner, _, _, _, name = line.split(None, 5)
        listed[name.removeprefix("./")] = mode
        expect_equal(owner, "root/root", "owner of " + name)
        expect("w" not in mode[5] + mode[8], "others may write " + name)
    for name, mode in FILES.items():
        expect_equal(listed.get(name), mode, "mode of " + name)
    known = re.compile(r"usr/share/handshaked/rules/(\w[\w-]*/)*[\w.-]+\.json|usr/share/doc/handshaked/(\w+/)*[\w-]+\.(md|json|yml)")
    expect_equal([name for name in listed if not name.endswith("/") and name not in FILES and not known.fullmatch(name)], [], "files that nobody knows")
    rules = [name for name in listed if re.fullmatch(r"usr/share/handshaked/rules/[^/]+\.json", name)]
    expect(len(rules) > 250, "only %d rules are in it" % len(rules))
    expect(not [name for name in listed if "/tests/" in name and not name.startswith("usr/share/doc/") or name.endswith((".a", ".cpp", ".h"))], "it holds what belongs to the sources")

    depends = out("dpkg-deb", "-f", package, "Depends")
    for library in ("libc6", "libssl3", "libre2", "libsystemd0", "systemd-sysusers"):
        expect(library in depends, "it does not depend on %s: %s" % (library, depends))
    root = t.directory / "root"
    out("dpkg-deb", "-R", package, root)
    expect(not (root / "DEBIAN" / "conffiles").exists(), "a conffile that somebody changed stops an unattended upgrade with a question")
    documentation = root / "usr/share/doc/handshaked"
    expect_equal(broken_links(documentation, sorted(documentation.rglob("*.md"))), [], "broken links")
    for script in ("postinst", "prerm", "postrm"):
        out("sh", "-n", root / "DEBIAN" / script)
    said = out(root / "usr/bin/handshaked", "check", "-c", root / "usr/share/handshaked/handshaked.toml", "--rules", root / "usr/share/handshaked/rules")
    expect("configuration and rules are good" in said, said)
    t.step("%d files, and the program in it is content with configuration and rules" % len(listed))

    repository(t, package)
    if not shutil.which("lintian"):
        raise Skip("the package is right; not tried: lintian is not installed")
    ended = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", package], capture_output=True, text=True, timeout=300)
    expect_equal(ended.stdout.strip(), "", "what lintian says")
    expect_equal(ended.returncode, 0, "exit status of lintian: " + ended.stderr)
    t.step("lintian has nothing to say")


run(story)
