"""
compare: ours at two revisions, run by run in turn.

`script/bench --compare REV1 REV2 [definitions]` builds both in work trees of their own under build/compare (WORK: what stands here), no more of
them than is asked for, and runs what each definition measures of ours, by both, alternately, on the same inputs. What is compared is processor time where a command
is measured, and what the program told of itself where it alternates inside.

A difference counts where it is beyond the noise: the runs of the two sides are one another's pairs, and an interval of the median of their
ratios (by ranks: a sign test, so that one outlier does no harm) leaves out 1. It is the narrowest that has 95 % confidence; fewer than six
runs have none such, and the whole range is taken: of five runs it has 93.75 %. What it has is told.
"""
import math
import re
import shutil
import statistics
import subprocess
import sys

import machine
import peers
import steps
from sampling import ROOT, Fault, Skipped, configure_command, file_digest, keeping, timed

WORK = "WORK"
CONFIDENCE = 0.95
REVISION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/@^~{}-]*")
COMPARED = ("step", "peer", "threads", "cold-start", "first-byte", "whole")
DEFAULT = ("decode-simdjson", "fold", "words", "phrases-pack", "regex-pack", "scan", "judge", "score-one-thread", "score-quotes", "score-two-threads", "cold-10000")


def rank_interval(count, confidence=CONFIDENCE):
    """Which of so many sorted values bound the median with this confidence, by the binomial law: (low, high), indices; the widest there is where none does."""
    low = 0
    for rank in range(count // 2):
        outside = 2 * sum(math.comb(count, hit) for hit in range(rank + 1)) / 2**count
        if outside > 1 - confidence:
            break
        low = rank
    return low, count - 1 - low


def confidence_of(count):
    """What the interval of so many runs really has: ranks go in steps, and few runs do not reach what is asked for."""
    low, _ = rank_interval(count)
    return 1 - 2 * sum(math.comb(count, hit) for hit in range(low + 1)) / 2**count


def ratios(before, after):
    """Median and interval of after ÷ before, of runs that were made in pairs; beyond: does the interval leave out 1?"""
    pairs = sorted(b / a for a, b in zip(before, after, strict=True))
    low, high = rank_interval(len(pairs))
    return {"ratio": statistics.median(pairs), "from": pairs[low], "to": pairs[high], "beyond": pairs[low] > 1 or pairs[high] < 1}


class Revision:
    """One side: a work tree, and what was built of it."""

    def __init__(self, name, folder):
        self.name, self.folder = name, folder
        self.source = ROOT if name == WORK else folder / "tree"
        self.build = folder / "build"
        self.built = set()
        self.commit = machine.about_commit()["id"] + ("" if machine.about_commit()["clean"] else " with changes") if name == WORK else ""

    def prepare(self):
        """The source, and a build folder that knows it."""
        if self.name != WORK:
            self.check_out()
        self.build.mkdir(parents=True, exist_ok=True)
        self.command(configure_command(self.build, self.source))

    def command(self, words):
        """What it says goes to build.log; Skipped where it has no such target."""
        done = subprocess.run(words, capture_output=True, text=True)
        with open(self.build / "build.log", "a", encoding="utf-8") as log:
            log.write(done.stdout + done.stderr)
        if "unknown target" in done.stdout + done.stderr:
            raise Skipped(f"{self.name} has no {words[-1]}")
        if done.returncode != 0:
            raise Fault(f"{self.name} cannot be built: {self.build}/build.log")

    def check_out(self):
        if not REVISION.fullmatch(self.name):
            raise Fault(f"{self.name} is no revision")
        self.commit = machine.said("git", "rev-parse", "--verify", "--short=10", f"{self.name}^{{commit}}")
        if not self.commit:
            raise Fault(f"{self.name} is no revision")
        if self.source.exists() and machine.said("git", "rev-parse", "--short=10", "HEAD", folder=self.source) == self.commit:
            return
        self.remove()
        self.folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["git", "worktree", "add", "--detach", str(self.source), self.commit], cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise Fault(f"git worktree: {(done.stderr.strip().splitlines() or ['failed'])[-1]}")

    def remove(self):
        if self.name == WORK:
            return
        shutil.rmtree(self.source, ignore_errors=True)
        subprocess.run(["git", "worktree", "prune"], cwd=ROOT, capture_output=True)

    def program(self, name):
        """A program of this revision, built; Skipped where it has none."""
        path = self.build / ("engine/cli/caremeter" if name == "caremeter" else f"bench/{name}")
        if name not in self.built:
            sys.stderr.write(f"bench: building {name} of {self.name}\n")
            self.command(["cmake", "--build", str(self.build), "--target", name])
            self.built.add(name)
        return path


def by_command(command, environment=None):
    """A sample of a whole process: its processor time."""
    return lambda: {"value": timed(command, environment)["cpu_seconds"]}


def commands(bench, definition, revision):
    """What a definition runs of ours, by this revision: a function that gives a sample, and the file whose bytes tell whether both did the same."""
    out = revision.folder / "out"
    if definition["measure"] == "step":
        program = revision.program(definition["program"])
        own = {"runs": 1, "pack": revision.source / definition.get("pack", "")}
        arguments = [part.format(**{**steps.values_of(bench, definition, part), **own}) for part in definition["arguments"]]
        return lambda: own_figures(program, arguments, definition), None
    caremeter = revision.program("caremeter")
    if definition["measure"] == "first-byte":
        values = {"conversation": bench.conversation(definition["conversation"])}
    elif definition["measure"] in ("cold-start", "whole"):
        path = bench.archive(definition)[0]
        return by_command([caremeter, "score", path, "--pack", peers.rules(bench, definition), "--evidence", "refs", "--threads", "1", "--out", out]), out
    else:
        values = {"archive": bench.archive(definition)[0], "threads": max(definition.get("threads", [1]))}
    values = {"out": out, "pack": revision.source / definition["pack"], **values}
    environment = keeping(revision.folder / "kept") if definition["measure"] == "first-byte" else None
    return by_command([caremeter, *(part.format(**values) for part in definition["ours"])], environment), out


def own_figures(program, arguments, definition):
    """One run of a program that measures itself: ours alone of what it tells."""
    rows = [row for row in steps.rows_once(program, arguments) if row["side"] == "ours"]
    over = {key: value for key, value in definition["figure"]["over"].items() if key not in ("value", "side")}
    row = steps.find(rows, over) if over else rows[0]
    return {"value": row["cpu_ns_per_unit"] * 1e-9 * row["units"], "found": row["found"]}


def one(bench, definition, revisions):
    """Ratios of one definition; both sides warm up once, then take turns."""
    sides = [commands(bench, definition, revision) for revision in revisions]
    samples, found = ([], []), [None, None]
    for number in range(bench.runs + 1):
        for side, (sample, out) in enumerate(sides):
            got = sample()
            if number:
                samples[side].append(got["value"])
            else:
                found[side] = got.get("found", file_digest(out) if out and out.exists() else None)
    return {**ratios(*samples), "before": statistics.median(samples[0]), "after": statistics.median(samples[1]), "same": found[0] == found[1]}


def tell_titles(names, runs):
    """What the figures beneath are."""
    first, second = (name[:11] for name in names)
    percent = f"{100 * confidence_of(runs):.2f}".rstrip("0").rstrip(".")
    print(f"Processor time in seconds, medians of {runs} runs each, in turn. Ratio: the median of {second} ÷ {first}, each run with its neighbour;")
    print(f"interval: of that median, with {percent} % confidence (sign test). A difference counts where the interval leaves out 1.")
    print(f"{'definition':<26} {first:>11} {second:>11} {'ratio':>7}  {'interval':<11}  verdict")


def tell(name, told):
    verdict = ("slower" if told["ratio"] > 1 else "faster") if told["beyond"] else "no difference that is beyond the noise"
    same = "" if told["same"] else "  (they found different things)"
    print(f"{name:<26} {told['before']:>11.6f} {told['after']:>11.6f} {told['ratio']:>7.3f}  {told['from']:.3f}–{told['to']:.3f}  {verdict}{same}")


def chosen_of(definitions_chosen, every):
    """Those that were named; else a set that shows every step and the whole."""
    return definitions_chosen if definitions_chosen is not None else {name: every[name] for name in DEFAULT if name in every}


def compare(bench, chosen, every, names):
    """0; 1 where a definition could not be compared."""
    failed = False
    folder = bench.build.parent / "compare"
    revisions = [Revision(name, folder / f"{side}-{re.sub('[^0-9A-Za-z.-]', '_', name)}") for side, name in zip(("first", "second"), names)]
    try:
        for revision in revisions:
            revision.prepare()
            print(f"{revision.name}: {revision.commit}")
    except Fault as fault:
        print(f"bench: {fault}")
        return 1
    tell_titles(names, bench.runs)
    for name, definition in chosen_of(chosen, every).items():
        try:
            if definition["measure"] not in COMPARED or "sweep" in definition:
                raise Skipped(f"{'sweeps' if 'sweep' in definition else definition['measure']} cannot be compared between revisions")
            tell(name, one(bench, definition, revisions))
        except Skipped as skipped:
            print(f"{name:<26} SKIPPED: {skipped}")
        except Fault as fault:
            failed = True
            print(f"{name:<26} not compared: {fault}")
    return 1 if failed else 0
