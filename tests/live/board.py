"""board: one wallboard for all processes of a group, from the topic of their scorecards."""

import json
import urllib.error
import urllib.request

from cluster import Record
from world import PACK, Fault, Serve, conversation, demand, event

PARTITIONS = 4
# Proxies of the environment are not for us.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Board:
    """A process that serves a wallboard, and what it shows."""

    def __init__(self, serve):
        self.serve = serve.says("the wallboard: http://")
        self.base = serve.said().split("the wallboard: ")[1].split("/\n")[0]

    def get(self, path):
        with OPENER.open(self.base + path, timeout=10) as answer:
            return json.load(answer)

    def metrics(self):
        with OPENER.open(self.base + "/metrics", timeout=10) as answer:
            return answer.read().decode()

    def shows(self):
        return self.get("/api/board")

    def until(self, fact, what):
        try:
            self.serve.until(lambda: fact(self.shows()), what)
        except Fault as fault:
            raise Fault(f"{fault}; the board says {self.shows()['source']}") from None
        return self

    def has(self, final, partitions=PARTITIONS):
        """So many final interactions, of all partitions."""
        def all_of_it(shown):
            source = shown["source"]
            return (source["state"] == "live" and source["partitions"] == {"seen": partitions, "of": partitions}
                    and source["interactions"]["final"] == final)

        return self.until(all_of_it, f"the board is live, has seen {partitions} partitions and {final} final interactions")

    def knows(self, name):
        try:
            return self.get(f"/api/interactions/{name}")["interaction_id"] == name
        except urllib.error.HTTPError as error:
            demand(error.code == 404, f"/api/interactions/{name}: {error.code}")
            return False


def board(world, *arguments):
    """Nothing but a wallboard."""
    source = f"kafka://{world.cluster.address}/{world.topic}-scores"
    return Board(Serve(world, ["--board", "--source", source, "--listen", "127.0.0.1:0", "--pack", PACK, *arguments]))


def say_in_all(world, prefix):
    """A conversation in each partition."""
    for partition in range(PARTITIONS):
        world.say(*conversation(f"{prefix}{partition}"), partition=partition)


def wallboard_of_a_group(world):
    """Two processes share the work; a third one shows all of it, also after it was started anew. What is erased is gone."""
    world.make(PARTITIONS)
    workers = [world.serve().ready(), world.serve().ready()]
    shown = board(world)
    say_in_all(world, "a")
    shown.has(4)
    shown.serve.stop()
    say_in_all(world, "b")
    world.final(workers[0], *(f"b{partition}" for partition in range(PARTITIONS)))
    shown = board(world).has(8)
    demand(all(shown.knows(f"{prefix}{partition}") for prefix in "ab" for partition in range(PARTITIONS)), "not all are known")
    demand(shown.shows()["source"]["lost_cards"] == 0, "scorecards were lost")
    world.put(Record(1, b"a1", None), suffix="-scores")
    shown.has(7)
    demand(not shown.knows("a1"), "what was erased is still known")
    for serve in [shown.serve, *workers]:
        serve.stop()


def wallboard_beside_a_run(world):
    """A process that scores shows what stands in the topic: its own scorecards, those of others, and those of before."""
    world.make(PARTITIONS)
    before = world.serve().ready()
    say_in_all(world, "a")
    world.final(before, *(f"a{partition}" for partition in range(PARTITIONS)))
    beside = Board(world.serve("--listen", "127.0.0.1:0", settings={"board.texts": "true"}).ready())
    beside.has(4)
    before.stop()
    world.say(event("open", 1, text="this is ridiculous"), partition=2)
    beside.until(lambda shown: shown["source"]["interactions"]["open"] == 1, "an open interaction")
    page = beside.get("/api/interactions/open")
    demand(page["text"] == "kept" and page["turns"][0]["text"] == "this is ridiculous", "what is read here has its texts")
    for metric in ("caremeter_partitions 4", 'caremeter_lag{topic="%s",partition="2"} 0' % world.topic, "caremeter_flush_seconds_count"):
        beside.serve.until(lambda metric=metric: metric in beside.metrics(), f"/metrics has {metric}")
    beside.serve.stop()


def wallboard_before_its_topic(world):
    """It waits for what is not there yet, and reads what comes later, also from partitions that were added."""
    shown = board(world)
    shown.serve.says(f"there is no topic {world.topic}-scores")
    world.make(2)
    worker = world.serve().ready()
    world.say(*conversation("a"), partition=1)
    shown.has(1, 2)
    shown.serve.says_once("reads scorecards again")
    worker.stop()
    world.widen(3, "", "-state", "-scores", "-dead-letter")
    worker = world.serve().ready()
    world.say(*conversation("b"), partition=2)
    shown.has(2, 3).serve.says_once("has grown")
    worker.stop()
    shown.serve.stop()


def wallboard_refused(world):
    world.make()
    serve = Serve(world, ["--board", "--source", "cards.ndjson", "--pack", PACK])
    serve.exits(2).says("is no topic of scorecards")
    shown = board(world)
    taken = Serve(world, ["--board", "--source", f"kafka://{world.cluster.address}/x-scores", "--listen", shown.base[7:], "--pack", PACK])
    taken.exits(3).says("Address already in use")
    shown.serve.stop()


def wallboard_without_broker(world):
    """The board says that it stands still, and goes on from where it was."""
    world.make(PARTITIONS)
    worker = world.serve().ready()
    say_in_all(world, "a")
    shown = board(world).has(4)
    worker.stop()
    world.cluster.kill9()
    shown.until(lambda shows: shows["source"]["state"] == "stalled", "it stands still")
    demand(shown.shows()["source"]["interactions"]["final"] == 4, "what was there is still shown")
    world.cluster.restart()
    shown.has(4).serve.says_once("waits for its scorecards").says_once("reads scorecards again")
    shown.serve.stop()


ALONE = [wallboard_without_broker]
DAYS = [wallboard_of_a_group, wallboard_beside_a_run, wallboard_before_its_topic, wallboard_refused]
