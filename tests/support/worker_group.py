"""Workers of one group on one host: each with a directory of its own, all with the same [group] and [[nats]]."""
import sqlite3
import subprocess

from support.daemon import TRY_AGAIN, Daemon, binary
from support.operator import Operator
from support.scenario import Failed, expect, wait_for

GROUP = "proxies"
STREAM = "NGINX"
SUBJECT = "nginx.lines.{partition}.>"
LEASE_SECONDS = 2


def mapping(partitions):
    """For the servers' configuration: lines of nginx.errors.HOST reach the partition of their host."""
    return 'mappings = { "nginx.errors.*": "nginx.lines.{{partition(%d,1)}}.{{wildcard(1)}}" }\n' % partitions


class Worker(Daemon):
    def query(self, *arguments):
        """Nothing while the database is being put together: that begins with an empty file at each taking over."""
        try:
            return super().query(*arguments)
        except sqlite3.DatabaseError:
            return []

    def stop(self, within=15):
        """A clean end, or that of a worker which has just lost its partition: on a busy machine one may miss its lease."""
        code = self.process.stop(within)
        expect(code in (0, TRY_AGAIN), "exit status of %s after SIGTERM: %s" % (self.name, code))


def make_worker(scenario, servers, name, partitions, receivers=(), group=None, nats=None, tables=(), **options):
    tables = [("[group]", dict({"name": GROUP, "partitions": partitions, "worker": name, "lease": "%ds" % LEASE_SECONDS,
                                "replicas": len(servers.ports)}, **(group or {}))),
              ("[[nats]]", dict({"name": "lines", "servers": servers.urls(), "stream": STREAM, "subject": SUBJECT, "host_from": "subject",
                                 "from_start": True, "time_zone": "UTC"}, **(nats or {}))), *tables]
    worker = Worker(scenario, receivers=receivers, tables=tables, name=name, **options)
    worker.database = worker.directory / ("group-%s.db" % GROUP)
    return worker


def start_again(workers):
    """Those that ended because another has their partition, as systemd does: on a busy machine one may miss its lease."""
    for worker in workers:
        if not worker.process.is_running() and worker.process.exit_code() == TRY_AGAIN:
            worker.start()


def group_verb(worker, *words):
    """(exit status, standard output, standard error) of `handshaked group WORDS`."""
    done = subprocess.run([binary(), "group", *words, "-c", str(worker.configuration)], capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stdout, done.stderr


def set_up(worker, within=60):
    """As soon as the servers can do it: a cluster needs a while to find its leaders."""
    state = {}

    def attempt():
        code, state["out"], state["error"] = group_verb(worker, "setup")
        return code == 0
    try:
        wait_for(attempt, within, "handshaked group setup")
    except Failed as failure:
        raise Failed("%s: %s%s" % (failure, state.get("out"), state.get("error"))) from None
    return state["out"]


def show(worker, within=40):
    """Partitions and workers, as `group show` tells them: as soon as the servers can say it."""
    state = {}

    def attempt():
        try:
            return Operator(worker).ask("group", "show")
        except Failed as failure:
            state["last"] = failure
            return None
    return wait_for(attempt, within, lambda: "group show; the last answer: %s" % state["last"])


def owners(worker):
    """Owner of each partition that has one, by number."""
    return {partition["number"]: partition["owner"] for partition in show(worker)["partitions"] if partition["state"] == "owned"}
