"""The program as it was built, row by row of the table in SECURITY.md: what is in force is found in the binary and in the commands of the compiler,
and what is said to be out of reach is."""
import json
import os
import re
import subprocess
from pathlib import Path

from support.daemon import binary, source_directory
from support.scenario import Skip, expect, expect_equal, require_program, run


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments, binary()], check=True, capture_output=True, text=True, timeout=120).stdout


def compiler_commands():
    """Of every source of the program."""
    entries = json.loads((Path(os.environ["HANDSHAKED_BUILD"]) / "compile_commands.json").read_text())
    daemon, joined = source_directory().resolve() / "daemon", Path(os.environ["HANDSHAKED_BUILD"]).resolve() / "units"
    commands, sources = {}, set()
    for entry in entries:
        file = Path(entry["file"]).resolve()
        if file.is_relative_to(daemon):
            sources.add(file)
        elif file.is_relative_to(joined):  # the files of a room, compiled together
            sources |= {daemon / name for name in re.findall(r'#include "([^"]+)"', file.read_text())}
        else:
            continue
        commands[entry["file"]] = entry["command"]
    # What stands for an engine in a build without it.
    lacking = set((daemon / "engine").rglob("*_lacking.cpp"))
    expect_equal(set(daemon.rglob("*.cpp")) - sources - lacking, set(), "sources that nobody compiles")
    return commands


class Hardening:
    def __init__(self):
        self.symbols, self.dynamic, self.segments, self.header = readelf("--dyn-syms"), readelf("-d"), readelf("-l"), readelf("-h")
        self.notes = readelf("-n")
        self.commands = compiler_commands()

    def every_source(self, flag):
        without = [name for name, command in self.commands.items() if not re.search(r"(^| )%s( |$)" % re.escape(flag), command)]
        expect(not without, "%d sources are compiled without %s, %s first" % (len(without), flag, without[:1]))

    def position_independent(self):
        expect(re.search(r"Type:\s+DYN", self.header), "not position independent (PIE)")
        expect(re.search(r"\(FLAGS_1\).*\bPIE\b", self.dynamic), "not marked as PIE")
        expect(not re.search(r"\(TEXTREL\)", self.dynamic), "code is changed when it is loaded")
        for name, command in self.commands.items():
            expect(re.search(r" -f(PIE|PIC|pie|pic) ", command), name + " is not position independent")

    def read_only_relocations(self):
        expect("GNU_RELRO" in self.segments, "no read-only relocations (RELRO)")
        expect(re.search(r"\(FLAGS\).*\bBIND_NOW\b", self.dynamic) or re.search(r"\(FLAGS_1\).*\bNOW\b", self.dynamic), "not bound at start (BIND_NOW)")

    def nothing_written_and_executed(self):
        stack = re.search(r"GNU_STACK.*", self.segments)
        expect(stack and "RWE" not in stack.group(0), "the stack may be executed")
        for line in re.findall(r"^\s+LOAD.*$", self.segments, re.MULTILINE):
            expect("RWE" not in line, "a segment is both written and executed: " + line)
        unit = (source_directory() / "systemd/handshaked.service").read_text("utf-8")
        expect("MemoryDenyWriteExecute=yes" in unit, "the unit does not deny memory both written and executed")

    def stack_protector(self):
        expect("__stack_chk_fail" in self.symbols, "no stack protector")
        self.every_source("-fstack-protector-strong")

    def checked_calls(self):
        expect(set(re.findall(r"\b__\w+_chk\b", self.symbols)), "no call into libc is checked (_FORTIFY_SOURCE)")
        self.every_source("-D_FORTIFY_SOURCE=2")
        expect(all(re.search(r" -O[23] ", command) for command in self.commands.values()), "without -O2 nothing is checked")

    def no_library_path(self):
        expect(not re.search(r"\((RPATH|RUNPATH)\)", self.dynamic), "libraries would be looked for in directories of the build")

    def no_cet(self):
        """The reason that the table gives: start files have no mark."""
        start = subprocess.run(["c++", "-print-file-name=Scrt1.o"], capture_output=True, text=True).stdout.strip()
        notes = subprocess.run(["readelf", "-W", "-n", start], capture_output=True, text=True).stdout
        expect("IBT" not in self.notes, "the program has CET's mark: the table may say so")
        expect("IBT" not in notes, "%s has CET's mark now: -fcf-protection can be switched on" % start)

    def no_cfi(self):
        first = next(iter(self.commands.values()))
        expect("-fsanitize" not in first, "it is built with -fsanitize: the table may say so")


ROWS = {"position independent (PIE)": Hardening.position_independent,
        "read-only relocations (RELRO), bound at start (BIND_NOW)": Hardening.read_only_relocations,
        "no executable stack, no memory both written and executed": Hardening.nothing_written_and_executed,
        "stack protector": Hardening.stack_protector,
        "checked calls into libc": Hardening.checked_calls,
        "no library path of the build": Hardening.no_library_path,
        "control-flow enforcement of the CPU (CET)": Hardening.no_cet,
        "control-flow integrity (CFI)": Hardening.no_cfi}


def story(t):
    require_program("readelf", "c++")
    symbols = readelf("--dyn-syms")
    if "__asan_" in symbols or "__tsan_" in symbols:
        raise Skip("a build with sanitizers is not what is shipped")
    text = (source_directory() / "SECURITY.md").read_text("utf-8")
    table = re.findall(r"^\| ([^|]+) \| [^|]+ \| (yes|no: [^|]+) \|$", text.partition("| what | how | in force |")[2], re.MULTILINE)
    expect_equal([row for row, _ in table], list(ROWS), "rows of the table in SECURITY.md")
    program = Hardening()
    if "clang" in " ".join(next(iter(program.commands.values())).split()[:2]):
        raise Skip("g++ makes what is shipped")
    for row, in_force in table:
        expect_equal(in_force == "yes", not ROWS[row].__name__.startswith("no_c"), "whether it is in force: " + row)
        ROWS[row](program)
        t.step("%s: %s" % (row, in_force.partition(":")[0]))


run(story)
