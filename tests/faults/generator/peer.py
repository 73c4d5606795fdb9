"""An upstream of a generated nginx: a TLS server of Python whose manners change while it runs."""
import contextlib
import os
import socket
import ssl
import struct
import threading
import time

from support.ports import LOOPBACK, free_port

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nPEER-OK"
VERSIONS = {"TLSv1": ssl.TLSVersion.TLSv1, "TLSv1.1": ssl.TLSVersion.TLSv1_1, "TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
PATIENCE = 12  # of a connection, in seconds


class Manners:
    """How a peer behaves. A value: copy it with but() to change one thing.

    `chain`: what it shows, leaf first. `speaks`: "http", "h2", "uwsgi" inside TLS. `instead_of_header`: what bytes that are no TLS get: "http" (a plain 400, as nginx), "close". `instead`: "plain" (the same without TLS), "close", "reset",
    "alert", "silent", "at once" (closes before it reads), or a greeting in bytes; ("alert", N) and ("reply", bytes) answer the ClientHello. `names`: chains by SNI; `unknown`: what other names get: "default", "alert", or the number of one.
    `most_hello`: how a ClientHello of more than 900 bytes is met: "close", "reset", "silent"; None: like any other. `relay`: what happens on the
    way to what it sends: "corrupt" (a byte), "swallow" (large packets vanish), "cut" (closed after some bytes). `client_crls`: lists that it
    checks clients against. `dh`: the file of its parameters."""

    def __init__(self, chain, speaks="http", versions=("TLSv1.2", "TLSv1.3"), ciphers=None, curve=None, clients=(), wants_header=False,
                 names=None, unknown="default", alpn=(), instead=None, instead_of_header=None, most_hello=None, relay=None,
                 client_crls=(), dh=None):
        self.chain, self.speaks, self.versions, self.ciphers, self.curve, self.clients = chain, speaks, versions, ciphers, curve, clients
        self.wants_header, self.names, self.unknown, self.alpn, self.instead = wants_header, names, unknown, alpn, instead
        self.instead_of_header, self.most_hello, self.relay, self.client_crls, self.dh = instead_of_header, most_hello, relay, client_crls, dh

    def but(self, **changes):
        return Manners(**dict(self.__dict__, **changes))


class Peer:
    """`family`: "inet", "inet6", "unix". `address`: as nginx writes it."""

    def __init__(self, scenario, manners, family="inet"):
        self.manners, self.family, self.directory = manners, family, scenario.directory
        self.taken, self._number, self._context_of, self._context = [], 0, None, None
        self._is_over = threading.Event()
        scenario.at_end(self.stop)
        if family == "unix":
            self.path = str(scenario.directory / ("peer-%d.sock" % id(self)))
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(self.path)
            os.chmod(self.path, 0o666)
            self.address = "unix:" + self.path
        else:
            self._socket = socket.socket(socket.AF_INET6 if family == "inet6" else socket.AF_INET)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.port = free_port()
            self._socket.bind(("::1" if family == "inet6" else LOOPBACK, self.port))
            self.address = ("[::1]:%d" if family == "inet6" else LOOPBACK + ":%d") % self.port
        self._socket.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def refuse(self):
        """Nobody listens any more."""
        self.stop()

    def stop(self):
        self._is_over.set()
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def _accept(self):
        while not self._is_over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        manners = self.manners
        try:
            with connection:
                connection.settimeout(PATIENCE)
                if manners.wants_header and not self._take_header(connection):
                    return
                if manners.instead is not None and manners.instead != "plain":
                    return self._misbehave(connection, manners.instead)
                if manners.instead == "plain":
                    return self._answer(connection, manners)
                if manners.instead_of_header is not None and connection.recv(1, socket.MSG_PEEK) != b"\x16":
                    if manners.instead_of_header == "http":
                        connection.recv(16384)
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
                                           b"<center>The plain HTTP request was sent to HTTPS port</center>\r\n")
                    return
                if manners.most_hello is not None and self._size_of_hello(connection) > 900:
                    return self._misbehave(connection, manners.most_hello)
                if manners.relay is not None:
                    connection = behind_a_relay(connection, manners.relay)
                with self._wrap(connection, manners) as tls:
                    self._answer(tls, manners)
        except (OSError, ValueError):
            pass  # it has ended as nginx, or the probe, wanted

    @staticmethod
    def _size_of_hello(connection):
        head = connection.recv(5, socket.MSG_PEEK | socket.MSG_WAITALL)
        return struct.unpack(">H", head[3:5])[0] if len(head) == 5 and head[0] == 22 else 0

    @staticmethod
    def _take_header(connection):
        """True when a PROXY line was there: taken off byte by byte, so that nothing of TLS is."""
        line = b""
        while not line.endswith(b"\r\n"):
            byte = connection.recv(1)
            if not byte or (len(line) < 6 and not b"PROXY ".startswith(line + byte)):
                return False
            line += byte
        return True

    @staticmethod
    def _misbehave(connection, how):
        if isinstance(how, bytes):
            connection.sendall(how)
            connection.recv(4096)
        elif isinstance(how, tuple):
            connection.recv(16384)
            connection.sendall(bytes([21, 3, 3, 0, 2, 2, how[1]]) if how[0] == "alert" else how[1])
            connection.recv(16384)
        elif how == "at once":
            return
        elif how == "silent":
            while connection.recv(4096):
                pass
        else:
            connection.recv(16384)
            if how == "alert":
                connection.sendall(bytes([21, 3, 3, 0, 2, 2, 80]))
                connection.recv(16384)
            elif how == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _wrap(self, connection, manners):
        if self._context_of is not manners:
            self._context, self._context_of = self._context_for(manners), manners
        return self._context.wrap_socket(connection, server_side=True)

    def _context_for(self, manners):
        context = self._bare_context(manners, manners.chain)
        if manners.names is not None:
            contexts = {name: self._bare_context(manners, chain) for name, chain in manners.names.items()}

            def choose(tls, name, _):
                if name in contexts:
                    tls.context = contexts[name]
                elif manners.unknown == "alert":
                    return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
                elif manners.unknown != "default":
                    return manners.unknown  # the number of another alert
                return None
            context.sni_callback = choose
        return context

    def _bare_context(self, manners, chain):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._number += 1
        bundle = self.directory / ("shown-%d-%d-%d.pem" % (id(self), self._number, time.monotonic_ns()))
        bundle.write_text("".join(one.pem for one in chain))
        context.set_ciphers((manners.ciphers or "DEFAULT") + ":@SECLEVEL=0")
        context.load_cert_chain(bundle, chain[0].key)
        versions = [VERSIONS[one] for one in manners.versions]
        context.minimum_version, context.maximum_version = min(versions), max(versions)
        if manners.curve:
            context.set_ecdh_curve(manners.curve)
        if manners.alpn:
            context.set_alpn_protocols(list(manners.alpn))
        if manners.clients:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata="".join(one.pem for one in manners.clients))
            for path in manners.client_crls:
                context.load_verify_locations(path)
                context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        if manners.dh:
            context.load_dh_params(manners.dh)
        return context

    def _answer(self, connection, manners):
        if manners.speaks == "uwsgi":
            head = connection.recv(4)
            if len(head) < 4 or head[0] != 0 or head[3] != 0:
                while connection.recv(4096):  # as uwsgi: it waits for the rest of a packet that makes no sense
                    pass
                return
            connection.recv(struct.unpack("<H", head[1:3])[0])
            connection.sendall(ANSWER)
        elif manners.speaks == "h2":
            answer_h2(connection)
        else:
            got = b""
            while b"\r\n\r\n" not in got:
                some = connection.recv(16384)
                if not some:
                    return
                got += some
                if not got[:1].isalpha():
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    return
            self.taken.append(got)
            connection.sendall(ANSWER)


def behind_a_relay(connection, how):
    """The peer's end of a relay that spoils what it sends."""
    near, far = socket.socketpair()
    near.settimeout(PATIENCE)

    def copy(source, target, change):
        with contextlib.suppress(OSError):
            sent = 0
            while some := source.recv(16384):
                target.sendall(change(sent, some))
                sent += len(some)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def spoil(sent, some):
        if how == "corrupt" and sent <= 300 < sent + len(some):
            return some[:300 - sent] + bytes([some[300 - sent] ^ 0x5a]) + some[301 - sent:]
        if how == "swallow" and len(some) > 600:
            return b""
        if how == "cut" and sent + len(some) > 200:
            raise OSError("cut")
        return some
    threading.Thread(target=copy, args=(connection, far, lambda _, some: some), daemon=True).start()
    threading.Thread(target=copy, args=(far, connection, spoil), daemon=True).start()
    return near


def answer_h2(connection):
    """Just enough HTTP/2 for one call of gRPC: settings, and trailers only."""
    def frame(kind, flags, stream, payload=b""):
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload
    buffer, preface = b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    connection.sendall(frame(4, 0, 0))
    while len(buffer) < len(preface):
        some = connection.recv(16384)
        if not some:
            return
        buffer += some
        if not preface.startswith(buffer[:len(preface)]):
            return
    buffer = buffer[len(preface):]
    while True:
        while len(buffer) >= 9:
            size = struct.unpack(">I", b"\0" + buffer[:3])[0]
            if len(buffer) < 9 + size:
                break
            kind, flags, stream = buffer[3], buffer[4], struct.unpack(">I", buffer[5:9])[0]
            buffer = buffer[9 + size:]
            if kind == 4 and not flags & 1:
                connection.sendall(frame(4, 1, 0))
            elif kind == 1:
                name, value = b"grpc-status", b"0"
                block = b"\x88" + b"\x0f\x10\x10application/grpc" + b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value
                connection.sendall(frame(1, 5, stream, block))
        some = connection.recv(16384)
        if not some:
            return
        buffer += some
