"""An OCSP answer that nginx staples from a file ends like a certificate: preflight says when, at --at and on the way to --until, and doctor lists it."""
import datetime
import json
import subprocess

from support.authority import Authority
from support.daemon import binary, rules_directory
from support.scenario import expect, expect_equal, run


def day(days):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)).strftime("%Y-%m-%d")


def answer_for(authority, leaf, root, days):
    """A good answer of the CA's own about the leaf, for so many days."""
    serial = subprocess.run(["openssl", "x509", "-in", leaf.file, "-noout", "-serial"], capture_output=True, text=True, check=True).stdout
    index = authority.directory / "index.txt"
    index.write_text("V\t350101000000Z\t\t%s\tunknown\t/O=Corp/CN=shop.example\n" % serial.strip().split("=")[1])
    answer = authority.directory / "answer.der"
    subprocess.run(["openssl", "ocsp", "-index", index, "-CA", root.file, "-rsigner", root.file, "-rkey", root.key, "-issuer", root.file, "-cert", leaf.file,
                    "-ndays", str(days), "-respout", answer], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
    return answer


def story(t):
    authority = Authority(t)
    root = authority.root()
    leaf = authority.issue("shop", "shop.example", root, ["DNS:shop.example"])
    answer = answer_for(authority, leaf, root, 10)
    configuration = t.directory / "nginx.conf"
    configuration.write_text("""events {}
http { server { listen 127.0.0.1:8443 ssl; server_name shop.example;
    ssl_certificate %s; ssl_certificate_key %s;
    ssl_stapling on; ssl_stapling_file %s; } }
""" % (leaf.file, leaf.key, answer))

    def ask(verb, *arguments):
        done = subprocess.run([binary(), verb, "--nginx-conf", configuration, "--no-probe", "--format", "json", *arguments], capture_output=True, text=True,
                              env={"PATH": "/usr/bin:/bin", "HANDSHAKED_RULES": str(rules_directory()), "LANG": "C"})
        expect_equal(done.returncode, 0, "%s %s: %s" % (verb, arguments, done.stderr))
        return json.loads(done.stdout)

    def stapled(report):
        return [place for place in report["places"] if place.get("cause") == "stapling_response_expired"]
    (place,) = stapled(ask("preflight", "--until", day(60)))
    expect_equal((place["outlook"], place["directive"], place["at"][:10]), ("weakens", "ssl_stapling_file", day(10)), "on the way")
    expect(str(answer) in place["fixes"][0]["title"], "the fix: %r" % place)
    expect_equal(len(stapled(ask("preflight", "--at", day(20)))), 1, "places at a date after its end")
    expect_equal(stapled(ask("preflight", "--at", day(5))), [], "places at a date before its end")
    expect_equal(stapled(ask("preflight", "--until", day(5))), [], "places until a date before its end")
    t.step("preflight says when")

    ends = [entry for entry in ask("doctor")["calendar"] if str(answer) in entry["what"]]
    expect_equal([entry["at"][:10] for entry in ends], [day(10)], "doctor's calendar")
    t.step("doctor lists it")


run(story)
