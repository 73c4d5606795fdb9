"""Throw-away certificates, made by the openssl command line."""
import datetime
import shutil
import ssl
import subprocess

from support.scenario import Failed, require_program


class Certificate:
    def __init__(self, directory, name):
        self.file = directory / (name + ".crt")
        self.key = directory / (name + ".key")


class Authority:
    """Issues certificates into one directory. `openssl ca`, because `x509 -req` of OpenSSL 3.0 cannot choose the dates."""

    def __init__(self, scenario):
        require_program("openssl")
        self.directory = scenario.directory / "pki"
        self.directory.mkdir(exist_ok=True)

    def root(self, name="root", common_name="Corp Root CA"):
        return self.issue(name, common_name, is_authority=True)

    def issue(self, name, common_name, issuer=None, names=(), is_authority=False, from_days=-30, to_days=365, purpose="serverAuth"):
        """`issuer` None: self-signed. An empty common name: the names alone say whose it is. Days count from today and may be negative."""
        certificate = Certificate(self.directory, name)
        work = self.directory / (name + ".work")
        work.mkdir()
        self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", certificate.key)
        extensions = ["basicConstraints=critical,CA:%s" % ("TRUE" if is_authority else "FALSE"),
                      "keyUsage=critical," + ("keyCertSign,cRLSign" if is_authority else "digitalSignature"),
                      "subjectKeyIdentifier=hash"]
        if not is_authority:
            extensions.append("extendedKeyUsage=" + purpose)
        if names:
            extensions.append("subjectAltName=" + ",".join(names))
        (work / "extensions.cnf").write_text("[e]\n" + "\n".join(extensions) + "\n")
        (work / "index.txt").touch()
        (work / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=%s\ndatabase=%s\nunique_subject=no\npolicy=p\ndefault_md=sha256\nrand_serial=yes\n"
            "email_in_dn=no\n[p]\norganizationName=optional\ncommonName=optional\n[req]\ndistinguished_name=n\n[n]\n" % (work, work / "index.txt"))
        self._openssl("req", "-new", "-config", work / "ca.cnf", "-key", certificate.key, "-subj", "/O=Corp/CN=" + common_name if common_name else "/O=Corp",
                      "-out", work / "request")
        signer = ["-cert", issuer.file, "-keyfile", issuer.key] if issuer else ["-selfsign", "-keyfile", certificate.key]
        self._openssl("ca", "-batch", "-notext", "-config", work / "ca.cnf", "-in", work / "request", "-out", certificate.file,
                      "-startdate", self._date(from_days), "-enddate", self._date(to_days),
                      "-extfile", work / "extensions.cnf", "-extensions", "e", *signer)
        shutil.rmtree(work)
        return certificate

    def bundle(self, name, *certificates):
        """One file with several certificates; its path."""
        path = self.directory / name
        path.write_bytes(b"".join(certificate.file.read_bytes() for certificate in certificates))
        return path

    def server_context(self, *chain):
        """For a TLS server of Python that shows this chain."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.bundle(chain[0].file.stem + ".chain", *chain), chain[0].key)
        return context

    @staticmethod
    def _date(days):
        moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        return moment.strftime("%Y%m%d%H%M%SZ")

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Failed("openssl %s: %s" % (" ".join(map(str, arguments)), done.stdout.decode("utf-8", "replace")))
