"""More of the wire: alerts by number, relays that spoil what passes, parameters, lists and options of one side alone."""
import shutil

from faults.generator.kinds import kind
from faults.generator.kinds_handshake import with_client

# What an alert of a peer that sends it whatever is asked may be called.
ALERTS = {40: ["upstream_sent_alert", "upstream_no_shared_cipher"], 42: ["upstream_sent_alert"], 47: ["upstream_sent_alert_illegal_parameter"],
          49: ["upstream_sent_alert_access_denied"], 50: ["upstream_sent_alert"], 51: ["upstream_sent_alert"],
          71: ["upstream_sent_alert_insufficient_security"], 80: ["upstream_sent_alert_internal_error"], 90: ["upstream_sent_alert"],
          109: ["upstream_sent_alert"], 110: ["upstream_sent_alert"]}
GENERAL = ["upstream_sent_alert"]


def raw(w, instead):
    w.manners = w.manners.but(instead=instead, wants_header=False)
    w.drop("protocol")


@kind
def alert_whatever_is_asked(w):
    number = w.random.choice(sorted(ALERTS))
    raw(w, ("alert", number))
    w.truth.broken("alert-whatever-is-asked", ALERTS[number] + GENERAL, False)
    return True


@kind
def answers_nonsense(w):
    """Bytes that are no TLS, behind the ClientHello."""
    answer = w.random.choice([b"ERR unknown command\r\n", b"\x00\x00\x00\x04\x05\x01", b"@RSYNCD: 31.0\n", b"\xff\xff\xff\xff" * 20])
    raw(w, ("reply", answer))
    w.truth.broken("answers-nonsense", ["upstream_not_tls"], False)
    return True


@kind
def answers_http_500(w):
    """A page that is no 400."""
    raw(w, ("reply", b"HTTP/1.0 501 Unsupported method\r\nServer: BaseHTTP\r\nContent-Length: 0\r\n\r\n"))
    w.truth.broken("answers-http-500", ["upstream_is_plain_http", "upstream_not_tls"], False)
    return True


@kind
def closes_at_once(w):
    raw(w, "at once")
    w.truth.leaves_no_line = True  # nginx may see the end before it begins: "prematurely closed", as after any handshake
    w.truth.broken("closes-at-once", ["upstream_closed_in_handshake", "upstream_reset_in_handshake"], False)
    return True


@kind
def lacks_secure_renegotiation(w):
    """A ServerHello of TLS 1.2 without any extension, which is all that it takes."""
    suite = b"\xc0\x2b" if w.key_kind.startswith("ec") else b"\xc0\x2f"
    hello = b"\x03\x03" + bytes(range(32)) + b"\x00" + suite + b"\x00"
    message = b"\x02" + len(hello).to_bytes(3, "big") + hello
    w.good_manners = w.manners.but(versions=("TLSv1.2",))
    raw(w, ("reply", b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message))
    w.put("ssl_protocols", "TLSv1.2")
    w.truth.broken("lacks-secure-renegotiation", ["upstream_unsafe_legacy_renegotiation"], False)
    return True


@kind
def bytes_are_altered(w):
    w.manners = w.manners.but(relay="corrupt")
    w.truth.broken("bytes-are-altered", ["upstream_handshake_corrupted"], False)
    return True


@kind
def large_packets_vanish(w):
    if w.module == "stream":
        return False  # gives up without a line
    w.manners = w.with_leaf(w.leaf_for(w.host, kind="rsa4096")).but(relay="swallow")
    w.put("connect_timeout", "1s")
    w.truth.broken("large-packets-vanish", ["upstream_mtu_blackhole", "upstream_handshake_timeout"], False)
    return True


@kind
def cut_in_the_middle(w):
    w.manners = w.manners.but(relay="cut")
    w.truth.broken("cut-in-the-middle", ["upstream_reset_in_handshake", "upstream_closed_in_handshake"], False)
    return True


@kind
def chain_is_too_big(w):
    if w.use_crl or w.manners.names is not None:
        return False
    bulky = [w.pki.issue("/O=Corp/CN=Corp Bulky CA %d" % n, w.root, is_ca=True, extra=["nsComment=" + "x" * 40000]) for n in range(3)]
    w.manners = w.manners.but(chain=[*w.manners.chain, *bulky])
    w.truth.broken("chain-is-too-big", ["upstream_chain_too_big"], False)
    return True


@kind
def small_dh(w):
    w.good_manners = w.manners.but(versions=("TLSv1.2",))
    w.manners = w.with_leaf(w.leaf_for(w.host, kind="rsa")).but(versions=("TLSv1.2",), ciphers="DHE-RSA-AES128-GCM-SHA256", dh=w.pki.small_dh())
    w.put("ssl_protocols", "TLSv1.2")
    w.truth.broken("small-dh", ["upstream_dh_key_too_small"], False)
    return True


@kind
def signature_algorithms_apart(w):
    """The proxy takes signatures of the other kind of key alone."""
    if w.key_kind == "ed25519":
        return False
    w.manners = w.with_leaf(w.leaf_for(w.host, kind=w.key_kind)).but(versions=w.random.choice([("TLSv1.3",), ("TLSv1.2",), w.versions]))
    w.good_manners = w.manners
    w.put("ssl_conf_command", "SignatureAlgorithms", "RSA-PSS+SHA256:RSA+SHA256" if w.key_kind.startswith("ec") else "ECDSA+SHA256:ECDSA+SHA384")
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    w.truth.broken("signature-algorithms-apart", ["upstream_no_shared_sigalg"], True)
    return True


@kind
def least_version_is_set_apart(w):
    """Not ssl_protocols, but a command of OpenSSL's excludes what the peer speaks."""
    w.manners = w.manners.but(versions=("TLSv1.2",))
    w.good_manners = w.manners
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    w.put("ssl_conf_command", *w.random.choice([("MinProtocol", "TLSv1.3"), ("Protocol", "-ALL,TLSv1.3")]))
    w.truth.broken("least-version-is-set-apart", ["proxy_ssl_protocols_mismatch"], True)
    return True


@kind
def suites_of_13_apart(w):
    w.manners = w.manners.but(versions=("TLSv1.3",))
    w.good_manners = w.manners
    w.put("ssl_protocols", "TLSv1.3")
    w.put("ssl_conf_command", "Ciphersuites", "TLS_AES_128_CCM_8_SHA256")
    w.truth.broken("suites-of-13-apart", ["upstream_no_shared_cipher"], True)
    return True


@kind
def groups_exclude_every_one(w):
    """Groups of finite fields alone, towards a peer that has curves."""
    w.manners = w.manners.but(versions=("TLSv1.3",), curve="prime256v1")
    w.good_manners = w.manners
    w.put("ssl_protocols", "TLSv1.3")
    w.put("ssl_conf_command", "Groups", w.random.choice(["ffdhe2048", "X448", "secp521r1:X448"]))
    w.truth.broken("groups-exclude-every-one", ["upstream_no_shared_group"], True)
    return True


@kind
def groups_apart_in_12(w):
    if w.key_kind != "rsa" or w.has_client_certificate:
        return False  # the curves of keys count as well
    w.manners = w.manners.but(versions=("TLSv1.2",), curve="secp384r1", ciphers="ECDHE+AESGCM")
    w.good_manners = w.manners
    w.put("ssl_protocols", "TLSv1.2")
    w.put("ssl_conf_command", "Groups", "X25519:prime256v1")
    w.truth.broken("groups-apart-in-12", ["upstream_no_shared_group", "upstream_no_shared_cipher"], True)
    return True


@kind
def curve_of_certificate_left_out(w):
    """An EC certificate of a curve that the proxy's groups lack, where its curve has to be among them."""
    if not w.key_kind.startswith("ec"):
        return False
    w.manners = w.with_leaf(w.leaf_for(w.host, kind="ec384")).but(versions=("TLSv1.2",))
    w.good_manners = w.manners
    w.put("ssl_protocols", "TLSv1.2")
    w.put("ssl_conf_command", "Groups", "X25519:prime256v1")
    w.truth.broken("curve-of-certificate-left-out", ["upstream_no_shared_group", "upstream_no_shared_cipher", "upstream_no_shared_sigalg"], True)
    return True


@kind
def client_certificate_revoked(w):
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth", label="a revoked gateway")
    with_client(w, one, [one, w.client_issuing])
    w.manners = w.manners.but(client_crls=[w.pki.crl(w.client_issuing, [one]), w.pki.crl(w.client_root)])
    w.truth.broken("client-certificate-revoked", ["proxy_client_cert_revoked", "upstream_rejects_client_cert"], False)
    return True


@kind
def client_certificate_self_signed(w):
    one = w.pki.issue("/O=Home/CN=gateway", usage="clientAuth")
    with_client(w, one, [one])
    w.truth.broken("client-certificate-self-signed", ["upstream_rejects_client_cert_ca", "upstream_rejects_client_cert"], False)
    return True


@kind
def client_files_by_variable(w):
    """Named by a variable, and one of them is not there when it is needed."""
    if w.module == "stream":
        return False
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth")
    with_client(w, one, [one, w.client_issuing])
    w.more_server.append("set $tenant %s;" % w.random.choice(["acme", "globex"]))
    w.put("ssl_certificate", "tls/$tenant.pem")
    w.put("ssl_certificate_key", "tls/$tenant.key")
    w.truth.broken("client-files-by-variable", ["proxy_client_cert_unreadable"], False)
    return True


@kind
def client_key_of_another(w):
    """A key and a certificate named by a variable, which do not belong together."""
    if w.module == "stream":
        return False
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth")
    with_client(w, one, [one, w.client_issuing])
    w.more_server.append("set $tenant acme;")
    w.put("ssl_certificate", "tls/$tenant.pem")
    w.put("ssl_certificate_key", "tls/$tenant.key")
    w.more_files["acme.pem"] = [one, w.client_issuing]
    other = w.pki.key("ec", "of another certificate")[0]
    w.afterwards.append(lambda: shutil.copy(other, w.tls / "acme.key"))
    w.truth.broken("client-key-of-another", ["proxy_client_cert_unreadable", "config_key_mismatch"], False)
    return True


@kind
def no_resolver(w):
    """A name in a variable is looked up at run time, and nothing says where."""
    if w.module == "stream" or w.is_group or w.peer.family != "inet":
        return False
    w.has_variable = True
    w.target = "localhost:%d" % w.peer.port
    w.truth.broken("no-resolver", ["resolver_missing"], False)
    return True
