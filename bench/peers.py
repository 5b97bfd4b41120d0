"""
peers: other people's matchers, asked for the same rules over the same folded turns (README.md of this folder).

matcher: our phrase engine alone beside a peer. whole: all of `caremeter score`, from lines of JSON to scorecards, beside
a peer that only matches. Either way both sides answer in turn, each pass over turns that nobody has seen before, and
distinct (turn, cue) pairs are compared, cue by cue and pass by pass. A slow peer gets a part of each pass's turns; what is
compared is the time of a turn.
"""
import json
import pathlib
import random
import re
import select
import subprocess

from sampling import BENCH, EXCUSED_ONE_IN, ROOT, Fault, Skipped, digest, median, run, spread, timed, tree_digest

PEERS = BENCH / "peers"
FOLDERS = {"re2set": "cpp", "pcre2": "cpp", "vectorscan": "cpp", "regexset": "rust", "python-re": "python", "spacy-matcher": "python",
           "spacy-phrasematcher": "python", "java-regex": "java", "kafka-streams": "java", "lucene-monitor": "java",
           "lucene-monitor-batch": "java"}
SPEAKER_BITS = {"agent": 1 << 1, "lead": 1 << 2, "customer": 1 << 3, "bot": 1 << 4, "system": 1 << 5}  # bare_loop.h
SKIPPED = 77  # exit code of a build whose toolchain is not here
SHUFFLE_SEED = 7
PASS_TURNS_MAX = 60000
ANSWER_SECONDS = 300
END_SECONDS = 20


def read_counts(path):
    return {cue: int(count) for cue, count in (line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8"))}


class Side:
    """A program that has read rules and turns and now waits to be told which of them to scan."""

    def __init__(self, command, log):
        self.name, self.log, self.counts = pathlib.Path(command[0]).parent.name, log, log.with_suffix(".counts.tsv")
        with open(log, "w", encoding="utf-8") as errors:
            self.child = subprocess.Popen([str(part) for part in command], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        self.about = self.answer()

    def answer(self):
        ready, _, _ = select.select([self.child.stdout], [], [], ANSWER_SECONDS)
        line = self.child.stdout.readline() if ready else ""
        if not line:
            self.child.kill()
            self.child.wait()
            told = self.log.read_text("utf-8", "replace").strip().splitlines() or [f"no answer within {ANSWER_SECONDS} s" if not ready else "it said nothing"]
            raise Fault(f"{self.name}: {told[-1]}")
        return json.loads(line)

    def scan(self, first, turns):
        self.child.stdin.write(f"{first} {first + turns} {self.counts}\n")
        self.child.stdin.flush()
        return {**self.answer(), "turns": turns, "first": first}

    def found(self):
        return read_counts(self.counts)

    def peak_mib(self):
        """Of resident memory, since it was started: what wait4 tells begins with the memory of who started it."""
        status = pathlib.Path(f"/proc/{self.child.pid}/status").read_text("ascii")
        return round(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024, 1)

    def close(self):
        """End of its input ends it; a program that stays all the same is ended."""
        if self.child.returncode is not None:
            return
        self.child.stdin.close()
        ended, _, _ = select.select([self.child.stdout], [], [], END_SECONDS)
        if not ended:
            self.child.kill()
        self.child.stdout.close()
        self.child.wait()


def build(bench, name):
    """The program of a peer, built by its own tools unless it stands there already."""
    folder, out = PEERS / FOLDERS[name], bench.build.parent / "peers" / name
    out.mkdir(parents=True, exist_ok=True)
    key, stamp = digest(name, tree_digest(folder)), out / "built"
    if stamp.exists() and stamp.read_text("utf-8").splitlines()[0] == key:
        return out / "peer", stamp.read_text("utf-8").splitlines()[1]
    done = subprocess.run([str(folder / "build"), name, str(out)], capture_output=True, text=True, cwd=ROOT)
    if done.returncode == SKIPPED:
        raise Skipped((done.stderr.strip().splitlines() or ["its toolchain is not here"])[-1])
    if done.returncode != 0:
        raise Fault(f"{name} was not built: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
    made_with = (done.stdout.strip().splitlines() or ["unknown"])[-1]
    stamp.write_text(f"{key}\n{made_with}\n", "utf-8")
    return out / "peer", made_with


def rules(bench, definition):
    """The pack of a definition: one that is there, or phrases drawn from the archive's own words."""
    wanted = definition["rules"]
    if "pack" in wanted:
        return ROOT / wanted["pack"]
    make_pack, turns = bench.program("bench_make_pack"), bench.turns(definition)
    gapped = ["--gapped"] if wanted.get("gapped") else []
    key = digest(make_pack, turns, ROOT / "bench/phrase_sets.c", json.dumps(wanted, sort_keys=True))[:16]
    return bench.make(bench.cache / f"{key}.pack", lambda fresh: [make_pack, "--lexicon", ROOT / "rules/lexicon", "--turns", turns,
                                                                 "--count", wanted["phrases"], *gapped, "--out", fresh])


def lay_out(bench, text):
    """Folded turns in an order of their own: speaker TAB text NUL. Path, and each turn as bytes."""
    path = bench.cache / f"{text.name.split('.')[0]}.turns"
    if not path.exists():
        events = (json.loads(line) for line in open(text, encoding="utf-8"))
        turns = [f"{SPEAKER_BITS[event['speaker']]}\t{event['text']}\0" for event in events if "text" in event and event.get("type", "message") == "message"]
        random.Random(SHUFFLE_SEED).shuffle(turns)
        fresh = path.with_name(path.name + ".new")
        fresh.write_text("".join(turns), "utf-8", newline="")
        fresh.rename(path)
    return path, path.read_bytes().split(b"\0")[:-1]


def third_opinion(unequal, cues, turns):
    """Distinct turns of these cues by Python's re, which shares no line with either side."""
    patterns, counts = {}, dict.fromkeys(unequal, 0)
    for line in open(cues, "rb"):
        cue, speakers, pattern = line.rstrip(b"\n").split(b"\t")
        if cue.decode() in counts:
            patterns.setdefault(cue.decode(), []).append((int(speakers), re.compile(pattern)))
    for turn in turns:
        speaker, text = turn.split(b"\t", 1)
        laid = b"\x1e " + text + b" \x1e"
        for cue, some in patterns.items():
            counts[cue] += any(speakers & int(speaker) and pattern.search(laid) for speakers, pattern in some)
    return counts


class Match:
    """Both sides of one definition, and what was found unequal between them."""

    def __init__(self, bench, definition):
        self.bench, self.definition = bench, definition
        program, self.made_with = build(bench, definition["peer"])
        self.archive, self.events = bench.archive(definition)
        self.pack = rules(bench, definition)
        text, self.cues, self.counts, trees = bench.export({**definition, "pack": self.pack}, self.archive)
        path, self.turns = lay_out(bench, text)
        self.passes = bench.runs + 1
        self.our_turns = min(PASS_TURNS_MAX, len(self.turns) // self.passes)
        self.peer_turns = min(definition.get("turns", self.our_turns), self.our_turns)
        self.warm_up_turns = min(definition.get("warm_up_turns", self.peer_turns), self.our_turns)  # of the pass that is not measured
        self.unequal, self.lost, self.pairs, self.compared = {}, {}, 0, 0
        self.sides = []
        self.commands = ([bench.program("bench_ours"), ROOT / "rules/lexicon", self.pack, path], [program, path, self.cues, trees])

    def __enter__(self):
        try:
            for command, name in zip(self.commands, ("ours", self.definition["peer"])):
                self.sides.append(Side(command, self.bench.cache / f"{name}.log"))
                read = self.sides[-1].about["turns"]
                if read != len(self.turns):
                    raise Fault(f"{name} read {read} turns of {len(self.turns)}")
        except BaseException:
            self.__exit__()
            raise
        self.ours, self.peer = self.sides
        self.check()
        return self

    def check(self):
        """Ours over all turns, which warms it up, too: what the export's own tokens gave, and what the definition expects."""
        pairs, exported = self.ours.scan(0, len(self.turns))["pairs"], read_counts(self.counts)
        if self.ours.found() != exported:
            raise Fault(f"ours finds {pairs} pairs in all turns, the export found {sum(exported.values())}")
        expected = self.definition.get("expect", {}).get("pairs", pairs)
        if not self.bench.quick and not self.bench.own and pairs != expected:
            raise Fault(f"{pairs} pairs in all turns, the definition expects {expected}")

    def __exit__(self, *_):
        for one in self.sides:
            one.close()

    def ask(self, number):
        """Pass number of the peer, and what it found beside what ours finds in the same turns. Pass 0 warms up and is no sample."""
        first, turns = number * self.our_turns, self.peer_turns if number else self.warm_up_turns
        sample = self.peer.scan(first, turns)
        self.compare(first, turns)
        return sample

    def compare(self, first, turns):
        self.ours.scan(first, turns)
        wanted, got = self.ours.found(), self.peer.found()
        self.pairs, self.compared = self.pairs + sum(wanted.values()), self.compared + turns
        unequal = {cue: [wanted.get(cue), got.get(cue)] for cue in sorted(wanted | got) if wanted.get(cue) != got.get(cue)}
        third = third_opinion(unequal, self.cues, self.turns[first:first + turns]) if unequal else {}
        for cue, (want, have) in unequal.items():
            known = None not in (want, have) and have < want == third[cue]
            total = (self.lost if known else self.unequal).setdefault(cue, [0, 0])
            total[0], total[1] = total[0] + (want or 0), total[1] + (have or 0)

    def size(self, samples):
        """Bytes of the turns that were scanned, without speakers and tabs."""
        return sum(len(turn.split(b"\t", 1)[1]) for sample in samples for turn in self.turns[sample["first"]:sample["first"] + sample["turns"]])

    def side(self, samples):
        for sample in samples:
            sample["turn"], sample["turn_cpu"] = sample["seconds"] / sample["turns"], sample["cpu_seconds"] / sample["turns"]
        return {"median_s": round(median(samples), 6), "from_to_s": spread(samples), "cpu_s": round(median(samples, "cpu_seconds"), 6),
                "turns": samples[0]["turns"], "turns_per_s": round(1 / median(samples, "turn")),
                "mb_per_s": round(self.size(samples) / sum(sample["turns"] for sample in samples) / median(samples, "turn") / 1e6, 4)}

    def result(self, sides):
        rules = len(self.ours.found())
        sides[self.peer.about["peer"]]["max_rss_mib"] = self.peer.peak_mib()
        # a loss is excused as long as it is small: the peer must have done the same work
        if EXCUSED_ONE_IN * sum(wanted - got for wanted, got in self.lost.values()) > self.pairs:
            self.unequal |= self.lost
        return {"sides": sides, "unequal": self.unequal, "lost_by_peer": self.lost,
                "counts": {"rules": rules, "turns": self.compared, "turn_cue_pairs": self.pairs,
                           "compile_s": self.peer.about["compile_seconds"], "ours_compile_s": self.ours.about["compile_seconds"], "built_with": self.made_with}}


def ratio(slow, fast, key="turn"):
    return median(slow, key) / median(fast, key)


def matcher(bench, definition):
    """Our phrase engine alone, over folded turns."""
    fresh, warm = {"ours": [], "peer": []}, {"ours": [], "peer": []}
    with Match(bench, definition) as match:
        for number in range(match.passes):
            one, other = match.ours.scan(number * match.our_turns, match.our_turns), match.ask(number)
            if number:
                fresh["ours"].append(one)
                fresh["peer"].append(other)
        for _ in range(bench.runs):
            warm["ours"].append(match.ours.scan(number * match.our_turns, match.our_turns))
            warm["peer"].append(match.ask(number))
        sides = {text: {"ours": match.side(samples["ours"]), match.peer.about["peer"]: match.side(samples["peer"])}
                 for text, samples in (("fresh", fresh), ("warm", warm))}
        used, unused = (warm, fresh) if definition.get("text") == "warm" else (fresh, warm)
        result = match.result(sides[definition.get("text", "fresh")])
    result["counts"]["ratio_" + ("fresh" if used is warm else "warm")] = round(ratio(unused["peer"], unused["ours"]), 2)
    return {"figure": ratio(used["peer"], used["ours"]), "figure_by_cpu": ratio(used["peer"], used["ours"], "turn_cpu"), **result}


def whole(bench, definition):
    """All of `caremeter score`, from the archive to scorecards, beside a peer that is given folded turns and only matches."""
    out, ours, peer = bench.cache / "out.ndjson", [], []
    with Match(bench, definition) as match:
        command = [bench.caremeter, "score", match.archive, "--pack", match.pack, "--evidence", "refs", "--threads", "1", "--out", out]
        for number in range(match.passes):
            one, other = {**timed(command), "first": 0, "turns": len(match.turns)}, match.ask(number)
            if number:
                ours.append(one)
                peer.append(other)
        result = match.result({"ours": match.side(ours), match.peer.about["peer"]: match.side(peer)})
        result["counts"]["scorecards"] = bench.scorecards(out, match.archive)
    return {"figure": ratio(peer, ours), "figure_by_cpu": ratio(peer, ours, "turn_cpu"), **result}


MEASURES = {"matcher": matcher, "whole": whole}
