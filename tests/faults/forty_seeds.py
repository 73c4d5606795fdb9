"""Forty seeds of the generator, and every seed that failed once: no false proof, nothing unsafe first, silence where nothing is broken."""
import concurrent.futures
import functools
import multiprocessing
import pathlib

from faults.generator.run_seed import run_seed
from support.scenario import expect, require_program, run

# Of forty: what the rates in daemon/diagnose/README.md promise, and a little room for a machine that is slow.
FEWEST_CAUSES, FEWEST_CURES = 0.93, 0.85


def kept_seeds():
    """"SEED KIND [KIND]", one a line; what follows # is why it is kept."""
    lines = (pathlib.Path(__file__).parent / "seeds.txt").read_text().splitlines()
    rows = [line.partition("#")[0].split() for line in lines]
    return [(int(row[0]), row[1] if len(row) > 1 else "") for row in rows if row]


def story(t):
    require_program("nginx", "openssl", "patch")
    cache = str(t.directory / "pki")
    wanted = [(seed, "") for seed in range(1, 41)] + kept_seeds()
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        grades = list(pool.map(functools.partial(grade_of, cache=cache), wanted))
    for grade in grades:
        t.step("%d %s: %s %s" % (grade.seed, " + ".join(grade.kinds), ", ".join(grade.failures()) or grade.verdict, grade.note))
    broken = [grade for grade in grades if grade.verdict == "broken"]
    expect(not broken, "\n".join("seed %d could not be played: %s" % (grade.seed, grade.note) for grade in broken))
    false = [grade for grade in grades if set(grade.failures()) - {"cause", "cure"}]
    expect(not false, "\n".join("seed %d: %s: %s" % (grade.seed, ", ".join(grade.failures()), grade.note or grade.contradiction) for grade in false))
    judged = [grade for grade in grades[:40] if grade.is_cause_right is not None]
    curable = [grade for grade in grades[:40] if grade.is_curable]
    expect(sum(grade.is_cause_right for grade in judged) >= FEWEST_CAUSES * len(judged), "too few causes are right")
    expect(sum(bool(grade.is_cured) for grade in curable) >= FEWEST_CURES * len(curable), "too few faults are cured")
    kept = [grade for grade in grades[40:] if grade.failures()]
    expect(not kept, "\n".join("kept seed %d fails again: %s, found %s" % (grade.seed, ", ".join(grade.failures()), grade.found) for grade in kept))


def grade_of(wanted, cache):
    seed, kind = wanted
    return run_seed(seed, only=kind, cache=cache)


if __name__ == "__main__":
    run(story)
