"""An nginx that refuses its configuration: what is really in the file, and the cure. Each fault alone, for nginx stops at the first."""
import json
import os
import re
import shutil
import subprocess

from support.authority import Authority
from support.ports import free_port
from support.scenario import expect, require_program, run
from support.upstreams import TlsUpstream

CONFIGURATION = """worker_processes 1;
pid logs/nginx.pid;
error_log logs/error.log info;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path tmp/body; proxy_temp_path tmp/proxy; fastcgi_temp_path tmp/fastcgi; uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi;
    server {
        listen %(port)d ssl;
        server_name www.corp.test;
        ssl_certificate tls/front.pem;
        ssl_certificate_key tls/front.key;
%(server)s
        location / {
            %(location)s
        }
    }
}
"""


def nginx_test(prefix):
    return subprocess.run(["nginx", "-t", "-p", str(prefix) + "/", "-c", "conf/nginx.conf", "-e", "logs/error.log"], stdin=subprocess.DEVNULL,
                          capture_output=True)


def nginx_version():
    told = subprocess.run(["nginx", "-v"], capture_output=True, text=True).stderr
    return tuple(int(part) for part in re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", told).groups())


def diagnose(prefix, cas):
    done = subprocess.run([os.environ["HANDSHAKED"], "diagnose", "--rules", os.environ["HANDSHAKED_RULES"], "--log", prefix / "logs/error.log",
                           "--nginx-conf", prefix / "conf/nginx.conf", "--nginx-prefix", prefix, "--ca-store", cas, "--format", "json", "--lang", "en"],
                          capture_output=True, timeout=60)
    expect(done.returncode == 0, "diagnose: exit code %d, %s" % (done.returncode, done.stderr.decode(errors="replace")))
    return json.loads(done.stdout)["incidents"]


def story(t):
    require_program("nginx", "openssl", "patch")
    authority = Authority(t)
    root = authority.root()
    issuing = authority.issue("issuing", "Corp Issuing CA", root, is_authority=True)
    www = authority.issue("www", "www.corp.test", issuing, ["DNS:www.corp.test"])
    other = authority.issue("other", "other.corp.test", issuing, ["DNS:other.corp.test"])
    peer = TlsUpstream(t, authority, "peer", www, issuing)
    cas = t.directory / "cas"
    cas.mkdir()
    for one in (root, issuing):
        shutil.copy(one.file, cas / one.file.name)

    pem, key = www.file.read_bytes() + issuing.file.read_bytes(), www.key.read_bytes()
    der = subprocess.run(["openssl", "x509", "-in", www.file, "-outform", "DER"], capture_output=True, check=True).stdout
    locked = subprocess.run(["openssl", "pkey", "-in", www.key, "-aes256", "-passout", "pass:lab"], capture_output=True, check=True).stdout
    joined = www.file.read_bytes().rstrip(b"\n") + issuing.file.read_bytes()
    small = subprocess.run(["openssl", "dhparam", "512"], capture_output=True, check=True).stdout
    verified = "proxy_pass https://%s;\n            proxy_ssl_verify on;\n            proxy_ssl_name www.corp.test;" % peer.address
    # name: files, server lines, location, cause (and others as true), is it cured by a patch
    situations = {
        "joined": ({"front.pem": joined}, "", "return 200 ok;", ["config_pem_concatenation", "config_pem_invalid"], True),
        "der": ({"front.pem": der}, "", "return 200 ok;", ["config_der_instead_of_pem", "config_pem_invalid"], False),
        "empty": ({"front.pem": b""}, "", "return 200 ok;", ["config_pem_invalid"], False),
        "mismatch": ({"front.key": other.key.read_bytes()}, "", "return 200 ok;", ["config_key_mismatch"], False),
        "encrypted": ({"front.key": locked}, "", "return 200 ok;", ["config_key_encrypted"], False),
        "curve": ({}, "        ssl_ecdh_curve secp383r1;", "return 200 ok;", ["config_curve_invalid"], True),
        "command": ({}, "        ssl_conf_command Grups X25519;", "return 200 ok;", ["config_conf_command_invalid"], True),
        "dhparam": ({"dh.pem": small}, "        ssl_dhparam tls/dh.pem;", "return 200 ok;", ["config_dhparam_too_small", "config_dhparam_invalid"], True),
        "no-trust": ({}, "", verified, ["config_directive_missing"], True),
        "trust-gone": ({}, "", verified + "\n            proxy_ssl_trusted_certificate tls/corp.pem;", ["config_file_missing"], True),
    }
    parameters = subprocess.run(["openssl", "ecparam", "-name", "prime256v1"], capture_output=True, check=True).stdout
    request = subprocess.run(["openssl", "req", "-new", "-key", www.key, "-subj", "/CN=www.corp.test"], capture_output=True, check=True).stdout
    # For the same key, and for another name.
    names = t.directory / "shop.cnf"
    names.write_text("subjectAltName=DNS:shop.corp.test\n")
    stranger = subprocess.run(["openssl", "x509", "-req", "-CA", issuing.file, "-CAkey", issuing.key, "-set_serial", "77", "-days", "30", "-extfile", names],
                              input=request, capture_output=True, check=True).stdout
    der_key = subprocess.run(["openssl", "pkey", "-in", www.key, "-outform", "DER"], capture_output=True, check=True).stdout
    situations.update({
        "parameters": ({"front.key": parameters, "front-2024.key": key}, "", "return 200 ok;", ["config_pem_invalid"], True),
        "parameters-alone": ({"front.key": parameters}, "", "return 200 ok;", ["config_pem_invalid"], False),
        "password-gone": ({"front.key": locked, "pass": b"lab\n"}, "        ssl_password_file tls/pas;", "return 200 ok;", ["config_password_file_invalid"], True),
        "password-unneeded": ({}, "        ssl_password_file tls/unlock;", "return 200 ok;", ["config_password_file_invalid"], True),
        "password-nowhere": ({"front.key": locked}, "        ssl_password_file tls/pass;", "return 200 ok;", ["config_password_file_invalid"], False),
        "password-blanks": ({"front.key": locked, "pass": b"lab \n"}, "        ssl_password_file tls/pass;", "return 200 ok;",
                            ["config_key_wrong_passphrase"], False),
        "request-for-certificate": ({"front.pem": request, "front-new.pem": pem}, "", "return 200 ok;", ["config_pem_invalid"], True),
        "request-and-stranger": ({"front.pem": request, "front-new.pem": stranger}, "", "return 200 ok;", ["config_pem_invalid"], False),
        "key-in-der": ({"front.key": der_key, "front-old.key": key}, "", "return 200 ok;", ["config_der_instead_of_pem"], True),
        "ticket-key-gone": ({}, "        ssl_session_ticket_key tls/tickets;", "return 200 ok;", ["config_file_missing"], False),
        "semicolon": ({}, "        ssl_protocols TLSv1.3\n        ssl_prefer_server_ciphers on;", "return 200 ok;", ["config_directive_invalid"], True),
        "listen-slip": ({}, "        listen 127.0.0.1:%d sll;" % free_port(), "return 200 ok;", ["config_directive_invalid"], True),
    })
    if nginx_version() < (1, 25, 0):
        situations.update({
            "http2-on": ({}, "        http2 on;", "return 200 ok;", ["config_directive_invalid"], True),
            "quic": ({}, "        listen 127.0.0.1:%d quic;\n        http3 on;\n        quic_retry on;" % free_port(), "return 200 ok;",
                     ["config_directive_invalid"], True),
        })
    problems = []
    for name, (files, server, location, causes, cured) in situations.items():
        t.step(name)
        prefix = t.directory / name
        for part in ("conf/tls", "logs", "tmp"):
            (prefix / part).mkdir(parents=True)
        (prefix / "conf/nginx.conf").write_text(CONFIGURATION % {"port": free_port(), "server": server, "location": location})
        for file, content in {"front.pem": pem, "front.key": key, **files}.items():
            (prefix / "conf/tls" / file).write_bytes(content)
        before = nginx_test(prefix)
        expect(before.returncode != 0, name + ": nginx was to refuse this")
        incidents = diagnose(prefix, cas)
        if not incidents:
            problems.append("%s: no incident for %s" % (name, before.stderr.decode()))
            continue
        found = incidents[0]["diagnosis"]["cause"]
        if found not in causes:
            problems.append("%s: the cause is %s, found %s" % (name, causes[0], found))
        fixes = incidents[0]["fixes"]
        patches = [fix for fix in fixes if fix.get("patch") and fix["proof"]["status"] == "proved"]
        if cured and not patches:
            problems.append("%s: no fix is proved: %s" % (name, json.dumps(fixes)[:800]))
        elif not cured and patches:
            problems.append("%s: a text diff cannot cure it, and yet: %s" % (name, patches[0]["title"]))
        elif not cured and not (fixes and fixes[0]["owner"] == "proxy" and (fixes[0]["commands"] or fixes[0]["how"])):
            problems.append("%s: not told what to run: %s" % (name, json.dumps(fixes)[:500]))
        elif cured:
            done = subprocess.run(["patch", "-p1", "-d", "/", "--no-backup-if-mismatch"], input=patches[0]["patch"].encode(), capture_output=True)
            after = nginx_test(prefix)
            if done.returncode != 0 or after.returncode != 0:
                problems.append("%s: refused after the patch: %s\n%s\n%s" % (name, done.stdout.decode(), after.stderr.decode(), patches[0]["patch"]))
    expect(not problems, "\n".join(problems))


run(story)
