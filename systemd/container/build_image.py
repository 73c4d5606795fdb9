"""A container image without a container engine or a registry: an empty root with the portable program, its rules, the C library that it asks for, CA
certificates and time zones. Writes handshaked-VERSION-image.tar.gz, which `podman load`, `docker load` and `ctr image import` take (an OCI layout with
Docker's manifest), and rootfs.tar for the Containerfile. The same input gives the same bytes.

  build_image.py --build BUILD [--output DIRECTORY]
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

USER = 65532
# Of the C library's package: what the program is linked to, and what it looks names up with.
LIBRARIES = ("ld-linux-x86-64.so.2", "libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libresolv.so.2", "libnss_dns.so.2",
             "libnss_files.so.2")
TEXTS = {"etc/passwd": "root:x:0:0:root:/:/nonexistent\nhandshaked:x:%d:%d:handshaked:/var/lib/handshaked:/nonexistent\n" % (USER, USER),
              "etc/group": "root:x:0:\nhandshaked:x:%d:\n" % USER,
              "etc/nsswitch.conf": "hosts: files dns\npasswd: files\ngroup: files\n"}


def call(*arguments, **options):
    subprocess.run([str(argument) for argument in arguments], check=True, stdout=subprocess.DEVNULL, **options)


def unpack_package(name, directory):
    """A package of this release, as apt verifies it."""
    with tempfile.TemporaryDirectory() as download:
        os.chmod(download, 0o755)
        call("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", name, cwd=download)
        call("dpkg-deb", "-x", next(Path(download).glob("*.deb")), directory)


def fill(root, build, packages):
    stage = packages / "stage"
    call("cmake", "--install", build, "--prefix", "/usr", env=dict(os.environ, DESTDIR=str(stage)))
    (root / "usr/bin").mkdir(parents=True)
    shutil.copy(build / "portable/handshaked", root / "usr/bin/handshaked")
    call("strip", root / "usr/bin/handshaked")
    shutil.copytree(stage / "usr/share/handshaked", root / "usr/share/handshaked")
    for name in ("libc6", "ca-certificates", "tzdata"):
        unpack_package(name, packages / name)
    libraries = root / "lib/x86_64-linux-gnu"
    libraries.mkdir(parents=True)
    for name in LIBRARIES:
        shutil.copy(packages / "libc6/lib/x86_64-linux-gnu" / name, libraries / name)
        (libraries / name).chmod(0o755)
    (root / "lib64").mkdir()
    (root / "lib64/ld-linux-x86-64.so.2").symlink_to("../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
    zones = root / "usr/share/zoneinfo"
    shutil.copytree(packages / "tzdata/usr/share/zoneinfo", zones, symlinks=True, ignore=shutil.ignore_patterns("right", "posix", "*.zi", "*.list"))
    bundle = root / "etc/ssl/certs/ca-certificates.crt"
    bundle.parent.mkdir(parents=True)
    bundle.write_bytes(b"".join(path.read_bytes() for path in sorted((packages / "ca-certificates/usr/share/ca-certificates/mozilla").glob("*.crt"))))
    for name, text in TEXTS.items():
        (root / name).write_text(text)
    documentation = root / "usr/share/doc/handshaked"
    shutil.copytree(stage / "usr/share/doc/handshaked", documentation)
    for name in ("libc6", "ca-certificates", "tzdata"):
        shutil.copy(packages / name / "usr/share/doc" / name / "copyright", documentation / (name + ".copyright"))
    for name in ("etc/handshaked/conf.d", "run/handshaked", "var/lib/handshaked", "var/log", "tmp", "proc", "sys", "dev"):
        (root / name).mkdir(parents=True, exist_ok=True)


def layer_of(root):
    """The root as a tar archive that depends on nothing but its content."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(root.rglob("*")):
            entry = archive.gettarinfo(path, str(path.relative_to(root)))
            entry.mtime, entry.uname, entry.gname = 0, "", ""
            is_own = entry.name in ("run/handshaked", "var/lib/handshaked")
            entry.uid = entry.gid = USER if is_own else 0
            entry.mode = 0o1777 if entry.name == "tmp" else 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
            entry.pax_headers = {}
            if entry.isreg():
                with path.open("rb") as file:
                    archive.addfile(entry, file)
            else:
                archive.addfile(entry)
    return raw.getvalue()


def add(archive, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
    return "sha256:" + hashlib.sha256(content).hexdigest()


def image_of(layer, version):
    """Every blob by its name, for an OCI layout."""
    packed = gzip.compress(layer, 9, mtime=0)
    configuration = json.dumps({
        "architecture": "amd64", "os": "linux", "created": "1970-01-01T00:00:00Z",
        "config": {"User": "%d:%d" % (USER, USER), "Entrypoint": ["/usr/bin/handshaked"], "Cmd": ["run"], "StopSignal": "SIGTERM", "WorkingDir": "/",
                   "Env": ["PATH=/usr/bin"], "Volumes": {"/var/lib/handshaked": {}},
                   "Healthcheck": {"Test": ["CMD", "/usr/bin/handshaked", "status"], "Interval": 30 * 10**9, "Timeout": 10 * 10**9, "StartPeriod": 30 * 10**9},
                   "Labels": {"org.opencontainers.image.title": "handshaked", "org.opencontainers.image.version": version, "org.opencontainers.image.licenses": "Apache-2.0"}},
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}, sort_keys=True).encode()

    def described(kind, content):
        return {"mediaType": "application/vnd.oci.image." + kind, "size": len(content), "digest": "sha256:" + hashlib.sha256(content).hexdigest()}
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": described("config.v1+json", configuration),
                           "layers": [described("layer.v1.tar+gzip", packed)]}, sort_keys=True).encode()
    index = {"schemaVersion": 2, "manifests": [dict(described("manifest.v1+json", manifest), annotations={
        "org.opencontainers.image.ref.name": version, "io.containerd.image.name": "handshaked:" + version})]}
    return packed, configuration, manifest, json.dumps(index, sort_keys=True).encode()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--build", type=Path, required=True)
    arguments.add_argument("--output", type=Path)
    options = arguments.parse_args()
    output = options.output or options.build
    if not (options.build / "portable/handshaked").exists():
        raise SystemExit("there is no portable program in %s: systemd/portable/static_libraries.sh build/static, then build again" % options.build)
    version = subprocess.run([options.build / "portable/handshaked", "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory, "root")
        root.mkdir()
        fill(root, options.build.resolve(), Path(directory))
        layer = layer_of(root)
    (output / "rootfs.tar").write_bytes(layer)
    packed, configuration, manifest, index = image_of(layer, version)
    path = output / ("handshaked-%s-image.tar.gz" % version)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        add(archive, "index.json", index)
        names = []
        for content in (configuration, packed, manifest):
            names.append("blobs/sha256/" + hashlib.sha256(content).hexdigest())
            add(archive, names[-1], content)
        add(archive, "manifest.json", json.dumps([{"Config": names[0], "RepoTags": ["handshaked:" + version], "Layers": [names[1]]}]).encode())
    path.write_bytes(gzip.compress(raw.getvalue(), 1, mtime=0))
    print("%s: %.1f MiB; %.1f MiB unpacked" % (path, path.stat().st_size / 2**20, len(layer) / 2**20))


main()
