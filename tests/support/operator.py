"""The verbs that talk to a running daemon."""
import json
import subprocess

from support.daemon import binary
from support.scenario import Failed


class Operator:
    def __init__(self, daemon):
        self.daemon = daemon

    def run(self, *words, user=None):
        """(exit status, standard output, standard error)."""
        command = [binary(), *[str(word) for word in words], "-c", str(self.daemon.configuration)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, user=user, check=False)
        return done.returncode, done.stdout, done.stderr

    def ask(self, *words):
        """What a verb gives as JSON; it has to succeed."""
        code, out, error = self.run(*words, "--format", "json")
        if code != 0:
            raise Failed("%s gave %d: %s" % (" ".join(map(str, words)), code, error))
        return json.loads(out)

    def text(self, *words, lang="en"):
        code, out, error = self.run(*words, "--lang", lang)
        if code != 0:
            raise Failed("%s gave %d: %s" % (" ".join(map(str, words)), code, error))
        return out
