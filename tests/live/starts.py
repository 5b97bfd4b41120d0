"""starts: addresses, credentials, configurations and sinks that are wrong."""

import os

from secure import PASSWORD, USER
from world import PACK, conversation, demand

WRONG_PASSWORD = "plum-pie-on-monday"


def with_password(world, password):
    world.write("password", password + "\n")
    return {"kafka.security.protocol": "SASL_PLAINTEXT", "kafka.sasl.mechanisms": "PLAIN", "kafka.sasl.username": USER,
            "kafka.sasl.password": "{file: password}"}


def with_authority(world, name):
    return {"kafka.security.protocol": "SSL", "kafka.ssl.ca.location": os.path.join(world.cluster.folder, name)}


def works(world, **more):
    serve = world.serve(**more).ready()
    world.say(*conversation("a"))
    world.final(serve, "a")
    serve.stop()


def wrong_password(world):
    world.make()
    serve = world.serve(address=world.cluster.sasl, settings=with_password(world, WRONG_PASSWORD)).exits(3)
    serve.says("Invalid username or password").says("help: see kafka.* in the configuration").never_says(WRONG_PASSWORD)
    works(world, address=world.cluster.sasl, settings=with_password(world, PASSWORD))


def wrong_authority(world):
    world.make()
    world.serve(address=world.cluster.tls, settings=with_authority(world, "other.pem")).exits(3).says("certificate verify failed").says(
        "verify that ssl.ca.location is correctly configured")
    works(world, address=world.cluster.tls, settings=with_authority(world, "ca.pem"))


def password_missing(world):
    """The broker only hangs up: it may be starting, so it is waited for, and what may be wrong is told."""
    world.make()
    serve = world.serve(address=world.cluster.sasl).says("broker might require SASL authentication; waiting for one")
    serve.stop()


def secrets_not_shown(world):
    world.write("password", PASSWORD)
    for setting in ("kafka.sasl.password={file: password}", f"kafka.sasl.password={PASSWORD}", "kafka.sasl.password={env: QUINCE}"):
        serve = world.serve("--set", setting, "--print-config", environment={"QUINCE": PASSWORD}).exits(0)
        serve.says("sasl.password:").never_says(PASSWORD)
    world.serve("--set", f"kafka.sasl.pasword={PASSWORD}").exits(2).says("did you mean sasl.password?").never_says(PASSWORD)
    world.serve("--sink", f"kafka://{USER}:{PASSWORD}@localhost/scores").exits(2).says("do not belong in an address").never_says(PASSWORD)


def property_misspelt(world):
    serve = world.serve("--set", "kafka.ssl.ca.locaton=/x").exits(2)
    serve.says("has no property ssl.ca.locaton").says("did you mean ssl.ca.location?")


def sink_is_source(world):
    world.serve("--sink", f"kafka://{world.cluster.address}/{world.topic}").exits(2).says("is both a source and a sink")


def sink_cannot_be_opened(world):
    """Before anything is read, and before the group is joined."""
    world.make()
    world.say(*conversation("a"))
    world.write("text.db", "no database\n" * 200)
    for sink, why in (("nowhere/cards.ndjson", "No such file or directory"), ("nowhere/cards.db", "No such file or directory"),
                      ("text.db", "something else than a database")):
        world.serve("--sink", sink).exits(3).says(why).never_says("caremeter: ready")
    demand(not world.read("-state"), "it became an owner all the same")
    with open(world.path("text.db"), encoding="utf-8") as text:
        demand(text.readline() == "no database\n", "a file of something else was written to")


def pack_broken(world):
    folder = world.own_pack()
    with open(os.path.join(folder, "pack.yaml"), "a", encoding="utf-8") as text:
        text.write("nonsense: [\n")
    world.make()
    world.serve("--pack", folder).exits(2).says("pack.yaml:").says("error:").never_says("caremeter: ready")
    world.serve("--pack", "no-such-pack").exits(2).says("no-such-pack")
    demand(not world.read("-state"), "it became an owner all the same")
    world.serve("--pack", PACK).ready().stop()


DAYS = [wrong_password, wrong_authority, password_missing, sink_cannot_be_opened, secrets_not_shown, pack_broken, property_misspelt,
        sink_is_source]
