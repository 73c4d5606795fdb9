"""Certificates by what they are: the same wish twice is the same file. Made by the openssl command line, kept in a cache, so that a campaign
of a thousand seeds makes few. Everything about a certificate follows from its wish: the serial number, and dates relative to today."""
import contextlib
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile

KEYS = {"rsa": ["RSA", "rsa_keygen_bits:2048"], "rsa1024": ["RSA", "rsa_keygen_bits:1024"], "rsa4096": ["RSA", "rsa_keygen_bits:4096"],
        "ec": ["EC", "ec_paramgen_curve:P-256"], "ec384": ["EC", "ec_paramgen_curve:P-384"], "ed25519": ["ED25519"],
        "rsa-pss": ["RSA-PSS", "rsa_keygen_bits:2048"], "ec-explicit": ["EC", "ec_paramgen_curve:P-256", "ec_param_enc:explicit"],
        "ec521": ["EC", "ec_paramgen_curve:P-521"], "brainpool": ["EC", "ec_paramgen_curve:brainpoolP256r1"],
        "brainpool384": ["EC", "ec_paramgen_curve:brainpoolP384r1"], "koblitz": ["EC", "ec_paramgen_curve:secp256k1"]}


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise RuntimeError("openssl %s: %s" % (" ".join(map(str, arguments)), done.stdout.decode("utf-8", "replace")))
    return done.stdout


class Certificate:
    """`file`, `key`: PEM files. `issuer`: None for a self-signed one. `wish`: what it was asked to be."""

    def __init__(self, file, key, issuer, wish):
        self.file, self.key, self.issuer, self.wish = file, key, issuer, wish

    @property
    def pem(self):
        return self.file.read_text()

    @property
    def subject(self):
        return self.wish["subject"]

    def intermediates(self):
        """From the issuer upwards, without the root."""
        found, at = [], self.issuer
        while at is not None and at.issuer is not None:
            found.append(at)
            at = at.issuer
        return found

    @property
    def der(self):
        return openssl("x509", "-in", self.file, "-outform", "DER")

    def root(self):
        return self if self.issuer is None else self.issuer.root()


class Pki:
    def __init__(self, cache):
        self.cache = pathlib.Path(cache)
        self.cache.mkdir(parents=True, exist_ok=True)
        self.today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)

    def _made(self, name, make):
        """The cached file, made once, even by several processes: beside its place, and then put there whole unless another one is."""
        path = self.cache / name
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=self.cache) as work:
                new = pathlib.Path(work) / "new"
                make(new, pathlib.Path(work))
                with contextlib.suppress(FileExistsError):
                    os.link(new, path)
        return path

    def key(self, kind, label):
        """One key for each label: certificates of one label share it."""
        algorithm, *options = KEYS[kind]
        arguments = [word for option in options for word in ("-pkeyopt", option)]
        stem = "%s-%s" % (kind, hashlib.sha256(label.encode()).hexdigest()[:12])
        key = self._made(stem + ".key", lambda new, _: openssl("genpkey", "-algorithm", algorithm, *arguments, "-out", new))
        request = self._made(stem + ".csr", lambda new, work: openssl(
            "req", "-new", "-config", self._configuration(work), "-key", key, "-subj", "/CN=any", "-out", new))
        return key, request

    def issue(self, subject, issuer=None, kind="ec", label=None, names=(), is_ca=False, days=(-30, 365), usage=None, digest="default",
              path_length=None, constraints=None, extra=(), key_usage=None, has_key_ids=True):
        """`days`: from and to, counted from today. `usage`: the extended key usage. `label`: whose key; default the subject's own."""
        wish = {"subject": subject, "issuer": issuer.file.name if issuer else "", "kind": kind, "label": label or subject, "names": list(names),
                "is_ca": is_ca, "days": list(days), "usage": usage, "digest": digest, "path_length": path_length, "constraints": constraints,
                "extra": list(extra), **({"key_usage": key_usage} if key_usage else {}), **({} if has_key_ids else {"ids": False}), "today": self.today.strftime("%Y%m%d")}
        mark = hashlib.sha256(json.dumps(wish, sort_keys=True).encode()).hexdigest()[:16]
        wish["serial"] = "4" + mark.upper()[:15]
        key, request = self.key(kind, wish["label"])

        ordinary = "keyCertSign,cRLSign" if is_ca else "digitalSignature,keyEncipherment" if kind.startswith("rsa") else "digitalSignature"

        def make(new, work):
            extensions = ["basicConstraints=critical,CA:%s%s" % ("TRUE" if is_ca else "FALSE",
                                                                  ",pathlen:%d" % path_length if path_length is not None else ""),
                          "keyUsage=critical," + (key_usage or ordinary),
                          *(["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"] if has_key_ids
                            else ["subjectKeyIdentifier=none", "authorityKeyIdentifier=none"])]
            if usage:
                extensions.append("extendedKeyUsage=" + usage)
            if names:
                extensions.append("subjectAltName=" + ",".join(names))
            if constraints:
                extensions.append("nameConstraints=critical," + constraints)
            (work / "ext.cnf").write_text("[e]\n" + "\n".join([*extensions, *extra]) + "\n")
            (work / "serial").write_text(wish["serial"] + "\n")
            signer = ["-cert", issuer.file, "-keyfile", issuer.key] if issuer else ["-selfsign", "-keyfile", key]
            openssl("ca", "-batch", "-notext", "-config", self._configuration(work), "-md", digest, "-in", request, "-out", new, "-subj",
                    subject, "-startdate", self._date(days[0]), "-enddate", self._date(days[1]), "-extfile", work / "ext.cnf", "-extensions",
                    "e", *signer)
        return Certificate(self._made(mark + ".crt", make), key, issuer, wish)

    def crl(self, issuer, revoked=(), days=(-1, 30), extra=()):
        """The file of a revocation list of `issuer`. `extra`: extensions of the list."""
        wish = json.dumps([issuer.file.name, [one.file.name for one in revoked], list(days), self.today.strftime("%Y%m%d"), *extra])

        def make(new, work):
            rows = ["R\t%s\t%s\t%s\tunknown\t%s\n" % (self._date(one.wish["days"][1])[2:], self._date(-2)[2:], one.wish["serial"], one.subject)
                    for one in revoked]
            configuration = self._configuration(work)
            (work / "index.txt").write_text("".join(rows))
            validity = ["-crl_lastupdate", self._date(days[0]), "-crl_nextupdate", self._date(days[1])]
            if days[1] > 0 and b"-crl_lastupdate" not in openssl("ca", "-help"):  # OpenSSL 1.1.1, whose lists begin now
                validity = ["-crldays", days[1]]
            more = []
            if extra:
                with configuration.open("a") as file:
                    file.write("[l]\n" + "\n".join(extra) + "\n")
                more = ["-crlexts", "l"]
            openssl("ca", "-gencrl", "-config", configuration, "-cert", issuer.file, "-keyfile", issuer.key, *validity, *more, "-out", new)
        return self._made(hashlib.sha256(wish.encode()).hexdigest()[:16] + ".crl", make)

    def small_dh(self):
        """Parameters of 1,024 bits, in PEM."""
        return self._made("small.dh", lambda new, _: openssl("dhparam", "-dsaparam", "-out", new, "1024"))

    def _date(self, days):
        return (self.today + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")

    @staticmethod
    def _configuration(work):
        (work / "index.txt").touch()
        (work / "crlnumber").write_text("01\n")
        path = work / "ca.cnf"
        path.write_text("[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=%s\ndatabase=%s\nserial=%s\ncrlnumber=%s\nunique_subject=no\npolicy=p\n"
                        "default_md=default\ndefault_crl_days=30\nemail_in_dn=no\n[p]\norganizationName=optional\ncommonName=optional\n"
                        "[req]\ndistinguished_name=n\n[n]\n" % (work, work / "index.txt", work / "serial", work / "crlnumber"))
        return path


def write_bundle(path, *parts):
    """Certificates, files, or bytes as they are, one behind the other."""
    path.write_bytes(b"".join(part.pem.encode() if isinstance(part, Certificate) else part if isinstance(part, bytes)
                              else pathlib.Path(part).read_bytes() for part in parts))
    return path
