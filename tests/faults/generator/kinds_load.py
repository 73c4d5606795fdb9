"""Configurations and files that nginx refuses when it starts: the same worlds as of a listener."""
from faults.generator.kinds import kind
from faults.generator.pki import openssl


def rewritten(w, name, change):
    """A file of tls/ is changed when the world is written: `change` gets its text and gives the new one."""
    def write():
        path = w.tls / name
        path.write_text(change(path.read_text()))
    w.afterwards.append(write)


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
    def write():
        openssl("pkey", "-in", w.served[0].key, "-aes256", "-passout", "pass:secret", "-out", w.tls / "site.key")
    w.afterwards.append(write)
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
