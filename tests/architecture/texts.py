"""Catalogues: every text of a texts.ini has both languages with the same placeholders, every key that a room names is in its catalogue or in
one of a room around it and every key of a catalogue is named, a call gives all placeholders of its text, and no room with a catalogue has
texts in its code. "ask." names all keys of the group: what follows is a cause (rules/causes/)."""
import re

from support.daemon import source_directory
from support.scenario import expect, expect_equal, run

KEY = re.compile(r"^\[([a-z_]+(?:\.[a-z_]+)+)\]$")
TEXT = re.compile(r'^(en|zh) = "(.*)"$')
NAMED = re.compile(r'"([a-z_]+(?:\.[a-z_]+)+)"')
BY_CAUSE = re.compile(r'"([a-z_]+)\."')
COMMENT = re.compile(r"(?m)(?:^|[ \t])//.*$")
ASKS = re.compile(r"(?:\w+_)?(?:text|texts|say|say_)$")
VALUE = re.compile(r'{\s*"([a-z_]+)",')
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def read_catalogue(path, wrong):
    """{key: {language: text}}"""
    lines = path.read_text("utf-8").split("\n")
    expect(lines[0].startswith('R"texts(#') and lines[-2:] == [')texts"', ""], "%s is not framed as the program includes it" % path)
    texts, key = {}, None
    for number, line in enumerate(lines[1:-2], 2):
        if not line or line.startswith("#"):
            continue
        if KEY.match(line):
            key = KEY.match(line).group(1)
            if key in texts:
                wrong.append("%s:%d: [%s] is there twice" % (path, number, key))
            texts[key] = {}
        elif TEXT.match(line) and key:
            language, text = TEXT.match(line).groups()
            if language in texts[key] or not text:
                wrong.append("%s:%d: %s of [%s] is empty, or there twice" % (path, number, language, key))
            texts[key][language] = text
        else:
            wrong.append('%s:%d: neither [key] nor en = "text" nor zh = "text"' % (path, number))
    return texts


def complaints_about(texts):
    for key, languages in sorted(texts.items()):
        if set(languages) != {"en", "zh"}:
            yield "[%s] has no %s" % (key, ", ".join(sorted({"en", "zh"} - set(languages))))
        names = [sorted(set(re.findall(r"{(\w*)}", text))) for text in languages.values()]
        if any(name != names[0] for name in names):
            yield "[%s] has other placeholders in each language: %s" % (key, names)
        if any(re.sub(r"{[a-z_]+}", "", text).count("{") + re.sub(r"{[a-z_]+}", "", text).count("}") for text in languages.values()):
            yield "[%s] has a brace that is no placeholder" % key
        if CHINESE.search(languages.get("en", "")):
            yield "[%s] has Chinese in its English" % key


def call_around(source, at):
    """What is called with what stands at `at`, and how many parentheses that only group stand in between: ("load_text", 0)."""
    depth = grouped = 0
    for before in range(at - 1, max(0, at - 400), -1):
        depth += (source[before] in ")}]") - (source[before] in "({[")
        if depth < 0:
            callee = re.search(r"(\w*)$", source[max(0, before - 60):before]).group(1)
            if source[before] != "(" or callee:
                return callee, grouped
            depth, grouped = 0, grouped + 1
    return "", grouped


def values_given(source, begin, end):
    """The names of the values that a text is asked for with whose key is source[begin:end]; None when no text is asked for here."""
    callee, grouped = call_around(source, begin)
    if not ASKS.match(callee):
        return None
    depth = 0
    for at in range(end, min(len(source), end + 4000)):
        sign = source[at]
        if depth == 0 and sign == ",":
            block = source[at + 1:].lstrip()
            return set(VALUE.findall(braced(block))) if block.startswith("{") else None
        if depth == 0 and sign == ")":
            if not grouped:
                return set()
            grouped -= 1
            continue
        if depth == 0 and sign in "};":
            return None
        depth += (sign in "({[") - (sign in ")}]")
    return None


def braced(block):
    depth = 0
    for at, sign in enumerate(block):
        depth += (sign in "({[") - (sign in ")}]")
        if depth == 0:
            return block[:at + 1]
    return block


def complaints_about_use(catalogues, sources, causes):
    """`catalogues`: {folder: {key: {language: text}}}; `sources`: {path: text} of all that stands in or below such a folder."""
    used = set()
    for path, source in sorted(sources.items()):
        source = COMMENT.sub("", source)
        around = [folder for folder in catalogues if folder in path.parents]
        texts = {key: (folder, text) for folder in around for key, text in catalogues[folder].items()}
        if len(texts) != sum(len(catalogues[folder]) for folder in around):
            yield "%s: a key is in a catalogue, and in one of a room around it" % path
        groups = {key.split(".")[0] for key in texts}
        for group in BY_CAUSE.findall(source):
            of_group = {key for key in texts if key.split(".")[0] == group and key.split(".")[1] in causes}
            used |= {(texts[key][0], key) for key in of_group}
            for key in sorted(of_group):
                lacking = set(re.findall(r"{(\w*)}", texts[key][1].get("en", ""))) - set(VALUE.findall(source))
                if lacking:
                    yield "%s: [%s] wants %s" % (path, key, ", ".join(sorted(lacking)))
        for match in NAMED.finditer(source):
            key = match.group(1)
            if key in texts:
                used.add((texts[key][0], key))
                given = values_given(source, match.start(), match.end())
                lacking = set(re.findall(r"{(\w*)}", texts[key][1].get("en", ""))) - (given or set())
                if given is not None and lacking:
                    yield "%s: [%s] wants %s" % (path, key, ", ".join(sorted(lacking)))
            elif key.split(".")[0] in groups:
                yield "%s: no text is called [%s]" % (path, key)
        for number, line in enumerate(source.split("\n"), 1):
            if CHINESE.search(line):
                yield "%s:%d: a text in the code" % (path, number)
    for folder, texts in catalogues.items():
        for key in sorted(texts):
            if (folder, key) not in used:
                yield "%s/texts.ini: [%s] is not used" % (folder, key)


def story(t):
    daemon = source_directory() / "daemon"
    catalogues = sorted(daemon.rglob("texts.ini"))
    expect(catalogues, "no texts.ini in %s" % daemon)
    wrong, texts, sources = [], {}, {}
    for path in catalogues:
        folder = path.parent.relative_to(daemon)
        texts[folder] = read_catalogue(path, wrong)
        wrong += ["%s: %s" % (path.relative_to(daemon), complaint) for complaint in complaints_about(texts[folder])]
        sources.update({source.relative_to(daemon): source.read_text("utf-8")
                        for source in path.parent.rglob("*") if source.suffix in (".h", ".cpp")})
    causes = {cause.stem for cause in (source_directory() / "rules" / "causes").glob("*.json")}
    wrong += complaints_about_use(texts, sources, causes)
    for complaint in wrong:
        print(complaint)
    t.step("%d texts in %d catalogues" % (sum(len(one) for one in texts.values()), len(catalogues)))
    expect_equal(len(wrong), 0, "complaints")


run(story)
