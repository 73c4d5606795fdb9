"""handshaked-rules(5) from rules/README.md: python3 rules_page.py README.md >handshaked-rules.5

Takes its chapters "Rule", "Cause" and "Working on it": paragraphs and tables of two columns."""
import re
import sys

HEAD = r""".\" Made from rules/README.md by systemd/man/rules_page.py.
.Dd November 21, 2026
.Dt HANDSHAKED-RULES 5
.Os handshaked
.Sh NAME
.Nm handshaked-rules
.Nd format of the knowledge base of handshaked
.Sh DESCRIPTION
"""
TAIL = r""".Sh FILES
.Bl -tag -width Ds
.It Pa /usr/share/handshaked/rules/*.json
rules
.It Pa /usr/share/handshaked/rules/causes/*.json
causes
.It Pa /usr/share/handshaked/rules/schema/
their form as JSON Schemas
.El
.Sh SEE ALSO
.Xr handshaked 1 ,
.Xr handshaked.toml 5 ,
.Xr handshaked 8
"""
CHAPTERS = ("Rule", "Cause", "Working on it")


def plain(text):
    """Markdown's emphasis, code and links become words."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text)
    text = text.replace("**", "").replace("\\|", "|")
    text = text.replace("\\", "\\e").replace("…", "...").replace("-", "\\-").replace('"', "\\(dq")
    text = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", text)
    return re.sub(r"^([.'])", r"\\&\1", text)


def sentences(text):
    return re.sub(r"(?<=[.:;]) (?=[A-Z])", "\n", plain(text))


def blocks(text):
    for block in re.split(r"\n\n+", text.strip()):
        yield block.split("\n")


def page(markdown):
    markdown = re.sub(r"<!--.*?-->", "", markdown, flags=re.DOTALL)
    intro, *chapters = re.split(r"^## ", markdown, flags=re.MULTILINE)
    out = [HEAD, sentences(" ".join(intro.split("\n", 1)[1].split())) + "\n"]
    found = []
    for chapter in chapters:
        title, _, body = chapter.partition("\n")
        if title not in CHAPTERS:
            continue
        found.append(title)
        out.append(".Sh %s\n" % plain(title.upper()))
        is_after_text = False
        for lines in blocks(body):
            if lines[0].startswith("|"):
                out.append(".Bl -tag -width Ds\n")
                for line in lines[2:]:
                    name, meaning = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:3]]
                    out.append(".It Cm %s\n%s\n" % (plain(name.replace("`", "").replace(", ", " , ")), sentences(meaning)))
                out.append(".El\n")
                is_after_text = True
            else:
                if is_after_text:
                    out.append(".Pp\n")
                out.append(sentences(" ".join(lines)) + "\n")
                is_after_text = True
    if tuple(found) != CHAPTERS:
        raise SystemExit("rules/README.md has not the chapters " + ", ".join(CHAPTERS))
    return "".join(out) + TAIL


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    with open(sys.argv[1], encoding="utf-8") as file:
        sys.stdout.write(page(file.read()))
