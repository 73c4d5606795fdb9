"""The program as it was built: position independent, read-only relocations bound at start, stack protector, checked libc calls."""
import re
import subprocess

from support.daemon import binary
from support.scenario import Skip, expect, require_program, run


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments, binary()], check=True, capture_output=True, text=True, timeout=120).stdout


def story(t):
    require_program("readelf")
    symbols = readelf("--dyn-syms")
    if "__asan_" in symbols or "__tsan_" in symbols:
        raise Skip("a build with sanitizers is not what is shipped")
    header, segments, dynamic = readelf("-h"), readelf("-l"), readelf("-d")
    expect(re.search(r"Type:\s+DYN", header), "not position independent (PIE)")
    expect(re.search(r"\(FLAGS_1\).*\bPIE\b", dynamic), "not marked as PIE")
    expect("GNU_RELRO" in segments, "no read-only relocations (RELRO)")
    expect(re.search(r"\(FLAGS\).*\bBIND_NOW\b", dynamic) or re.search(r"\(FLAGS_1\).*\bNOW\b", dynamic), "not bound at start (BIND_NOW)")
    stack = re.search(r"GNU_STACK.*", segments)
    expect(stack and "RWE" not in stack.group(0), "the stack may be executed")
    for line in re.findall(r"^\s+LOAD.*$", segments, re.MULTILINE):
        expect("RWE" not in line, "a segment is both written and executed: " + line)
    expect("__stack_chk_fail" in symbols, "no stack protector")
    checked = sorted(set(re.findall(r"\b__\w+_chk\b", symbols)))
    expect(checked, "no call into libc is checked (_FORTIFY_SOURCE)")
    expect(not re.search(r"\((RPATH|RUNPATH)\)", dynamic), "libraries would be looked for in directories of the build")
    t.step("PIE, RELRO, BIND_NOW, no executable stack, stack protector, fortified: " + " ".join(checked))


run(story)
