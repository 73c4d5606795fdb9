"""A start that fails because of what passes by itself (a port in use, an address that is not there, a database that another process holds) ends with a status
after which systemd tries again; what somebody has to mend ends with 78, after which it does not."""
import pathlib
import re
import socket
import sqlite3

from support.accounting import LogFile, verify_error_line
from support.daemon import CONFIGURATION_ERROR, TRY_AGAIN, Daemon, source_directory
from support.ports import LOOPBACK, free_port
from support.scenario import expect, run


def story(t):
    log = LogFile(t.directory / "error.log")
    log.write(verify_error_line("10.0.0.1:8443"))
    unit = (pathlib.Path(source_directory()) / "systemd" / "handshaked.service").read_text()
    final = {int(number) for number in re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.M).group(1).split()}
    expect(CONFIGURATION_ERROR in final and TRY_AGAIN not in final and re.search("^Restart=(on-failure|always)$", unit, re.M), "the unit restarts after other ends")

    for section, address in (("[[syslog]]", "tcp://127.0.0.1:%d"), ("[[http]]", "http://127.0.0.1:%d"), ("[[forward]]", "tcp://127.0.0.1:%d"), ("[web]", "127.0.0.1:%d")):
        port = free_port()
        listen = address % port if section == "[web]" else [address % port]
        daemon = Daemon(t, [log.path], name="in-use-" + section.strip("[]"), tables=[(section, {"listen": listen})])
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind((LOOPBACK, port))
            taken.listen()
            said = daemon.expect_refusal(code=TRY_AGAIN)
            expect(str(port) in said and "in use" in said, said)
        daemon.start()
        daemon.stop()
        t.step("%s: the port was in use, and then it was not" % section)

    said = Daemon(t, [log.path], name="not-there", tables=[("[[syslog]]", {"listen": ["tcp://192.0.2.1:%d" % free_port()], "allow": ["192.0.2.0/24"]})]).expect_refusal(code=TRY_AGAIN)
    expect("192.0.2.1" in said, said)
    t.step("an address that no interface has")

    daemon = Daemon(t, [log.path], name="held").start()
    second = Daemon(t, [log.path], name="second", directory=daemon.directory)
    expect("another handshaked" in second.expect_refusal(code=TRY_AGAIN), "it does not say who holds the database")
    daemon.stop()
    holder = sqlite3.connect(daemon.database, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    holder.execute("CREATE TABLE IF NOT EXISTS held (x)")
    expect("locked" in second.expect_refusal(code=TRY_AGAIN), "it does not say that the database is locked")
    holder.execute("ROLLBACK")
    holder.close()
    second.start()
    second.stop()
    t.step("a database that another process holds")

    (t.directory / "a file").write_text("")
    daemon = Daemon(t, [log.path], name="no-place", state={"database": t.directory / "a file" / "handshaked.db"})
    daemon.expect_refusal(code=TRY_AGAIN)
    t.step("a state directory that cannot be made")

    for what, statement in {"another program": "PRAGMA application_id = 1", "a newer handshaked": "PRAGMA user_version = 99"}.items():
        database = second.database if what == "a newer handshaked" else t.directory / "other.db"
        other = sqlite3.connect(database, isolation_level=None)
        other.execute("CREATE TABLE IF NOT EXISTS bookmarks (url TEXT)")
        other.execute(statement)
        other.close()
        said = Daemon(t, [log.path], name="of-" + what.replace(" ", "-"), state={"database": database}).expect_refusal(code=CONFIGURATION_ERROR)
        expect(what in said, said)
        t.step("a database of %s: somebody has to mend it" % what)

    for what, tables in {"an address that is none": [("[[syslog]]", {"listen": ["tcp://nowhere"]})],
                         "a certificate that is not there": [("[[syslog]]", {"listen": ["tls://127.0.0.1:%d" % free_port()], "certificate": "/nowhere/c.pem", "key": "/nowhere/k.pem"})],
                         "a token that is not there": [("[[http]]", {"listen": ["http://127.0.0.1:%d" % free_port()], "token_files": ["/nowhere/token"]})]}.items():
        Daemon(t, [log.path], name=what.replace(" ", "-"), tables=tables).expect_refusal(code=CONFIGURATION_ERROR)
        t.step("%s: somebody has to mend it" % what)


run(story)
