"""The page that the program carries is what its sources build: npm's locked esbuild, preact and uPlot give the same bytes."""
import shutil
import subprocess

from support.daemon import source_directory
from support.scenario import Skip, expect, run


def story(t):
    app = source_directory() / "daemon" / "web" / "app"
    if shutil.which("node") is None:
        raise Skip("node is not installed")
    if not (app / "node_modules").is_dir():
        raise Skip("esbuild is not installed: ./dev install-packages, or npm ci in daemon/web/app")
    subprocess.run(["node", "build.mjs", str(t.directory)], cwd=app, check=True, timeout=60)
    for built in sorted((app / "built").iterdir()):
        expect((t.directory / built.name).read_bytes() == built.read_bytes(), "%s is not what its sources build: npm run build in daemon/web/app" % built.name)


run(story)
