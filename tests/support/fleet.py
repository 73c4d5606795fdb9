"""A central daemon and daemons that push to it, each with a log of its own."""
import json

from support.accounting import LogFile, verify_error_line
from support.authority import Authority
from support.daemon import Daemon
from support.operator import Operator
from support.ports import free_port
from support.scenario import wait_for


class Fleet:
    TOKEN = "the-token-of-the-fleet"

    def __init__(self, scenario, receivers=(), tables=(), **edge_section):
        self.scenario = scenario
        self.authority = Authority(scenario)
        self.root = self.authority.root()
        certificate = self.authority.issue("centre", "centre.corp.test", self.root, ["IP:127.0.0.1"])
        self.token_file = scenario.directory / "fleet.token"
        self.token_file.write_text(self.TOKEN + "\n")
        self.port, self.plain_port = free_port(), free_port()  # what is cut is cut in clear text
        section = dict({"listen": ["https://127.0.0.1:%d" % self.port, "http://127.0.0.1:%d" % self.plain_port], "certificate": certificate.file, "key": certificate.key,
                        "token_files": [self.token_file], "silent_after": "1h"}, **edge_section)
        self.centre = Daemon(scenario, receivers=receivers, root={"host": "centre"}, tables=[("[[edge]]", section), *tables], name="centre")
        self.edges = {}

    def edge(self, name, plain_port=None, token_file=None, labels=(), **receiver):
        """Not started yet."""
        settings = dict({"type": "handshaked", "name": "centre", "url": "https://127.0.0.1:%d" % self.port, "ca_file": self.root.file,
                         "token_file": token_file or self.token_file, "heartbeat_interval": "300ms"}, **receiver)
        if plain_port:
            settings["url"] = "http://127.0.0.1:%d" % plain_port
        log = self.scenario.directory / (name + ".log")
        edge = Daemon(self.scenario, [log], [settings], root={"host": name}, tables=[("[labels]", dict(labels))] if labels else [], name=name)
        edge.log = LogFile(log)
        edge.operator = Operator(edge)
        self.edges[name] = edge
        return edge

    def incidents(self, peer):
        """What the centre has of a fault, in its database."""
        return [incident for incident in self.centre.incidents() if incident["place"].get("peer") == peer]

    def wait_for_hosts(self, peer, affected, ended=0, within=100):
        """Until the centre has the fault as one incident that goes on on so many hosts; that incident."""
        def there():
            found = self.incidents(peer)
            return found if len(found) == 1 and (found[0]["fleet"]["affected"], found[0]["fleet"]["ended"]) == (affected, ended) else None
        return wait_for(there, within, lambda: "%s on %d hosts, over on %d, at the centre; there is %s" % (
            peer, affected, ended, json.dumps([incident.get("fleet") for incident in self.incidents(peer)])))[0]

    def status(self):
        return Operator(self.centre).ask("status").get("fleet", {})

    def wait_for_edges(self, within=40, **states):
        """Until so many edges are in each of the named states."""
        def there():
            fleet = self.status()
            return all(fleet.get(state, 0) == count for state, count in states.items())
        wait_for(there, within, lambda: "edges %r; the centre says %s" % (states, json.dumps(self.status())))


def write_fault(edge, peer, connection=1):
    edge.log.write(verify_error_line(peer, connection))


def end_rest(edge):
    """The centre is there again: an edge that rests between two tries need not find out by itself."""
    edge.operator.run("deliveries", "retry", "--all", "--receiver", "centre")


def resolve_by_hand(edge, peer):
    """As an operator does on that host."""
    def found():
        return [incident for incident in edge.incidents() if incident["place"].get("peer") == peer]
    incident = wait_for(found, 20, "the incident of %s on %s" % (peer, edge.name))[0]
    edge.operator.text("incidents", "resolve", incident["id"])
