"""
reload: packs that change while a run goes on: how long a change takes to be in force, and what it takes from the run. The measure reload.

`caremeter serve` follows a file that holds all of the archive from the start, without a broker. Its pack is a copy; a change is another
version of it, asked for by SIGHUP at given shares of the events. In force: the run has said so.
"""
import re
import shutil
import signal
import time

import live
from sampling import ROOT, Fault, Skipped, alternate, median, side

RELOADED = "packs reloaded:"
REFUSED = "packs not reloaded"
VERSION = re.compile(r"^version: .*$", re.M)
LOOK_S = 0.001


class Following(live.Serve):
    """One process of `caremeter serve` that follows a file, with a pack of its own."""

    def __init__(self, bench, definition, name):
        self.folder = bench.cache / "reload"
        self.folder.mkdir(exist_ok=True)
        self.source, self.pack = self.folder / f"{name}.ndjson", self.folder / f"{name}.pack"
        self.counters_file, self.said_file = self.folder / f"{name}.counters.json", self.folder / f"{name}.stderr"
        for path in (self.counters_file, self.source):
            path.unlink(missing_ok=True)
        shutil.rmtree(self.pack, ignore_errors=True)
        shutil.copytree(ROOT / definition["pack"], self.pack)
        self.source.touch()
        self.versions = 0
        self.command = [bench.caremeter, "serve", "--source", self.source, "--sink", "null:", "--pack", self.pack, "--counters", self.counters_file,
                        "--set", "watch=false"]
        for key, value in definition.get("settings", {}).items():
            self.command += ["--set", f"{key}={value}"]

    def give(self, path):
        """All of an archive at once, without a byte copied."""
        fresh = self.source.with_suffix(".fresh")
        fresh.unlink(missing_ok=True)
        fresh.hardlink_to(path)
        fresh.rename(self.source)

    def reload(self):
        """Another version of the pack; milliseconds until it is in force."""
        self.versions += 1
        manifest = self.pack / "pack.yaml"
        changed, count = VERSION.subn(f"version: 9.0.{self.versions}", manifest.read_text("utf-8"))
        if count != 1:
            raise Fault("pack.yaml has no version to change")
        manifest.write_text(changed, "utf-8")
        begin = time.perf_counter()
        self.child.send_signal(signal.SIGHUP)
        self.until(lambda: self.said().count(RELOADED) == self.versions or REFUSED in self.said(), "reloaded its packs", LOOK_S)
        if REFUSED in self.said():
            raise Fault("the changed pack was refused")
        return 1000 * (time.perf_counter() - begin)

    def messages(self):
        return (self.counters() or {"messages": 0})["messages"]


def go(bench, definition, path, events, shares):
    """One run, with a change of the pack at each of these shares of its events."""
    with Following(bench, definition, f"run-{len(shares)}") as serve:
        serve.wait_ready()
        begin, cpu, took = time.perf_counter(), serve.cpu_seconds(), []
        serve.give(path)
        for share in shares:
            serve.until(lambda share=share: serve.messages() >= share * events, "read so many events", LOOK_S)
            took.append(serve.reload())
        serve.until(lambda: serve.messages() >= events, "read all events", LOOK_S)
        seconds, cpu = time.perf_counter() - begin, serve.cpu_seconds() - cpu
        serve.until(lambda: serve.counters()["reloads"] >= len(shares), "taken the last packs")
        serve.stop()
        return {"seconds": seconds, "cpu_seconds": cpu, "reload_ms": took, "counters": serve.counters()}


def reload(bench, definition):
    if bench.own:
        raise Skipped("reloading is measured on made-up archives only")
    path, events, interactions = live.prepared(bench, definition)
    shares, key = definition["reload_after"], ("reload", str(path), str(definition["reload_after"]))
    if key not in bench.seen:
        bench.seen[key] = alternate({"steady": lambda: go(bench, definition, path, events, []), "reloading": lambda: go(bench, definition, path, events, shares)},
                                    bench.runs)
    samples = bench.seen[key]
    took = sorted(ms for sample in samples["reloading"] for ms in sample["reload_ms"])
    last = samples["reloading"][-1]["counters"]
    lost = median(samples["reloading"], "cpu_seconds") - median(samples["steady"], "cpu_seconds")
    figures = {"p99_ms": took[-1 - len(took) // 100], "throughput": median(samples["steady"]) / median(samples["reloading"])}
    return {
        "figure": figures[definition["value"]],
        "sides": {name: side(some, events) for name, some in samples.items()},
        "counts": {"events": events, "reloads": last["reloads"], "median_ms": round(took[len(took) // 2], 1), "p99_ms": round(figures["p99_ms"], 1),
                   "cpu_ms_a_reload": round(1000 * lost / len(shares), 1), "throughput_kept": round(figures["throughput"], 3)},
        "unequal": live.unequal(events=[events, last["events"]], reloads=[len(shares), last["reloads"]], refused=[0, last["reload_failures"]],
                                final_cards=[interactions, last["cards_final"]]),
    }


MEASURES = {"reload": reload}
