"""Groups of which one member is sick, directives of the wrong module, and levels that hide what is right."""
from faults.generator.kinds import kind
from faults.generator.kinds_names import is_one_site
from faults.generator.peer import Peer

NAMES = ["upstream_name_mismatch", "proxy_ssl_name_wrong", "upstream_name_is_upstream_block", "upstream_name_is_ip", "upstream_sni_wrong_name"]


def with_second(w):
    """A second member of the group; its own first fault is the first of the world."""
    if not w.is_group or w.manners.wants_header:
        return False
    if w.second is None:
        w.second, w.second_is_first = Peer(w.scenario, w.manners, "inet"), w.maybe(50)
    w.guards_chain = w.keeps_good_peer = False  # the peer that changes is the other one
    return True


@kind
def second_is_of_another_ca(w):
    """One of two was renewed by a CA that is not trusted yet."""
    if w.use_crl or not with_second(w):
        return False
    other = w.pki.issue("/O=Corp/CN=Corp Root CA G9", is_ca=True)
    w.in_store.append(other)
    w.second_manners = w.with_leaf(w.leaf_for(w.host, issuer=other))
    w.truth.broken("second-is-of-another-ca", ["upstream_ca_not_trusted"], True)
    return True


@kind
def second_is_expired(w):
    if not with_second(w):
        return False
    w.second_manners = w.with_leaf(w.leaf_for(w.host, days=(-90, -2)))
    w.truth.broken("second-is-expired", ["upstream_cert_expired"], False)
    return True


@kind
def second_lacks_intermediate(w):
    if not w.leaf.intermediates() or w.manners.names is not None or not with_second(w):
        return False
    w.second_manners = w.manners.but(chain=[w.leaf])
    w.truth.broken("second-lacks-intermediate", ["upstream_chain_incomplete"], True)
    return True


@kind
def second_is_plain(w):
    """Switching TLS off would break the first."""
    if w.module != "http" or not with_second(w):
        return False
    w.second_manners = w.manners.but(instead="plain", clients=())
    w.truth.broken("second-is-plain", ["upstream_is_plain_http"], False)
    return True


@kind
def second_speaks_other_version(w):
    """The first speaks one version, the second another, and the proxy only the first's."""
    if not with_second(w):
        return False
    ours, theirs = w.random.choice([("TLSv1.2", "TLSv1.3"), ("TLSv1.3", "TLSv1.2")])
    w.manners = w.good_manners = w.manners.but(versions=(ours,))
    w.second_manners = w.manners.but(versions=(theirs,))
    w.put("ssl_protocols", ours)
    w.truth.broken("second-speaks-other-version", ["proxy_ssl_protocols_mismatch"], True)
    return True


@kind
def only_backup_is_left(w):
    """The first is down by hand; its stand-in has a certificate of a CA that is not trusted."""
    if not w.is_group or w.use_crl:
        return False
    w.second = None
    dead = w.peer.address
    w.more_group = ["server %s backup;" % dead]
    other = w.pki.issue("/O=Corp/CN=Corp Root CA G9", is_ca=True)
    w.in_store.append(other)
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=other))
    w.keeps_good_peer = False

    def first_is_down():
        path = w.prefix / "conf" / "nginx.conf"
        path.write_text(path.read_text().replace("server %s max_fails=0;" % dead, "server 127.0.0.1:9 down;", 1))
    w.afterwards.append(first_is_down)
    w.truth.broken("only-backup-is-left", ["upstream_ca_not_trusted"], True)
    return True


@kind
def group_keeps_alive(w):
    if not w.is_group or w.module == "stream":
        return False
    w.more_group = w.random.choice([["keepalive 4;"], ["zone pool 64k;", "keepalive 8;"], ["least_conn;"]])
    w.truth.whole("group-keeps-alive")
    return True


@kind
def settings_of_another_module(w):
    """proxy_ssl_name where grpc_pass or uwsgi_pass is: nginx takes it, and uses nothing of it."""
    if w.module not in ("grpc", "uwsgi") or not is_one_site(w) or w.group == w.host:
        return False
    w.name_becomes("")
    w.more_inner = ["proxy_ssl_name %s;" % w.host]
    w.truth.broken("settings-of-another-module", NAMES, True)
    return True


@kind
def sni_of_another_module(w):
    if w.module not in ("grpc", "uwsgi") or not (w.name_is_explicit or w.group == w.host) or w.settings.get("ssl_name") == ["$host"]:
        return False
    default = w.leaf_for("default.corp.test", names=["DNS:default.corp.test"])
    w.manners = w.manners.but(names={w.host: w.chain_of(w.leaf)}, chain=[default, *default.intermediates()], unknown="default")
    w.good_manners = w.manners
    w.drop("ssl_server_name")
    w.more_inner = ["proxy_ssl_server_name on;"]
    w.truth.broken("sni-of-another-module", ["upstream_sni_missing"], True)
    return True


@kind
def inner_level_hides_bundle(w):
    """A level further in names another file, and hides the right one."""
    inner = w.levels[-1]
    if w.level.get("ssl_trusted_certificate") == inner:
        return False
    w.more_files["partners.pem"] = list(w.noise)
    w.more_inner = ["%s_ssl_trusted_certificate tls/partners.pem;" % w.family]
    w.truth.broken("inner-level-hides-bundle", ["upstream_ca_not_trusted"], True)
    return True


@kind
def inner_level_hides_depth(w):
    needs = len(w.leaf.intermediates())
    if needs < 2 or w.level.get("ssl_verify_depth") == w.levels[-1]:
        return False
    w.more_inner = ["%s_ssl_verify_depth %d;" % (w.family, needs - 1)]
    w.truth.broken("inner-level-hides-depth", ["verify_depth_too_small"], True)
    return True


@kind
def port_of_another_service(w):
    """Another TLS service of the same CA listens there; the one that is meant stands in the configuration as well."""
    if w.is_group or not is_one_site(w) or w.module == "stream" or w.peer.family != "inet" or w.use_crl or w.has_client_certificate:
        return False
    other = w.leaf_for("metrics.corp.test", names=["DNS:metrics.corp.test"])
    w.manners = w.with_leaf(other)
    w.keeps_good_peer = False
    w.truth.broken("port-of-another-service", [*NAMES, "upstream_wrong_cert_served", "upstream_sni_missing", "upstream_wrong_port"], False)
    return True


@kind
def versions_left_to_default(w):
    """nginx of this release offers no TLS 1.3 by itself, and the peer speaks nothing else."""
    w.manners = w.manners.but(versions=("TLSv1.3",))
    w.good_manners = w.manners
    w.drop("ssl_protocols")
    w.truth.broken("versions-left-to-default", ["proxy_ssl_protocols_mismatch"], True)
    return True


@kind
def greatest_version_is_set_apart(w):
    w.manners = w.manners.but(versions=("TLSv1.3",))
    w.good_manners = w.manners
    w.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
    w.put("ssl_conf_command", *w.random.choice([("MaxProtocol", "TLSv1.2"), ("Protocol", "-TLSv1.3")]))
    w.truth.broken("greatest-version-is-set-apart", ["proxy_ssl_protocols_mismatch"], True)
    return True


@kind
def cipher_string_is_set_apart(w):
    """Not ssl_ciphers, but a command of OpenSSL's excludes what the peer has."""
    if w.key_kind == "ed25519":
        return False
    auth = "RSA" if w.key_kind == "rsa" else "ECDSA"
    w.manners = w.manners.but(versions=("TLSv1.2",), ciphers="ECDHE-%s-AES256-GCM-SHA384" % auth)
    w.good_manners = w.manners
    w.put("ssl_protocols", "TLSv1.2")
    w.put("ssl_conf_command", "CipherString", "AES128+AESGCM")
    w.truth.broken("cipher-string-is-set-apart", ["upstream_no_shared_cipher"], True)
    return True


@kind
def sni_missing_and_other_alert(w):
    """Front ends that need SNI say so with handshake_failure, internal_error or access_denied as well."""
    if not (w.name_is_explicit or w.group == w.host):
        return False
    w.manners = w.manners.but(names={w.host: w.chain_of(w.leaf)}, chain=w.chain_of(w.leaf), unknown=w.random.choice([40, 80, 49, 70]))
    w.good_manners = w.manners
    w.drop("ssl_server_name")
    w.truth.broken("sni-missing-and-other-alert", ["upstream_sni_missing"], True)
    return True
