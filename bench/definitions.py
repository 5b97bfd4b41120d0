"""
definitions: what bench/definitions/*.toml may say, and which of them are meant.

A definition names the model, which is what is measured, and the measure, which is how. A misspelt key would silently change what is
compared, so unknown ones are refused, and every fault of a file is told at once.
"""
import tomllib

from sampling import BENCH

# What is measured, in the order of the report: key -> heading.
MODELS = {
    "decode": "Decoding an event",
    "fold": "Folding a text",
    "words": "Words, hashes, symbols",
    "phrase": "Phrases",
    "regex": "Regular expressions",
    "scan": "A whole turn through a pack",
    "judge": "Judging a conversation",
    "archive": "The whole program over an archive",
    "peers": "Other people's matchers",
    "live": "Live running without a broker",
    "reload": "Reloading packs",
    "kafka": "Live running on Kafka",
    "board": "The wallboard",
}

# How: measure -> keys that it wants, keys that it may have.
MEASURES = {
    "peer": ({"ours", "pack"}, {"units"}),
    "threads": ({"ours", "pack", "threads"}, set()),
    "first-byte": ({"ours", "pack", "conversation"}, set()),
    "cold-start": ({"rules", "value"}, set()),
    "stream": ({"pack", "max_memory", "quick_events"}, set()),
    "step": ({"program", "arguments", "figure"}, {"pack", "rules", "units", "text", "sizes"}),
    "live-memory-run": ({"pack"}, {"settings"}),
    "live-open": ({"pack", "open"}, {"settings"}),
    "reload": ({"pack", "conversations", "value", "reload_after"}, {"settings"}),
    "matcher": ({"peer", "rules"}, {"turns", "warm_up_turns", "text"}),
    "whole": ({"peer", "rules"}, {"turns", "warm_up_turns", "text"}),
    "live-cpu": ({"pack", "conversations", "settings"}, set()),
    "live-prefetch": ({"conversations", "times", "work_ns"}, set()),
    "live-memory": ({"pack", "conversations", "itself", "settings"}, set()),
    "live-restore": ({"pack", "conversations", "settings"}, set()),
    "live-latency": ({"pack", "conversations", "settings", "seconds", "warm", "window"}, set()),
    "board-clients": ({"pack", "conversations", "clients", "figure", "settings"}, set()),
    "board-latency": ({"pack", "conversations", "seconds", "warm", "window", "settings"}, {"clients"}),
}
COMMON = {"model", "measure", "title", "why", "target", "input", "expect", "slow", "sweep"}
INPUT = {"seed", "events", "care", "open", "turn-bytes", "calm", "turns", "corpora", "megabytes"}
EXPECT = {"sha256", "turns", "pairs", "found", "at"}
SWEEP = {"axis", "key", "values", "value", "unit", "also", "also_unit"}
CORES = "cores"  # as the values of a sweep: 1, 2, 4 and on, up to all of the machine


def of_table(name, table, known, wanted=frozenset()):
    """Complaints about the keys of a table."""
    if not isinstance(table, dict):
        return [f"{name} is no table"]
    return [f"{name} lacks {key}" for key in sorted(wanted - set(table))] + [f"{name} has no key {key}" for key in sorted(set(table) - known)]


def of_sweep(definition):
    sweep = definition["sweep"]
    found = of_table("sweep", sweep, SWEEP, SWEEP - {"also", "also_unit"})
    values = sweep.get("values") if isinstance(sweep, dict) else None
    if values != CORES and not (isinstance(values, list) and len(values) > 1 and all(isinstance(value, (int, float)) and value > 0 for value in values)):
        found.append(f'sweep.values is neither "{CORES}" nor a list of numbers above 0')
    return found


def of_target(target):
    if not isinstance(target, dict):
        return ["target is no table"]
    found = of_table("target", target, {"at_least", "at_most", "of"}, {"of"})
    if "at_least" in target and "at_most" in target:
        found.append("target has both at_least and at_most")
    return found


def complaints(definition):
    """All that is wrong with a definition; an empty list where nothing is."""
    measure = definition.get("measure")
    found = [] if definition.get("model") in MODELS else [f"model is none of {', '.join(MODELS)}"]
    if measure not in MEASURES:
        return [*found, f"measure is none of {', '.join(MEASURES)}"]
    wanted, more = MEASURES[measure]
    found += of_table("the definition", definition, COMMON | wanted | more, {"why", "target"} | wanted)
    found += of_target(definition.get("target", {}))
    found += of_table("input", definition.get("input", {}), INPUT)
    found += of_table("expect", definition.get("expect", {}), EXPECT)
    if "sweep" in definition:
        found += of_sweep(definition)
    return found


def read(folder=BENCH / "definitions"):
    """{name: definition}, all of them; ValueError with every complaint."""
    found, faults = {}, []
    for path in sorted(folder.glob("*.toml")):
        try:
            found[path.stem] = tomllib.loads(path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            faults.append(f"{path.name}: {error}")
            continue
        faults += [f"{path.name}: {complaint}" for complaint in complaints(found[path.stem])]
    if faults:
        raise ValueError("\n".join(faults))
    return found


def select(found, names):
    """Those that are meant: a name, or the beginning of some up to a dash; none: all but slow ones. KeyError with what nobody is called."""
    if not names:
        return {name: definition for name, definition in found.items() if not definition.get("slow")}
    chosen = {}
    for name in names:
        some = [name] if name in found else [other for other in found if other.startswith(name + "-")]
        if not some:
            raise KeyError(name)
        chosen.update((one, found[one]) for one in some)
    return chosen


def has_target(definition):
    return "at_least" in definition["target"] or "at_most" in definition["target"]


def is_met(definition, figure):
    """None where nothing is wanted."""
    target = definition["target"]
    if "at_least" in target:
        return figure >= target["at_least"]
    return figure <= target["at_most"] if "at_most" in target else None


def wanted(target):
    return f"≥ {target['at_least']:,}" if "at_least" in target else f"≤ {target['at_most']:,}" if "at_most" in target else ""
