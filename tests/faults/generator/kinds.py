"""The kinds of faults. Each breaks a working world in one known way, and says what a diagnosis has to find: the causes that are as true, and
whether configuration, peer and CA collection are enough to cure it. A kind that does not fit a world gives False."""
import importlib
import re

KINDS = {}
MODULES = ["trust", "names", "handshake", "wire", "upstream_load", "listener", "clients", "stapling", "load", "whole", "groups", "chains",
           "misplaced", "mutual", "sessions", "served"]


class NoKindFits(Exception):
    """None of the kinds that were asked for can break this world."""


def kind(function):
    """Registers a kind for the side that its module is about (`SIDE`)."""
    function.side = function.__globals__.get("SIDE", "upstream")
    KINDS[function.__name__.replace("_", "-")] = function
    return function


def break_world(world, only=""):
    """By chance: nothing (1 in 12), one kind, or two that do not meddle with each other (1 in 10)."""
    for module in MODULES:  # they register themselves
        importlib.import_module("faults.generator.kinds_" + module)
    names = [name for name in sorted(KINDS) if (not only or re.fullmatch(only, name)) and KINDS[name].side in (world.side, "any")]
    if not only and world.maybe(8):
        return
    world.random.shuffle(names)
    for name in names:
        if not KINDS[name](world):
            continue
        if not only and name in COMBINE and world.maybe(30):
            second = world.random.choice(sorted(COMBINE[name]))
            KINDS[second](world)
        return
    raise NoKindFits()


# Pairs of faults that both have to be cured.
COMBINE = {"ca-not-trusted": {"depth-too-small", "name-misspelt", "sni-missing"}, "chain-incomplete": {"depth-too-small", "name-misspelt"},
           "crl-missing": {"name-misspelt"}, "bundle-lacks-root": {"name-misspelt", "sni-missing"}, "root-expired": {"depth-too-small"},
           "ca-rekeyed": {"name-misspelt"}, "versions-apart": {"ca-not-trusted", "name-misspelt"},
           "header-expected": {"ca-not-trusted", "chain-incomplete"}}


# --- trust

@kind
def ca_not_trusted(w):
    w.in_bundle = list(w.noise)
    w.truth.broken("ca-not-trusted", ["upstream_ca_not_trusted"], True)
    return True


@kind
def ca_not_trusted_nor_known(w):
    w.in_bundle = list(w.noise)
    w.in_store = [one for one in w.in_store if one not in [w.root, *w.leaf.intermediates()]]
    w.truth.broken("ca-not-trusted-nor-known", ["upstream_ca_not_trusted"], False)
    return True


@kind
def chain_incomplete(w):
    between = w.leaf.intermediates()
    if not between or w.manners.names is not None:
        return False
    missing = w.random.choice(between)
    if missing in w.in_bundle:
        return False
    w.manners = w.manners.but(chain=[one for one in w.manners.chain if one is not missing])
    w.truth.broken("chain-incomplete", ["upstream_chain_incomplete"], True)
    return True


@kind
def chain_has_wrong_intermediate(w):
    between = w.leaf.intermediates()
    if not between or w.manners.names is not None:
        return False
    w.manners = w.manners.but(chain=[w.leaf, w.pki.issue("/O=Corp/CN=Corp Former Issuing CA", w.root, is_ca=True), *between[1:]])
    w.truth.broken("chain-has-wrong-intermediate", ["upstream_wrong_intermediate", "upstream_chain_incomplete"], True)
    return True


@kind
def depth_too_small(w):
    needs = len(w.leaf.intermediates())
    if needs < 1 or (w.has("ssl_verify_depth") and w.settings["ssl_verify_depth"] == [str(needs - 1)]):
        return False
    if needs == 2 and w.maybe(50):
        w.drop("ssl_verify_depth")
    else:
        w.put("ssl_verify_depth", str(needs - 1))
    w.truth.broken("depth-too-small", ["verify_depth_too_small"], True)
    return True


@kind
def leaf_expired(w):
    w.manners = w.with_leaf(w.leaf_for(w.host, days=(-90, -2)))
    w.truth.broken("leaf-expired", ["upstream_cert_expired"], False)
    return True


@kind
def leaf_not_yet_valid(w):
    w.manners = w.with_leaf(w.leaf_for(w.host, days=(3, 300)))
    w.truth.broken("leaf-not-yet-valid", ["upstream_cert_not_yet_valid"], False)
    return True


def replaced_intermediate(w, days):
    """The issuing CA under its own name and key, with other dates; and a leaf below it."""
    traits = w.issuing.wish
    other = w.pki.issue(traits["subject"], w.issuing.issuer, kind=traits["kind"], label=traits["label"], is_ca=True, days=days)
    return other, w.chain_of(w.leaf_for(w.host, issuer=other))


@kind
def intermediate_expired(w):
    if w.issuing.issuer is None or w.use_crl:
        return False
    expired, chain = replaced_intermediate(w, (-300, -3))
    w.manners = w.with_chain(chain)
    is_renewed_known = w.maybe(60)
    if not is_renewed_known:
        w.in_store = [one for one in w.in_store if one is not w.issuing]
    w.truth.broken("intermediate-expired", ["upstream_intermediate_expired"], is_renewed_known)
    return True


@kind
def intermediate_not_yet_valid(w):
    if w.issuing.issuer is None or w.use_crl:
        return False
    _, chain = replaced_intermediate(w, (5, 300))
    w.manners = w.with_chain(chain)
    w.in_store = [one for one in w.in_store if one is not w.issuing]
    w.truth.broken("intermediate-not-yet-valid", ["upstream_intermediate_not_yet_valid"], False)
    return True


@kind
def root_expired(w):
    traits = w.root.wish
    old = w.pki.issue(traits["subject"], kind=traits["kind"], label=traits["label"], is_ca=True, days=(-900, -5))
    w.in_bundle = [old if one is w.root else one for one in w.in_bundle]
    w.truth.broken("root-expired", ["trusted_root_expired"], True)
    return True


@kind
def ca_rekeyed(w):
    traits = w.root.wish
    old = w.pki.issue(traits["subject"], kind=traits["kind"], label="former key of " + traits["subject"], is_ca=True, days=(-900, 900))
    w.in_bundle = [old if one is w.root else one for one in w.in_bundle]
    w.truth.broken("ca-rekeyed", ["upstream_ca_rekeyed"], True)
    return True


@kind
def bundle_lacks_root(w):
    if w.issuing.issuer is None:
        return False
    w.in_bundle = [w.issuing if one is w.root else one for one in w.in_bundle]
    w.truth.broken("bundle-lacks-root", ["trusted_bundle_lacks_root"], True)
    return True


@kind
def bundle_holds_leaf(w):
    w.in_bundle = [w.leaf]
    w.truth.broken("bundle-holds-leaf", ["trusted_bundle_holds_leaf"], True)
    return True


@kind
def self_signed(w):
    leaf = w.pki.issue("/O=Corp/CN=" + w.host, kind=w.key_kind, label="self", names=["DNS:" + w.host])
    w.manners, w.keeps_good_peer = w.with_chain([leaf]), True
    w.truth.broken("self-signed", ["upstream_self_signed"], False)
    return True


@kind
def wrong_usage(w):
    w.manners = w.with_leaf(w.leaf_for(w.host, usage="clientAuth"))
    w.truth.broken("wrong-usage", ["upstream_cert_wrong_usage"], False)
    return True


@kind
def weak_key(w):
    w.manners = w.with_leaf(w.leaf_for(w.host, kind="rsa1024"))
    w.truth.broken("weak-key", ["upstream_cert_weak_key"], False)
    return True


@kind
def weak_ca_key(w):
    if w.use_crl:
        return False
    weak = w.pki.issue("/O=Corp/CN=Corp Weak CA", w.root, kind="rsa1024", is_ca=True)
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=weak))
    w.put("ssl_verify_depth", "3")
    w.truth.broken("weak-ca-key", ["upstream_ca_weak_key"], False)
    return True


@kind
def weak_digest(w):
    if w.issuing.wish["kind"] == "ed25519":
        return False
    w.manners = w.with_leaf(w.leaf_for(w.host, digest="sha1"))
    w.truth.broken("weak-digest", ["upstream_cert_weak_digest"], False)
    return True


@kind
def issuer_is_no_ca(w):
    if w.use_crl:
        return False
    issuer = w.pki.issue("/O=Corp/CN=sub.corp.test", w.root, names=["DNS:sub.corp.test"])
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=issuer))
    w.put("ssl_verify_depth", "3")
    w.truth.broken("issuer-is-no-ca", ["upstream_issuer_not_ca"], False)
    return True


@kind
def path_length_exceeded(w):
    if w.use_crl:
        return False
    short = w.pki.issue("/O=Corp/CN=Corp Short CA", w.root, is_ca=True, path_length=0)
    below = w.pki.issue("/O=Corp/CN=Corp Below Short CA", short, is_ca=True)
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=below))
    w.put("ssl_verify_depth", "4")
    w.truth.broken("path-length-exceeded", ["upstream_pathlen_exceeded"], False)
    return True


@kind
def name_constraints(w):
    if w.use_crl:
        return False
    bound = w.pki.issue("/O=Corp/CN=Corp Bound CA", w.root, is_ca=True, constraints="permitted;DNS:bound.example")
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=bound))
    w.put("ssl_verify_depth", "3")
    w.truth.broken("name-constraints", ["upstream_name_constraints"], False)
    return True


# --- revocation

def use_crls(w):
    if not w.use_crl:
        w.use_crl = True
        w.put("ssl_crl", "tls/upstream.crl")
        w.crls = [w.pki.crl(ca) for ca in [w.root, *w.leaf.intermediates()]]


@kind
def revoked(w):
    use_crls(w)
    shown = w.shown_leaf()
    w.crls = [w.pki.crl(shown.issuer, [shown])] + [w.pki.crl(ca) for ca in [w.root, *shown.intermediates()] if ca is not shown.issuer]
    w.truth.broken("revoked", ["upstream_cert_revoked"], False)
    return True


@kind
def ca_revoked(w):
    between = w.leaf.intermediates()
    if not between:
        return False
    use_crls(w)
    top = between[-1]
    w.crls = [w.pki.crl(w.root, [top])] + [w.pki.crl(ca) for ca in between]
    w.truth.broken("ca-revoked", ["upstream_ca_revoked"], False)
    return True


@kind
def crl_expired(w):
    use_crls(w)
    cas = [w.root, *w.leaf.intermediates()]
    old = w.random.choice(cas)
    w.crls = [w.pki.crl(ca, days=(-60, -2) if ca is old else (-1, 30)) for ca in cas]
    is_known = w.maybe(60)
    if is_known:
        w.crls_in_store = [w.pki.crl(ca) for ca in cas]
    w.truth.broken("crl-expired", ["crl_expired"], is_known)
    return True


@kind
def crl_missing(w):
    cas = [w.root, *w.leaf.intermediates()]
    if len(cas) < 2:
        return False
    use_crls(w)
    lost = w.random.choice(cas)
    w.crls = [w.pki.crl(ca) for ca in cas if ca is not lost]
    is_known = w.maybe(60)
    if is_known:
        w.crls_in_store = [w.pki.crl(lost)]
    w.truth.broken("crl-missing", ["crl_missing"], is_known)
    return True


# --- names

def with_letters_swapped(word):
    """The second and the third: a slip of the pen. Unchanged where they are the same."""
    return word[0] + word[2] + word[1] + word[3:]


@kind
def name_misspelt(w):
    label, rest = w.host.split(".", 1)
    domain = rest.split(".")
    at = w.random.randrange(len(domain) - 1)
    domain[at] = with_letters_swapped(domain[at])
    wrong = label + "." + ".".join(domain)
    if wrong == w.host or w.manners.names is not None or w.settings.get("ssl_name") == ["$host"]:
        return False
    w.headers = []
    if w.has("ssl_name") and w.settings["ssl_name"][0].startswith("$"):
        w.more_server = [line.replace(w.host, wrong) for line in w.more_server]
        w.more_http = [line.replace(w.host, wrong) for line in w.more_http]
    else:
        w.put("ssl_name", wrong)
    w.truth.broken("name-misspelt", ["proxy_ssl_name_wrong", "upstream_name_mismatch"], True)
    return True


@kind
def other_hosts_certificate(w):
    """The peer shows a good certificate of a host that nobody means: to verify that name instead would be no cure."""
    if w.manners.names is not None:
        return False
    other = w.random.choice(["legacy.corp.test", "api2.corp.test", "www.elsewhere.test", "default.invalid.test"])
    if w.host.split(".")[0][:3] == other[:3]:
        return False
    w.manners = w.with_leaf(w.leaf_for(other, names=["DNS:" + other]))
    w.truth.broken("other-hosts-certificate", ["upstream_name_mismatch", "upstream_wrong_cert_served", "upstream_sni_missing",
                                               "proxy_ssl_name_wrong"], False)
    return True


@kind
def name_of_group(w):
    """Nothing says which name is meant but the group, and that is no host."""
    if not w.is_group or w.manners.names is not None:
        return False
    w.group = "backend_pool"
    w.name_becomes("")
    w.truth.broken("name-of-group", ["upstream_name_is_upstream_block", "upstream_name_mismatch", "upstream_sni_wrong_name"],
                   bool(w.headers))
    return True


@kind
def name_is_address(w):
    if w.is_group or w.manners.names is not None or w.peer.family == "unix":
        return False
    w.name_becomes("")
    w.truth.broken("name-is-address", ["upstream_name_is_ip", "upstream_name_mismatch"], bool(w.headers))
    return True


@kind
def wildcard_too_shallow(w):
    if w.manners.names is not None:
        return False
    above = w.host.split(".", 1)[1].split(".", 1)[1]
    if "." not in above:
        return False
    w.manners = w.with_leaf(w.leaf_for(w.host, subject="/O=Corp/CN=*." + above, names=["DNS:*." + above]))
    w.truth.broken("wildcard-too-shallow", ["upstream_wildcard_depth", "upstream_name_mismatch"], False)
    return True


@kind
def sni_missing(w):
    if not (w.name_is_explicit or w.group == w.host):
        return False
    default = w.leaf_for("default.corp.test", names=["DNS:default.corp.test"])
    how = w.random.choice(["alert", "default", "self-signed"])
    chain = [default, *default.intermediates()]
    if how == "self-signed":
        chain = [w.pki.issue("/O=Acme/CN=Ingress Fake Certificate", names=["DNS:ingress.local"])]
    w.manners = w.manners.but(names={w.host: w.chain_of(w.leaf)}, chain=chain, unknown="alert" if how == "alert" else "default")
    w.good_manners = w.manners
    if w.maybe(50):
        w.drop("ssl_server_name")
    else:
        w.put("ssl_server_name", "off")
    w.truth.broken("sni-missing", ["upstream_sni_missing"], True)
    return True


@kind
def sni_of_group(w):
    """The name of the group goes out as SNI, and no site of the peer has it."""
    if not w.is_group:
        return False
    w.group = w.random.choice(["backend_pool", "pool.internal"])
    w.name_becomes("")
    w.put("ssl_server_name", "on")
    w.manners = w.manners.but(names={w.host: w.chain_of(w.leaf)}, chain=w.chain_of(w.leaf), unknown="alert")
    w.good_manners = w.manners
    w.truth.broken("sni-of-group", ["upstream_sni_wrong_name", "upstream_name_is_upstream_block"], bool(w.headers))
    return True
