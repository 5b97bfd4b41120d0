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
import subprocess
import sys
import textwrap

sys.dont_write_bytecode = True  # the source tree stays clean
import archive  # noqa: E402
import board  # noqa: E402
import compare  # noqa: E402
import definitions  # noqa: E402
import live  # noqa: E402
import machine  # noqa: E402
import memory  # noqa: E402
import peers  # noqa: E402
import reload  # noqa: E402
import report  # noqa: E402
import steps  # noqa: E402
import sweeps  # noqa: E402
from inputs import Inputs  # noqa: E402
from sampling import BENCH, CACHE, ROOT, Fault, Skipped, configure_command  # noqa: E402

RUNS_MIN = 5
SCHEMA = 2  # of records; README.md tells what changed
TOLD_MAX = 20  # unequal cues that are printed
MEASURES = {**archive.MEASURES, **steps.MEASURES, **memory.MEASURES, **reload.MEASURES, **live.MEASURES, **board.MEASURES, **peers.MEASURES}


class Bench(Inputs):
    def __init__(self, build, runs, quick, own):
        super().__init__(build, runs, quick, own)
        self.seen = {}  # rows of programs that were run
        self.broker = None  # live.py's, once a definition wants one

    def close(self):
        if self.broker:
            self.broker.cluster.remove()

    def measure(self, definition):
        if "sweep" in definition:
            return sweeps.measure(self, definition, self.measure)
        return MEASURES[definition["measure"]](self, definition)


def build(folder):
    log = folder / "build.log"
    folder.mkdir(parents=True, exist_ok=True)
    sys.stderr.write(f"bench: building, which takes minutes the first time: {log}\n")
    for command in (configure_command(folder, ROOT), ["cmake", "--build", str(folder)]):
        with open(log, "a", encoding="utf-8") as out:
            if subprocess.run(command, stdout=out, stderr=subprocess.STDOUT).returncode != 0:
                sys.stderr.write("".join(open(log, encoding="utf-8").readlines()[-30:]))
                sys.exit("bench: the build failed")


def read_definitions(only):
    try:
        found = definitions.read()
        return definitions.select(found, only)
    except ValueError as error:
        sys.exit(f"bench: {error}")
    except KeyError as name:
        sys.exit(f"bench: no such definition: {name.args[0]}. There are: {', '.join(found)}")


def tell_side(label, one):
    rates = "".join(f", {one[key]:,} {unit}" for key, unit in (("events_per_s", "events/s"), ("turns_per_s", "turns/s"), ("units_per_s", "a second"), ("mb_per_s", "MB/s"),
                                                               ("p99_ns", "ns p99"), ("cpu_us_per_event", "µs cpu an event"), ("max_rss_mib", "MiB")) if key in one)
    cpu = f", cpu {one['cpu_s']:.4f} s" if "cpu_s" in one else ""
    print(f"    {label:<22} {one['median_s']:.4f} s ({one['from_to_s'][0]:.4f}–{one['from_to_s'][1]:.4f}){cpu}{rates}")


def tell_points(result):
    for point in result["points"]:
        values = ", ".join(f"{label} {side[result['value']]:,}" for label, side in point["sides"].items() if result["value"] in side)
        print(f"    {point['x']:>12,} {result['axis']}: {values} {result['unit']}")


def tell_titles():
    print(f"{'definition':<36} {'figure':>11}  {'wanted':<9} {'':<8} what the figure is")


def tell(name, definition, result):
    target = definitions.wanted(definition["target"])
    if "fault" in result or "skipped" in result:
        told = f"not measured: {result['fault']}" if "fault" in result else f"SKIPPED: {result['skipped']}"
        print(f"{name:<36} {'–':>11}  {target:<9} {told}")
        return
    verdict = "unequal counts" if result["unequal"] else {True: "met", False: "missed", None: ""}[result["met"]]
    print(f"{name:<36} {result['figure']:>11,.2f}  {target:<9} {verdict:<8} {definition['target']['of']}")
    if "figure_by_cpu" in result:
        print(f"    {result['figure_by_cpu']:.2f} by processor time, which a busy machine disturbs less")
    for label, one in result["sides"].items():
        tell_side(label, one)
    if "points" in result:
        tell_points(result)
    if result["counts"]:
        print("    " + ", ".join(f"{key.replace('_', ' ')} {value:,}" if isinstance(value, int) and not isinstance(value, bool) else f"{key.replace('_', ' ')} {value}"
                                 for key, value in result["counts"].items()))
    for cue, (want, got) in list(result.get("lost_by_peer", {}).items())[:TOLD_MAX]:
        print(f"    lost by the peer: {cue}: {got} of {want}")
    for cue, (want, got) in list(result["unequal"].items())[:TOLD_MAX]:
        print(f"    unequal: {cue}: {want} here, {got} there")


def measure_all(bench, chosen, record, check, keeping):
    """Into the record, which is kept after each of them if it is to be, and told; true where something failed."""
    failed = False
    tell_titles()
    for name, definition in chosen.items():
        before = machine.load()
        try:
            result = bench.measure(definition)
            result["met"] = None if bench.quick else definitions.is_met(definition, result["figure"])  # one run of little says nothing of speed
        except Skipped as skipped:
            result = {"skipped": str(skipped), "unequal": {}, "met": True}
        except Fault as fault:
            result = {"fault": str(fault)}
        failed |= "fault" in result or bool(result["unequal"]) or (check and result["met"] is False)
        record["results"][name] = {"model": definition["model"], "target": definition["target"], "load": before, **result}
        record["load"]["after"] = machine.load()
        if keeping:
            keep(record)
        tell(name, definition, result)
        sys.stdout.flush()
    return failed


def new_record(bench):
    return {"schema": SCHEMA, "at": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "commit": machine.about_commit(),
            "machine": machine.about_machine(), "compiler": machine.about_compiler(bench.build), "libraries": machine.about_libraries(),
            "load": {"before": machine.load()}, "runs": bench.runs, "results": {}}


def path_of(record):
    return BENCH / "records" / f"{record['at'][:10]}-{record['commit']['id']}.json"


def go_on(record):
    """What was measured earlier on that day at that commit stays, but for what is measured again: a long list can be measured in parts."""
    path = path_of(record)
    if path.exists():
        before = json.loads(path.read_text("utf-8"))
        if before.get("schema") == SCHEMA and all(before["machine"][key] == record["machine"][key] for key in ("processor", "cores", "kernel")):
            record["results"] = before["results"]


def keep(record):
    path = path_of(record)
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")
    fresh.rename(path)


def write_report():
    try:
        print(f"report: {report.write(definitions.read()).relative_to(ROOT)}")
    except (Fault, ValueError) as fault:
        sys.exit(f"bench: {fault}")
    return 0


def read_arguments():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__.splitlines()[0])
    parser.add_argument("only", nargs="*", help="names of definitions, or what some of them begin with (sweep-phrases); all but slow ones if none is given")
    parser.add_argument("--runs", type=int, default=RUNS_MIN, help="measured runs of each side (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="small inputs, one run, no record: does everything still work?")
    parser.add_argument("--check", action="store_true", help="exit 1 where a target is missed, not only where counts are unequal")
    parser.add_argument("--list", action="store_true", help="what there is and what is wanted; of definitions that are named also why; nothing is measured")
    parser.add_argument("--compare", nargs=2, metavar="REV", help="ours at two revisions instead, run by run in turn; WORK is what stands here")
    parser.add_argument("--archive", type=pathlib.Path, help="measure on this archive (NDJSON, uncompressed) instead of made-up ones; no record")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/bench", help="build folder (default build/bench)")
    parser.add_argument("--no-build", action="store_true", help="measure what stands in the build folder")
    parser.add_argument("--no-record", action="store_true", help="write no record")
    parser.add_argument("--report", action="store_true", help="measure nothing: write bench/REPORT.md and its plots from the records")
    return parser.parse_args()


def tell_list(chosen, why):
    """One a line, and beneath it why it is measured, where it was asked for by name."""
    width = max(map(len, chosen))
    for name, definition in chosen.items():
        slow = " (slow: only by name)" if definition.get("slow") else ""
        print(f"{name:<{width}}  {definitions.wanted(definition['target']) or '–':<9} {definition['target']['of']}{slow}")
        if why:
            print(textwrap.fill(definition["why"], 100, initial_indent="    ", subsequent_indent="    "))
    return 0


def main():
    arguments = read_arguments()
    if arguments.report:
        return write_report()
    chosen = read_definitions(arguments.only)
    if arguments.list:
        return tell_list(chosen if arguments.only else definitions.read(), bool(arguments.only))
    if not arguments.no_build:
        build(arguments.build.resolve())
    os.environ[CACHE] = "off"  # what is measured compiles its packs, but where a measure says otherwise
    bench = Bench(arguments.build.resolve(), 1 if arguments.quick else max(arguments.runs, RUNS_MIN), arguments.quick,
                  arguments.archive and arguments.archive.resolve())
    if arguments.compare:
        return compare.compare(bench, chosen if arguments.only else None, definitions.read(), arguments.compare)
    record = new_record(bench)
    keeping = not (arguments.quick or arguments.archive or arguments.no_record)
    if keeping:
        go_on(record)
    try:
        failed = measure_all(bench, chosen, record, arguments.check, keeping)
    finally:
        bench.close()
    if keeping:
        print(f"record: {path_of(record).relative_to(ROOT)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
