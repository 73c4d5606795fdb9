"""More between a client and a listener: what is served, what clients are like, names, files named by variables."""
import shutil

from faults.generator.kinds import kind
from faults.generator.kinds_listener import UNKNOWN_ISSUER, client_certificate, with_certificate
from faults.generator.pki import write_bundle

SIDE = "listener"


@kind
def served_self_signed(w):
    own = w.pki.issue("/O=Corp/CN=" + w.host, kind=w.key_kind, label="self-signed site", names=w.names)
    w.served = [own]
    w.truth.broken("served-self-signed", ["server_cert_self_signed", "client_distrusts_our_ca"], False)
    return True


@kind
def served_chain_is_foreign(w):
    """The file has an intermediate, and it is another one."""
    if w.issuing.issuer is None:
        return False
    foreign = w.pki.issue("/O=Corp/CN=Corp Web Former Issuing CA", w.root, is_ca=True)
    w.served = [w.leaf, foreign]
    w.truth.broken("served-chain-is-foreign", ["server_chain_incomplete"], True)
    return True


@kind
def served_intermediate_left_out(w):
    """One of two is missing."""
    between = w.leaf.intermediates()
    if len(between) < 2:
        return False
    lost = w.random.choice(between)
    w.served = [one for one in [w.leaf, *between] if one is not lost]
    w.truth.broken("served-intermediate-left-out", ["server_chain_incomplete"], True)
    return True


@kind
def served_not_yet_valid(w):
    new = w.leaf_for(w.names, days=(2, 300))
    w.served = [new, *new.intermediates()]
    # There is no cause of its own for a certificate of ours that is too early.
    w.truth.broken("served-not-yet-valid", ["server_cert_expired", "client_distrusts_our_ca", "server_cert_name_mismatch",
                                            "server_cert_not_yet_valid", "server_cert_unsuitable"], False)
    return True


@kind
def served_is_revoked(w):
    w.client = w.client.but(crls=[w.pki.crl(w.leaf.issuer, [w.leaf])])
    w.good_client = w.client
    w.truth.broken("served-is-revoked", ["server_cert_revoked"], False)
    return True


@kind
def renewed_and_not_reloaded(w):
    old = w.leaf_for(w.names, days=(-90, -1), label="site key of before")
    new = w.leaf_for(w.names, days=(-2, 90))
    w.served = [old, *old.intermediates()]

    def renew():
        write_bundle(w.tls / "site.pem", new, *new.intermediates())
        shutil.copy(new.key, w.tls / "site.key")
    w.after_start.append(renew)
    w.truth.broken("renewed-and-not-reloaded", ["server_cert_renewed_not_reloaded"], False)
    return True


@kind
def client_key_is_weak(w):
    if not w.verifies:
        return False
    with_certificate(w, client_certificate(w, kind="rsa1024"))
    w.truth.broken("client-key-is-weak", ["client_cert_weak_key"], False)
    return True


@kind
def client_of_ca_without_root_anywhere(w):
    if not w.verifies:
        return False
    root = w.pki.issue("/O=Partner/CN=Partner Device Root", is_ca=True)
    with_certificate(w, client_certificate(w, issuer=root))
    w.truth.broken("client-of-ca-without-root-anywhere", UNKNOWN_ISSUER, False)
    return True


@kind
def client_list_of_another_key(w):
    if not w.verifies:
        return False
    above = [w.client_root, *w.certificate.intermediates()]
    one = w.random.choice(above)
    twin = w.pki.issue(one.wish["subject"], one.issuer, kind=one.wish["kind"], label="twin of " + one.wish["label"], is_ca=True)
    w.crls = [w.pki.crl(twin if ca is one else ca) for ca in above]
    w.truth.broken("client-list-of-another-key", ["crl_signature_invalid", "crl_missing"], False)
    return True


@kind
def client_list_of_the_future(w):
    if not w.verifies:
        return False
    above = [w.client_root, *w.certificate.intermediates()]
    one = w.random.choice(above)
    w.crls = [w.pki.crl(ca, days=(3, 40) if ca is one else (-1, 30)) for ca in above]
    w.truth.broken("client-list-of-the-future", ["crl_not_yet_valid"], False)
    return True


@kind
def client_names_another_site(w):
    """SNI and Host differ where clients are verified."""
    if w.settings.get("ssl_verify_client") != ["on"] or w.module != "http":
        return False
    other = w.leaf_for(["DNS:api." + w.domain])
    w.server_names = [w.host]
    w.more_files.update({"api.pem": [other, *other.intermediates()], "api.key": [other.key]})
    header = " proxy_protocol" if w.takes_header else ""
    w.more_servers = ["server { listen 127.0.0.1:%d ssl%s; server_name api.%s; ssl_certificate tls/api.pem; ssl_certificate_key tls/api.key; "
                      "ssl_verify_client on; ssl_client_certificate tls/client-ca.pem; ssl_verify_depth 4; "
                      'location / { return 200 "SITE-OK"; } }' % (w.port, header, w.domain)]
    w.client = w.client.but(host="api." + w.domain)
    w.truth.broken("client-names-another-site", ["client_host_sni_mismatch"], False)
    return True


@kind
def client_alpn_is_unknown(w):
    if w.module != "http":
        return False
    w.client = w.client.but(alpn=(w.random.choice(["acme-tls/1", "foo/2", "spdy/3"]),))
    w.truth.broken("client-alpn-is-unknown", ["client_alpn_mismatch"], False)
    return True


@kind
def client_sends_nonsense(w):
    if w.has_starttls or w.takes_header:
        return False
    raw = w.random.choice([b"\x00\x01\x02\x03\x04\x05\x06\x07" * 8, b"\x16\x03\x01\x00\x05hello", b"\x80\x09\x01" + b"\0" * 13])
    if raw[:1] == b"\0" and w.module == "http":
        return False  # nginx takes it for HTTP: "client sent invalid method" says nothing about TLS
    w.client = w.client.but(raw=raw)
    w.truth.broken("client-sends-nonsense", ["client_not_tls", "scanner_noise", "client_protocol_too_old", "client_malformed_handshake"], False)
    return True


@kind
def client_record_is_altered(w):
    if w.takes_header:
        return False
    w.client = w.client.but(corrupts=True)
    w.truth.broken("client-record-is-altered", ["client_handshake_corrupted"], False)
    return True


@kind
def listener_lacks_ssl(w):
    """TLS comes to a port that does not speak it."""
    if w.module != "http" or w.takes_header:
        return False
    w.has_ssl = False
    w.is_default_apart = False
    w.truth.broken("listener-lacks-ssl", ["client_tls_to_plain_port"], True)
    return True


@kind
def files_by_server_name(w):
    """ssl_certificate with a variable: the file of this name is not there."""
    if w.module != "http" or w.is_default_apart:
        return False
    w.certificate_path, w.key_path = "tls/$ssl_server_name.pem", "tls/$ssl_server_name.key"
    w.more_files = {"other.%s.pem" % w.domain: list(w.served), "other.%s.key" % w.domain: [w.served[0].key]}
    w.truth.broken("files-by-server-name", ["server_cert_unreadable"], False)
    return True


@kind
def served_key_excludes_clients(w):
    """Suites for RSA alone, and an EC certificate beside an RSA one that no directive names."""
    if not w.key_kind.startswith("ec") or w.is_default_apart or w.module == "mail":
        return False
    w.put("ssl_protocols", "TLSv1.2")
    w.put("ssl_ciphers", "ECDHE+AESGCM:!ECDSA")
    w.client = w.client.but(versions=("TLSv1.2",))
    w.truth.broken("served-key-excludes-clients", ["server_cipher_cert_mismatch", "no_shared_cipher"], True)
    return True


@kind
def default_server_decides_protocols(w):
    """The strict default server in front decides the versions of all."""
    if w.module != "http" or w.is_default_apart:
        return False
    w.settings.pop("ssl_protocols", None)
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    header = " proxy_protocol" if w.takes_header else ""
    w.more_servers = ["server { listen 127.0.0.1:%d ssl%s default_server; server_name default.%s; ssl_protocols TLSv1.3; "
                      "ssl_certificate tls/site.pem; ssl_certificate_key tls/site.key; }" % (w.port, header, w.domain)]
    w.client = w.client.but(versions=("TLSv1.2",))
    w.truth.broken("default-server-decides-protocols", ["server_protocols_too_strict", "server_protocols_mismatch"], True)
    return True


@kind
def least_version_by_command(w):
    """ssl_conf_command is stricter than ssl_protocols."""
    if w.is_default_apart:
        return False
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    w.put("ssl_conf_command", "MinProtocol", "TLSv1.3")
    w.client = w.client.but(versions=("TLSv1.2",))
    w.truth.broken("least-version-by-command", ["server_protocols_too_strict", "server_protocols_mismatch"], True)
    return True


@kind
def signature_algorithms_by_command(w):
    """A listener that signs with what its key cannot do."""
    if w.is_default_apart:
        return False
    w.put("ssl_conf_command", "SignatureAlgorithms", "RSA+SHA256:RSA-PSS+SHA256" if w.key_kind.startswith("ec") else "ECDSA+SHA256")
    w.truth.broken("signature-algorithms-by-command", ["no_shared_sigalg", "server_cipher_cert_mismatch", "no_shared_cipher"], True)
    return True


@kind
def cas_are_of_servers(w):
    """ssl_client_certificate has the CA of our own certificates in it."""
    if not w.verifies:
        return False
    w.accepted = [w.root]
    w.truth.broken("cas-are-of-servers", UNKNOWN_ISSUER, False)
    return True


@kind
def client_shows_a_servers_certificate(w):
    if not w.verifies:
        return False
    with_certificate(w, w.pki.issue("/O=Corp/CN=device 7", w.issuing, usage="clientAuth"))
    w.truth.broken("client-shows-a-servers-certificate", UNKNOWN_ISSUER, False)
    return True


@kind
def responder_of_clients_is_down(w):
    """ssl_ocsp, and nobody answers."""
    if not w.verifies or w.module != "http" or w.certificate.issuer.issuer is None:
        return False
    w.put("ssl_ocsp", "leaf")
    w.put("ssl_ocsp_responder", "http://127.0.0.1:9/")
    w.truth.broken("responder-of-clients-is-down", ["ocsp_responder_unreachable"], False)
    return True
