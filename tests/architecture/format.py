"""Every source is formatted as .clang-format says: `./dev format` does it. Releases of clang-format differ, and Debian 12's is the one that counts."""
import shutil
import subprocess

from support.daemon import source_directory
from support.scenario import Skip, expect, expect_equal, run

VERSION = " version 14."


def story(t):
    if not shutil.which("clang-format"):
        raise Skip("clang-format is not installed")
    version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout
    if VERSION not in version:
        raise Skip("this is another clang-format: " + version.strip())
    root = source_directory().resolve()
    sources = [path for top in ("daemon", "tests", "bench") for path in sorted((root / top).rglob("*")) if path.suffix in (".cpp", ".h") and "node_modules" not in path.parts]
    expect(len(sources) > 500, "only %d sources in %s" % (len(sources), root))
    unformatted = set()
    for first in range(0, len(sources), 100):
        checked = subprocess.run(["clang-format", "--dry-run", "-Werror", *sources[first:first + 100]], capture_output=True, text=True)
        unformatted |= {line.split(":")[0] for line in checked.stderr.splitlines() if "-Wclang-format-violations" in line}
        expect(checked.returncode == 0 or unformatted, "clang-format failed: " + checked.stderr[-500:])
    expect_equal(sorted(unformatted), [], "not formatted; ./dev format does it")
    t.step("%d sources" % len(sources))


run(story)
