"""
memory: the owner of a live run without a broker (kafka/live_memory.c): the measures live-memory-run and live-open.
"""
import json

from sampling import ROOT, alternate, median, run, side, timed

QUICK_OPEN = 2000
OPEN_FOR = "90d"  # longer than any archive lasts: what is open stays open


def command(bench, definition, archive, *more):
    settings = [part for key, value in definition.get("settings", {}).items() for part in ("--set", f"{key}={value}")]
    return [bench.program("bench_live_memory"), archive, "--pack", ROOT / definition["pack"], *more, *settings]


def memory_run(bench, definition):
    """Events as they come, to scorecards, beside the same by `score`: what states, ticks and open cards cost."""
    archive, events = bench.archive(definition)
    out = bench.cache / "memory-scores.ndjson"
    score = [bench.caremeter, "score", archive, "--pack", ROOT / definition["pack"], "--evidence", "refs", "--threads", "1", "--out", out]
    sides = {"ours": lambda: json.loads(run(command(bench, definition, archive, "--evidence", "refs", "--threads", "1")).stdout), "score": lambda: timed(score)}
    samples = alternate(sides, bench.runs)
    last, cards = samples["ours"][-1], bench.scorecards(out, archive)
    wrong = {"events": [events, last["events"]], "interactions": [cards, last["interactions"]]}
    return {
        "figure": median(samples["ours"], "cpu_seconds") / median(samples["score"], "cpu_seconds"),
        "sides": {name: {**side(some, events), "cpu_us_per_event": round(1e6 * median(some, "cpu_seconds") / events, 3)} for name, some in samples.items()},
        "counts": {"events": events, "interactions": cards, "states": last["states"], "flushes": last["flushes"]},
        "unequal": {name: pair for name, pair in wrong.items() if pair[0] != pair[1]},
    }


def open_interactions(bench, definition):
    """So many interactions that never end: what an event costs, and what each of them takes."""
    archive, events = bench.archive(definition)
    wanted = min(definition["open"], QUICK_OPEN) if bench.quick else definition["open"]
    copies = max(1, wanted // definition["input"]["open"])
    channels = [part for channel in ("chat", "call", "email", "social") for part in ("--set", f"idle.{channel}={OPEN_FOR}")]
    one = command(bench, definition, archive, "--evidence", "refs", "--threads", "1", "--copies", copies, *channels)
    samples = alternate({"ours": lambda: json.loads(run(one).stdout)}, bench.runs)["ours"]
    last, total = samples[-1], events * copies
    wrong = {"events": [total, last["events"]], "interactions still open": [last["interactions"], last["open"]]}
    resident = median(samples, "grown_bytes") / last["open"]
    return {
        "figure": resident,
        "sides": {"ours": {**side(samples, total), "cpu_us_per_event": round(1e6 * median(samples, "cpu_seconds") / total, 3),
                           "state_bytes_each": round(last["memory_bytes"] / last["open"], 1), "resident_bytes_each": round(resident, 1)}},
        "counts": {"events": total, "open": last["open"], "state_mib": last["memory_bytes"] >> 20, "flushes": last["flushes"]},
        "unequal": {name: pair for name, pair in wrong.items() if pair[0] != pair[1]},
    }


MEASURES = {"live-memory-run": memory_run, "live-open": open_interactions}
