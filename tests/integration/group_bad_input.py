"""What a worker of a group does with what is wrong: no setup, other settings, subjects of no partition, messages of strangers in its state, a state of a newer program, and
a partition that it lost while it was stopped. Each is told in words, and no line is lost. The workers' user has the permissions that the guide names, and no others."""
import json
import re
import signal

from support.accounting import Ledger
from support.daemon import TRY_AGAIN, source_directory
from support.nats import NatsServers
from support.operator import Operator
from support.scenario import expect, expect_equal, run, wait_for
from support.web_client import WebClient
from support.worker_group import GROUP, group_verb, make_worker, mapping, owners, set_up, show

STATE = "HANDSHAKED_" + GROUP
SUBJECT = "handshaked.group.%s.0" % GROUP


def documented_permissions(partitions):
    """The subjects of systemd/guide/engines.md: those of a source for each consumer of the group, and those of a group."""
    lines = (source_directory() / "systemd/guide/engines.md").read_text("utf-8").splitlines()
    subjects = []
    for begin in ("The user of the source needs:", "The consumers of a group are called"):
        first = next(number for number, line in enumerate(lines) if line.startswith(begin))
        paragraph = " ".join(lines[first:lines.index("", first)])
        subjects += [subject for subject in re.findall(r"`([^`]+)`", paragraph) if subject.startswith(("$", "handshaked.group."))]
    return [subject.replace("handshaked", "%s-%d" % (GROUP, number)) if ".NGINX.handshaked" in subject else subject
            for subject in subjects for number in range(partitions)]


def users(partitions):
    return """authorization { users: [
      { user: test, password: test }
      { user: worker, password: worker, permissions: { publish: %s, subscribe: ["_INBOX.>"] } }
    ] }
    """ % json.dumps(documented_permissions(partitions))


def write_lines(servers, ledger, count, name):
    servers.publish([("nginx.errors.proxy-%d" % number, ledger.line_of_new_peer().rstrip(b"\n"), "%s-%d" % (name, number)) for number in range(count)])


def last_of_state(servers):
    return servers.persistent(lambda client: client.api("STREAM.INFO." + STATE)["state"]["last_seq"])


def told_by(worker, command):
    return Operator(worker).run(*command)


def story(t):
    servers = NatsServers(t, 1, settings=mapping(1) + users(1), connect={"user": "test", "pass": "test"}).start()
    web = WebClient()
    password = t.directory / "worker.password"
    password.write_text("worker\n")
    login = {"user": "worker", "password_file": password}
    anna = make_worker(t, servers, "anna", 1, tables=[web.table(page=True)], nats=login)
    ledger = Ledger()
    anna.start()
    anna.wait_for_log("there is no stream .*: handshaked group setup makes what a group needs; it is tried again", within=40)
    code, _, said = group_verb(anna, "show")
    expect_equal((code, "handshaked group setup makes what a group needs" in said), (1, True), "group show before the setup: " + said)
    code, said, _ = told_by(anna, ["check"])
    expect(code == 78 and "handshaked group setup makes it" in said, "check before the setup gave %d: %s" % (code, said))
    servers.make_stream("NGINX", ["nginx.errors.>"])
    for words in (["setup", "--dry-run"], ["setup"]):
        code, said, error = group_verb(anna, *words)
        expect(code == 1 and 'takes the subjects "nginx.errors.>", so nothing reaches partition 0' in error, "a setup beside a stream without the lines gave %d: %s%s" % (code, said, error))
    servers.persistent(lambda client: client.api("STREAM.DELETE.NGINX"))
    servers.make_stream("NGINX", ["nginx.lines.*.>"], max_age=600 * 10**9)
    expect("NGINX: exists (subjects nginx.lines.*.>, file storage, 1 copy, keeps 600 s, discard old)" in set_up(anna), "the setup says what is there")
    code, said, _ = told_by(anna, ["check"])
    expect(code == 78 and "keeps messages for 600 s only" in said, "check of a stream that keeps little gave %d: %s" % (code, said))
    servers.persistent(lambda client: client.api("STREAM.UPDATE.NGINX", **dict(client.api("STREAM.INFO.NGINX")["config"], max_age=72 * 3600 * 10**9)))
    wait_for(lambda: owners(anna) == {0: "anna"}, 30, "the worker to have the partition")
    write_lines(servers, ledger, 20, "first")
    ledger.expect_all_counted(anna)
    t.step("a group that is set up while its worker waits")

    other = make_worker(t, servers, "other", 3, nats=login)
    said = other.expect_refusal()
    expect('"partitions 1" there and "partitions 3" here' in said, "a worker with other settings said: " + said)
    code, _, said = group_verb(other, "setup")
    expect_equal((code, "use the same in all workers" in said), (1, True), "a setup with other settings: " + said)
    elsewhere = make_worker(t, servers, "elsewhere", 1, nats=dict(login, stream="OTHER", subject="other.{partition}.>"))
    code, _, said = group_verb(elsewhere, "setup")
    expect_equal((code, '"stream NGINX" there and "stream OTHER" here' in said), (1, True), "a setup with another stream: " + said)
    expect_equal(servers.persistent(lambda client: sorted(client.api("STREAM.NAMES")["streams"])), [STATE, "KV_" + STATE, "NGINX"], "streams after that")
    overlapping = make_worker(t, servers, "overlapping", 1, group={"name": "second"}, nats=dict(login, stream="OTHER"))
    code, _, said = group_verb(overlapping, "setup")
    expect_equal((code, "stream OTHER cannot be made: subjects overlap with an existing stream" in said), (1, True), "a setup of a stream that overlaps: " + said)
    servers.publish([("nginx.lines.7.proxy-1", b"a line", "stray")])
    code, said, _ = told_by(anna, ["check"])
    expect(code == 78 and 'messages on "nginx.lines.7.proxy-1" belong to none of the 1 partitions' in said, "check gave %d: %s" % (code, said))
    expect("no worker reads nginx.lines.7.proxy-1" in set_up(anna), "setup names the subject that nobody reads")
    t.step("other settings, and subjects that nobody reads")

    expect_equal(group_verb(anna, "show", "--lang", "zh")[1].split("\n")[0], "工作组 proxies：1 个分区", "the first line in Chinese")
    status = wait_for(lambda: Operator(anna).ask("status").get("group"), 20, "the group in status")
    wait_for(lambda: Operator(anna).ask("status")["group"]["partitions"][0].get("owner") == "anna", 20, "the owner in status")
    expect_equal((status["name"], status["worker"], status["partition"]), (GROUP, "anna", 0), "what status says")
    expect("anna" in Operator(anna).text("status"), "status as text names the worker")
    wait_for(lambda: web.metric("handshaked_group_partition_owned", group=GROUP, partition="0") == 1, 20, "the metrics of the group")
    expect_equal([one["name"] for one in web.api("/api/fleet")["group"]["workers"]], ["anna"], "workers on the page of the fleet")
    listed = set(re.findall(r"`(handshaked_group_[a-z_]+)`", (source_directory() / "daemon/web/README.md").read_text("utf-8")))
    given = set(re.findall(r"^# TYPE (handshaked_group_\S+) ", web.get("/metrics").text, re.MULTILINE))
    expect_equal(given, listed, "metrics of a group that are given, and that daemon/web/README.md lists")
    t.step("status, metrics, the page")

    servers.publish([(SUBJECT, b"not ours", None)])
    write_lines(servers, ledger, 5, "behind")
    ledger.expect_all_counted(anna, 40)
    anna.expect_alive()
    wait_for(lambda: Operator(anna).ask("status")["group"]["foreign_entries"] == 1, 20, "the stranger's message to be counted")
    t.step("a stranger's message in the state")

    servers.persistent(lambda client: client.api("STREAM.PURGE." + STATE))
    write_lines(servers, ledger, 5, "emptied")
    ledger.expect_all_counted(anna)
    anna.wait_for_log("the state of partition 0 was gone from its stream: this worker writes it there again")
    servers.persistent(lambda client: client.api("STREAM.DELETE." + STATE))
    write_lines(servers, ledger, 5, "deleted")
    anna.wait_for_log("the database cannot be written")
    said = set_up(anna)
    expect("HANDSHAKED_proxies: created" in said and "settings of the group: exists" in said, "a setup after the stream of the state was deleted: " + said)
    ledger.expect_all_counted(anna, 40)
    so_far = len(anna.log_text())
    anna.kill()
    anna.start()
    anna.wait_for_log("has partition 0", within=30, after=so_far)
    ledger.expect_all_counted(anna, 40)
    t.step("a state that was deleted is written again by the worker that has it")

    servers.persistent(lambda client: client.api("STREAM.DELETE.KV_" + STATE))
    anna.wait_for_log("the lease of partition 0 cannot be renewed, .*: nobody takes it now: .*handshaked group setup makes what a group needs", within=20)
    set_up(anna)
    expect_equal(anna.process.wait(20), TRY_AGAIN, "exit status of a worker whose lease is gone")
    so_far = len(anna.log_text())
    anna.start()
    anna.wait_for_log("has partition 0", within=30, after=so_far)
    ledger.expect_all_counted(anna, 40)
    t.step("a bucket that was deleted")

    berta = make_worker(t, servers, "berta", 1, nats=login).start()
    wait_for(lambda: {worker["name"]: worker["state"] for worker in show(anna)["workers"]}.get("berta") == "waiting", 20, "the second worker to wait")
    anna.process.signal(signal.SIGSTOP)
    write_lines(servers, ledger, 5, "stopped")
    wait_for(lambda: owners(berta) == {0: "berta"}, 40, "the second worker to have the partition")
    anna.process.signal(signal.SIGCONT)
    expect_equal(anna.process.wait(40), TRY_AGAIN, "exit status of a worker that lost its partition")
    expect("another worker has taken partition 0 over" in anna.log_text(), "why it ended")
    ledger.expect_all_counted(berta, 60)
    t.step("a partition that was lost while its worker was stopped")

    berta.stop()
    expect_equal(owners(anna), {}, "owners after a clean end")
    for payload in (b"handshaked-state 2 whatever comes then\n", b"handshaked-state 1 changes schema=999 epoch=1 id=a-1 part=1/1 by=x\n"):
        servers.publish([(SUBJECT, payload, None)])
        before = last_of_state(servers)
        said = anna.expect_refusal(within=40)
        expect("newer handshaked" in said and "install the newer program" in said, "a worker before a newer state said: " + said)
        expect_equal(last_of_state(servers), before, "what the worker wrote into a newer state")
        servers.persistent(lambda client: client.api("STREAM.MSG.DELETE." + STATE, seq=before))
    anna.start()
    ledger.expect_all_counted(anna, 40)
    t.step("a state of a newer program is left alone")

    berta.start()
    wait_for(lambda: {worker["name"]: worker["state"] for worker in show(anna)["workers"]} == {"anna": "working", "berta": "waiting"}, 20, "the second worker to wait")
    berta.stop()
    expect_equal([worker["name"] for worker in show(anna)["workers"]], ["anna"], "workers, after one that waited was stopped")
    t.step("a worker that waited is not missed when it was stopped")
    anna.stop()


run(story)
