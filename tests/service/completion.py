"""Completion in bash, zsh and fish: the shells themselves are asked, and what they offer is what --help says."""
import os
import re
import subprocess

from support.daemon import binary
from support.scenario import Skip, expect, expect_equal, require_program, run


def script(shell):
    ended = subprocess.run([binary(), "completion", shell], capture_output=True, text=True, timeout=20)
    expect_equal(ended.returncode, 0, "exit status of completion " + shell)
    return ended.stdout


def help_of(path):
    return subprocess.run([binary(), *path, "--help"], capture_output=True, text=True, timeout=20).stdout


def verbs(path):
    listed = help_of(path).partition("Subcommands:\n")[2].split("\n\n")[0]
    return sorted(re.findall(r"^  ([a-z]+)\s", listed, re.MULTILINE))


def options(path):
    return sorted(set(re.findall(r"^  (?:-\w,)?(--[a-z-]+)", help_of(path), re.MULTILINE)))


def story(t):
    require_program("bash")
    bash = t.directory / "handshaked.bash"
    bash.write_text(script("bash"))

    def ask_bash(*words):
        line = "source %s; COMP_WORDS=(handshaked %s); COMP_CWORD=%d; compopt() { :; }; _handshaked; printf '%%s\\n' \"${COMPREPLY[@]}\"" % (
            bash, " ".join("'%s'" % word for word in words), len(words))
        ended = subprocess.run(["bash", "--norc", "-c", line], capture_output=True, text=True, timeout=20, cwd=t.directory)
        expect_equal(ended.stderr, "", "what bash says")
        return sorted(ended.stdout.split())

    (t.directory / "a.log").touch()
    (t.directory / "folder").mkdir()
    asked = 0
    paths = [()] + [(verb,) for verb in verbs(())] + [(verb, below) for verb in verbs(()) for below in verbs((verb,))]
    expect(len(paths) > 25, "verbs were not found")
    for path in paths:
        offered = [word for word in ask_bash(*path, "--")]
        expect_equal(offered, options(path), "what bash offers behind handshaked " + " ".join([*path, "--"]))
        if verbs(path):
            expect_equal(ask_bash(*path, ""), verbs(path), "what bash offers behind handshaked " + " ".join(path))
        asked += 1
    expect_equal(ask_bash("scan", "--format", ""), ["html", "json", "markdown", "text"], "the formats of scan")
    expect_equal(ask_bash("scan", "--format", "te"), ["text"], "those that begin with te")
    expect_equal(ask_bash("incidents", "list", "--status", ""), ["all", "open", "resolved"], "the statuses of incidents")
    expect_equal(ask_bash("scan", "--fail-on", ""), ["critical", "info", "warning"], "the severities")
    expect_equal(ask_bash("completion", ""), ["bash", "fish", "zsh"], "the shells")
    expect("a.log" in ask_bash("scan", "a"), "bash does not offer files to scan")
    expect_equal(ask_bash("run", "--rules", ""), ["folder"], "directories only")
    expect_equal(ask_bash("scan", "--top", ""), [], "nothing where any number may stand")
    t.step("bash: %d verbs" % asked)

    missing = []
    try:
        require_program("fish")
        fish = t.directory / "handshaked.fish"
        fish.write_text(script("fish"))

        def ask_fish(line):
            home = dict(os.environ, PATH="%s:%s" % (os.path.dirname(binary()), os.environ["PATH"]), HOME=str(t.directory), XDG_CONFIG_HOME=str(t.directory), XDG_DATA_HOME=str(t.directory))
            ended = subprocess.run(["fish", "--no-config", "-c", "source %s; complete -C '%s'" % (fish, line)], capture_output=True, text=True,
                                   timeout=30, env=home, cwd=t.directory)
            expect_equal(ended.stderr, "", "what fish says")
            return sorted(word.split("\t")[0] for word in ended.stdout.splitlines())

        expect_equal(ask_fish("handshaked "), verbs(()), "the verbs in fish")
        for path in [("scan",), ("rules", "list"), ("silence", "add"), ("fix", "apply")]:
            expect_equal([word for word in ask_fish("handshaked %s --" % " ".join(path))], options(path), "the options of %s in fish" % " ".join(path))
        expect_equal(ask_fish("handshaked rules "), verbs(("rules",)), "the verbs below rules in fish")
        expect_equal(ask_fish("handshaked scan --format "), ["html", "json", "markdown", "text"], "the formats in fish")
        expect("a.log" in ask_fish("handshaked scan a"), "fish does not offer files to scan")
        t.step("fish")
    except Skip as skip:
        missing.append(str(skip))
    try:
        require_program("zsh")
        folder = t.directory / "zsh"
        folder.mkdir()
        (folder / "_handshaked").write_text(script("zsh"))

        def ask_zsh(line):
            """The list that zsh draws when Tab is pressed twice, on a terminal of its own."""
            driver = """zmodload zsh/zpty; zpty z zsh -f -i
zpty -w z "PS1='> '; TERM=dumb; fpath=(%s \\$fpath); autoload -U compinit; compinit -u -D; LISTMAX=1000; setopt no_beep; print rea''dy"
zpty -r -m z REPLY '*ready*' ; zpty -w -n z $'%s\\t\\t'
repeat 40 { zpty -r -t z REPLY && print -rn -- $REPLY; sleep 0.05 }; zpty -d z""" % (folder, line)
            ended = subprocess.run(["zsh", "-f", "-c", driver], capture_output=True, text=True, errors="replace", timeout=30, cwd=t.directory)
            return ended.stdout

        syntax = subprocess.run(["zsh", "-f", "-n", folder / "_handshaked"], capture_output=True, text=True, timeout=20)
        expect_equal(syntax.stderr, "", "what zsh -n says")
        shown = ask_zsh("handshaked ")
        expect(all(verb in shown for verb in verbs(())), "not all verbs in zsh: " + shown)
        shown = ask_zsh("handshaked scan --")
        expect(all(option.removeprefix("--") in shown for option in options(("scan",))), "not all options of scan in zsh: " + shown)
        shown = ask_zsh("handshaked rules ")
        expect(all(verb in shown for verb in verbs(("rules",))), "not all verbs below rules in zsh: " + shown)
        t.step("zsh")
    except Skip as skip:
        missing.append(str(skip))
    if missing:
        raise Skip("bash is right; not tried: " + "; ".join(missing))


run(story)
