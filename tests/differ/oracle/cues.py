"""What fired in which turn, and whose words they are."""

MASK = 4294967295  # the name of a hit whose %name is a person mask


def language_fits(lang, wanted):
    if not wanted or not lang:
        return True
    low = lang.lower().replace("_", "-")
    return any(low == w.lower() or low.startswith(w.lower() + "-") for w in wanted)


class Found:
    """What fired in a turn: spans of each cue ((start, end) or None for the whole turn), and cues in doubt."""

    def __init__(self):
        self.spans, self.doubts = {}, set()
        self.parts = {}  # of a sum: what its phrases weigh, and their spans


class Cues:
    def __init__(self, pack, talk):
        self.pack, self.talk = pack, talk
        self.cues = {c["id"]: c for c in pack["cues"]}
        self.found = [Found() for _ in talk.turns]
        self.fallen = {"credit": set(), "penalty": set()}
        for t in talk.turns:
            if t.words is not None and not self.unsure(t):
                self.take(t)
        for cue in pack["cues"]:
            if cue["kind"] == "echo":
                self.echo(cue)
            elif cue["kind"] == "composite":
                self.combine(cue)
            elif cue["kind"] == "summed":
                self.total(cue)

    def unsure(self, turn):
        return turn.confidence is not None and turn.confidence < self.pack["min_confidence"]

    def gates(self, cue, t):
        talk = self.talk
        if t.speaker not in cue["speakers"] or talk.channel not in cue["channels"] or not language_fits(talk.lang, cue["languages"]):
            return False
        words = t.words["words"] if t.words is not None else 0
        if words < cue["min_words"] or (cue["max_words"] and words > cue["max_words"]):
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
        spans = {}
        for cue, start, end, name in t.words["hits"]:
            named = self.cues[cue]["name_customer"]
            if self.cues[cue]["kind"] == "summed":
                weight = name - (1 << 32) if name >= 1 << 31 else name
                self.found[t.number].parts.setdefault(cue, (weight, []))[1].append((start, end))
                continue
            if self.gates(self.cues[cue], t) and (not named or name == MASK or name in self.talk.names):
                spans.setdefault(cue, []).append((start, end))
        for cue in [c for c in spans if self.cues[c]["name_customer"] and c not in self.found[t.number].parts]:
            apart = []
            for start, end in sorted(spans[cue], key=lambda s: (s[0], -s[1])):
                if not apart or start >= apart[-1][1]:
                    apart.append((start, end))
            spans[cue] = apart
            if len(apart) < self.cues[cue]["min_count"]:
                del spans[cue]
        self.found[t.number].spans = spans
        for cue in t.words["faults"]:
            if self.gates(self.cues[cue], t) and not (self.cues[cue]["name_customer"] and cue in spans):
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

    def total(self, cue):
        """Weights of phrases and of other cues in a turn; one in doubt may or may not count."""
        for t in self.talk.turns:
            found = self.found[t.number]
            if t.words is None or not self.gates(cue, t):
                continue
            weight, spans = found.parts.get(cue["id"], (0, []))
            low = high = weight
            fired = []
            for other, adds in cue["weights"]:
                if other in found.spans:
                    low, high = low + adds, high + adds
                    fired.append((other, adds))
                elif other in found.doubts:
                    low, high = low + min(adds, 0), high + max(adds, 0)
            adding = any(adds > 0 and (o in found.spans or o in found.doubts) for o, adds in cue["weights"])
            if high < cue["threshold"] or not (spans or adding):
                continue
            if low < cue["threshold"]:
                found.doubts.add(cue["id"])
            elif spans:
                found.spans[cue["id"]] = sorted(spans)
            else:
                most = max(a for _, a in fired)
                best = next(o for o, a in fired if a == most)
                words = [s for s in found.spans[best] if s is not None]
                found.spans[cue["id"]] = [min(words)] if words else [None]

    def settle_claims(self, behaviours, live):
        """
        Overlapping words of a credit and of a penalty: the longer claim stands, equal ones for the penalty. Of the credits only those
        that are live claim anything; the others give way to every penalty that stands. What fell, as credit or as penalty, into self.fallen.
        """
        bad = {c for b in behaviours if b["kind"] == "penalty" for c in b["met_by"]}
        good = {c for b in behaviours if b["kind"] != "penalty" for c in b["met_by"] + b["then"]}
        self.fallen = {"credit": set(), "penalty": set()}
        for n, found in enumerate(self.found):
            words = {(n, s[0], s[1], c) for c in bad | good for s in found.spans.get(c, []) if s is not None}
            claims = [(h[1] - h[2], 0, h, "penalty") for h in words if h[3] in bad]
            claims += [(h[1] - h[2], 1, h, "credit") for h in words if h[3] in good and h in live]
            claims += [(1, 1, h, "credit") for h in words if h[3] in good and h not in live]
            standing = []
            for strength, _, h, side in sorted(claims):
                if any(side != other and h[1] < g[2] and g[1] < h[2] for g, other in standing):
                    self.fallen[side].add(h)
                elif strength < 1:
                    standing.append((h, side))

    def hits(self, cues):
        """(turn, start, end, cue), in order; every span."""
        out = []
        for t in self.talk.turns:
            for c in set(cues):
                for s in self.found[t.number].spans.get(c, []):
                    start, end = s if s is not None else (0, t.words["text_len"] if t.words else 0)
                    out.append((t.number, start, end, c))
        return sorted(out)

    def standing(self, cues, side="credit"):
        return [h for h in self.hits(cues) if h not in self.fallen[side]]

    def doubts(self, cues):
        return sorted({(t.number, c) for t in self.talk.turns for c in cues if c in self.found[t.number].doubts})
