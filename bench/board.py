"""
board: what looking at the wallboard costs who works, and how old it is what is seen: the measures board-* of run.py.

`caremeter serve` follows a file: no broker is needed. What it reads is the archive, moved to yesterday, so that its conversations lie in
the window of the board; it gets it at once, by a rename, when all clients are there.
"""
import datetime
import json
import os
import re
import signal
import subprocess
import time
import urllib.request

import live
from sampling import ROOT, Fault, Skipped, alternate, median, run, side

ADDRESS = re.compile(r"http://([0-9.]+:[0-9]+)/")
QUICK_CLIENTS = 200
QUICK_SECONDS = 4
QUICK_RATE = 2000
LATE_BUCKET = re.compile(r'^caremeter_web_frame_seconds_bucket\{le="([^"]+)"\} ([0-9]+)$', re.M)


class Board(live.Serve):
    """One process of `caremeter serve` that follows a file and serves the wallboard."""

    def __init__(self, bench, definition, name, settings=()):
        self.folder = bench.cache / "board"
        self.folder.mkdir(exist_ok=True)
        self.source = self.folder / f"{name}.ndjson"
        self.counters_file = self.folder / f"{name}.counters.json"
        self.said_file = self.folder / f"{name}.stderr"
        self.counters_file.unlink(missing_ok=True)
        self.source.unlink(missing_ok=True)
        self.source.touch()
        self.command = [bench.caremeter, "serve", "--source", self.source, "--sink", "null:", "--pack", ROOT / definition["pack"], "--counters",
                        self.counters_file, "--listen", "127.0.0.1:0", "--set", "watch=false"]
        for key, value in {**definition.get("settings", {}), **dict(settings)}.items():
            self.command += ["--set", f"{key}={value}"]

    def wait_ready(self):
        super().wait_ready()
        self.address = self.until(lambda: ADDRESS.search(self.said()), "said where it listens")[1]

    def give(self, path):
        """All of an archive at once, without a byte copied: another file under the name of the one that is followed."""
        fresh = self.source.with_suffix(".fresh")
        fresh.unlink(missing_ok=True)
        os.link(path, fresh)
        fresh.rename(self.source)

    def engine_cpu_seconds(self):
        """Of all threads but the web's."""
        ticks = 0
        for task in os.listdir(f"/proc/{self.child.pid}/task"):
            name, fields = open(f"/proc/{self.child.pid}/task/{task}/stat", encoding="utf-8").read().split("(", 1)[1].rsplit(")", 1)
            if not name.startswith("cm-web"):
                ticks += sum(map(int, fields.split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def metrics(self):
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=30) as answer:
            return answer.read().decode()


class Clients:
    """Browsers: so many streams, of which some never read and some come back again and again."""

    def __init__(self, bench, board, count, log):
        self.count = count
        if count:
            with open(log, "wb") as said:
                self.child = subprocess.Popen([bench.program("bench_board_clients"), board.address, "--clients", str(count)],
                                              stdout=subprocess.PIPE, stderr=said, text=True)
            line = self.child.stdout.readline()
            if "connected" not in line:
                raise Fault(f"board_clients: {line or log.read_text().strip()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.count and self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def end(self):
        """What they saw."""
        if not self.count:
            return {}
        self.child.send_signal(signal.SIGTERM)
        told, _ = self.child.communicate(timeout=60)
        if self.child.returncode != 0:
            raise Fault(f"board_clients ended with {self.child.returncode}: {told[-300:]}")
        return json.loads(told.strip().splitlines()[-1])


def yesterday(bench, definition):
    """The archive in the order of time, whole conversations, so many days later that the last of them was yesterday."""
    path, events, interactions = live.prepared(bench, definition)
    today = datetime.datetime.now(datetime.timezone.utc).date()
    out = path.with_suffix(f".{today}.ndjson")
    if not out.exists():
        text = path.read_bytes()
        days = sorted(set(re.findall(rb'"(?:end_)?ts":"(\d{4}-\d{2}-\d{2})T', text)), reverse=True)
        later = today - datetime.timedelta(days=1) - datetime.date.fromisoformat(days[0].decode())
        for day in days:
            text = text.replace(b'ts":"' + day, b'ts":"' + (datetime.date.fromisoformat(day.decode()) + later).isoformat().encode())
        fresh = out.with_name(out.name + ".new")
        fresh.write_bytes(text)
        fresh.rename(out)
    return out, events, interactions


def frame_p99_ms(metrics):
    """The upper end of the bucket that holds the 99th percentile."""
    buckets = [(float(le), int(count)) for le, count in LATE_BUCKET.findall(metrics)]
    if not buckets or not buckets[-1][1]:
        raise Fault("no frame was counted")
    return next(1000 * le for le, count in buckets if count >= 0.99 * buckets[-1][1])


def cards_lost(metrics):
    return int(re.search(r'^caremeter_web_inbox_dropped_total\{kind="card"\} ([0-9]+)$', metrics, re.M)[1])


def under(bench, definition, path, events, count, name):
    """One run with so many clients."""
    with Board(bench, definition, name) as board:
        board.wait_ready()
        with Clients(bench, board, count, board.folder / f"{name}.load") as clients:
            begin, cpu = time.perf_counter(), board.engine_cpu_seconds()
            board.give(path)
            board.until(lambda: (now := board.counters()) and now["messages"] >= events, "read all events", 0.005)
            seconds, cpu = time.perf_counter() - begin, board.engine_cpu_seconds() - cpu
            metrics = board.metrics()
            seen = clients.end()
        rss = board.peak_mib()
        board.stop()
        counters = board.counters()
    return {"seconds": seconds, "cpu_seconds": cpu, "max_rss_mib": rss, "metrics": metrics, "counters": counters, **{f"seen_{key}": value for key, value in seen.items()}}


def clients(bench, definition):
    """The same run with nobody who looks and with very many: one measurement, of which definitions show different figures."""
    if bench.own:
        raise Skipped("with browsers only made-up archives are measured")
    count = QUICK_CLIENTS if bench.quick else definition["clients"]
    key = ("board-clients", count, json.dumps(definition["input"], sort_keys=True))
    if key not in bench.seen:
        path, events, interactions = yesterday(bench, definition)
        sides = {str(number): (lambda number=number: under(bench, definition, path, events, number, f"clients-{number}")) for number in (0, count)}
        bench.seen[key] = alternate(sides, bench.runs), events, interactions
    samples, events, interactions = bench.seen[key]
    alone, watched = samples["0"], samples[str(count)]
    last = watched[-1]
    figures = {
        "throughput": median(alone, "cpu_seconds") / median(watched, "cpu_seconds"),
        "frame_p99_ms": median(watched, "seen_p99_ms"),
        "rss_mib": median(watched, "max_rss_mib") - median(alone, "max_rss_mib"),
    }
    return {
        "figure": figures[definition["figure"]],
        "sides": {"nobody looks": side(alone, events), f"{count:,} look": side(watched, events)},
        "counts": {"clients": count, "events": events, "throughput_by_the_wall": round(median(alone) / median(watched), 3), "frames": last["seen_frames"],
                   "frame_p50_ms": median(watched, "seen_p50_ms"), "frame_p99_ms": figures["frame_p99_ms"], "made_p99_within_ms": frame_p99_ms(last["metrics"]),
                   "cards_final": last["counters"]["cards_final"], "cards_lost": cards_lost(last["metrics"]), "rss_mib_for_clients": round(figures["rss_mib"], 1)},
        "unequal": live.unequal(events=[events, last["counters"]["events"]], final_cards=[interactions, last["counters"]["cards_final"]],
                                final_cards_alone=[interactions, alone[-1]["counters"]["cards_final"]]),
    }


def latency(bench, definition):
    """From writing an event to the frame that shows it, at half of what the run is capable of."""
    if bench.own:
        raise Skipped("with browsers only made-up archives are measured")
    path, _, _ = live.prepared(bench, definition)
    seconds = QUICK_SECONDS if bench.quick else definition["seconds"]
    warm = 1 if bench.quick else definition["warm"]

    def go(*load):
        with Board(bench, definition, "latency") as board:
            board.wait_ready()
            got = json.loads(run([bench.program("bench_board_latency"), board.address, path, board.source, board.counters_file, *load, "--seconds", seconds,
                                  "--warm", warm]).stdout)
            sample = board.stop()
            board.source.unlink()
        return {**got, **sample, "seconds": got["p99_ms"] / 1000, "counters": board.counters()}

    capacity = {"events_per_s": 2 * QUICK_RATE, "p99_ms": None} if bench.quick else go("--window", definition["window"])
    rate = round(capacity["events_per_s"] / 2)
    busy = go("--rate", rate, "--queues", 1)
    samples = alternate({"serve": lambda: go("--rate", rate)}, bench.runs)["serve"]
    last = samples[-1]
    return {
        "figure": median(samples, "p99_ms"),
        "sides": {"p99": side(samples)},
        "counts": {"capacity_events_per_s": round(capacity["events_per_s"]), "rate_events_per_s": rate, "concerns": sum(sample["counted"] for sample in samples),
                   "p50_ms": median(samples, "p50_ms"), "p90_ms": median(samples, "p90_ms"), "max_ms": max(sample["max_ms"] for sample in samples),
                   "p99_ms_of_a_queue_that_never_rests": busy["p99_ms"], "p99_ms_at_capacity": capacity["p99_ms"]},
        "unequal": live.unequal(seen=[last["probes"], last["seen"]], applied=[last["events"], last["counters"]["events"]]),
    }


MEASURES = {f"board-{measure.__name__}": measure for measure in (clients, latency)}
