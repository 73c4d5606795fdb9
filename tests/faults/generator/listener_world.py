"""A working listener with TLS, and a client that it serves: what the mutations of kinds_listener.py then break."""
import contextlib
import os
import random as chances
import shutil
import socket
import ssl
import subprocess
import time

from support.ports import LOOPBACK, free_port

from faults.generator.peer import VERSIONS
from faults.generator.pki import write_bundle
from faults.generator.world import DOMAINS, PATIENCE, Truth, exchange


class Client:
    """How the client behaves. A value: but() changes one thing. `chain`: its certificate, leaf first; `trusts`: roots; `crls`: lists that it
    checks; `host`: the Host header, by default its SNI; `raw`: bytes instead of TLS, after which it is silent, or closes when they are b""."""

    def __init__(self, trusts, sni, versions=("TLSv1.2", "TLSv1.3"), ciphers=None, curve=None, chain=(), header=False, is_plain=False, alpn=(),
                 crls=(), host=None, raw=None, corrupts=False, options=()):
        self.trusts, self.sni, self.versions, self.ciphers, self.curve = trusts, sni, versions, ciphers, curve
        self.chain, self.header, self.is_plain, self.alpn, self.crls, self.host = chain, header, is_plain, alpn, crls, host
        self.raw, self.corrupts, self.options = raw, corrupts, options

    def but(self, **changes):
        return Client(**dict(self.__dict__, **changes))


class ListenerWorld:
    side = "listener"

    def __init__(self, scenario, pki, random):
        self.scenario, self.pki, self.random, self.truth = scenario, pki, random, Truth()
        self.prefix, self.store = scenario.directory / "nginx", scenario.directory / "cas"
        self.tls = self.prefix / "conf" / "tls"
        for part in ("conf/tls", "logs", "tmp"):
            (self.prefix / part).mkdir(parents=True)
        self.store.mkdir()
        r, self.port, self.number = random, free_port(), 0
        self.domain = r.choice(DOMAINS)
        self.host = r.choice(["www", "shop", "portal"]) + "." + self.domain
        self.key_kind = r.choice(["ec", "ec", "rsa", "ec384"])
        self.root, self.issuing = self.authority("Web", r.choice([0, 1, 1, 2]))
        self.names = ["DNS:" + self.host, "DNS:api." + self.domain] if self.maybe(50) else ["DNS:*." + self.domain]
        self.leaf = self.leaf_for(self.names)
        self.served = [self.leaf, *self.leaf.intermediates()]
        self.client_root, self.client_issuing = self.authority("Client", r.choice([0, 1, 1, 2]))
        self.verifies = self.maybe(55)
        self.certificate = self.pki.issue("/O=Corp/CN=device 7", self.client_issuing, usage="clientAuth")
        self.accepted = [self.client_root]
        self.settings, self.crls, self.crls_in_store, self.more_servers, self.more_files = {}, [], [], [], {}
        self.in_store = [self.root, *self.leaf.intermediates(), self.client_root, *self.certificate.intermediates(),
                         self.pki.issue("/O=Other/CN=Other Root CA 0", is_ca=True)]
        self.client = Client([self.root], self.host)
        if self.verifies:
            self.put("ssl_verify_client", "on")
            needs = len(self.certificate.intermediates())
            if needs > 1 or self.maybe(40):
                self.put("ssl_verify_depth", str(needs + r.randrange(2) if needs else 1))
            self.client = self.client.but(chain=[self.certificate, *self.certificate.intermediates()])
        if self.maybe(30):
            self.put("ssl_protocols", "TLSv1.2", "TLSv1.3")
        self.takes_header = self.maybe(15)
        self.client = self.client.but(header=self.takes_header)
        self.server_names = [self.host, "api." + self.domain]
        self.is_default_apart = self.maybe(30)
        self.certificate_path, self.key_path, self.afterwards = "tls/site.pem", "tls/site.key", []
        self.good_client, self.indent = self.client, r.choice(["    ", "\t"])
        self.after_start, self.is_stapled, self.locations, self.has_ssl, self.more_http = [], False, [], True, []
        self.may_give_stapling_up = False
        self._compose_more(chances.Random(repr(random.getstate())))

    def _compose_more(self, chance):
        """What came later: drawn apart, so that a kept seed stays the world that it was."""
        self.module = chance.choice(["http"] * 7 + ["stream", "mail", "mail"])
        if self.module != "http":
            self.is_default_apart = False
        self.protocol = chance.choice(["imap", "pop3", "smtp"])
        self.has_starttls = self.module == "mail" and not self.takes_header and chance.random() < 0.4
        if self.verifies and chance.random() < 0.25:
            self.put("ssl_verify_client", "optional")

    def maybe(self, percent):
        return self.random.random() * 100 < percent

    def authority(self, what, depth):
        root = self.pki.issue("/O=Corp/CN=Corp %s Root CA" % what, is_ca=True, days=(-400, 3000))
        issuing = root
        for level in range(depth):
            issuing = self.pki.issue("/O=Corp/CN=Corp %s Issuing CA %d" % (what, level), issuing, is_ca=True)
        return root, issuing

    def leaf_for(self, names, **traits):
        traits.setdefault("kind", self.key_kind)
        return self.pki.issue("/O=Corp/CN=" + names[0][4:], traits.pop("issuer", self.issuing), names=names, **traits)

    def put(self, setting, *values):
        self.settings[setting] = list(values)

    def write(self):
        for path in [*self.tls.iterdir(), *self.store.iterdir()]:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        write_bundle(self.tls / "site.pem", *self.served)
        shutil.copy(self.served[0].key, self.tls / "site.key")
        write_bundle(self.tls / "client-ca.pem", *(self.accepted or []))
        if self.crls:
            write_bundle(self.tls / "client.crl", *self.crls)
        for name, parts in self.more_files.items():
            write_bundle(self.tls / name, *parts)
        for number, one in enumerate(self.in_store):
            (self.store / ("ca-%d.pem" % number)).write_text(one.pem)
        for number, path in enumerate(self.crls_in_store):
            shutil.copy(path, self.store / ("list-%d.crl" % number))
        (self.prefix / "conf" / "nginx.conf").write_text(self.text())
        for change in self.afterwards:
            change()

    def text(self):
        pad = self.indent
        listen = "listen 127.0.0.1:%d%s%s" % (self.port, " ssl" if self.has_ssl and not self.has_starttls else "",
                                              " proxy_protocol" if self.takes_header else "")
        settings = ["%s %s;" % (name, " ".join(values)) for name, values in self.settings.items()]
        if self.verifies and self.accepted is not None:
            settings.append("ssl_client_certificate tls/client-ca.pem;")
        if self.crls:
            settings.append("ssl_crl tls/client.crl;")
        certificate = [line for line in ["ssl_certificate %s;" % self.certificate_path if self.certificate_path else "",
                                         "ssl_certificate_key %s;" % self.key_path if self.key_path else ""] if line]
        user = "user root;\n" if os.geteuid() == 0 else ""
        main = "daemon off;\n%sworker_processes 1;\nworker_shutdown_timeout 1s;\npid logs/nginx.pid;\nerror_log logs/error.log info;\n" \
               "events { worker_connections 128; }\n" % user
        if self.module != "http":
            own = ['return "SITE-OK";'] if self.module == "stream" else ["protocol %s;" % self.protocol] + ["starttls on;"] * self.has_starttls
            body = ["server {", *(pad + line for line in [listen + ";", *certificate, *settings, *own]), "}"]
            if self.module == "mail":
                body = ["auth_http 127.0.0.1:9/auth;", "server_name %s;" % self.host, *body]
            return "load_module /usr/lib/nginx/modules/ngx_%s_module.so;\n%s%s {\n%s}\n" % (
                self.module, main, self.module, "".join(pad + line + "\n" for line in body))
        locations = self.locations or ['location / { return 200 "SITE-OK"; }']
        server = ["server {", *(pad + line for line in [listen + ";", "server_name %s;" % " ".join(self.server_names), *certificate, *settings,
                                                         *locations]), "}"]
        default = ["server {", pad + listen + " default_server;", pad + "server_name _;", pad + "ssl_reject_handshake on;", "}"]
        body = [*self.more_http, *(default if self.is_default_apart else []), *server, *self.more_servers]
        return main + "http {\n%saccess_log off;\n%s" \
                      "client_body_temp_path tmp/body; proxy_temp_path tmp/proxy; fastcgi_temp_path tmp/fastcgi;\n" \
                      "uwsgi_temp_path tmp/uwsgi; scgi_temp_path tmp/scgi;\n%s}\n" % (pad, pad, "".join(pad + line + "\n" for line in body))

    # --- the request

    def works(self):
        return self._is_served(self.client) and (not self.is_stapled or self._gets_a_staple() or self._gave_stapling_up())

    def _gave_stapling_up(self):
        """Where nothing else can be done."""
        return self.may_give_stapling_up and "ssl_stapling on" not in (self.prefix / "conf" / "nginx.conf").read_text()

    def _gets_a_staple(self):
        """nginx asks its responder at the first handshake that wants an answer, and has one for a later."""
        deadline = time.monotonic() + 3
        while True:
            done = subprocess.run(["openssl", "s_client", "-connect", "%s:%d" % (LOOPBACK, self.port), "-servername", self.client.sni, "-status"],
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
            if b"OCSP Response Status: successful" in done.stdout:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.3)

    def _is_served(self, client):
        if client.raw is not None:
            return self._is_served_raw(client.raw)
        if self.module == "mail":
            text, marker = ("a LOGOUT\r\n", b"a OK") if self.protocol == "imap" else ("QUIT\r\n", b"+OK" if self.protocol == "pop3" else b"221 ")
            return marker in exchange(lambda: self._greeted(client), text.encode())
        if self.module == "stream" and not client.is_plain:
            return b"SITE-OK" in exchange(lambda: self._connect(client), b"")
        return b"SITE-OK" in exchange(lambda: self._connect(client), (
            "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (client.host or client.sni)).encode())

    def _greeted(self, client):
        """Who talks before the greeting may be overheard: nginx's mail module then waits for more."""
        connection = self._connect(client)
        if not client.is_plain and not self.has_starttls:
            connection.recv(4096)
        return connection

    def _is_served_raw(self, text):
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, self.port), timeout=PATIENCE) as connection:
            connection.sendall(text)
            if text:
                return b"SITE-OK" in connection.recv(4096)
        return False

    def _ask_for_tls(self, connection):
        """STARTTLS in the protocol's own words."""
        words = {"imap": [b"a STARTTLS\r\n"], "pop3": [b"STLS\r\n"], "smtp": [b"EHLO client.test\r\n", b"STARTTLS\r\n"]}[self.protocol]
        for word in [b"", *words]:
            connection.sendall(word)
            got = b""
            while not got.endswith(b"\n") or got.splitlines()[-1][3:4] == b"-":
                some = connection.recv(4096)
                if not some:
                    raise OSError("closed")
                got += some

    def _connect(self, client):
        connection = socket.create_connection((LOOPBACK, self.port), timeout=PATIENCE)
        if client.header:
            connection.sendall(b"PROXY TCP4 192.0.2.10 192.0.2.1 51000 443\r\n")
        if client.is_plain:
            return connection
        if self.has_starttls:
            self._ask_for_tls(connection)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata="".join(one.pem for one in client.trusts))
        context.set_ciphers((client.ciphers or "DEFAULT") + ":@SECLEVEL=0")
        versions = [VERSIONS[one] for one in client.versions]
        context.minimum_version, context.maximum_version = min(versions), max(versions)
        if client.curve:
            context.set_ecdh_curve(client.curve)
        if client.alpn:
            context.set_alpn_protocols(list(client.alpn))
        for path in client.crls:
            context.load_verify_locations(path)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        if client.chain:
            self.number += 1
            bundle = self.scenario.directory / ("client-%d.pem" % self.number)
            write_bundle(bundle, *client.chain)
            context.load_cert_chain(bundle, client.chain[0].key)
        try:
            if client.corrupts:
                return self._corrupted(context, connection, client)
            return context.wrap_socket(connection, server_hostname=client.sni)
        except OSError:
            connection.close()
            raise

    @staticmethod
    def _corrupted(context, connection, client):
        """A handshake of which the client's last message is altered on its way."""
        taken, given = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(taken, given, server_hostname=client.sni)
        is_first = True
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                if not given.pending:
                    break
            data = bytearray(given.read())
            if data and not is_first:
                data[-3] ^= 0x5a
            is_first = False
            connection.sendall(data)
            got = connection.recv(16384)
            if not got:
                break
            taken.write(got)
        raise OSError("the server has had enough")

    def what_the_patch_gave_up(self):
        """A client of a foreign CA has to be refused where clients are verified, and the client as it was has to be served."""
        if self.verifies:
            stranger = self.pki.issue("/O=Evil/CN=Evil Root", is_ca=True)
            impostor = self.pki.issue("/O=Evil/CN=device 7", stranger, usage="clientAuth")
            needs_one = self.settings.get("ssl_verify_client") == ["on"]
            if self._is_served(self.client.but(chain=[impostor])) or (needs_one and self._is_served(self.client.but(chain=[]))):
                return "a client without a certificate that counts is served"
        return "" if self._is_served(self.good_client) else "the client as it was before the fault is refused"
