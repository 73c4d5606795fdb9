"""What nginx refuses at its start in the settings towards upstreams."""
import os
import shutil

from faults.generator.kinds import kind, use_crls
from faults.generator.kinds_handshake import with_client
from faults.generator.pki import openssl


def bundle_becomes(w, change):
    path = w.tls / "upstream-ca.pem"
    w.afterwards.append(lambda: change(path))


@kind
def bundle_path_misspelt(w):
    w.put("ssl_trusted_certificate", w.random.choice(["tls/upstream-ca.crt", "tls/upstream_ca.pem", "tls/upstream-cas.pem"]))
    w.truth.broken("bundle-path-misspelt", ["config_file_missing"], True)
    return True


@kind
def bundle_is_missing(w):
    """The certificates to trust are in the collection alone."""
    bundle_becomes(w, lambda path: path.unlink())
    w.truth.broken("bundle-is-missing", ["config_file_missing"], False)
    return True


@kind
def bundle_is_empty(w):
    bundle_becomes(w, lambda path: path.write_text(w.random.choice(["", "\n", "# CA bundle\n"])))
    w.truth.broken("bundle-is-empty", ["config_ca_bundle_invalid", "config_pem_invalid"], False)
    return True


@kind
def bundle_is_der(w):
    bundle_becomes(w, lambda path: path.write_bytes(w.root.der))
    w.truth.broken("bundle-is-der", ["config_der_instead_of_pem", "config_ca_bundle_invalid", "config_pem_invalid"], False)
    return True


@kind
def bundle_is_cut(w):
    bundle_becomes(w, lambda path: path.write_text(w.root.pem[:len(w.root.pem) * 2 // 3]))
    w.truth.broken("bundle-is-cut", ["config_ca_bundle_invalid", "config_pem_invalid"], False)
    return True


@kind
def bundle_is_a_key(w):
    bundle_becomes(w, lambda path: shutil.copy(w.leaf.key, path))
    w.truth.broken("bundle-is-a-key", ["config_ca_bundle_invalid", "config_pem_invalid", "config_cert_key_swapped"], False)
    return True


@kind
def bundle_is_a_directory(w):
    def change(path):
        path.unlink()
        os.mkdir(path)
        shutil.copy(w.root.file, path / "root.pem")
    bundle_becomes(w, change)
    w.truth.broken("bundle-is-a-directory", ["config_ca_bundle_invalid", "config_pem_invalid", "config_file_missing"], False)
    return True


@kind
def verification_without_bundle(w):
    """The directive is gone, the file is there."""
    w.drop("ssl_trusted_certificate")
    w.truth.broken("verification-without-bundle", ["config_directive_missing"], True)
    return True


@kind
def client_certificate_without_key(w):
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth")
    with_client(w, one, [one, w.client_issuing])
    w.drop("ssl_certificate_key")
    w.truth.broken("client-certificate-without-key", ["config_directive_missing"], True)
    return True


@kind
def client_key_mismatch(w):
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth")
    with_client(w, one, [one, w.client_issuing])
    kind_of_other = w.random.choice(["ec", "rsa"])
    other = w.pki.key(kind_of_other, "of another certificate")[0]
    is_known = w.maybe(60)
    if is_known:
        w.more_files["gateway.key"] = [one.key]
    w.afterwards.append(lambda: shutil.copy(other, w.tls / "client.key"))
    w.truth.broken("client-key-mismatch", ["config_key_mismatch"], is_known)
    return True


@kind
def client_key_is_encrypted(w):
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth")
    with_client(w, one, [one, w.client_issuing])
    w.afterwards.append(lambda: openssl("pkey", "-in", one.key, "-aes256", "-passout", "pass:secret", "-out", w.tls / "client.key"))
    w.truth.broken("client-key-is-encrypted", ["config_key_encrypted"], False)
    return True


@kind
def client_chain_in_wrong_order(w):
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth")
    with_client(w, one, [w.client_issuing, one])
    w.client = one
    w.truth.broken("client-chain-in-wrong-order", ["config_chain_order", "config_key_mismatch"], True)
    return True


@kind
def list_path_misspelt(w):
    use_crls(w)
    w.put("ssl_crl", "tls/upstraem.crl")
    w.truth.broken("list-path-misspelt", ["config_file_missing"], True)
    return True


@kind
def list_is_no_list(w):
    use_crls(w)
    how = w.random.choice(["empty", "certificate", "text"])
    w.afterwards.append(lambda: (w.tls / "upstream.crl").write_text({"empty": "", "certificate": w.root.pem, "text": "no list here\n"}[how]))
    # A certificate is taken without complaint, and then no list is there.
    w.truth.broken("list-is-no-list", ["config_crl_invalid", "crl_missing"], False)
    return True


@kind
def upstream_ciphers_misspelt(w):
    w.put("ssl_ciphers", w.random.choice(["HIHG", "ECDHE+AESGMC", "ECDHE-ECDSA-AES128-GMC-SHA256", "DEFUALT"]))
    w.truth.broken("upstream-ciphers-misspelt", ["config_ciphers_invalid"], True)
    return True


@kind
def upstream_command_misspelt(w):
    name, value = w.random.choice([("Groupz", "X25519:prime256v1:secp384r1"), ("CipherSuite", "TLS_AES_128_GCM_SHA256"), ("MinProtocl", "TLSv1.2"),
                                   ("Curvess", "X25519:prime256v1:secp384r1"),
                                   ("Option", "-SessionTicket")])
    w.put("ssl_conf_command", name, value)
    w.truth.broken("upstream-command-misspelt", ["config_conf_command_invalid"], True)
    return True


@kind
def upstream_command_value(w):
    """The name of the command is right, its value is not."""
    name, value = w.random.choice([("Groups", "X22519:prime256v1:secp384r1"), ("Groups", "prime256v2:X25519:secp384r1"), ("Ciphersuites", "TLS_AES_128_GMC_SHA256"),
                                   ("MinProtocol", "TLSv1.4"), ("Options", "-SesionTicket")])
    w.put("ssl_conf_command", name, value)
    w.truth.broken("upstream-command-value", ["config_conf_command_invalid", "config_curve_invalid", "config_ciphers_invalid"], True)
    return True
