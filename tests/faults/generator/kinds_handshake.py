"""Faults before a certificate can be judged: plain peers, PROXY headers, versions, ciphers, groups, client certificates, and peers that end it."""
from faults.generator.kinds import kind
from faults.generator.world import PLAIN_SCHEMES


@kind
def peer_is_plain(w):
    """The same service without TLS."""
    w.manners = w.manners.but(instead="plain", clients=())
    if w.module == "uwsgi":
        # It waits for the rest of a packet, for ever.
        w.put("connect_timeout", "1s")
        causes = ["upstream_not_tls", "upstream_is_plain_http"]
    elif w.module == "grpc":
        causes = ["upstream_is_plain_http", "upstream_not_tls"]
    else:
        causes = ["upstream_is_plain_http"]
    w.truth.broken("peer-is-plain", causes, False)
    return True


@kind
def peer_is_no_tls(w):
    greeting = w.random.choice([b"SSH-2.0-OpenSSH_9.2p1\r\n", b"220 mail.corp.test ESMTP ready\r\n", b"* OK IMAP4rev1 ready\r\n",
                                b"-ERR unknown command\r\n", b"\x4a\x00\x00\x00\x0a8.0.35\x00" + b"x" * 60])
    w.manners = w.manners.but(instead=greeting, wants_header=False)
    w.drop("protocol")
    w.truth.broken("peer-is-no-tls", ["upstream_not_tls"], False)
    return True


@kind
def header_not_expected(w):
    if w.module != "stream":
        return False
    w.put("protocol", "on")
    w.manners = w.manners.but(wants_header=False)
    w.manners = w.manners.but(instead_of_header="http" if w.maybe(50) else "close")
    w.good_manners = w.manners
    w.second = None
    w.truth.broken("header-not-expected", ["upstream_rejects_proxy_protocol"], True)
    return True


@kind
def header_expected(w):
    if w.module != "stream":
        return False
    w.drop("protocol")
    w.manners = w.manners.but(wants_header=True)
    w.good_manners = w.manners
    w.second = None
    w.truth.broken("header-expected", ["upstream_expects_proxy_protocol"], True)
    return True


@kind
def header_expected_by_http_peer(w):
    """nginx's http proxy cannot send one."""
    if w.module == "stream":
        return False
    w.manners = w.manners.but(wants_header=True)
    w.truth.broken("header-expected-by-http-peer", ["upstream_expects_proxy_protocol"], False)
    return True


@kind
def versions_apart(w):
    if w.maybe(50):
        w.manners = w.manners.but(versions=("TLSv1.3",))
        w.put("ssl_protocols", "TLSv1.2")
    else:
        w.manners = w.manners.but(versions=("TLSv1.2",))
        w.put("ssl_protocols", "TLSv1.3")
    w.good_manners = w.manners
    w.truth.broken("versions-apart", ["proxy_ssl_protocols_mismatch"], True)
    return True


@kind
def peer_is_obsolete(w):
    if w.key_kind == "ed25519":
        return False
    w.manners = w.manners.but(versions=("TLSv1", "TLSv1.1"), ciphers="ALL")
    w.truth.broken("peer-is-obsolete", ["upstream_protocol_too_old"], False)
    return True


@kind
def own_versions_are_dead(w):
    """The proxy allows only what its own OpenSSL does not do any more."""
    w.put("ssl_protocols", *w.random.choice([["TLSv1"], ["TLSv1", "TLSv1.1"]]))
    w.truth.broken("own-versions-are-dead", ["proxy_ssl_protocols_mismatch"], True)
    return True


@kind
def ciphers_apart(w):
    if w.key_kind == "ed25519":
        return False
    auth = "RSA" if w.key_kind == "rsa" else "ECDSA"
    peers, ours = w.random.choice([("ECDHE-%s-CHACHA20-POLY1305", "ECDHE-%s-AES128-GCM-SHA256"), ("ECDHE-%s-AES256-GCM-SHA384", "AES128+AESGCM"),
                                   ("ECDHE-%s-AES128-SHA256", "ECDHE+AESGCM")])
    w.manners = w.manners.but(versions=("TLSv1.2",), ciphers=peers % auth)
    w.put("ssl_protocols", "TLSv1.2")
    w.put("ssl_ciphers", ours % auth if "%" in ours else ours)
    w.good_manners = w.manners
    w.truth.broken("ciphers-apart", ["upstream_no_shared_cipher"], True)
    return True


@kind
def ciphers_exclude_key(w):
    """The list has no suite for the kind of key that the peer's certificate has."""
    if w.key_kind == "ed25519":
        return False
    w.manners = w.manners.but(versions=("TLSv1.2",))
    w.put("ssl_protocols", "TLSv1.2")
    w.put("ssl_ciphers", "ECDHE+AESGCM:!ECDSA" if w.key_kind.startswith("ec") else "ECDHE+AESGCM:!aRSA")
    w.good_manners = w.manners
    w.truth.broken("ciphers-exclude-key", ["upstream_no_shared_cipher"], True)
    return True


@kind
def groups_apart(w):
    w.put("ssl_conf_command", "Groups", "X25519")
    w.put("ssl_protocols", "TLSv1.3")
    w.manners = w.manners.but(versions=("TLSv1.3",), curve="secp384r1")
    w.good_manners = w.manners
    w.truth.broken("groups-apart", ["upstream_no_shared_group"], True)
    return True


@kind
def hello_too_large(w):
    """Something on the way reads a ClientHello in one packet. What post-quantum groups do since OpenSSL 3.5, a finite field does with any."""
    if "TLSv1.3" not in w.versions or w.manners.wants_header:
        return False
    w.put("ssl_conf_command", "Groups", "ffdhe8192:X25519:prime256v1:secp384r1")
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    w.put("connect_timeout", "2s")
    w.put("ssl_session_reuse", "off")  # a ticket makes a ClientHello large as well
    w.manners = w.manners.but(most_hello=w.random.choice(["close", "reset", "silent"]))
    w.good_manners = w.manners
    w.truth.broken("hello-too-large", ["upstream_rejects_large_hello"], True)
    return True


@kind
def client_certificate_missing(w):
    if w.has_client_certificate:
        w.drop("ssl_certificate")
        w.drop("ssl_certificate_key")
    else:
        w.manners = w.manners.but(clients=[w.client_root])
    w.truth.broken("client-certificate-missing", ["upstream_requires_client_cert"], False)
    return True


def with_client(w, certificate, chain):
    w.manners = w.manners.but(clients=[w.client_root])
    w.client, w.client_chain = certificate, chain
    w.put("ssl_certificate", "tls/client.pem")
    w.put("ssl_certificate_key", "tls/client.key")
    w.level["ssl_certificate_key"] = w.level["ssl_certificate"]


@kind
def client_chain_incomplete(w):
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth")
    with_client(w, one, [one])
    w.truth.broken("client-chain-incomplete", ["proxy_client_chain_incomplete"], True)
    return True


@kind
def client_certificate_expired(w):
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth", days=(-60, -1))
    with_client(w, one, [one, w.client_issuing])
    w.truth.broken("client-certificate-expired", ["proxy_client_cert_expired"], False)
    return True


@kind
def client_certificate_early(w):
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth", days=(4, 60))
    with_client(w, one, [one, w.client_issuing])
    w.truth.broken("client-certificate-early", ["proxy_client_cert_not_yet_valid"], False)
    return True


@kind
def client_certificate_of_wrong_use(w):
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="serverAuth")
    with_client(w, one, [one, w.client_issuing])
    w.truth.broken("client-certificate-of-wrong-use", ["proxy_client_cert_wrong_usage"], False)
    return True


@kind
def client_certificate_of_other_ca(w):
    other = w.pki.issue("/O=Other/CN=Other Client CA", is_ca=True)
    one = w.pki.issue("/O=Other/CN=gateway", other, usage="clientAuth")
    with_client(w, one, [one])
    w.truth.broken("client-certificate-of-other-ca", ["upstream_rejects_client_cert_ca", "upstream_rejects_client_cert"], False)
    return True


@kind
def plain_to_tls_port(w):
    if w.module != "grpc" or w.has_variable:
        return False
    w.truth.leaves_no_line = True  # nginx writes that the connection has ended, and nothing about TLS
    w.scheme = PLAIN_SCHEMES[w.module]
    w.truth.broken("plain-to-tls-port", ["proxy_grpc_to_tls_port", "proxy_http_to_tls_port"], True)
    return True


@kind
def plain_to_tls_port_unseen(w):
    """The peer answers a page, and nginx writes nothing."""
    if w.module not in ("http", "stream") or w.has_variable or w.manners.clients or w.manners.wants_header:
        return False
    if w.module == "http":
        w.scheme = PLAIN_SCHEMES["http"]
    else:
        w.speaks_tls = False
    w.truth.leaves_no_line = True
    w.truth.broken("plain-to-tls-port-unseen", ["proxy_http_to_tls_port"], True)
    return True


@kind
def grpc_to_http1(w):
    """grpc:// towards a port that speaks HTTP/1 in plain."""
    if w.module != "grpc":
        return False
    w.scheme = "grpc"
    w.manners = w.manners.but(instead="plain", speaks="http", clients=())
    w.guards_chain = w.keeps_good_peer = False
    w.truth.broken("grpc-to-http1", ["upstream_not_http2"], False)
    return True


@kind
def grpcs_to_http1(w):
    """grpcs:// towards a TLS port that agrees to HTTP/1 alone."""
    if w.module != "grpc":
        return False
    w.manners = w.manners.but(speaks="http", alpn=("http/1.1",))
    w.truth.broken("grpcs-to-http1", ["upstream_not_http2", "upstream_alpn_mismatch"], False)
    return True


@kind
def peer_closes(w):
    w.manners = w.manners.but(instead="close", wants_header=False)
    w.drop("protocol")
    w.truth.broken("peer-closes", ["upstream_closed_in_handshake", "upstream_reset_in_handshake"], False)
    return True


@kind
def peer_resets(w):
    w.manners = w.manners.but(instead="reset", wants_header=False)
    w.drop("protocol")
    w.truth.broken("peer-resets", ["upstream_reset_in_handshake", "upstream_closed_in_handshake"], False)
    return True


@kind
def peer_sends_alert(w):
    w.manners = w.manners.but(instead="alert", wants_header=False)
    w.drop("protocol")
    w.truth.broken("peer-sends-alert", ["upstream_sent_alert_internal_error", "upstream_sent_alert"], False)
    return True


@kind
def peer_is_silent(w):
    if w.module == "stream":
        return False  # nginx's stream module gives up without a line
    w.manners = w.manners.but(instead="silent", wants_header=False)
    w.drop("protocol")
    w.put("connect_timeout", "1s")
    w.truth.broken("peer-is-silent", ["upstream_handshake_timeout"], False)
    return True


@kind
def nobody_listens(w):
    if w.module == "stream":
        return False  # its line does not say whether it is about TLS
    w.peer.refuse()
    w.guards_chain = w.keeps_good_peer = False
    w.truth.broken("nobody-listens", ["upstream_connect_refused", "upstream_unreachable"], False)
    return True
