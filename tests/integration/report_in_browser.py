"""The HTML report of scan in a real browser: one file that loads nothing, with a table, a chart, faults that fold, a filter; on paper everything is unfolded. In English and
Chinese, light and dark, wide screen and phone; no complaint of axe, nothing on the console, and what strangers wrote stays text."""
import subprocess

from support.accounting import LogFile, peer_name, verify_error_line
from support.browser import browser_program
from support.daemon import binary
from support.scenario import expect, run

FAULTS = 12
BEGAN = 1795230000  # 2026-11-21 03:00 UTC
HOSTILE = b'"><img src=x onerror=window.hostile=1><script>window.hostile=1</script>\xe2\x80\xae'


def story(t):
    log = LogFile(t.directory / "error.log")
    for number in range(FAULTS - 1):
        for minute in range(number + 1):
            log.write(verify_error_line(peer_name(number + 1), number + 1, when=BEGAN + number * 900 + minute * 180))
    log.write(verify_error_line("10.9.9.9:8443", when=BEGAN + 4 * 3600).replace(b"server: gw.corp.test", b"server: " + HOSTILE))
    files = {}
    for language in ("en", "zh"):
        files[language] = str(t.directory / ("report.%s.html" % language))
        subprocess.run([binary(), "scan", str(log.path), "--lang", language, "--time-zone", "UTC", "-o", files[language]], check=True, timeout=60)
        text = open(files[language], encoding="utf-8").read()
        expect("<script>window" not in text and "\u202e" not in text, "a stranger's markup in %s" % files[language])
    browser_program(t, "report.js", files=files, faults=FAULTS)


run(story)
