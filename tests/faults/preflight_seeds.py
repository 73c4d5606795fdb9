"""Six generated worlds: what changes nothing is called no break, and what preflight says of a new chain comes true in a real nginx."""
import concurrent.futures
import functools
import multiprocessing

from faults.generator.preflight import look_at_seed
from support.scenario import expect, require_program, run


def story(t):
    require_program("nginx", "openssl")
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        all_found = list(pool.map(functools.partial(look_at_seed, cache=str(t.directory / "pki")), range(1, 7)))
    for found in all_found:
        t.step("%d: %d questions, %d cannot be told %s" % (found.seed, found.asked, found.unsure, found.note))
    wrong = ["seed %d: %s" % (found.seed, sentence) for found in all_found for sentence in [*found.wrong, *([found.note] if found.note else [])]]
    expect(not wrong, "\n".join(wrong))


if __name__ == "__main__":
    run(story)
