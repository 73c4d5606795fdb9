"""Faults between a client and a listener of nginx's own."""
import shutil

from faults.generator.kinds import kind

SIDE = "listener"

# What one line of nginx cannot tell apart when the client's own chain is in no log.
UNKNOWN_ISSUER = ["client_cert_unknown_ca", "client_chain_incomplete"]


def with_certificate(w, certificate, chain=None):
    w.client = w.client.but(chain=chain or [certificate, *certificate.intermediates()])


def client_certificate(w, **traits):
    return w.pki.issue("/O=Corp/CN=device 7", traits.pop("issuer", w.client_issuing), usage=traits.pop("usage", "clientAuth"), **traits)


@kind
def client_shows_none(w):
    if w.settings.get("ssl_verify_client") != ["on"]:
        return False
    w.client = w.client.but(chain=[])
    w.truth.broken("client-shows-none", ["client_cert_missing"], False)
    return True


@kind
def client_of_unlisted_ca(w):
    """The CA is in the collection, alone there besides those that are listed."""
    if not w.verifies:
        return False
    root = w.pki.issue("/O=Corp/CN=Corp Device Root", is_ca=True)
    w.in_store.append(root)
    with_certificate(w, client_certificate(w, issuer=root))
    w.truth.broken("client-of-unlisted-ca", UNKNOWN_ISSUER, False)
    return True


@kind
def client_leaves_chain_out(w):
    if not w.verifies or w.client_issuing.issuer is None:
        return False
    with_certificate(w, w.certificate, [w.certificate])
    w.truth.broken("client-leaves-chain-out", UNKNOWN_ISSUER, False)
    return True


@kind
def client_depth_too_small(w):
    needs = len(w.certificate.intermediates())
    if not w.verifies or needs < 1 or w.settings.get("ssl_verify_depth") == [str(needs - 1)]:
        return False
    if needs == 2:
        w.settings.pop("ssl_verify_depth", None)
    else:
        w.put("ssl_verify_depth", str(needs - 1))
    # A client of a CA that is not listed leaves the same line: nothing at hand proves that it was the depth.
    w.truth.broken("client-depth-too-small", ["client_verify_depth_too_small", *UNKNOWN_ISSUER], False)
    return True


@kind
def client_cas_lack_root(w):
    if not w.verifies or w.client_issuing.issuer is None:
        return False
    w.accepted = [w.client_issuing]
    w.truth.broken("client-cas-lack-root", ["client_ca_bundle_lacks_root"], True)
    return True


@kind
def client_expired(w):
    if not w.verifies:
        return False
    with_certificate(w, client_certificate(w, days=(-90, -2)))
    w.truth.broken("client-expired", ["client_cert_expired"], False)
    return True


@kind
def client_early(w):
    if not w.verifies:
        return False
    with_certificate(w, client_certificate(w, days=(5, 90)))
    w.truth.broken("client-early", ["client_cert_not_yet_valid"], False)
    return True


@kind
def client_of_wrong_use(w):
    if not w.verifies:
        return False
    with_certificate(w, client_certificate(w, usage="serverAuth"))
    w.truth.broken("client-of-wrong-use", ["client_cert_wrong_usage"], False)
    return True


@kind
def client_self_signed(w):
    if not w.verifies:
        return False
    with_certificate(w, w.pki.issue("/O=Home/CN=device 7", usage="clientAuth"))
    w.truth.broken("client-self-signed", ["client_cert_self_signed"], False)
    return True


@kind
def client_is_revoked(w):
    if not w.verifies:
        return False
    above = [w.client_root, *w.certificate.intermediates()]
    w.crls = [w.pki.crl(ca, [w.certificate] if ca is w.certificate.issuer else []) for ca in above]
    w.good_client = w.client.but(chain=[other := client_certificate(w, label="other"), *other.intermediates()])
    w.truth.broken("client-is-revoked", ["client_cert_revoked"], False)
    return True


@kind
def client_crl_expired(w):
    if not w.verifies:
        return False
    above = [w.client_root, *w.certificate.intermediates()]
    old = w.random.choice(above)
    w.crls = [w.pki.crl(ca, days=(-60, -2) if ca is old else (-1, 30)) for ca in above]
    is_known = w.maybe(60)
    if is_known:
        w.crls_in_store = [w.pki.crl(ca) for ca in above]
    w.truth.broken("client-crl-expired", ["crl_expired"], False)  # whether the client is on the new list nobody can try
    return True


@kind
def client_crl_missing(w):
    above = [w.client_root, *w.certificate.intermediates()]
    if not w.verifies or len(above) < 2:
        return False
    lost = w.random.choice(above)
    w.crls = [w.pki.crl(ca) for ca in above if ca is not lost]
    is_known = w.maybe(60)
    if is_known:
        w.crls_in_store = [w.pki.crl(lost)]
    w.truth.broken("client-crl-missing", ["crl_missing"], False)  # whether the client is on the new list nobody can try
    return True


@kind
def served_chain_incomplete(w):
    if w.issuing.issuer is None:
        return False
    w.served = [w.leaf]
    w.truth.broken("served-chain-incomplete", ["server_chain_incomplete"], True)
    return True


@kind
def served_expired(w):
    old = w.leaf_for(w.names, days=(-90, -1))
    w.served = [old, *old.intermediates()]
    w.truth.broken("served-expired", ["server_cert_expired"], False)
    return True


@kind
def served_name_is_wrong(w):
    other = w.leaf_for(["DNS:intranet." + w.domain])
    w.served = [other, *other.intermediates()]
    # nginx's stream module has no names (before 1.25.5): what the client expected is nowhere to be read.
    unknown = ["client_distrusts_our_ca"] if w.module == "stream" else []
    w.truth.broken("served-name-is-wrong", ["server_cert_name_mismatch", *unknown], False)
    return True


@kind
def served_by_default_server(w):
    """Nobody has the name that the client asks for: it is shown the default server's certificate."""
    if w.module != "http" or not w.names[0].startswith("DNS:" + w.host):
        return False
    w.server_names.remove(w.host)
    if not w.is_default_apart:
        other = w.leaf_for(["DNS:default." + w.domain])
        w.more_files = {"default.pem": [other, *other.intermediates()], "default.key": [other.key]}
        w.more_servers = ["server { listen 127.0.0.1:%d ssl%s default_server; server_name default.%s; ssl_certificate tls/default.pem; "
                          "ssl_certificate_key tls/default.key; }" % (w.port, " proxy_protocol" if w.takes_header else "", w.domain)]
    w.truth.broken("served-by-default-server", ["server_name_not_configured"], True)
    return True


@kind
def client_distrusts_ca(w):
    w.client = w.client.but(trusts=[w.pki.issue("/O=Other/CN=Other Root CA 0", is_ca=True)])
    w.good_client = w.client
    w.truth.broken("client-distrusts-ca", ["client_distrusts_our_ca"], False)
    return True


@kind
def protocols_too_strict(w):
    if w.is_default_apart:
        return False  # the default server's protocols decide, whatever this one says
    w.put("ssl_protocols", "TLSv1.3")
    w.client = w.client.but(versions=("TLSv1.2",))
    w.truth.broken("protocols-too-strict", ["server_protocols_too_strict", "server_protocols_mismatch"], True)
    return True


@kind
def client_is_obsolete(w):
    w.client = w.client.but(versions=("TLSv1", "TLSv1.1"), ciphers="ALL")
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    w.truth.broken("client-is-obsolete", ["client_protocol_too_old"], False)
    return True


@kind
def ciphers_exclude_own_key(w):
    if w.random.random() < 0.5 or w.settings.get("ssl_protocols"):
        w.put("ssl_protocols", "TLSv1.2")
    w.put("ssl_ciphers", "ECDHE-RSA-AES128-GCM-SHA256" if w.key_kind.startswith("ec") else "ECDHE-ECDSA-AES128-GCM-SHA256")
    w.client = w.client.but(versions=("TLSv1.2",))
    w.truth.broken("ciphers-exclude-own-key", ["server_cipher_cert_mismatch", "no_shared_cipher"], True)
    return True


@kind
def client_has_other_groups(w):
    if w.is_default_apart:
        return False  # its protocols decide
    """A client with one group, a listener with others."""
    w.put("ssl_ecdh_curve", "X25519")
    w.put("ssl_protocols", "TLSv1.3")
    w.client = w.client.but(versions=("TLSv1.3",), curve="secp521r1")
    w.truth.broken("client-has-other-groups", ["no_shared_group"], True)
    return True


@kind
def client_has_obsolete_suites(w):
    if w.is_default_apart:
        return False
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    w.client = w.client.but(versions=("TLSv1.2",), ciphers="AES128-SHA" if w.key_kind != "rsa" else "DHE-RSA-AES128-SHA")
    w.truth.broken("client-has-obsolete-suites", ["client_ciphers_obsolete"], False)
    return True


@kind
def client_has_only_x25519(w):
    """Without TLS 1.3 the curve of an EC certificate has to be among the client's groups."""
    if w.key_kind != "ec" or w.is_default_apart:
        return False
    w.put("ssl_protocols", "TLSv1.2")
    w.client = w.client.but(curve="X25519")
    w.truth.broken("client-has-only-x25519", ["no_shared_group"], False)
    return True


@kind
def client_knows_other_key(w):
    """A certificate with the other kind of key lies beside, and is not served."""
    if w.is_default_apart:
        return False
    other = "ec" if w.key_kind == "rsa" else "rsa"
    second = w.leaf_for(w.names, kind=other)
    w.more_files["site-%s.pem" % other] = [second, *second.intermediates()]
    w.afterwards.append(lambda: shutil.copy(second.key, w.tls / ("site-%s.key" % other)))
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    w.client = w.client.but(versions=("TLSv1.2",), ciphers="ECDHE-%s-AES128-GCM-SHA256" % ("RSA" if other == "rsa" else "ECDSA"))
    w.truth.broken("client-knows-other-key", ["no_shared_cipher"], False)
    return True


@kind
def client_intermediate_expired(w):
    """The collection has it, and the renewed one with the same key. A client whose own certificate has expired leaves the same line."""
    if not w.verifies or w.client_issuing.issuer is None:
        return False
    traits = dict(is_ca=True, label="a renewed issuing CA", kind="ec")
    old = w.pki.issue("/O=Corp/CN=Corp Renewed Issuing CA", w.client_root, days=(-400, -2), **traits)
    new = w.pki.issue("/O=Corp/CN=Corp Renewed Issuing CA", w.client_root, days=(-20, 700), **traits)
    with_certificate(w, client_certificate(w, issuer=old))
    w.in_store += [old, new]
    w.truth.broken("client-intermediate-expired", ["client_intermediate_expired"], False)
    return True


@kind
def client_depth_of_strangers(w):
    """The depth is too small for CAs that are in no file here."""
    if not w.verifies:
        return False
    w.put("ssl_verify_depth", "1")
    first = w.pki.issue("/O=Partner/CN=Partner Regional CA", w.client_root, is_ca=True)
    second = w.pki.issue("/O=Partner/CN=Partner Local CA", first, is_ca=True)
    with_certificate(w, client_certificate(w, issuer=second))
    w.truth.broken("client-depth-of-strangers", ["client_verify_depth_too_small", *UNKNOWN_ISSUER], False)
    return True


@kind
def plain_to_listener(w):
    if w.has_starttls:
        return False
    w.client = w.client.but(is_plain=True)
    w.truth.broken("plain-to-listener", ["client_plain_http_to_tls_port"] + (["client_not_tls"] if w.module != "http" else []), False)
    return True


@kind
def header_to_listener(w):
    if w.takes_header or w.has_starttls:
        return False
    w.client = w.client.but(header=True)
    w.good_client = w.client
    # Of other modules the line says no more than that it was no TLS.
    is_told = w.module == "http"
    w.truth.broken("header-to-listener", ["proxy_protocol_unexpected"] + ([] if is_told else ["client_not_tls"]), is_told)
    return True


@kind
def header_missing(w):
    if not w.takes_header:
        return False
    w.client = w.client.but(header=False)
    w.truth.broken("header-missing", ["proxy_protocol_header_missing"], False)
    return True
