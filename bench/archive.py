"""
archive: all of `caremeter score` as a process: the measures peer, threads, first-byte, cold-start and stream.
"""
import json
import re
import subprocess
import time

import peers
from sampling import EXCUSED_ONE_IN, ROOT, Fault, alternate, digest, file_digest, keeping, median, run, side, timed

FIRST_BYTE_RUNS_MIN = 20
SPEAKER_BITS = peers.SPEAKER_BITS
SAMPLE_SECONDS = 0.1
PIPE_BYTES = 1 << 20


def ours(bench, definition, **values):
    return [bench.caremeter, *(part.format(**{"pack": definition["pack"], **values}) for part in definition["ours"])]


def peer(bench, definition):
    """Beside a bare loop that decodes and matches and does nothing else."""
    archive, events = bench.archive(definition)
    text, cues, counts, _ = bench.export(definition, archive)
    loop, found, out = bench.program("bench_bare_loop"), bench.cache / "found.tsv", bench.cache / "out.ndjson"

    databases = bench.cache / f"{digest(cues, loop)[:16]}.vectorscan"

    def bare():
        return json.loads(run([loop, text, cues, "--counts", found, "--databases", databases]).stdout)

    samples = alternate({"ours": lambda: timed(ours(bench, definition, archive=archive, out=out)), "bare loop": bare}, bench.runs)
    wanted, got = peers.read_counts(counts), peers.read_counts(found)
    unequal = {cue: [wanted.get(cue), got.get(cue)] for cue in sorted(wanted | got) if wanted.get(cue) != got.get(cue)}
    lost = lost_by_peer(unequal, third_opinion(unequal, text, cues), sum(wanted.values()))
    bare_one, exact = samples["bare loop"][0], not bench.quick and not bench.own
    expected = definition.get("expect", {})
    told = {"events": events, "turns": expected.get("turns", bare_one["turns"]), "pairs": expected.get("pairs", sum(wanted.values()))}
    seen = {"events": bare_one["events"], "turns": bare_one["turns"], "pairs": sum(wanted.values())}
    wrong = {key: [told[key], seen[key]] for key in told if told[key] != seen[key] and (exact or key == "events")}
    return {
        "figure": median(samples["bare loop"]) / median(samples["ours"]),
        "figure_by_cpu": median(samples["bare loop"], "cpu_seconds") / median(samples["ours"], "cpu_seconds"),
        "sides": {"ours": side(samples["ours"], bare_one["events"], archive.stat().st_size),
                  "bare loop": side(samples["bare loop"], bare_one["events"], bare_one["bytes"])},
        "counts": {**seen, "cues": len(wanted), **hit_share(bench, definition, archive, bare_one["turns"]),
                   "lost_by_peer": sum(wanted - got for wanted, got in lost.values()), "scorecards": bench.scorecards(out, archive)},
        "lost_by_peer": lost,
        "unequal": {**wrong, **{cue: counts for cue, counts in unequal.items() if cue not in lost}},
    }


def hit_share(bench, definition, archive, turns):
    """How many turns in a hundred have a hit; counted where a definition asks for it."""
    if definition.get("units") != "turns hit":
        return {}
    row = json.loads(run([bench.program("bench_steps"), "scan", "--pack", ROOT / definition["pack"], "--runs", 1, archive]).stdout.splitlines()[0])
    return {"turns_hit_percent": round(100 * row["units_hit"] / row["units"], 2)}


def threads(bench, definition):
    """The same work by one thread and by more: the same bytes."""
    archive, events = bench.archive(definition)
    numbers = sorted(set(definition["threads"]))
    outs = {n: bench.cache / f"out{n}.ndjson" for n in numbers}
    sides = {n: (lambda n=n: timed(ours(bench, definition, archive=archive, out=outs[n], threads=n))) for n in numbers}
    samples = alternate(sides, bench.runs)
    one, many = numbers[0], numbers[-1]
    same = file_digest(outs[one]) == file_digest(outs[many])
    return {
        "figure": median(samples[one]) / median(samples[many]),
        "sides": {f"{n} thread{'s' * (n > 1)}": side(samples[n], events, archive.stat().st_size) for n in numbers},
        "counts": {"scorecards": bench.scorecards(outs[one], archive), "same_bytes": same},
        "unequal": {} if same else {"scorecards": ["one thread", f"{many} threads"]},
    }


def first_byte(bench, definition):
    """From the start of the process to the first byte of a scorecard: with a pack that an earlier run has compiled, and with nothing kept."""
    command = [str(part) for part in ours(bench, definition, conversation=bench.conversation(definition["conversation"]))]

    def sample(environment):
        begin = time.perf_counter()
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            first = child.stdout.read(1)
            seconds = time.perf_counter() - begin
            child.stdout.read()
        if child.returncode != 0 or first != b"{":
            raise Fault(f"no scorecard on stdout, exit code {child.returncode}")
        return {"seconds": seconds}

    # the first run, which is not measured, fills the cache
    sides = {"ours": lambda: sample(keeping(bench.cache / "kept")), "nothing kept": lambda: sample(None)}
    samples = alternate(sides, max(bench.runs, FIRST_BYTE_RUNS_MIN))
    return {
        "figure": 1000 * median(samples["ours"]),
        "sides": {name: side(some) for name, some in samples.items()},
        "counts": {"ms_with_nothing_kept": round(1000 * median(samples["nothing kept"]), 1)},
        "unequal": {},
    }


def cold_start(bench, definition):
    """A pack of very many phrases, from nothing to the scorecard of one conversation."""
    pack = peers.rules(bench, definition)
    out = bench.cache / "cold.ndjson"
    conversation = bench.conversation({"file": "demo/conversations/chat.ndjson", "id": "chat-larkline-sim-swap"})
    command = [bench.caremeter, "score", conversation, "--pack", pack, "--threads", "1", "--out", out]
    samples = alternate({"ours": lambda: timed(command)}, bench.runs)["ours"]
    cards = sum(1 for _ in open(out, "rb"))
    return {"figure": median(samples), "figure_by_cpu": median(samples, "cpu_seconds"), "sides": {"ours": side(samples)},
            "counts": {"phrases": definition["rules"]["phrases"], "scorecards": cards},
            "unequal": {} if cards == 1 else {"scorecards": [1, cards]}}


class Resident:
    """VmRSS of a process over the bytes that it was given."""

    def __init__(self):
        self.samples, self.next = [], 0.0

    def look(self, child, given):
        now = time.monotonic()
        if now < self.next or child.poll() is not None:
            return
        found = re.search(r"VmRSS:\s*(\d+) kB", open(f"/proc/{child.pid}/status", encoding="ascii").read())
        if found:
            self.samples.append((given, int(found[1]) / 1024))
        self.next = now + SAMPLE_SECONDS

    def most(self, low, high):
        """The most between two shares of what was given, in MiB."""
        total = self.samples[-1][0]
        return max((mib for given, mib in self.samples if low * total <= given <= high * total), default=0.0)


def stream(bench, definition):
    """An archive that nobody keeps, through a pipe: is the memory of the second half that of the first?"""
    wanted = dict(definition["input"])
    if bench.quick:
        wanted["events"] = definition["quick_events"]
    score = [bench.caremeter, "score", "-", "--pack", ROOT / definition["pack"], "--evidence", "refs", "--quiet", "--max-memory", definition["max_memory"],
             "--out", "/dev/null"]
    resident, given, begin = Resident(), 0, time.perf_counter()
    with subprocess.Popen([str(part) for part in bench.generate(wanted)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as source:
        with subprocess.Popen([str(part) for part in score], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            while piece := source.stdout.read1(PIPE_BYTES):
                child.stdin.write(piece)
                given += len(piece)
                resident.look(child, given)
            child.stdin.close()
            while child.poll() is None:
                resident.look(child, given)
                time.sleep(SAMPLE_SECONDS / 10)
            told = child.stderr.read().decode(errors="replace")
        if child.returncode != 0:
            raise Fault(f"score ended with {child.returncode}: {(told.strip().splitlines() or ['nothing'])[-1]}")
    if source.returncode != 0 or not resident.samples:
        raise Fault("the archive was not made, or ended before its memory was looked at")
    seconds = time.perf_counter() - begin
    first, second, settling = resident.most(0.1, 0.5), resident.most(0.5, 0.999999), resident.most(1, 1)
    step = max(1, len(resident.samples) // 100)
    return {
        "figure": second / first if first else 0.0,
        "sides": {"ours": {"median_s": round(seconds, 3), "from_to_s": [round(seconds, 3)] * 2, "max_rss_mib": round(resident.most(0, 1), 1),
                           "mb_per_s": round(given / seconds / 1e6, 1)}},
        "counts": {"events": wanted["events"], "gigabytes": round(given / 1e9, 2), "mib_of_first_half": round(first, 1), "mib_of_second_half": round(second, 1),
                   "mib_while_judging": round(settling, 1), "max_memory": definition["max_memory"]},
        "resident": [[given, round(mib, 1)] for given, mib in resident.samples[::step]],
        "unequal": {},
    }


def third_opinion(wanted, text, cues):
    """Distinct turns of these cues by Python's re, which shares no line with either side. Slow, so only where the two differ."""
    if not wanted:
        return {}
    patterns, counts = {}, dict.fromkeys(wanted, 0)
    for line in open(cues, "rb"):
        cue, speakers, pattern = line.rstrip(b"\n").split(b"\t")
        if cue.decode() in counts:
            patterns.setdefault(cue.decode(), []).append((int(speakers), re.compile(pattern)))
    for line in open(text, "rb"):
        event = json.loads(line)
        if "text" in event and event.get("type", "message") == "message":
            turn, speaker = b"\x1e %s \x1e" % event["text"].encode(), SPEAKER_BITS[event["speaker"]]
            for cue, some in patterns.items():
                counts[cue] += any(speakers & speaker and pattern.search(turn) for speakers, pattern in some)
    return counts


def lost_by_peer(unequal, third, pairs):
    """Cues of which the peer found less than there is: ours and Python's re agree. Excused as long as they are few: it must have done the same work."""
    lost = {cue: counts for cue, counts in unequal.items() if None not in counts and counts[1] < counts[0] == third[cue]}
    return lost if EXCUSED_ONE_IN * sum(wanted - got for wanted, got in lost.values()) <= pairs else {}


MEASURES = {"peer": peer, "threads": threads, "first-byte": first_byte, "cold-start": cold_start, "stream": stream}
