"""The verbs of the knowledge base, on our own rules and on broken ones: `rules lint|test|import|export|list|show`."""
import base64
import hashlib
import html.parser
import json
import os
import re
import shutil
import subprocess

from support.daemon import binary, rules_directory, source_directory
from support.scenario import expect, expect_equal, run

RULE = "upstream-ssl-certificate-verify-error"


def rules(*arguments, stdin=None):
    done = subprocess.run([binary(), "rules", *map(str, arguments)], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={"PATH": "/usr/bin:/bin", "HANDSHAKED_RULES": str(rules_directory()), "LANG": "C"})
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8")


class PageReader(html.parser.HTMLParser):
    """Collects links, and what has no place on a page of ours."""
    def __init__(self):
        super().__init__()
        self.open, self.links, self.wrong, self.policy, self.style, self.script = [], [], [], None, None, None

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag in ("img", "iframe", "object", "form") or any(name.startswith("on") or name == "style" for name in attributes):
            self.wrong.append("<%s %s>" % (tag, attributes))
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]
        if "href" in attributes:
            self.links.append(attributes["href"])
        if tag not in ("meta", "link", "br", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append("</%s> closes nothing" % tag)

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style = data
        if self.open and self.open[-1] == "script":
            self.script = data


def hash_of(text):
    return "'sha256-%s'" % base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def check_site(site):
    pages = 0
    for directory, _, files in os.walk(site):
        for file in files:
            page = PageReader()
            with open(os.path.join(directory, file), encoding="utf-8") as text:
                page.feed(text.read())
            pages += 1
            expect(not page.wrong and not page.open, "%s/%s: %s %s" % (directory, file, page.wrong[:3], page.open))
            expect("style-src " + hash_of(page.style) in page.policy and "default-src 'none'" in page.policy, "%s: policy %s" % (file, page.policy))
            expect((page.script is not None) == (file == "find.html"), "%s: a script, or none" % file)
            expect(page.script is None or "script-src " + hash_of(page.script) + ";" in page.policy, "%s: policy %s" % (file, page.policy))
            for link in page.links:
                if not re.match(r"https?://", link):
                    expect(os.path.isfile(os.path.join(directory, link)), "%s/%s links to %s, which is not there" % (directory, file, link))
    return pages


def check_search(t, site):
    """In node: each line that a rule ships as its sample is found by that rule, and a search finds rules, causes and codes."""
    if shutil.which("node") is None:
        return "node is not installed: the script was not run"
    script = t.directory / "find.js"
    page = (site / "en" / "find.html").read_text("utf-8")
    script.write_text(page[page.index("<script>") + len("<script>"):page.rindex("</script>")], "utf-8")
    asked, owners = [], []
    for file in sorted(rules_directory().glob("*.json")):
        rule = json.loads(file.read_text("utf-8"))
        if [cause["cause"] for cause in rule.get("causes", [])] == ["unclassified"]:
            continue
        for sample in rule["samples"]:
            asked.append({"field": "line", "text": sample["line"] if isinstance(sample, dict) else sample})
            owners.append("rules/%s.html" % file.stem)
    searches = {"verify code 20": "codes/verify-20.html", "alert 48": "codes/alert-48.html", "upstream_chain_incomplete": "causes/upstream_chain_incomplete.html"}
    asked += [{"field": "find", "text": text} for text in searches]
    done = subprocess.run(["node", source_directory() / "tests" / "browser" / "site_search.js", script], input=json.dumps(asked).encode(),
                          stdout=subprocess.PIPE, check=True, timeout=60)
    answers = json.loads(done.stdout)
    missed = [asked[i]["text"] for i, owner in enumerate(owners) if owner not in answers[i]]
    expect(len(missed) * 50 <= len(owners), "%d of %d sample lines are not found by their rule: %s" % (len(missed), len(owners), missed[:5]))
    for answer, wanted in zip(answers[len(owners):], searches.values()):
        expect(wanted in answer, "a search for %s gives %s" % (wanted, answer[:5]))
    return "%d of %d sample lines lead to their rule in the browser's expressions" % (len(owners) - len(missed), len(owners))


def story(t):
    ours = rules_directory()
    broken = t.directory / "broken"
    shutil.copytree(ours, broken)
    path = broken / (RULE + ".json")
    entry = json.loads(path.read_text("utf-8"))
    entry["severity"] = "fatal"
    path.write_text(json.dumps(entry, ensure_ascii=False, indent=2), "utf-8")
    code, out, _ = rules("lint", broken)
    expect(code == 1 and "severity: must be one of" in out, "a wrong severity passes lint: %s" % out[-500:])

    entry["severity"] = "critical"
    entry["signature_zh"] = "no Chinese here"
    entry["official_doc_url"] = "https://nginx.org/a b"
    entry["causes"].append({"cause": "no_such_cause", "likelihood": 0.1, "tell_apart": "so"})
    entry["leads_to"] = ["nginx/no-such-rule"]
    entry["samples"].append({"line": "2026/11/21 02:58:15 [error] 9#9: *1 something else, client: 1.1.1.1, server: a", "origin": "a test"})
    path.write_text(json.dumps(entry, ensure_ascii=False, indent=2), "utf-8")
    code, out, _ = rules("lint", broken)
    for part in ("signature_zh: holds no Chinese", "is not a valid link", "causes/no_such_cause.json is missing", "leads_to names nginx/no-such-rule", "lacks its translation"):
        expect(code == 1 and part in out, "lint does not complain %r: %s" % (part, out[-800:]))
    line = 1 + path.read_text("utf-8").split('"signature_zh"')[0].count("\n")
    expect("%s:%d: signature_zh" % (path, line) in out, "lint names another line than %d: %s" % (line, out))
    code, out, _ = rules("test", broken)
    expect(code == 1 and "does not match its sample" in out and "something else" in out and "1 failure in" in out, "a wrong sample passes: %s" % out[-500:])
    t.step("what is broken is found")

    site = t.directory / "site"
    code, _, err = rules("export", "--format", "html", site)
    expect_equal((code, err), (0, ""), "export --format html")
    t.step("%d pages of the site are sound" % check_site(site))
    t.step(check_search(t, site))
    chinese = (site / "zh" / "rules" / (RULE + ".html")).read_text("utf-8")
    expect('lang="zh-CN"' in chinese and "处理方法" in chinese and "../../en/rules/%s.html" % RULE in chinese, "the Chinese page is not Chinese")

    code, out, _ = rules("export")
    entries = json.loads(out)
    expect(code == 0 and "{family}" not in out, "export leaves {family} in")
    loaded = {e["id"]: e for e in entries}
    expect(all(e["workarounds"] or e["noise"] or e["kind"] == "consequence" or e["dead_ends"] for e in entries), "an exported entry has no advice")
    exported = t.directory / "entries.json"
    exported.write_text(out, "utf-8")
    code, again, _ = rules("import", exported)
    expect(code == 0 and json.loads(again) == entries, "what was exported is not imported as it was")

    unknown = {"id": "x/y", "signature": "s", "regex": "some words", "of_tomorrow": {"a": [1, 2.5, None, "中"]}}
    code, out, err = rules("import", "-", stdin=json.dumps(unknown).encode())
    expect(code == 0 and json.loads(out) == unknown and "no Chinese translation" in err, "import: %s %s" % (out, err))
    code, out, err = rules("import", "--output", t.directory / "taken", "-", stdin=json.dumps(dict(unknown, id="../../etc/x")).encode())
    expect_equal([p.name for p in (t.directory / "taken").iterdir()], ["-.-..-etc-x.json"], "the files that import wrote")

    code, out, _ = rules("list", "--format", "json")
    expect_equal(len(json.loads(out)), len(loaded), "listed rules")
    code, out, _ = rules("list", "--side", "ocsp")
    expect(code == 0 and all(" ocsp " in row for row in out.splitlines()), "list --side ocsp lists others, too")
    code, out, _ = rules("show", RULE, "--format", "json")
    expect_equal(json.loads(out), json.loads((ours / (RULE + ".json")).read_text("utf-8")), "the shown rule")
    code, out, _ = rules("show", "no-such-rule")
    expect_equal((code, out), (1, ""), "show of an unknown rule")
    code, _, _ = rules("export", "--format", "html")
    expect_equal(code, 2, "export --format html without a directory")


run(story)
