"""doctor tells what will break: one finding of each kind on a host made for it, and nothing on a healthy one."""
import json

from support.repair import Repair
from support.scenario import expect, expect_equal, run, wait_for


def findings(repair, *arguments):
    done = repair.handshaked("doctor", "--format", "json", *arguments)
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError:
        raise AssertionError("doctor: status %d: %s%s" % (done.returncode, done.stdout, done.stderr)) from None


def story(t):
    repair = Repair(t)
    repair.trust.write_bytes(repair.root.file.read_bytes())
    repair.nginx.start()
    status, healthy = findings(repair, "--fail-on", "info", "--service-user", "no-such-user-here")
    expect_equal((status, healthy["findings"]), (0, []), "a healthy host")
    expect_equal((healthy["checked"]["upstreams"], healthy["checked"]["upstreams_working"]), (1, 1), "upstreams")
    expect_equal(healthy["nginx"]["process"], repair.nginx.process.pid, "the running nginx")
    expect_equal(len(healthy["probes"]), 1, "connections")

    t.step("a host with a fault of every kind")
    authority = repair.authority
    soon = authority.issue("soon", "shop.corp.test", repair.intermediate, ["DNS:shop.corp.test"], to_days=5)
    ended = authority.issue("ended", "old.corp.test", None, ["DNS:old.corp.test"], from_days=-90, to_days=-3)
    repair.nginx.configure(repair.site + """
    server {
        listen 127.0.0.1:%d ssl;
        error_log logs/site.log crit;
        ssl_certificate %s; ssl_certificate_key %s;
        location / { proxy_pass https://%s; proxy_ssl_verify off; }
    }
    server { listen 127.0.0.1:%d ssl; ssl_certificate %s; ssl_certificate_key %s; }
""" % (repair.nginx.port, soon.file, soon.key, repair.upstream.address, repair.nginx.port, ended.file, ended.key))
    repair.trust.write_bytes(authority.root("another", "Another CA").file.read_bytes())
    status, report = findings(repair, "--fail-on", "critical")
    expect_equal(status, 1, "--fail-on critical")
    found = {(finding["id"], finding["severity"]) for finding in report["findings"]}
    for wanted in [("certificate-expired", "critical"), ("certificate-expires", "warning"), ("verification-off", "warning"),
                   ("log-level-hides-upstream", "warning"), ("log-level-hides-clients", "info"), ("upstream-fails", "critical"),
                   ("chain-incomplete", "info")]:
        expect(wanted in found, "%r was not found in %r" % (wanted, sorted(found)))
    off = next(finding for finding in report["findings"] if finding["id"] == "verification-off")
    main = repair.nginx.prefix / "conf" / "nginx.conf"
    expect_equal(off["file"], str(main), "the file of verification-off")
    line = main.read_text().splitlines()[off["line"] - 1]
    expect("proxy_ssl_verify off" in line, "line %d is %r" % (off["line"], line))
    order = [finding["severity"] for finding in report["findings"]]
    expect_equal(order, sorted(order, key=["critical", "warning", "info"].index), "the order of findings")

    t.step("what ends when, as a list and as a calendar; the same report for people")
    ends = [entry["at"] for entry in report["calendar"]]
    expect(ends == sorted(ends) and len(ends) >= 2, "calendar: %r" % report["calendar"])
    expect("shop.corp.test" in report["calendar"][0]["what"], "what ends first: %r" % report["calendar"][0])
    expect(not any("old.corp.test" in entry["what"] for entry in report["calendar"]), "what has ended is to end: %r" % report["calendar"])
    calendar = repair.handshaked("doctor", "--format", "ics").stdout
    expect_equal(calendar.count("BEGIN:VEVENT"), len(ends), "events of the calendar")
    expect("shop.corp.test" in repair.handshaked("doctor", "--format", "markdown").stdout, "the Markdown")
    html = repair.handshaked("doctor", "--format", "html").stdout
    expect(html.startswith("<!doctype html>") and "verification-off" not in html.split("<h1>")[0] and "shop.corp.test" in html, "the HTML: " + html[:300])

    t.step("without connections, in Chinese, for people")
    status, report = findings(repair, "--no-probe")
    expect_equal((status, report["probes"]), (0, []), "--no-probe")
    expect(any("upstream" in text for text in report["unseen"]), "what was not looked at is not said: %r" % report["unseen"])
    page = repair.handshaked("doctor", "--lang", "zh").stdout
    expect("没有校验" in page and "proxy_ssl_verify" in page, page)

    t.step("a file that was changed since nginx read it")
    repair.trust.write_bytes(repair.trust.read_bytes())

    def changed():
        _, report = findings(repair, "--no-probe")
        return {finding["file"] for finding in report["findings"] if finding["id"] == "changed-since-load"}

    # Nginx could have been told within the first two seconds after a change.
    wait_for(lambda: str(repair.trust) in changed(), 30, lambda: "the change to be seen; changed files: %r" % changed())

    t.step("every error log, and what the service may not read")
    logs = {log["path"]: log for log in report["logs"]}
    site = logs[str(repair.nginx.prefix / "logs/site.log")]
    expect_equal((site["kind"], site["level"], site["file"], site["exists"]), ("file", "crit", str(main), False), "the site's log")
    expect("cannot" not in str(site) and logs[str(repair.nginx.error_log)]["readable"], "logs: %r" % logs)
    repair.nginx.error_log.chmod(0o600)
    repair.nginx.configure(repair.site.replace("location", "error_log syslog:server=unix:/nowhere; error_log off; location"))
    status, report = findings(repair, "--no-probe", "--service-user", "nobody")
    by_id = {finding["id"]: finding for finding in report["findings"]}
    expect("nobody may not read it" in by_id["log-unreadable"]["text"] and "setfacl -m u:nobody:r" in by_id["log-unreadable"]["advice"],
           "log-unreadable: %r" % by_id["log-unreadable"])
    shown = {finding["advice"].rpartition("=")[2] for finding in report["findings"] if finding["id"] == "log-hidden-by-sandbox"}
    in_sandbox = str(repair.nginx.prefix).startswith("/tmp/")  # which has a /tmp of its own
    expect_equal(shown, {str(repair.nginx.prefix), str(repair.nginx.prefix / "logs")} if in_sandbox else set(), "directories to show")
    # conf/tls/upstream-ca.pem is for its owner's group only.
    expect("upstream-ca.pem" in by_id["certificate-unreadable"]["text"], "certificate-unreadable: %r" % by_id["certificate-unreadable"])
    expect("[[syslog]]" in by_id["log-not-a-file"]["advice"] and by_id["log-named-off"]["line"] > 0, "places: %r" % sorted(by_id))
    kinds = sorted(log["kind"] for log in report["logs"])
    expect_equal(kinds, ["file", "file", "syslog"], "kinds of logs")
    page = repair.handshaked("doctor", "--no-probe", "--lang", "en", "--service-user", "nobody").stdout
    expect("Error logs" in page and "the service may not read it" in " ".join(page.split()), page)
    status, report = findings(repair, "--no-probe", "--service-user", "no-such-user-here")
    expect(any("no-such-user-here" in text for text in report["unseen"]), "a user that is not there: %r" % report["unseen"])


run(story)
