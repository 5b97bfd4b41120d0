"""
oracle: what the scorecards should be, by scoring all of the input at once; and where those that came differ.

The archive run is the truth: a pure function of the set of events. Live scorecards must be the same to the byte, apart from the envelope:
status, revision, and quotes, whose text may be gone.
"""

import json
import os
import re
import subprocess

ENVELOPE = re.compile(rb',"status":"[a-z]+","revision":[0-9]+')
FINAL = re.compile(rb'"status":"final","revision":([0-9]+)')
QUOTE = re.compile(rb',"quote":"(?:[^"\\]|\\.)*"')
FAULTS_SHOWN = 5


class Truth:
    """cards: scorecard of each interaction; dead: reason of each (partition, offset) that is no event; of: records of each interaction."""

    def __init__(self, program, records, folder, options=()):
        self.records = [record for record in records if record.value is not None]
        out, dead = os.path.join(folder, "truth.ndjson"), os.path.join(folder, "truth-dead.ndjson")
        source = os.path.join(folder, "truth-input.ndjson")
        with open(source, "wb") as lines:
            for record in self.records:
                if b"\n" in record.value:
                    raise ValueError("a message of several lines cannot be told to an archive run")
                lines.write(record.value + b"\n")
        with open(source, "rb") as lines:
            done = subprocess.run([program, "score", "-", "--out", out, "--dead-letter", dead, "--quiet", *options], stdin=lines,
                                  stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"score exited {done.returncode}: {done.stderr.decode(errors='replace')}")
        self.cards = {}
        with open(out, "rb") as cards:
            for line in cards:
                line = line.rstrip(b"\n")
                self.cards[json.loads(line)["interaction_id"].encode()] = line
        self.dead = {}
        with open(dead, "rb") as letters:
            for line in letters:
                letter = json.loads(line)
                record = self.records[letter["line"] - 1]
                self.dead[record.partition, record.offset] = letter["reason"]
        for path in (out, dead, source):
            os.unlink(path)


def is_final(card):
    return FINAL.search(card) is not None


def finals(scores):
    """The last record of each key, where it is final; those whose last is open are not there."""
    last = {}
    for record in scores:
        last[record.key] = record
    return {key: record for key, record in last.items() if record.value is not None and is_final(record.value)}


def same_card(expected, found):
    expected, found = ENVELOPE.sub(b"", expected), ENVELOPE.sub(b"", found)
    if expected == found:
        return True
    return QUOTE.sub(b"", expected) == QUOTE.sub(b"", found) and _quotes_fit(json.loads(expected), json.loads(found))


def _quotes_fit(expected, found):
    """Each quote that is there is the right one."""
    for mine, theirs in zip(expected["behaviours"], found["behaviours"]):
        for a, b in zip(mine["evidence"], theirs["evidence"]):
            if "quote" in b and b["quote"] != a.get("quote"):
                return False
    return True


def difference(expected, found):
    """Where two scorecards first differ, in words."""
    a, b = json.loads(expected), json.loads(found)
    for name, value in a.items():
        if name in ("status", "revision") or b.get(name) == value:
            continue
        if name == "behaviours":
            for x, y in zip(value, b.get(name, [])):
                if x != y:
                    return f"behaviour {json.dumps(x)[:300]} is {json.dumps(y)[:300]}"
        return f"{name} {json.dumps(value)[:200]} is {json.dumps(b.get(name))[:200]}"
    return "order or form"


def compare(truth, scores, input_records, dead=()):
    """
    Every fault as a line of text. scores: the scores topic, as read; input_records: the input topic; dead: the dead-letter topic.
    """
    faults = []
    found = finals(scores)
    home, offsets = {}, {}
    for record in input_records:
        home.setdefault(record.key, record.partition)
        offsets.setdefault(record.key, set()).add(record.offset)
    for key, card in truth.cards.items():
        record = found.get(key)
        if record is None:
            last = [each for each in scores if each.key == key][-1:]
            faults.append(f"lost: {key.decode()} has no final scorecard" + (", only an open one" if last else ""))
        elif not same_card(card, record.value):
            faults.append(f"wrong: {key.decode()}: {difference(card, record.value)}")
        elif record.partition != home.get(key, record.partition):
            faults.append(f"wrong place: {key.decode()} is in partition {record.partition}, its events in {home[key]}")
        elif key in offsets and (not record.header("o") or int(record.header("o")) not in offsets[key]):
            faults.append(f"wrong mark: {key.decode()} is said to hold offset {record.header('o')}, which is none of its events")
    faults += [f"invented: {key!r} was never in the input" for key in {record.key for record in scores} - truth.cards.keys()]
    faults += dead_letters(truth.dead, dead)
    return faults


def dead_letters(expected, records):
    """Dead letters by place and reason against what they should be."""
    found = {}
    for record in records:
        letter = json.loads(record.value)
        place = (letter["partition"], letter["offset"])
        if record.key != b"%d-%d" % place:
            yield f"dead letter: key {record.key!r} of {place}"
        if found.setdefault(place, letter["reason"]) != letter["reason"]:
            yield f"dead letter: two reasons for {place}"
    for place in sorted(expected.keys() | found.keys()):
        if expected.get(place) != found.get(place):
            yield f"dead letter: {place} should be {expected.get(place)}, is {found.get(place)}"


def doubled(scores):
    """Finals of one interaction with the same revision: only delivery that is exactly once has none."""
    seen = {}
    for record in scores:
        revision = FINAL.search(record.value or b"")
        if revision:
            seen.setdefault((record.key, int(revision.group(1))), []).append(record.offset)
    return [f"doubled: {key.decode()} revision {revision} at {offsets}" for (key, revision), offsets in seen.items() if len(offsets) > 1]


def told(faults):
    """A few of them, for people."""
    more = f"\n    and {len(faults) - FAULTS_SHOWN} more" if len(faults) > FAULTS_SHOWN else ""
    return "\n    ".join(faults[:FAULTS_SHOWN]) + more
