"""
selftest: does the oracle see what it is there for? What serve would write is written by hand here, right first, and then wrong.
"""

import json
import re

import oracle
from cluster import Record
from world import PARTITIONS, Fault


def oracle_sees(world):
    """Cards that are lost, doubled in, of other bytes, in the wrong partition, open, invented or marked wrongly are all found."""
    world.topics()
    feed = world.feed(rate=20_000).start()
    feed.wait_more(20_000)
    feed.finish()
    records = world.read()
    truth = oracle.Truth(world.program, records, world.folder)
    world.events, world.interactions = len(records), len(truth.cards)
    newest = {record.key: record for record in records}
    right = [Record(record.partition, key, re.sub(rb'"revision":0', b'"revision":1', truth.cards[key]), (("o", b"%d" % record.offset),))
             for key, record in newest.items()]
    world.demand(oracle.compare(truth, right, records), " in what is right")
    world.demand(oracle.compare(truth, without_quotes(right), records), " in what is right but for quotes")
    for name, wrong in faulty(world, right, records):
        world.faults_made += 1
        if not (oracle.doubled(wrong) if name == "doubled" else oracle.compare(truth, wrong, records)):
            raise Fault(f"the oracle does not see: {name}")
    once_more(world, truth, records)


def without_quotes(cards):
    return [record._replace(value=oracle.QUOTE.sub(b"", record.value, 1)) for record in cards]


def faulty(world, right, records):
    at = world.rng.choice([place for place, record in enumerate(right) if b'"quote"' in record.value])
    card = right[at]

    def put(**change):
        return right[:at] + [card._replace(**change)] + right[at + 1:]

    yield "lost", right[:at] + right[at + 1:]
    yield "never final", put(value=card.value.replace(b'"status":"final"', b'"status":"open"'))
    yield "open after final", right + [card._replace(value=card.value.replace(b'"status":"final"', b'"status":"open"'))]
    yield "another figure", put(value=card.value.replace(b'"coverage":', b'"coverage":1'))
    yield "another quote", put(value=another_quote(card.value))
    yield "another partition", put(partition=(card.partition + 1) % PARTITIONS)
    yield "invented", right + [card._replace(key=b"nobody")]
    yield "no mark", put(headers=())
    yield "a mark of another event", put(headers=(("o", b"%d" % len(records)),))
    yield "doubled", right + [card]


def another_quote(card):
    return re.sub(rb'"quote":"', b'"quote":"?', card, count=1)


def once_more(world, truth, records):
    """One event that cannot be told from its copy, applied twice; one event left out; both are seen."""
    bare = [record for record in records if b'"seq"' not in record.value and b'"event_id"' not in record.value
            and b'"speaker":' in record.value]
    event = world.rng.choice(bare)
    for name, input_ in (("twice", records + [event]), ("left out", [each for each in records if each is not event])):
        cards = oracle.Truth(world.program, input_, world.folder).cards
        key = json.loads(event.value)["interaction_id"].encode()
        world.faults_made += 1
        if key in cards and oracle.same_card(truth.cards[key], cards[key]):
            raise Fault(f"an event applied {name} does not show")
