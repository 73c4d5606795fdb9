"""What was applied already is said so only while it is the answer: another fault behind it gets a fix of its own."""
from support.repair import Repair
from support.scenario import expect, expect_equal, run


def story(t):
    repair = Repair(t)
    incident = repair.break_once()
    status, report = repair.fix("apply", incident)
    expect_equal((status, report["outcome"]), (0, "applied"), "fix apply: %r" % report["steps"])
    status, report = repair.fix("apply", incident)
    expect_equal((status, report["outcome"]), (0, "already_applied"), "a second apply")

    t.step("the name that nginx verifies is misspelt by now")
    repair.site = repair.site.replace("proxy_ssl_name backend.corp.test", "proxy_ssl_name backend.crop.test")
    repair.nginx.configure(repair.site)
    repair.nginx.stop()
    repair.nginx.start()
    expect_equal(repair.nginx.get(), [502], "the request with a misspelt name")
    first = report["record"]["fix"]
    status, report = repair.fix("apply", incident)
    expect_equal((status, report.get("outcome")), (0, "applied"), "fix apply of what is behind it: %r" % report)
    expect(report["fix"]["id"] != first, "the same fix again: %r" % report["fix"])
    expect_equal(repair.nginx.get(), [200], "the request after the second fix")


run(story)
