"""What `journalctl -x` explains: every MESSAGE_ID of the daemon, once, in both languages, and systemd takes the files."""
import re
import shutil
import subprocess

from support.daemon import source_directory
from support.scenario import expect, expect_equal, require_program, run


def story(t):
    header = (source_directory() / "daemon/telemetry/message_id.h").read_text("utf-8")
    ids = re.findall(r'MessageId (\w+)\{\s*"([0-9a-f]{32})"\}', header)
    expect(len(ids) >= 10 and len({number for _, number in ids}) == len(ids), "ids are missing or used twice: %s" % ids)
    used = "".join(path.read_text("utf-8") for path in (source_directory() / "daemon").rglob("*.cpp"))
    for name, _ in ids:
        expect(re.search(r"\b(message_id|id)::%s\b" % name, used), "no message has the id " + name)
    catalogs = {language: source_directory() / "systemd" / file for language, file in
                [("", "handshaked.catalog"), ("zh_CN", "handshaked.zh_CN.catalog")]}
    for file in catalogs.values():
        listed = re.findall(r"^-- ([0-9a-f]{32})$", file.read_text("utf-8"), re.MULTILINE)
        expect_equal(sorted(listed), sorted(number for _, number in ids), "ids in " + file.name)
    t.step("%d ids, each explained twice" % len(ids))

    require_program("journalctl")
    root = t.directory / "root"
    for directory in ("usr/lib/systemd/catalog", "var/lib/systemd/catalog", "etc"):
        (root / directory).mkdir(parents=True)
    for file in catalogs.values():
        shutil.copy(file, root / "usr/lib/systemd/catalog")
    made = subprocess.run(["journalctl", "--root=%s" % root, "--update-catalog"], capture_output=True, text=True, timeout=60)
    expect_equal((made.returncode, made.stdout + made.stderr), (0, ""), "what journalctl says of the catalogs")
    size = (root / "var/lib/systemd/catalog/database").stat().st_size
    expect(size > sum(file.stat().st_size for file in catalogs.values()) / 2, "the catalog is too small: %d bytes" % size)
    t.step("systemd takes them")


run(story)
