"""Chains of ours that break a rule whoever looks at them, names of servers, lists of suites by OpenSSL's commands, and more of clients."""
from faults.generator.kinds import kind, with_letters_swapped
from faults.generator.kinds_listener import UNKNOWN_ISSUER, client_certificate, with_certificate
from faults.generator.kinds_stapling import Responder

SIDE = "listener"
UNSUITABLE = ["server_cert_unsuitable"]


def serves(w, name, leaf, causes, is_curable=False):
    w.served = [leaf, *leaf.intermediates()]
    w.truth.broken(name, causes, is_curable)
    return True


def special_ca(w, name, issuer=None, **traits):
    ca = w.pki.issue("/O=Corp/CN=Corp Web %s CA" % name, issuer or w.root, is_ca=True, **traits)
    w.in_store.append(ca)
    return ca


@kind
def served_of_wrong_use(w):
    return serves(w, "served-of-wrong-use", w.leaf_for(w.names, usage=w.random.choice(["clientAuth", "codeSigning"])), UNSUITABLE)


@kind
def served_of_no_ca(w):
    issuer = w.pki.issue("/O=Corp/CN=team.corp.test", w.root)
    return serves(w, "served-of-no-ca", w.leaf_for(w.names, issuer=issuer), UNSUITABLE)


@kind
def served_ca_may_not_sign(w):
    ca = special_ca(w, "Unsigning", key_usage="digitalSignature,cRLSign")
    return serves(w, "served-ca-may-not-sign", w.leaf_for(w.names, issuer=ca), UNSUITABLE)


@kind
def served_breaks_path_length(w):
    below = special_ca(w, "Below Short", special_ca(w, "Short", path_length=0))
    return serves(w, "served-breaks-path-length", w.leaf_for(w.names, issuer=below), UNSUITABLE)


@kind
def served_breaks_constraints(w):
    ca = special_ca(w, "Bound", constraints="permitted;DNS:bound.example")
    return serves(w, "served-breaks-constraints", w.leaf_for(w.names, issuer=ca), UNSUITABLE)


@kind
def served_has_critical_extension(w):
    leaf = w.leaf_for(w.names, extra=["1.3.6.1.4.1.99999.7=critical,ASN1:UTF8String:any"])
    return serves(w, "served-has-critical-extension", leaf, UNSUITABLE)


@kind
def served_intermediate_is_early(w):
    return serves(w, "served-intermediate-is-early", w.leaf_for(w.names, issuer=special_ca(w, "Early", days=(4, 300))), UNSUITABLE)


@kind
def served_intermediate_expired(w):
    """Of two the upper or the lower one; the renewed one with the same key may be at hand."""
    traits = dict(label="a renewed web CA", kind="ec")
    old = special_ca(w, "Renewed", days=(-400, -2), **traits)
    is_known = w.maybe(60)
    if is_known:
        special_ca(w, "Renewed", days=(-20, 700), **traits)
    issuer = special_ca(w, "Lower", old) if w.maybe(50) else old
    return serves(w, "served-intermediate-expired", w.leaf_for(w.names, issuer=issuer), ["server_cert_expired"], is_known)


@kind
def served_beside_expired_cross(w):
    """What stands behind the chain for clients of long ago has expired; nobody needs it."""
    former = w.pki.issue("/O=Trust/CN=Digital Trust Root X3", is_ca=True, days=(-2000, -6))
    w.served = [*w.served, w.pki.issue(w.root.subject, former, kind=w.root.wish["kind"], label=w.root.wish["label"], is_ca=True, days=(-900, -7))]
    w.truth.whole("served-beside-expired-cross")
    return True


@kind
def server_name_misspelt(w):
    """Clients ask for what the certificate has, and are shown the default server's."""
    if w.module != "http" or w.is_default_apart or not w.names[0].startswith("DNS:" + w.host):
        return False
    label, rest = w.host.split(".", 1)
    wrong = with_letters_swapped(rest)
    w.server_names = [label + "." + wrong if wrong != rest else label + label[-1] + "." + rest, "api." + w.domain]
    other = w.leaf_for(["DNS:default." + w.domain])
    w.more_files = {"default.pem": [other, *other.intermediates()], "default.key": [other.key]}
    w.more_servers = ["server { listen 127.0.0.1:%d ssl%s default_server; server_name default.%s; ssl_certificate tls/default.pem; "
                      "ssl_certificate_key tls/default.key; }" % (w.port, " proxy_protocol" if w.takes_header else "", w.domain)]
    w.truth.broken("server-name-misspelt", ["server_name_not_configured"], True)
    return True


@kind
def default_server_is_bare(w):
    """A server for whoever asks for nothing that is served, without any certificate."""
    if w.module != "http" or w.is_default_apart:
        return False
    w.more_servers = ["server { listen 127.0.0.1:%d ssl%s default_server; server_name %s; return 444; }" % (
        w.port, " proxy_protocol" if w.takes_header else "", w.random.choice(["_", '""', "localhost"]))]
    w.truth.broken("default-server-is-bare", ["server_cert_not_configured", "config_directive_missing"], True)
    return True


@kind
def suites_of_13_by_command(w):
    if w.is_default_apart:
        return False
    w.put("ssl_protocols", "TLSv1.3")
    w.put("ssl_conf_command", "Ciphersuites", "TLS_AES_128_CCM_8_SHA256")
    w.client = w.client.but(versions=("TLSv1.3",))
    w.truth.broken("suites-of-13-by-command", ["no_shared_cipher"], True)
    return True


@kind
def cipher_string_by_command(w):
    if w.is_default_apart:
        return False
    other = "ECDSA" if w.key_kind == "rsa" else "RSA"
    w.put("ssl_protocols", "TLSv1.2")
    w.put("ssl_conf_command", "CipherString", "ECDHE-%s-AES128-GCM-SHA256" % other)
    w.client = w.client.but(versions=("TLSv1.2",))
    w.truth.broken("cipher-string-by-command", ["server_cipher_cert_mismatch", "no_shared_cipher"], True)
    return True


@kind
def versions_of_ours_are_dead(w):
    if w.is_default_apart:
        return False
    w.put("ssl_protocols", *w.random.choice([["TLSv1", "TLSv1.1"], ["TLSv1.1"]]))
    w.client = w.client.but(versions=("TLSv1.2",))
    w.truth.broken("versions-of-ours-are-dead", ["server_protocols_too_strict", "server_protocols_mismatch"], True)
    return True


# --- clients

@kind
def client_breaks_constraints(w):
    if not w.verifies:
        return False
    bound = w.pki.issue("/O=Corp/CN=Corp Bound Device CA", w.client_root, is_ca=True, constraints="permitted;DNS:bound.example")
    with_certificate(w, client_certificate(w, issuer=bound, names=["DNS:device7.other.test"]))
    w.put("ssl_verify_depth", "4")
    w.truth.broken("client-breaks-constraints", ["client_cert_invalid_chain"], False)
    return True


@kind
def client_has_critical_extension(w):
    if not w.verifies:
        return False
    with_certificate(w, client_certificate(w, extra=["1.3.6.1.4.1.99999.7=critical,ASN1:UTF8String:any"]))
    w.truth.broken("client-has-critical-extension", ["client_cert_invalid_chain"], False)
    return True


@kind
def client_ca_is_revoked(w):
    between = w.certificate.intermediates()
    if not w.verifies or not between:
        return False
    w.crls = [w.pki.crl(w.client_root, [between[-1]]), *[w.pki.crl(ca) for ca in between]]
    w.truth.broken("client-ca-is-revoked", ["client_cert_revoked"], False)
    return True


@kind
def client_names_serial_of_before(w):
    """The listed root was renewed with its name and key; the client's certificate names the former's serial."""
    if not w.verifies:
        return False
    traits = dict(is_ca=True, label="serial device root")
    old = w.pki.issue("/O=Corp/CN=Corp Serial Device Root", days=(-800, 100), **traits)
    new = w.pki.issue("/O=Corp/CN=Corp Serial Device Root", days=(-10, 3000), **traits)
    w.accepted = [new]
    w.in_store += [old, new]
    with_certificate(w, client_certificate(w, issuer=old, extra=["authorityKeyIdentifier=keyid,issuer:always"]))
    w.truth.broken("client-names-serial-of-before", [*UNKNOWN_ISSUER, "client_cert_invalid_chain"], False)
    return True


@kind
def client_chain_in_any_order(w):
    """OpenSSL sorts what comes behind the client's own certificate."""
    if not w.verifies or len(w.certificate.intermediates()) < 2:
        return False
    w.client = w.good_client = w.client.but(chain=[w.certificate, *reversed(w.certificate.intermediates())])
    w.truth.whole("client-chain-in-any-order")
    return True


def asked_by_ocsp(w, manner):
    if not w.verifies or w.module != "http" or w.certificate.issuer.issuer is None or w.is_default_apart:
        return False
    responder = Responder(w, manner)
    responder.asked_about = w.certificate
    w.put("ssl_ocsp", "leaf")
    w.put("ssl_ocsp_responder", "http://127.0.0.1:%d/" % responder.port)
    return True


@kind
def responder_of_clients_sends_garbage(w):
    if not asked_by_ocsp(w, "garbage"):
        return False
    w.truth.broken("responder-of-clients-sends-garbage", ["ocsp_responder_unreachable", "stapling_responder_bad_answer"], False)
    return True


@kind
def responder_of_clients_is_foreign(w):
    if not asked_by_ocsp(w, "other signer"):
        return False
    w.truth.broken("responder-of-clients-is-foreign", ["stapling_verify_failed", "ocsp_responder_unreachable"], False)
    return True
