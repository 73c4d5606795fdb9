"""More forms of certificates, names and lists towards upstreams, sound ones among them."""
from faults.generator.kinds import kind, use_crls
from faults.generator.kinds_names import is_one_site

NAMES = ["upstream_name_mismatch", "proxy_ssl_name_wrong", "upstream_wildcard_depth", "upstream_wrong_cert_served"]


def shows(w, leaf):
    w.manners = w.good_manners = w.with_leaf(leaf)


@kind
def leaf_is_rsa_pss(w):
    """A key for PSS alone; a list of suites for ECDSA alone would refuse it."""
    if w.has("ssl_ciphers"):
        return False
    shows(w, w.leaf_for(w.host, kind="rsa-pss"))
    w.truth.whole("leaf-is-rsa-pss")
    return True


@kind
def leaf_of_p521(w):
    shows(w, w.leaf_for(w.host, kind="ec521"))
    w.truth.whole("leaf-of-p521")
    return True


@kind
def leaf_is_valid_for_long(w):
    """Dates beyond 2050 have another form."""
    shows(w, w.leaf_for(w.host, days=(-20000, 20000)))
    w.truth.whole("leaf-is-valid-for-long")
    return True


@kind
def name_is_in_capitals(w):
    if w.settings.get("ssl_name") == ["$host"] or w.manners.names is not None:
        return False
    w.name_becomes(w.host.upper())
    w.truth.whole("name-is-in-capitals")
    return True


@kind
def many_names(w):
    names = ["DNS:n%d.corp.test" % n for n in range(60)] + ["DNS:" + w.host, "IP:192.0.2.1", "email:it@corp.test", "URI:spiffe://corp/x"]
    shows(w, w.leaf_for(w.host, subject="/O=Corp/CN=n0.corp.test", names=names))
    w.truth.whole("many-names")
    return True


@kind
def subject_beside_other_kinds(w):
    """Alternatives that are no names of hosts leave the subject in its place."""
    if not is_one_site(w):
        return False
    shows(w, w.leaf_for(w.host, names=["email:it@corp.test"]))
    w.truth.whole("subject-beside-other-kinds")
    return True


@kind
def both_keys_of_ca(w):
    """The former and the present key under one name, in this order."""
    traits = w.root.wish
    old = w.pki.issue(traits["subject"], kind=traits["kind"], label="former key of " + traits["subject"], is_ca=True, days=(-900, 900))
    w.in_bundle = [old, *w.in_bundle]
    w.truth.whole("both-keys-of-ca")
    return True


@kind
def crossed_beside_own_root(w):
    """The peer still sends the cross-signed root, whose signer has expired; the root itself is trusted."""
    if w.use_crl:
        return False
    former = w.pki.issue("/O=Trust/CN=Digital Trust Root X3", is_ca=True, days=(-2000, -6))
    crossed = w.pki.issue(w.root.subject, former, kind=w.root.wish["kind"], label=w.root.wish["label"], is_ca=True, days=(-900, -7))
    w.manners = w.good_manners = w.with_chain([*w.chain_of(w.leaf), crossed])
    w.put("ssl_verify_depth", "5")
    w.truth.whole("crossed-beside-own-root")
    return True


@kind
def use_is_any(w):
    """anyExtendedKeyUsage is not serverAuth."""
    w.manners = w.with_leaf(w.leaf_for(w.host, usage="anyExtendedKeyUsage"))
    w.truth.broken("use-is-any", ["upstream_cert_wrong_usage"], False)
    return True


@kind
def key_may_not_be_used_so(w):
    """keyUsage leaves neither signatures nor key agreement."""
    w.manners = w.with_leaf(w.leaf_for(w.host, key_usage="cRLSign" if w.maybe(50) else "dataEncipherment"))
    w.truth.broken("key-may-not-be-used-so", ["upstream_cert_wrong_usage", "upstream_issuer_bad_key_usage"], False)
    return True


@kind
def ca_of_explicit_curve(w):
    """Its key names no curve, but spells one out."""
    if w.use_crl:
        return False
    strange = w.pki.issue("/O=Corp/CN=Corp Explicit CA", w.root, kind="ec-explicit", is_ca=True)
    w.manners = w.with_leaf(w.leaf_for(w.host, issuer=strange))
    w.put("ssl_verify_depth", "3")
    w.truth.broken("ca-of-explicit-curve", ["upstream_cert_explicit_ec", "upstream_chain_rejected_other"], False)
    return True


@kind
def name_has_trailing_dot(w):
    if not is_one_site(w) or w.settings.get("ssl_name") == ["$host"]:
        return False
    w.name_becomes(w.host + ".")
    w.truth.broken("name-has-trailing-dot", NAMES, True)
    return True


@kind
def name_is_a_wildcard(w):
    """What the certificate may have, a name to verify may not be."""
    if not is_one_site(w) or w.shown_leaf().wish["names"] != ["DNS:" + w.host]:
        return False
    w.name_becomes("*." + w.host.split(".", 1)[1])
    w.truth.broken("name-is-a-wildcard", NAMES, bool(w.headers))
    return True


@kind
def name_lacks_its_domain(w):
    if not is_one_site(w) or w.is_wildcard:
        return False
    w.name_becomes(w.host.split(".")[0])
    w.truth.broken("name-lacks-its-domain", NAMES, bool(w.headers))
    return True


@kind
def wildcard_of_a_top_level(w):
    """OpenSSL takes no wildcard directly below a top level."""
    if not is_one_site(w) or w.settings.get("ssl_name") == ["$host"]:
        return False
    w.name_becomes(w.host.split(".", 1)[1].replace(".", "-") + ".test")
    w.headers = []
    w.manners = w.with_leaf(w.leaf_for(w.host, subject="/O=Corp/CN=*.test", names=["DNS:*.test"]))
    w.keeps_good_peer = False
    w.truth.broken("wildcard-of-a-top-level", NAMES, False)
    return True


@kind
def wildcard_in_the_middle(w):
    if not is_one_site(w) or w.settings.get("ssl_name") == ["$host"]:
        return False
    parts = w.host.split(".")
    w.headers = []
    w.manners = w.with_leaf(w.leaf_for(w.host, names=["DNS:%s.*.%s" % (parts[0], ".".join(parts[2:]))]))
    w.truth.broken("wildcard-in-the-middle", NAMES, False)
    return True


@kind
def list_is_for_part(w):
    """A CRL with a critical scope that this OpenSSL does not use by itself."""
    use_crls(w)
    cas = [w.root, *w.leaf.intermediates()]
    lower = w.leaf.issuer
    w.crls = [w.pki.crl(ca, extra=["issuingDistributionPoint=critical,@scope", "[scope]", "onlyAA=TRUE"] if ca is lower else ()) for ca in cas]
    w.truth.broken("list-is-for-part", ["crl_unusable", "crl_missing"], False)
    return True


@kind
def list_of_a_stranger_expired(w):
    """Lists of CAs that are not in the chain do not matter."""
    use_crls(w)
    w.crls = [w.pki.crl(w.noise[0], days=(-60, -3)), *w.crls]
    w.truth.whole("list-of-a-stranger-expired")
    return True


@kind
def lists_lie_in_the_bundle(w):
    """ssl_trusted_certificate takes CRLs as well, and checks none of them."""
    if w.use_crl:
        return False
    w.more_files["upstream-ca.pem"] = [*w.in_bundle, w.pki.crl(w.root, days=(-60, -3))]
    w.truth.whole("lists-lie-in-the-bundle")
    return True


@kind
def bundle_holds_middle_and_root(w):
    """An intermediate of before beside its root, while the peer sends the new one."""
    if w.issuing.issuer is None:
        return False
    w.in_bundle = [*w.in_bundle, *w.leaf.intermediates()]
    w.truth.whole("bundle-holds-middle-and-root")
    return True


@kind
def chain_has_strays(w):
    """The same certificate twice, and one that belongs to nobody here."""
    chain = w.chain_of(w.leaf)
    w.manners = w.good_manners = w.with_chain([*chain, *chain[1:], w.noise[0]])
    w.truth.whole("chain-has-strays")
    return True


@kind
def root_has_lesser_name(w):
    """A CA of another organisation with the same common name is trusted instead."""
    common = w.root.subject.split("/CN=")[1]
    other = w.pki.issue("/O=Other/CN=" + common, is_ca=True)
    w.in_bundle = [other]
    w.in_store.append(other)
    w.truth.broken("root-has-lesser-name", ["upstream_ca_not_trusted"], True)
    return True
