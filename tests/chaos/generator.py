"""
generator: conversations that never took place, as many as are wanted, the same ones for the same seed.

Chats, calls, mails and posts of ten to twenty turns, written from sentences that hit the cues of customer-care. A stream interleaves hundreds
of them, a little out of order, and sends every fifth event twice. How events are told apart (seq, event_id, or not at all) differs by
conversation; of those that cannot be told apart, whoever applies one twice shows it in the scorecard.
"""

import heapq
import json
import random
from datetime import datetime, timezone

BEGIN_MS = int(datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc).timestamp() * 1000)
DUPLICATES = 0.2
JITTER_MS = 45_000
DUPLICATE_DELAY_MS = 90_000
START_EVERY_MS = 900

NAMES = ["Nina Berg", "Tomas Reyes", "Aoife Walsh", "Kwame Boateng", "Priya Nair", "Lars Holm", "Mei Tanaka", "Olga Petrova"]
AGENTS = ["amara.o", "callum.d", "ines.g", "mei.l", "sam.b", "yusuf.k"]
THINGS = ["parcel", "invoice", "router", "contract", "refund", "booking", "heating", "new card"]
TIMES = ["by noon tomorrow", "within two hours", "before Friday", "in 3 to 5 days", "this afternoon", "by Monday evening"]
MONEY = ["£12.50", "30 euros", "$89", "£240", "15 pounds a month"]

OPENINGS = ["my {thing} is late again and nobody called me back", "hi, where is my {thing}?", "Hello, I have a problem with my {thing}.",
            "This is the third time I'm writing about my {thing}, it is a disgrace", "I want to complain about the {thing} that I got",
            "good morning, can you tell me what the {thing} costs?", "I was charged {money} twice!! this is unacceptable"]
CUSTOMER = ["I have been waiting for three weeks now", "how much would that be?", "why was I not told about this?", "ok",
            "No, that does not help me at all.", "Yes, that is right.", "I'm really worried that it will not come in time",
            "thank you", "could you check that please", "what happens if it breaks again?", "I am so angry, you promised to ring me",
            "my order number is 4471-{number}", "and is there a fee for that?", "that sounds good", "Nobody told me about the {money}.",
            "sorry, I meant the other {thing}", "I need it for my daughter's birthday", "are you still there?"]
AGENT = ["I'm so sorry about that, {first}.", "I apologise for the wait, {first}. Let me check that for you.",
         "I've booked a courier, your {thing} will be with you {time}.", "Can I take your order number, please?",
         "That must be very frustrating, I understand.", "There is a fee of {money}, because the contract runs until May.",
         "You have two options: we send a new {thing}, or you get your money back.", "I will ring you {time}, I promise.",
         "Unfortunately that is our policy.", "You should have read the terms.", "Please calm down.", "One moment please, I'll look into it.",
         "Thank you for telling me, {first}.", "So if I understand you right, your {thing} never came?", "I have refunded {money} just now.",
         "As I said, there is nothing I can do.", "The {thing} works like this: hold the button until the light is green.",
         "While I am here: you could save {money} with the other tariff. Would you like that?", "Is there anything else I can do for you?",
         "Dear {{{{customer_name}}}}, your request is important to us."]
GREETINGS = ["Good morning {first}, you're through to {agent}. How can I help?", "Hello, {agent} here.", "Hi {first}! Thanks for waiting."]
GOODBYES = ["Have a lovely day, {first}. Goodbye!", "Thanks for your call, take care.", "Bye."]
CLOSINGS = ["great, that solved it, thanks so much!", "thank you, you are brilliant", "well, that was no help at all", "ok bye"]
BOT = ["You are number 3 in the queue.", "This chat is recorded for training."]


def iso(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


class Conversation:
    """One interaction: its id, and its events as (ts, line), in order."""

    def __init__(self, rng, number, start_ms, prefix, ends=0.8):
        self.rng = rng
        self.channel = rng.choice(["chat", "chat", "call", "email", "social"])
        self.id = f"{prefix}-{self.channel}-{number}"
        if rng.random() < 0.02:
            self.id += ' "ü\\'  # ids are any text: keys of messages and JSON must both bear it
        self.identity = rng.choices(["seq", "event_id", "none"], [4, 2, 4])[0]
        self.name = rng.choice(NAMES)
        self.agent = rng.choice(AGENTS)
        self.about = {"channel": self.channel, "customer_id": f"cu-{rng.randrange(10000)}", "queue": rng.choice(["orders", "billing", "tech"])}
        self.now = start_ms
        self.seq = 0
        self.events = []
        self._write(ends)

    def _write(self, ends):
        rng = self.rng
        if rng.random() < 0.5:
            self._add(type="start")
        if rng.random() < 0.2:
            self._say("bot", BOT)
        self._say("customer", OPENINGS)
        self._say("agent", GREETINGS)
        for _ in range(rng.randint(7, 16)):
            if rng.random() < 0.5:
                self._say("customer", CUSTOMER)
            else:
                self._say("agent", AGENT)
            if rng.random() < 0.03:
                self._change()
        if rng.random() < 0.08:
            other = rng.choice(AGENTS)
            self._add(type="transfer", agent_id=self.agent, to_agent_id=other)
            self.agent = other
            self._say("agent", GREETINGS)
        self._say("customer", CLOSINGS)
        self._say("agent", GOODBYES)
        if rng.random() < 0.15:
            self._add(type="feedback", rating=rng.randint(1, 5), scale=5)
        if rng.random() < ends:
            self._add(type="end", ended_by=rng.choice(["agent", "customer"]))

    def _say(self, speaker, sentences):
        rng = self.rng
        text = " ".join(rng.choice(sentences) for _ in range(1 if rng.random() < 0.8 else 2))
        text = text.format(thing=rng.choice(THINGS), time=rng.choice(TIMES), money=rng.choice(MONEY), number=rng.randrange(1000, 9999),
                           first=self.name.split()[0], agent=self.agent.split(".")[0].title())
        more = {"speaker": speaker, "text": text}
        if speaker == "agent":
            more["agent_id"] = self.agent
        if speaker == "customer" and rng.random() < 0.3:
            more["customer_name"] = self.name
        if self.channel == "call":
            more["end_ts"] = iso(self.now + 40 * len(text))
            more["confidence"] = round(rng.uniform(0.5, 1), 2)
        self._add(**more)

    def _change(self):
        """An edit or a deletion of something said before, where it has a name."""
        if self.identity == "none":
            return
        target = self.rng.randrange(self.seq)
        where = {"target_event_id": f"e{target}"} if self.identity == "event_id" else {"target_seq": target}
        if self.rng.random() < 0.5:
            self._add(type="delete", **where)
        else:
            self._add(type="edit", text="I mean, I am sorry about your {}.".format(self.rng.choice(THINGS)), **where)

    def _add(self, **more):
        event = {"interaction_id": self.id, "ts": iso(self.now), **self.about, **more}
        if self.identity == "seq":
            event["seq"] = self.seq
        elif self.identity == "event_id":
            event["event_id"] = f"e{self.seq}"
        self.events.append((self.now, json.dumps(event, ensure_ascii=False).encode()))
        self.seq += 1
        self.now += self.rng.randint(1000, 25_000)


class Stream:
    """
    Events of many conversations as they would come, (key, line), without end until close() is called: then what was begun is finished.
    """

    def __init__(self, seed, prefix="x", ends=0.8, begin_ms=BEGIN_MS):
        self.rng = random.Random(seed)
        self.prefix, self.ends = prefix, ends
        self.next_start_ms = begin_ms
        self.newest_ms = begin_ms
        self.conversations = 0
        self.closed = False
        self._heap = []
        self._count = 0

    def close(self):
        self.closed = True

    def __iter__(self):
        return self

    def __next__(self):
        while not self.closed and (not self._heap or self._heap[0][0] >= self.next_start_ms):
            self._begin()
        if not self._heap:
            raise StopIteration
        _, _, key, line = heapq.heappop(self._heap)
        return key, line

    def _begin(self):
        rng = self.rng
        conversation = Conversation(rng, self.conversations, self.next_start_ms, self.prefix, self.ends)
        self.conversations += 1
        self.next_start_ms += rng.randint(0, 2 * START_EVERY_MS)
        key = conversation.id.encode()
        for ts, line in conversation.events:
            self.newest_ms = max(self.newest_ms, ts)
            self._push(ts + rng.randint(0, JITTER_MS), key, line)
            if rng.random() < DUPLICATES:
                self._push(ts + rng.randint(0, DUPLICATE_DELAY_MS), key, line)

    def _push(self, at_ms, key, line):
        self._count += 1
        heapq.heappush(self._heap, (at_ms, self._count, key, line))


def sweepers(prefix, partitions, at_ms):
    """A short conversation a partition, so much later that all others are long over: (partition, key, line)."""
    for partition in range(partitions):
        key = f"{prefix}-sweeper-{partition}"
        common = {"interaction_id": key, "channel": "chat"}
        yield partition, key.encode(), json.dumps({**common, "seq": 0, "ts": iso(at_ms), "speaker": "customer", "text": "hello"}).encode()
        yield partition, key.encode(), json.dumps({**common, "seq": 1, "ts": iso(at_ms + 1000), "type": "end"}).encode()


if __name__ == "__main__":
    import itertools
    import sys

    for _, event in itertools.islice(Stream(sys.argv[1] if len(sys.argv) > 1 else "1"), int(sys.argv[2]) if len(sys.argv) > 2 else 1000):
        sys.stdout.buffer.write(event + b"\n")
