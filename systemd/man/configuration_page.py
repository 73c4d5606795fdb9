"""handshaked.toml(5) from the example configuration: python3 configuration_page.py handshaked.toml >handshaked.toml.5

The example explains every key once, in comments above it; here that becomes a list for each section. Tests hold the example to
what the program reads."""
import re
import sys

HEAD = r""".\" Made from systemd/handshaked.toml by systemd/man/configuration_page.py.
.Dd November 21, 2026
.Dt HANDSHAKED.TOML 5
.Os handshaked
.Sh NAME
.Nm handshaked.toml
.Nd configuration of handshaked
.Sh DESCRIPTION
The file is in TOML.
.Xr handshaked 8
reads
.Pa /etc/handshaked/handshaked.toml
and, beside it,
.Pa conf.d/*.toml
in the order of their names.
No setting is required: without any configuration the daemon follows
.Pa /var/log/nginx/*error*.log
and reports to syslog.
.Pp
.Dl handshaked check
.Pp
says what is wrong, with file, line and column; unknown and duplicate keys are errors.
Durations are written
.Qq 250ms ,
.Qq 10s ,
.Qq 5m ,
.Qq 4h
or
.Qq 90d .
Keys that end in
.Cm _file
or
.Cm _files
name files that hold a secret, or
.Qq credential:NAME
for a credential that systemd passes
.Pq Cm LoadCredential= , No see Xr systemd.exec 5 .
.Pp
Below, each key is shown with its default or, if it has none, an example.
Sections in two brackets may appear several times.
"""
TAIL = r""".Sh FILES
.Bl -tag -width Ds
.It Pa /etc/handshaked/handshaked.toml
this file; as installed, it holds this page as comments
.It Pa /etc/handshaked/conf.d/*.toml
drop-ins, read in the order of their names
.It Pa /etc/handshaked/credentials/
secrets that only root can read, for
.Cm LoadCredential=
.El
.Sh SEE ALSO
.Xr handshaked 1 ,
.Xr handshaked-rules 5 ,
.Xr handshaked 8
"""


def escaped(text):
    text = text.replace("\\", "\\e").replace("…", "...").replace("-", "\\-").replace('"', "\\(dq")
    # A line that begins like a request, and the end of a sentence inside a line, are for roff to see.
    return re.sub(r"^([.'])", r"\\&\1", text)


def sentences(text):
    return re.sub(r"(?<=[.:;]) (?=[A-Z])", "\n", escaped(text))


def page(example):
    blocks = example.split("\n\n")
    out = [HEAD]
    in_list = False

    def end_list():
        nonlocal in_list
        if in_list:
            out.append(".El\n")
        in_list = False

    out.append(".Sh GENERAL KEYS\n")
    for block in blocks[1:]:
        prose = []
        for line in block.strip().split("\n"):
            setting = re.fullmatch(r"#(\w+) = (.*)", line)
            table = re.fullmatch(r"#(\[+)(\w+)\]+", line)
            title = re.fullmatch(r"# ---- (.*)", line)
            if title:
                end_list()
                name, _, rest = title.group(1).partition(":")
                sentence = re.match(r"([^.]*?)\. (.+)", name) if not rest else None
                if sentence:
                    name, rest = sentence.groups()
                out.append(".Sh %s\n" % escaped(name.upper().rstrip(".")))
                prose = [rest.strip()[:1].upper() + rest.strip()[1:]] if rest.strip() else []
            elif table:
                end_list()
                if prose:
                    out.append(sentences(" ".join(prose)) + "\n")
                    prose = []
                out.append(".Bl -tag -width Ds\n.It Ic %s\n" % (table.group(1) + table.group(2) + table.group(1).replace("[", "]")))
                in_list = True
            elif setting:
                if not in_list:
                    out.append(".Bl -tag -width Ds\n")
                    in_list = True
                out.append(".It Cm %s Li = %s\n%s\n" % (setting.group(1), escaped(setting.group(2)), sentences(" ".join(prose)) or "As above."))
                prose = []
            elif line.startswith("# "):
                prose.append(line[2:])
            else:
                raise SystemExit("neither a comment nor a setting: " + line)
        if prose and not in_list:
            out.append(sentences(" ".join(prose)) + "\n")
    end_list()
    out.append(TAIL)
    return "".join(out)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.stdout.write(page(file.read()))
