"""
report: records/ as a page that people read: REPORT.md and its plots in report/.

The newest record is told. What it lacks, because somebody measured a part alone, is taken from the newest older one that
has it, and says of which day it is.
"""
import json

import svg
from sampling import BENCH, Fault

PLOTS = BENCH / "report"
PAGE = BENCH / "REPORT.md"


def read_records():
    """Newest first."""
    found = [json.loads(path.read_text("utf-8")) for path in (BENCH / "records").glob("*.json")]
    if not found:
        raise Fault("there is no record yet: script/bench makes one")
    return sorted(found, key=lambda record: record["at"], reverse=True)


def newest_results(records, names):
    """{definition: (result, the record that it is of)}, of those that were measured."""
    out = {}
    for name in names:
        for record in records:
            result = record["results"].get(name)
            if result and "figure" in result:
                out[name] = result, record
                break
    return out


def wanted(target):
    return f"≥ {target['at_least']}" if "at_least" in target else f"≤ {target['at_most']}"


def verdict(result, definition):
    target = definition["target"]
    if result["unequal"]:
        return "unequal counts"
    met = result["figure"] >= target["at_least"] if "at_least" in target else result["figure"] <= target["at_most"]
    return "reached" if met else "missed"


def of_day(record, newest):
    return "" if record is newest else f" ({record['at'][:10]}, {record['commit']['id'][:7]})"


def table(head, rows):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows), ""]


def all_rows(results, definitions, newest):
    for name, (result, record) in results.items():
        by_cpu = svg.number(result["figure_by_cpu"]) if "figure_by_cpu" in result else "–"
        yield [f"`{name}`{of_day(record, newest)}", definitions[name]["target"]["of"], svg.number(result["figure"]), by_cpu,
               wanted(definitions[name]["target"]), verdict(result, definitions[name])]


def peer_of(result):
    """Name and side of the peer."""
    return next((label, one) for label, one in result["sides"].items() if label != "ours")


def speed_by_cpu(one):
    return one["turns"] / one["cpu_s"]


def of_kind(results, definitions, model, gapped):
    return {name: result for name, (result, _) in results.items()
            if definitions[name]["measure"] == model and "phrases" in definitions[name]["rules"] and definitions[name]["rules"].get("gapped", False) == gapped
            and definitions[name].get("text") != "warm"}


def whole_plot(results, definitions, gapped):
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


def matcher_plot(results, definitions):
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


def side_rows(results, definitions, model):
    for name, (result, _) in results.items():
        if definitions[name]["measure"] != model:
            continue
        label, one = peer_of(result)
        yield [f"`{name}`", label, svg.number(result["sides"]["ours"]["mb_per_s"]), svg.number(one["mb_per_s"]), f"{result['counts']['turns']:,}",
               f"{result['counts']['turn_cue_pairs']:,}", f"{result['counts']['compile_s']:.3f}", f"{one['max_rss_mib']:,}"]


def put_plots(results, definitions):
    PLOTS.mkdir(exist_ok=True)
    made = {"whole-plain": whole_plot(results, definitions, False), "whole-gapped": whole_plot(results, definitions, True),
            "matchers-plain": matcher_plot(results, definitions)}
    for name, drawing in made.items():
        if drawing:
            (PLOTS / f"{name}.svg").write_text(drawing, "utf-8")
    return [name for name, drawing in made.items() if drawing]


def write(definitions):
    """From the records; the path of the page."""
    records = read_records()
    newest, results = records[0], newest_results(records, definitions)
    machine, commit = newest["machine"], newest["commit"]
    skipped = [f"- `{name}`: {result.get('skipped') or result['fault']}" for name, result in newest["results"].items() if "figure" not in result]
    out = ["# What was measured", "",
           "Made by `script/bench --report` from `records/`; not to be edited. [README.md](README.md) says how it is measured and how we may be fooling ourselves.", "",
           f"{newest['at'][:10]}, commit {commit['id']}{'' if commit['clean'] else ' with changes'} · {machine['processor']}, {machine['cores']} cores, "
           f"load {machine['load']} at the start · {newest['runs']} alternating runs a side, medians. A day in brackets: from an older record.", ""]
    plots = put_plots(results, definitions)
    titles = {"whole-plain": "550 plain phrases", "whole-gapped": "550 phrases with gaps", "matchers-plain": "Matchers alone"}
    for name in plots:
        out += [f"![{titles[name]}](report/{name}.svg)", ""]
    out += ["## All definitions", "", *table(["definition", "figure", "wall", "processor", "wanted", ""], all_rows(results, definitions, newest))]
    head = ["definition", "peer", "ours MB/s", "peer MB/s", "turns compared", "pairs, equal", "peer compiles, s", "peer MiB"]
    out += ["## All of score beside peers that match", "", *table(head, side_rows(results, definitions, "whole"))]
    out += ["## Matchers alone", "", *table(head, side_rows(results, definitions, "matcher"))]
    if skipped:
        out += ["## Not measured", "", *skipped, ""]
    PAGE.write_text("\n".join(out), "utf-8")
    return PAGE
