"""disks: where scorecards, counters and states go is full, or gone."""

import json
import os
import sqlite3

from world import conversation, demand, event

STALLED = "reading stops until it can be written"


def lines(path):
    """Scorecards of a file, newest last; a line that is no JSON fails."""
    with open(path, encoding="utf-8") as text:
        return [json.loads(line) for line in text]


def rows(path):
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
        return dict(base.execute("SELECT interaction_id, status FROM scorecards"))


def finals(path):
    if not os.path.exists(path):
        return set()
    return {card["interaction_id"] for card in lines(path) if card["status"] == "final"}


def stalls_and_goes_on(world, serve, limit, is_final):
    """Fill it up; nothing more is read, and it is told once; with room all goes on."""
    serve.limit(limit)
    world.say(*conversation("full"))
    serve.says(STALLED)
    serve.counts(flush_failures=2)
    before = serve.counters()["messages"]
    world.say(*conversation("waits"))
    after = serve.counts(flush_failures=serve.counters()["flush_failures"] + 1)
    demand(after["messages"] == before, "it reads on, though nothing can be written")
    serve.says_once(STALLED)
    serve.make_room()
    serve.says("writing again")
    for name in ("first", "full", "waits"):
        serve.until(lambda name=name: is_final(name), f"{name} is final")
    serve.stop()


def full_disk_file(world):
    world.make()
    cards = world.path("cards.ndjson")
    serve = world.serve("--sink", cards).ready()
    for name in ("first", "second", "third", "fourth", "fifth", "sixth"):
        world.say(*conversation(name))
    serve.until(lambda: "sixth" in finals(cards), "six cards")
    stalls_and_goes_on(world, serve, os.path.getsize(cards) + 100, lambda name: name in finals(cards))


def full_disk_database(world):
    world.make()
    cards = world.path("cards.db")
    serve = world.serve("--sink", cards).ready()
    world.say(*conversation("first"))
    serve.until(lambda: rows(cards).get("first") == "final", "a row")
    stalls_and_goes_on(world, serve, os.path.getsize(cards + "-wal") + 100, lambda name: rows(cards).get(name) == "final")


def full_disk_sigterm(world):
    """Stalled, it still ends in time, and the next run does what was left."""
    world.make()
    os.symlink("/dev/full", world.path("cards.ndjson"))
    serve = world.serve("--sink", "cards.ndjson").ready()
    world.say(*conversation("a"))
    serve.says(STALLED).says("No space left on device")
    serve.stop().says("ended without the last flush")
    os.remove(world.path("cards.ndjson"))
    again = world.serve("--sink", "cards.ndjson").ready()
    again.until(lambda: finals(world.path("cards.ndjson")) == {"a"}, "the card of the run before")
    again.stop()


def input_of(world, count):
    return open(world.write("in.ndjson", "".join(line + "\n" for i in range(count) for line in conversation(f"c{i}"))), "rb")


def full_disk_end_of_input(world):
    """A pipe that has ended cannot be read again: it waits for room."""
    with input_of(world, 60) as text:
        serve = world.serve("--sink", "cards.ndjson", source="-", stdin=text, file_max=20000)
    serve.says(STALLED).make_room()
    serve.exits(0)
    serve.says("drained")
    demand(len(finals(world.path("cards.ndjson"))) == 60, "scorecards are missing")


def full_disk_pipe_sigterm(world):
    """Told to end before there is room: what is lost is told, and the exit code says so."""
    with input_of(world, 60) as text:
        serve = world.serve("--sink", "cards.ndjson", source="-", stdin=text, file_max=20000)
    serve.says(STALLED).stop(code=3)
    serve.says("what was read last is not written")


def reader_gone(world):
    """Of standard output: nothing brings it back."""
    world.make()
    ours, theirs = os.pipe()
    serve = world.serve("--sink", "-", stdout=theirs).ready()
    os.close(theirs)
    os.close(ours)
    world.say(*conversation("a"))
    serve.exits(3).says("Broken pipe")


def counters_not_writable(world):
    world.make()
    counters = world.path("later/counters.json")
    serve = world.serve("--counters", counters).says("counters cannot be written").ready()
    world.say(*conversation("a"))
    world.final(serve, "a")
    serve.says_once("counters cannot be written")
    os.mkdir(world.path("later"))
    serve.says("counters are written again")
    serve.until(lambda: os.path.exists(counters), "counters are there")
    serve.stop()


def spill_folder_full(world):
    """States that cannot be moved out of memory stay there: more memory is used, nothing is lost."""
    world.make()
    os.mkdir(world.path("spill"))
    settings = {"limits.memory": "16M", "limits.state": "1M", "limits.spill_dir": world.path("spill"), "open_cards": "false"}
    serve = world.serve(settings=settings, file_max=65536).ready()
    text = "it is broken and lost, and it does not work; " * 8
    for part in range(10):
        world.say(*[event(f"i{part}-{i}", seq, text=text + str(seq)) for i in range(2500) for seq in (1, 2)])
    serve.counts(messages=50000, seconds=60)
    for i in range(4):  # what was not touched for two flushes is cold
        world.say(event(f"more-{i}", 1))
        serve.counts(messages=50001 + i)
    serve.says("cannot be moved out of memory")
    serve.says_once("cannot be moved out of memory")
    serve.make_room()
    world.say(*conversation("a"))
    serve.says("states are moved out of memory again")
    world.final(serve, "a")
    serve.stop()


DAYS = [spill_folder_full, full_disk_file, full_disk_database, full_disk_sigterm, full_disk_end_of_input, full_disk_pipe_sigterm,
        reader_gone, counters_not_writable]
