"""erasing: a customer is forgotten, whether serve runs or not."""

import json
import os
import pty
import select
import sqlite3
import subprocess

from bench import demand, event
from cluster import Record, latest

# Events are of long ago; the clock of the events closes, and closed states are kept for as long as a test takes.
KEEP = {"idle.chat": "10m", "clock.quiet": "1h", "clock.lateness": "1s"}
BEGIN = 1_772_440_000_000


def say(bench, topic, *lines, partition=0):
    bench.client.produce(topic, [Record(partition, json.loads(line)["interaction_id"].encode(), line.encode()) for line in lines])


def turns(interaction, customer, first=1, ms=BEGIN, end=False):
    lines = [event(interaction, first, "my parcel is lost", "customer", customer_id=customer, ts=ms),
             event(interaction, first + 1, "I am so sorry about that.", "agent", agent_id="amara.o", ts=ms + 1000)]
    if end:
        lines.append(json.dumps({"interaction_id": interaction, "seq": first + 2, "type": "end", "ts": ms + 2000}))
    return lines


def cards(bench, topic):
    """The scorecards that stand: id to card."""
    found = latest(bench.client.read(topic + "-scores"))
    return {key.decode(): json.loads(record.value) for (_, key), record in found.items() if record.value is not None}


def states(bench, topic):
    found = latest(bench.client.read(topic + "-state"))
    return {key.decode(): record for (_, key), record in found.items() if not key.startswith(b"\0")}


def erase(bench, topic, *more, code=0):
    return bench.json("erase", "--customer", "cu-7", "--source", bench.uri(topic), "--sink", bench.uri(topic + "-scores"), "--yes", *more,
                      code=code)


def found(told):
    return {place["name"]: place["found"] for place in told["places"]}


def dead(bench, topic):
    return [json.loads(record.value)["reason"] for record in bench.client.read(topic + "-dead-letter")]


def while_serve_runs(bench):
    """Open and closed interactions; its owner hears of it, drops them, and refuses what comes later."""
    topic, base = bench.topic(), f"{bench.folder}/cards.db"
    bench.client.create(topic, 1)
    serve = bench.serve(topic, KEEP, sinks=[base])
    say(bench, topic, *turns("mine", "cu-7"), *turns("done", "cu-7", end=True), *turns("other", "cu-77"))
    bench.waits(lambda: set(cards(bench, topic)) == {"mine", "done", "other"}, "no scorecards")
    told = erase(bench, topic, "--db", base, "--dry-run")
    demand(found(told) == {topic + "-state": 2, topic + "-scores": 2, base: 2}, str(told))
    demand(sorted(told["interactions"]) == ["done", "mine"], str(told))
    demand(set(cards(bench, topic)) == {"mine", "done", "other"}, "a dry run has erased something")
    told = erase(bench, topic, "--db", base)
    demand([place["erased"] for place in told["places"]] == [2, 2, 2], str(told))
    demand(set(cards(bench, topic)) == {"other"}, f"scorecards: {set(cards(bench, topic))}")
    # the owner hears of it as soon as it writes to the partition
    say(bench, topic, *turns("third", "cu-8"))
    bench.waits(lambda: serve.counters().get("foreign", 0) >= 1, "the owner does not hear of it")
    say(bench, topic, *turns("mine", "cu-7", 3), *turns("done", "cu-7", 4))
    bench.waits(lambda: serve.counters().get("erased", 0) == 4, f"later turns are not refused: {serve.counters()}")
    bench.waits(lambda: dead(bench, topic).count("erased") == 4, "no dead letters")
    bench.waits(lambda: "third" in cards(bench, topic), "serve does not go on")
    demand(set(cards(bench, topic)) == {"other", "third"}, f"scorecards: {set(cards(bench, topic))}")
    demand(all(len(states(bench, topic)[each].value) == 16 for each in ("mine", "done")), "more than a marker is left")
    told = erase(bench, topic, "--db", base, code=1)
    demand(sum(found(told).values()) == 0, f"something is left: {told}")
    serve.stop()
    with sqlite3.connect(base) as rows:
        demand({row[0] for row in rows.execute("SELECT interaction_id FROM scorecards")} == {"other", "third"}, "rows")


def while_serve_is_down(bench):
    """Whoever owns the partition next restores without them; nothing is built anew."""
    topic = bench.topic()
    bench.client.create(topic, 2)
    serve = bench.serve(topic, KEEP)
    say(bench, topic, *turns("mine", "cu-7"), *turns("other", "cu-77"))
    say(bench, topic, *turns("elsewhere", "cu-7", end=True), partition=1)
    bench.waits(lambda: set(cards(bench, topic)) == {"mine", "other", "elsewhere"}, "no scorecards")
    serve.stop()
    told = erase(bench, topic)
    demand(found(told) == {topic + "-state": 2, topic + "-scores": 2}, str(told))
    mine = states(bench, topic)["mine"]
    demand(mine.value is None and mine.header("x") == b"1" and mine.header("v") == b"1", f"{mine}")
    told = erase(bench, topic, code=1)
    serve = bench.serve(topic, KEEP)
    say(bench, topic, *turns("mine", "cu-7", 3), *turns("other", "cu-77", 3))
    bench.waits(lambda: serve.counters().get("erased", 0) == 2, f"later turns are not refused: {serve.counters()}")
    bench.waits(lambda: cards(bench, topic)["other"]["turns"]["customer"] == 2, "the other customer's conversation does not go on")
    demand(serve.counters()["rebuilt"] == 0, "a partition was built anew")
    demand(set(cards(bench, topic)) == {"other"}, f"scorecards: {set(cards(bench, topic))}")
    serve.stop()


def markers_and_packs(bench):
    """What only scorecards still tell of; further packs have topics of their own; files are named as out of reach."""
    topic, cards_file = bench.topic(), f"{bench.folder}/cards.ndjson"
    bench.client.create(topic, 1)
    packs = ["--pack", "customer-care", "--pack", "team-care"]
    serve = bench.serve(topic, {**KEEP, "keep.closed": "1s"}, sinks=[cards_file], packs=["team-care"])
    say(bench, topic, *turns("mine", "cu-7", end=True))
    bench.waits(lambda: set(cards(bench, topic)) == {"mine"}, "no scorecard")
    say(bench, topic, *turns("other", "cu-77", ms=BEGIN + 3600_000))
    bench.waits(lambda: len(states(bench, topic)["mine"].value) == 16, "it does not become a marker")
    told = erase(bench, topic, "--sink", cards_file, *packs)
    demand(found(told) == {topic + "-state": 1, topic + "-scores": 1, topic + "-scores.team-care": 1}, str(told))
    demand(cards_file in [each["name"] for each in told["not_looked_through"]], str(told))
    say(bench, topic, *turns("mine", "cu-7", 5, BEGIN + 3600_000), *turns("third", "cu-8", ms=BEGIN + 3600_000))
    bench.waits(lambda: serve.counters().get("foreign", 0) >= 1, "the owner does not hear of it")
    erase(bench, topic, *packs, code=1)
    serve.stop()


def answer(bench, text, *arguments):
    """At a terminal: what it asks, and its exit code."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([bench.program, *arguments], stdin=follower, stdout=follower, stderr=follower)
    os.close(follower)
    said, answered = b"", False
    while True:
        ready, _, _ = select.select([leader], [], [], 60)
        try:
            more = os.read(leader, 4096) if ready else b""
        except OSError:
            more = b""
        if not more:
            break
        said += more
        if b"[y/N]" in said and not answered:
            os.write(leader, text.encode())
            answered = True
    os.close(leader)
    return process.wait(30), said.decode()


def asks(bench):
    """Nobody is forgotten by accident."""
    base = f"{bench.folder}/cards.db"
    path = bench.file("a.ndjson", *turns("mine", "cu-7", end=True))
    bench.run("score", path, "--out", base, "--quiet")
    command = ["erase", "--customer", "cu-7", "--db", base]
    _, err = bench.run(*command, code=2)
    demand("--yes" in err, err)
    code, said = answer(bench, "n\n", *command)
    demand(code == 130 and "1 scorecard" in said and "nothing was erased" in said, f"{code}: {said}")
    demand(found(bench.json(*command, "--dry-run"))[base] == 1, "it is gone")
    code, said = answer(bench, "y\n", *command)
    demand(code == 0 and "1 scorecard erased" in said, f"{code}: {said}")
    bench.run(*command, "--yes", code=1)


CASES = [while_serve_runs, while_serve_is_down, markers_and_packs, asks]
