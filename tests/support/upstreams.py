"""Servers behind a proxy: well-behaved TLS ones, and such that are not."""
import socket
import socketserver
import struct
import threading

from support.ports import LOOPBACK, free_port, is_listening
from support.process import Process
from support.scenario import Failed, require_program, wait_for


class TlsUpstream:
    """`openssl s_server` with a chain: the leaf, and what it sends with it."""

    def __init__(self, scenario, authority, name, *chain, options=(), host=LOOPBACK):
        """`host` "0.0.0.0": it is reached at all of 127.0.0.0/8, as many peers."""
        require_program("openssl")
        self.port = free_port()
        self.address = "%s:%d" % (LOOPBACK, self.port)
        arguments = ["openssl", "s_server", "-accept", "%s:%d" % (host, self.port), "-www", "-quiet", "-key", chain[0].key, "-cert", chain[0].file, *options]
        if chain[1:]:
            arguments += ["-cert_chain", authority.bundle(name + ".chain", *chain[1:])]
        self.process = Process(scenario, "upstream-" + name, arguments).start()
        wait_for_listening(self.port, self.process)


def wait_for_listening(port, process, within=10):
    def listens():
        if not process.is_running():
            raise Failed("%s ended before it listened: %s" % (process.name, process.output_text()))
        return is_listening(port)
    wait_for(listens, within, "%s to listen" % process.name)


class RawUpstream:
    """Does behaviour(connection) with each connection: no TLS at all."""

    def __init__(self, scenario, behaviour):
        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                try:
                    behaviour(self.request)
                except OSError:
                    pass

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False
            request_queue_size = 256

        self._server = Server((LOOPBACK, 0), Handler)
        self.port = self._server.server_address[1]
        self.address = "%s:%d" % (LOOPBACK, self.port)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        scenario.at_end(self._stop)

    def _stop(self):
        self._server.shutdown()
        self._server.server_close()


def speak_plain_http(connection):
    connection.recv(16384)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    connection.recv(16384)


def close_at_once(connection):
    """An orderly end in the middle of the handshake."""
    connection.recv(16384)


def reset_at_once(connection):
    connection.recv(16384)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
