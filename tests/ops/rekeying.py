"""rekeying: topics under wrong keys, copied to ones that are keyed by interaction."""

import json
import random
import signal
import time

from bench import demand, event, seqs
from cluster import Record

INTERACTIONS = 300
TURNS = 200
BEGIN = int(time.time() * 1000) - 3600_000


def fill(bench, topic, turns=TURNS):
    """Each interaction goes through one partition, but no key of it tells which."""
    rng = random.Random(bench.name)
    records = []
    for seq in range(turns):
        for each in range(INTERACTIONS):
            key = rng.choice([None, b"agent-%d" % rng.randrange(20), b"i%d" % each])
            records.append(Record(each % 3, key, event(f"i{each}", seq).encode(), timestamp=BEGIN + seq))
    bench.client.create(topic, 3)
    bench.client.produce(topic, records)
    return len(records)


def whole_topic(bench):
    """Every message once, in order, under its time; a second run finds nothing to do."""
    old, new = bench.topic("-old"), bench.topic("-new")
    sent = fill(bench, old)
    bench.client.produce(old, [Record(1, b"odd", b"no JSON"), Record(1, b"odd", None), Record(1, None, b'{"interaction_id":"i7"}')])
    told = bench.json("rekey", "--from", bench.uri(old), "--to", bench.uri(new), "--group", new)
    demand(told["read"] == told["written"] == sent + 3 and told["events"] == sent, str(told))
    demand(told["partitions"] == 3 and told["made"] and told["blank"] == 1 and told["rejected_keyed"] == 1, str(told))
    records = bench.client.read(new)
    odd = [record for record in records if record.key == b"odd"]
    demand([record.value for record in odd] == [b"no JSON", None], f"{odd}")
    lost = [record for record in records if record.value == b'{"interaction_id":"i7"}']
    demand(len(lost) == 1 and lost[0].key == b"i7", f"{lost}")
    good = [record for record in records if record not in odd + lost]
    order = seqs(good)
    demand(all(order[f"i{each}"] == list(range(TURNS)) for each in range(INTERACTIONS)), "not every event once, in order")
    demand(all(record.timestamp == BEGIN + json.loads(record.value)["seq"] for record in good), "messages have other times")
    told = bench.json("rekey", "--from", bench.uri(old), "--to", bench.uri(new), "--group", new)
    demand(told["read"] == 0, f"a second run copies again: {told}")


def killed(bench):
    """Two processes share the work and are killed; whoever comes next goes on. Every event is there, in its partition."""
    old, new = bench.topic("-old"), bench.topic("-new")
    fill(bench, old)
    bench.client.create(new, 4)
    command = ["rekey", "--from", bench.uri(old), "--to", bench.uri(new), "--group", new, "--follow"]
    for _ in range(2):
        victims = [bench.start(*command), bench.start(*command)]
        before = bench.count(new)
        bench.waits(lambda: bench.count(new) > before or sum(bench.client.committed(new, old)) >= INTERACTIONS * TURNS,
                    "nothing is copied")
        for victim in victims:
            victim.kill()
            victim.wait()
    bench.run(*command[:-1], "--quiet")
    order = seqs(bench.client.read(new))
    demand(all(set(order[f"i{each}"]) == set(range(TURNS)) for each in range(INTERACTIONS)), "an event is missing")
    for each in range(INTERACTIONS):  # repeated stretches aside, it is the order of the old topic
        seen = order[f"i{each}"]
        firsts = list(dict.fromkeys(seen))
        demand(firsts == list(range(TURNS)), f"i{each} comes out of order: {seen}")
    demand(bench.client.committed(new, old) == [high for _, high in bench.client.ends(old)], "not all of it is committed")


def followed(bench):
    """It goes on with what comes; SIGTERM ends it, and what it copied is committed."""
    old, new = bench.topic("-old"), bench.topic("-new")
    sent = fill(bench, old, turns=2)
    process = bench.start("rekey", "--from", bench.uri(old), "--to", bench.uri(new), "--group", new, "--follow", "--json")
    bench.waits(lambda: bench.count(new) == sent, "the old messages are not copied")
    bench.client.produce(old, [Record(0, b"x", event("late", 1).encode())])
    bench.waits(lambda: bench.count(new) == sent + 1, "a new message is not copied")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    demand(process.returncode == 130 and json.loads(out)["written"] == sent + 1, f"{process.returncode}: {out} {err}")
    demand(bench.client.committed(new, old) == [high for _, high in bench.client.ends(old)], "not all of it is committed")


def what_was_old(bench):
    """The new topic would delete at once what the old one kept: it goes over under the time of now."""
    old, new = bench.topic("-old"), bench.topic("-new")
    bench.client.create(old, 1, **{"retention.ms": -1})
    bench.client.produce(old, [Record(0, b"x", event("a", 1).encode(), timestamp=1_000_000_000_000)])
    told = bench.json("rekey", "--from", bench.uri(old), "--to", bench.uri(new), "--group", new)
    demand(told["redated"] == 1, str(told))
    demand(abs(bench.client.read(new)[0].timestamp / 1000 - time.time()) < 60, "its time is the old one")


def not_known_apart(bench):
    """Events that have no identity are told of."""
    old, new = bench.topic("-old"), bench.topic("-new")
    bench.client.create(old, 1)
    bench.client.produce(old, [Record(0, None, b'{"interaction_id":"a","speaker":"agent","text":"hi"}')])
    _, err = bench.run("rekey", "--from", bench.uri(old), "--to", bench.uri(new), "--group", new)
    demand("1 event has neither event_id nor seq" in err, err)
    _, err = bench.run("rekey", "--from", bench.uri(bench.topic("-none")), "--to", bench.uri(new), code=3)
    demand("there is no topic" in err, err)


CASES = [whole_topic, killed, followed, what_was_old, not_known_apart]
