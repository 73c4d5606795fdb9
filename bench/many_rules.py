#!/usr/bin/env python3
"""Makes a rule set of a wanted size out of the shipped one, for benchmarks: the shipped rules first, then narrowed copies that
ask for one more word, as sites write them for their own servers.

    many_rules.py --count 3000 --rules rules OUT_DIRECTORY
"""
import argparse
import glob
import json
import os


# What a rule of a site's own has, at the least: it shares the texts of the causes.
KEPT = "signature contexts actions upstream_schemes domain category side kind severity noise root_cause causes".split()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--rules", default="rules")
    parser.add_argument("out")
    arguments = parser.parse_args()
    rules = []
    for file in sorted(glob.glob(arguments.rules + "/*.json")):
        entries = json.load(open(file, encoding="utf-8"))
        rules += entries if isinstance(entries, list) else [entries]
    made = rules[: arguments.count]
    number = 0
    while len(made) < arguments.count:
        for rule in rules:
            if len(made) >= arguments.count:
                break
            number += 1
            copy = {key: rule[key] for key in KEPT if key in rule}
            copy["id"] = "bench/%s-%d" % (rule["id"].split("/")[-1], number)
            copy["regex"] = "(?:%s).*site-%05d" % (rule["regex"], number)
            made.append(copy)
    os.makedirs(arguments.out, exist_ok=True)
    with open(os.path.join(arguments.out, "rules.json"), "w", encoding="utf-8") as out:
        json.dump(made, out, ensure_ascii=False, indent=1)


main()
