"""Which events stand, in which order, and who said them (runs; identity, order, edits)."""


def absent_first(x):
    return (0, 0) if x is None else (1, x)


class Turn:
    def __init__(self, event, number):
        self.event, self.words, self.number = event, event, number
        self.speaker = event["speaker"]
        self.ts, self.end_ts = event["ts"], event["end_ts"]
        self.who = None  # ("customer",) or ("agent", key)
        self.run = None
        self.confidence = event["confidence"]
        self.heard = False
        self.answers = False  # a backchannel, the first word of an agent after the customer's


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
        people = []
        for t in self.turns:
            if t.who is None:
                continue
            backchannel = self.channel == "call" and t.words is not None and t.words["backchannel"]
            if backchannel and t.who != ("customer",):
                before = [u for u in people if u.heard or u.who != ("customer",)]
                t.answers = bool(before) and before[-1].who == ("customer",)
            people.append(t)
            if backchannel:
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

    def can_meet(self, t, who=None):
        return t.who in self.agents and (t.run is not None or t.answers) and who in (None, t.who)

    def is_agent_run(self, r):
        return self.runs[r][0].who != ("customer",)

    def agent_runs(self, who=None):
        return [r for r in range(len(self.runs)) if self.is_agent_run(r) and who in (None, self.runs[r][0].who)]
