"""
plots: the drawings of a report: a bar a peer, a line a sweep.
"""
import svg

HIT = "turns_hit_percent"  # of any cue; expressions that stand in nearly every turn make it a bad axis


def peer_of(result):
    """Name and side of the peer."""
    return next((label, one) for label, one in result["sides"].items() if label != "ours")


def speed_by_cpu(one):
    return one["turns"] / one["cpu_s"]


def of_kind(results, definitions, measure, gapped):
    return {name: result for name, (result, _) in results.items()
            if definitions[name]["measure"] == measure and "phrases" in definitions[name]["rules"] and definitions[name]["rules"].get("gapped", False) == gapped
            and definitions[name].get("text") != "warm"}


def whole(results, definitions, gapped):
    """Turns a second by processor time; ours the median of its medians, for it stands in every one of these."""
    chosen = of_kind(results, definitions, "whole", gapped)
    if not chosen:
        return None
    ours = sorted(speed_by_cpu(result["sides"]["ours"]) for result in chosen.values())
    rows = [("caremeter score, all of it", ours[len(ours) // 2])]
    for name, result in chosen.items():
        rows.append((definitions[name]["target"]["of"].split(" in ", 1)[1].split(", matching")[0], speed_by_cpu(peer_of(result)[1])))
    rows.sort(key=lambda row: -row[1])
    kind = "with gaps" if gapped else "plain"
    return svg.bars(f"550 phrases, {kind}: from JSON to scorecards, beside peers that only match", "turns a second of processor time, one thread", rows,
                    {"caremeter score, all of it"})


def matchers(results, definitions):
    """MB/s by the number of plain phrases."""
    series = {"caremeter": []}
    for name, result in of_kind(results, definitions, "matcher", False).items():
        phrases, (label, one) = definitions[name]["rules"]["phrases"], peer_of(result)
        series.setdefault(label, []).append((phrases, one["mb_per_s"] * one["median_s"] / one["cpu_s"]))
        ours = result["sides"]["ours"]
        series["caremeter"].append((phrases, ours["mb_per_s"] * ours["median_s"] / ours["cpu_s"]))
    if len(series) == 1:
        return None
    sizes = sorted({phrases for phrases, _ in series["caremeter"]})
    middle = [sorted(speed for phrases, speed in series["caremeter"] if phrases == size) for size in sizes]
    series["caremeter"] = [(size, speeds[len(speeds) // 2]) for size, speeds in zip(sizes, middle)]
    return svg.lines("Matchers alone: plain phrases, a turn at a time, text that nobody has seen", "phrases", "MB of text a second of processor time", series)


def across(point):
    """Where a point stands: what was asked for, or what it turned out to be."""
    counts = point["counts"]
    return 100 * counts["pairs"] / counts["turns"] if HIT in counts else point["x"]


def sweep(title, result, value, unit):
    """A line a side; None where nobody has this value, or at one point alone."""
    series = {}
    for point in result["points"]:
        for label, one in point["sides"].items():
            if one.get(value):
                series.setdefault("caremeter" if label == "ours" else label, []).append((across(point), one[value]))
    if not series or max(map(len, series.values())) < 2:
        return None
    axis = "cues heard by phrases in a hundred turns" if HIT in result["points"][0]["counts"] else result["axis"]
    return svg.lines(title, axis, unit, series)


def resident(result):
    """Memory over what was read."""
    most = {}  # once all is read it judges, and gives back
    for given, mib in result.get("resident", []):
        most[given / 1e9] = max(mib, most.get(given / 1e9, 0))
    title = "Memory while an archive goes through"
    return svg.lines(title, "gigabytes read", "MiB of resident memory", {"caremeter": list(most.items())}, axis=svg.Even) if len(most) > 1 else None


def of_definition(name, definition, result):
    """{file name without ending: drawing} of one definition."""
    made = {}
    title = definition.get("title") or definition["why"].split(".")[0].replace("\n", " ")
    if "points" in result:
        made[name] = sweep(title, result, definition["sweep"]["value"], definition["sweep"]["unit"])
        if "also" in definition["sweep"]:
            made[f"{name}-also"] = sweep(title, result, definition["sweep"]["also"], definition["sweep"]["also_unit"])
    elif "resident" in result:
        made[name] = resident(result)
    return {file: drawing for file, drawing in made.items() if drawing}
