"""SIGHUP: listeners take new certificates, keys and client CAs for connections that begin then; those that are open stay. Files that cannot be used
change nothing, and our log says so."""
import shutil
import socket
import ssl

from support.accounting import Ledger
from support.authority import Authority
from support.daemon import Daemon
from support.ports import free_port
from support.scenario import expect, expect_equal, run

HEADER = b"<187>Nov 21 02:58:15 edge-1 nginx: "


def story(t):
    authority = Authority(t)
    root = authority.root()
    certificates = {name: authority.issue(name, name, root, ["DNS:localhost"]) for name in ("first", "second")}
    client = authority.issue("client", "edge-9", root, ["DNS:edge-9"], purpose="clientAuth")
    file, key, client_ca = t.directory / "log.pem", t.directory / "log.key", t.directory / "clients.pem"

    def install(name):
        shutil.copy(certificates[name].file, file)
        shutil.copy(certificates[name].key, key)
    install("first")
    shutil.copy(root.file, client_ca)
    port = free_port()
    daemon = Daemon(t, tables=[("[[syslog]]", {"listen": ["tls://127.0.0.1:%d" % port], "certificate": file, "key": key, "client_ca": client_ca})]).start()
    ledger = Ledger()

    def connect():
        context = ssl.create_default_context(cafile=str(root.file))
        context.load_cert_chain(client.file, client.key)
        return context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost")

    def name_of(stream):
        return dict(pair[0] for pair in stream.getpeercert()["subject"])["commonName"]

    def send(stream):
        stream.sendall(HEADER + ledger.line_of_new_peer())

    def reload():
        said = len(daemon.log_text())
        daemon.reload()
        daemon.wait_for_log(r"reloaded \d+ rules", 20, after=said)
        return daemon.log_text()[said:]
    old = connect()
    send(old)
    expect_equal(name_of(old), "first", "certificate")
    install("second")
    said = reload()
    expect("certificate was not reloaded" not in said, said)
    new = connect()
    expect_equal(name_of(new), "second", "certificate after SIGHUP")
    send(old)
    send(new)
    ledger.expect_all_counted(daemon, 20)
    t.step("a new certificate for new connections; the old connection goes on")

    file.write_bytes(certificates["first"].file.read_bytes())  # the key is the other's
    said = reload()
    expect("the certificate was not reloaded, the previous one stays in use: cannot use the key" in said, "our log: %s" % said)
    with connect() as stream:
        expect_equal(name_of(stream), "second", "certificate after files that do not belong together")
        send(stream)
    ledger.expect_all_counted(daemon, 20)
    t.step("files that do not belong together change nothing")

    install("first")
    shutil.copy(certificates["second"].file, client_ca)  # verifies nobody
    reload()
    try:
        with connect() as stream:
            stream.recv(1)  # in TLS 1.3 the refusal comes behind the handshake
        expect(False, "a client that the new CA does not verify was let in")
    except (ssl.SSLError, ConnectionError):
        pass
    t.step("the new client CA is asked")
    daemon.stop()


run(story)
