"""Syslog servers: UDP, TCP with octet counting (RFC 6587, 3.4.1), and a datagram socket like /dev/log. They read with rfc5424."""
import os
import re
import socket
import threading

from support.ports import LOOPBACK
from support.rfc5424 import Message, NotRfc5424
from support.scenario import Failed, wait_for


class _SyslogReceiver:
    def __init__(self, scenario, name):
        self.name = name
        self._lock = threading.Lock()
        self._messages, self._faults = [], []
        scenario.at_end(self.close)
        self.open()

    def _take(self, data):
        try:
            message = Message(data)
        except (NotRfc5424, UnicodeDecodeError) as error:
            with self._lock:
                self._faults.append("%s\n    in %r" % (error, data[:1500]))
            return
        with self._lock:
            self._messages.append(message)

    def messages(self):
        """Everything that came; fails if anything was not as the standards say."""
        with self._lock:
            if self._faults:
                raise Failed("%s got what is no syslog message: %s" % (self.name, self._faults[0]))
            return list(self._messages)

    def wait_for_messages(self, number, within=20):
        wait_for(lambda: len(self.messages()) >= number, within, lambda: "%d message(s) at %s; there are %d" % (number, self.name, len(self.messages())))
        return self.messages()

    def settings(self, **more):
        return dict({"type": "syslog", "name": self.name, "address": self.address}, **more)

    def close(self):
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            self._socket.close()
            self._socket = None


class UdpSyslogReceiver(_SyslogReceiver):
    def open(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))
        self.address = "udp://%s:%d" % self._socket.getsockname()
        threading.Thread(target=self._receive, args=(self._socket,), daemon=True).start()

    def _receive(self, server):
        while True:
            try:
                data = server.recv(65536)
            except OSError:
                return
            if not data:
                return
            self._take(data)


class UnixSyslogReceiver(UdpSyslogReceiver):
    """A datagram socket in the file system, as journald and rsyslog make it."""

    def __init__(self, scenario, name, path):
        self.path = str(path)
        super().__init__(scenario, name)

    def open(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self.address = "unix:" + self.path
        threading.Thread(target=self._receive, args=(self._socket,), daemon=True).start()


class TcpSyslogReceiver(_SyslogReceiver):
    def __init__(self, scenario, name, port=0):
        self._port = port
        self._connections = []
        super().__init__(scenario, name)

    def open(self):
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((LOOPBACK, self._port))
        self._socket.listen(16)
        self._port = self._socket.getsockname()[1]
        self.address = "tcp://%s:%d" % (LOOPBACK, self._port)
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def close(self):
        """Connections are refused from now on, and those that are open are closed."""
        super().close()
        for connection in self._connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.close()
        self._connections = []

    def _accept(self, server):
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._read, args=(connection,), daemon=True).start()

    def _read(self, connection):
        stream = connection.makefile("rb")
        try:
            while True:
                count = b""
                while not count.endswith(b" "):
                    byte = stream.read(1)
                    if not byte:
                        return
                    count += byte
                    if not re.fullmatch(rb"[1-9]\d{0,6} ?", count):
                        with self._lock:
                            self._faults.append("octet count %r" % count)
                        return
                data = stream.read(int(count))
                if len(data) == int(count):
                    self._take(data)
        except OSError:
            return
