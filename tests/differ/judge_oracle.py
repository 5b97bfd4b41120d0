#!/usr/bin/env python3
"""A second judge, slow and plain, written from the language and not from the engine.

    judge_oracle.py JUDGE_DUMP [COUNT [FIRST_SEED]]

Runs JUDGE_DUMP for COUNT cases at random, judges each by passing over the
conversation message by message, and compares every outcome, credit, score,
clock and piece of evidence with what the engine said. Says where they part,
with the conversation, and exits 1.

Rules and decisions are those of rules/README.md and rules/REFERENCE.md.
"""
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.dont_write_bytecode = True
from oracle.verdicts import Judge, decimal  # noqa: E402


def name_of(who):
    return who[1] if who and who[0] == "agent" else None


def moment(ms):
    return None if ms is None else (datetime(1970, 1, 1) + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds") + "Z"


def open_values(judge):
    """What only open cards have."""
    talk, names = judge.talk, [n for n, _ in judge.pack["dimensions"]]

    def evidence(h):
        return {"turn": h[0], "seq": talk.turns[h[0]].event["seq"], "rule": h[3], "start": h[1], "end": h[2]}

    return {"pending": [{"id": p["b"]["id"], "dimension": names[p["b"]["dimension"]], "kind": p["b"]["kind"], "agent_id": name_of(p["who"]),
                         "since": moment(p["since"]), "state": p["state"], "evidence": [evidence(h) for h in p["evidence"]]}
                        for p in judge.pending()],
            "moments": [{"id": m["id"], "kind": m["kind"], "dimension": names[m["b"]["dimension"]] if m["b"] else None,
                         "agent_id": name_of(m["who"]), "at": moment(talk.turns[m["evidence"][0]].ts), "evidence": evidence(m["evidence"])}
                        for m in judge.moments()]}


def expected_card(case):
    judge = Judge(case)
    talk = judge.talk
    care, scores, coverage = judge.score(None, True)
    names = [n for n, _ in case["pack"]["dimensions"]]

    def care_value(care, scores):
        return dict([("score", decimal(care, 2))] + [(n, decimal(s, 2)) for n, s in zip(names, scores)])

    behaviours = []
    for e in judge.entries:
        one = {"id": e["id"], "outcome": e["outcome"], "credit": decimal(e["credit"], 6), "seen": e["seen"],
               "met": e["met"] if e["b"]["kind"] not in ("bonus", "penalty") else e["seen"], "agent_id": name_of(e["who"]),
               "evidence": [{"turn": n, "seq": talk.turns[n].event["seq"], "rule": c, "start": s, "end": t} for n, s, t, c in e["evidence"]]}
        if e["reason"]:
            one["reason"] = e["reason"]
        if e["searched"]:
            one["searched"] = {"from": e["searched"][0], "to": e["searched"][1]}
        behaviours.append(one)
    agents = []
    for who in talk.agents:
        own_care, own_scores, _ = judge.score(who, False)
        agents.append({"agent_id": name_of(who), "turns": sum(t.who == who for t in talk.turns), "care": care_value(own_care, own_scores)})
    most = max(agents, key=lambda a: a["turns"], default={"agent_id": None})
    card = {
        "channel": talk.channel or None,
        "lang": talk.lang,
        "queue": talk.queue,
        "agents": agents,
        "agent_id": most["agent_id"],
        "turns": {"agent": sum(t.speaker in ("agent", "lead") for t in talk.turns),
                  "customer": sum(t.speaker == "customer" for t in talk.turns), "bot": sum(t.speaker == "bot" for t in talk.turns)},
        "care": care_value(care, scores),
        "coverage": decimal(coverage, 6),
        "behaviours": behaviours,
        "customer_outcome": judge.customer_outcome(),
        "timing": {m + "_s": decimal(judge.clock_values.get(m), 3)
                   for m in ("first_response", "median_gap", "p90_gap", "dead_air", "talk_over", "customer_wait")},
        "flags": sorted(talk.flags),
    }
    return card if case["final"] else {**card, **open_values(judge)}


def first_difference(ours, theirs, path=""):
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in list(ours) + [k for k in theirs if k not in ours]:
            found = first_difference(ours.get(key), theirs.get(key), path + "." + key)
            if found:
                return found
        return None
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for i, (a, b) in enumerate(zip(ours, theirs)):
            found = first_difference(a, b, "%s[%d]" % (path, i))
            if found:
                return found
        return None
    return None if ours == theirs else "%s: oracle %s, engine %s" % (path, json.dumps(ours), json.dumps(theirs))


def against_schema(schema, value, defs, path="card"):
    """Keys, their order, types and words as rules/scorecard.schema.json has them; None where all is well."""
    if "$ref" in schema:
        return against_schema(defs[schema["$ref"].rsplit("/", 1)[1]], value, defs, path)
    kinds = {dict: "object", list: "array", str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
    types = schema.get("type", [])
    kind = kinds[type(value)]
    if types and kind not in types and not (kind == "integer" and "number" in types):
        return "%s is %s, not %s" % (path, kind, types)
    if "enum" in schema and value not in schema["enum"]:
        return "%s: no such word as %s" % (path, value)
    if kind == "array":
        return next(filter(None, (against_schema(schema["items"], v, defs, path + "[]") for v in value)), None)
    if kind != "object":
        return None
    known = list(schema["properties"])
    places = [known.index(k) for k in value if k in known]
    missing = [k for k in schema["required"] if k not in value]
    if missing or places != sorted(places) or (len(places) < len(value) and schema["additionalProperties"] is False):
        return "%s has keys %s" % (path, list(value))
    rest = schema["additionalProperties"] or {}
    return next(filter(None, (against_schema(schema["properties"].get(k, rest), v, defs, path + "." + k) for k, v in value.items())), None)


def main(arguments):
    schema = json.loads((Path(__file__).parents[2] / "rules" / "scorecard.schema.json").read_text())
    program, count, first = arguments[0], int((arguments[1:] + ["3000"])[0]), int((arguments[2:] + ["1"])[0])
    failures, outcomes = 0, {}
    with subprocess.Popen([program, str(first), str(count)], stdout=subprocess.PIPE) as dump:
        cases = 0
        for line in dump.stdout:
            case = json.loads(line)
            cases += 1
            ours = expected_card(case)
            theirs = {key: case["card"][key] for key in ours}
            for b in ours["behaviours"]:
                outcomes[b["outcome"]] = outcomes.get(b["outcome"], 0) + 1
            difference = first_difference(ours, theirs) or against_schema(schema, case["card"], schema["$defs"])
            if difference:
                failures += 1
                print("seed %d%s\n%s%s\n" % (case["seed"], "" if case["final"] else " (open)", case["lines"], difference))
                if failures >= 10:
                    dump.kill()
                    break
    if dump.returncode and failures < 10:
        print("judge_dump failed: %d" % dump.returncode)
        failures += 1
    if cases < count and not failures:
        print("only %d of %d cases" % (cases, count))
        failures += 1
    print("%d cases, %d differ; outcomes %s" % (cases, failures, json.dumps(outcomes, sort_keys=True)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
