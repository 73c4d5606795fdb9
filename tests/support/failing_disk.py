"""A disk that fails at will below a daemon's database: full, read-only, or without an answer. Needs no rights, unlike a file system of its own."""
import errno
import pathlib
import subprocess

from support.daemon import binary
from support.scenario import Skip, require_program


class FailingDisk:
    """Give `wrapper` to the Daemon."""
    FULL, READ_ONLY, BROKEN, HANGS = errno.ENOSPC, errno.EROFS, errno.EIO, -1

    def __init__(self, scenario):
        require_program("cc")
        library = scenario.directory / "failing_disk.so"
        built = subprocess.run(["cc", "-shared", "-fPIC", "-o", library, pathlib.Path(__file__).parent / "failing_disk.c"], capture_output=True, text=True, timeout=60)
        if built.returncode != 0:
            raise Skip("what makes disks fail cannot be built: %s" % built.stderr)
        if b"__asan_init" in pathlib.Path(binary()).read_bytes() or b"__tsan_init" in pathlib.Path(binary()).read_bytes():
            raise Skip("nothing can be loaded before a sanitizer")
        self._control = scenario.directory / "failing_disk"
        self.work()
        self.wrapper = ["env", "LD_PRELOAD=%s" % library, "FAILING_DISK=%s" % self._control]

    def fail(self, how):
        self._control.write_text(str(how))

    def work(self):
        self._control.write_text("")
