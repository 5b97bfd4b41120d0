"""
peer: what the Python peers share: cues and turns read, passes answered, as README.md of the folder above says.
"""
import json
import sys
import time

MARK = "\x1e"


def read_cues(path):
    """Cues in order, and for every bit of a speaker its (pattern or tree, number of the cue)."""
    cues, by_speaker = {}, {}
    for line in open(path, encoding="utf-8", newline="\n"):
        cue, speakers, pattern = line.rstrip("\n").split("\t")
        number = cues.setdefault(cue, len(cues))
        for bit in (1 << shift for shift in range(6)):
            if int(speakers) & bit:
                by_speaker.setdefault(bit, []).append((pattern, number))
    return list(cues), by_speaker


def read_turns(path, scanners, lay_out):
    """(scanner or None, what lay_out makes of the text) of every turn."""
    with open(path, encoding="utf-8", newline="") as file:
        records = file.read().split("\0")[:-1]
    return [(scanners.get(int(speaker)), lay_out(text)) for speaker, text in (record.split("\t", 1) for record in records)]


def answer(cues, turns):
    """A scanner is a function from a laid-out turn to the distinct numbers of its cues."""
    for line in sys.stdin:
        first, end, path = line.rstrip("\n").split(" ", 2)
        counts, pairs = [0] * len(cues), 0
        wall, cpu = time.perf_counter(), time.process_time()
        for scan, turn in turns[int(first):int(end)]:
            if scan:
                for cue in scan(turn):
                    counts[cue] += 1
                    pairs += 1
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(f"{cue}\t{count}\n" for cue, count in zip(cues, counts))
        print(json.dumps({"seconds": wall, "cpu_seconds": cpu, "pairs": pairs}), flush=True)


def main(name, rules, turns, compile_patterns, lay_out):
    """compile_patterns: [(pattern or tree, cue)] to a scanner. Speakers with the same patterns share one."""
    cues, by_speaker = read_cues(rules)
    begin, made = time.perf_counter(), {}
    for patterns in by_speaker.values():
        key = tuple(patterns)
        if key not in made:
            made[key] = compile_patterns(patterns)
    seconds = time.perf_counter() - begin
    scanners = {bit: made[tuple(patterns)] for bit, patterns in by_speaker.items()}
    laid = read_turns(turns, scanners, lay_out)
    print(json.dumps({"peer": name, "patterns": sum(map(len, made)), "turns": len(laid), "compile_seconds": round(seconds, 6)}), flush=True)
    answer(cues, laid)
