#!/usr/bin/env python3
"""Tries `handshaked diagnose` on a laboratory of real TLS faults: a directory with a lab.py that knows `list --json` and
`grade ID --cmd COMMAND` (it keeps one broken nginx alive, runs COMMAND with LAB_LOG, LAB_CONF, LAB_DIR, LAB_CAS and LAB_OUT in its
environment, and then judges the configuration that COMMAND left in LAB_OUT with that nginx).

    grade.py --lab DIR --handshaked BUILD/handshaked [--only REGEX] [--jobs 2] [--out DIR]

For every situation: is the diagnosed cause the true one, and does the patch of the first proved fix, applied to copies, cure the real nginx?
Prints a line each and the sums; exit code 1 when a claim is false: a fix called proved that does not cure, or an unsafe first fix."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile


def first_proved_fix(incident):
    for fix in incident["fixes"]:
        if fix["proof"]["status"] == "proved" and fix.get("patch"):
            return fix
    return None


def patched_copies(patch, directory, out):
    """Applies the patch to a copy of what it touches, and puts the files that differ where the laboratory wants them."""
    directory = pathlib.Path(directory)
    with tempfile.TemporaryDirectory() as root:
        copy = pathlib.Path(root) / str(directory).lstrip("/")
        shutil.copytree(directory, copy, symlinks=True, ignore_dangling_symlinks=True, ignore=shutil.ignore_patterns("*.sock", "*.pid"))
        done = subprocess.run(["patch", "-p1", "-d", root, "--no-backup-if-mismatch"], input=patch.encode(), capture_output=True)
        if done.returncode != 0:
            return "the patch does not apply: " + done.stdout.decode(errors="replace")[-300:]
        for path in sorted((copy / "conf").rglob("*")):
            original = directory / "conf" / path.relative_to(copy / "conf")
            if path.is_file() and (not original.exists() or path.read_bytes() != original.read_bytes()):
                target = pathlib.Path(out) / path.relative_to(copy / "conf")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    return None


def work_inside():
    """What the laboratory runs while the situation is alive."""
    environment = os.environ
    answer = subprocess.run([environment["HANDSHAKED"], "diagnose", "--log", environment["LAB_LOG"], "--nginx-conf", environment["LAB_CONF"],
                             "--nginx-prefix", environment["LAB_DIR"], "--ca-store", environment["LAB_CAS"], "--format", "json",
                             "--lang", "en"], capture_output=True, timeout=60)
    result = {"rc": answer.returncode, "stderr": answer.stderr.decode(errors="replace")[-2000:], "incidents": []}
    try:
        result["incidents"] = json.loads(answer.stdout)["incidents"]
    except ValueError:
        result["stderr"] += "\nno JSON: " + answer.stdout.decode(errors="replace")[:500]
    if result["incidents"]:
        fix = first_proved_fix(result["incidents"][0])
        if fix:
            result["patch_problem"] = patched_copies(fix["patch"], environment["LAB_DIR"], environment["LAB_OUT"])
    pathlib.Path(environment["GRADE_RESULT"]).write_text(json.dumps(result))


def grade(situation, args):
    identity = situation["id"]
    result_file = pathlib.Path(args.out) / (identity + ".json")
    result_file.unlink(missing_ok=True)
    environment = dict(os.environ, HANDSHAKED=args.handshaked, GRADE_RESULT=str(result_file))
    environment.setdefault("HANDSHAKED_RULES", str(pathlib.Path(__file__).resolve().parents[2] / "rules"))
    command = f"exec {shlex.quote(sys.executable)} {shlex.quote(os.path.abspath(__file__))} --inside"
    done = subprocess.run([sys.executable, "lab.py", "grade", identity, "--cmd", command], cwd=args.lab, env=environment, capture_output=True,
                          timeout=180)
    try:
        verdict = json.loads(done.stdout)
    except ValueError:
        return {"id": identity, "broken": (done.stdout + done.stderr).decode(errors="replace")[-400:]}
    ours = json.loads(result_file.read_text()) if result_file.exists() else {"incidents": [], "stderr": "no result"}
    ours["verdict"] = verdict
    result_file.write_text(json.dumps(ours, indent=1, ensure_ascii=False))
    accepted = [verdict["cause"], *verdict.get("also_accept", [])]
    first = ours["incidents"][0] if ours["incidents"] else None
    cause = first["diagnosis"]["cause"] if first else "none"
    fix = first_proved_fix(first) if first else None
    candidate = verdict.get("candidate", {})
    return {"id": identity, "reproduced": verdict.get("reproduced"), "wanted": verdict["cause"], "cause": cause, "right": cause in accepted,
            "any_right": any(one["diagnosis"]["cause"] in accepted for one in ours["incidents"]), "fix": fix["id"] if fix else None,
            "first_fix": first["fixes"][0]["id"] if first and first["fixes"] else None,
            "unsafe_first": bool(first and first["fixes"] and first["fixes"][0].get("unsafe")),
            "verdict": candidate.get("verdict"), "unsafe": candidate.get("unsafe"), "patch_problem": ours.get("patch_problem"),
            "disagrees": any("still says with it" in fix["proof"].get("detail", "") for one in ours["incidents"] for fix in one["fixes"]),
            "asked": any("made that handshake" in fix["proof"].get("detail", "") for one in ours["incidents"] for fix in one["fixes"]),
            "stderr": ours.get("stderr", "")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab")
    parser.add_argument("--handshaked")
    parser.add_argument("--only", default=".")
    parser.add_argument("--curable", help="a file with the situations that configuration, peer and CA collection alone can cure; "
                                          "default: curable.txt of the laboratory")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        work_inside()
        return 0
    if not args.lab or not args.handshaked:
        parser.error("--lab and --handshaked are needed")
    args.handshaked = os.path.abspath(args.handshaked)
    args.out = args.out or tempfile.mkdtemp(prefix="handshaked-lab-")
    os.makedirs(args.out, exist_ok=True)
    listed = subprocess.run([sys.executable, "lab.py", "list", "--json"], cwd=args.lab, capture_output=True, check=True).stdout
    situations = [one for one in map(json.loads, listed.splitlines()) if re.search(args.only, one["id"])]
    curable_file = pathlib.Path(args.curable or os.path.join(args.lab, "curable.txt"))
    curable = set(curable_file.read_text().split()) if curable_file.exists() else set()

    # One set of keys and certificates for all; some situations are about dates, so it is made anew each time.
    os.environ.setdefault("LAB_PKI", os.path.join(tempfile.mkdtemp(prefix="handshaked-lab-pki-"), "kept"))
    subprocess.run([sys.executable, "lab.py", "grade", situations[0]["id"], "--cmd", "true"], cwd=args.lab, capture_output=True, check=True)

    results = []
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for result in pool.map(lambda one: grade(one, args), situations):
            results.append(result)
            if "broken" in result:
                print(f"BROKEN {result['id']}: {result['broken']}", flush=True)
                continue
            marks = ["cause" if result["right"] else "CAUSE-WRONG"]
            marks += ["NGINX-DISAGREES"] if result["disagrees"] else []
            if result["id"] in curable:
                marks.append("cured" if result["verdict"] == "fixed" else "NOT-CURED")
            if result["fix"] and result["verdict"] != "fixed":
                marks.append("FALSE-PROOF:" + str(result["verdict"] or result["patch_problem"]))
            if result["unsafe_first"] or result["unsafe"]:
                marks.append("UNSAFE")
            print(f"{' '.join(marks):32} {result['id']:34} wanted {result['wanted']}, found {result['cause']}; fix {result['fix']}, "
                  f"first {result['first_fix']}", flush=True)
    graded = [one for one in results if "broken" not in one]
    cured = [one for one in graded if one["id"] in curable]
    false = [one["id"] for one in graded if one["fix"] and one["verdict"] != "fixed"]
    unsafe = [one["id"] for one in graded if one["unsafe_first"] or one["unsafe"]]
    print(f"{sum(one['right'] for one in graded)} of {len(graded)} causes right, in any incident "
          f"{sum(one['any_right'] for one in graded)}; {sum(one['verdict'] == 'fixed' for one in cured)} of {len(cured)} curable cured, "
          f"{sum(one['verdict'] == 'fixed' for one in graded)} in all; nginx agreed with {sum(one['asked'] for one in graded)} proofs and refused "
          f"{sum(one['disagrees'] for one in graded)}; false proofs {false}; unsafe {unsafe}; details in {args.out}")
    return 1 if false or unsafe or len(graded) < len(results) else 0


if __name__ == "__main__":
    sys.exit(main())
