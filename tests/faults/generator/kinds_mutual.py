"""More between clients and listeners: suites and keys apart, lists, responders, depths, and what is odd and sound."""
from faults.generator.kinds import kind
from faults.generator.kinds_listener import UNKNOWN_ISSUER, client_certificate, with_certificate
from faults.generator.kinds_stapling import Responder

SIDE = "listener"


@kind
def list_leaves_client_out(w):
    """One suite is left, and the client has the other."""
    if w.is_default_apart:
        return False
    auth = "RSA" if w.key_kind == "rsa" else "ECDSA"
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    w.put("ssl_ciphers", "ECDHE-%s-AES256-GCM-SHA384" % auth)
    w.client = w.client.but(versions=("TLSv1.2",), ciphers="ECDHE-%s-AES128-GCM-SHA256" % auth)
    w.good_client = w.client
    w.truth.broken("list-leaves-client-out", ["no_shared_cipher"], True)
    return True


@kind
def client_has_only_dhe(w):
    """Without ssl_dhparam nginx has no suite of finite fields."""
    if w.is_default_apart or w.key_kind != "rsa":
        return False
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    w.client = w.client.but(versions=("TLSv1.2",), ciphers="DHE-RSA-AES128-GCM-SHA256")
    w.truth.broken("client-has-only-dhe", ["no_shared_cipher", "client_ciphers_obsolete"], False)
    return True


@kind
def client_wants_13_alone(w):
    if w.is_default_apart:
        return False
    w.put("ssl_protocols", "TLSv1.2")
    w.client = w.client.but(versions=("TLSv1.3",))
    w.good_client = w.client
    # Who is years behind leaves the same line.
    w.truth.broken("client-wants-13-alone", ["server_protocols_mismatch", "server_protocols_too_strict"], False)
    return True


@kind
def greatest_version_by_command(w):
    if w.is_default_apart:
        return False
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    w.put("ssl_conf_command", "MaxProtocol", "TLSv1.2")
    w.client = w.client.but(versions=("TLSv1.3",))
    w.good_client = w.client
    w.truth.broken("greatest-version-by-command", ["server_protocols_too_strict", "server_protocols_mismatch"], False)
    return True


@kind
def client_of_rekeyed_ca(w):
    """The CA has a new key under its old name; the listener lists the former one."""
    if not w.verifies:
        return False
    traits = w.client_root.wish
    former = w.pki.issue(traits["subject"], label="former " + traits["label"], is_ca=True, days=(-900, 900))
    w.accepted = [former]
    w.truth.broken("client-of-rekeyed-ca", ["client_cert_unknown_ca", "client_chain_incomplete", "client_cert_invalid_chain"], False)
    return True


@kind
def client_ca_expired(w):
    if not w.verifies:
        return False
    traits = w.client_root.wish
    old = w.pki.issue(traits["subject"], label=traits["label"], is_ca=True, days=(-900, -3))
    w.accepted = [old]
    w.truth.broken("client-ca-expired", ["client_cert_expired", "client_intermediate_expired"], False)
    return True


@kind
def client_digest_is_weak(w):
    if not w.verifies:
        return False
    with_certificate(w, client_certificate(w, digest="sha1"))
    w.truth.broken("client-digest-is-weak", ["client_cert_weak_key", "client_cert_invalid_chain"], False)
    return True


@kind
def client_of_no_ca(w):
    """Issued by a certificate that is none."""
    if not w.verifies:
        return False
    issuer = w.pki.issue("/O=Corp/CN=team 3", w.client_issuing)
    with_certificate(w, client_certificate(w, issuer=issuer))
    w.put("ssl_verify_depth", "4")
    w.truth.broken("client-of-no-ca", ["client_cert_invalid_chain", *UNKNOWN_ISSUER], False)
    return True


@kind
def client_breaks_path_length(w):
    if not w.verifies:
        return False
    short = w.pki.issue("/O=Corp/CN=Corp Short Device CA", w.client_root, is_ca=True, path_length=0)
    below = w.pki.issue("/O=Corp/CN=Corp Below Short Device CA", short, is_ca=True)
    with_certificate(w, client_certificate(w, issuer=below))
    w.put("ssl_verify_depth", "4")
    w.truth.broken("client-breaks-path-length", ["client_cert_invalid_chain"], False)
    return True


@kind
def client_sends_its_root(w):
    if not w.verifies:
        return False
    with_certificate(w, w.certificate, [w.certificate, *w.certificate.intermediates(), w.client_root])
    w.good_client = w.client
    w.truth.whole("client-sends-its-root")
    return True


@kind
def client_lists_both_roots(w):
    """Two CAs of one name, the former one first."""
    if not w.verifies:
        return False
    traits = w.client_root.wish
    w.accepted = [w.pki.issue(traits["subject"], label="former " + traits["label"], is_ca=True, days=(-900, 900)), w.client_root]
    w.truth.whole("client-lists-both-roots")
    return True


@kind
def any_client_without_ca(w):
    """optional_no_ca without any list."""
    if not w.verifies or w.module == "mail":
        return False
    w.put("ssl_verify_client", "optional_no_ca")
    w.accepted = None
    w.truth.whole("any-client-without-ca")
    return True


@kind
def responder_of_clients_works(w):
    """ssl_ocsp, and somebody answers."""
    if not w.verifies or w.module != "http" or w.certificate.issuer.issuer is None or w.is_default_apart:
        return False
    responder = Responder(w)
    responder.asked_about = w.certificate
    w.put("ssl_ocsp", "leaf")
    w.put("ssl_ocsp_responder", "http://127.0.0.1:%d/" % responder.port)
    w.truth.whole("responder-of-clients-works")
    return True


@kind
def ten_minutes_of_sessions(w):
    w.put("ssl_session_cache", "shared:SSL:1m")
    w.put("ssl_session_timeout", "10m")
    w.put("ssl_session_tickets", w.random.choice(["on", "off"]))
    w.truth.whole("ten-minutes-of-sessions")
    return True


@kind
def key_of_p521(w):
    leaf = w.leaf_for(w.names, kind="ec521")
    w.served = [leaf, *leaf.intermediates()]
    w.truth.whole("key-of-p521")
    return True


@kind
def key_is_ed25519(w):
    leaf = w.leaf_for(w.names, kind="ed25519")
    w.served = [leaf, *leaf.intermediates()]
    w.truth.whole("key-is-ed25519")
    return True
