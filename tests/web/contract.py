#!/usr/bin/python3
"""docs/wallboard-api.md and docs/wallboard.schema.json say the same, and so does what is really answered.

  contract.py COMMAND...    COMMAND serves a wallboard on a free port and says http://ADDRESS/, such as `caremeter demo --listen 127.0.0.1:0`, which
                            shows everything that there is to be seen

Without a command only the two pages are compared. Exits 77 where python3-jsonschema is missing.
"""

import copy
import json
import re
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True  # the source tree stays clean
from answers import ROOT, Fault, Program, demand  # noqa: E402

try:
    import jsonschema
except ImportError:
    print("skipped: contract, python3-jsonschema is not installed")
    sys.exit(77)

PAGE = (ROOT / "docs/wallboard-api.md").read_text("utf-8")
SCHEMA = json.loads((ROOT / "docs/wallboard.schema.json").read_text("utf-8"))
CARD_SCHEMA = json.loads((ROOT / "rules/scorecard.schema.json").read_text("utf-8"))
SECTIONS = ("source", "concerns", "care", "queues", "moments", "promises", "letters")
LIVE_S = 180.0
DELTAS = 12


def closed(schema):
    """The same, with no field that is not documented. The page lets us add fields; until it names them there are none."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: value if key in ("required", "enum", "const", "type") else closed(value) for key, value in schema.items()}
    if "properties" in schema and isinstance(schema["properties"], dict) and "type" in schema:
        out.setdefault("additionalProperties", False)
    return out


CLOSED = closed(SCHEMA)


def fits(value, name, what):
    validator = jsonschema.Draft202012Validator({**CLOSED, "$ref": f"#/$defs/{name}"})
    faults = [f"{what}: {'/'.join(map(str, fault.absolute_path))}: {fault.message[:300]}" for fault in validator.iter_errors(value)]
    demand(not faults, "\n".join(faults[:10]))


def blocks():
    """(heading, language, text) of the fenced blocks of the page."""
    heading, language, lines = "", None, []
    for line in PAGE.splitlines():
        if line.startswith("```"):
            if language is None:
                language, lines = line[3:], []
            else:
                yield heading, language, "\n".join(lines)
                language = None
        elif language is not None:
            lines.append(line)
        elif line.startswith("#"):
            heading = line.strip("# `")


def fields(schema, seen=()):
    """Names of all fields that a part of the schema speaks of."""
    if isinstance(schema, list):
        return set().union(*(fields(one, seen) for one in schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    found = set(schema.get("properties", {})) if isinstance(schema.get("properties"), dict) else set()
    for key, value in schema.items():
        if key == "$ref":
            name = value.rsplit("/", 1)[1]
            found |= fields(SCHEMA["$defs"][name], (*seen, name)) if name not in seen else set()
        elif key not in ("$defs", "required", "enum"):
            found |= set().union(*(fields(one, seen) for one in value.values())) if key == "properties" else fields(value, seen)
    return found


def check_page():
    """Every example parses and fits; every field of the schema stands on the page."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    parts = {"/api/board": "board", "/api/interactions/ID": "interaction", "Webhook": "webhook"}
    seen = set()
    for heading, language, text in blocks():
        if language != "json":
            continue
        value, name = json.loads(text), parts.get(heading)
        demand(name, f"an example below \"{heading}\" of which the test knows nothing")
        seen.add(name)
        if name == "interaction":
            value["cards"] = [{"schema_version": "1.0"}]  # the page shows that there is one, not what it holds
        fits(value, name, f"the example below \"{heading}\"")
    demand({"board", "interaction"} <= seen, f"examples of {seen} only")
    for text in re.findall(r"`(\{\"error\".*?\})`", PAGE):
        fits(json.loads(text), "error", "an example of an error")
        seen.add("error")
    demand("error" in seen, "no example of an error")
    for name in fields({"$ref": "#/$defs/board"}) | fields({"$ref": "#/$defs/interaction"}) | fields({"$ref": "#/$defs/error"}):
        demand(re.search(rf"\b{re.escape(name)}\b", PAGE), f"the page does not speak of the field {name}")
    return len(seen)


def check_strict():
    """The check itself finds what it is there to find."""
    example = json.loads(next(text for heading, language, text in blocks() if heading == "/api/board"))

    def spoil(change):
        spoilt = copy.deepcopy(example)
        change(spoilt)
        try:
            fits(spoilt, "board", "spoilt")
        except Fault:
            return True
        return False

    demand(spoil(lambda board: board["care"].update(score=61.5)), "a score with decimals passes")
    demand(spoil(lambda board: board["concerns"]["list"][0].update(extra=1)), "a field that nobody documented passes")
    demand(spoil(lambda board: board["settings"].pop("late_s")), "a field that is missing passes")
    demand(spoil(lambda board: board["clock"].update(now="2026-11-30 09:14:07")), "a time that is none passes")


def check_consistent(board, what):
    """What figures say of each other."""
    concerns, promises, care = board["concerns"], board["promises"], board["care"]
    demand(len(concerns["list"]) == min(concerns["count"], 20), f"{what}: {len(concerns['list'])} concerns listed of {concerns['count']}")
    demand(concerns["uncared"] <= concerns["count"] and concerns["late"] <= concerns["count"], f"{what}: more uncared or late than there are")
    ids = [concern["interaction_id"] for concern in concerns["list"]]
    demand(len(ids) == len(set(ids)), f"{what}: an interaction has two lines of concerns")
    uncared = [concern["uncared"] for concern in concerns["list"]]
    demand(uncared == sorted(uncared, reverse=True), f"{what}: uncared concerns are not first")
    demand((care["score"] is None) == (care["n"] == 0), f"{what}: care n {care['n']} and score {care['score']}")
    for dimension in care["dimensions"]:
        demand((dimension["score"] is None) == (dimension["n"] == 0), f"{what}: {dimension['id']} n {dimension['n']} and score {dimension['score']}")
    demand(sum(reason["n"] for reason in care["unscored"]["reasons"]) == care["unscored"]["n"], f"{what}: reasons of unscored do not add up")
    for queue in board["queues"]["list"]:
        demand(queue["score"] is None or queue["n"] >= board["queues"]["least"], f"{what}: a queue has a score below {board['queues']['least']}")
    demand(len(board["moments"]["list"]) <= 12, f"{what}: {len(board['moments']['list'])} moments")
    for state in ("open", "due", "broken"):
        demand(sum(promise["state"] == state for promise in promises["list"]) <= promises[state], f"{what}: more promises {state} than counted")
    if not board["settings"]["agents"]:
        demand('"agent_id":"' not in json.dumps(board, separators=(",", ":")), f"{what}: names an agent")


def check_boards(web):
    """All, and each queue."""
    board = web.json("/api/board")
    fits(board, "board", "/api/board")
    check_consistent(board, "/api/board")
    demand(board["queue"] is None, "/api/board: has a queue that nobody asked for")
    for queue in [one["queue"] for one in board["queues"]["list"] if one["queue"]][:5]:
        path = f"/api/board?queue={urllib.parse.quote(queue, safe='')}"
        mine = web.json(path)
        fits(mine, "board", path)
        check_consistent(mine, path)
        demand(mine["queue"] == queue, f"{path}: is that of {mine['queue']}")
        for section in ("concerns", "moments", "promises"):
            others = {one["queue"] for one in mine[section]["list"]} - {queue}
            demand(not others, f"{path}: {section} of {others}")
    return board


def interactions_of(board):
    return {one["interaction_id"] for section in ("concerns", "moments", "promises") for one in board[section]["list"]}


def check_interaction(web, name):
    path = f"/api/interactions/{urllib.parse.quote(name, safe='')}"
    got = web.json(path)
    fits(got, "interaction", path)
    demand(got["interaction_id"] == name, f"{path}: is {got['interaction_id']}")
    for card in got["cards"]:
        jsonschema.Draft202012Validator(CARD_SCHEMA).validate(card)
        demand(card["interaction_id"] == name, f"{path}: holds a card of {card['interaction_id']}")
        missing = {one["id"] for one in card["behaviours"]} - set(got["behaviours"])
        demand(not missing, f"{path}: nothing says what {missing} are called")
    for turn in got["turns"]:
        units = len((turn["text"] or "").encode("utf-16-le")) // 2
        for mark in turn.get("marks", []):
            demand(mark["start"] < mark["end"] <= units, f"{path}: a mark {mark} of a text of {units} units")
    return got


def shown(board):
    """What there is to be looked at: an example of a field that never came has been held against nothing."""
    lists = {name: board[name]["list"] for name in ("concerns", "queues", "moments", "promises", "letters")}
    lists |= {f"a concern {one['state']}": True for one in lists["concerns"]} | {f"a promise {one['state']}": True for one in lists["promises"]}
    lists |= {f"a moment of {one['kind']}": True for one in lists["moments"]}
    lists |= {"uncared": board["concerns"]["uncared"], "scores": board["care"]["n"], "reasons": board["care"]["unscored"]["reasons"],
              "a queue with a score": any(one["score"] is not None for one in lists["queues"])}
    return {name for name, value in lists.items() if value}


ALL = {"concerns", "queues", "moments", "promises", "letters", "a concern unmet", "a concern half", "a promise open", "a promise due",
       "a promise broken", "a moment of praise", "a moment of care", "uncared", "scores", "reasons", "a queue with a score"}


def check_stream(web, everything):
    """A snapshot, then sections that are different; put together they are a board."""
    with web.stream() as stream:
        event, last, board = stream.next()
        demand(event == "snapshot" and last, f"a stream begins with {event}, id {last}")
        demand(stream.retry == 2000, f"retry is {stream.retry}")
        fits(board, "board", "snapshot")
        deltas, names, began, wanted = 0, set(), time.monotonic(), (ALL if everything else set()) - shown(board)
        while (deltas < DELTAS or wanted) and time.monotonic() < began + LIVE_S:
            event, number, data = stream.next()
            if event == "tick":
                fits(data, "tick", "tick")
                continue
            demand(number and number != last, f"{event} with id {number} after {last}")
            demand(event in ("delta", "snapshot"), f"an event {event}")
            last = number
            if event == "snapshot":
                fits(data, "board", "a later snapshot")
                board = data
                continue
            fits(data, "delta", "delta")
            same = [name for name, value in data.items() if value == board[name]]
            demand(not same, f"a delta holds {same}, which did not change")
            board.update(data)
            check_consistent(board, f"snapshot and {deltas + 1} deltas")
            names |= set(data)
            wanted -= shown(board)
            deltas += 1
        seconds = time.monotonic() - began
        demand(deltas >= DELTAS, f"{deltas} deltas in {LIVE_S:.0f} s: {web.said()}")
        demand(not wanted, f"never shown within {seconds:.0f} s: {', '.join(sorted(wanted))}")
        demand(deltas <= 4 * seconds + 4, f"{deltas} deltas in {seconds:.1f} s")
        demand(set(board) == {"version", "clock", "queue", "settings", *SECTIONS}, f"a board of {set(board)}")
    with web.stream(headers={"Last-Event-ID": last}) as again:
        event, number, data = again.next()
        while event == "tick":
            event, number, data = again.next()
        demand(event in ("delta", "snapshot"), f"after Last-Event-ID: {event}")
        fits(data, {"delta": "delta", "snapshot": "board"}[event], "after Last-Event-ID")
    return deltas, names


def check_rest(web):
    for path, status in (("/api/interactions/no-such-one", 404), ("/no/such/page", 404), ("/api/board?queue=%zz", 400)):
        error = web.json(path, status)
        fits(error, "error", path)
        demand(error["status"] == status, f"{path}: says {error['status']}")
    status, headers, body = web.get("/api/board", method="POST")
    demand(status == 405 and headers.get("Allow") == "GET, HEAD", f"POST: {status}, Allow {headers.get('Allow')}")
    fits(json.loads(body), "error", "POST")
    status, headers, body = web.get("/api/board", method="HEAD")
    demand(status == 200 and not body, f"HEAD: {status}, {len(body)} bytes")
    status, _, body = web.get("/healthz")
    demand(status == 200 and body.strip() == b"ok", f"/healthz: {status} {body!r}")
    web.until(lambda: web.get("/readyz")[0] == 200, "/readyz", LIVE_S)
    demand(web.get("/readyz")[2].strip() == b"ready", "/readyz is not ready")


def check_answers(command):
    with Program(*command) as web:
        web.until(lambda: interactions_of(web.json("/api/board")), "an interaction is on the board", LIVE_S)
        check_rest(web)
        deltas, names = check_stream(web, "demo" in command)
        board = check_boards(web)
        looked = [check_interaction(web, name) for name in sorted(interactions_of(board))]
        demand(looked, "no interaction to look at")
        return f"{deltas} deltas of {', '.join(sorted(names))}; {len(looked)} interactions"


def main():
    try:
        print(f"the page: examples of {check_page()} kinds fit the schema")
        check_strict()
        if sys.argv[1:]:
            print(f"what is answered: {check_answers(sys.argv[1:])}")
    except (Fault, jsonschema.ValidationError) as fault:
        print(f"FAIL: {fault}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
