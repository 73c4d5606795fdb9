"""A receiver that is gone, one that refuses, and one that is down: what they do not get goes to their fallback, once, and in order. A storm of
incidents at a chat receiver is a few messages and digests, which count every incident; nothing is lost and nothing comes twice."""
import json
import re

from support.accounting import Ledger, LogFile
from support.daemon import Daemon
from support.scenario import expect, expect_equal, run, wait_for
from support.webhook_receiver import WebhookReceiver, accept, answer_with

STORM = 60


def story(t):
    gone = WebhookReceiver(t, answer_with(410), name="gone")
    picky = WebhookReceiver(t, answer_with(400, body=b"no such channel"), name="picky")
    down = WebhookReceiver(t, name="down")
    down.close()  # connections are refused
    spare = WebhookReceiver(t, accept, name="spare")
    chat = WebhookReceiver(t, answer_with(200, body=b"ok"), name="chat")
    chat_url = t.directory / "chat.url"
    chat_url.write_text(chat.url)
    book = t.directory / "events.jsonl"
    file, ledger = LogFile(t.directory / "error.log"), Ledger()
    daemon = Daemon(t, [t.directory / "error.log"], [
        gone.settings(fallback="spare"), picky.settings(fallback="spare"), down.settings(fallback="spare", fallback_after="1s"), spare.settings(),
        {"type": "slack", "name": "chat", "url_file": chat_url, "messages_per_minute": 20},
        {"type": "file", "name": "book", "path": book}])
    with open(daemon.configuration, "a") as more:  # no groups: the rate limit is what is tried here
        more.write('[[route]]\nname = "all"\nreceivers = ["gone", "picky", "down", "spare", "chat", "book"]\ngroup_by = ["incident"]\n')
    daemon.start()
    file.write(ledger.line_of_new_peer())
    spare.wait_for_events(1)
    wait_for(lambda: daemon.deliveries("dead"), 20, "the dead letter of the one that refuses")
    expect("no such channel" in daemon.deliveries("dead")[0][4], "the reason: %r" % daemon.deliveries("dead")[0][4])
    daemon.wait_for_log(r'receiver "gone" is disabled')

    t.step("%d incidents at once" % STORM)
    for _ in range(STORM):
        file.write(ledger.line_of_new_peer())
    spare.wait_for_events(STORM + 1)
    ledger.expect_all_counted_by_events(spare)
    expect_equal(len({r.id for r in spare.requests()}), len(spare.requests()), "events at the fallback, each once")

    wait_for(lambda: {row[1] for row in daemon.deliveries() if row[0] == "chat" and row[2] != "delivered"} == set(), 40, "all to be told in the chat")
    messages = [json.loads(request.body) for request in chat.requests()]
    digests = [m for m in messages if "notifications in one" in m["text"]]
    t.step("%d messages in the chat, %d of them digests" % (len(messages), len(digests)))
    expect(1 <= len(digests) and len(messages) <= 20, "%d messages, %d digests" % (len(messages), len(digests)))
    told = len(messages) - len(digests) + sum(int(re.search(r"(\d+) notifications in one", m["text"])[1]) for m in digests)
    expect_equal(told, STORM + 1, "incidents that the chat was told of")

    lines = [json.loads(line) for line in book.read_text().splitlines()]
    expect_equal(len({line["id"] for line in lines}), STORM + 1, "different events in the file")
    expect_equal(len(lines), STORM + 1, "lines in the file")
    t.step("the file is moved away: the next event makes it anew")
    book.rename(t.directory / "events.jsonl.1")
    file.write(ledger.line_of_new_peer())
    wait_for(lambda: book.exists() and book.read_text().endswith("}\n"), 20, "the new file")
    daemon.stop()
    spare.expect_all_valid()


run(story)
