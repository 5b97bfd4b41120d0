"""
report: records/ as a page that people read: REPORT.md and its plots in report/.

The newest record is told. What it lacks, because somebody measured a part alone, is taken from the newest older one that
has it, and says of which day it is. Records of before there were models are read as well (README.md, Records).
"""
import json

import plots
import svg
from definitions import MODELS, has_target, is_met, wanted
from sampling import BENCH, Fault

PLOTS = BENCH / "report"
PAGE = BENCH / "REPORT.md"

# What is wanted most, in words, and where it is measured.
GOALS = (
    ("One thread of `score`, as fast as a loop that only decodes and matches", ("score-one-thread", "score-one-thread-real")),
    ("The same with quotes", ("score-quotes",)),
    ("Two threads", ("score-two-threads",)),
    ("5,000 phrases with gaps, beside Vectorscan", ("phrases-gapped-5000", "phrases-gapped-5000-real", "phrases-gapped-5000-dense")),
    ("10,000 phrases with gaps cost little more than 100", ("phrases-gapped-growth", "phrases-gapped-growth-real", "phrases-gapped-growth-dense")),
    ("Plain phrases, beside Vectorscan: 50", ("phrases-plain-50", "phrases-plain-50-real")),
    ("Plain phrases, beside Vectorscan: 500", ("phrases-plain-500", "phrases-plain-500-real")),
    ("Plain phrases, beside Vectorscan: 5,000", ("phrases-plain-5000", "phrases-plain-5000-real", "phrases-plain-5000-dense")),
    ("Fresh text, beside RE2::Set", ("peer-re2set-500", "peer-re2set-5000", "peer-re2set-500-gapped")),
    ("Memory of an open conversation", ("live-open-30", "live-open-bytes")),
    ("Memory does not grow with the archive", ("archive-large",)),
    ("Start to first scorecard", ("first-scorecard",)),
    ("10,000 phrases from nothing", ("cold-10000",)),
    ("What Kafka adds", ("live-kafka-cpu",)),
    ("All of `score` beside Python's `re`", ("peer-python-re-550", "peer-python-re-550-gapped")),
    ("All of `score` beside spaCy's Matcher", ("peer-spacy-matcher-550", "peer-spacy-matcher-550-gapped")),
    ("All of `score` beside Kafka Streams with java.util.regex", ("peer-kafka-streams-550", "peer-kafka-streams-550-gapped")),
    ("All of `score` beside Lucene Monitor", ("peer-lucene-monitor-550", "peer-lucene-monitor-550-gapped")),
    ("All of `score` beside spaCy's PhraseMatcher", ("peer-spacy-phrasematcher-550",)),
)


def read_records(folder=BENCH / "records"):
    """Newest first."""
    found = [json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")]
    if not found:
        raise Fault("there is no record yet: script/bench makes one")
    return sorted(found, key=lambda record: record["at"], reverse=True)


def newest_results(records, definitions):
    """{definition: (result, the record that it is of)}, of those that were measured as they are measured now: the figure is of the same."""
    out = {}
    for name, definition in definitions.items():
        for record in records:
            result = record["results"].get(name)
            if result and "figure" in result and result["target"]["of"] == definition["target"]["of"] and ("sweep" not in definition or "points" in result):
                out[name] = result, record
                break
    return out


def verdict(result, definition):
    if result["unequal"]:
        return "unequal counts"
    return {True: "met", False: "missed", None: ""}[is_met(definition, result["figure"])]


def of_day(record, newest):
    return "" if record is newest else f" ({record['at'][:10]}, {record['commit']['id'][:7]})"


def table(head, rows):
    rows = list(rows)
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(row) + " |" for row in rows), ""] if rows else []


def figure_of(result):
    return svg.number(result["figure"]), svg.number(result["figure_by_cpu"]) if "figure_by_cpu" in result else "–"


def goal_rows(results, definitions, newest):
    for words, names in GOALS:
        for name in names:
            if name in results and name in definitions:
                result, record = results[name]
                yield [words, f"`{name}`{of_day(record, newest)}", *figure_of(result), wanted(definitions[name]["target"]), verdict(result, definitions[name])]
            elif name in definitions:
                yield [words, f"`{name}`", "–", "–", wanted(definitions[name]["target"]), "not measured"]


def model_rows(results, definitions, newest, model):
    for name, (result, record) in results.items():
        definition = definitions[name]
        if definition["model"] == model:
            yield [f"`{name}`{of_day(record, newest)}", definition["target"]["of"], *figure_of(result), wanted(definition["target"]), verdict(result, definition)]


def step_rows(results, definitions, model):
    """Sides of what is measured a unit at a time."""
    seen = set()
    for name, (result, _) in results.items():
        if definitions[name]["model"] != model or "points" in result:
            continue
        for label, one in result["sides"].items():
            row = (label, one.get("ns_per_unit"), one.get("p99_ns"), one.get("mb_per_s"))
            if "ns_per_unit" in one and row not in seen:
                seen.add(row)
                yield [f"`{name}`", label, svg.number(one["ns_per_unit"]), svg.number(one["p50_ns"]) if "p50_ns" in one else "–",
                       svg.number(one["p99_ns"]) if "p99_ns" in one else "–", svg.number(one["mb_per_s"]), f"{one['compile_s']:.3g}" if "compile_s" in one else "–"]


def peer_rows(results, definitions, measure):
    for name, (result, _) in results.items():
        if definitions[name]["measure"] != measure:
            continue
        label, one = plots.peer_of(result)
        yield [f"`{name}`", label, svg.number(result["sides"]["ours"]["mb_per_s"]), svg.number(one["mb_per_s"]), f"{result['counts']['turns']:,}",
               f"{result['counts']['turn_cue_pairs']:,}", f"{result['counts']['compile_s']:.3f}", f"{one['max_rss_mib']:,}" if "max_rss_mib" in one else "–"]


def point_rows(result, value):
    labels = list(dict.fromkeys(label for point in result["points"] for label in point["sides"]))
    for point in result["points"]:
        yield [f"{plots.across(point):,}", *(svg.number(point["sides"][label][value]) if value in point["sides"].get(label, {}) else "–" for label in labels)]


def draw(name, drawing, words):
    PLOTS.mkdir(exist_ok=True)
    (PLOTS / f"{name}.svg").write_text(drawing, "utf-8")
    return [f"![{words}](report/{name}.svg)", ""]


def sweep_part(name, definition, result):
    """A sweep's plots, and its points as a table for who wants the numbers."""
    out = []
    for file, drawing in plots.of_definition(name, definition, result).items():
        out += draw(file, drawing, definition["target"]["of"])
    if "points" in result:
        labels = list(dict.fromkeys(label for point in result["points"] for label in point["sides"]))
        out += ["<details><summary>" + definition["sweep"]["unit"] + "</summary>", "", *table([definition["sweep"]["axis"], *labels], point_rows(result, definition["sweep"]["value"])),
                "</details>", ""]
    return out


def model_part(results, definitions, newest, model):
    rows = list(model_rows(results, definitions, newest, model))
    if not rows:
        return []
    out = [f"## {MODELS[model]}", "", *table(["definition", "figure", "wall", "processor", "wanted", ""], rows)]
    out += table(["definition", "side", "ns a unit", "median ns", "p99 ns", "MB/s", "compiles, s"], step_rows(results, definitions, model))
    if model == "peers":
        for name, drawing, words in (("whole-plain", plots.whole(results, definitions, False), "550 plain phrases"),
                                     ("whole-gapped", plots.whole(results, definitions, True), "550 phrases with gaps"),
                                     ("matchers-plain", plots.matchers(results, definitions), "Matchers alone")):
            out += draw(name, drawing, words) if drawing else []
        head = ["definition", "peer", "ours MB/s", "peer MB/s", "turns compared", "pairs, equal", "peer compiles, s", "peer MiB"]
        out += table(head, [*peer_rows(results, definitions, "whole"), *peer_rows(results, definitions, "matcher")])
    for name, (result, _) in results.items():
        if definitions[name]["model"] == model:
            out += sweep_part(name, definitions[name], result)
    return out


def about(newest):
    """Where the newest record was made; older schemas say less."""
    made, commit, load = newest["machine"], newest["commit"], newest.get("load", {})
    memory = f", {made['memory_gib']} GiB" if made.get("memory_gib") else ""
    loads = f"load {load['before'][0]} before and {load['after'][0]} after" if load.get("after") else f"load {made['load']} at the start"
    lines = [f"{newest['at'][:10]}, commit {commit['id']}{'' if commit['clean'] else ' with changes'} · {made['processor']}, {made['cores']} cores{memory}, {loads} · "
             f"{newest['runs']} alternating runs a side, medians. A day in brackets: from an older record.", ""]
    if "compiler" in newest:
        lines += [f"{newest['compiler']['c']}, `{newest['compiler']['flags']}` · kernel {made['kernel']} · "
                  + ", ".join(f"{name} {version}" for name, version in newest.get("libraries", {}).items()), ""]
    return lines


def lost_part(results):
    rows = [[f"`{name}`", cue, f"{want:,}", f"{got:,}"] for name, (result, _) in results.items() for cue, (want, got) in result.get("lost_by_peer", {}).items()]
    words = "Pairs that a peer did not find, and Python's `re` or PCRE2 did: Vectorscan's known losses (README.md)."
    return ["## Lost by peers", "", words, "", *table(["definition", "of", "there are", "found"], rows)] if rows else []


def page(records, definitions):
    newest, results = records[0], newest_results(records, definitions)
    skipped = [f"- `{name}`: {result.get('skipped') or result.get('fault')}" for name, result in newest["results"].items() if "figure" not in result]
    wanted = [name for name, definition in definitions.items() if has_target(definition)]
    reached = [verdict(result, definitions[name]) == "met" for name, (result, _) in results.items() if has_target(definitions[name])]
    out = ["# What was measured", "",
           "Made by `script/bench --report` from `records/`; not to be edited. [README.md](README.md) says how it is measured, [BIAS.md](BIAS.md) how we may be fooling ourselves.",
           "", *about(newest), "## What was wanted", "", f"{sum(reached)} of {len(wanted)} targets are met, {len(reached) - sum(reached)} missed, {len(wanted) - len(reached)} not measured.", "",
           *table(["wanted", "definition", "wall", "processor", "at least or at most", ""], goal_rows(results, definitions, newest))]
    for model in MODELS:
        out += model_part(results, definitions, newest, model)
    out += lost_part(results)
    return "\n".join(out + (["## Not measured", "", *skipped, ""] if skipped else []))


def write(definitions):
    """From the records; the path of the page."""
    PAGE.write_text(page(read_records(), definitions), "utf-8")
    return PAGE
