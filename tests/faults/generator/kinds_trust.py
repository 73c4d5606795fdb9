"""More of what a chain can have: cross-signing, extensions, lists of others, self-signed ones that were pinned."""
from faults.generator.kinds import kind, use_crls


@kind
def cross_signed_root_expired(w):
    """The peer sends a root that an older one has signed; the older one is trusted, and has expired."""
    if w.use_crl:
        return False
    former = w.pki.issue("/O=Trust/CN=Digital Trust Root X3", is_ca=True, days=(-2000, -6))
    new = w.pki.issue("/O=Net/CN=New Root X1", is_ca=True, days=(-900, 2000))
    crossed = w.pki.issue("/O=Net/CN=New Root X1", former, is_ca=True, days=(-900, 700))
    issuing = w.pki.issue("/O=Net/CN=Net R3", new, is_ca=True)
    leaf = w.leaf_for(w.host, issuer=issuing)
    w.manners = w.with_chain([leaf, issuing, crossed])
    w.in_bundle, w.in_store = [former], [*w.in_store, new, issuing, crossed, former]
    w.second, w.keeps_good_peer = None, False
    w.put("ssl_verify_depth", "4")
    w.truth.broken("cross-signed-root-expired", ["trusted_root_expired", "cross_signed_root_expired"], True)
    return True


@kind
def issuer_may_not_sign(w):
    if w.use_crl:
        return False
    issuer = w.pki.issue("/O=Corp/CN=Corp Unsigning CA", w.root, is_ca=True, key_usage="digitalSignature,cRLSign")
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=issuer))
    w.put("ssl_verify_depth", "3")
    w.truth.broken("issuer-may-not-sign", ["upstream_issuer_bad_key_usage", "upstream_issuer_not_ca"], False)
    return True


@kind
def critical_extension(w):
    w.manners = w.with_leaf(w.leaf_for(w.host, extra=["1.3.6.1.4.1.99999.7=critical,ASN1:UTF8String:any"]))
    w.truth.broken("critical-extension", ["upstream_unhandled_critical_ext"], False)
    return True


@kind
def critical_extension_of_ca(w):
    if w.use_crl:
        return False
    issuer = w.pki.issue("/O=Corp/CN=Corp Peculiar CA", w.root, is_ca=True, extra=["1.3.6.1.4.1.99999.8=critical,ASN1:UTF8String:any"])
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=issuer))
    w.put("ssl_verify_depth", "3")
    w.truth.broken("critical-extension-of-ca", ["upstream_unhandled_critical_ext"], False)
    return True


@kind
def weak_ca_digest(w):
    if w.use_crl:
        return False
    weak = w.pki.issue("/O=Corp/CN=Corp Old Digest CA", w.root, is_ca=True, digest="sha1")
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=weak))
    w.put("ssl_verify_depth", "3")
    w.truth.broken("weak-ca-digest", ["upstream_cert_weak_digest"], False)
    return True


@kind
def excluded_name(w):
    if w.use_crl:
        return False
    bound = w.pki.issue("/O=Corp/CN=Corp Excluding CA", w.root, is_ca=True, constraints="excluded;DNS:" + w.host.split(".", 1)[1])
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=bound))
    w.put("ssl_verify_depth", "3")
    w.truth.broken("excluded-name", ["upstream_name_constraints"], False)
    return True


@kind
def wrong_use_of_ca(w):
    """An issuer that may issue for clients alone."""
    if w.use_crl:
        return False
    bound = w.pki.issue("/O=Corp/CN=Corp Clients Only CA", w.root, is_ca=True, usage="clientAuth")
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=bound, usage="serverAuth"))
    w.put("ssl_verify_depth", "3")
    w.truth.broken("wrong-use-of-ca", ["upstream_cert_wrong_usage", "upstream_issuer_bad_key_usage", "upstream_issuer_not_ca"], False)
    return True


@kind
def wrong_use_code_signing(w):
    w.manners = w.with_leaf(w.leaf_for(w.host, usage="codeSigning"))
    w.truth.broken("wrong-use-code-signing", ["upstream_cert_wrong_usage"], False)
    return True


@kind
def security_level_above_key(w):
    """The proxy's own level refuses a key that others take."""
    w.manners = w.with_leaf(w.leaf_for(w.host, kind="rsa"))
    w.good_manners = w.manners
    w.put("ssl_ciphers", "HIGH:@SECLEVEL=%d" % w.random.choice([3, 4]))
    w.truth.broken("security-level-above-key", ["upstream_cert_weak_key", "upstream_ca_weak_key", "upstream_cert_weak_digest",
                                                "config_cert_weak_key"], False)  # a client certificate of ours is refused at the start
    return True


@kind
def self_signed_rolled(w):
    """The pinned certificate was replaced by another self-signed one."""
    def own(label):
        return w.pki.issue("/O=Corp/CN=" + w.host, kind=w.key_kind, label="self " + label, names=["DNS:" + w.host])
    w.in_bundle, w.second, w.keeps_good_peer = [own("former")], None, False
    w.drop("ssl_crl")
    w.manners = w.with_chain([own("new")])
    w.truth.broken("self-signed-rolled", ["upstream_self_signed"], False)
    return True


@kind
def self_signed_expired(w):
    """Pinned, and out of date."""
    own = w.pki.issue("/O=Corp/CN=" + w.host, kind=w.key_kind, label="self former", names=["DNS:" + w.host], days=(-500, -1))
    w.in_bundle, w.second, w.keeps_good_peer = [own], None, False
    w.drop("ssl_crl")
    w.manners = w.with_chain([own])
    w.truth.broken("self-signed-expired", ["upstream_cert_expired", "upstream_self_signed"], False)
    return True


@kind
def root_is_sent_and_unknown(w):
    """The peer sends its root as well, which is in no file here."""
    w.in_bundle = list(w.noise)
    w.in_store = [one for one in w.in_store if one not in [w.root, *w.leaf.intermediates()]]
    w.manners = w.with_chain([w.leaf, *w.leaf.intermediates(), w.root])
    w.truth.broken("root-is-sent-and-unknown", ["upstream_ca_not_trusted"], False)
    return True


@kind
def root_is_sent(w):
    w.in_bundle = list(w.noise)
    w.manners = w.with_chain([w.leaf, *w.leaf.intermediates(), w.root])
    w.truth.broken("root-is-sent", ["upstream_ca_not_trusted"], True)
    return True


@kind
def ca_rekeyed_without_identifiers(w):
    """Nothing but the signature tells the two keys apart."""
    if w.use_crl:
        return False
    traits = dict(is_ca=True, has_key_ids=False)
    former = w.pki.issue("/O=Corp/CN=Corp Plain Root", label="plain root, former", days=(-900, 900), **traits)
    new = w.pki.issue("/O=Corp/CN=Corp Plain Root", label="plain root, new", days=(-90, 900), **traits)
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=new, has_key_ids=False))
    w.in_bundle, w.in_store, w.second, w.keeps_good_peer = [former], [*w.in_store, former, new], None, False
    w.truth.broken("ca-rekeyed-without-identifiers", ["upstream_ca_rekeyed"], True)
    return True


@kind
def intermediate_rekeyed(w):
    """The peer goes on sending the intermediate of before: its name is right, its key is not."""
    if w.issuing.issuer is None or w.use_crl or w.manners.names is not None:
        return False
    traits = w.issuing.wish
    former = w.pki.issue(traits["subject"], w.issuing.issuer, kind=traits["kind"], label="former " + traits["label"], is_ca=True, days=(-600, 90))
    w.manners = w.with_chain([w.leaf, former, *w.leaf.intermediates()[1:]])
    w.truth.broken("intermediate-rekeyed", ["upstream_wrong_intermediate", "upstream_chain_incomplete", "upstream_ca_rekeyed"], True)
    return True


@kind
def only_root_is_sent(w):
    """A chain file that lacks the middle."""
    if w.issuing.issuer is None or w.manners.names is not None:
        return False
    w.manners = w.with_chain([w.leaf, w.root])
    w.truth.broken("only-root-is-sent", ["upstream_chain_incomplete"], True)
    return True


@kind
def intermediate_expired_and_trusted(w):
    """Both the expired issuing CA and its root are in the bundle; the peer sends the expired one as well."""
    if w.issuing.issuer is None or w.use_crl:
        return False
    traits = w.issuing.wish
    old = w.pki.issue(traits["subject"], w.issuing.issuer, kind=traits["kind"], label=traits["label"], is_ca=True, days=(-300, -3))
    w.in_bundle = [old, *w.in_bundle]
    w.manners = w.with_chain([w.leaf, old, *w.leaf.intermediates()[1:]])
    w.truth.broken("intermediate-expired-and-trusted", ["upstream_intermediate_expired"], True)
    return True


@kind
def crl_of_another_key(w):
    """A list under the CA's name, signed by the key that it had before."""
    use_crls(w)
    cas = [w.root, *w.leaf.intermediates()]
    one = w.random.choice(cas)
    traits = one.wish
    twin = w.pki.issue(traits["subject"], one.issuer, kind=traits["kind"], label="twin of " + traits["label"], is_ca=True)
    w.crls = [w.pki.crl(twin if ca is one else ca) for ca in cas]
    is_known = w.maybe(60)
    if is_known:
        w.crls_in_store = [w.pki.crl(ca) for ca in cas]
    w.truth.broken("crl-of-another-key", ["crl_signature_invalid", "crl_missing"], is_known)
    return True


@kind
def crl_of_the_future(w):
    use_crls(w)
    cas = [w.root, *w.leaf.intermediates()]
    one = w.random.choice(cas)
    w.crls = [w.pki.crl(ca, days=(3, 40) if ca is one else (-1, 30)) for ca in cas]
    is_known = w.maybe(60)
    if is_known:
        w.crls_in_store = [w.pki.crl(ca) for ca in cas]
    w.truth.broken("crl-of-the-future", ["crl_not_yet_valid"], is_known)
    return True


@kind
def crl_of_other_ca_alone(w):
    """The file has lists, and none of this chain."""
    use_crls(w)
    w.crls = [w.pki.crl(one) for one in w.noise]
    is_known = w.maybe(60)
    if is_known:
        w.crls_in_store = [w.pki.crl(ca) for ca in [w.root, *w.leaf.intermediates()]]
    w.truth.broken("crl-of-other-ca-alone", ["crl_missing"], is_known)
    return True


@kind
def bundle_has_old_root_of_two(w):
    """The organisation has two roots, and the bundle the other one."""
    other = w.pki.issue("/O=Corp/CN=Corp Root CA G1", is_ca=True, days=(-3000, 300))
    w.in_bundle, w.in_store = [other], [*w.in_store, other]
    w.truth.broken("bundle-has-old-root-of-two", ["upstream_ca_not_trusted"], True)
    return True
