"""Catalogues: every text of a texts.ini has both languages with the same placeholders, every key that a room names is in its catalogue and
every key of the catalogue is named, and no room with a catalogue has texts in its code."""
import re

from support.daemon import source_directory
from support.scenario import expect, expect_equal, run

KEY = re.compile(r"^\[([a-z_]+(?:\.[a-z_]+)+)\]$")
TEXT = re.compile(r'^(en|zh) = "(.*)"$')
NAMED = re.compile(r'"([a-z_]+(?:\.[a-z_]+)+)"')
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


def complaints_about(texts, sources):
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
    groups = {key.split(".")[0] for key in texts}
    named = {key for text in sources.values() for key in NAMED.findall(text) if key.split(".")[0] in groups}
    for key in sorted(named - set(texts)):
        yield "no text is called [%s]" % key
    for key in sorted(set(texts) - named):
        yield "[%s] is not used" % key
    for path, text in sources.items():
        for number, line in enumerate(text.split("\n"), 1):
            if CHINESE.search(line.split("//")[0]):
                yield "%s:%d: a text in the code" % (path, number)


def story(t):
    daemon = source_directory() / "daemon"
    catalogues = sorted(daemon.rglob("texts.ini"))
    expect(catalogues, "no texts.ini in %s" % daemon)
    wrong, count = [], 0
    for path in catalogues:
        texts = read_catalogue(path, wrong)
        sources = {source.relative_to(daemon): source.read_text("utf-8")
                   for source in sorted(path.parent.rglob("*")) if source.suffix in (".h", ".cpp")}
        wrong += ["%s: %s" % (path.relative_to(daemon), complaint) for complaint in complaints_about(texts, sources)]
        count += len(texts)
    for complaint in wrong:
        print(complaint)
    t.step("%d texts in %d catalogues" % (count, len(catalogues)))
    expect_equal(len(wrong), 0, "complaints")


run(story)
