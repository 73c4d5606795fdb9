"""`rules update`: an archive that its owner signed is put in force in one step, and nothing else is; the one before comes back."""
import base64
import json
import os
import subprocess

from support.daemon import binary, rules_directory
from support.scenario import expect, expect_equal, run


def call(t, *arguments, rules=None):
    done = subprocess.run([binary(), "rules", *map(str, arguments)], capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "HANDSHAKED_RULES": str(rules or rules_directory()), "LANG": "C"})
    return done.returncode, done.stdout, done.stderr


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True).stdout


class Signer:
    def __init__(self, t, name, *algorithm):
        self.key, self.config, self.raw = t.directory / (name + ".pem"), t.directory / (name + ".toml"), algorithm[1] == "ED25519"
        openssl("genpkey", *algorithm, "-out", self.key)
        public = base64.b64encode(openssl("pkey", "-in", self.key, "-pubout", "-outform", "DER")).decode()
        self.config.write_text('[rules]\npublic_key = "%s"\n[[files]]\npaths = ["/var/log/nginx/error.log"]\n' % public)

    def sign(self, file):
        to = str(file) + ".sig"
        if self.raw:
            openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", file, "-out", to)
        else:
            openssl("dgst", "-sha256", "-sign", self.key, "-out", to, file)


def story(t):
    place, owner = t.directory / "updates", Signer(t, "owner", "-algorithm", "ED25519")
    expect_equal(call(t, "export", "--format", "archive", t.directory)[0], 0, "exit status of the export")
    archive = t.directory / "handshaked-rules.json"
    content = json.loads(archive.read_text("utf-8"))
    rules = len([name for name in content["files"] if "/" not in name])

    def take(what, status, words, edition=None, change=lambda content: None, signer=owner, config=owner, *options):
        changed = json.loads(json.dumps(content))
        changed["edition"] = edition or content["edition"]
        change(changed)
        file = t.directory / "taken.json"
        file.write_text(json.dumps(changed), "utf-8")
        signer.sign(file)
        done = call(t, "update", "-c", config.config, "--into", place, *options, file)
        expect_equal(done[0], status, "exit status of %s: %s%s" % (what, done[1], done[2]))
        expect(words in done[1] + done[2], "%s: %r is not in: %s%s" % (what, words, done[1], done[2]))

    def in_force():
        return (place / "current/EDITION").read_text().strip()

    t.step("nothing is believed without the key")
    stranger = Signer(t, "stranger", "-algorithm", "ED25519")
    take("another's signature", 1, "the signature was not made with the key", signer=stranger)
    unpinned = Signer(t, "unpinned", "-algorithm", "ED25519")
    unpinned.config.write_text('[[files]]\npaths = ["/x"]\n')
    take("no key", 78, "no key is pinned", config=unpinned)
    unpinned.config.write_text('[rules]\npublic_key = "no"\n[[files]]\npaths = ["/x"]\n')
    take("a key that is none", 78, "is not a public key", config=unpinned)
    expect(not place.exists(), "something was written")

    t.step("what is signed is put in force, and can be used")
    later = "2099-01-01"

    def without_one(content):
        del content["files"][sorted(name for name in content["files"] if "/" not in name)[0]]

    take("an update", 0, "edition %s is in force: " % later, later, without_one)
    expect_equal(in_force(), later, "the edition in force")
    listed = call(t, "list", "--format", "json", rules=place / "current")
    expect_equal(listed[0], 0, "the rules in force: " + listed[2])
    count = len(json.loads(call(t, "list", "--format", "json")[1]))
    expect(0 < len(json.loads(listed[1])) < count, "%d rules instead of fewer than %d" % (len(json.loads(listed[1])), count))
    take("the same again", 0, "is in force already", later, without_one)

    t.step("what is older, changed, or of no use is refused, and what was in force stays")
    take("an older one", 1, "is older than", "2098-01-01")
    take("a rule that RE2 refuses", 2, "cannot use", "2099-02-01", lambda content: content["files"].update({"bad.json": '{"id":"nginx/bad","regex":"("}'}))
    take("a way out", 2, 'is called "../x.json"', "2099-02-01", lambda content: content["files"].update({"../x.json": "{}"}))
    take("another format", 2, "does not know", "2099-02-01", lambda content: content.update({"handshaked_rules": 2}))
    take("no date", 2, "is not a date", "soon")
    file = t.directory / "taken.json"
    file.write_text(file.read_text("utf-8") + " ")
    expect_equal(call(t, "update", "-c", owner.config, "--into", place, file)[0], 1, "one byte more than was signed")
    expect_equal(in_force(), later, "the edition in force")

    t.step("back, and back to what was installed")
    take("a second one", 0, "edition 2099-03-01.2 is in force", "2099-03-01.2")
    expect_equal(call(t, "update", "--into", place, "--rollback")[0], 0, "exit status of the rollback")
    expect_equal(in_force(), later, "the edition after a rollback")
    expect_equal(call(t, "update", "--into", place, "--rollback")[:2], (0, "the rules that were installed are in force again\nA running daemon takes it with: systemctl reload handshaked\n"), "a second rollback")
    expect(not os.path.lexists(place / "current"), "an update is still in force")
    take("an older one that was asked for", 0, "is in force", "2020-01-01", lambda content: None, owner, owner, "--older")

    t.step("keys of other kinds")
    for name, algorithm in (("ec", ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")), ("rsa", ("-algorithm", "RSA"))):
        signer = Signer(t, name, *algorithm)
        take(name, 0, "is in force", "2099-04-0" + str(len(name)), lambda content: None, signer, signer)
    expect(rules > 100, "only %d files of rules in the archive" % rules)


run(story)
