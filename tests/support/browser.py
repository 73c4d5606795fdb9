"""A real browser, driven by the programs in browser/."""
import json
import os
import shutil
import subprocess

from support.daemon import source_directory
from support.scenario import Failed, Skip


def browser_program(scenario, script, on_write=None, within=300, **options):
    """Runs browser/<script> with the options; calls on_write() when it prints "write". Gives the JSON of its last line. HANDSHAKED_SCREENSHOTS names a
    directory for pictures, which are never part of the sources."""
    directory = source_directory() / "tests" / "browser"
    if shutil.which("node") is None:
        raise Skip("node is not installed")
    if shutil.which("chromium") is None:
        raise Skip("chromium is not installed")
    if not (directory / "node_modules").is_dir():
        raise Skip("the browser's driver is not installed: ./dev install-packages, or npm ci in tests/browser")
    options["screenshots"] = os.environ.get("HANDSHAKED_SCREENSHOTS", "")
    child = subprocess.Popen(["node", str(directory / script), json.dumps(options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    scenario.at_end(lambda: child.poll() is None and child.kill())
    last = ""
    for line in child.stdout:
        last = line
        if line == "write\n" and on_write:
            on_write()
    complaint = child.stderr.read()
    if child.wait(within) != 0:
        raise Failed("%s: %s" % (script, complaint))
    return json.loads(last)
