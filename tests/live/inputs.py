"""inputs: standard input and files that end, are cut or exchanged."""

import json
import os
import subprocess

from disks import finals, lines
from world import conversation, demand


def append(world, name, *text):
    with open(world.path(name), "a", encoding="utf-8") as out:
        out.write("".join(line + "\n" for line in text))


def follow(world):
    append(world, "in.ndjson", *conversation("a"))
    serve = world.serve("--sink", "cards.ndjson", source="in.ndjson").ready()
    serve.until(lambda: "a" in finals(world.path("cards.ndjson")), "the first card")
    return serve


def ends_well(world, serve, *names):
    cards = world.path("cards.ndjson")
    serve.until(lambda: finals(cards) >= set(names), f"{names} are final")
    serve.stop()
    demand(finals(cards) == set(names), f"{finals(cards)}")
    for card in lines(cards):
        demand(card["status"] == "open" or card["turns"]["customer"] == 2, f"a turn of {card['interaction_id']} counts twice, or not at all")


def empty_input(world):
    serve = world.serve("--sink", "cards.ndjson", source="-").exits(0)
    serve.says("drained")
    demand(os.path.getsize(world.path("cards.ndjson")) == 0, "cards of nothing")


def closed_input(world):
    """Not empty but closed: told, and no file of ours is read in its place."""
    done = subprocess.run([world.program, "serve", "--source", "-", "--sink", world.path("cards.ndjson")], preexec_fn=lambda: os.close(0),
                          capture_output=True, text=True, check=False)
    demand(done.returncode == 3 and "cannot read standard input: Bad file descriptor" in done.stderr, f"{done.returncode}: {done.stderr}")


def file_cut(world):
    """And written anew, as logrotate's copytruncate does it. That it was cut can only be told while it is shorter than it was."""
    serve = follow(world)
    with open(world.path("in.ndjson"), "w", encoding="utf-8") as out:
        out.write("".join(line + "\n" for line in conversation("b")[:2]))
    serve.counts(events=6)
    append(world, "in.ndjson", *conversation("b")[2:])
    ends_well(world, serve, "a", "b")


def file_exchanged(world):
    """As logrotate does it: what is written to the old one until then is read, too."""
    serve = follow(world)
    os.rename(world.path("in.ndjson"), world.path("in.ndjson.1"))
    append(world, "in.ndjson.1", *conversation("b"))
    append(world, "in.ndjson", *conversation("c"))
    ends_well(world, serve, "a", "b", "c")


def file_missing(world):
    """It is waited for."""
    serve = world.serve("--sink", "cards.ndjson", source="in.ndjson").says("it is waited for")
    append(world, "in.ndjson", *conversation("a"))
    ends_well(world, serve, "a")


def cut_line(world):
    """The end of an input ends its last line, and half a line is a dead letter."""
    text = "\n".join(conversation("a")) + "\n" + conversation("b")[0][:20]
    with open(world.write("in.ndjson", text), "rb") as stdin:
        serve = world.serve("--sink", "cards.ndjson", "--set", "dead_letter.file=dead.ndjson", source="-", stdin=stdin).exits(0)
    with open(world.path("dead.ndjson"), encoding="utf-8") as dead:
        demand([json.loads(line)["reason"] for line in dead] == ["not_json"], "one dead letter")
    demand(finals(world.path("cards.ndjson")) == {"a"} and serve.counters()["rejected"] == 1, "one card")


DAYS = [file_cut, file_exchanged, file_missing, cut_line, empty_input, closed_input]
