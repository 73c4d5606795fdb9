"""A working nginx in front of a working peer, composed by chance: what the mutations of kinds.py then break."""
import contextlib
import os
import random as chances
import shutil
import socket

from support.ports import LOOPBACK, free_port

from faults.generator.peer import Manners, Peer
from faults.generator.pki import write_bundle

LABELS = ["api", "orders", "auth", "billing-v2", "search", "node7", "payments"]
DOMAINS = ["corp.test", "svc.corp.test", "example.test", "int.shop.test"]
POOLS = ["backend", "api_pool", "workers", "app-servers"]
FAMILIES = {"http": "proxy", "grpc": "grpc", "uwsgi": "uwsgi", "stream": "proxy"}
TLS_SCHEMES = {"http": "https", "grpc": "grpcs", "uwsgi": "suwsgi"}
PLAIN_SCHEMES = {"http": "http", "grpc": "grpc", "uwsgi": "uwsgi"}


PATIENCE = 20  # seconds that a request may take


def exchange(connect, text):
    """What comes back for `text`, until the end or a failure."""
    got = b""
    with contextlib.suppress(OSError):
        with connect() as connection:
            connection.sendall(text)
            while True:
                some = connection.recv(16384)
                if not some:
                    break
                got += some
    return got


class Truth:
    """What was done to a working world. `causes`: all that are as true. `is_curable`: configuration, peer and CA collection are enough."""

    def __init__(self):
        self.kinds, self.causes, self.is_curable, self.is_silent = [], [], True, True
        self.leaves_no_line = False  # then the peer is asked about, and no log

    def whole(self, kind):
        """What was done breaks nothing."""
        self.kinds.append(kind)

    def broken(self, kind, causes, is_curable):
        self.kinds.append(kind)
        self.causes += [cause for cause in causes if cause not in self.causes]
        self.is_curable, self.is_silent = self.is_curable and is_curable, False


class World:
    side = "upstream"

    def __init__(self, scenario, pki, random):
        self.scenario, self.pki, self.random, self.truth = scenario, pki, random, Truth()
        self.prefix = scenario.directory / "nginx"
        for part in ("conf/tls", "conf/conf.d", "logs", "tmp"):
            (self.prefix / part).mkdir(parents=True)
        self.tls = self.prefix / "conf" / "tls"
        self.store = scenario.directory / "cas"
        self.store.mkdir()
        self.port = free_port()
        self.module = random.choice(["http", "http", "http", "grpc", "uwsgi", "stream", "stream"])
        self.host = "%s.%s" % (random.choice(LABELS), random.choice(DOMAINS))
        self._compose_pki()
        self._compose_peer()
        self._compose_proxy()
        self.afterwards, self.after_start, self.more_files = [], [], {}
        self.more_group, self.more_inner, self.second_manners = [], [], None
        self.more_locations, self.asked_before = [], []
        self._compose_more(chances.Random(repr(random.getstate())))
        self.good_manners, self.guards_chain, self.keeps_good_peer = self.manners, True, True

    def maybe(self, percent):
        return self.random.random() * 100 < percent

    # --- the PKI

    def _compose_pki(self):
        r = self.random
        self.number, self.key_kind = r.randrange(4), r.choice(["ec", "ec", "rsa", "ec384", "ed25519"])
        ca_kind = r.choice(["ec", "rsa"])
        self.root = self.pki.issue("/O=Corp/CN=Corp Root CA %d" % self.number, kind=ca_kind, is_ca=True, days=(-400, 3000))
        self.issuing = self.root
        for level in range(r.choice([0, 1, 1, 1, 2, 2, 3])):
            self.issuing = self.pki.issue("/O=Corp/CN=Corp Issuing CA %d.%d" % (self.number, level), self.issuing, kind=ca_kind, is_ca=True,
                                          days=(-200, 1500))
        self.leaf = self.leaf_for(self.host)
        self.noise = [self.pki.issue("/O=Other/CN=Other Root CA %d" % n, is_ca=True) for n in range(2)]
        self.client_root = self.pki.issue("/O=Corp/CN=Corp Client Root", is_ca=True)
        self.client_issuing = self.pki.issue("/O=Corp/CN=Corp Client Issuing CA", self.client_root, is_ca=True)
        self.in_store = [self.root, *self._between(), self.client_root, self.client_issuing, *self.noise]
        self.in_bundle = [self.root, *(self.noise if self.maybe(30) else [])]
        self.crls = []
        self.use_crl = self.maybe(18)
        if self.use_crl:
            self.crls = [self.pki.crl(ca) for ca in [self.root, *self._between()]]
        self.crls_in_store = []

    def _between(self):
        return self.leaf.intermediates()

    def leaf_for(self, host, **traits):
        """A certificate as this peer's own, for a host."""
        names = traits.pop("names", None)
        if names is None:
            names = ["DNS:" + host]
            self.is_wildcard = self.random.random() < 0.15
            if self.is_wildcard:
                names = ["DNS:*." + host.split(".", 1)[1]]
        traits.setdefault("kind", self.key_kind)
        traits.setdefault("label", "leaf-" + traits["kind"])
        issuer = traits.pop("issuer", self.issuing)
        return self.pki.issue(traits.pop("subject", "/O=Corp/CN=" + host), issuer, names=names, **traits)

    def chain_of(self, leaf):
        return [leaf, *leaf.intermediates()]

    def with_chain(self, chain):
        """The peer's manners with another chain for the host that is meant."""
        if self.manners.names is None:
            return self.manners.but(chain=chain)
        return self.manners.but(names=dict(self.manners.names, **{self.host: chain}))

    def with_leaf(self, leaf):
        return self.with_chain(self.chain_of(leaf))

    def shown_leaf(self):
        return (self.manners.chain if self.manners.names is None else self.manners.names[self.host])[0]

    # --- the peer

    def _compose_peer(self):
        r = self.random
        speaks = {"http": "http", "stream": "http", "grpc": "h2", "uwsgi": "uwsgi"}[self.module]
        self.versions = r.choice([("TLSv1.2", "TLSv1.3"), ("TLSv1.2", "TLSv1.3"), ("TLSv1.2",), ("TLSv1.3",)])
        self.manners = Manners(self.chain_of(self.leaf), speaks=speaks, versions=self.versions, alpn=("h2",) if self.module == "grpc" else ())
        if self.module == "stream" and self.maybe(25):
            self.manners = self.manners.but(wants_header=True)
        self.has_client_certificate = self.maybe(20)
        if self.has_client_certificate:
            self.manners = self.manners.but(clients=[self.client_root])
            self.client = self.pki.issue("/O=Corp/CN=gateway", self.client_issuing, usage="clientAuth")
            self.client_chain = [self.client, self.client_issuing]
        if self.maybe(20):
            default = self.leaf_for("default.corp.test", names=["DNS:default.corp.test"])
            self.manners = self.manners.but(names={self.host: self.manners.chain}, chain=[default, *default.intermediates()],
                                            unknown=r.choice(["default", "alert"]))
        self.peer = Peer(self.scenario, self.manners, r.choice(["inet", "inet", "inet", "inet6", "unix"]))
        self.backup = None

    # --- the proxy

    def _compose_proxy(self):
        r = self.random
        self.family = FAMILIES[self.module]
        self.levels = ["stream", "server"] if self.module == "stream" else ["http", "server", "location"]
        self.settings, self.level, self.is_included = {}, {}, set()
        self.scheme = TLS_SCHEMES.get(self.module, "")
        self.speaks_tls, self.more_http, self.more_server, self.headers = True, [], [], []
        self.is_group = self.maybe(50)
        is_named_after_host = self.is_group and self.maybe(50)
        self.group = self.host if is_named_after_host else r.choice(POOLS)
        self.has_variable = self.maybe(20) and self.module != "stream"
        self.put("ssl_verify", "on")
        self.put("ssl_trusted_certificate", "tls/upstream-ca.pem")
        needs = len(self._between())
        if needs > 1 or self.maybe(25):
            self.put("ssl_verify_depth", str(needs + r.randrange(3) if needs else r.randrange(1, 4)))
        self.name_is_explicit = not is_named_after_host or self.maybe(30)
        if self.name_is_explicit:
            self._put_name()
        if self.manners.names is not None or self.maybe(40):
            self.put("ssl_server_name", "on")
        versions = list(self.versions)
        if "TLSv1.3" in versions and ("TLSv1.2" not in versions or self.maybe(40)):
            self.put("ssl_protocols", "TLSv1.2", "TLSv1.3")  # nginx 1.22 offers no 1.3 by itself
        if self.use_crl:
            self.put("ssl_crl", "tls/upstream.crl")
        if self.has_client_certificate:
            self.put("ssl_certificate", "tls/client.pem")
            self.put("ssl_certificate_key", "tls/client.key")
        if self.maybe(20):
            self.put("ssl_session_reuse", "off")
        if self.manners.wants_header:
            self.put("protocol", "on")
        if self.maybe(40):
            self.put("connect_timeout", r.choice(["5s", "10s", "2s"]))
        if self.module in ("http", "grpc") and self.maybe(40):
            self.headers.append(("Host", self.host))
        self.indent, self.quotes = r.choice(["    ", "  ", "\t"]), self.maybe(20)
        self.has_decoys = self.maybe(50)

    def _put_name(self):
        if self.module != "stream" and self.maybe(20):
            self.more_server.append("set $upstream_name %s;" % self.host)
            self.put("ssl_name", "$upstream_name")
        else:
            self.put("ssl_name", self.host)

    def _compose_more(self, chance):
        """What came later: drawn apart, so that a kept seed stays the world that it was."""
        def maybe(percent):
            return chance.random() * 100 < percent
        self.takes_header = maybe(8)
        self.second = None
        if self.is_group and maybe(20):
            self.second = Peer(self.scenario, self.manners, chance.choice(["inet", "inet6"]))
            self.second_is_first = maybe(50)
        self.request_host, self.target = "gw.test", None
        if self.name_is_explicit and self.module != "stream" and maybe(20):
            self.settings["ssl_name"] = [chance.choice(["$host", "$mapped_name"])]
            if self.settings["ssl_name"] == ["$host"]:
                self.request_host = self.host
            else:
                self.more_http += ["map $request_method $mapped_name {", self.indent + "default %s;" % self.host, "}"]
        self.has_other_place = self.module != "stream" and maybe(25)

    def name_becomes(self, name):
        """Nothing but this is the name that is verified; "" for what nginx takes by itself."""
        self.more_server = [line for line in self.more_server if "upstream_name" not in line]
        self.drop("ssl_name")
        if name:
            self.put("ssl_name", name)

    def put(self, setting, *values):
        """Sets a directive, at a level that chance gave it when it was first set."""
        if setting not in self.level:
            self.level[setting] = self.random.choice(self.levels)
            if setting == "ssl_certificate_key":
                self.level[setting] = self.level["ssl_certificate"]
            if self.maybe(25):
                self.is_included.add(setting)
        self.settings[setting] = list(values)

    def drop(self, setting):
        self.settings.pop(setting, None)

    def has(self, setting):
        return setting in self.settings

    @property
    def sends_sni(self):
        return self.settings.get("ssl_server_name") == ["on"]

    # --- the request

    def works(self):
        """Does the request that this world is for work?"""
        method = "POST" if self.module == "grpc" else "GET"
        more = "Content-Type: application/grpc\r\nContent-Length: 0\r\n" if method == "POST" else ""
        header = "PROXY TCP4 192.0.2.10 192.0.2.1 51000 443\r\n" if self.takes_header else ""
        for path in [*self.asked_before, *["/svc/Call"] * (2 if self.second else 1)]:
            text = "%s%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n" % (header, method, path, self.request_host, more)
            got = exchange(lambda: socket.create_connection((LOOPBACK, self.port), timeout=PATIENCE), text.encode())
            if not got.startswith(b"HTTP/1.1 200") or not (self.module == "grpc" or b"PEER-OK" in got):
                return False
        return True

    def what_the_patch_gave_up(self):
        """With a patch that cures: an impostor of another CA and a peer with another host's certificate have to be refused as before, and the
        peer as it was before the fault has to be served. What is wrong, in words; empty for nothing."""
        broken = self.manners
        if self.second and " down;" in (self.prefix / "conf" / "nginx.conf").read_text():
            return ""  # the other one serves alone
        try:
            if self.guards_chain:
                stranger = self.pki.issue("/O=Evil/CN=Evil Root", is_ca=True)
                self.peer.manners = self.with_leaf(self.leaf_for(self.host, issuer=stranger, names=["DNS:" + self.host], kind="ec"))
                if self.works():
                    return "an impostor of another CA is served"
                other = "other.elsewhere.test"
                self.peer.manners = self.with_leaf(self.leaf_for(other, names=["DNS:" + other]))
                if self.works():
                    return "a peer with another host's certificate is served"
            if self.keeps_good_peer:
                self.peer.manners = self.good_manners
                if not self.works():
                    return "the peer as it was before the fault is refused"
        finally:
            self.peer.manners = broken
        return ""

    # --- files and text

    def write(self):
        """Everything that nginx and the diagnosis read, as the world is now."""
        for path in [*self.tls.iterdir(), *self.store.iterdir(), *(self.prefix / "conf" / "conf.d").iterdir()]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        write_bundle(self.tls / "upstream-ca.pem", *self.in_bundle)
        if self.has("ssl_crl"):
            write_bundle(self.tls / "upstream.crl", *self.crls)
        if self.has("ssl_certificate"):
            write_bundle(self.tls / "client.pem", *self.client_chain)
            shutil.copy(self.client.key, self.tls / "client.key")
        for number, one in enumerate(self.in_store):
            (self.store / ("ca-%d.pem" % number)).write_text(one.pem)
        for number, path in enumerate(self.crls_in_store):
            shutil.copy(path, self.store / ("list-%d.crl" % number))
        for name, parts in self.more_files.items():
            write_bundle(self.tls / name, *parts)
        self.peer.manners = self.manners
        if self.second:
            self.second.manners = self.second_manners or self.good_manners.but(wants_header=self.has("protocol"))
        (self.prefix / "conf" / "nginx.conf").write_text(self.text())
        for change in self.afterwards:
            change()

    def _directive(self, setting):
        return "%s_%s" % (self.family, setting)

    def _settings_at(self, level, into):
        """The lines of one level; what is included goes into a file of its own."""
        lines, included = [], []
        for setting, values in self.settings.items():
            if self.level[setting] != level:
                continue
            words = values if setting != "ssl_conf_command" else values
            words = ['"%s"' % word if self.quotes and "$" not in word else word for word in words]
            line = "%s %s;" % (self._directive(setting), " ".join(words))
            (included if setting in self.is_included else lines).append(line)
        if included:
            name = "conf.d/%s-%s.inc" % (into, level)
            (self.prefix / "conf" / name).write_text("\n".join(included) + "\n")
            lines.append("include %s;" % name)
        return lines

    def _pass(self):
        target = self.target or (self.group if self.is_group else self.peer.address)
        if self.module == "stream":
            return ["proxy_pass %s;" % target] + (["proxy_ssl on;"] if self.speaks_tls else [])
        if self.has_variable and not target.startswith("unix:"):
            return ["set $target %s;" % target, "%s_pass %s://$target;" % (self.family, self.scheme)]
        return ["%s_pass %s://%s;" % (self.family, self.scheme, target + (":" if target.startswith("unix:") and self.module == "http" else ""))]

    def text(self):
        pad = self.indent
        group = []
        if self.is_group:
            members = ["server %s max_fails=0;" % peer.address for peer in [self.peer, self.second] if peer]
            if self.second and not self.second_is_first:
                members.reverse()
            group = ["upstream %s {" % self.group, *(pad + one for one in members + self.more_group), "}"]
        inner = [*self._pass(), *("%s_set_header %s %s;" % (self.family, name, value) for name, value in self.headers)]
        if self.module != "stream":
            inner += ["%s_next_upstream off;" % self.family, *self._settings_at("location", "place")]
            if self.module == "uwsgi":
                inner += ["uwsgi_param REQUEST_METHOD $request_method;", "uwsgi_param REQUEST_URI $request_uri;"]
        server = ["listen 127.0.0.1:%d%s;" % (self.port, " proxy_protocol" if self.takes_header else "")]
        if self.module == "stream":
            server += [*self._settings_at("server", "place"), "proxy_next_upstream off;", *inner, *self.more_inner]
            body = [*self._settings_at("stream", "place"), *group, "server {", *(pad + one for one in server), "}"]
            head = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
            return head + self._main() + "stream {\n" + "".join(pad + line + "\n" for line in body) + "}\n"
        server += ["server_name gw.%s;" % self.host.split(".", 1)[1], *self.more_server, *self._settings_at("server", "place")]
        decoys = ["location /static/ {", pad + "return 204;", "}"] if self.has_decoys else []
        if self.has_other_place:
            decoys += ["location /legacy/ {", pad + "%s_pass %s://127.0.0.1:9;" % (self.family, TLS_SCHEMES[self.module]),
                       pad + "%s_ssl_verify off;" % self.family, pad + "%s_ssl_name legacy.other.test;" % self.family,
                       pad + "%s_ssl_server_name on;" % self.family, "}"]
        server += [*decoys, *self.more_locations, "location / {", *(pad + one for one in inner + self.more_inner), "}"]
        temporary = ["client_body_temp_path tmp/body; proxy_temp_path tmp/proxy; fastcgi_temp_path tmp/fastcgi;",
                     "uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi;", "access_log off;"]
        body = [*temporary, *self._settings_at("http", "place"), *self.more_http, *group, "server {", *(pad + one for one in server), "}"]
        return self._main() + "http {\n" + "".join(pad + line + "\n" for line in body) + "}\n"

    def _main(self):
        user = "user root;\n" if os.geteuid() == 0 else ""
        return "daemon off;\n%sworker_processes 1;\nworker_shutdown_timeout 1s;\npid logs/nginx.pid;\nerror_log logs/error.log info;\n" \
               "events { worker_connections 128; }\n" % user
