"""What looks odd and works: nothing may be said about it."""
import shutil

from faults.generator.kinds import kind, use_crls
from faults.generator.kinds_handshake import with_client
from faults.generator.pki import openssl

SIDE = "any"
UPSTREAM, LISTENER = "upstream", "listener"


def is_of(w, side):
    return w.side == side


@kind
def subject_alone(w):
    """No alternative names: then the subject counts."""
    if not is_of(w, UPSTREAM) or w.manners.names is not None:
        return False
    w.manners = w.good_manners = w.with_leaf(w.leaf_for(w.host, names=[]))
    w.truth.whole("subject-alone")
    return True


@kind
def name_with_port(w):
    """nginx takes the port off."""
    if not is_of(w, UPSTREAM):
        return False
    w.name_becomes(w.host + ":443")
    w.truth.whole("name-with-port")
    return True


@kind
def bundle_with_dead_wood(w):
    """Expired and foreign roots, comments and CRLF beside the one that counts."""
    if not is_of(w, UPSTREAM):
        return False
    dead = w.pki.issue("/O=Old/CN=Old Root", is_ca=True, days=(-900, -20))
    w.in_bundle = [dead, *w.noise, *w.in_bundle]

    def decorate():
        path = w.tls / "upstream-ca.pem"
        text = path.read_text().replace("-----BEGIN", "# a root\nsubject=CN\n-----BEGIN")
        path.write_bytes(text.replace("\n", "\r\n").encode() if w.maybe(50) else text.encode())
    w.afterwards.append(decorate)
    w.truth.whole("bundle-with-dead-wood")
    return True


@kind
def revoked_others(w):
    if not is_of(w, UPSTREAM):
        return False
    use_crls(w)
    other = w.leaf_for("retired.corp.test", names=["DNS:retired.corp.test"])
    w.crls = [w.pki.crl(ca, [other] if ca is other.issuer else []) for ca in [w.root, *w.leaf.intermediates()]]
    w.truth.whole("revoked-others")
    return True


@kind
def root_sent_as_well(w):
    if not is_of(w, UPSTREAM):
        return False
    w.manners = w.good_manners = w.with_chain([*w.chain_of(w.leaf), w.root, *w.noise[:1]])
    w.put("ssl_verify_depth", "5")
    w.truth.whole("root-sent-as-well")
    return True


@kind
def nothing_is_verified(w):
    """Whatever the peer shows is taken, and that is how it was set up."""
    if not is_of(w, UPSTREAM):
        return False
    w.put("ssl_verify", "off")
    w.manners = w.good_manners = w.with_leaf(w.leaf_for(w.host, days=(-90, -2)))
    w.truth.whole("nothing-is-verified")
    return True


@kind
def optional_client_certificate(w):
    """The peer wants no client certificate, and is offered one."""
    if not is_of(w, UPSTREAM) or w.has_client_certificate:
        return False
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth")
    clients = w.manners.clients
    with_client(w, one, [one, w.client_issuing])
    w.manners = w.good_manners = w.manners.but(clients=clients)
    w.truth.whole("optional-client-certificate")
    return True


@kind
def commands_that_fit(w):
    if not is_of(w, UPSTREAM):
        return False
    w.put("ssl_conf_command", *w.random.choice([("Options", "-SessionTicket"), ("MinProtocol", "TLSv1.2"), ("Groups", "X25519:prime256v1:secp384r1:ffdhe2048"),
                                                ("Ciphersuites", "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384")]))
    w.truth.whole("commands-that-fit")
    return True


@kind
def key_with_passphrase(w):
    if not is_of(w, LISTENER):
        return False
    w.afterwards.append(lambda: openssl("pkey", "-in", w.served[0].key, "-aes256", "-passout", "pass:secret", "-out", w.tls / "site.key"))
    w.put("ssl_password_file", "tls/phrases")
    w.more_files["phrases"] = [b"other\nsecret\n"]
    w.truth.whole("key-with-passphrase")
    return True


@kind
def certificate_with_crlf(w):
    if not is_of(w, LISTENER):
        return False
    w.afterwards.append(lambda: (w.tls / "site.pem").write_bytes(b"a comment\r\n" + (w.tls / "site.pem").read_bytes().replace(b"\n", b"\r\n")))
    w.truth.whole("certificate-with-crlf")
    return True


@kind
def two_certificates(w):
    """One of each kind of key."""
    if not is_of(w, LISTENER) or w.module == "mail":
        return False
    second = w.leaf_for(w.names, kind="ec" if w.key_kind == "rsa" else "rsa")
    w.more_files["second.pem"] = [second, *second.intermediates()]
    w.afterwards.append(lambda: shutil.copy(second.key, w.tls / "second.key"))
    w.certificate_path += "; ssl_certificate tls/second.pem"
    w.key_path += "; ssl_certificate_key tls/second.key"
    w.truth.whole("two-certificates")
    return True


@kind
def optional_without_certificate(w):
    if not is_of(w, LISTENER) or not w.verifies:
        return False
    w.put("ssl_verify_client", w.random.choice(["optional", "optional_no_ca"]))
    w.client = w.good_client = w.client.but(chain=[])
    w.truth.whole("optional-without-certificate")
    return True


@kind
def any_client_certificate(w):
    """optional_no_ca: who it is, an application judges."""
    if not is_of(w, LISTENER) or not w.verifies or w.module == "mail":
        return False
    w.put("ssl_verify_client", "optional_no_ca")
    stranger = w.pki.issue("/O=Evil/CN=Evil Root", is_ca=True)
    w.client = w.good_client = w.client.but(chain=[w.pki.issue("/O=Evil/CN=device 7", stranger, usage="clientAuth")])
    w.truth.whole("any-client-certificate")
    return True
