"""More of names: addresses in certificates, variables, subjects without alternatives, sites that share a peer."""
from faults.generator.kinds import kind


def is_one_site(w):
    return w.manners.names is None


@kind
def address_in_certificate(w):
    """nginx compares names alone, although the certificate has the address."""
    if w.is_group or not is_one_site(w) or w.peer.family == "unix":
        return False
    address = "127.0.0.1" if w.peer.family == "inet" else "::1"
    has_name = w.maybe(60)
    names = ["IP:" + address] + (["DNS:" + w.host] if has_name else [])
    w.manners = w.with_leaf(w.leaf_for(w.host, names=names))
    if not has_name:
        w.headers = []
    w.name_becomes(address if w.maybe(30) and w.peer.family == "inet" else "")
    w.truth.broken("address-in-certificate", ["upstream_name_is_ip", "upstream_name_mismatch"], has_name and bool(w.headers))
    return True


@kind
def alternatives_beat_subject(w):
    """The subject has the name, the alternatives, which alone count, another."""
    if not is_one_site(w):
        return False
    other = w.host.split(".")[0] + "-v2." + w.host.split(".", 1)[1]
    w.manners = w.with_leaf(w.leaf_for(w.host, names=["DNS:" + other]))
    w.keeps_good_peer = False
    w.truth.broken("alternatives-beat-subject", ["upstream_name_mismatch", "proxy_ssl_name_wrong", "upstream_wrong_cert_served"], False)
    return True


@kind
def name_is_empty(w):
    if w.module == "stream" or not is_one_site(w):
        return False
    w.name_becomes("$no_such_name")
    w.more_server.append('set $no_such_name "";')
    w.truth.broken("name-is-empty", ["proxy_ssl_name_wrong", "upstream_name_mismatch"], bool(w.headers))
    return True


@kind
def name_of_client(w):
    """What the client asked for is verified: the name of this proxy."""
    if w.module == "stream" or not is_one_site(w):
        return False
    w.name_becomes(w.random.choice(["$host", "$http_host", "$server_name"]))
    w.request_host = "gw.test"
    w.truth.broken("name-of-client", ["proxy_ssl_name_wrong", "upstream_name_mismatch", "upstream_sni_wrong_name"], bool(w.headers))
    return True


@kind
def sni_of_client(w):
    """The same where the peer has sites: it does not know that name."""
    if w.module == "stream":
        return False
    w.name_becomes("$host")
    w.request_host = "gw.test"
    w.put("ssl_server_name", "on")
    how = w.random.choice(["alert", "default"])
    default = w.leaf_for("default.corp.test", names=["DNS:default.corp.test"])
    w.manners = w.manners.but(names={w.host: w.chain_of(w.leaf)}, chain=w.chain_of(default), unknown=how)
    w.good_manners = w.manners
    w.truth.broken("sni-of-client", ["upstream_sni_wrong_name", "proxy_ssl_name_wrong", "upstream_name_mismatch"], bool(w.headers))
    return True


@kind
def map_names_another(w):
    """A map gives another site's name for this place."""
    if w.module == "stream" or not is_one_site(w):
        return False
    other = "legacy." + w.host.split(".", 1)[1]
    if w.shown_leaf().wish["names"] != ["DNS:" + w.host]:
        return False
    w.name_becomes("$upstream_site")
    w.more_http += ["map $uri $upstream_site {", "    default %s;" % other, "    ~^/v2/ %s;" % w.host, "}"]
    w.truth.broken("map-names-another", ["proxy_ssl_name_wrong", "upstream_name_mismatch", "upstream_wrong_cert_served"], False)
    return True


@kind
def name_has_scheme(w):
    if not is_one_site(w):
        return False
    w.name_becomes("https://" + w.host)
    w.truth.broken("name-has-scheme", ["proxy_ssl_name_wrong", "upstream_name_mismatch"], True)
    return True


@kind
def wildcard_too_deep(w):
    """Two labels below a wildcard that covers one."""
    if not is_one_site(w) or w.settings.get("ssl_name") == ["$host"]:
        return False
    deep = "v1." + w.host
    w.name_becomes(deep)
    w.headers = []
    domain = w.host.split(".", 1)[1]
    w.manners = w.with_leaf(w.leaf_for(w.host, subject="/O=Corp/CN=*." + domain, names=["DNS:*." + domain]))
    w.keeps_good_peer = False
    w.truth.broken("wildcard-too-deep", ["upstream_wildcard_depth", "upstream_name_mismatch", "proxy_ssl_name_wrong"], False)
    return True


@kind
def apex_of_wildcard(w):
    """*.example.test does not cover example.test."""
    if not is_one_site(w):
        return False
    domain = w.host.split(".", 1)[1]
    w.name_becomes(domain)
    w.headers = []
    w.manners = w.with_leaf(w.leaf_for(w.host, subject="/O=Corp/CN=*." + domain, names=["DNS:*." + domain]))
    w.keeps_good_peer = False
    w.truth.broken("apex-of-wildcard", ["upstream_wildcard_depth", "upstream_name_mismatch", "proxy_ssl_name_wrong"], False)
    return True


@kind
def host_header_names_it(w):
    """The group has a name of its own; the Host header names the site that is meant."""
    if not w.is_group or not is_one_site(w) or w.module == "stream":
        return False
    w.group = w.random.choice(["backend_pool", "payments_pool"])
    w.headers = [("Host", w.host)] if w.module in ("http", "grpc") else []
    w.name_becomes("")
    if w.maybe(50):
        w.put("ssl_server_name", "on")
    w.truth.broken("host-header-names-it", ["upstream_name_is_upstream_block", "upstream_name_mismatch", "upstream_sni_wrong_name"],
                   bool(w.headers))
    return True


@kind
def default_server_when_sni_is_off(w):
    """The group is named after the host; the peer's default site is foreign, and without SNI that is what is shown."""
    if not w.is_group:
        return False
    w.group = w.host
    w.name_becomes("")
    stranger = w.pki.issue("/O=Acme Co/CN=Kubernetes Ingress Controller Fake Certificate", names=["DNS:ingress.local"])
    w.manners = w.manners.but(names={w.host: w.chain_of(w.leaf)}, chain=[stranger], unknown="default")
    w.good_manners = w.manners
    w.put("ssl_server_name", "off")
    w.truth.broken("default-server-when-sni-is-off", ["upstream_sni_missing"], True)
    return True
