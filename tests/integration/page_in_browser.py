"""The page of live incidents in a real browser, with five thousand incidents: list, search, filters, keyboard, one incident, copying, live changes; light and dark, phone and
wide screen, English and Chinese; no complaint of axe, nothing on the console, and what strangers wrote stays text."""
import os
import urllib.request

from support.accounting import LogFile, peer_name, verify_error_line
from support.browser import browser_program
from support.daemon import Daemon
from support.scenario import expect, run, wait_for
from support.web_client import WebClient

INCIDENTS = 5000
HOSTILE = b'"><img src=x onerror=window.hostile=1><script>window.hostile=1</script>\xe2\x80\xae'


def packed_size(port, path):
    asked = urllib.request.Request("http://127.0.0.1:%d%s" % (port, path), headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(asked, timeout=30) as answer:  # urllib unpacks nothing
        return len(answer.read())


def story(t):
    log = LogFile(t.directory / "error.log")
    web = WebClient()
    Daemon(t, [log.path], tables=[web.table()]).start()
    for number in range(INCIDENTS - 1):
        log.write(verify_error_line(peer_name(number + 1), number + 1, code="10:certificate has expired" if number % 3 else "20:unable to get local issuer certificate"))
    log.write(verify_error_line("10.9.9.9:8443").replace(b"server: gw.corp.test", b"server: " + HOSTILE))
    wait_for(lambda: (web.api("/api/incidents") or {}).get("total") == INCIDENTS, 60, "all incidents to be open")
    hostile = web.api("/api/incidents?q=10.9.9.9:8443")["incidents"][0]["id"]
    weight = sum(packed_size(web.port, path) for path in ("/", "/app.js", "/app.css", "/icon.svg"))
    expect(30_000 < weight <= 120 * 1024, "the page weighs %d bytes" % weight)
    t.step("%d incidents; the page weighs %d bytes" % (INCIDENTS, weight))
    measured = browser_program(t, "page.js", address="http://127.0.0.1:%d" % web.port, incident=hostile,
                               on_write=lambda: log.write(verify_error_line("10.9.9.8:8443")))
    t.step("first paint after %(paint)d ms, longest task %(longest)d ms, %(total)s" % measured)
    # The budget is for a machine with nothing else to do: HANDSHAKED_PAGE_BUDGET=1 holds the page to it.
    is_strict = bool(os.environ.get("HANDSHAKED_PAGE_BUDGET"))
    expect(measured["paint"] < (500 if is_strict else 10_000), "first paint after %d ms" % measured["paint"])
    expect(measured["longest"] <= (100 if is_strict else 5_000), "a task of %d ms" % measured["longest"])


run(story)
