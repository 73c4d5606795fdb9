"""The advice of the knowledge base: commands stand in code, whole and apart from the prose around them, and name what differs from host to host
by placeholders that the program fills in, or says in words; never by a token or an invented name that somebody will paste."""
import json
import re

from support.daemon import source_directory
from support.scenario import expect, expect_equal, run

PLACEHOLDER = re.compile(r"(?<![%$\w]){([a-z]+(?:_[a-z]+)*)}")
CODE = re.compile(r"`([^`\n]*)`")
TOKEN = re.compile(
    r"(?<![\w$%-])(HOST|NAME|PEER|PORT|PATH|FILE|BUNDLE|CERT|TRUSTED_FILE|CRL_FILE|DEPTH|RESPONDER|SERIAL|ADDRESS|CLIENT|URL)(?![\w-])"
)
SAID = re.compile(r"<[^<>]*>")
# Names and addresses that are nobody's, or somebody else's: whoever follows the advice types them as they stand there.
INVENTED = re.compile(r"(?i)\bexample\.(?:com|org|net)\b|\.(?:test|example|internal|corp)\b|(?<![\d.])(?!127\.|0\.0\.0\.0)\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|/path/to/")
# What only a shell reads.
COMMAND = re.compile(r"</dev/null|\|\s*(?:openssl|grep|head|sed|awk|wc)\b|nginx -t && |nginx -s reload|openssl s_client -connect")


def placeholders():
    code = (source_directory() / "daemon/match/advice_facts.cpp").read_text("utf-8")
    return set(re.findall(r'Placeholder{"([a-z_]+)"', code)) | {"family"}


def texts_of(entry):
    for item in entry.get("workarounds", []):
        for key in ("action", "action_zh", "how", "how_zh", "condition", "condition_zh"):
            yield key, item.get(key, "")
    for item in entry.get("dead_ends", []):
        for key in ("action", "action_zh", "why_fails", "why_fails_zh"):
            yield key, item.get(key, "")
    for item in entry.get("causes", []):
        for key in ("tell_apart", "tell_apart_zh"):
            yield key, item.get(key, "")


def complaints_about(key, text, known):
    for name in PLACEHOLDER.findall(text):
        if name not in known:
            yield "no fact is called {%s}" % name
    for name in INVENTED.findall(text):
        yield "%s stands there as if it were real" % name
    prose = CODE.sub(" ", text)
    if "`" in prose:
        yield "a backtick without a partner"
    for command in CODE.findall(text):
        words = TOKEN.findall(SAID.sub(" ", command))
        if words:
            yield "`%s` has a hole: %s" % (command, ", ".join(words))
    if key.split("_zh")[0] in ("how", "tell_apart") and COMMAND.search(prose):
        yield "a command stands outside of code: %s" % COMMAND.search(prose).group(0)


def story(t):
    known = placeholders()
    expect({"peer", "name", "trusted_file"} <= known, "the placeholders were not found: %s" % known)
    root = source_directory() / "rules"
    wrong, seen = [], 0
    for path in sorted(root.glob("*.json")) + sorted(root.glob("causes/*.json")):
        for key, text in texts_of(json.loads(path.read_text("utf-8"))):
            seen += 1
            wrong += ["%s, %s: %s" % (path.name, key, complaint) for complaint in complaints_about(key, text, known)]
    expect(seen > 2000, "only %d texts were looked at" % seen)
    expect(not wrong, "\n" + "\n".join(wrong[:60]))
    # It can fail.
    for bad in ("`{family}_ssl_name api.example.com;`", "`resolver 10.0.0.2;`", "`server db.corp.test:443;`", "Point it at http://ocsp.internal/.",
                "`openssl s_client -connect HOST:PORT`", "openssl s_client -connect {peer} </dev/null", "`a", "`x {no_such_fact}`"):
        expect(list(complaints_about("how", bad, known)), "%s was not complained about" % bad)
    expect_equal(list(complaints_about("how", '`curl -w "%{http_code}" http://{peer}/`, then look at server{}.', known)), [], "complaints about sound advice")


if __name__ == "__main__":
    run(story)
