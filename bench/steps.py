"""
steps: programs of bench/ that alternate and count by themselves and print a line of JSON a side (steps/harness.h): the measure step.
"""
import json
import statistics
import subprocess

from sampling import ROOT, Fault, spread

QUICK_PHRASES_DIVISOR = 50
EXCUSED = 1000  # a peer may lose one pair in so many: Vectorscan's known losses. Ours is held to PCRE2 by the tests.


def rows_once(program, arguments):
    """Exit code 1: counts differ, which the rows tell."""
    done = subprocess.run([str(program), *(str(part) for part in arguments)], capture_output=True, text=True, cwd=ROOT)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode not in (0, 1) or not rows:
        raise Fault(f"{program.name} ended with {done.returncode}: {(done.stderr.strip().splitlines() or ['nothing'])[-1]}")
    for row in rows if done.returncode == 1 else ():
        row["differs"] = True
    return rows


def rows_of(bench, program, arguments):
    """Definitions that look at the same run share it."""
    key = (program, tuple(str(part) for part in arguments))
    if key not in bench.seen:
        bench.seen[key] = rows_once(program, arguments)
    return bench.seen[key]


def sizes_of(bench, definition):
    """Numbers of phrases: a list, or the one of a point of a sweep, which is as it is for --quick, too."""
    sizes = definition["sizes"]
    return ",".join(str(scaled(bench, size)) for size in sizes) if isinstance(sizes, list) else sizes


def scaled(bench, phrases):
    """For --quick a fiftieth: peers compile thousands of phrases for minutes."""
    return max(1, phrases // QUICK_PHRASES_DIVISOR) if bench.quick else phrases


def scaled_figure(bench, figure):
    return {part: {key: scaled(bench, value) if key == "phrases" else value for key, value in row.items()} for part, row in figure.items()}


def find(rows, wanted):
    where = {key: value for key, value in wanted.items() if key != "value"}
    found = [row for row in rows if all(row.get(key) == value for key, value in where.items())]
    if len(found) != 1:
        raise Fault(f"{len(found)} measurements where {where}")
    return found[0]


def figures(rows, figure):
    """The figure by the wall, and by processor time where it is a speed."""
    over = find(rows, figure["over"])
    under = find(rows, figure["under"]) if "under" in figure else None
    wall = over[figure["over"]["value"]] / (under[figure["under"]["value"]] if under else 1)
    values = {figure["over"]["value"], *({figure["under"]["value"]} if under else ())}
    if not values <= {"mb_per_s", "units_per_s", "ns_per_unit"}:
        return {"figure": wall}

    def by_cpu(row, value):
        return row["cpu_ns_per_unit"] if value == "ns_per_unit" else 1 / row["cpu_ns_per_unit"]

    cpu = by_cpu(over, figure["over"]["value"])
    return {"figure": wall, **({"figure_by_cpu": cpu / by_cpu(under, figure["under"]["value"])} if under else {})}


def differ(row, ours):
    """Has a side found what it should not have? One that lost a pair in a thousand at most is let off, and told."""
    if row["reference"] or row["found"] == ours["found"] and row["check"] == ours["check"]:
        return False
    return not (row.get("excusable") and 0 < ours["found"] - row["found"] <= ours["found"] / EXCUSED)


def kind_of(row):
    """What tells rows of one side apart: phrases, kind."""
    return tuple(row.get(key) for key in ("phrases", "kind"))


def side_of(row):
    wall = [{"seconds": seconds} for seconds in row["wall_s"]]
    out = {"median_s": round(statistics.median(row["wall_s"]), 9), "from_to_s": spread(wall, digits=9), "cpu_s": round(statistics.median(row["cpu_s"]), 9),
           "units": row["units"], "units_per_s": row["units_per_s"], "mb_per_s": row["mb_per_s"], "ns_per_unit": row["ns_per_unit"]}
    return {**out, **{key: row[key] for key in ("p50_ns", "p99_ns", "compile_s") if row.get(key)}}


def label(row, rows):
    many = len({kind_of(other) for other in rows}) > 1
    return row["side"] + (f" at {row['phrases']:,}" if many and "phrases" in row else "")


def expected(definition, ours):
    """{what: [expected, found]} of counts that are not as the definition says."""
    found = definition.get("expect", {}).get("found")
    if isinstance(found, dict):
        pairs = [(found.get(str(row.get("phrases"))), row) for row in ours]
    else:
        pairs = [(found, row) for row in ours]
    return {f"{row['counted']}{' at ' + str(row['phrases']) if 'phrases' in row else ''}, as expected": [count, row["found"]] for count, row in pairs
            if count is not None and count != row["found"]}


def step(bench, definition):
    arguments = [part.format(**values_of(bench, definition, part)) for part in definition["arguments"]]
    rows = rows_of(bench, bench.program(definition["program"]), arguments)
    ours = [row for row in rows if row["side"] == "ours"]
    unequal, lost = {}, {}
    for row in rows:
        mine = next(one for one in ours if kind_of(one) == kind_of(row))
        if differ(row, mine):
            unequal[f"{label(row, rows)}, {row['counted']}"] = [mine["found"], row["found"]]
        elif not row["reference"] and row["found"] != mine["found"]:
            lost[label(row, rows)] = [mine["found"], row["found"]]
    if rows[0].get("differs") and not unequal and not lost:
        unequal["a side, from run to run"] = ["the same", "something else"]
    if not bench.quick and not bench.own:
        unequal |= expected(definition, ours)
    counts = {f"{row['counted']}{' at ' + format(row['phrases'], ',') if len(ours) > 1 else ''}": row["found"] for row in ours}
    hit = {"units_hit_percent": round(100 * ours[0]["units_hit"] / ours[0]["units"], 2)} if "units_hit" in ours[0] else {}
    return {**figures(rows, scaled_figure(bench, definition["figure"])), "sides": {label(row, rows): side_of(row) for row in rows},
            "counts": {ours[0]["unit"] + "s": ours[0]["units"], **counts, **hit, "lost_by_peer": sum(a - b for a, b in lost.values())},
            "lost_by_peer": {name: pair for name, pair in lost.items()}, "unequal": unequal}


def values_of(bench, definition, part):
    """What stands in braces; only what is asked for is made."""
    makers = {"runs": lambda: bench.runs, "archive": lambda: bench.archive(definition)[0], "turns": lambda: bench.turns(definition),
              "pack": lambda: ROOT / definition["pack"], "units": lambda: quick_units(bench, definition), "rules": lambda: definition["rules"],
              "sizes": lambda: sizes_of(bench, definition)}
    return {name: make() for name, make in makers.items() if "{" + name + "}" in part}


def quick_units(bench, definition):
    return min(definition["units"], 500) if bench.quick else definition["units"]


MEASURES = {"step": step}
