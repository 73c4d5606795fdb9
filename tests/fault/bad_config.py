"""A configuration with mistakes: exit status 78, each mistake with file, line and column, no database touched."""
from support.daemon import CONFIGURATION_ERROR, Daemon, binary
from support.process import Process
from support.scenario import expect, expect_equal, run

# (what, TOML with a mark » before the place that must be named, words that must be said)
MISTAKES = [
    ("an unknown key", '[state]\n»databse = "/tmp/x"\n', ["unknown key", "databse", 'did you mean "database"']),
    ("an unknown key at the top", '»colour = "blue"\n', ["unknown key", "colour"]),
    ("an unknown table", '[[files]]\npaths = ["/x"]\n\n[»weather]\nrain = true\n', ["unknown key", "weather"]),
    ("a duplicate key", '[incidents]\ngroup_wait = "1s"\n»group_wait = "2s"\n', ["group_wait"]),
    ("a wrong type", "[incidents]\ngroup_wait = »10\n", ["group_wait", "duration"]),
    ("a value that is none", '[[receiver]]\ntype = »"carrier-pigeon"\n', ["type", "webhook", "syslog"]),
    ("a diagnosis that takes longer than a stop may", '[diagnosis]\n»time_limit = "5m"\n', ["time_limit", "20s"]),
    ("a broken line", '[state]\n»database = "/tmp/x\n', []),
    ("a receiver without a url", '»[[receiver]]\ntype = "webhook"\nname = "x"\n', ["url"]),
    ("a directory for a file", None, ["is a directory"]),
]


def story(t):
    text = t.directory / "handshaked.toml"
    for what, marked, words in MISTAKES:
        place = ""
        if marked is None:
            path = t.directory
        else:
            path = text
            before = marked.split("»")[0]
            place = "%s:%d:" % (path, before.count("\n") + 1)
            text.write_text(marked.replace("»", ""))
        process = Process(t, what.replace(" ", "-"), [binary(), "run", "-c", path]).start()
        expect_equal(process.wait(20), CONFIGURATION_ERROR, "exit status for " + what)
        said = process.output_text()
        for word in [place, *words]:
            expect(word in said, "%s: %r is not in: %s" % (what, word, said))
        t.step("%s: %s" % (what, said.splitlines()[-1]))
    text.write_text('bad_one = 1\n[state]\nbad_two = 2\n[incidents]\nmax_incidents = "many"\n')
    process = Process(t, "three-mistakes", [binary(), "run", "-c", text]).start()
    expect_equal(process.wait(20), CONFIGURATION_ERROR, "exit status for three mistakes")
    for place in (":1:1:", ":3:1:", ":5:"):
        expect(str(text) + place in process.output_text(), "%s is not in: %s" % (place, process.output_text()))
    missing = Process(t, "missing", [binary(), "run", "-c", t.directory / "nowhere.toml"]).start()
    expect_equal(missing.wait(20), CONFIGURATION_ERROR, "exit status for a file that does not exist")

    t.step("a secret that cannot be read is a mistake of the configuration too")
    daemon = Daemon(t, [t.directory / "error.log"], [{"type": "webhook", "name": "x", "url": "https://127.0.0.1:1/", "secret_files": [t.directory / "nowhere"]}])
    expect("nowhere" in daemon.expect_refusal(), "the missing secret is not named")


run(story)
