"""One test, told as a story: a directory of its own, things that are stopped at its end, and what went on when it fails."""
import os
import pathlib
import shutil
import sys
import tempfile
import time
import traceback

SKIPPED = 77  # ctest's SKIP_RETURN_CODE


class Skip(Exception):
    """This machine cannot run the scenario; the text says what is missing."""


class Failed(AssertionError):
    """The daemon did not do what it promises."""


def expect(condition, otherwise):
    if not condition:
        raise Failed(otherwise)


def expect_equal(actual, wanted, what):
    if actual != wanted:
        raise Failed("%s: expected %r, got %r" % (what, wanted, actual))


def wait_for(predicate, within, what):
    """The first true value of predicate(), looked at often; fails after `within` seconds. The only way in which tests wait.

    `what` completes the sentence "waited in vain for …"; a function is called then, to say what was there instead.
    """
    deadline = time.monotonic() + within
    pause = 0.002
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Failed("waited %g s in vain for %s" % (within, what() if callable(what) else what))
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


def require_program(*names):
    for name in names:
        if shutil.which(name) is None:
            raise Skip("%s is not installed" % name)


class Scenario:
    def __init__(self, name):
        self.name = name
        # Others than the owner must get through: some scenarios run the daemon with fewer rights.
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="handshaked-%s-" % name))
        self.directory.chmod(0o755)
        self._stops = []
        self._evidence = []
        self._began = time.monotonic()

    def step(self, text):
        print("[%6.2f] %s" % (time.monotonic() - self._began, text), flush=True)

    def at_end(self, stop):
        """Calls stop() when the scenario is over, the last registered first."""
        self._stops.append(stop)

    def show_if_failed(self, title, read):
        """read() gives text that helps to understand a failure."""
        self._evidence.append((title, read))

    def _finish(self, failed):
        for stop in reversed(self._stops):
            try:
                stop()
            except Exception:  # the others still have to be stopped
                traceback.print_exc()
                failed = True
        if failed:
            for title, read in self._evidence:
                try:
                    text = read()
                except OSError as error:
                    text = str(error)
                lines = text.splitlines()
                print("--- %s%s" % (title, " (its last 80 lines)" if len(lines) > 80 else ""))
                print("\n".join(lines[-80:]))
        if failed and os.environ.get("HANDSHAKED_KEEP"):
            print("kept: %s" % self.directory)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)
        return failed


def run(story):
    """Runs story(scenario) and ends the process: 0, 1 (failed) or 77 (skipped)."""
    scenario = Scenario(pathlib.Path(sys.argv[0]).stem)
    failed, skipped = False, None
    try:
        story(scenario)
    except Skip as skip:
        skipped = str(skip)
    except Failed as failure:
        failed = True
        frame = traceback.extract_tb(failure.__traceback__)
        at = next((f for f in reversed(frame) if pathlib.Path(f.filename).parent.name != "support"), frame[-1])
        print("FAILED at %s:%d: %s" % (pathlib.Path(at.filename).name, at.lineno, failure))
    except BaseException:
        failed = True
        traceback.print_exc()
    failed = scenario._finish(failed)
    sys.stdout.flush()
    if failed:
        sys.exit(1)
    if skipped is not None:
        print("SKIPPED: %s" % skipped)
        sys.exit(SKIPPED)
    print("ok (%.1f s)" % (time.monotonic() - scenario._began))
    sys.exit(0)
