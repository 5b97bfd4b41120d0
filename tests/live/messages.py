"""messages: what a topic may hold beside good events."""

import json
import time

from cluster import Record
from world import conversation, demand, end, event

BIG = {"max.message.bytes": str(8 << 20)}


def goes_on(world, serve, name="good"):
    """Reading goes on: a conversation behind whatever it was."""
    world.say(*conversation(name))
    world.final(serve, name)
    serve.stop()


def huge_message(world):
    """Of 5 MB: an event with something that we do not know, and one whose text is that long."""
    world.make(**BIG)
    serve = world.serve().ready()
    world.say(event("a", 1, extra="x" * (5 << 20)), end("a", 2), event("b", 1, text="lost " * (1 << 20)))
    cards = world.final(serve, "a")
    demand(cards["a"]["turns"]["customer"] == 1, "an event with a huge field that we do not know is an event")
    counters = serve.counts(dead_letters=1)
    demand(counters["rejected_by"] == {"text_too_long": 1}, f"rejected by {counters['rejected_by']}")
    goes_on(world, serve)


def long_text(world):
    """A text of 64 KiB is one, a byte more is not: a dead letter, and its interaction is told to be incomplete."""
    world.make()
    serve = world.serve(settings={"dead_letter.payload": "true"}).ready()
    world.say(event("a", 1, text="x" * 65536), end("a", 2), event("b", 1, text="x" * 65537), event("b", 2, "agent", "Hello"), end("b", 3))
    cards = world.final(serve, "a", "b")
    demand("incomplete" not in cards["a"]["flags"] and "incomplete" in cards["b"]["flags"], "flags of incomplete interactions")
    serve.counts(dead_letters=1)
    dead = world.dead()[0]
    demand((dead["reason"], dead["field"], dead["partition"], dead["offset"]) == ("text_too_long", "text", 0, 2), f"a dead letter: {dead}")
    demand(dead["payload_bytes"] > 65537 and len(dead["payload"]) < 65537, "its payload is cut")
    goes_on(world, serve)


def tombstones(world):
    world.make()
    serve = world.serve().ready()
    world.put(Record(0, b"a", None), Record(0, None, None), Record(0, b"b", b""))
    counters = serve.counts(messages=3)
    demand((counters["tombstones"], counters["rejected"], counters["dead_letters"]) == (2, 0, 0), f"{counters}")
    goes_on(world, serve)


def no_key(world):
    """And a wrong one: the conversation is judged all the same, and it is counted."""
    world.make()
    serve = world.serve().ready()
    lines = conversation("a")
    world.put(Record(0, None, lines[0].encode()), Record(0, b"b", lines[1].encode()))
    world.say(*lines[2:])
    cards = world.final(serve, "a")
    demand(cards["a"]["turns"] == {**cards["a"]["turns"], "customer": 2, "agent": 1}, f"{cards['a']['turns']}")
    demand(serve.counters()["misplaced"] == 2, f"misplaced: {serve.counters()['misplaced']}")
    goes_on(world, serve)


def torn_conversation(world):
    """In two partitions: told once, and counted."""
    world.make(2)
    serve = world.serve().ready()
    world.say(event("a", 1), event("b", 1))
    serve.counts(events=2)
    world.say(event("a", 2), event("b", 2), partition=1)
    demand(serve.counts(split=2, events=4)["split"] == 2, "split")
    serve.says("is not keyed by interaction").says_once("is not keyed by interaction")
    goes_on(world, serve)


def from_the_future(world):
    """Its interaction is flagged; the clock does not move, so that others stay open."""
    world.make()
    now = int(time.time() * 1000)
    serve = world.serve().ready()
    world.say(event("b", 1, ts=now), event("a", 1, ts=now + 86400000), event("c", 1, ts=now))
    counters = serve.counts(events=3, cards_open=3)
    demand((counters["future"], counters["closed"]) == (1, 0), f"{counters['future']} of the future, {counters['closed']} closed")
    demand(counters["units"][0]["watermark"] <= now, "the clock went ahead")
    cards = world.cards()
    demand("future_time" in cards["a"]["flags"] and "future_time" not in cards["b"]["flags"], "flags of the future")
    goes_on(world, serve)


def no_events(world):
    """Bytes of all kinds."""
    world.make()
    serve = world.serve().ready()
    bad = [b"no json", b"[1,2]", b"{}", b"\x00\xff\xfe", b'{"interaction_id":"a"', json.dumps({"interaction_id": "a", "speaker": "x"}).encode()]
    world.put(*[Record(0, b"a", value) for value in bad])
    demand(serve.counts(dead_letters=len(bad))["rejected"] == len(bad), "each is a dead letter")
    goes_on(world, serve)


DAYS = [huge_message, from_the_future, long_text, tombstones, no_key, torn_conversation, no_events]
