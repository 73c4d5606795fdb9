"""Sessions that one place leaves and another takes, and files that are laid out as administrators do."""
import os

from faults.generator.kinds import kind, with_letters_swapped
from faults.generator.kinds_names import is_one_site

SHARED = ["upstream_shared_session_verdict"]


def is_fit(w):
    """One way to the peer, by names of its own, and nothing that would keep sessions apart."""
    return w.module in ("http", "uwsgi") and w.second is None and not w.has_other_place and not w.manners.wants_header


def with_twin(w, lines, path="/twin/"):
    """A place before the one that is asked for, that leads to the same peer."""
    own = [*w._pass(), *lines, "%s_next_upstream off;" % w.family]
    w.more_locations += ["location %s {" % path, *("    " + line for line in own), "}"]
    w.asked_before.append(path + "Call")
    w.put("ssl_session_reuse", "on")
    for setting in w.settings:
        w.level[setting] = "server"  # both have all that they do not say themselves


@kind
def session_of_unverified_place(w):
    """A place that verifies nothing leaves a session with its verdict, and the one that verifies takes it."""
    if not is_fit(w) or w.manners.clients or (w.module == "http" and w.has_variable):
        return False
    name = w.settings.get("ssl_name", [""])[0]
    sni = ["%s_ssl_server_name on;" % w.family, "%s_ssl_name %s;" % (w.family, w.host)] if w.sends_sni and not name.startswith("$") else []
    with_twin(w, ["%s_ssl_verify off;" % w.family, *sni])
    w.truth.broken("session-of-unverified-place", SHARED, True)
    return True


@kind
def session_of_another_name(w):
    """Two or three sites of one peer by SNI; the session of one is resumed for the other, and shows its certificate."""
    if not is_fit(w) or not is_one_site(w) or w.manners.clients or w.has_variable or w.use_crl:
        return False
    w.name_becomes(w.host)
    w.put("ssl_server_name", "on")
    sites = {w.host: w.chain_of(w.leaf_for(w.host, names=["DNS:" + w.host]))}
    for label in ["twin", "third"] if w.maybe(50) else ["twin"]:
        other = label + "." + w.host.split(".", 1)[1]
        sites[other] = w.chain_of(w.leaf_for(other, names=["DNS:" + other]))
        with_twin(w, ["%s_ssl_name %s;" % (w.family, other), "%s_ssl_server_name on;" % w.family], "/%s/" % label)
    w.manners = w.good_manners = w.manners.but(names=sites, chain=sites[w.host])
    w.truth.broken("session-of-another-name", SHARED, True)
    return True


@kind
def session_serves_both_names(w):
    """The same, where one certificate has both names."""
    if not is_fit(w) or not is_one_site(w) or w.manners.clients or w.has_variable or w.use_crl:
        return False
    other = "twin." + w.host.split(".", 1)[1]
    w.name_becomes(w.host)
    w.manners = w.good_manners = w.with_leaf(w.leaf_for(w.host, names=["DNS:" + w.host, "DNS:" + other]))
    with_twin(w, ["%s_ssl_name %s;" % (w.family, other)])
    w.truth.whole("session-serves-both-names")
    return True


def laid_out(w, how):
    """nginx.conf as a link, or with another system's ends of lines. (Of a file of one line no patch is shown: it would tell all of it.)"""
    def change():
        path = w.prefix / "conf" / "nginx.conf"
        if how == "crlf":
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
        else:
            path.rename(w.prefix / "conf" / "available.conf")
            os.symlink("available.conf", path)
    w.afterwards.append(change)


@kind
def name_misspelt_in_odd_file(w):
    """What has to be changed stands in a file behind a link, or with CRLF."""
    if w.side != "upstream" or not is_one_site(w) or w.settings.get("ssl_name", ["$"])[0].startswith("$") or "ssl_name" in w.is_included:
        return False
    label, rest = w.host.split(".", 1)
    w.headers = []
    w.name_becomes(label + "." + with_letters_swapped(rest))
    if w.settings["ssl_name"] == [w.host]:
        return False
    laid_out(w, w.random.choice(["crlf", "link"]))
    w.truth.broken("name-misspelt-in-odd-file", ["proxy_ssl_name_wrong", "upstream_name_mismatch"], True)
    return True


@kind
def sni_missing_in_odd_file(w):
    """A directive has to be added there."""
    if not (w.name_is_explicit or w.group == w.host) or w.settings.get("ssl_name") == ["$host"]:
        return False
    default = w.leaf_for("default.corp.test", names=["DNS:default.corp.test"])
    w.manners = w.manners.but(names={w.host: w.chain_of(w.leaf)}, chain=w.chain_of(default), unknown="default")
    w.good_manners = w.manners
    w.drop("ssl_server_name")
    laid_out(w, w.random.choice(["crlf", "link"]))
    w.truth.broken("sni-missing-in-odd-file", ["upstream_sni_missing"], True)
    return True


@kind
def leaf_is_of_another_curve(w):
    """Brainpool and Koblitz curves: until TLS 1.2 a certificate's curve has to be among the groups."""
    if not w.key_kind.startswith("ec") or w.use_crl or not is_one_site(w):
        return False
    kind_of_key, groups = w.random.choice([("brainpool", "brainpoolP256r1"), ("brainpool384", "brainpoolP384r1"), ("koblitz", "secp256k1")])
    w.manners = w.with_leaf(w.leaf_for(w.host, kind=kind_of_key)).but(versions=("TLSv1.2",), curve=None)
    w.put("ssl_protocols", "TLSv1.2")
    w.good_manners = w.manners
    w.truth.broken("leaf-is-of-another-curve", ["upstream_no_shared_group", "upstream_no_shared_cipher", "upstream_no_shared_sigalg"], True)
    return True


@kind
def authority_serial_of_before(w):
    """The root was renewed with its name and key; the leaf names the serial of the former."""
    if w.use_crl:
        return False
    old = w.pki.issue("/O=Corp/CN=Corp Serial Root", is_ca=True, days=(-800, 100), label="serial root")
    new = w.pki.issue("/O=Corp/CN=Corp Serial Root", is_ca=True, days=(-10, 3000), label="serial root")
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=old, extra=["authorityKeyIdentifier=keyid,issuer:always"]))
    w.in_bundle, w.in_store, w.second, w.keeps_good_peer = [new], [*w.in_store, old, new], None, False
    w.truth.broken("authority-serial-of-before", ["upstream_ca_not_trusted", "upstream_ca_rekeyed"], True)
    return True


@kind
def expired_twin_in_bundle(w):
    """The former root of the same name and key stands before the renewed one."""
    traits = w.root.wish
    old = w.pki.issue(traits["subject"], kind=traits["kind"], label=traits["label"], is_ca=True, days=(-900, -5))
    w.in_bundle = [old, *w.in_bundle]
    w.truth.whole("expired-twin-in-bundle")
    return True


@kind
def client_certificate_is_an_empty_variable(w):
    """A map names the client certificate of some hosts, and of this one none."""
    if w.module == "stream" or w.has_client_certificate:
        return False
    w.manners = w.manners.but(clients=[w.client_root])
    w.more_http += ["map $host $own_%s { default \"\"; partner.test tls/client.%s; }" % (what, what) for what in ("pem", "key")]
    w.put("ssl_certificate", "$own_pem")
    w.put("ssl_certificate_key", "$own_key")
    one = w.pki.issue("/O=Corp/CN=gateway", w.client_issuing, usage="clientAuth")
    w.client, w.client_chain = one, [one, w.client_issuing]
    w.truth.broken("client-certificate-is-an-empty-variable", ["upstream_requires_client_cert"], False)
    return True


@kind
def sni_missing_and_no_name(w):
    """nginx has an address, or the name of a group, for a name; the Host header tells which one the peer serves."""
    if w.module not in ("http", "grpc") or w.peer.family == "unix" or w.second is not None:
        return False
    w.group = "backend_pool"
    w.headers = [("Host", w.host)]
    w.name_becomes("")
    w.drop("ssl_server_name")
    w.manners = w.manners.but(names={w.host: w.chain_of(w.leaf)}, chain=w.chain_of(w.leaf), unknown="alert")
    w.good_manners = w.manners
    w.truth.broken("sni-missing-and-no-name", ["upstream_sni_missing", "upstream_name_is_upstream_block", "upstream_sni_wrong_name"], True)
    return True


@kind
def trust_by_command(w):
    """OpenSSL's own command names the file that counts; the directive's does not."""
    if w.use_crl or w.has("ssl_conf_command"):
        return False
    w.more_files["partners.pem"] = list(w.noise) or [w.pki.issue("/O=Other/CN=Other Root CA 0", is_ca=True)]
    w.more_files["trusted-here.pem"] = list(w.in_bundle)
    w.put("ssl_trusted_certificate", "tls/partners.pem")
    w.put("ssl_conf_command", "VerifyCAFile", "tls/trusted-here.pem")
    w.truth.whole("trust-by-command")
    return True


@kind
def client_certificate_by_command(w):
    """Certificate and key are given to OpenSSL by its commands."""
    if not w.has_client_certificate or w.has("ssl_conf_command"):
        return False
    w.drop("ssl_certificate")
    w.drop("ssl_certificate_key")
    w.more_files.update({"own.pem": w.client_chain, "own.key": [w.client.key]})
    w.more_inner = ["%s_ssl_conf_command Certificate tls/own.pem;" % w.family, "%s_ssl_conf_command PrivateKey tls/own.key;" % w.family]
    w.truth.whole("client-certificate-by-command")
    return True
