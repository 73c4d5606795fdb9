#!/usr/bin/env python3
"""Writes an nginx error log in which hardly a line repeats: names, addresses, requests, connections and clocks vary.

    varied_log.py --mib 64 --seed 7 --tls-percent 1 --faults 1000 --envelope cri OUT

Nothing in it comes from the rules' samples. `--faults` is how many different places (peer and server) the TLS lines name. The same
arguments give the same bytes. A line of JSON beside the log's name is printed: bytes, lines, TLS lines.
"""
import argparse
import json
import random
import time

WORDS = ("alpha archive basket beta blog book chart chat city client cloud code cover data day desk door draft event export file flow form "
         "game gate guide help home icon idea index info invoice item job key label lane lead line list live mail main map media member "
         "menu mesh mode news node note offer office page panel part phone photo plan play point post press price quote rate record room "
         "route rule sale seat share shop sign site size slide sort stage state stock store tag task team ticket tool tour trade user "
         "video view visit wall ware week wiki work zone").split()
TOP_LEVELS = ("example", "test", "invalid", "example.org", "example.net")

# What nginx says, towards a peer: the message in front of " while SSL handshaking to upstream".
TOWARDS_PEERS = [
    "upstream SSL certificate verify error: (%s)" % text for text in (
        "10:certificate has expired", "9:certificate is not yet valid", "18:self-signed certificate",
        "19:self-signed certificate in certificate chain", "20:unable to get local issuer certificate",
        "21:unable to verify the first certificate", "23:certificate revoked", "26:unsuitable certificate purpose",
        "2:unable to get issuer certificate", "12:CRL has expired", "68:CA signature digest algorithm too weak")
] + [
    'upstream SSL certificate does not match "{name}"',
    "upstream sent no SSL certificate",
    "peer closed connection in SSL handshake",
    "peer closed connection in SSL handshake (104: Connection reset by peer)",
    "upstream timed out (110: Connection timed out)",
] + [
    "SSL_do_handshake() failed (SSL: error:%s)" % text for text in (
        "0A000410:SSL routines::sslv3 alert handshake failure:SSL alert number 40", "0A00010B:SSL routines::wrong version number",
        "1408F10B:SSL routines:ssl3_get_record:wrong version number", "0A00042E:SSL routines::tlsv1 alert protocol version:SSL alert number 70",
        "0A000458:SSL routines::tlsv1 unrecognized name:SSL alert number 112", "0A000086:SSL routines::certificate verify failed",
        "0A000126:SSL routines::unexpected eof while reading", "0A00018A:SSL routines::dh key too small",
        "0A000418:SSL routines::tlsv1 alert unknown ca:SSL alert number 48")
]
# … and towards clients.
TOWARDS_CLIENTS = [
    "peer closed connection in SSL handshake",
    "peer closed connection in SSL handshake (104: Connection reset by peer)",
] + [
    "SSL_do_handshake() failed (SSL: error:%s)" % text for text in (
        "0A0000C1:SSL routines::no shared cipher", "0A000102:SSL routines::unsupported protocol", "0A00009C:SSL routines::http request",
        "0A00006C:SSL routines::bad key share", "14209102:SSL routines:tls_early_post_process_client_hello:unsupported protocol",
        "0A000416:SSL routines::sslv3 alert certificate unknown:SSL alert number 46", "0A000412:SSL routines::sslv3 alert bad certificate:SSL alert number 42")
]


class Writer:
    """Makes the texts behind the header; the log is put together from them and from headers that are made anew for every line."""

    def __init__(self, seed, faults, long_lines):
        self.r = random.Random("varied %d %d" % (seed, faults))
        r = self.r
        self.long_lines = long_lines
        self.clients = ["%d.%d.%d.%d" % (r.randint(1, 223), r.randint(0, 255), r.randint(0, 255), r.randint(1, 254)) for _ in range(4000)]
        self.clients += ["2001:db8:%x:%x::%x" % (r.getrandbits(16), r.getrandbits(16), r.getrandbits(16)) for _ in range(400)]
        names = min(max(1, faults // 8), 2000)
        self.names = ["%s-%s%d.%s" % (r.choice(WORDS), r.choice(WORDS), r.randint(1, 99), r.choice(TOP_LEVELS)) for _ in range(max(40, names))]
        self.places = [("10.%d.%d.%d:%d" % (n >> 16 & 255, n >> 8 & 255, n & 255, r.choice((443, 8443, 9443))), self.names[n % names],
                        r.choice(TOWARDS_PEERS)) for n in range(faults)]
        self.few = faults < 8

    def path(self, most=3):
        r = self.r
        text = "/" + "/".join(r.choice(WORDS) for _ in range(r.randint(1, most))) + r.choice(("", "", ".php", ".json", ".js", ".png", "/"))
        if r.random() < 0.4:
            text += "?%s=%x" % (r.choice(WORDS), r.getrandbits(40))
        if self.long_lines:
            text += ("&" if "?" in text else "?") + "token=" + "".join("%032x" % r.getrandbits(128) for _ in range(r.randint(4, 24)))
        return text

    def context(self, server, upstream=None):
        r = self.r
        path = self.path()
        text = ', client: %s, server: %s, request: "%s %s HTTP/%s"' % (
            r.choice(self.clients), server, r.choice(("GET", "GET", "POST", "HEAD", "PUT", "OPTIONS")), path, r.choice(("1.1", "2.0", "1.0")))
        if upstream:
            text += ', upstream: "%s%s"' % (upstream, path)
        text += ', host: "%s"' % server
        if r.random() < 0.25:
            text += ', referrer: "https://%s%s"' % (server, self.path())
        return text

    def ordinary(self):
        r = self.r
        server = r.choice(self.names)
        plain = "http://10.9.%d.%d:%d" % (r.randint(0, 255), r.randint(1, 254), r.choice((80, 8080, 3000, 9000)))
        kind = r.randrange(20)
        if kind < 6:
            return "error", 'open() "/var/www/%s%s" failed (2: No such file or directory)' % (server, self.path().split("?")[0]) + self.context(server)
        if kind < 8:
            return "error", "limiting requests, excess: %d.%03d by zone \"%s\"" % (r.randint(1, 90), r.randrange(1000), r.choice(WORDS)) + self.context(server)
        if kind < 10:
            return "error", "upstream timed out (110: Connection timed out) while reading response header from upstream" + self.context(server, plain)
        if kind < 12:
            return "error", "connect() failed (111: Connection refused) while connecting to upstream" + self.context(server, plain)
        if kind < 13:
            return "error", "recv() failed (104: Connection reset by peer) while reading response header from upstream" + self.context(server, plain)
        if kind < 15:
            return "warn", "an upstream response is buffered to a temporary file /var/cache/nginx/proxy_temp/%d/%02d/%010d while reading upstream" % (
                r.randrange(10), r.randrange(100), r.getrandbits(30)) + self.context(server, plain)
        if kind < 16:
            return "error", "access forbidden by rule" + self.context(server)
        if kind < 17:
            return "error", 'FastCGI sent in stderr: "PHP message: PHP Warning:  Undefined variable $%s in /var/www/%s/%s.php on line %d" while reading response header from upstream' % (
                r.choice(WORDS), server, r.choice(WORDS), r.randint(1, 999)) + self.context(server, "fastcgi://unix:/run/php-fpm.sock:")
        if kind < 18:
            return "info", "client %s closed keepalive connection" % r.choice(self.clients)
        if kind < 19:
            return "info", "client prematurely closed connection while reading client request line, client: %s, server: %s" % (r.choice(self.clients), server)
        return "notice", "signal 17 (SIGCHLD) received from %d" % r.randint(100, 99999)

    def fault(self):
        r = self.r
        if not self.few and r.random() < 0.2:
            return "info", r.choice(TOWARDS_CLIENTS) + " while SSL handshaking, client: %s, server: %s" % (
                r.choice(self.clients), r.choice(("0.0.0.0:443", "[::]:443", "0.0.0.0:8443")))
        peer, server, message = r.choice(self.places)
        return "error", message.replace("{name}", server) + " while SSL handshaking to upstream" + self.context(server, "https://" + peer)


ENVELOPES = {
    "none": lambda clock, host, line: line,
    "syslog": lambda clock, host, line: "<187>%s %s nginx: %s" % (time.strftime("%b %e %H:%M:%S", clock), host, line),
    "cri": lambda clock, host, line: "%s.123456789Z stderr F %s" % (time.strftime("%Y-%m-%dT%H:%M:%S", clock), line),
    "json": lambda clock, host, line: json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%SZ", clock), "log": line, "host": host}),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=float, default=64)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tls-percent", type=float, default=1)
    parser.add_argument("--faults", type=int, default=1000)
    parser.add_argument("--long", action="store_true", help="requests of up to 800 bytes")
    parser.add_argument("--envelope", choices=sorted(ENVELOPES), default="none")
    parser.add_argument("out")
    a = parser.parse_args()
    writer = Writer(a.seed, max(1, a.faults), a.long)
    r, wrap = random.Random(a.seed), ENVELOPES[a.envelope]
    ordinary = [writer.ordinary() for _ in range(2000 if a.long else 20000)]
    # So many that every fault is among them.
    faults = [writer.fault() for _ in range(min(120000, 20000 + 2 * a.faults))] if a.tls_percent > 0 else []
    written = lines = tls = 0
    begin, connection = 1795000000 + a.seed * 86400, 1000
    with open(a.out, "wb") as out:
        while written < a.mib * (1 << 20):
            clock = time.gmtime(begin + lines // 2000)
            stamp, host, block = time.strftime("%Y/%m/%d %H:%M:%S", clock), "web-%d" % r.randint(1, 12), []
            for _ in range(2000):
                is_fault = r.random() * 100 < a.tls_percent
                tls += is_fault
                level, text = r.choice(faults if is_fault else ordinary)
                connection += r.randint(1, 9)
                pid = 700 + (connection & 7)
                # nginx cuts a record behind 2,047 bytes.
                block.append(wrap(clock, host, ("%s [%s] %d#%d: *%d %s" % (stamp, level, pid, pid, connection, text))[:2047]))
            lines += len(block)
            written += out.write(("\n".join(block) + "\n").encode())
    print(json.dumps({"bytes": written, "lines": lines, "tls": tls}))


main()
