"""Clocks: calendar, holds, gaps, silence."""


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
