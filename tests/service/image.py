"""The container image: made without an engine; what is in it; unpacked as an engine does it and run as its user, without a capability, on a read-only root. It
reads what kubelet keeps of a pod's container, over a rotation, and says whose lines they are; its health check is right. And the manifests for Kubernetes
follow the published schemas, with a configuration that is accepted."""
import gzip
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

from support.accounting import verify_error_line
from support.daemon import binary, source_directory
from support.process import Process
from support.scenario import Skip, expect, expect_equal, require_program, run, wait_for

USER = 65532
CONTAINER = "b" * 64
MIB = 1 << 20
# The root becomes read-only, with what `--read-only --tmpfs` of an engine leaves: $1 the root, $2 the logs, $3 the configuration.
ENTER = """mount --bind "$1" "$1"
mount --bind "$2" "$1/var/log"; mount --bind "$3" "$1/etc/handshaked"
mount -t tmpfs -o mode=755,uid=%(user)d,gid=%(user)d tmpfs "$1/run/handshaked"
mount -t tmpfs -o mode=700,uid=%(user)d,gid=%(user)d tmpfs "$1/var/lib/handshaked"
mount -t tmpfs tmpfs "$1/tmp"
mount -t proc proc "$1/proc"
mount -o remount,bind,ro "$1"
exec env -i PATH=/usr/bin:/usr/sbin:/bin:/sbin setpriv --no-new-privs chroot --userspec=%(user)d:0 "$1" /usr/bin/handshaked run
""" % {"user": USER}


def out(*arguments, **options):
    ended = subprocess.run([str(argument) for argument in arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=400, **options)
    expect_equal(ended.returncode, 0, "exit status of %s: %s" % (" ".join(map(str, arguments)), (ended.stdout + ended.stderr)[-2000:]))
    return ended.stdout


def unpack(t):
    """Its layer in a directory, and its configuration: every digest on the way is right."""
    path = next(t.directory.glob("handshaked-*-image.tar.gz"))
    expect(path.stat().st_size < 40 * MIB, "the image has %d bytes" % path.stat().st_size)
    with tarfile.open(path) as archive:
        blobs = {member.name: archive.extractfile(member).read() for member in archive.getmembers()}

    def blob(described):
        content = blobs["blobs/" + described["digest"].replace(":", "/")]
        expect_equal("sha256:" + hashlib.sha256(content).hexdigest(), described["digest"], "digest")
        expect_equal(len(content), described["size"], "size")
        return content
    manifest = json.loads(blob(json.loads(blobs["index.json"])["manifests"][0]))
    configuration = json.loads(blob(manifest["config"]))
    layer = gzip.decompress(blob(manifest["layers"][0]))
    expect_equal(["sha256:" + hashlib.sha256(layer).hexdigest()], configuration["rootfs"]["diff_ids"], "digest of the layer")
    (t.directory / "layer.tar").write_bytes(layer)
    root = t.directory / "root"
    root.mkdir()
    with tarfile.open(t.directory / "layer.tar") as archive:
        wrong = [member.name for member in archive.getmembers() if member.mode & 0o6000 or member.mode & 0o022 and not member.issym() and member.name != "tmp"]
        expect_equal(wrong, [], "files that others may write, or that change their user")
        archive.extractall(root)
    t.step("%.1f MiB, %.1f MiB unpacked, %d files" % (path.stat().st_size / MIB, len(layer) / MIB, sum(p.is_file() for p in root.rglob("*"))))
    return root, configuration["config"]


def story(t):
    if os.geteuid() != 0:
        raise Skip("only root can change the root")
    require_program("apt-get", "dpkg-deb", "cmake", "unshare", "nsenter", "setpriv", "strip")
    build = Path(os.environ["HANDSHAKED_BUILD"])
    if not (build / "portable/handshaked").exists():
        raise Skip("there is no portable program in this build: systemd/portable/static_libraries.sh could not run")
    builder = source_directory() / "systemd/container/build_image.py"
    if subprocess.run(["apt-get", "-qq", "--print-uris", "download", "tzdata"], capture_output=True).returncode != 0:
        raise Skip("Debian's packages cannot be had here")
    out(sys.executable, builder, "--build", build, "--output", t.directory)
    root, configured = unpack(t)
    expect_equal((configured["User"], configured["Entrypoint"], configured["Cmd"]), ("%d:%d" % (USER, USER), ["/usr/bin/handshaked"], ["run"]), "configuration")
    expect(not [path for path in root.rglob("*") if path.name in ("sh", "bash", "apt", "dpkg")], "it has a shell, or a package manager")

    objects = manifests(t)
    logs, settings = t.directory / "logs", t.directory / "settings"
    (logs / "containers").mkdir(parents=True)
    (logs / "pods").mkdir()
    settings.mkdir()
    (settings / "handshaked.toml").write_text((objects or {}).get("handshaked.toml") or (
        '[web]\nlisten = ""\n[diagnosis]\nprobe = false\n[[files]]\npaths = ["/var/log/containers/*nginx*.log"]\ndiscover = false\ntime_zone = "UTC"\n'))
    link = logs / "containers" / ("web-7d9f_shop_nginx-%s.log" % CONTAINER)
    real = logs / "pods/shop_web-7d9f_0b3d2a6e/nginx/0.log"
    real.parent.mkdir(parents=True)
    # The target as the container sees it.
    link.symlink_to("/var/log/pods/shop_web-7d9f_0b3d2a6e/nginx/0.log")

    def write(count, partial="F"):
        with real.open("ab") as file:
            for _ in range(count):
                file.write(b"2026-11-21T02:57:36.123456789Z stderr %s " % partial.encode() + verify_error_line("192.0.2.7:8443"))
    real.touch()
    daemon = Process(t, "image", ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-euc", ENTER, "sh", root, logs, settings])
    daemon.start()

    def children():
        return Path("/proc/%d/task/%d/children" % (daemon.pid, daemon.pid)).read_text().split()

    def end():
        """By the first process of its name space: what changed its user no longer dies with its parent."""
        for child in children():
            os.kill(int(child), signal.SIGKILL)
        daemon.wait(60)
    t.at_end(lambda: end() if daemon.is_running() else None)

    def inside(*arguments):
        child = children()
        if not child:
            return subprocess.CompletedProcess(arguments, 1, "", "")
        return subprocess.run(["nsenter", "-t", child[0], "-m", "-p", "chroot", "--userspec=%d:0" % USER, str(root), *arguments], capture_output=True, text=True, timeout=60)
    health = configured["Healthcheck"]["Test"][1:]
    t.show_if_failed("what the daemon said", daemon.output_text)
    wait_for(lambda: inside(*health).returncode == 0, 60, "the health check")
    write(3)

    def incidents():
        return json.loads(inside("/usr/bin/handshaked", "incidents", "list", "--format", "json").stdout or '{"incidents":[]}')["incidents"]

    def counts():
        return [int(count) for one in incidents() for count in re.findall(r'"count": ?(\d+)', json.dumps(one))[:1]]
    wait_for(lambda: counts() == [3], 60, lambda: "three lines to be counted: %s" % incidents())
    real.rename(real.with_name("0.log.20261121-025800"))
    write(2)
    wait_for(lambda: counts() == [5], 60, lambda: "what was written behind a rotation to be counted: %s" % incidents())
    shown = inside("/usr/bin/handshaked", "incidents", "list", "--format", "json", "host=shop/web-7d9f/nginx").stdout
    expect_equal(len(json.loads(shown)["incidents"]), 1, "incidents of the container: %s" % shown)
    end()
    t.step("five lines of a pod, over a rotation; healthy, as user %d on a read-only root" % USER)


def manifests(t):
    """The data of the ConfigMap, if node and the schemas are here."""
    file = source_directory() / "systemd/kubernetes/handshaked.yaml"
    said = subprocess.run(["node", str(source_directory() / "tests/verifiers/kubernetes.js"), str(file)], capture_output=True, text=True, timeout=60) if \
        (source_directory() / "tests/verifiers/node_modules/kubernetes-models").is_dir() else None
    if said is None:
        t.step("manifests not tried: the verifiers are not installed (./dev install-packages)")
        return None
    expect_equal(said.returncode, 0, "what the schemas say: " + said.stderr[-1500:])
    objects = {one["kind"]: one for one in json.loads(said.stdout)}
    pod = objects["DaemonSet"]["spec"]["template"]["spec"]
    expect(pod["securityContext"]["runAsNonRoot"] and pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"], "the pod may do more than it has to")
    expect_equal(pod["automountServiceAccountToken"], False, "a token of the API server")
    version = out(binary(), "--version").split()[1]
    expect_equal(pod["containers"][0]["image"], "handshaked:" + version, "the image in the manifest")
    data = objects["ConfigMap"]["data"]
    (t.directory / "map.toml").write_text(data["handshaked.toml"])
    checked = subprocess.run([binary(), "check", "-c", str(t.directory / "map.toml")], capture_output=True, text=True, timeout=60)
    expect_equal(checked.returncode, 0, "what check says of the ConfigMap: %s" % (checked.stdout + checked.stderr))
    # The port is its own here.
    data["handshaked.toml"] = data["handshaked.toml"].replace('listen = "0.0.0.0:9433"', 'listen = ""')
    t.step("the manifests follow the schemas; their configuration is good")
    return data


run(story)
