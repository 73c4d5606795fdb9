"""Stand-ins for hosted services, built from their published limits and signatures: each reads one request and says what is wrong with it.

Slack: docs.slack.dev, Block Kit. Discord: discord.com/developers, webhooks. Teams: Adaptive Cards in incoming webhooks. Feishu, DingTalk, WeCom:
their guides to custom robots. PagerDuty: Events API v2.
"""
import base64
import hashlib
import hmac
import json
import re
import time
import urllib.parse

from support.scenario import Failed

UNSEEN = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f]")


def units(text):
    """The length as JavaScript counts it."""
    return len(text.encode("utf-16-le")) // 2


def need(condition, what):
    if not condition:
        raise Failed(what)


def outside_code(text):
    """Markdown without its code, in which there are no mentions and no links. An escaped backtick begins none."""
    return re.sub("`[^`]*`", "", re.sub("```.*?```", "", text.replace("\\`", ""), flags=re.S))


def texts_in(value):
    """Every string of a JSON value."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_in(inner)


def parsed(request, limit, service):
    need(request.method == "POST", "%s: %s" % (service, request.method))
    media = (request.header("content-type") or "").split(";")[0]
    need(media == "application/json", "%s: content-type %r" % (service, media))
    need(len(request.body) <= limit, "%s: %d bytes" % (service, len(request.body)))
    body = json.loads(request.body.decode("utf-8"))
    for text in texts_in(body):
        need(not UNSEEN.search(text), "%s: control or direction characters in %r" % (service, text))
    return body


def slack(request):
    body = parsed(request, 100_000, "slack")
    need(set(body) <= {"text", "blocks", "attachments"}, "slack: members %r" % sorted(body))
    need(0 < units(body["text"]) <= 4000, "slack: text")
    blocks = list(body.get("blocks", ()))
    for attachment in body.get("attachments", ()):
        need(re.fullmatch("#[0-9A-F]{6}", attachment["color"]), "slack: colour")
        blocks += attachment["blocks"]
    need(0 < len(blocks) <= 50, "slack: %d blocks" % len(blocks))
    seen = ""
    for block in blocks:
        need(block["type"] in ("header", "section", "divider", "context"), "slack: block %r" % block["type"])
        if block["type"] == "header":
            need(block["text"]["type"] == "plain_text" and 0 < units(block["text"]["text"]) <= 150, "slack: header")
        if block["type"] == "section":
            text = block["text"]
            need(text["type"] == "mrkdwn" and 0 < units(text["text"]) <= 3000, "slack: section of %d" % units(text["text"]))
            need(text.get("verbatim") is True, "slack: would find links and mentions by itself")
            need("<" not in text["text"] and ">" not in text["text"], "slack: a bare < or > in %r" % text["text"])
            need(re.fullmatch(r"([^&]|&(amp|lt|gt);)*", text["text"]), "slack: a bare &")
            need(text["text"].count("```") % 2 == 0, "slack: an open code block")
        seen += json.dumps(block, ensure_ascii=False)
    return seen


def discord(request):
    body = parsed(request, 100_000, "discord")
    need(body["allowed_mentions"] == {"parse": []}, "discord: mentions are allowed")
    total = 0
    for embed in body["embeds"]:
        need(units(embed["title"]) <= 256, "discord: title")
        need(units(embed["description"]) <= 4096, "discord: description of %d" % units(embed["description"]))
        need(0 <= embed["color"] <= 0xFFFFFF, "discord: colour")
        total += units(embed["title"]) + units(embed["description"])
    need(0 < len(body["embeds"]) <= 10 and total <= 6000, "discord: %d in all" % total)
    need(body["embeds"][0]["description"].count("```") % 2 == 0, "discord: an open code block")
    return body["embeds"][0]["title"] + body["embeds"][0]["description"]


def mattermost(request):
    body = parsed(request, 100_000, "mattermost")
    (attachment,) = body["attachments"]
    need(attachment["fallback"] and units(attachment["text"]) <= 4000, "mattermost: too long")
    need(not re.search(r"@(all|channel|here)", outside_code(attachment["text"])), "mattermost: calls everybody")
    return attachment["text"]


def teams(request):
    body = parsed(request, 28 * 1024, "teams")
    need(body["type"] == "message" and len(body["attachments"]) == 1, "teams: frame")
    (attachment,) = body["attachments"]
    need(attachment["contentType"] == "application/vnd.microsoft.card.adaptive", "teams: contentType")
    card = attachment["content"]
    need(card["type"] == "AdaptiveCard" and card["version"] in ("1.2", "1.4", "1.5"), "teams: card")
    seen = ""
    for element in card["body"]:
        if element["type"] == "TextBlock":
            seen += element["text"]
            continue
        need(element["type"] == "RichTextBlock" and element["inlines"], "teams: element %r" % element)
        for run in element["inlines"]:
            need(run["type"] == "TextRun" and run["text"], "teams: run %r" % run)
            seen += run["text"]
        seen += "\n"
    return seen


def feishu(request, secret):
    body = parsed(request, 20 * 1024, "feishu")
    need(abs(int(body["timestamp"]) - time.time()) < 3600, "feishu: timestamp")
    key = ("%s\n%s" % (body["timestamp"], secret)).encode()
    need(body["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode(), "feishu: sign")
    need(body["msg_type"] == "interactive", "feishu: msg_type")
    card = body["card"]
    need(card["header"]["title"]["tag"] == "plain_text", "feishu: title")
    for element in card["elements"]:
        need(element["tag"] == "div" and element["text"]["tag"] == "plain_text", "feishu: markup that could mention somebody")
    return card["header"]["title"]["content"] + "".join(element["text"]["content"] for element in card["elements"])


def dingtalk(request, secret):
    body = parsed(request, 20_000, "dingtalk")
    query = urllib.parse.parse_qs(request.target.partition("?")[2], strict_parsing=True)
    need(query["access_token"] == ["dt-token"], "dingtalk: access_token %r" % query)
    (timestamp,), (sign,) = query["timestamp"], query["sign"]
    need(re.fullmatch(r"\d{13}", timestamp) and abs(int(timestamp) / 1000 - time.time()) < 3600, "dingtalk: timestamp")
    wanted = hmac.new(secret.encode(), ("%s\n%s" % (timestamp, secret)).encode(), hashlib.sha256).digest()
    need(base64.b64decode(sign) == wanted, "dingtalk: sign")
    need(body["msgtype"] == "markdown" and body["markdown"]["title"], "dingtalk: body")
    need(body["at"]["isAtAll"] is False, "dingtalk: calls everybody")
    return body["markdown"]["text"]


def wecom(request):
    body = parsed(request, 20_000, "wecom")
    content = body["markdown"]["content"]
    need(body["msgtype"] == "markdown" and 0 < len(content.encode()) <= 4096, "wecom: %d bytes" % len(content.encode()))
    need("<" not in content, "wecom: a tag or a mention")
    return content


def pagerduty(request, routing_key):
    body = parsed(request, 512 * 1024, "pagerduty")
    need(body["routing_key"] == routing_key, "pagerduty: routing_key")
    need(body["event_action"] in ("trigger", "resolve") and 0 < len(body["dedup_key"]) <= 255, "pagerduty: action, dedup_key")
    if body["event_action"] == "trigger":
        payload = body["payload"]
        need(0 < units(payload["summary"]) <= 1024, "pagerduty: summary")
        need(payload["source"] and payload["severity"] in ("critical", "error", "warning", "info"), "pagerduty: source, severity")
        need(set(payload) <= {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}, "pagerduty: payload")
    return json.dumps(body, ensure_ascii=False)
