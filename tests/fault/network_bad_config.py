"""Network sources that are configured wrongly, or dangerously: each refused with file, line and reason, before anything listens; and those whose
certificates, tokens or secrets cannot be used: `check` says so, as a start would."""
import subprocess

from support.daemon import binary, rules_directory
from support.scenario import expect, expect_equal, run

CASES = [
    ('[[syslog]]', "needs listen"),
    ('[[syslog]]\nlisten = ["tcp://localhost:1"]', "not a name"),
    ('[[syslog]]\nlisten = ["udp://0.0.0.0:514"]', "can be reached from other hosts"),
    ('[[http]]\nlisten = ["http://[::]:8514"]', "can be reached from other hosts"),
    ('[[syslog]]\nlisten = ["tls://127.0.0.1:6514"]', "needs certificate and key"),
    ('[[syslog]]\nlisten = ["tcp://127.0.0.1:1"]\nallow = ["10.0.0.1/8"]', "bits set behind its prefix"),
    ('[[syslog]]\nlisten = ["tcp://127.0.0.1:1"]\nclient_ca = "/x"', "client_ca needs TLS"),
    ('[[http]]\nlisten = ["udp://127.0.0.1:1"]', "HTTP needs a stream"),
    ('[[http]]\nlisten = ["http://127.0.0.1:1"]\nname = "a"\n[[syslog]]\nlisten = ["tcp://127.0.0.1:2"]\nname = "a"', 'two sources are named "a"'),
    ('[[http]]\nlisten = ["http://127.0.0.1:1"]\nmax_bodies = 3', 'unknown key "max_bodies"'),
    ('[[syslog]]\nlisten = ["unix:/run/x"]\nsocket_mode = "rw"', "octal mode"),
    ('[[syslog]]\nname = "a"\nlisten = ["tls://127.0.0.1:1"]\ncertificate = "/nowhere/c.pem"\nkey = "/nowhere/k.pem"',
     '[[syslog]] "a": cannot read the certificate /nowhere/c.pem: No such file or directory'),
    ('[[http]]\nname = "b"\nlisten = ["http://127.0.0.1:1"]\ntoken_files = ["/nowhere/token"]', '[[http]] "b": the token file /nowhere/token'),
    ('[[forward]]\nname = "c"\nlisten = ["tcp://127.0.0.1:1"]\nshared_key_file = "/nowhere/key"', '[[forward]] "c": /nowhere/key'),
]


def story(t):
    file = t.directory / "handshaked.toml"
    for text, reason in CASES:
        file.write_text(text + "\n")
        done = subprocess.run([binary(), "check", "-c", file, "--rules", rules_directory()], capture_output=True, text=True, timeout=60)
        said = done.stdout + done.stderr
        expect_equal(done.returncode, 78, "exit status for %r: %s" % (text, said[-500:]))
        expect(reason in said and str(file) + ":" in said, "for %r it says: %s" % (text, said[-800:]))
    t.step("%d mistakes" % len(CASES))


run(story)
