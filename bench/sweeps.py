"""
sweeps: one measure again and again, with one key of its definition changed: how a figure grows with phrases, turns, threads.

Every point is a measurement like any other: its sides alternate, its counts must be equal and as expected. The figure of a sweep is that
of the last point over that of the first, of the first side.
"""
import copy
import os

from definitions import CORES
from sampling import Fault

QUICK_POINTS = 2


def cores():
    """1, 2, 4 and on, and all there are."""
    everyone = len(os.sched_getaffinity(0))
    return sorted({*(1 << bit for bit in range(everyone.bit_length()) if 1 << bit <= everyone), everyone})


def values_of(sweep, quick):
    values = cores() if sweep["values"] == CORES else sweep["values"]
    return values[:QUICK_POINTS] if quick else values


def point_of(definition, value):
    """The definition of one point: the key set, and what is expected there."""
    point = copy.deepcopy(definition)
    sweep, table = point.pop("sweep"), point
    *path, key = sweep["key"].split(".")
    for part in path:
        table = table[part]
    table[key] = [1, value] if isinstance(table.get(key), list) else value
    at = point.get("expect", {}).pop("at", {})
    point.setdefault("expect", {}).update(at.get(str(value), {}))
    return point


def shown(side, key):
    if key not in side:
        raise Fault(f"a side has no {key}: {', '.join(side)}")
    return side[key]


def last_side(sides):
    """Of a point of threads: the one with the most."""
    return {"ours": list(sides.values())[-1]}


def measure(bench, definition, measure_one):
    """All points; measure_one(definition) measures one of them."""
    sweep, points, unequal, lost = definition["sweep"], [], {}, {}
    for value in values_of(sweep, bench.quick):
        result = measure_one(point_of(definition, value))
        sides = last_side(result["sides"]) if sweep["key"] == "threads" else result["sides"]
        points.append({"x": value, "sides": sides, "counts": result["counts"], **({"figure": result["figure"]} if "figure" in result else {})})
        unequal |= {f"{what} at {value:,}": pair for what, pair in result["unequal"].items()}
        lost |= {f"{what} at {value:,}": pair for what, pair in result.get("lost_by_peer", {}).items()}
    label = next(iter(points[0]["sides"]))
    ends = [shown(point["sides"][label], sweep["value"]) for point in (points[0], points[-1])]
    return {"figure": ends[1] / ends[0], "axis": sweep["axis"], "unit": sweep["unit"], "value": sweep["value"], "points": points, "sides": {}, "counts": {},
            "lost_by_peer": lost, "unequal": unequal}
