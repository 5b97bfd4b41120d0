#!/usr/bin/env python3
"""A second judge, slow and plain, written from the language and not from the engine.

    judge_oracle.py JUDGE_DUMP [COUNT [FIRST_SEED]]

Runs JUDGE_DUMP for COUNT cases at random, judges each by passing over the
conversation message by message, and compares every outcome, credit, score,
clock and piece of evidence with what the engine said. Says where they part,
with the conversation, and exits 1.

Rules and decisions are those of rules/README.md and rules/REFERENCE.md.
"""
import json
import subprocess
import sys
from fractions import Fraction
from math import floor
from pathlib import Path

REASONS = ["no_clock", "no_agent", "customer_left", "too_short", "low_confidence", "language", "fault", "no_dialogue"]
FULL = 1000000
MASK = 4294967295


def half_up(x):
    return floor(Fraction(x) + Fraction(1, 2))


def absent_first(x):
    return (0, 0) if x is None else (1, x)


# ------------------------------------------------------------------ which events, in which order


class Turn:
    def __init__(self, event, number):
        self.event, self.words, self.number = event, event, number
        self.speaker = event["speaker"]
        self.ts, self.end_ts = event["ts"], event["end_ts"]
        self.who = None  # ("customer",) or ("agent", key)
        self.run = None
        self.confidence = event["confidence"]
        self.heard = False


def smallest_of_each_identity(events, flags):
    kept, places = [], {}
    for e in events:
        if e["type"] == "lost":
            flags.add("incomplete")
            continue
        identity = ("id", e["event_id"]) if e["event_id"] is not None else ("seq", e["seq"]) if e["seq"] is not None else None
        if identity is None:
            kept.append(e)
        elif identity not in places:
            places[identity] = [e]
        else:
            places[identity].append(e)
    for group in places.values():
        if len({e["h"] for e in group}) > 1:
            flags.add("conflict")
        kept.append(min(group, key=lambda e: (absent_first(e["ts"]), e["speaker"], e["h"], e["path"], e["offset"])))
    return kept


def put_in_order(events, flags):
    """Messages and marks in order; edits apart."""
    messages = [e for e in events if e["type"] == "message"]
    edits = [e for e in events if e["type"] in ("edit", "delete")]
    rest = (lambda e: (e["speaker"], e["h"], e["path"], e["offset"]))
    needed = None
    if all(e["seq"] is not None for e in messages):
        key, needed = (lambda e: (absent_first(e["seq"]), absent_first(e["ts"]), rest(e))), "seq"
    elif all(e["ts"] is not None for e in messages):
        key, needed = (lambda e: (absent_first(e["ts"]), absent_first(e["seq"]), rest(e))), "ts"
    else:
        flags.add("unordered")
        key = (lambda e: (e["path"], e["offset"]))
    starts, middle, ends = [], [], []
    for e in events:
        if e["type"] == "start":
            starts.append(e)
        elif e["type"] == "end":
            ends.append(e)
        elif e["type"] in ("transfer", "feedback"):
            if messages and needed and e[needed] is None:
                flags.add("unplaced")
            else:
                middle.append(e)
        elif e["type"] == "message":
            middle.append(e)
    return sorted(starts, key=key) + sorted(middle, key=key) + sorted(ends, key=key), edits


def apply_edits(turns, edits, kept, flags):
    standing = {}
    for e in edits:
        target = None
        if e["target_event_id"] is not None:
            target = next((t for t in turns if t.event["event_id"] == e["target_event_id"]), None)
        elif e["target_seq"] is not None:
            target = next((t for t in turns if t.event["seq"] == e["target_seq"]), None)
        if target is None:
            flags.add("orphan_edit")
            continue
        standing.setdefault(target.number, []).append(e)
    for number, edits_of_one in standing.items():
        if any(e["type"] == "delete" for e in edits_of_one):
            turns[number].words = None
        else:
            last = max(edits_of_one, key=lambda e: (absent_first(e["seq"]), absent_first(e["ts"]), e["h"]))
            turns[number].words = last
            if last["confidence"] is not None:
                turns[number].confidence = last["confidence"]


# ------------------------------------------------------------------ the conversation


class Conversation:
    def __init__(self, events):
        self.flags = set()
        kept = smallest_of_each_identity(events, self.flags)
        placed, edits = put_in_order(kept, self.flags)
        self.turns, self.marks = [], []
        for e in placed:
            if e["type"] == "message":
                self.turns.append(Turn(e, len(self.turns)))
            else:
                self.marks.append((len(self.turns), e))
        apply_edits(self.turns, edits, kept, self.flags)
        self.channel = next((e["channel"] for e in placed if e["channel"]), "")
        self.lang = next((e["lang"] for e in placed if e["lang"] is not None), None)
        self.queue = next((e["queue"] for e in placed if e["queue"] is not None), None)
        self.names = {n for e in placed for n in e["names"]}
        self.ends = [e for e in placed if e["type"] == "end"]
        ratings = [e for e in placed if e["type"] == "feedback" and e["rating"] is not None]
        self.rating = ratings[-1] if ratings else None
        self.clock_checks()
        self.name_agents()
        self.make_runs()

    def clock_checks(self):
        before = None
        for t in self.turns:
            if t.end_ts is not None and t.ts is not None and t.end_ts < t.ts:
                self.flags.add("clock_backwards")
                t.end_ts = None
            if t.ts is not None:
                if before is not None and t.ts < before:
                    self.flags.add("clock_backwards")
                before = t.ts

    def name_agents(self):
        """Who did not say who he is, is who was named last before, of the same kind; else who is named first after."""
        self.agents = []  # keys in order of first turn
        for role in ("agent", "lead"):
            named, nameless = None, []
            happenings = [(t.number, 1, t) for t in self.turns if t.speaker == role]
            if role == "agent":
                happenings += [(at, 0, e) for at, e in self.marks if e["type"] == "transfer" and e["to_agent_id"] is not None]
            for _, kind, thing in sorted(happenings, key=lambda h: (h[0], h[1])):
                if kind == 0:
                    named = thing["to_agent_id"]
                    continue
                if thing.event["agent_id"] is not None:
                    named = thing.event["agent_id"]
                    for t in nameless:
                        t.who = ("agent", named)
                    nameless = []
                if named is None:
                    nameless.append(thing)
                else:
                    thing.who = ("agent", named)
            # a transfer names nobody backwards: look on for a message that does
            for t in nameless:
                later = next((u for u in self.turns[t.number:] if u.speaker == role and u.event["agent_id"] is not None), None)
                t.who = ("agent", later.event["agent_id"]) if later else ("nameless", role)
        for t in self.turns:
            if t.speaker == "customer":
                t.who = ("customer",)
            elif t.who and t.who not in self.agents:
                self.agents.append(t.who)

    def make_runs(self):
        self.runs = []  # lists of turns that were heard as speech
        for t in self.turns:
            if t.who is None:
                continue
            if self.channel == "call" and t.words is not None and t.words["backchannel"]:
                continue
            t.heard = True
            if self.runs and self.runs[-1][0].who == t.who:
                for u in self.turns[self.runs[-1][-1].number + 1:t.number]:
                    if u.who == t.who:
                        u.run = len(self.runs) - 1
                self.runs[-1].append(t)
            else:
                self.runs.append([t])
            t.run = len(self.runs) - 1

    def is_agent_run(self, r):
        return self.runs[r][0].who != ("customer",)

    def agent_runs(self, who=None):
        return [r for r in range(len(self.runs)) if self.is_agent_run(r) and who in (None, self.runs[r][0].who)]


# ------------------------------------------------------------------ cues


def language_fits(lang, wanted):
    if not wanted or not lang:
        return True
    low = lang.lower().replace("_", "-")
    return any(low == w.lower() or low.startswith(w.lower() + "-") for w in wanted)


class Found:
    """What fired in a turn: spans of each cue ((start, end) or None for the whole turn), and cues in doubt."""

    def __init__(self):
        self.spans, self.doubts = {}, set()


class Cues:
    def __init__(self, pack, talk):
        self.pack, self.talk = pack, talk
        self.cues = {c["id"]: c for c in pack["cues"]}
        self.found = [Found() for _ in talk.turns]
        for t in talk.turns:
            if t.words is not None and not self.unsure(t):
                self.take(t)
        for cue in pack["cues"]:
            if cue["kind"] == "echo":
                self.echo(cue)
            elif cue["kind"] == "composite":
                self.combine(cue)

    def unsure(self, turn):
        return turn.confidence is not None and turn.confidence < self.pack["min_confidence"]

    def gates(self, cue, t):
        talk = self.talk
        if t.speaker not in cue["speakers"] or talk.channel not in cue["channels"] or not language_fits(talk.lang, cue["languages"]):
            return False
        if cue["first"] or cue["last"]:
            if t.run is None:
                return False
            own = [r for r in range(len(talk.runs)) if talk.runs[r][0].who == t.who]
            place = own.index(t.run)
            if cue["first"] and place >= cue["first"]:
                return False
            if cue["last"] and place < len(own) - cue["last"]:
                return False
        if cue["replies"]:
            if t.run is None or t.run == 0 or not talk.is_agent_run(t.run) or talk.is_agent_run(t.run - 1):
                return False
            if talk.runs[t.run][0] is not t:
                return False
        return True

    def take(self, t):
        for cue, start, end, name in t.words["hits"]:
            if not self.gates(self.cues[cue], t):
                continue
            if self.cues[cue]["name_customer"] and name != MASK and name not in self.talk.names:
                continue
            self.found[t.number].spans.setdefault(cue, []).append((start, end))
        for cue in t.words["faults"]:
            if self.gates(self.cues[cue], t):
                self.found[t.number].doubts.add(cue)

    def echo(self, cue):
        heard = None  # words of the customer run that is replied to
        for r, run in enumerate(self.talk.runs):
            if not self.talk.is_agent_run(r):
                heard = set()
                for t in self.talk.turns[run[0].number:run[-1].number + 1]:
                    if t.speaker == "customer" and t.words is not None and not self.unsure(t):
                        heard |= set(t.words["content"])
                continue
            for t in self.talk.turns[run[0].number:run[-1].number + 1]:
                if t.run != r or t.words is None or self.unsure(t) or heard is None:
                    continue
                if self.gates(cue, t) and len(heard & set(t.words["content"])) >= cue["words"]:
                    self.found[t.number].spans[cue["id"]] = [None]

    def truth(self, cue, turns):
        """2 fired, 1 in doubt, 0 not, in any of these turns."""
        if any(cue in self.found[n].spans for n in turns):
            return 2
        return 1 if any(cue in self.found[n].doubts for n in turns) else 0

    def combine(self, cue):
        asked = cue["all"] + cue["any"]
        results = []
        for t in self.talk.turns:
            if not self.gates(cue, t) or (not asked and (t.words is None or self.unsure(t))):
                continue
            n = t.number
            window = range(max(0, n - max(1, cue["near"]) + 1), n + 1)
            parts = [self.truth(c, window) for c in cue["all"]]
            if cue["any"]:
                parts.append(max(self.truth(c, window) for c in cue["any"]))
            parts += [2 - self.truth(c, window) for c in cue["none"]]
            if asked:
                parts.append(max(self.truth(c, [n]) for c in asked))
            if min(parts, default=2) == 1:
                results.append((n, None))
            elif min(parts, default=2) == 2:
                spans = [s for c in asked for s in self.found[n].spans.get(c, []) if s is not None]
                results.append((n, [min(spans) if spans else None]))
        for n, spans in results:
            if spans is None:
                self.found[n].doubts.add(cue["id"])
            else:
                self.found[n].spans[cue["id"]] = spans

    def settle_claims(self, behaviours):
        """Overlapping words of a credit and of a penalty: the longer claim stands, equal ones for the penalty."""
        bad = {c for b in behaviours if b["kind"] == "penalty" for c in b["met_by"]}
        good = {c for b in behaviours if b["kind"] != "penalty" for c in b["met_by"] + b["then"]} - bad
        for found in self.found:
            claims = [(s, c) for c in bad | good for s in found.spans.get(c, []) if s is not None]
            claims.sort(key=lambda claim: (claim[0][0] - claim[0][1], claim[1] not in bad))
            standing = []
            for (start, end), c in claims:
                if any((c in bad) != (d in bad) and start < e and s < end for (s, e), d in standing):
                    found.spans[c] = [s for s in found.spans.get(c, []) if s != (start, end)]
                    if not found.spans[c]:
                        del found.spans[c]
                else:
                    standing.append(((start, end), c))

    def hits(self, cues):
        """(turn, start, end, cue), in order; every span."""
        out = []
        for t in self.talk.turns:
            for c in set(cues):
                for s in self.found[t.number].spans.get(c, []):
                    start, end = s if s is not None else (0, t.words["text_len"] if t.words else 0)
                    out.append((t.number, start, end, c))
        return sorted(out)

    def doubts(self, cues):
        return sorted({(t.number, c) for t in self.talk.turns for c in cues if c in self.found[t.number].doubts})


# ------------------------------------------------------------------ clocks


class Clocks:
    def __init__(self, pack, talk, cues):
        self.pack, self.talk = pack, talk
        self.working = [tuple(s) for s in pack["calendar"]] if talk.channel in pack["calendar_channels"] else None
        self.holds = []
        announced = sorted({n for n, _, _, _ in cues.hits(pack["hold"])})
        for n in announced:
            t = talk.turns[n]
            following = next((u for u in talk.turns[n + 1:] if u.heard), None)
            if following is None or t.ts is None or following.ts is None:
                continue
            since = self.end(t)
            if self.holds:
                since = max(since, self.holds[-1][1])
            if since < following.ts:
                self.holds.append((since, following.ts))

    @staticmethod
    def end(t):
        return t.end_ts if t.end_ts is not None else t.ts

    def run_end(self, run):
        return run[-1].end_ts if self.talk.channel == "call" else self.end(run[-1])

    def last_word(self):
        heard = [t for t in self.talk.turns if t.heard]
        return self.end(heard[-1]) if heard else None

    def plain(self, a, b):
        if b <= a:
            return 0
        if self.working is None:
            return b - a
        minute, week = 60000, 7 * 24 * 60 * 60000
        shift = self.pack["calendar_offset"] * minute + 3 * 24 * 60 * minute
        a, b, total = a + shift, b + shift, 0
        monday = (a // week) * week
        while monday < b:
            for start, stop in self.working:
                total += max(0, min(b, monday + stop * minute) - max(a, monday + start * minute))
            monday += week
        return total

    def between(self, a, b, pausing=True):
        time = self.plain(a, b)
        if pausing:
            for h, k in self.holds:
                time -= self.plain(max(a, h), min(b, k))
        return max(0, time)

    def measure(self, who=None):
        """Values by name, and the names of those that happened without a clock. who: only his, with one chat open."""
        talk, values, blind = self.talk, {}, set()

        def counts(t):
            return t.who is not None and t.who != ("customer",) and (who is None or (t.who == who and t.event["open_chats"] == 1))

        self.first_response(who, counts, values, blind)
        gaps, waits = [], []
        for asked, answer in zip(talk.runs, talk.runs[1:]):
            if asked[0].who != ("customer",) or not counts(answer[0]):
                continue
            end = self.run_end(asked)
            if end is None or asked[-1].ts is None or answer[0].ts is None or answer[0].ts < asked[-1].ts:
                blind |= {"median_gap", "p90_gap", "customer_wait"}
                continue
            gaps.append(self.between(end, answer[0].ts))
            waits.append(self.between(end, answer[0].ts, False))
        if gaps:
            gaps.sort()
            values["median_gap"] = gaps[-(-len(gaps) * 50 // 100) - 1]
            values["p90_gap"] = gaps[-(-len(gaps) * 90 // 100) - 1]
            values["customer_wait"] = sum(waits)
        if talk.channel == "call":
            self.air(counts, who, values, blind)
        return values, blind

    def first_response(self, who, counts, values, blind):
        talk = self.talk
        heard = [t for t in talk.turns if t.heard]
        questions = [t for t in heard if t.who == ("customer",)]
        answers = [t for t in heard if t.who != ("customer",) and (who is None or t.who == who)]
        if not answers:
            return
        since, call = 0, None
        if who is not None:
            calls = [(at, e) for at, e in talk.marks
                     if e["type"] == "transfer" and at <= answers[0].number and who == ("agent", e["to_agent_id"])]
            if calls:
                since, call = calls[-1]
            else:
                since = answers[0].number + 1
        if call is not None and questions and questions[0].number < since:
            answer = answers[0] if answers[0].number >= since else next((t for t in answers if t.number >= since), None)
            start = call["ts"]
            if start is not None and answer is not None and answer.ts is not None and answer.ts < start and counts(answer):
                self.talk.flags.add("clock_backwards")
                start = None
        else:
            question = next((t for t in questions if t.number >= since), None)
            answer = next((t for t in answers if question and t.number > question.number), None)
            start = None
            if answer is not None and question.ts is not None:
                if answer.ts is None or answer.ts >= question.ts:
                    start = self.end(question)
        if answer is None or not counts(answer):
            return
        if start is None or answer.ts is None:
            blind.add("first_response")
        else:
            values["first_response"] = self.between(start, answer.ts)

    def air(self, counts, who, values, blind):
        heard_until, silence, overlap, measured = None, 0, 0, False
        audible = [t for t in self.talk.turns if t.speaker != "system"]
        for before, t in zip([None] + audible, audible):
            if before is not None and (who is None or counts(t) or counts(before)):
                if before.ts is None or before.end_ts is None or t.ts is None or t.ts < before.ts:
                    blind |= {"dead_air", "talk_over"}
                else:
                    measured = True
                    silence += self.between(heard_until, t.ts)
                    if before.heard and t.heard and (before.who == ("customer",)) != (t.who == ("customer",)):
                        stop = before.end_ts if t.end_ts is None else min(before.end_ts, t.end_ts)
                        overlap += max(0, stop - t.ts)
            if t.end_ts is not None:
                heard_until = t.end_ts if heard_until is None else max(heard_until, t.end_ts)
        if measured:
            values["dead_air"], values["talk_over"] = silence, overlap


# ------------------------------------------------------------------ behaviours


class Judge:
    def __init__(self, case):
        self.pack, self.final = case["pack"], case["final"]
        self.talk = Conversation(case["events"])
        self.cues = Cues(self.pack, self.talk)
        here = [b for b in self.pack["behaviours"] if self.talk.channel in b["channels"]]
        self.cues.settle_claims(here)
        self.clocks = Clocks(self.pack, self.talk, self.cues)
        self.clock_values, self.clock_blind = self.clocks.measure()
        self.behaviours = here if self.talk.channel in self.pack["channels"] else []
        self.whole = self.whole_reasons()
        self.entries = []
        for b in self.behaviours:
            self.verdicts = []
            getattr(self, b["kind"])(b)
            self.close(b)

    # -- what all behaviours share

    def whole_reasons(self):
        talk, reasons = self.talk, set()
        if not talk.agents:
            reasons.add("no_agent")
        elif not talk.agent_runs():
            reasons.add("too_short")
        if not language_fits(talk.lang, self.pack["languages"]):
            reasons.add("language")
        customer = any(not talk.is_agent_run(r) for r in range(len(talk.runs)))
        if self.final and not customer and not (talk.channel == "team" and len(talk.agents) > 1):
            reasons.add("no_dialogue")
        return reasons

    def say(self, who, kind, credit=0, reasons=(), evidence=(), searched=None, own=False, unanswered=False):
        self.verdicts.append(dict(who=who, kind=kind, credit=credit, reasons=set(reasons), searched=searched, own=own,
                                  evidence=[e for e in evidence if e is not None], unanswered=unanswered))

    def nothing_to_judge(self, more=()):
        if not self.final and "language" not in self.whole:
            self.say(None, "pending")
        else:
            self.say(None, "not_evaluated", reasons=self.whole | set(more))

    def first_hit(self, hits, first, last, who=None):
        """The first in an agent's run, of anyone or of him."""
        for h in hits:
            t = self.talk.turns[h[0]]
            if first <= h[0] <= last and t.run is not None and self.talk.is_agent_run(t.run) and who in (None, t.who):
                return h
        return None

    def all_unsure(self, first, last, who=None):
        spoken = [t for t in self.talk.turns[first:last + 1]
                  if t.run is not None and self.talk.is_agent_run(t.run) and who in (None, t.who)]
        return bool(spoken) and all(self.cues.unsure(t) for t in spoken)

    def customer_left(self, since):
        if not self.talk.ends or self.talk.ends[-1]["ended_by"] != "customer":
            return False
        end, target = self.talk.ends[-1]["ts"], self.pack["reply_target"][self.talk.channel]
        if end is None or since is None or target < 0:
            return True
        return end < since or self.clocks.between(since, end) < target

    # -- opportunities

    def opportunity(self, b):
        talk = self.talk

        def opening(n):
            t = talk.turns[n]
            return t.speaker == "customer" and t.run is not None

        opened = [h for h in self.cues.hits(b["opportunity"]) if opening(h[0])]
        doubted = [d for d in self.cues.doubts(b["opportunity"]) if opening(d[0])]
        if not opened and not doubted:
            return
        if self.whole:
            return self.nothing_to_judge()
        busy_until = -1
        for r in range(len(talk.runs)):
            free = [h for h in opened if talk.turns[h[0]].run == r and h[0] > busy_until]
            unclear = [d for d in doubted if talk.turns[d[0]].run == r and d[0] > busy_until]
            if free:
                busy_until = self.one_opportunity(b, free[0])
            elif unclear:
                after = [k for k in talk.agent_runs() if k > r]
                before = [k for k in talk.agent_runs() if k < r]
                run = after[0] if after else before[-1]
                self.say(talk.runs[run][0].who, "not_evaluated", reasons=["fault"])

    def walk_window(self, b, opened_turn):
        """Forward from the opportunity: (last turn searched, over for good, agent runs in it, who answers)."""
        talk = self.talk
        here = talk.turns[opened_turn].run
        before = [k for k in talk.agent_runs() if k < here]
        after = [k for k in talk.agent_runs() if k > here]
        if before:
            in_charge = talk.runs[before[-1]][0].who
        else:
            in_charge = talk.runs[after[0]][0].who if after else None
        runs_left, restarted, waiting = b["window"], False, False
        closed_by = None
        pending_marks = [(at, e) for at, e in talk.marks if e["type"] == "transfer" and at > opened_turn]
        for r in range(here + 1, len(talk.runs)):
            start = talk.runs[r][0].number
            while pending_marks and pending_marks[0][0] <= start:
                _, e = pending_marks.pop(0)
                away = e["to_agent_id"] is None or in_charge != ("agent", e["to_agent_id"])
                if away and not restarted:
                    waiting = True
            if talk.is_agent_run(r):
                if talk.runs[r][0].who != in_charge and not restarted:
                    restarted, waiting = True, False
                    runs_left = b["window"]
                if runs_left > 0:
                    runs_left -= 1
                    if runs_left == 0:
                        runs_left = -1  # used up; 0 as it came means the whole
            elif runs_left == -1 and closed_by is None:
                closed_by = r
                if not waiting:
                    break
            if closed_by is not None and restarted:
                # the new agent has come after all: the window goes on from his run
                closed_by = None
        if closed_by is None:
            while pending_marks:
                _, e = pending_marks.pop(0)
                away = e["to_agent_id"] is None or in_charge != ("agent", e["to_agent_id"])
                if away and not restarted:
                    waiting = True
        last = talk.runs[closed_by][0].number - 1 if closed_by is not None else len(talk.turns) - 1
        inside = [k for k in after if talk.runs[k][0].number <= last]
        owner = talk.runs[inside[-1]][0].who if inside else (talk.runs[before[-1]][0].who if before else None)
        for at, e in reversed([(at, e) for at, e in talk.marks if e["type"] == "transfer" and opened_turn < at <= last + 1]):
            if e["to_agent_id"] is not None:
                target = ("agent", e["to_agent_id"])
                if not any(talk.runs[k][0].who == target and talk.runs[k][0].number >= at for k in talk.agent_runs()):
                    owner = target
            break
        over = self.final or (closed_by is not None and not waiting)
        return last, over, len(inside), owner

    def one_opportunity(self, b, opened):
        talk = self.talk
        run = talk.runs[talk.turns[opened[0]].run]
        last, over, agent_runs, owner = self.walk_window(b, opened[0])
        first = run[-1].number + 1
        searched = (opened[0], max(last, opened[0]))
        met = self.first_hit(self.cues.hits(b["met_by"]), first, last)
        met_doubts = self.cues.doubts(b["met_by"])
        if met is not None:
            self.met_opportunity(b, run, opened, met, first, met_doubts)
            return met[0]
        if not over:
            self.say(owner, "pending", evidence=[opened])
        elif not agent_runs and self.customer_left(self.clocks.run_end(run)):
            self.say(owner, "not_evaluated", reasons=["customer_left"], evidence=[opened])
        elif self.all_unsure(first, last):
            self.say(owner, "not_evaluated", reasons=["low_confidence"], evidence=[opened])
        elif self.first_hit(met_doubts, first, last):
            self.say(owner, "not_evaluated", reasons=["fault"], evidence=[opened])
        else:
            self.say(owner, "seen", evidence=[opened], searched=searched, unanswered=not agent_runs)
        return searched[1]

    def met_opportunity(self, b, run, opened, met, first, met_doubts):
        talk = self.talk
        turn = talk.turns[met[0]]
        credit, to_come, deed = FULL, False, None
        doubt = self.first_hit(met_doubts, first, met[0]) is not None
        prompt, since = b["prompt"][talk.channel], self.clocks.run_end(run)
        backwards = run[-1].ts is not None and turn.ts is not None and turn.ts < run[-1].ts
        if prompt >= 0 and since is not None and turn.ts is not None and not backwards:
            if self.clocks.between(since, turn.ts) > prompt:
                credit = b["prompt_late_credit"]
        if b["then"]:
            following = [k for k in talk.agent_runs() if k > turn.run][:b["then_runs"]]
            stop = talk.runs[following[-1] if following else turn.run][-1].number
            start = talk.runs[turn.run][0].number
            deed = self.first_hit(self.cues.hits(b["then"]), start, stop)
            if deed is None:
                credit = min(credit, b["then_credit"])
                doubt = doubt or self.first_hit(self.cues.doubts(b["then"]), start, stop) is not None
                last_run = following[-1] if following else turn.run
                to_come = not self.final and (len(following) < b["then_runs"] or last_run == len(talk.runs) - 1)
        evidence = [opened, met, deed]
        if to_come:
            self.say(turn.who, "pending", evidence=evidence)
        elif credit < FULL and doubt:
            self.say(turn.who, "not_evaluated", reasons=["fault"], evidence=evidence)
        else:
            last = self.walk_window(b, opened[0])[0]
            self.say(turn.who, "seen", credit, evidence=evidence, searched=(opened[0], max(last, opened[0])))

    # -- expected

    def expected(self, b):
        if self.whole:
            return self.nothing_to_judge()
        talk = self.talk
        everyone = talk.agent_runs()
        if b["due"] == "once":
            self.one_due(b, None, everyone)
        elif b["due"] == "each_agent":
            for who in talk.agents:
                if talk.agent_runs(who):
                    self.one_due(b, who, talk.agent_runs(who))
        else:
            who = talk.runs[everyone[-1]][0].who
            self.one_due(b, who, talk.agent_runs(who))

    def one_due(self, b, who, runs):
        talk, last_turn = self.talk, len(self.talk.turns) - 1
        segment = (talk.runs[runs[0]][0].number, last_turn)
        window, still_open = segment, not self.final
        if b["window"] and b["due"] == "last_agent":
            window = (talk.runs[runs[-b["window"]:][0]][0].number, last_turn)
        elif b["window"] and len(runs) >= b["window"]:
            nth = runs[b["window"] - 1]
            closing = next((k for k in range(nth, len(talk.runs)) if not talk.is_agent_run(k)), None)
            if closing is not None:
                window = (segment[0], talk.runs[closing][0].number - 1)
                still_open = False
        hits, doubts = self.cues.hits(b["met_by"]), self.cues.doubts(b["met_by"])
        met = self.first_hit(hits, *window, who)
        late = self.first_hit(hits, *segment, who) if met is None else None
        hit = met or late
        owner = talk.turns[hit[0]].who if hit else who
        if owner is None:
            turns = [t.who for t in talk.turns[window[0]:window[1] + 1] if t.run is not None and talk.is_agent_run(t.run)]
            owner = max(talk.agents, key=lambda a: (turns.count(a), -talk.agents.index(a)))
        if still_open and (met is None or b["due"] == "last_agent"):
            return self.say(owner, "pending", evidence=[hit])
        if met is not None:
            return self.say(owner, "seen", FULL, evidence=[hit], searched=window)
        reasons = set()
        if self.first_hit(doubts, *window, who):
            reasons.add("fault")
        if hit is None:
            if b["late_credit"] and self.first_hit(doubts, *segment, who):
                reasons.add("fault")
            if self.all_unsure(*window, who):
                reasons.add("low_confidence")
            if len(talk.agent_runs()) < self.pack["min_agent_runs"][talk.channel]:
                reasons.add("too_short")
            if b["due"] != "once" and self.customer_left(self.clocks.last_word()):
                reasons.add("customer_left")
        if "too_short" in reasons and not self.final:
            self.say(owner, "pending", evidence=[hit])
        elif reasons:
            self.say(owner, "not_evaluated", reasons=reasons, evidence=[hit])
        else:
            self.say(owner, "seen", b["late_credit"] if hit else 0, evidence=[hit], searched=window)

    # -- points and clocks

    def points(self, b):
        if self.whole:
            return
        turns = {}
        for h in self.cues.hits(b["met_by"]):
            turns.setdefault(h[0], []).append(h)
        for n, hits in sorted(turns.items()):
            who = next((t.who for t in reversed(self.talk.turns[:n + 1]) if t.who in self.talk.agents), None)
            if who is not None:
                self.say(who, "seen", 1, evidence=hits)
        doubts = self.cues.doubts(b["met_by"])
        if not turns and doubts:
            who = next((t.who for t in reversed(self.talk.turns[:doubts[0][0] + 1]) if t.who in self.talk.agents), None)
            self.say(who, "not_evaluated", reasons=["fault"])

    bonus = penalty = points

    def timed(self, b):
        targets = {m: (t, l) for m, channel, t, l in b["targets"] if channel == self.talk.channel}
        if not targets:
            return
        credits = self.time_credits(self.clock_values, targets)
        blind = not credits and self.clock_blind & set(targets)
        if self.whole:
            return self.nothing_to_judge(["no_clock"] if blind else [])
        if credits:
            self.say(None, "seen", half_up(Fraction(sum(credits), len(credits))))
        elif blind:
            self.say(None, "not_evaluated", reasons=["no_clock"])
        elif not self.final:
            self.say(None, "pending")
        for who in self.talk.agents:
            credits = self.time_credits(self.clocks.measure(who)[0], targets)
            if credits:
                self.say(who, "seen", half_up(Fraction(sum(credits), len(credits))), own=True)

    @staticmethod
    def time_credits(values, targets):
        out = []
        for m, (target, limit) in targets.items():
            if m in values:
                share = Fraction(limit - values[m], limit - target)
                out.append(half_up(FULL * min(1, max(0, share))))
        return out

    # -- one entry a behaviour and agent

    def close(self, b):
        people = sorted({(v["who"], v["own"]) for v in self.verdicts}, key=self.place_of)
        for who, own in people:
            mine = [v for v in self.verdicts if (v["who"], v["own"]) == (who, own)]
            self.entries.append(self.entry(b, who, own, mine))
        if not people:
            self.entries.append(self.entry(b, None, False, []))

    def place_of(self, person):
        who = person[0]
        if who is None:
            return (0, 0)
        if who in self.talk.agents:
            return (1, self.talk.agents.index(who))
        named = [e["to_agent_id"] for _, e in self.talk.marks if e["type"] == "transfer"]
        return (2, named.index(who[1]))

    def entry(self, b, who, own, verdicts):
        seen = [v for v in verdicts if v["kind"] == "seen"]
        evidence = sorted({h for v in verdicts for h in v["evidence"]})
        once_a_turn = []
        for h in evidence:
            if (h[0], h[3]) not in [(g[0], g[3]) for g in once_a_turn]:
                once_a_turn.append(h)
        e = dict(id=b["id"], b=b, who=who, own=own, seen=len(seen), met=sum(v["credit"] > 0 for v in seen), credit=sum(v["credit"] for v in seen),
                 evidence=once_a_turn, searched=None, reason=None)
        if b["kind"] in ("bonus", "penalty"):
            points = len(seen) * b["points"]
            points = min(points, b["cap"]) if b["cap"] else points
            e["credit"] = points * 10000 * (-1 if b["kind"] == "penalty" else 1)
        else:
            empty = [v["searched"] for v in seen if v["credit"] == 0 and v["searched"]]
            if empty:
                e["searched"] = (min(s[0] for s in empty), max(s[1] for s in empty))
        if seen:
            if b["kind"] in ("bonus", "penalty") or e["credit"] == FULL * len(seen):
                e["outcome"] = "delivered"
            else:
                e["outcome"] = "missed" if e["credit"] == 0 else "partial"
                if e["credit"] == 0 and any(v["unanswered"] for v in seen):
                    e["reason"] = "no_reply"
        elif any(v["kind"] == "pending" for v in verdicts):
            e["outcome"] = "pending"
        elif verdicts:
            e["outcome"] = "not_evaluated"
            e["reason"] = next(r for r in REASONS if any(r in v["reasons"] for v in verdicts))
        else:
            e["outcome"] = "no_opportunity"
        return e

    # -- scores

    def score(self, who, everyone):
        """(CARE, dimensions, coverage) in hundredths and ppm; None is null."""
        dimensions = self.pack["dimensions"]
        bases = [[] for _ in dimensions]
        points = [0] * len(dimensions)
        applicable = evaluated = 0
        for b in self.behaviours:
            mine = [e for e in self.entries if e["b"] is b and ((not e["own"]) if everyone else e["who"] == who)]
            if b["kind"] in ("bonus", "penalty"):
                total = sum(e["credit"] for e in mine) // 10000
                if b["cap"]:
                    total = max(-b["cap"], min(b["cap"], total))
                points[b["dimension"]] += total
                continue
            weight = b["weight"] * dimensions[b["dimension"]][1]
            if any(e["outcome"] != "no_opportunity" for e in mine):
                applicable += weight
            seen = sum(e["seen"] for e in mine)
            if seen:
                evaluated += weight
                bases[b["dimension"]].append((b["weight"], half_up(Fraction(sum(e["credit"] for e in mine), seen))))
        scores = []
        for base, extra in zip(bases, points):
            weight = sum(w for w, _ in base)
            value = half_up(Fraction(sum(w * c for w, c in base), weight * 100)) + extra if weight else None
            scores.append(None if value is None else max(0, min(10000, value)))
        coverage = half_up(Fraction(evaluated * FULL, applicable)) if applicable else None
        runs = len(self.talk.agent_runs(None if everyone else who)) if who or everyone else 0
        there = sum(w for (_, w), s in zip(dimensions, scores) if s is not None)
        care = None
        least = self.pack["min_agent_runs"][self.talk.channel]
        if runs and runs >= least and coverage is not None and coverage >= self.pack["min_coverage"] and there:
            every = sum(w for _, w in dimensions)
            mean = Fraction(sum(w * s for (_, w), s in zip(dimensions, scores) if s is not None), there)
            beside = sum(Fraction(w * p, every) for (_, w), s, p in zip(dimensions, scores, points) if s is None)
            care = max(0, min(10000, half_up(mean + beside)))
        return care, scores, coverage

    def customer_outcome(self):
        def turns(cues, customers_only):
            return sorted({n for n, _, _, _ in self.cues.hits(cues) if not customers_only or self.talk.turns[n].speaker == "customer"})

        delight, thanks = turns(self.pack["delight"], True), turns(self.pack["thanks"], True)
        solved, unsolved = turns(self.pack["resolved"], False), turns(self.pack["unresolved"], False)
        if solved and (not unsolved or solved[-1] > unsolved[-1]):
            resolution = "confirmed" if self.talk.turns[solved[-1]].speaker == "customer" else "likely"
        elif unsolved:
            resolution = "open"
        else:
            resolution = "likely" if delight or thanks else "unknown"
        out = {"resolution": resolution, "delight": len(delight), "thanks": len(thanks)}
        if self.talk.rating:
            scale = self.talk.rating["scale"]
            out["feedback"] = {"rating": decimal(self.talk.rating["rating"], 3), "scale": decimal(scale, 3)}
        return out


# ------------------------------------------------------------------ comparison


def decimal(value, places):
    return None if value is None else float(Fraction(value, 10 ** places))


def name_of(who):
    return who[1] if who and who[0] == "agent" else None


def expected_card(case):
    judge = Judge(case)
    talk = judge.talk
    care, scores, coverage = judge.score(None, True)
    names = [n for n, _ in case["pack"]["dimensions"]]

    def care_value(care, scores):
        return dict([("score", decimal(care, 2))] + [(n, decimal(s, 2)) for n, s in zip(names, scores)])

    behaviours = []
    for e in judge.entries:
        one = {"id": e["id"], "outcome": e["outcome"], "credit": decimal(e["credit"], 6), "seen": e["seen"],
               "met": e["met"] if e["b"]["kind"] not in ("bonus", "penalty") else e["seen"], "agent_id": name_of(e["who"]),
               "evidence": [{"turn": n, "seq": talk.turns[n].event["seq"], "rule": c, "start": s, "end": t} for n, s, t, c in e["evidence"]]}
        if e["reason"]:
            one["reason"] = e["reason"]
        if e["searched"]:
            one["searched"] = {"from": e["searched"][0], "to": e["searched"][1]}
        behaviours.append(one)
    agents = []
    for who in talk.agents:
        own_care, own_scores, _ = judge.score(who, False)
        agents.append({"agent_id": name_of(who), "turns": sum(t.who == who for t in talk.turns), "care": care_value(own_care, own_scores)})
    most = max(agents, key=lambda a: a["turns"], default={"agent_id": None})
    return {
        "channel": talk.channel or None,
        "lang": talk.lang,
        "queue": talk.queue,
        "agents": agents,
        "agent_id": most["agent_id"],
        "turns": {"agent": sum(t.speaker in ("agent", "lead") for t in talk.turns),
                  "customer": sum(t.speaker == "customer" for t in talk.turns), "bot": sum(t.speaker == "bot" for t in talk.turns)},
        "care": care_value(care, scores),
        "coverage": decimal(coverage, 6),
        "behaviours": behaviours,
        "customer_outcome": judge.customer_outcome(),
        "timing": {m + "_s": decimal(judge.clock_values.get(m), 3)
                   for m in ("first_response", "median_gap", "p90_gap", "dead_air", "talk_over", "customer_wait")},
        "flags": sorted(talk.flags),
    }


def first_difference(ours, theirs, path=""):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in list(ours) + [k for k in theirs if k not in ours]:
            found = first_difference(ours.get(key), theirs.get(key), path + "." + key)
            if found:
                return found
        return None
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for i, (a, b) in enumerate(zip(ours, theirs)):
            found = first_difference(a, b, "%s[%d]" % (path, i))
            if found:
                return found
        return None
    return None if ours == theirs else "%s: oracle %s, engine %s" % (path, json.dumps(ours), json.dumps(theirs))


def against_schema(schema, value, defs, path="card"):
    """Keys, their order, types and words as rules/scorecard.schema.json has them; None where all is well."""
    if "$ref" in schema:
        return against_schema(defs[schema["$ref"].rsplit("/", 1)[1]], value, defs, path)
    kinds = {dict: "object", list: "array", str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
    types = schema.get("type", [])
    kind = kinds[type(value)]
    if types and kind not in types and not (kind == "integer" and "number" in types):
        return "%s is %s, not %s" % (path, kind, types)
    if "enum" in schema and value not in schema["enum"]:
        return "%s: no such word as %s" % (path, value)
    if kind == "array":
        return next(filter(None, (against_schema(schema["items"], v, defs, path + "[]") for v in value)), None)
    if kind != "object":
        return None
    known = list(schema["properties"])
    places = [known.index(k) for k in value if k in known]
    missing = [k for k in schema["required"] if k not in value]
    if missing or places != sorted(places) or (len(places) < len(value) and schema["additionalProperties"] is False):
        return "%s has keys %s" % (path, list(value))
    rest = schema["additionalProperties"] or {}
    return next(filter(None, (against_schema(schema["properties"].get(k, rest), v, defs, path + "." + k) for k, v in value.items())), None)


def main(arguments):
    schema = json.loads((Path(__file__).parents[2] / "rules" / "scorecard.schema.json").read_text())
    program, count, first = arguments[0], int((arguments[1:] + ["3000"])[0]), int((arguments[2:] + ["1"])[0])
    failures, outcomes = 0, {}
    with subprocess.Popen([program, str(first), str(count)], stdout=subprocess.PIPE) as dump:
        cases = 0
        for line in dump.stdout:
            case = json.loads(line)
            cases += 1
            ours = expected_card(case)
            theirs = {key: case["card"][key] for key in ours}
            for b in ours["behaviours"]:
                outcomes[b["outcome"]] = outcomes.get(b["outcome"], 0) + 1
            difference = first_difference(ours, theirs) or against_schema(schema, case["card"], schema["$defs"])
            if difference:
                failures += 1
                print("seed %d%s\n%s%s\n" % (case["seed"], "" if case["final"] else " (open)", case["lines"], difference))
                if failures >= 10:
                    dump.kill()
                    break
    if dump.returncode and failures < 10:
        print("judge_dump failed: %d" % dump.returncode)
        failures += 1
    if cases < count and not failures:
        print("only %d of %d cases" % (cases, count))
        failures += 1
    print("%d cases, %d differ; outcomes %s" % (cases, failures, json.dumps(outcomes, sort_keys=True)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
