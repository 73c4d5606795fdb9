"""A real nginx whose upstream is sound and not trusted: its CA is one, and the trust file has another's root. Verify code 20, status 502; cured by
appending the root."""
from support.authority import Authority
from support.nginx import Nginx
from support.upstreams import TlsUpstream


class DistrustedUpstream:
    def __init__(self, scenario):
        authority = Authority(scenario)
        self.root = authority.root()
        self.partner = authority.root("partner", "Partner Root CA")
        self.leaf = authority.issue("api", "api.corp.test", self.root, ["DNS:api.corp.test"])
        self.peer = TlsUpstream(scenario, authority, "peer", self.leaf)
        self.nginx = Nginx(scenario)
        self.trusted = self.nginx.prefix / "conf" / "upstream-ca.pem"
        self.trusted.write_bytes(self.partner.file.read_bytes())
        self.nginx.configure("""
    server {
        listen 127.0.0.1:%d;
        server_name gw.corp.test;
        location / {
            proxy_pass https://%s;
            proxy_ssl_verify on;
            proxy_ssl_name api.corp.test;
            proxy_ssl_trusted_certificate upstream-ca.pem;
        }
    }""" % (self.nginx.port, self.peer.address))
        self.nginx.start()

    def trust_root(self):
        """The cure; nginx takes it over when it reloads."""
        self.trusted.write_bytes(self.trusted.read_bytes() + self.root.file.read_bytes())

    def tables(self, probe_interval):
        """Of the daemon that looks at it, and may propose the root."""
        return [("[nginx]", {"configuration": self.nginx.prefix / "conf/nginx.conf", "prefix": self.nginx.prefix}),
                ("[diagnosis]", {"ca_store": [self.root.file], "probe_interval": probe_interval, "probe_interval_most": "1s"})]
