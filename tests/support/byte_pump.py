"""Bytes from one socket to another, until one side ends or a piece may not pass; then both are shut down."""
import socket


def pump(source, sink, may_pass=lambda data: True):
    try:
        while data := source.recv(65536):
            if not may_pass(data):
                break
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
