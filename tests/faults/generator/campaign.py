"""Runs seeds, and prints how the diagnosis did, kind by kind. See README.md beside tests/faults."""
import argparse
import collections
import concurrent.futures
import functools
import multiprocessing
import os
import sys

from faults.generator.run_seed import run_seed


def parse_seeds(text):
    seeds = []
    for part in text.split(","):
        first, _, last = part.partition("..")
        seeds += range(int(first), int(last or first) + 1)
    return seeds


def percent(part, whole):
    return "%5.1f %%" % (100.0 * part / whole) if whole else "      -"


def report(grades):
    rows = collections.defaultdict(collections.Counter)
    for grade in grades:
        for row in [" + ".join(grade.kinds) or "?", "ALL"]:
            count = rows[row]
            count["seeds"] += 1
            if grade.verdict != "graded":
                count[grade.verdict] += 1
                continue
            count["judged"] += grade.is_cause_right is not None
            count["causes"] += bool(grade.is_cause_right)
            count["curable"] += bool(grade.is_curable)
            count["cured"] += bool(grade.is_curable and grade.is_cured)
            for name in ("is_false_proof", "is_unsafe_first", "is_noise"):
                count[name] += getattr(grade, name)
            count["contradiction"] += bool(grade.contradiction)
    print("%-44s %5s %18s %18s %6s %6s %6s %6s %5s" % ("kind", "seeds", "causes", "cures", "false", "unsafe", "noise", "contra", "void"))
    for row in sorted(rows, key=lambda name: (name == "ALL", name)):
        c = rows[row]
        print("%-44s %5d %5d/%-4d %s %5d/%-4d %s %6d %6d %6d %6d %5d" % (
            row, c["seeds"], c["causes"], c["judged"], percent(c["causes"], c["judged"]), c["cured"], c["curable"],
            percent(c["cured"], c["curable"]), c["is_false_proof"], c["is_unsafe_first"], c["is_noise"], c["contradiction"],
            c["void"] + c["broken"]))


def main():
    parser = argparse.ArgumentParser(prog="./dev faults", description=__doc__)
    parser.add_argument("--seeds", default="1..40", help="1..40, or 7,9,100..120")
    parser.add_argument("--only", default="", help="a regular expression of kinds: every seed gets one of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--cache", help="where certificates are kept; default: a directory of the system for temporary files")
    parser.add_argument("--keep", action="store_true", help="keep the directory of every failure")
    parser.add_argument("--failures", help="a file to which seeds that failed are added")
    args = parser.parse_args()
    if "HANDSHAKED" not in os.environ:
        parser.error("HANDSHAKED has to name the program")
    grades = []
    one = functools.partial(run_seed, only=args.only, cache=args.cache, keep=args.keep)
    with concurrent.futures.ProcessPoolExecutor(args.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for grade in pool.map(one, parse_seeds(args.seeds)):
            grades.append(grade)
            failed = grade.failures() + (["broken"] if grade.verdict == "broken" else [])
            if failed or grade.verdict == "void":
                print("seed %d: %s: %s: wanted %s, found %s %s" % (grade.seed, " + ".join(grade.kinds), ", ".join(failed) or grade.verdict,
                                                                  "|".join(grade.wanted), grade.found, grade.note or grade.contradiction),
                      flush=True)
            if failed and args.failures:
                with open(args.failures, "a") as file:
                    file.write("%d %s\n" % (grade.seed, " + ".join(grade.kinds)))
    report(grades)
    print("%.1f s a seed" % (sum(grade.seconds for grade in grades) / max(1, len(grades))))
    is_false = any(grade.is_false_proof or grade.is_unsafe_first or grade.is_noise or grade.contradiction for grade in grades)
    return 1 if is_false or any(grade.verdict == "broken" for grade in grades) else 0


if __name__ == "__main__":
    sys.exit(main())
