"""
input: what may be wrong with messages. Scenarios as in scenarios.py.
"""

import json

import oracle
from cluster import Record
from generator import BEGIN_MS, Conversation, Stream, iso, sweepers
from world import PARTITIONS, Fault

TEXT_BYTES = 5 << 20
HOUR_MS = 3600 * 1000


def bad_lines(rng, key, line):
    """One message that is no event (or a tombstone), made of one that is."""
    event = json.loads(line)
    kind = rng.randrange(10)
    if kind == 0:
        return key, line[: rng.randrange(1, len(line) - 1)]
    if kind == 1:
        return key, line[:-1] + b',"speaker":"agent"}' + b" " * rng.randrange(3) if b'"speaker"' in line else line[:-1] + b',"ts":1}'
    if kind == 2:
        return key, json.dumps({**event, "text": "x" * TEXT_BYTES, "speaker": "agent", "type": "message"}).encode()
    if kind == 3:
        return key, None
    if kind == 4:
        return None, b"no event at all"
    if kind == 5:
        return key, json.dumps({**event, "interaction_id": rng.choice([17, None, [], {}, True, ""])}).encode()
    if kind == 6:
        return key, bytes(rng.randrange(1, 256) for _ in range(40)).replace(b"\n", b".")
    if kind == 7:
        return key, json.dumps({**event, "seq": rng.choice([-1, 1.5, "7", 1 << 70])}).encode()
    if kind == 8:
        return key, json.dumps({**event, "ts": rng.choice(["yesterday", "2026-02-30T00:00:00Z", []])}).encode()
    return key, b"[" * rng.randrange(1, 5000)


def poison(world, messages=(10_000, 1_000_000)):
    """One of a hundred messages is no event: exactly those are dead letters, and all others are scored. Some have no key."""
    rng = world.rng
    world.topics()
    stream = Stream(world.seed, world.topic)
    serve = world.serve("a").start()
    records, tombstones = [], 0
    for key, line in stream:
        records.append(Record(None, key, line))
        if rng.random() < 0.01:
            bad = Record(None, *bad_lines(rng, key, line))
            tombstones += bad.value is None
            world.faults_made += 1
            records.append(bad)
        if len(records) >= messages[world.long]:
            stream.close()
    for number in range(20):  # good ones without a key, each conversation in one partition all the same
        keyless = Conversation(rng, number, BEGIN_MS, f"{world.topic}-keyless")
        records += [Record(number % PARTITIONS, None, line) for _, line in keyless.events]
    world.client.produce(world.topic, records)
    late = [Record(*each) for each in sweepers(world.topic, PARTITIONS, stream.newest_ms + 3 * HOUR_MS)]
    world.client.produce(world.topic, late)
    world.settle()
    world.demand(world.verdict())
    counters = serve.counters()
    for name, expected in {"messages": len(records) + len(late), "tombstones": tombstones, "rejected": world.dead,
                           "dead_letters": world.dead}.items():
        if counters[name] != expected:
            raise Fault(f"counter {name} is {counters[name]}, {expected} were sent")


def too_late(world):
    """Turns of an interaction that was closed long ago are dead letters, and its scorecard stays; also after a restart."""
    world.topics()
    serve = world.serve("a", {"keep.closed": "10m"}).start()
    stream = Stream(world.seed, world.topic, ends=1.0)
    lines = [next(stream) for _ in range(2000)]
    stream.close()
    lines += list(stream)
    world.client.produce(world.topic, [Record(None, *each) for each in lines])
    for hours in (3, 6):  # all are closed by the first, and their last word is written before the second
        at = stream.newest_ms + hours * HOUR_MS
        world.client.produce(world.topic, [Record(*each) for each in sweepers(f"{world.topic}-{hours}", PARTITIONS, at)])
        world.reach(world.ends(), 60, "before the late ones")
    serve.stop()
    begun = sorted({key for key, _ in lines})
    late = [Record(None, key, json.dumps({"interaction_id": key.decode(), "seq": 900, "ts": iso(BEGIN_MS), "channel": "chat",
                                          "speaker": "agent", "agent_id": "amara.o", "text": "I am so sorry"}).encode())
            for key in world.rng.sample(begun, 50)]
    truth = oracle.Truth(world.program, world.read(), world.folder)
    serve.start()
    late = world.client.produce(world.topic, late)
    world.settle()
    world.faults_made += len(late)
    truth.dead.update({(record.partition, record.offset): "too_late" for record in late})
    records = world.read()
    world.events, world.interactions, world.dead = len(records), len(truth.cards), len(truth.dead)
    world.demand(oracle.compare(truth, world.read("-scores"), records, world.read("-dead-letter")))
    if serve.counters()["too_late"] != len(late):
        raise Fault(f"counter too_late is {serve.counters()['too_late']}, {len(late)} came too late")


def wrong_keys(world):
    """A topic that is not keyed by interaction: what stands in two partitions is told, and each partition's scorecard is right for it."""
    rng = world.rng
    world.topics()
    serve = world.serve("a").start()
    records, misplaced = [], 0
    split = [Conversation(rng, number, BEGIN_MS + number * 1000, f"{world.topic}-split", ends=1.0) for number in range(20)]
    for conversation in split:
        for place, (_, line) in enumerate(conversation.events):
            wrong = place % 2
            misplaced += wrong
            records.append(Record(wrong, b"agent-7" if wrong else conversation.id.encode(), line))
    records += [Record(*each) for each in sweepers(world.topic, PARTITIONS, BEGIN_MS + 3 * HOUR_MS)]
    world.client.produce(world.topic, records)
    world.settle()
    world.faults_made += misplaced
    for partition in range(PARTITIONS):
        here = [record for record in world.read() if record.partition == partition]
        scores = [record for record in world.read("-scores") if record.partition == partition]
        truth = oracle.Truth(world.program, here, world.folder)
        world.events += len(here)
        world.interactions += len(truth.cards)
        by_id = [record._replace(key=json.loads(record.value)["interaction_id"].encode()) for record in here]
        world.demand(oracle.compare(truth, scores, by_id, []), f" in partition {partition}")
    counters = serve.counters()
    if counters["misplaced"] != misplaced or counters["split"] != len(split):
        raise Fault(f"{counters['misplaced']} events counted as misplaced, {counters['split']} interactions as split; "
                    f"sent were {misplaced} of {len(split)}")
