"""Reads the daemon's database from outside, while it works: read-only, and without ever taking part in checkpoints."""
import json
import os
import pathlib
import sqlite3
import subprocess
import sys


def read_rows(path, sql, arguments=(), wrapper=()):
    """Rows of `sql`; none while the database is just being made. With `wrapper`, a process that it starts does the reading."""
    if wrapper:
        request = json.dumps([str(path), sql, list(arguments)])
        done = subprocess.run([*wrapper, sys.executable, __file__, request], stdout=subprocess.PIPE, check=True)
        return [tuple(row) for row in json.loads(done.stdout)]
    if not os.path.exists(path):
        return []
    # Without a writer the file is all there is, and a reader may not make the shared memory that WAL wants.
    has_writer = pathlib.Path(str(path) + "-shm").exists()
    try:
        connection = sqlite3.connect("file:%s?%s" % (path, "mode=ro" if has_writer else "immutable=1"), uri=True, timeout=5)
    except sqlite3.OperationalError:
        return []
    try:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        return connection.execute(sql, list(arguments)).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error) or "unable to open" in str(error):
            return []
        raise
    finally:
        connection.close()


if __name__ == "__main__":
    print(json.dumps(read_rows(*json.loads(sys.argv[1]))))
