"""Behaviours, entries and scores."""
from fractions import Fraction
from math import floor

from oracle.clocks import Clocks
from oracle.conversation import Conversation
from oracle.cues import Cues, language_fits

REASONS = ["no_clock", "no_agent", "customer_left", "too_short", "low_confidence", "language", "fault", "no_dialogue"]
FULL = 1000000


def half_up(x):
    return floor(Fraction(x) + Fraction(1, 2))


def decimal(value, places):
    return None if value is None else float(Fraction(value, 10 ** places))


class Judge:
    def __init__(self, case):
        self.pack, self.final = case["pack"], case["final"]
        self.talk = Conversation(case["events"])
        self.cues = Cues(self.pack, self.talk)
        here = [b for b in self.pack["behaviours"] if self.talk.channel in b["channels"]]
        self.clocks = Clocks(self.pack, self.talk, self.cues)
        self.clock_values, self.clock_blind = self.clocks.measure()
        self.behaviours = here if self.talk.channel in self.pack["channels"] else []
        self.whole = self.whole_reasons()
        self.entries = []
        self.awaited = []
        self.live = set()
        for b in self.behaviours:  # once as if nothing fell, to see what would earn something
            self.verdicts = []
            getattr(self, b["kind"])(b)
        self.cues.settle_claims(here, self.live)
        for b in self.behaviours:
            self.verdicts = []
            getattr(self, b["kind"])(b)
            self.awaited += [(b, v) for v in self.verdicts if v["kind"] == "pending"]
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

    def say(self, who, kind, credit=0, reasons=(), evidence=(), searched=None, own=False, unanswered=False, waits=None):
        self.verdicts.append(dict(who=who, kind=kind, credit=credit, reasons=set(reasons), searched=searched, own=own, waits=waits,
                                  evidence=[e for e in evidence if e is not None], unanswered=unanswered))

    def nothing_to_judge(self, more=(), waits=None):
        if not self.final and "language" not in self.whole:
            self.say(None, "pending", waits=waits)
        else:
            self.say(None, "not_evaluated", reasons=self.whole | set(more))

    def first_hit(self, hits, first, last, who=None):
        """The first in an agent's run, of anyone or of him."""
        return next(iter(self.hits_in(hits, first, last, who)), None)

    def hits_in(self, hits, first, last, who=None):
        return [h for h in hits if first <= h[0] <= last and self.talk.can_meet(self.talk.turns[h[0]], who)]

    def all_unsure(self, first, last, who=None):
        spoken = [t for t in self.talk.turns[first:last + 1] if self.talk.can_meet(t, who)]
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
            return self.nothing_to_judge(waits=opened[:1])
        busy_until = -1
        for r in range(len(talk.runs)):
            free = [h for h in opened if talk.turns[h[0]].run == r and h[0] > busy_until]
            unclear = [d for d in doubted if talk.turns[d[0]].run == r and d[0] > busy_until]
            if free:
                busy_until = self.one_opportunity(b, free[0], opened)
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
        last_word = talk.runs[before[-1]][-1].number if before else -1
        handed = [e for at, e in talk.marks if e["type"] == "transfer" and last_word < at <= opened_turn]
        if handed and handed[-1]["to_agent_id"] is not None:
            in_charge = ("agent", handed[-1]["to_agent_id"])
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
        owner = talk.runs[inside[-1]][0].who if inside else in_charge
        for at, e in reversed([(at, e) for at, e in talk.marks if e["type"] == "transfer" and opened_turn < at <= last + 1]):
            if e["to_agent_id"] is not None:
                target = ("agent", e["to_agent_id"])
                wrote = any(talk.runs[k][0].who == target and talk.runs[k][0].number >= at for k in talk.agent_runs())
                had_it = [talk.runs[k][0].who for k in inside if talk.runs[k][0].number < at][-1:] or [in_charge]
                taken_over = any(talk.runs[k][0].who != had_it[0] for k in inside if talk.runs[k][0].number >= at)
                if not wrote and not taken_over:
                    owner = target
            break
        over = self.final or (closed_by is not None and not waiting)
        return last, over, len(inside), owner

    def one_opportunity(self, b, opened, all_opened):
        talk = self.talk
        here = talk.turns[opened[0]].run
        last, over, agent_runs, owner = self.walk_window(b, opened[0])
        first = opened[0] + 1
        searched = (opened[0], max(last, opened[0]))
        met = self.hits_in(self.cues.hits(b["met_by"]), first, last)
        met_doubts = self.cues.doubts(b["met_by"])
        if met:
            until = met[0][0]
            later = [h[0] for h in all_opened if h[0] > until and talk.turns[h[0]].run != here]
            stop = min([last] + [n - 1 for n in later])
            self.met_opportunity(b, opened, [h for h in met if h[0] <= stop], over or stop < last, searched,
                                 self.first_hit(met_doubts, first, stop) is not None)
            return until
        if not over:
            self.say(owner, "pending", evidence=[opened])
        elif not agent_runs and self.customer_left(self.clocks.run_end(talk.runs[here])):
            self.say(owner, "not_evaluated", reasons=["customer_left"], evidence=[opened])
        elif self.all_unsure(first, last):
            self.say(owner, "not_evaluated", reasons=["low_confidence"], evidence=[opened])
        elif self.first_hit(met_doubts, first, last):
            self.say(owner, "not_evaluated", reasons=["fault"], evidence=[opened])
        else:
            self.say(owner, "seen", evidence=[opened], searched=searched, unanswered=not agent_runs)
        return searched[1]

    def met_opportunity(self, b, opened, met, over, searched, doubt):
        """met: all hits in the window, fallen or not. Only the credit goes by those that stand."""
        said = [self.worth(b, opened, h, ()) for h in met]
        for h, (credit, deed, _, _) in zip(met, said):
            if credit:
                self.live |= {h, deed}
        fallen = self.cues.fallen["credit"]
        standing = [h for h in met if h not in fallen]
        worths = [self.worth(b, opened, h, fallen) for h in standing]
        credit = max((w[0] for w in worths), default=0)
        best = next((i for i, w in enumerate(worths) if w[0] == credit), None)
        evidence = [opened] + ([standing[best], worths[best][1]] if best is not None else [])
        who = self.talk.turns[met[0][0]].who
        if credit < FULL and (not over or any(w[2] for w in worths)):
            self.say(who, "pending", evidence=evidence)
        elif max(w[0] for w in said) < FULL and (doubt or any(w[3] for w in said)):
            self.say(who, "not_evaluated", reasons=["fault"], evidence=evidence)
        else:
            self.say(who, "seen", credit, evidence=evidence, searched=searched)

    def worth(self, b, opened, met, fallen):
        """Of one hit: (credit, deed, whether deeds may still come, whether one is in doubt)."""
        talk = self.talk
        turn = talk.turns[met[0]]
        credit = FULL
        heard = [t for t in talk.runs[talk.turns[opened[0]].run] if t.number < turn.number]
        prompt, since = b["prompt"][talk.channel], self.clocks.run_end(heard)
        backwards = heard[-1].ts is not None and turn.ts is not None and turn.ts < heard[-1].ts
        if prompt >= 0 and since is not None and turn.ts is not None and not backwards:
            if self.clocks.between(since, turn.ts) > prompt:
                credit = b["prompt_late_credit"]
        if not b["then"]:
            return credit, None, False, False
        following = [k for k in talk.agent_runs() if talk.runs[k][0].number > turn.number][:b["then_runs"]]
        own = [turn] if turn.run is None else talk.runs[turn.run]
        start, stop = own[0].number, (talk.runs[following[-1]] if following else own)[-1].number
        deed = self.first_hit([h for h in self.cues.hits(b["then"]) if h not in fallen], start, stop)
        if deed is not None:
            return credit, deed, False, False
        last_run = following[-1] if following else turn.run
        to_come = not self.final and (len(following) < b["then_runs"] or last_run == len(talk.runs) - 1)
        return min(credit, b["then_credit"]), None, to_come, self.first_hit(self.cues.doubts(b["then"]), start, stop) is not None

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
        doubts = self.cues.doubts(b["met_by"])
        said = self.cues.hits(b["met_by"])
        said_in, said_ever = self.hits_in(said, *window, who), self.hits_in(said, *segment, who)
        self.live |= set(said_in or (said_ever if b["late_credit"] else []))
        standing = self.cues.standing(b["met_by"])
        met, hit = self.first_hit(standing, *window, who), self.first_hit(standing, *segment, who)
        hit = met or hit
        owner = talk.turns[(said_in or said_ever)[0][0]].who if said_ever else who
        if owner is None:
            turns = [t.who for t in talk.turns[window[0]:window[1] + 1] if t.run is not None and talk.is_agent_run(t.run)]
            owner = max(talk.agents, key=lambda a: (turns.count(a), -talk.agents.index(a)))
        if still_open and (met is None or b["due"] == "last_agent"):
            return self.say(owner, "pending", evidence=[hit])
        if said_in:
            credit = FULL if met else b["late_credit"] if hit else 0
            return self.say(owner, "seen", credit, evidence=[hit], searched=window)
        reasons = set()
        if self.first_hit(doubts, *window, who):
            reasons.add("fault")
        if self.all_unsure(*window, who):
            reasons.add("low_confidence")
        if not said_ever:
            if b["late_credit"] and self.first_hit(doubts, *segment, who):
                reasons.add("fault")
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
        if b["kind"] == "bonus":
            self.live |= set(self.cues.hits(b["met_by"]))
        for h in self.cues.standing(b["met_by"], "penalty" if b["kind"] == "penalty" else "credit"):
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
        weighted = {h[3] for h in evidence if self.cues.cues[h[3]]["kind"] in ("weighted", "summed")}
        side = "penalty" if b["kind"] == "penalty" else "credit"
        evidence = sorted(set(evidence) | {g for h in evidence if h[3] in weighted for g in self.cues.standing([h[3]], side) if g[0] == h[0]})
        once_a_turn = []
        for h in evidence:
            if [(g[0], g[3]) for g in once_a_turn].count((h[0], h[3])) < (3 if h[3] in weighted else 1):
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
                if e["credit"] == 0 and all(v["unanswered"] for v in seen):
                    e["reason"] = "no_reply"
        elif any(v["kind"] == "pending" for v in verdicts):
            e["outcome"] = "pending"
        elif verdicts:
            e["outcome"] = "not_evaluated"
            e["reason"] = next(r for r in REASONS if any(r in v["reasons"] for v in verdicts))
        else:
            e["outcome"] = "no_opportunity"
        return e

    # -- what an open card says beside

    def pending(self):
        out = []
        for b, v in self.awaited:
            evidence = (v["evidence"] or v["waits"] or []) if b["kind"] == "opportunity" else []
            out.append(dict(b=b, who=v["who"], since=self.talk.turns[evidence[0][0]].ts if evidence else None, evidence=evidence,
                            state=["due", "unmet", "half", "half"][len(evidence)]))
        return sorted(out, key=lambda p: (p["since"] is None, p["since"] or 0))

    def moments(self):
        out = []
        for kind in ("delight", "thanks"):
            first = {}
            for h in sorted(self.cues.hits(self.pack[kind])):
                if self.talk.turns[h[0]].speaker == "customer":
                    first.setdefault(h[0], h)
            for n, h in sorted(first.items()):
                who = next((t.who for t in reversed(self.talk.turns[:n + 1]) if t.who in self.talk.agents), None)
                out.append(dict(id="customer_outcome." + kind, kind=kind, b=None, who=who, evidence=h))
        out += [dict(id=e["id"], kind=e["b"]["kind"], b=e["b"], who=e["who"], evidence=h)
               for e in self.entries if e["b"]["kind"] in ("bonus", "penalty") for h in e["evidence"]]
        when = [self.talk.turns[m["evidence"][0]].ts for m in out]
        return [m for _, m in sorted(enumerate(out), key=lambda p: (when[p[0]] is None, when[p[0]] or 0, p[1]["evidence"][0], p[0]))]

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
