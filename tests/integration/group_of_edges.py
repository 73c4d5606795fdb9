"""A centre that is a group: edges publish each incident to the partition of its fingerprint, through three real servers. One fault on two hosts is one
incident of one partition; what turns out to be another fault moves to the partition of that one; across `kill -9` of every worker and of a server."""
from support.divided_centre import GROUP, PARTITIONS, WORKERS, play
from support.nats import NatsServers
from support.scenario import run
from support.webhook_receiver import WebhookReceiver
from support.worker_group import make_worker


def story(t):
    hook = WebhookReceiver(t)
    servers = NatsServers(t, 3).start()
    servers.make_stream("EDGES", ["handshaked.edges.>"])
    source = {"stream": "EDGES", "subject": "handshaked.edges.{partition}.>", "carries": "edges", "silent_after": "1h"}
    workers = [make_worker(t, servers, name, PARTITIONS, receivers=[hook.settings()], group={"name": GROUP}, nats=source) for name in WORKERS]
    play(t, hook, workers, lambda name: {"type": "nats", "servers": servers.urls(), "subject": "handshaked.edges.{partition}." + name},
         hurt=servers.processes[0].kill, heal=servers.processes[0].start)


run(story)
