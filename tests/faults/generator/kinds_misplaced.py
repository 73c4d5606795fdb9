"""Directives of TLS that nginx refuses for their form: misspelt, misplaced, twice, with values that are none, without a semicolon."""
from faults.generator.kinds import kind
from faults.generator.pki import write_bundle

SIDE = "any"
INVALID = ["config_directive_invalid"]


def is_http_listener(w):
    return w.side == "listener" and w.module == "http"


def replaced(w, before, after):
    """In nginx.conf, as it is written: False where `before` is not there once."""
    if w.text().count(before) != 1:
        return False

    def change():
        path = w.prefix / "conf" / "nginx.conf"
        path.write_text(path.read_text().replace(before, after))
    w.afterwards.append(change)
    return True


@kind
def directive_is_misspelt(w):
    if w.side != "listener":
        return False
    if not replaced(w, "ssl_certificate tls", w.random.choice(["ssl_certficate tls", "ssl_certificat tls"])):
        return False
    w.truth.broken("directive-is-misspelt", [*INVALID, "config_directive_missing", "server_cert_not_configured"], True)
    return True


@kind
def upstream_directive_is_misspelt(w):
    if w.side != "upstream" or "ssl_trusted_certificate" in w.is_included:
        return False
    name = "%s_ssl_trusted_certificate" % w.family
    if not replaced(w, name, name.replace("trusted", w.random.choice(["trsuted", "truted", "trustd"]))):
        return False
    w.truth.broken("upstream-directive-is-misspelt", [*INVALID, "config_directive_missing"], True)
    return True


@kind
def switch_is_no_switch(w):
    if w.side != "upstream":
        return False
    w.put("ssl_verify", w.random.choice(["yes", "true", "1", "onn"]))
    w.quotes = False
    w.truth.broken("switch-is-no-switch", INVALID, True)
    return True


@kind
def semicolon_is_missing(w):
    """The next line becomes arguments of this one."""
    if w.side != "listener" or w.certificate_path is None:
        return False
    if not replaced(w, "ssl_certificate %s;" % w.certificate_path, "ssl_certificate %s" % w.certificate_path):
        return False
    w.truth.broken("semicolon-is-missing", INVALID, True)
    return True


@kind
def certificate_in_a_location(w):
    """ssl_certificate belongs to a server."""
    if not is_http_listener(w) or w.locations or w.more_servers:
        return False
    if not replaced(w, "ssl_certificate %s;" % w.certificate_path, ""):
        return False
    if not replaced(w, 'location / { return 200 "SITE-OK"; }', 'location / {\n ssl_certificate %s;\n return 200 "SITE-OK"; }' % w.certificate_path):
        return False
    w.truth.broken("certificate-in-a-location", [*INVALID, "config_directive_missing", "server_cert_not_configured"], True)
    return True


@kind
def settings_in_a_group(w):
    """Directives of the proxy stand in upstream { }."""
    if w.side != "upstream" or not w.is_group or w.has_other_place:
        return False
    name = w.random.choice(["ssl_verify_depth", "ssl_server_name", "ssl_session_reuse"])
    w.drop(name)
    w.more_group = ["%s_%s %s;" % (w.family, name, {"ssl_verify_depth": "4", "ssl_server_name": "on", "ssl_session_reuse": "off"}[name])]
    w.truth.broken("settings-in-a-group", INVALID, True)
    return True


@kind
def directive_stands_twice(w):
    if w.side != "listener":
        return False
    value = w.random.choice([["ssl_session_timeout 10m;"] * 2, ["ssl_prefer_server_ciphers on;"] * 2])
    if not replaced(w, "ssl_certificate_key %s;" % w.key_path, "ssl_certificate_key %s; %s" % (w.key_path, " ".join(value))):
        return False
    w.truth.broken("directive-stands-twice", INVALID, True)
    return True


@kind
def protocols_misspelt(w):
    if w.side == "listener" and w.is_default_apart:
        return False
    wrong = w.random.choice([["TLSv1.2", "TLSv1,3"], ["TLSv12", "TLSv1.3"], ["TLS1.2", "TLSv1.3"], ["TLSv1.2", "TLS1.3"], ["tlsv1.2"]])
    if w.side == "upstream" and wrong == ["tlsv1.2"] and "TLSv1.2" not in w.versions:
        return False
    w.put("ssl_protocols", *wrong)
    w.truth.broken("protocols-misspelt", ["config_protocols_invalid", *INVALID], True)
    return True


@kind
def ticket_key_is_too_short(w):
    if w.side != "listener" or w.module != "http":
        return False
    w.put("ssl_session_ticket_key", "tls/ticket.key")
    w.more_files["ticket.key"] = [b"x" * w.random.choice([16, 47, 49])]
    w.truth.broken("ticket-key-is-too-short", ["config_ticket_key_invalid"], False)
    return True


@kind
def second_key_is_of_another(w):
    """Two certificates, and the key of the second belongs to neither."""
    if w.side != "listener" or w.module == "mail":
        return False
    second = w.leaf_for(w.names, kind="ec" if w.key_kind == "rsa" else "rsa")
    other = w.pki.key("ec" if w.key_kind == "rsa" else "rsa", "of another certificate")[0]
    w.more_files["second.pem"] = [second, *second.intermediates()]
    w.more_files["right-second.key"] = [second.key]
    w.afterwards.append(lambda: write_bundle(w.tls / "second.key", other))
    w.certificate_path += "; ssl_certificate tls/second.pem"
    w.key_path += "; ssl_certificate_key tls/second.key"
    w.truth.broken("second-key-is-of-another", ["config_key_mismatch"], True)
    return True


@kind
def trusted_instead_of_client_cas(w):
    """ssl_trusted_certificate announces nothing: nginx asks for the other directive."""
    if w.side != "listener" or not w.verifies:
        return False
    w.accepted = None
    w.more_files["client-ca.pem"] = [w.client_root]
    w.put("ssl_trusted_certificate", "tls/client-ca.pem")
    w.truth.broken("trusted-instead-of-client-cas", ["config_directive_missing"], True)
    return True


@kind
def curve_leaves_all_out(w):
    """Misspelt, and corrected it would be one that few have."""
    if w.side != "listener" or w.is_default_apart or not w.key_kind.startswith("ec"):
        return False
    w.put("ssl_protocols", "TLSv1.2")
    w.put("ssl_ecdh_curve", w.random.choice(["X25518", "secp521rl", "X22519"]))
    w.truth.broken("curve-leaves-all-out", ["config_curve_invalid"], True)
    return True
