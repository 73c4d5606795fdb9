"""Every link between pages of the documentation leads somewhere."""
from support.daemon import source_directory
from support.documentation import broken_links
from support.scenario import expect, expect_equal, run


def story(t):
    root = source_directory().resolve()
    # What is built is not looked into: whole roots of other releases may lie there.
    tops = [path for path in sorted(root.iterdir()) if path.is_dir() and not path.name.startswith(("build", "."))]
    pages = sorted(root.glob("*.md")) + [page for top in tops for page in sorted(top.rglob("*.md")) if "node_modules" not in page.parts]
    expect(len(pages) > 10, "only %d pages in %s" % (len(pages), root))
    expect_equal(broken_links(root, pages), [], "broken links")
    t.step("%d pages" % len(pages))


run(story)
