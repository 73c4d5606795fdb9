"""Every link between pages of the documentation leads somewhere."""
from support.daemon import source_directory
from support.documentation import broken_links
from support.scenario import expect, expect_equal, run


def story(t):
    root = source_directory().resolve()
    pages = [page for page in sorted(root.rglob("*.md")) if not {"node_modules", "build", ".git"} & set(page.relative_to(root).parts)]
    expect(len(pages) > 10, "only %d pages in %s" % (len(pages), root))
    expect_equal(broken_links(root, pages), [], "broken links")
    t.step("%d pages" % len(pages))


run(story)
