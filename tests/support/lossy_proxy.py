"""A TCP proxy on loopback that loses the first answer: what comes back first is thrown away with its connection."""
import socket
import threading

from support.byte_pump import pump
from support.ports import LOOPBACK


class LossyProxy:
    def __init__(self, scenario, target, on_answer=lambda: None, to=b""):
        """on_answer() is called when the answer has come and before its connection is closed. `to`: it is the answer to a request with these bytes."""
        self._to = to
        self._target = target
        self._on_answer = on_answer
        self._lock = threading.Lock()
        self._has_lost = False
        self._socket = socket.create_server((LOOPBACK, 0))
        self.port = self._socket.getsockname()[1]
        scenario.at_end(self._close)
        threading.Thread(target=self._accept, daemon=True).start()

    def _close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            try:
                server = socket.create_connection((LOOPBACK, self._target))
            except OSError:
                client.close()
                continue
            asked = threading.Event()  # on this connection
            if not self._to:
                asked.set()
            threading.Thread(target=pump, args=(client, server, lambda data, asked=asked: self._note_request(data, asked)), daemon=True).start()
            threading.Thread(target=pump, args=(server, client, lambda data, asked=asked: self._may_pass(asked)), daemon=True).start()

    def _note_request(self, data, asked):
        if self._to in data:
            asked.set()
        return True

    def _may_pass(self, asked):
        with self._lock:
            if self._has_lost or not asked.is_set():
                return True
            self._has_lost = True
        self._on_answer()
        return False
