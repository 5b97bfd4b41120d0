#!/usr/bin/env python3
"""Run the benchmarks that bench/definitions/ describes, and keep a record.

Every definition says what is run, on which input, what the input must be, and which figure is wanted.
The sides of a comparison alternate, at least five times after one unmeasured run; medians are compared.
What is compared must have found the same: unequal counts fail the run, whatever the speed.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import time
import tomllib

sys.dont_write_bytecode = True  # the source tree stays clean
import board  # noqa: E402
import live  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
from sampling import BENCH, ROOT, Fault, Skipped, alternate, digest, file_digest, median, run, side, timed, tree_digest  # noqa: E402

RUNS_MIN = 5
QUICK_EVENTS = 20000
INTERACTION_ID = re.compile(rb'"interaction_id": *"((?:[^"\\]|\\.)*)"')
SPEAKER_BITS = {"agent": 1 << 1, "lead": 1 << 2, "customer": 1 << 3, "bot": 1 << 4, "system": 1 << 5}  # bare_loop.h


class Bench:
    def __init__(self, build, runs, quick, own):
        self.build, self.runs, self.quick, self.own = build, runs, quick, own
        self.cache = build / "inputs"
        self.cache.mkdir(parents=True, exist_ok=True)
        self.caremeter = build / "engine/cli/caremeter"
        self.seen = {}  # rows of programs that were run
        self.broker = None  # live.py's, once a definition wants one

    def close(self):
        if self.broker:
            self.broker.cluster.remove()

    def program(self, name):
        path = self.build / "bench" / name
        if not path.exists():
            raise Fault(f"{name} was not built: is its library installed? (script/bootstrap bench)")
        return path

    def make(self, path, command_for):
        """Make a cached file or files: written beside it, then renamed, so that an interrupted run leaves nothing half done."""
        if not path.exists():
            fresh = path.with_name(path.name + ".new")
            run(command_for(fresh))
            fresh.rename(path)
        return path

    def archive(self, definition):
        if self.own:
            return self.own, sum(1 for _ in open(self.own, "rb"))
        wanted = dict(definition["input"])
        if self.quick:
            wanted["events"] = min(wanted["events"], QUICK_EVENTS)
        generate = self.program("bench_generate")
        key = digest(json.dumps(wanted, sort_keys=True), generate, BENCH / "vocabulary.txt", BENCH / "templates.txt")[:16]
        options = [part for name, value in wanted.items() for part in (f"--{name}", value)]
        path = self.make(self.cache / f"{key}.ndjson", lambda fresh: [generate, "--folder", BENCH, *options, "--out", fresh])
        expected = definition.get("expect", {}).get("sha256")
        if expected and not self.quick and file_digest(path) != expected:
            raise Fault("the generated archive is not the one that the definition expects (sha256)")
        return path, wanted["events"]

    def export(self, definition, archive):
        export, pack, lexicon = self.program("bench_export"), ROOT / definition["pack"], ROOT / "rules/lexicon"
        key = digest(archive.name, archive.stat().st_mtime_ns if self.own else "", export, tree_digest(pack, lexicon))[:16]
        text, cues, counts, trees = (self.cache / f"{key}.{kind}" for kind in ("text.ndjson", "cues.tsv", "counts.tsv", "trees.tsv"))
        self.make(text, lambda fresh: [export, "--lexicon", lexicon, "--pack", pack, "--archive", archive, "--text", fresh, "--cues", cues,
                                       "--counts", counts, "--trees", trees])
        return text, cues, counts, trees

    def ours(self, definition, **values):
        values = {"pack": definition["pack"], **values}
        return [self.caremeter, *(part.format(**values) for part in definition["ours"])]

    def scorecards(self, out, archive):
        """Every conversation of the archive must have its scorecard: a fast program that drops some is no fast program."""
        conversations = len({INTERACTION_ID.search(line)[1] for line in open(archive, "rb")})
        cards = sum(1 for _ in open(out, "rb"))
        if cards != conversations:
            raise Fault(f"{cards} scorecards of {conversations} conversations")
        return conversations

    def peer(self, definition):
        archive, events = self.archive(definition)
        text, cues, counts, _ = self.export(definition, archive)
        loop, found, out = self.program("bench_bare_loop"), self.cache / "found.tsv", self.cache / "out.ndjson"

        def bare():
            return json.loads(run([loop, text, cues, "--counts", found]).stdout)

        samples = alternate({"ours": lambda: timed(self.ours(definition, archive=archive, out=out)), "bare loop": bare}, self.runs)
        wanted, got = peers.read_counts(counts), peers.read_counts(found)
        unequal = {cue: [wanted.get(cue), got.get(cue)] for cue in sorted(wanted | got) if wanted.get(cue) != got.get(cue)}
        lost = lost_by_peer(unequal, third_opinion(unequal, text, cues), sum(wanted.values()))
        bare_one = samples["bare loop"][0]
        expected = definition.get("expect", {}).get("turns", bare_one["turns"])
        if bare_one["events"] != events or (not self.quick and not self.own and bare_one["turns"] != expected):
            raise Fault(f"the bare loop saw {bare_one['events']} events of {events}, {bare_one['turns']} turns of {expected}")
        return {
            "figure": median(samples["bare loop"]) / median(samples["ours"]),
            "figure_by_cpu": median(samples["bare loop"], "cpu_seconds") / median(samples["ours"], "cpu_seconds"),
            "sides": {"ours": side(samples["ours"], bare_one["events"], archive.stat().st_size),
                      "bare loop": side(samples["bare loop"], bare_one["events"], bare_one["bytes"])},
            "counts": {"events": bare_one["events"], "turns": bare_one["turns"], "cues": len(wanted), "turn_cue_pairs": sum(wanted.values()),
                       "lost_by_peer": sum(wanted - got for wanted, got in lost.values()), "scorecards": self.scorecards(out, archive)},
            "lost_by_peer": lost,
            "unequal": {cue: counts for cue, counts in unequal.items() if cue not in lost},
        }

    def threads(self, definition):
        archive, events = self.archive(definition)
        outs = {n: self.cache / f"out{n}.ndjson" for n in definition["threads"]}
        sides = {str(n): (lambda n=n: timed(self.ours(definition, archive=archive, out=outs[n], threads=n))) for n in definition["threads"]}
        samples = alternate(sides, self.runs)
        one, two = definition["threads"]
        same = file_digest(outs[one]) == file_digest(outs[two])
        return {
            "figure": median(samples[str(one)]) / median(samples[str(two)]),
            "sides": {f"{n} thread{'s' * (n > 1)}": side(samples[str(n)], events, archive.stat().st_size) for n in definition["threads"]},
            "counts": {"scorecards": self.scorecards(outs[one], archive), "same_bytes": same},
            "unequal": {} if same else {"scorecards": ["one thread", "two threads"]},
        }

    def conversation(self, definition):
        wanted = definition["conversation"]
        lines = [line for line in (ROOT / wanted["file"]).read_text("utf-8").splitlines(True) if json.loads(line)["interaction_id"] == wanted["id"]]
        path = self.cache / "conversation.ndjson"
        path.write_text("".join(lines), "utf-8")
        return path

    def first_byte(self, definition):
        command = [str(part) for part in self.ours(definition, conversation=self.conversation(definition))]

        def sample():
            begin = time.perf_counter()
            with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
                first = child.stdout.read(1)
                seconds = time.perf_counter() - begin
                child.stdout.read()
            if child.returncode != 0 or first != b"{":
                raise Fault(f"no scorecard on stdout, exit code {child.returncode}")
            return {"seconds": seconds}

        samples = alternate({"ours": sample}, max(self.runs, 4 * RUNS_MIN))
        return {"figure": 1000 * median(samples["ours"]), "sides": {"ours": side(samples["ours"])}, "counts": {}, "unequal": {}}

    def turns(self, definition):
        """The texts of an archive alone, a turn a line."""
        archive, _ = self.archive(definition)
        path = self.cache / f"{archive.stem}.turns.txt"
        if self.own or not path.exists():
            texts = (json.loads(line).get("text") for line in open(archive, encoding="utf-8"))
            path.write_text("".join(text.replace("\n", " ") + "\n" for text in texts if text), "utf-8")
        return path

    def measures(self, definition):
        """A program of bench/ that alternates and counts by itself, and prints a line of JSON a measurement."""
        arguments = [part.format(runs=self.runs, turns=self.turns(definition)) for part in definition["arguments"]]
        rows = self.rows(self.program(definition["program"]), tuple(arguments))

        def find(wanted):
            where = {key: value for key, value in wanted.items() if key != "value"}
            found = [row for row in rows if all(row.get(key) == value for key, value in where.items())]
            if len(found) != 1:
                raise Fault(f"{len(found)} measurements where {where}")
            return found[0]

        over, under = definition["figure"]["over"], definition["figure"]["under"]
        used = [find(over), find(under)]
        unequal = {f"{row['phrases']} phrases": [row["pairs"], row["peer_pairs"]] for row in used if not excusable(row)}
        return {
            "figure": used[0][over["value"]] / used[1][under["value"]],
            "sides": {},
            "counts": {f"{key}_at_{row['phrases']}": row[key] for row in used for key in ("ours_mb_s", "peer_mb_s", "pairs", "peer_pairs", "compile_s", "peer_compile_s")},
            "unequal": unequal,
            "rows": rows,
        }

    def rows(self, program, arguments):
        """Definitions that look at the same run share it. Exit code 1: counts differ, which the rows tell."""
        if (program, arguments) not in self.seen:
            done = subprocess.run([str(program), *arguments], capture_output=True, text=True, cwd=ROOT)
            rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            if done.returncode not in (0, 1) or not rows:
                raise Fault(f"{program.name} ended with {done.returncode}: {(done.stderr.strip().splitlines() or ['nothing'])[-1]}")
            self.seen[program, arguments] = rows
        return self.seen[program, arguments]

    MODELS = {"peer": peer, "threads": threads, "first-byte": first_byte, "program": measures, **live.MODELS, **board.MODELS, **peers.MODELS}

    def measure(self, definition):
        return self.MODELS[definition["model"]](self, definition)


def third_opinion(wanted, text, cues):
    """Distinct turns of these cues by Python's re, which shares no line with either side. Slow, so only where the two differ."""
    if not wanted:
        return {}
    patterns, counts = {}, dict.fromkeys(wanted, 0)
    for line in open(cues, "rb"):
        cue, speakers, pattern = line.rstrip(b"\n").split(b"\t")
        if cue.decode() in counts:
            patterns.setdefault(cue.decode(), []).append((int(speakers), re.compile(pattern)))
    for line in open(text, "rb"):
        event = json.loads(line)
        if "text" in event and event.get("type", "message") == "message":
            turn, speaker = b"\x1e %s \x1e" % event["text"].encode(), SPEAKER_BITS[event["speaker"]]
            for cue, some in patterns.items():
                counts[cue] += any(speakers & speaker and pattern.search(turn) for speakers, pattern in some)
    return counts


def lost_by_peer(unequal, third, pairs):
    """Cues of which the peer found less than there is: ours and Python's re agree. Excused as long as they are a few in a thousand: it must have done the same work."""
    lost = {cue: counts for cue, counts in unequal.items() if None not in counts and counts[1] < counts[0] == third[cue]}
    return lost if 200 * sum(wanted - got for wanted, got in lost.values()) <= pairs else {}


def excusable(row):
    """A peer that found less, by no more than a pair in a thousand: Vectorscan's known losses. Ours is held to PCRE2 by the tests."""
    return row["pairs"] == row["peer_pairs"] and row["equal"] or 0 < row["pairs"] - row["peer_pairs"] <= row["pairs"] / 1000


def judge(definition, result):
    target = definition["target"]
    if "at_least" in target:
        return result["figure"] >= target["at_least"]
    return result["figure"] <= target["at_most"]


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    return {"processor": model, "cores": os.cpu_count(), "kernel": platform.release(), "load": round(os.getloadavg()[0], 2)}


def commit():
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return {"id": git("rev-parse", "--short=10", "HEAD") or "none", "clean": not git("status", "--porcelain", "--untracked-files=no")}


def build(folder):
    log = folder / "build.log"
    folder.mkdir(parents=True, exist_ok=True)
    for command in (["cmake", "-S", str(ROOT), "-B", str(folder), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCAREMETER_BENCH=ON", "-DCAREMETER_TESTS=OFF"],
                    ["cmake", "--build", str(folder)]):
        with open(log, "a") as out:
            if subprocess.run(command, stdout=out, stderr=subprocess.STDOUT).returncode != 0:
                sys.stderr.write("".join(open(log).readlines()[-30:]))
                sys.exit("bench: the build failed")


def read_definitions(only):
    found = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((BENCH / "definitions").glob("*.toml"))}
    unknown = set(only) - set(found)
    if unknown:
        sys.exit(f"bench: no such definition: {', '.join(sorted(unknown))}. There are: {', '.join(found)}")
    return {name: found[name] for name in (only or found)}


def tell(name, definition, result):
    target = definition["target"]
    wanted = f"≥ {target['at_least']}" if "at_least" in target else f"≤ {target['at_most']}"
    if "fault" in result or "skipped" in result:
        told = f"not measured: {result['fault']}" if "fault" in result else f"SKIPPED: {result['skipped']}"
        print(f"{name:<22} {'–':>9}  {wanted:<7} {told}")
        return
    verdict = "unequal counts" if result["unequal"] else "met" if result["met"] else "missed"
    print(f"{name:<22} {result['figure']:>9.2f}  {wanted:<7} {verdict:<8} {target['of']}")
    if "figure_by_cpu" in result:
        print(f"    {result['figure_by_cpu']:.2f} by processor time, which a busy machine disturbs less")
    for label, one in result["sides"].items():
        rates = "".join(f", {one[key]:,} {unit}" for key, unit in (("events_per_s", "events/s"), ("turns_per_s", "turns/s"), ("mb_per_s", "MB/s"), ("max_rss_mib", "MiB")) if key in one)
        cpu = f", cpu {one['cpu_s']:.4f} s" if "cpu_s" in one else ""
        print(f"    {label:<18} {one['median_s']:.4f} s ({one['from_to_s'][0]:.4f}–{one['from_to_s'][1]:.4f}){cpu}{rates}")
    if result["counts"]:
        print("    " + ", ".join(f"{key.replace('_', ' ')} {value:,}" if isinstance(value, int) and not isinstance(value, bool) else f"{key.replace('_', ' ')} {value}"
                                 for key, value in result["counts"].items()))
    for cue, (want, got) in list(result.get("lost_by_peer", {}).items())[:20]:
        print(f"    lost by the peer: {cue}: {got} of {want}, Python's re agrees with ours")
    for cue, (want, got) in list(result["unequal"].items())[:20]:
        print(f"    unequal: {cue}: {want} here, {got} there")


def measure_all(bench, definitions, record, check):
    """Into the record, and told; true where something failed."""
    failed = False
    for name, definition in definitions.items():
        try:
            result = bench.measure(definition)
            result["met"] = judge(definition, result)
        except Skipped as skipped:
            result = {"skipped": str(skipped), "unequal": {}, "met": True}
        except Fault as fault:
            result = {"fault": str(fault)}
        failed |= "fault" in result or bool(result["unequal"]) or (check and not result["met"])
        record["results"][name] = {"target": definition["target"], **result}
        tell(name, definition, result)
        sys.stdout.flush()
    return failed


def write_report():
    try:
        print(f"report: {report.write(read_definitions([])).relative_to(ROOT)}")
    except Fault as fault:
        sys.exit(f"bench: {fault}")
    return 0


def main():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", help="names of definitions; all of them if none is given")
    parser.add_argument("--runs", type=int, default=RUNS_MIN, help="measured runs of each side (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="small inputs, one run, no record: does everything still work?")
    parser.add_argument("--check", action="store_true", help="exit 1 where a target is missed, not only where counts are unequal")
    parser.add_argument("--archive", type=pathlib.Path, help="measure on this archive (NDJSON, uncompressed) instead of made-up ones; no record")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench", help="build folder (default build/bench)")
    parser.add_argument("--no-build", action="store_true", help="measure what stands in the build folder")
    parser.add_argument("--no-record", action="store_true", help="write no record")
    parser.add_argument("--report", action="store_true", help="measure nothing: write bench/REPORT.md and its plots from the records")
    arguments = parser.parse_args()
    if arguments.report:
        return write_report()
    definitions = read_definitions(arguments.only)
    if not arguments.no_build:
        build(arguments.build.resolve())
    bench = Bench(arguments.build.resolve(), 1 if arguments.quick else max(arguments.runs, RUNS_MIN), arguments.quick,
                  arguments.archive and arguments.archive.resolve())
    record = {"at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "commit": commit(), "machine": machine(),
              "runs": bench.runs, "results": {}}
    try:
        failed = measure_all(bench, definitions, record, arguments.check)
    finally:
        bench.close()
    if not (arguments.quick or arguments.archive or arguments.no_record):
        path = BENCH / "records" / f"{record['at'][:10]}-{record['commit']['id']}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
        print(f"record: {path.relative_to(ROOT)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
