"""Names: files are in snake_case and say what they hold, every header has #pragma once, namespaces follow folders, tests mirror the sources."""
import re

from support.daemon import source_directory
from support.scenario import expect, run

SNAKE_CASE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
SAY_NOTHING = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "impl", "stuff", "base_class", "types", "functions"}
NAMESPACE = re.compile(r"^namespace (handshaked(?:::\w+)*) \{", re.MULTILINE)
# Sentences: TEST(LogTail, KeepsPartialLineAcrossRotation)
TEST_NAME = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", re.MULTILINE)


def story(t):
    root = source_directory()
    wrong = []
    sources = [path for top in ("daemon", "tests", "bench") for path in sorted((root / top).rglob("*"))
               if path.suffix in (".h", ".cpp", ".py") and "node_modules" not in path.parts]
    expect(sources, "no sources in %s" % root)
    for path in sources:
        name = path.relative_to(root)
        text = path.read_text("utf-8")
        if path.stem != "__init__":
            if not SNAKE_CASE.fullmatch(path.stem):
                wrong.append("%s: not in snake_case" % name)
            if SAY_NOTHING & set(path.stem.split("_")):
                wrong.append("%s: the name says nothing" % name)
        if path.suffix == ".h" and "#pragma once" not in text:
            wrong.append("%s: no #pragma once" % name)
        if path.suffix == ".h" and re.search(r"^\s*using namespace ", text, re.MULTILINE):
            wrong.append("%s: `using namespace` in a header" % name)
        if name.parts[0] == "daemon" and path.suffix in (".h", ".cpp"):
            folder = name.parts[1] if len(name.parts) > 2 else None
            allowed = {"handshaked"} if folder in (None, "base") else {"handshaked::" + folder}
            for found in set(NAMESPACE.findall(text)) - allowed:
                wrong.append("%s: namespace %s, its folder says %s" % (name, found, " ".join(allowed)))
        if "\t" in text and path.suffix != ".py":
            wrong.append("%s: tabs" % name)
        for number, line in enumerate(text.splitlines(), 1):
            if line.rstrip() != line:
                wrong.append("%s:%d: white space at the end" % (name, number))
                break
    for path in (root / "tests" / "unit").rglob("*_test.cpp"):
        name = path.relative_to(root / "tests" / "unit")
        if len(name.parts) > 1 and not (root / "daemon" / name.parts[0]).is_dir():
            wrong.append("tests/unit/%s: there is no daemon/%s" % (name, name.parts[0]))
        for suite, test in TEST_NAME.findall(path.read_text("utf-8")):
            if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", test) or len(re.findall(r"[A-Z]", test)) < 2:
                wrong.append("tests/unit/%s: %s.%s is no sentence" % (name, suite, test))
    for top in (root / "daemon", root / "tests"):
        for directory in top.rglob("*"):
            if directory.is_dir() and "node_modules" not in directory.parts and SAY_NOTHING & set(directory.name.split("_")):
                wrong.append("%s: the name says nothing" % directory.relative_to(root))
    for text in wrong:
        print(text)
    t.step("%d files" % len(sources))
    expect(not wrong, "%d names are not right" % len(wrong))


run(story)
