"""What preflight is told wrongly is one clear sentence and exit 2 (bad rules: 78); what it writes, it writes to --output and nowhere else. As a gate it
works on a checkout, and its formats are what others read: SARIF at file and line, JUnit, JSON as its schema says."""
import json
import pathlib
import subprocess
import xml.etree.ElementTree

from faults.generator.pki import Pki
from support.daemon import source_directory
from support.preflight_bench import run_preflight, text_of
from support.scenario import expect, expect_equal, require_program, run

CONFIGURATION = """events {}
http {
    include conf.d/*.conf;
}
"""
SERVER = """server {
    listen 127.0.0.1:8080;
    server_name gw.corp.test;
    location / {
        proxy_pass https://api.corp.test:8443;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate tls/trust.pem;
    }
}
"""


def tree(directory):
    return {str(path.relative_to(directory)): path.stat().st_mtime_ns for path in directory.rglob("*") if path.is_file()}


def refused(what, arguments, words, status=2):
    code, out, errors = run_preflight(*arguments)
    expect_equal(code, status, "%s: exit status (%s)" % (what, errors.strip()))
    expect(len(errors.strip().splitlines()) == 1, "%s: one sentence was expected: %s" % (what, errors))
    expect(words in errors, "%s: %r is not in: %s" % (what, words, errors))
    expect(not out, "%s: nothing goes to standard output: %s" % (what, out[:200]))


def bad_input(t, checkout, chain, key, pki, root):
    conf = ["--nginx-conf", checkout / "nginx.conf", "--root", "/etc/nginx=%s" % checkout, "--no-probe"]
    peer = ["--peer", "api.corp.test:8443", "--chain"]

    def made(name, *parts):
        path = t.directory / name
        path.write_text("".join(text_of(part) for part in parts))
        return path
    (t.directory / "empty.pem").touch()
    (t.directory / "noise.pem").write_text("no certificate at all\n")
    stranger = pki.issue("/O=Elsewhere/CN=Elsewhere CA", is_ca=True)
    der = t.directory / "leaf.der"
    subprocess.run(["openssl", "x509", "-in", chain, "-outform", "DER", "-out", der], check=True)
    damaged = t.directory / "damaged.pem"
    damaged.write_text(pathlib.Path(chain).read_text().replace("MII", "M!I", 1))
    for what, arguments, words in [
            ("no change", conf, "nothing would change"),
            ("a file that is not there", [*conf, *peer, t.directory / "none.pem"], "cannot be read"),
            ("an empty file", [*conf, *peer, t.directory / "empty.pem"], "is empty"),
            ("no PEM", [*conf, *peer, t.directory / "noise.pem"], "is not a PEM file"),
            ("DER", [*conf, *peer, der], "is DER"),
            ("a key", [*conf, *peer, key], "holds a private key"),
            ("a key behind the chain", [*conf, *peer, made("with-key.pem", chain, key)], "holds a private key"),
            ("a CRL for a chain", [*conf, *peer, pki.crl(root)], "holds no certificate"),
            ("a damaged block", [*conf, *peer, damaged], "cannot be read"),
            ("the root in front", [*conf, *peer, made("backwards.pem", root, chain)], "does not begin with the leaf"),
            ("strangers", [*conf, *peer, made("strangers.pem", chain, stranger)], "is not a chain"),
            ("a peer without a port", [*conf, "--peer", "api.corp.test", "--chain", chain], "is not a peer"),
            ("a peer without a chain", [*conf, "--peer", "api.corp.test:8443"], "each --peer wants a --chain"),
            ("a peer of nobody", [*conf, "--peer", "other.corp.test:8443", "--chain", chain], "no place of the configuration connects to"),
            ("a trust file of nobody", [*conf, "--trust", "tls/other.pem=%s" % root.file], "no directive of the configuration reads"),
            ("trust without its file", [*conf, "--trust", root.file], "takes FILE=NEW"),
            ("a certificate for a CRL", [*conf, "--crl", "tls/crl.pem=%s" % chain], "holds no CRL"),
            ("a key that is none", [*conf, "--key", "tls/site.key=%s" % chain], "holds no private key"),
            ("the past", [*conf, "--at", "2020-01-01"], "is in the past"),
            ("no date", [*conf, "--at", "tomorrow"], "is not a date"),
            ("no day", [*conf, "--until", "2027-02-30"], "is not a date"),
            ("an unknown OpenSSL", [*conf, "--openssl", "9.9"], "is not a version that this program knows"),
            ("no version", [*conf, "--nginx", "latest"], "is not a version of nginx"),
            ("an nginx to come", [*conf, "--nginx", "1.99"], "is newer than"),
            ("no directory", ["--nginx-conf", checkout / "nginx.conf", "--root", t.directory / "none", "--at", "2090-01-01"], "is not a directory"),
            ("no dump", ["--nginx-dump", t.directory / "noise.pem", "--at", "2090-01-01"], "is not output of nginx -T"),
            ("no configuration", ["--nginx-conf", checkout / "none.conf", "--root", "/etc/nginx=%s" % checkout, "--at", "2090-01-01"], "none.conf")]:
        refused(what, arguments, words)
    refused_rules = t.directory / "rules"
    refused_rules.mkdir()
    (refused_rules / "bad.json").write_text("{")
    code, _, _ = run_preflight(*conf, *peer, chain, "--rules", refused_rules)
    expect_equal(code, 78, "bad rules")


def formats(t, checkout, breaking, good, today):
    conf = ["--nginx-conf", checkout / "nginx.conf", "--root", "/etc/nginx=%s" % checkout, "--no-probe",
            "--chain-now", "api.corp.test:8443=%s" % today, "--peer", "api.corp.test:8443", "--chain"]
    before = tree(t.directory)
    code, out, errors = run_preflight(*conf, breaking, "--fail-on", "breaks", "--format", "json")
    expect_equal(code, 1, "a place breaks: %s%s" % (out, errors))
    report = json.loads(out)
    expect_equal([place["outlook"] for place in report["places"]], ["breaks"], "the place")
    expect_equal(report["places"][0]["file"], "/etc/nginx/conf.d/gw.conf", "as nginx names the file")
    schema = json.loads((source_directory() / "daemon/event/schema/preflight-1.json").read_text())
    expect(set(report) == set(schema["required"]), "members of the report: %s" % sorted(report))
    allowed = schema["properties"]["places"]["items"]
    for place in report["places"]:
        expect(set(allowed["required"]) <= set(place) <= set(allowed["properties"]), "members of a place: %s" % sorted(place))
    sarif = json.loads(run_preflight(*conf, breaking, "--format", "sarif")[1])
    result = sarif["runs"][0]["results"][0]
    expect_equal((sarif["version"], result["level"]), ("2.1.0", "error"), "SARIF")
    location = result["locations"][0]["physicalLocation"]
    expect(location["artifactLocation"]["uri"].endswith("checkout/conf.d/gw.conf"), "where the checkout has it: %s" % location)
    line = SERVER.splitlines().index("        proxy_pass https://api.corp.test:8443;") + 1
    expect_equal(location["region"]["startLine"], line, "the line of proxy_pass")
    expect(result["ruleId"] in [rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]], "the rule of a result is declared")
    suite = xml.etree.ElementTree.fromstring(run_preflight(*conf, breaking, "--format", "junit")[1]).find("testsuite")
    expect_equal((suite.get("tests"), suite.get("failures")), ("1", "1"), "JUnit")
    for name, words in [("markdown", "place breaks"), ("html", "<html"), ("text", "place breaks")]:
        expect(words in run_preflight(*conf, breaking, "--format", name)[1], "%s: %r" % (name, words))
    expect("将出故障" in run_preflight(*conf, breaking, "--lang", "zh")[1], "Chinese")
    expect_equal(run_preflight(*conf, good, "--fail-on", "cannot-tell")[0], 0, "a chain of the same CA")
    expect_equal(tree(t.directory), before, "nothing is written")
    code, out, _ = run_preflight(*conf, good, "--output", t.directory / "report.sarif")
    expect_equal((code, out), (0, ""), "with --output")
    expect_equal(json.loads((t.directory / "report.sarif").read_text())["runs"][0]["results"], [], "the format follows the name")
    expect_equal(set(tree(t.directory)) - set(before), {"report.sarif"}, "only --output is written")


def checkout_without_files(t, checkout, today, new):
    (checkout / "tls/trust.pem").rename(checkout / "tls/elsewhere.pem")
    conf = ["--nginx-conf", checkout / "nginx.conf", "--root", "/etc/nginx=%s" % checkout, "--no-probe", "--peer", "api.corp.test:8443", "--chain", new]
    code, out, _ = run_preflight(*conf, "--format", "json", "--fail-on", "cannot-tell")
    report = json.loads(out)
    expect_equal((code, report["places"][0]["outlook"]), (1, "cannot_tell"), "a trust file that is not in the checkout")
    expect_equal(report["missing_files"], ["/etc/nginx/tls/trust.pem"], "it is named")
    expect("--root" in report["places"][0]["missing"], "and what to do: %s" % report["places"][0])
    expect("1 place cannot be judged" in run_preflight(*conf)[1], "the headline does not say that all is well")
    gw = checkout / "conf.d/gw.conf"
    gw.write_text(SERVER.replace("proxy_ssl_verify on", "proxy_ssl_verify off"))
    report = json.loads(run_preflight(*conf, "--format", "json")[1])
    expect_equal(report["places"][0]["outlook"], "still_works", "where nothing is verified nginx opens no trust file")
    gw.write_text(SERVER)
    (checkout / "tls/elsewhere.pem").rename(checkout / "tls/trust.pem")
    trust = "%s=%s" % (checkout / "tls/trust.pem", today)
    code, out, errors = run_preflight(*conf, "--trust", trust, "--format", "json")
    expect_equal((code, len(json.loads(out or '{"places": []}')["places"])), (0, 1), "a file named as the checkout has it: %s" % errors)


def proposed_configuration(t, checkout, today):
    """Two checkouts: what got weaker, and what fails newly."""
    proposed = t.directory / "proposed"
    (proposed / "conf.d").mkdir(parents=True)
    (proposed / "tls").mkdir()
    (proposed / "nginx.conf").write_text(CONFIGURATION)
    (proposed / "tls/trust.pem").write_text((checkout / "tls/trust.pem").read_text())
    arguments = ["--nginx-conf", proposed / "nginx.conf", "--root", "/etc/nginx=%s" % proposed, "--against", checkout / "nginx.conf", "--against-root",
                 "/etc/nginx=%s" % checkout, "--no-probe", "--chain-now", "api.corp.test:8443=%s" % today, "--format", "json"]
    for change, outlook, words in [
            (("proxy_ssl_verify on;", "proxy_ssl_verify off;"), "weakens", "proxy_ssl_verify"),
            (("proxy_ssl_verify on;", "proxy_ssl_verify on; proxy_ssl_verify_depth 9;"), "weakens", "proxy_ssl_verify_depth"),
            (("https://api", "http://api"), "weakens", "TLS"),
            (("proxy_ssl_verify on;", "proxy_ssl_verify on; proxy_ssl_name other.corp.test;"), "breaks", "other.corp.test"),
            (("server_name gw", "# the same\n    server_name gw"), None, "")]:
        expect(change[0] in SERVER, change[0])
        (proposed / "conf.d/gw.conf").write_text(SERVER.replace(*change))
        report = json.loads(run_preflight(*arguments)[1])
        found = [place["outlook"] for place in report["places"]]
        expect_equal(found, [outlook] if outlook else [], "%s becomes %s (%s)" % (*change, report["places"]))
        expect(not outlook or words in report["places"][0]["summary"] + " ".join(report["places"][0].get("weakened", [])), report["places"])


def story(t):
    require_program("openssl")
    pki = Pki(t.directory / "pki")
    root, other = pki.issue("/O=Corp/CN=Corp Root", is_ca=True), pki.issue("/O=Corp/CN=Corp Root G2", is_ca=True)
    today = pki.issue("/O=Corp/CN=api.corp.test", root, names=["DNS:api.corp.test"])
    renewed = pki.issue("/O=Corp/CN=api.corp.test", root, names=["DNS:api.corp.test"], label="renewed")
    moved = pki.issue("/O=Corp/CN=api.corp.test", other, names=["DNS:api.corp.test"], label="moved")
    checkout = t.directory / "checkout"
    (checkout / "conf.d").mkdir(parents=True)
    (checkout / "tls").mkdir()
    (checkout / "nginx.conf").write_text(CONFIGURATION)
    (checkout / "conf.d/gw.conf").write_text(SERVER)
    (checkout / "tls/trust.pem").write_text(root.pem)
    t.step("bad input")
    bad_input(t, checkout, renewed.file, renewed.key, pki, root)
    t.step("formats and the gate")
    formats(t, checkout, moved.file, renewed.file, today.file)
    t.step("a checkout without its files")
    checkout_without_files(t, checkout, today.file, renewed.file)
    t.step("a proposed configuration")
    proposed_configuration(t, checkout, today.file)


run(story)
