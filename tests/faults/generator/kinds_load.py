"""Configurations and files that nginx refuses when it starts: the same worlds as of a listener."""
import os
import shutil

from faults.generator.kinds import kind
from faults.generator.pki import openssl

SIDE = "listener"


def rewritten(w, name, change):
    """A file of tls/ is changed when the world is written: `change` gets its text and gives the new one."""
    def write():
        path = w.tls / name
        path.write_text(change(path.read_text()))
    w.afterwards.append(write)


def key_becomes(w, change):
    w.afterwards.append(lambda: change(w.tls / "site.key"))


def key_is_locked(w):
    """By the pass phrase "secret"."""
    key_becomes(w, lambda path: openssl("pkey", "-in", w.served[0].key, "-aes256", "-passout", "pass:secret", "-out", path))


@kind
def curve_misspelt(w):
    wrong = ["prime256v2:secp384r1", "X22519:prime256v1:secp384r1", "prime256v1:secp384rl", "prime256vl:secp384r1"]
    w.put("ssl_ecdh_curve", w.random.choice(wrong))
    w.truth.broken("curve-misspelt", ["config_curve_invalid"], True)
    return True


@kind
def conf_command_misspelt(w):
    name, value = w.random.choice([("Groupz", "X25519"), ("CipherSuite", "TLS_AES_128_GCM_SHA256"), ("MinProtocl", "TLSv1.2")])
    w.put("ssl_conf_command", name, value)
    w.truth.broken("conf-command-misspelt", ["config_conf_command_invalid"], True)
    return True


@kind
def ciphers_misspelt(w):
    auth = "RSA" if w.key_kind == "rsa" else "ECDSA"
    w.put("ssl_ciphers", w.random.choice(["ECDHE-%s-AES128-GMC-SHA256" % auth, "HIHG", "ECDHE+AESGMC"]))
    w.truth.broken("ciphers-misspelt", ["config_ciphers_invalid"], True)
    return True


@kind
def certificate_path_misspelt(w):
    w.certificate_path = w.random.choice(["tls/stie.pem", "tls/site.pm", "tls/sites.pem"])
    w.truth.broken("certificate-path-misspelt", ["config_file_missing"], True)
    return True


@kind
def key_of_another_certificate(w):
    """The right key lies beside it under another name."""
    other = w.pki.key("ec", "of another certificate")[0]
    w.more_files["site-2024.key"] = [w.served[0].key]
    rewritten(w, "site.key", lambda _: other.read_text())
    w.truth.broken("key-of-another-certificate", ["config_key_mismatch"], True)
    return True


@kind
def key_and_certificate_swapped(w):
    w.certificate_path, w.key_path = "tls/site.key", "tls/site.pem"
    w.truth.broken("key-and-certificate-swapped", ["config_cert_key_swapped"], True)
    return True


@kind
def blocks_run_together(w):
    if len(w.served) < 2:
        return False
    rewritten(w, "site.pem", lambda text: text.replace("-----\n-----BEGIN", "----------BEGIN"))
    w.truth.broken("blocks-run-together", ["config_pem_concatenation", "config_pem_invalid"], True)
    return True


@kind
def chain_in_wrong_order(w):
    if len(w.served) < 2:
        return False
    leaf, *rest = w.served
    rewritten(w, "site.pem", lambda _: "".join(one.pem for one in [*rest, leaf]))
    w.truth.broken("chain-in-wrong-order", ["config_chain_order", "config_key_mismatch"], True)
    return True


@kind
def certificate_is_der(w):
    def write():
        openssl("x509", "-in", w.served[0].file, "-outform", "DER", "-out", w.tls / "site.pem")
    w.afterwards.append(write)
    w.truth.broken("certificate-is-der", ["config_der_instead_of_pem"], False)
    return True


@kind
def key_is_encrypted(w):
    key_is_locked(w)
    w.truth.broken("key-is-encrypted", ["config_key_encrypted"], False)
    return True


@kind
def client_cas_are_empty(w):
    if not w.verifies:
        return False
    rewritten(w, "client-ca.pem", lambda _: "")
    w.truth.broken("client-cas-are-empty", ["config_ca_bundle_invalid"], False)
    return True


@kind
def crl_is_a_certificate(w):
    if not w.verifies:
        return False
    w.crls = [w.pki.crl(w.client_root)]
    rewritten(w, "client.crl", lambda _: "not a list\n")
    w.truth.broken("crl-is-a-certificate", ["config_crl_invalid"], False)
    return True


@kind
def certificate_is_directory(w):
    def change():
        (w.tls / "site.pem").unlink()
        os.mkdir(w.tls / "site.pem")
        shutil.copy(w.served[0].file, w.tls / "site.pem" / "fullchain.pem")
    w.afterwards.append(change)
    w.truth.broken("certificate-is-directory", ["config_pem_invalid", "config_file_missing"], False)
    return True


@kind
def certificate_is_empty(w):
    text = w.random.choice(["", "\n", "subject=CN = www\n"])
    rewritten(w, "site.pem", lambda _: text)
    w.truth.broken("certificate-is-empty", ["config_pem_invalid"], False)
    return True


@kind
def certificate_is_cut(w):
    rewritten(w, "site.pem", lambda text: text[:len(w.served[0].pem) * 2 // 3])
    w.truth.broken("certificate-is-cut", ["config_pem_invalid"], False)
    return True


@kind
def certificate_has_bad_letters(w):
    def spoil(text):
        lines = text.split("\n")
        lines[3] = lines[3][:20] + w.random.choice(["!!", "--", "\u00e9"]) + lines[3][22:]
        return "\n".join(lines)
    rewritten(w, "site.pem", spoil)
    w.truth.broken("certificate-has-bad-letters", ["config_pem_invalid"], False)
    return True


@kind
def certificate_has_byte_order_mark(w):
    """An editor put three bytes in front."""
    w.afterwards.append(lambda: (w.tls / "site.pem").write_bytes(b"\xef\xbb\xbf" + (w.tls / "site.pem").read_bytes()))
    w.truth.broken("certificate-has-byte-order-mark", ["config_pem_invalid", "config_key_mismatch", "config_chain_order"], True)
    return True


@kind
def certificate_is_utf16(w):
    w.afterwards.append(lambda: (w.tls / "site.pem").write_bytes((w.tls / "site.pem").read_text().encode("utf-16")))
    w.truth.broken("certificate-is-utf16", ["config_pem_invalid", "config_der_instead_of_pem"], False)
    return True


@kind
def certificate_is_pkcs12(w):
    def change():
        openssl("pkcs12", "-export", "-in", w.served[0].file, "-inkey", w.served[0].key, "-passout", "pass:", "-out", w.tls / "site.pem")
    w.afterwards.append(change)
    w.truth.broken("certificate-is-pkcs12", ["config_pem_invalid", "config_der_instead_of_pem"], False)
    return True


@kind
def certificate_is_pkcs7(w):
    def change():
        openssl("crl2pkcs7", "-nocrl", "-certfile", w.served[0].file, "-out", w.tls / "site.pem")
    w.afterwards.append(change)
    w.truth.broken("certificate-is-pkcs7", ["config_pem_invalid"], False)
    return True


@kind
def certificate_is_request(w):
    request = w.pki.key(w.key_kind, w.served[0].wish["label"])[1]
    rewritten(w, "site.pem", lambda _: request.read_text())
    w.truth.broken("certificate-is-request", ["config_pem_invalid"], False)
    return True


@kind
def key_path_misspelt(w):
    w.key_path = w.random.choice(["tls/stie.key", "tls/site.ky", "tls/sites.key"])
    w.truth.broken("key-path-misspelt", ["config_file_missing"], True)
    return True


@kind
def key_is_empty(w):
    key_becomes(w, lambda path: path.write_text(""))
    w.truth.broken("key-is-empty", ["config_pem_invalid"], False)
    return True


@kind
def key_is_der(w):
    key_becomes(w, lambda path: openssl("pkey", "-in", w.served[0].key, "-outform", "DER", "-out", path))
    w.truth.broken("key-is-der", ["config_der_instead_of_pem", "config_pem_invalid"], False)
    return True


@kind
def key_is_cut(w):
    key_becomes(w, lambda path: path.write_text(path.read_text()[:120]))
    w.truth.broken("key-is-cut", ["config_pem_invalid"], False)
    return True


@kind
def key_is_public(w):
    key_becomes(w, lambda path: openssl("pkey", "-in", w.served[0].key, "-pubout", "-out", path))
    w.truth.broken("key-is-public", ["config_pem_invalid"], False)
    return True


@kind
def key_is_of_another_type(w):
    other = w.pki.key("ec" if w.key_kind == "rsa" else "rsa", "of another certificate")[0]
    is_known = w.maybe(60)
    if is_known:
        w.more_files["privkey.pem"] = [w.served[0].key]
    key_becomes(w, lambda path: shutil.copy(other, path))
    w.truth.broken("key-is-of-another-type", ["config_key_mismatch"], is_known)
    return True


@kind
def certificate_was_renewed_alone(w):
    """A new certificate of a new key, and the old key; the new one lies beside under its own name."""
    new = w.leaf_for(w.names, days=(-1, 90), label="renewed site key")
    is_known = w.maybe(60)
    if is_known:
        w.more_files["new.key"] = [new.key]
    old, w.served = w.served[0].key, [new, *new.intermediates()]
    key_becomes(w, lambda path: shutil.copy(old, path))
    w.truth.broken("certificate-was-renewed-alone", ["config_key_mismatch"], is_known)
    return True


@kind
def passphrase_is_wrong(w):
    key_is_locked(w)
    w.put("ssl_password_file", "tls/phrases")
    w.more_files["phrases"] = [w.random.choice([b"other\n", b"secret \n", b"Secret\n"])]
    w.truth.broken("passphrase-is-wrong", ["config_key_wrong_passphrase"], False)
    return True


@kind
def own_key_is_weak(w):
    weak = w.leaf_for(w.names, kind="rsa1024")
    w.served = [weak, *weak.intermediates()]
    w.truth.broken("own-key-is-weak", ["config_cert_weak_key"], False)
    return True


@kind
def own_digest_is_weak(w):
    weak = w.leaf_for(w.names, digest="sha1")
    w.served = [weak, *weak.intermediates()]
    w.truth.broken("own-digest-is-weak", ["config_cert_weak_digest"], False)
    return True


@kind
def own_ca_is_weak(w):
    """The intermediate that is served with it."""
    weak = w.pki.issue("/O=Corp/CN=Corp Web Weak CA", w.root, kind="rsa1024", is_ca=True)
    leaf = w.leaf_for(w.names, issuer=weak)
    w.served = [leaf, weak]
    w.truth.broken("own-ca-is-weak", ["config_cert_weak_key"], False)
    return True


@kind
def certificate_is_not_named(w):
    """Neither directive, and the files are there."""
    if w.module == "mail" and w.has_starttls:
        return False
    w.certificate_path = w.key_path = None
    w.truth.broken("certificate-is-not-named", ["server_cert_not_configured", "config_directive_missing"], True)
    return True


@kind
def key_is_not_named(w):
    w.key_path = None
    w.truth.broken("key-is-not-named", ["config_directive_missing"], True)
    return True


@kind
def clients_cas_are_not_named(w):
    if not w.verifies:
        return False
    w.accepted = None
    w.more_files["clients.pem"] = [w.client_root]
    w.truth.broken("clients-cas-are-not-named", ["config_directive_missing"], False)
    return True


@kind
def client_cas_path_misspelt(w):
    if not w.verifies:
        return False
    w.accepted = None
    w.more_files["client-ca.pem"] = [w.client_root]
    w.put("ssl_client_certificate", w.random.choice(["tls/clients-ca.pem", "tls/client-ca.crt", "tls/cleint-ca.pem"]))
    w.truth.broken("client-cas-path-misspelt", ["config_file_missing"], True)
    return True


@kind
def client_cas_are_der(w):
    if not w.verifies:
        return False
    w.afterwards.append(lambda: (w.tls / "client-ca.pem").write_bytes(w.client_root.der))
    w.truth.broken("client-cas-are-der", ["config_der_instead_of_pem", "config_ca_bundle_invalid", "config_pem_invalid"], False)
    return True


@kind
def client_list_path_misspelt(w):
    if not w.verifies:
        return False
    above = [w.client_root, *w.certificate.intermediates()]
    w.more_files["client.crl"] = [w.pki.crl(ca) for ca in above]
    w.put("ssl_crl", "tls/cleint.crl")
    w.truth.broken("client-list-path-misspelt", ["config_file_missing"], True)
    return True


@kind
def dh_is_too_small(w):
    w.put("ssl_dhparam", "tls/dh.pem")
    w.more_files["dh.pem"] = [w.pki.small_dh()]
    w.truth.broken("dh-is-too-small", ["config_dhparam_too_small", "config_dhparam_invalid"], True)
    return True


@kind
def dh_is_no_dh(w):
    w.put("ssl_dhparam", "tls/dh.pem")
    w.more_files["dh.pem"] = [w.random.choice([b"", b"not parameters\n", w.root.pem.encode()])]
    w.truth.broken("dh-is-no-dh", ["config_dhparam_invalid", "config_pem_invalid"], True)
    return True


@kind
def dh_path_misspelt(w):
    w.put("ssl_dhparam", "tls/dhparam.pem")
    w.truth.broken("dh-path-misspelt", ["config_file_missing"], True)
    return True


@kind
def conf_command_value_is_wrong(w):
    name, value = w.random.choice([("Groups", "X22519"), ("Ciphersuites", "TLS_AES_128_GMC_SHA256"), ("MinProtocol", "TLSv1.4"),
                                   ("Options", "-SesionTicket"), ("SignatureAlgorithms", "ECDSA+SHA265:ECDSA+SHA384:RSA-PSS+SHA256:RSA+SHA256")])
    w.put("ssl_conf_command", name, value)
    w.truth.broken("conf-command-value-is-wrong", ["config_conf_command_invalid", "config_curve_invalid", "config_ciphers_invalid"], True)
    return True


@kind
def ciphers_are_none(w):
    """A list of which nothing is left."""
    w.put("ssl_ciphers", w.random.choice(["!ALL", "RC4", "EXPORT", "NULL-MD5X"]))
    w.truth.broken("ciphers-are-none", ["config_ciphers_invalid"], True)
    return True


@kind
def key_is_parameters(w):
    """What `openssl ecparam` writes in front of a key, and no key behind it; that lies beside."""
    w.more_files["site-2024.key"] = [w.served[0].key]
    rewritten(w, "site.key", lambda _: openssl("ecparam", "-name", "prime256v1").decode())
    w.truth.broken("key-is-parameters", ["config_pem_invalid"], True)
    return True


@kind
def password_file_misspelt(w):
    key_is_locked(w)
    w.more_files["site.pass"] = [b"another\nsecret\n"]
    w.put("ssl_password_file", w.random.choice(["tls/sites.pass", "tls/unlock"]))
    w.truth.broken("password-file-misspelt", ["config_password_file_invalid"], True)
    return True


@kind
def http2_of_later(w):
    """A directive of nginx 1.25.1, which an older one does not know."""
    if w.module != "http":
        return False
    w.put("http2", "on")
    w.truth.broken("http2-of-later", ["config_directive_invalid"], True)
    return True
