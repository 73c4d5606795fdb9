"""Stapling: the request works all the same, so a world is whole when clients get an answer of the responder's."""
import base64
import http.server
import pathlib
import subprocess
import tempfile
import threading
import urllib.parse

from support.ports import LOOPBACK, free_port

from faults.generator.kinds import kind

SIDE = "listener"


class Responder:
    """An OCSP responder: `openssl ocsp` answers behind HTTP. `manner`: "good", "garbage", "404", "try later", "closes", "other signer",
    "text" (an answer under the wrong type)."""

    def __init__(self, w, manner="good"):
        self.manner, self.w, self.asked_about = manner, w, None
        responder = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.reply(b"")

            def do_POST(self):
                self.reply(self.rfile.read(int(self.headers["Content-Length"])))

            def reply(self, request):
                status, kind_of_text, body = responder.answer(request, self.path)
                if status == 0:
                    return
                self.send_response(status)
                self.send_header("Content-Type", kind_of_text)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer((LOOPBACK, 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        w.scenario.at_end(lambda: (self.server.shutdown(), self.server.server_close()))

    def answer(self, request, path):
        if self.manner == "closes":
            return 0, "", b""
        if self.manner == "404":
            return 404, "text/html", b"<html>not here</html>"
        if self.manner == "garbage":
            return 200, "application/ocsp-response", b"<html>not here</html>"
        if self.manner == "text":
            return 200, "text/html", self._signed(request, path)
        if self.manner == "try later":
            return 200, "application/ocsp-response", bytes([0x30, 3, 0x0A, 1, 3])
        return 200, "application/ocsp-response", self._signed(request, path)

    def _signed(self, request, path):
        request = request or base64.b64decode(urllib.parse.unquote(path.rsplit("/", 1)[-1]))
        leaf = self.asked_about or self.w.served[0]
        ca = leaf.issuer
        signer = ca if self.manner != "other signer" else self.w.pki.issue("/O=Other/CN=Other Root CA 0", is_ca=True)
        with tempfile.TemporaryDirectory() as work:
            at = pathlib.Path(work)
            (at / "request").write_bytes(request)
            (at / "index").write_text("V\t%s\t\t%s\tunknown\t%s\n" % (self.w.pki._date(300)[2:], leaf.wish["serial"], leaf.subject))
            subprocess.run(["openssl", "ocsp", "-index", at / "index", "-rsigner", signer.file, "-rkey", signer.key, "-CA", ca.file, "-reqin",
                            at / "request", "-respout", at / "answer", "-ndays", "7"], stdin=subprocess.DEVNULL, capture_output=True)
            return (at / "answer").read_bytes()


def staple(w, manner="good", url=None, by_directive=None):
    """Stapling with a responder; None when this world has no place for it. The responder's address is in the certificate or in the directive."""
    if w.module != "http" or w.is_default_apart or w.takes_header or w.verifies or w.issuing.issuer is None or w.client.sni != w.host:
        return None
    responder = Responder(w, manner)
    address = url or "http://127.0.0.1:%d/" % responder.port
    if by_directive is None:
        by_directive = w.maybe(50)
    if by_directive:
        w.put("ssl_stapling_responder", address)
    else:
        w.leaf = w.leaf_for(w.names, extra=["authorityInfoAccess=OCSP;URI:" + address])
        w.served = [w.leaf, *w.leaf.intermediates()]
    w.put("ssl_stapling", "on")
    w.is_stapled = True
    return responder


def broken_by_responder(w, kind_name, manner, causes):
    if staple(w, manner) is None:
        return False
    w.truth.broken(kind_name, causes, False)
    return True


@kind
def responder_closes(w):
    return broken_by_responder(w, "responder-closes", "closes", ["stapling_responder_unreachable", "stapling_responder_bad_answer"])


@kind
def responder_sends_garbage(w):
    return broken_by_responder(w, "responder-sends-garbage", "garbage", ["stapling_responder_bad_answer"])


@kind
def responder_says_404(w):
    return broken_by_responder(w, "responder-says-404", "404", ["stapling_responder_bad_answer"])


@kind
def responder_sends_other_type(w):
    return broken_by_responder(w, "responder-sends-other-type", "text", ["stapling_responder_bad_answer"])


@kind
def responder_says_try_later(w):
    return broken_by_responder(w, "responder-says-try-later", "try later", ["stapling_responder_error"])


@kind
def responder_is_down(w):
    if staple(w, url="http://127.0.0.1:%d/" % free_port()) is None:
        return False
    w.truth.broken("responder-is-down", ["stapling_responder_unreachable"], False)
    return True


@kind
def responder_is_unknown_host(w):
    """Its name does not resolve when nginx starts, and no resolver is there for later."""
    if staple(w, url="http://ocsp.no-such-host.invalid/") is None:
        return False
    w.truth.broken("responder-is-unknown-host", ["stapling_responder_not_resolved", "stapling_no_resolver"], False)
    return True


@kind
def responder_signs_with_other_key(w):
    if staple(w, "other signer") is None:
        return False
    w.put("ssl_stapling_verify", "on")
    w.put("ssl_trusted_certificate", "tls/staple-ca.pem")
    w.more_files["staple-ca.pem"] = [w.root, *w.leaf.intermediates()]
    w.truth.broken("responder-signs-with-other-key", ["stapling_verify_failed"], False)
    return True


@kind
def answer_cannot_be_verified(w):
    """ssl_stapling_verify without the root of the signer."""
    if staple(w) is None:
        return False
    w.put("ssl_stapling_verify", "on")
    w.put("ssl_trusted_certificate", "tls/staple-ca.pem")
    other = w.pki.issue("/O=Other/CN=Other Root CA 0", is_ca=True)
    w.more_files["staple-ca.pem"] = [other]
    w.truth.broken("answer-cannot-be-verified", ["stapling_verify_failed"], True)
    return True


@kind
def issuer_of_ours_is_not_found(w):
    """Neither the chain nor a trusted file has the issuer that a request for stapling needs."""
    if staple(w) is None:
        return False
    w.served = [w.leaf]
    w.client = w.client.but(trusts=[w.root, *w.leaf.intermediates()])
    w.good_client = w.client
    w.truth.broken("issuer-of-ours-is-not-found", ["stapling_issuer_not_found", "server_chain_incomplete"], True)
    return True


@kind
def no_responder_is_named(w):
    if staple(w, by_directive=True) is None:
        return False
    w.settings.pop("ssl_stapling_responder")
    w.may_give_stapling_up = True
    w.truth.broken("no-responder-is-named", ["stapling_no_responder_url"], False)
    return True


@kind
def stapling_works(w):
    if staple(w) is None:
        return False
    if w.maybe(50):
        w.put("ssl_stapling_verify", "on")
        w.put("ssl_trusted_certificate", "tls/staple-ca.pem")
        w.more_files["staple-ca.pem"] = [w.root, *w.leaf.intermediates()]
    w.truth.whole("stapling-works")
    return True
