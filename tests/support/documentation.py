"""Links of our Markdown pages: each leads to a file, and to a heading where it names one."""
import re

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def headings(page):
    """As GitHub names them: "## From the journal" is #from-the-journal."""
    titles = re.findall(r"^#+ +(.+?)\s*$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(root, pages):
    """What is wrong with the links of `pages`, a sentence each; links may not leave `root`."""
    wrong = []
    for page in pages:
        for target in LINK.findall(FENCE.sub("", page.read_text("utf-8"))):
            path, _, heading = target.partition("#")
            file = (page.parent / path).resolve() if path else page
            name = "%s: %s" % (page.relative_to(root), target)
            if not file.is_relative_to(root.resolve()) or not file.exists():
                wrong.append("%s leads to no file" % name)
            elif heading and heading not in headings(file):
                wrong.append("%s: the page has no such heading" % name)
    return wrong
