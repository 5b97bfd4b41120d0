"""topics: missing, of another shape, made anew, or with states that are not ours to read."""

from cluster import Record
from world import FENCE, conversation, demand, end, event


def topic_missing(world):
    serve = world.serve().exits(3)
    serve.says(f"there is no topic {world.topic} ").says("help: caremeter replay")
    serve.never_says("wrong usage")


def topics_not_to_be_made(world):
    world.make()
    world.serve(settings={"topics.create": "false"}).exits(3).says(f"there is no topic {world.topic}-state").says("topics.create: true")


def state_topic_width(world):
    world.make(2)
    world.make(3, "-state", **{"cleanup.policy": "compact"})
    world.serve().exits(3).says(f"topic {world.topic}-state has 3 partitions, and the source has 2").says("help: use another topic")


def state_topic_deletes(world):
    world.make()
    world.make(1, "-state", **{"cleanup.policy": "delete"})
    world.serve().exits(3).says("cleanup.policy=delete; states need compact").says("help: kafka-configs")


def partitions_grow_running(world):
    """Keys go to other partitions from then on: the run ends, and says what to do."""
    world.make(2)
    serve = world.serve(settings={"kafka.topic.metadata.refresh.interval.ms": "300"}).ready()
    world.say(*conversation("a"))
    world.final(serve, "a")
    world.widen(3, "")
    serve.exits(3).says(f"topic {world.topic} has more partitions than the 2 that it had at the start")
    serve.never_says("wrong usage")
    world.widen(3, "-state", "-scores", "-dead-letter")
    serve = world.serve().ready()
    world.say(*conversation("b"), partition=2)
    world.final(serve, "a", "b")
    serve.stop()


def partitions_grow_between(world):
    world.make()
    serve = world.serve().ready()
    world.say(event("a", 1))
    serve.counts(flushes=1, events=1)
    serve.stop()
    world.widen(2, "")
    world.serve().exits(3).says(f"topic {world.topic}-state has 1 partition, and the source has 2").says("kafka-topics --alter")
    world.widen(2, "-state", "-scores", "-dead-letter")
    serve = world.serve().ready()
    world.say(end("a", 2))
    world.say(*conversation("b"), partition=1)
    cards = world.final(serve, "a", "b")
    demand(cards["a"]["turns"]["customer"] == 1, "what was known of an old conversation is lost")
    serve.stop()


def topic_made_anew(world):
    """What has these offsets now would be taken for what is known already."""
    world.make()
    serve = world.serve().ready()
    world.say(*conversation("a"), *conversation("b"))
    world.final(serve, "a", "b")
    serve.stop()
    world.delete()
    world.make()
    world.say(*conversation("c"))
    world.serve().exits(3).says("was made anew").says(f"Delete {world.topic}-state").never_says("wrong usage")
    world.delete("-state")
    serve = world.serve().ready()
    world.final(serve, "c")
    serve.stop()


def state_of_other_version(world):
    """It is not rebuilt, not written over, and not taken for damaged."""
    world.make()
    serve = world.serve().ready()
    world.say(event("a", 1))
    serve.counts(flushes=1, events=1)
    serve.stop()
    state = [record for record in world.read("-state") if record.key == b"a"][-1]
    newer = bytes([state.value[0] + 1]) + state.value[1:]
    world.put(Record(0, b"a", newer, state.headers), suffix="-state")
    before = len(world.read("-state"))
    world.serve().exits(3).says("another version of caremeter").says("the run ends").never_says("bad rules")
    demand(len(world.read("-state")) == before, "something was written to its states")


def same_instance(world):
    """Two processes by one name: the older one ends."""
    world.make()
    settings = {"kafka.group.instance.id": "one"}
    first = world.serve(settings=settings).ready()
    second = world.serve(settings=settings)
    first.exits(3).says("another process has joined the group by the same group.instance.id").says_once("group.instance.id")
    second.ready()
    world.say(*conversation("a"))
    world.final(second, "a")
    second.stop()
    fences = [record for record in world.read("-state") if record.key == FENCE]
    demand(len(fences) == 2, f"{len(fences)} owners")


DAYS = [partitions_grow_running, topic_made_anew, partitions_grow_between, same_instance, state_of_other_version, topic_missing,
        topics_not_to_be_made, state_topic_width, state_topic_deletes]
