"""Includes follow the flow of the data, from left to right: daemon/ingest never sees daemon/emit, and of a stage to its left a folder sees
only what that stage puts out. daemon/README.md has the rule in words; this is the list that counts."""
import pathlib
import re

from support.daemon import source_directory
from support.scenario import expect, run

# May be used by all (net and engine not by what is pure); use no stage, and of one another only what stands to the left.
FOUNDATION = ["base", "telemetry", "net", "engine"]
# In the order in which a line flows through them.
STAGES = ["ingest", "receive", "parse", "match", "correlate", "nginx", "diagnose", "event", "notify", "format", "emit"]
# What each stage puts out: the headers that stages to its right may include. Everything else is its own business.
OUTPUT = {
    "ingest": ["log_line.h"],
    "receive": ["edge_report.h"],
    "parse": ["context.h", "error_record.h", "openssl_error.h", "time_zone.h", "message_begin.h"],
    "match": ["recognised_line.h", "rule.h", "rule_set.h", "knowledge.h", "advice_facts.h"],
    "correlate": ["incident.h", "diagnosis_note.h", "incident_title.h", "quiet.h", "present_rate.h", "urgency.h", "severity.h", "partition.h"],
    "notify": [],
    # A model of nginx for the diagnosis to ask: all but how it reads.
    "nginx": ["address.h", "configuration.h", "configuration_file.h", "configuration_lexer.h", "effective_tls.h", "error_log_inventory.h", "governing.h", "inheritance.h",
              "installation.h", "listener_tls.h", "location_match.h", "nginx_version.h", "time_value.h"],
    "diagnose": ["diagnosis.h"],
    "event": ["remediation_event.h", "sample_event.h", "partition_address.h"],
    "format": ["cloudevents_format.h", "clean_text.h", "wire_format.h", "alertmanager_format.h"],
    "emit": [],
}
# Stages declare the options that they take and the interfaces that they need; these folders fill the one and implement the other.
SERVANTS = {
    "control": set(),
    "store": {"ingest/read_position.h", "event/remediation_event.h"},
    "config": {"notify/route.h", "notify/maintenance.h", "parse/time_zone.h", "receive/record/field_names.h"},
}
# Use everything except the daemon, and nothing uses them but main.cpp.
FRONT = ["cli", "web"]
# Files of daemon/ itself that are part of the pure flow: the stages that they compose, and the stages that may see them. The analysis
# stands between match and correlate, which takes what it recognises; the diagnosis reads a sample line again. The analysis reads its lines
# with the line reader.
COMPOSED = {"analysis": ["ingest", "parse", "match", "line_reader"], "line_reader": ["parse", "match"]}
SEES_COMPOSED = {"analysis": ["correlate", "diagnose"], "line_reader": ["analysis"]}
# The parts that daemon.cpp puts together, each around one stage: they see everything to their left, and only daemon sees them.
PARTS = "runtime"
# See everything.
TOP = ["daemon", "main"]
# The stages that are pure never wait for anything: time arrives as an argument.
PURE = ["parse", "match", "correlate", "notify", "nginx", "format"]
# Expensive to compile, so never in a header that others include.
HEAVY_IN_HEADERS = re.compile(r"(spdlog|boost/beast|toml\+\+|CLI/|simdjson)")

# Permissions that some include needed: one that nobody uses goes.
USED = set()

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)


def layer_of(path):
    """("folder", "ingest") or ("top", "daemon") for "daemon_start.cpp"."""
    if len(path.parts) > 1:
        return "folder", path.parts[0]
    stem = path.stem
    for name in [*COMPOSED, *TOP]:
        if stem == name or stem.startswith(name + "_"):
            return "top", name
    return "top", stem


def complaint(source, included):
    """Why `source` must not include `included` (both relative to daemon/), or None."""
    kind, here = layer_of(source)
    included_kind, there = layer_of(included)
    if (kind, here) == (included_kind, there):
        return None
    if kind == "top":
        if here in TOP:
            return None
        if here in COMPOSED:
            return None if there in FOUNDATION or there in COMPOSED[here] else "%s composes %s only" % (here, ", ".join(COMPOSED[here]))
        return "daemon/%s is not in the list of this test" % source
    if included_kind == "top":
        allowed = TOP + ([PARTS] + FRONT + SEES_COMPOSED[there] if there in COMPOSED else [])
        return None if here in allowed else "only %s may see %s" % (", ".join(allowed), there)
    if there == PARTS:
        return "only daemon may see %s" % PARTS
    if here == PARTS:
        return None if there not in FRONT else "nothing uses %s but main.cpp" % there
    if there in FOUNDATION:
        if there in ("net", "engine") and here in PURE:
            return "%s is pure and never sees the network" % here
        if here in FOUNDATION and FOUNDATION.index(there) > FOUNDATION.index(here):
            return "%s stands to the right of %s" % (there, here)
        return None
    if here in FOUNDATION:
        return "%s uses no stage" % here
    if there in FRONT:
        return "nothing uses %s but main.cpp" % there
    if here in FRONT:
        return None
    if here in SERVANTS:
        if str(included) in SERVANTS[here]:
            USED.add((here, str(included)))
            return None
        return "%s may see of the stages only %s" % (here, ", ".join(sorted(SERVANTS[here])))
    if there in SERVANTS:
        return "stages never see %s" % there
    if here not in STAGES:
        return "daemon/%s/ is not in the list of this test" % here
    if there not in STAGES:
        return "daemon/%s/ is not in the list of this test" % there
    if STAGES.index(there) > STAGES.index(here):
        return "%s stands to the right of %s" % (there, here)
    USED.add((there, included.name))
    if included.name not in OUTPUT[there]:
        return "it is no output of %s (those are: %s)" % (there, ", ".join(OUTPUT[there]))
    return None


def story(t):
    daemon = source_directory() / "daemon"
    files = sorted(path for path in daemon.rglob("*") if path.suffix in (".h", ".cpp"))
    expect(files, "no sources in %s" % daemon)
    wrong = []
    for file in files:
        source = file.relative_to(daemon)
        text = file.read_text("utf-8")
        for include in INCLUDE.finditer(text):
            line = text.count("\n", 0, include.start()) + 1
            ours, system = include.group(1), include.group(2)
            if ours is not None:
                if not (daemon / ours).exists():
                    wrong.append("%s:%d: \"%s\" is no path that starts at daemon/" % (source, line, ours))
                    continue
                reason = complaint(source, pathlib.PurePath(ours))
                if reason:
                    wrong.append("%s:%d: includes %s: %s" % (source, line, ours, reason))
            else:
                folder = source.parts[0]
                if folder in PURE and system.startswith("boost/asio"):
                    wrong.append("%s:%d: includes <%s>: %s is pure" % (source, line, system, folder))
                if folder in PURE and system in ("thread", "condition_variable", "future"):
                    wrong.append("%s:%d: includes <%s>: %s has no threads" % (source, line, system, folder))
                if file.suffix == ".h" and HEAVY_IN_HEADERS.match(system) and "store" != folder:
                    wrong.append("%s:%d: includes <%s> in a header" % (source, line, system))
    for text in wrong:
        print("daemon/" + text)
    t.step("%d files" % len(files))
    expect(not wrong, "%d includes against the flow" % len(wrong))
    idle = ["%s: %s" % (here, header) for here, headers in [*OUTPUT.items(), *SERVANTS.items()] for header in headers if (here, header) not in USED]
    expect(not idle, "permissions that nothing uses: " + ", ".join(sorted(idle)))


run(story)
