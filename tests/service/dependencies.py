"""What comes from others: every library that the program is linked to stands in daemon/README.md with its licence, the build fetches nothing, and
the programs that tests take from npm are locked by digest."""
import json
import re
import subprocess

from support.daemon import binary, source_directory
from support.scenario import Skip, expect, require_program, run

# Library to what the table calls it. The compiler's own go without saying.
CALLED = {"ssl": "OpenSSL", "crypto": "OpenSSL", "simdjson": "simdjson", "re2": "RE2", "spdlog": "spdlog", "fmt": "fmt", "sqlite3": "SQLite",
          "date-tz": "date", "z": "zlib", "zstd": "zstd", "snappy": "snappy", "systemd": "libsystemd", "prometheus-cpp-core": "prometheus-cpp",
          "protobuf-lite": "protobuf", "nats": "NATS", "rdkafka": "librdkafka", "seccomp": "libseccomp"}
COMPILERS = {"c", "m", "stdc++", "gcc_s", "pthread", "dl", "rt"}
FETCHING = re.compile(r"FetchContent|ExternalProject|file\s*\(\s*DOWNLOAD|\b(curl|wget|git clone)\b")


def story(t):
    require_program("readelf", "git")
    dynamic = subprocess.run(["readelf", "-W", "-d", binary()], check=True, capture_output=True, text=True).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[lib([\w+.-]+?)\.so", dynamic)) - COMPILERS
    if needed & {"asan", "tsan", "ubsan", "clang_rt"}:
        raise Skip("a build with sanitizers is not what is shipped")
    expect(len(needed) > 5, "libraries were not found: %s" % needed)
    readme = (source_directory() / "daemon/README.md").read_text("utf-8")
    table = re.findall(r"^\| ([^|]+) \| ([^|]+) \|", readme.partition("## Libraries")[2], re.MULTILINE)
    for library in sorted(needed):
        expect(library in CALLED, "%s is linked to, and nobody said so" % library)
        row = next((row for row in table if re.search(r"\b%s\b" % re.escape(CALLED[library]), row[0])), None)
        expect(row and len(row[1]) > 2, "daemon/README.md has no licence of " + CALLED[library])
    t.step("%d libraries: %s" % (len(needed), ", ".join(sorted(needed))))

    tracked = subprocess.run(["git", "-C", source_directory(), "ls-files"], capture_output=True, text=True).stdout.splitlines()
    if not tracked:
        raise Skip("the libraries are right; not tried: this is no clone, so what the build fetches is not known")
    for name in tracked:
        if name.endswith(("CMakeLists.txt", ".cmake")):
            found = FETCHING.search((source_directory() / name).read_text("utf-8"))
            expect(not found, "%s fetches: %s" % (name, found))
    manifests = [name for name in tracked if name.endswith("package.json")]
    for name in manifests:
        lock = source_directory() / name.replace("package.json", "package-lock.json")
        expect(str(lock.relative_to(source_directory())) in tracked, "%s is not locked" % name)
        for path, package in json.loads(lock.read_text("utf-8"))["packages"].items():
            expect(not path or package.get("link") or package.get("integrity", "").startswith("sha512-"), "%s: %s has no digest" % (lock, path))
    t.step("the build fetches nothing; %d lists of npm programs are locked" % len(manifests))


run(story)
