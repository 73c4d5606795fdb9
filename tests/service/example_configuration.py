"""systemd/handshaked.toml: loads as it is, loads with every key set, and names every key that the program reads."""
import re
import shutil
import subprocess

from support.authority import Authority
from support.daemon import binary, source_directory
from support.scenario import expect, expect_equal, run

# table.text("host", …), table.count("readers", …), read_duration(table, "group_wait", …), root.tables("files", …)
READ = re.compile(r"\b(?:text|texts|flag|count|durations?|choice|table|tables)\(\"(\w+)\"|\bread_(?:duration|moment|clock)\(table, \"(\w+)\"")
SETTING = re.compile(r"^#?(\w+) = |^#?\[+(\w+)\]+$", re.MULTILINE)
SECRETS = {
    "ops.secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "ops.token": "Bearer x",
    "own.mustache": '{"id": "{{id}}"}',
    "dba.url": "https://hooks.example.com/x",
    "pagerduty.key": "0123456789abcdef0123456789abcdef",
    "shippers.tokens": "a-token",
    "forward.key": "a shared key",
    "forward.users": "edge-1:a password",
    "edges.tokens": "a-token",
    "centre.token": "a-token",
    "nats.token": "a-token",
    "nats.password": "a password",
    "kafka.password": "a password",
}
PROSE = re.compile(r"^(#( .*)?|)$")


def check(path):
    ended = subprocess.run([binary(), "check", "--offline", "-c", path], capture_output=True, text=True, timeout=60)
    return ended.returncode, ended.stdout + ended.stderr


def story(t):
    example = source_directory() / "systemd" / "handshaked.toml"
    text = example.read_text("utf-8")
    copy = t.directory / "handshaked.toml"
    copy.write_text(text)
    code, said = check(copy)
    expect_equal(code, 0, "exit status of check for the example as it is: " + said)

    t.step("with every key set, and the secrets that it names")
    everything = re.sub(r"^#(?=[\[\w])", "", text, flags=re.MULTILINE)
    secrets = t.directory / "etc"
    (secrets / "tls").mkdir(mode=0o700, parents=True)
    everything = everything.replace("/etc/handshaked/", str(secrets) + "/").replace("/usr/share/handshaked/rules", str(source_directory() / "rules"))
    for name, content in SECRETS.items():
        (secrets / name).write_text(content + "\n")
        (secrets / name).chmod(0o600)
    authority = Authority(t)
    root = authority.root()
    client = authority.issue("client", "client", root, purpose="clientAuth")
    log = authority.issue("log", "log.corp.test", root)
    for source, name in ((root.file, "hooks-ca.pem"), (client.file, "client.pem"), (client.key, "client.key"), (log.file, "log.pem"),
                         (log.key, "log.key"), (root.file, "shippers-ca.pem")):
        shutil.copy(source, secrets / "tls" / name)
    # A worker of a group reads one source and no other: its section is checked with that one.
    section = re.compile(r"^\[group\]\n(?:[^\n\[].*\n)+", re.MULTILINE)
    group = section.search(everything).group()
    source = re.search(r"^\[\[nats\]\]\n(?:[^\n\[].*\n)+", everything, re.MULTILINE).group()
    kafka = re.search(r"^\[\[kafka\]\]\n(?:[^\n\[].*\n)+", everything, re.MULTILINE).group()
    for engine, worker in (("NATS", re.sub(r"^topic = .*\n", "", group, flags=re.MULTILINE) +
                            source.replace("nginx.errors.>", "nginx.lines.{partition}.>").replace('consumer = "handshaked"\n', "")),
                           ("Kafka", group + re.sub(r'^group = .*\n', "", kafka, flags=re.MULTILINE))):
        copy.write_text(worker)
        code, said = check(copy)
        expect_equal(code, 0, "exit status of check for a worker of a group on %s: %s" % (engine, said))
    everything = section.sub("", everything)
    copy.write_text(everything)
    code, said = check(copy)
    expect_equal(code, 0, "exit status of check with every key set: " + said)

    t.step("a key that is misspelt in it is found: the check above sees every key")
    copy.write_text(everything.replace("\nreopen_within = ", "\nreopen_withn = "))
    code, said = check(copy)
    expect_equal(code, 78, "exit status of check for a misspelt key")
    expect("reopen_withn" in said, said)

    read = {name for path in sorted((source_directory() / "daemon" / "config").rglob("*.cpp")) for pair in READ.findall(path.read_text("utf-8")) for name in pair if name}
    expect(len(read) > 80, "the readers of keys were not found: %s" % sorted(read))
    ours = re.sub(r"^(#\[labels\]\n).*?\n$", r"\1", text, count=1, flags=re.MULTILINE | re.DOTALL)  # its keys are the operator's own
    named = {name for pair in SETTING.findall(ours) for name in pair if name}
    named |= set(re.findall(r"(?:also spelt|or instead|and with it) (\w+)", text))
    expect_equal(sorted(read - named), [], "keys that the example does not name")
    expect_equal(sorted(named - read), [], "keys that only the example knows")
    t.step("%d keys" % len(read))

    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        expect(PROSE.match(line) or SETTING.match(line), "line %d is neither a comment nor a setting: %s" % (number, line))
        if re.match(r"#\w+ = ", line):
            expect(lines[number - 2].startswith("# "), "line %d: nothing says what it is: %s" % (number, line))


run(story)
