"""handshaked(1) from the program's own help: python3 verbs_page.py [EMULATOR] PROGRAM >handshaked.1"""
import re
import subprocess
import sys

HEAD = r""".\" Made from the help of every verb by systemd/man/verbs_page.py.
.Dd November 21, 2026
.Dt HANDSHAKED 1
.Os handshaked
.Sh NAME
.Nm handshaked
.Nd analyse logs of nginx for TLS faults, find their causes and fixes
.Sh SYNOPSIS
.Nm
.Ar verb
.Op Ar options
.Op Ar arguments
.Nm
.Op Ar verb
.Fl Fl help
.Nm
.Fl Fl version
.Sh DESCRIPTION
The verbs below work on logs, on nginx's configuration and on its upstreams, or ask the running daemon.
.Cm run
is the daemon itself, see
.Xr handshaked 8 .
.Pp
Every verb takes
.Fl Fl help
.Pq Fl h ,
which says the same as this page.
.Sh VERBS
"""
TAIL = r""".Sh ENVIRONMENT
.Bl -tag -width Ds
.It Ev HANDSHAKED_RULES
the directory of the rules, if
.Fl Fl rules
does not name one
.It Ev LC_ALL , LC_MESSAGES , LANG
the first that is set decides the language of texts: Chinese for
.Cm zh* ,
else English
.El
.Sh EXIT STATUS
.Bl -tag -width Ds
.It 0
done
.It 1
nothing matched, nothing known, refused, or
.Fl Fl fail-on
was met
.It 2
wrong usage
.It 69
the daemon cannot be reached
.It 70
internal error, a fix could not be undone, or nothing could be looked at, which says nothing about nginx
.It 78
bad configuration or rules
.El
.Sh SEE ALSO
.Xr handshaked-rules 5 ,
.Xr handshaked.toml 5 ,
.Xr handshaked 8 ,
.Xr nginx 8
"""
ITEM = re.compile(r"^  (\S.*?)(?:\s{2,}(\S.*))?$")
MORE = re.compile(r"^\s{8,}(\S.*)$")


def help_of(program, path):
    return subprocess.run([*program, *path, "--help"], check=True, capture_output=True, text=True, env={"LANG": "C.UTF-8", "COLUMNS": "400"}).stdout


def parsed(text):
    """{"Options": [(name, what)], …}, and the lines behind "Example: "."""
    sections, name, example = {}, None, ""
    for line in text.splitlines():
        heading = re.fullmatch(r"(Positionals|Options|Subcommands):", line)
        if heading:
            name = heading.group(1)
            sections[name] = []
        elif line.startswith("Example: "):
            name, example = None, line[len("Example: "):]
        elif name and ITEM.match(line):
            item, what = ITEM.match(line).groups()
            sections[name].append([item, what or ""])
        elif name and MORE.match(line) and sections[name]:
            sections[name][-1][1] = (sections[name][-1][1] + " " + MORE.match(line).group(1)).strip()
    return sections, example


def escaped(text):
    return re.sub(r"^([.'])", r"\\&\1", text.replace("\\", "\\e").replace("…", "...").replace("-", "\\-").replace('"', "\\(dq"))


def sentences(text):
    return re.sub(r"(?<=[.:;]) (?=[A-Z])", "\n", escaped(text))


def option(item):
    names, _, value = item.partition(" ")
    text = " , ".join("Fl " + escaped(name[1:]).replace("\\-", "Fl ", 1) if name.startswith("--") else "Fl " + name[1:] for name in names.split(","))
    value = re.sub(r" (REQUIRED|Excludes:.*|\.\.\.)", "", " " + value).strip()
    return text + (" Ar " + escaped(value) if value else "")


def write(program, path, out):
    sections, example = parsed(help_of(program, path))
    for name, what in sections.get("Subcommands", []):
        below, _ = parsed(help_of(program, [*path, name]))
        arguments = []
        for item, _ in below.get("Positionals", []):
            value = re.sub(r"^\S+ | REQUIRED", "", item)
            many = value.endswith(" ...")
            one = "Ar " + escaped(value.removesuffix(" ...")) + (" ..." if many else "")
            arguments.append(one if "REQUIRED" in item else "Op " + one)
        out.append(".Ss %s\n" % escaped(" ".join([*path, name])))
        if not below.get("Subcommands"):
            out.append(".Nm\n.Cm %s\n.Op Ar options\n" % escaped(" ".join([*path, name])))
            out.extend("." + argument + "\n" for argument in arguments)
            out.append(".Pp\n")
        out.append(sentences(what.rstrip(".")) + ".\n")
        items = [".It Ar %s\n%s\n" % (escaped(re.sub(r"^\S+ | REQUIRED| \.\.\.", "", item)), sentences(text)) for item, text in below.get("Positionals", [])]
        items += [".It %s\n%s\n" % (option(item), sentences(text)) for item, text in below.get("Options", []) if not item.startswith("-h,")]
        if items:
            out.append(".Bl -tag -width Ds\n" + "".join(items) + ".El\n")
        _, example = parsed(help_of(program, [*path, name]))
        if example and not below.get("Subcommands"):
            out.append(".Pp\nExample:\n.Dl %s\n" % escaped(example))
        write(program, [*path, name], out)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    pages = []
    write(sys.argv[1:], [], pages)
    sys.stdout.write(HEAD + "".join(pages) + TAIL)
