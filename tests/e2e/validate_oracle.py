"""A second implementation of the figures of `rules validate`, for validate.sh.

  make FOLDER            writes turns.ndjson, turns.csv, events.ndjson, ratings.ndjson and truth.json
  labels TRUTH REPORT    compares labels and cues of a report with what truth.json says was heard
  ratings RATINGS SCORES REPORT
"""
import json
import math
import random
import sys

# text, speaker, which labels' cues of the pack in pack/ it makes fire
SAID = [
    ("Hello there", "agent", {"greet"}), ("hi", "agent", {"greet"}), ("Good day to you", "agent", set()),
    ("Hello, so sorry about that", "agent", {"greet", "empathy"}), ("I am sorry to hear it", "agent", {"empathy"}),
    ("Hello, sorry for the wait, I will refund it", "agent", {"greet", "empathy", "deed"}),
    ("I will look", "agent", {"deed"}), ("I have sent it", "agent", {"deed"}), ("It is on its way", "agent", set()),
    ("Sorry, who?", "agent", set()), ("Goodbye", "agent", set()),
    ("my parcel is lost", "customer", {"trouble"}), ("it is broken", "customer", {"trouble"}), ("where is it", "customer", set()),
    ("thank you", "customer", {"thanks"}), ("thanks, but it is broken", "customer", {"thanks", "trouble"}), ("no", "customer", set()),
]
LABELS = {"agent": ["greet", "empathy", "deed", "never"], "customer": ["trouble", "thanks"]}


def make(folder):
    chance = random.Random(4)
    turns, truth, events, ratings = [], [], [], []
    for i in range(400):
        text, speaker, heard = chance.choice(SAID)
        labels = {l for l in LABELS[speaker] if l != "never" and (l in heard) == (chance.random() < 0.85)}
        disputed = [l for l in LABELS[speaker] if l not in labels and chance.random() < 0.05]
        turn = {"id": f"c{chance.randrange(60)}:{i}", "speaker": speaker, "text": text, "labels": sorted(labels),
                "before": ["customer: hello?", "agent: one moment: please"][: chance.randrange(3)], "disputed": disputed}
        turns.append(turn)
        truth.append({"speaker": speaker, "heard": sorted(heard), "labels": sorted(labels), "disputed": disputed})
    for i in range(40):
        for seq in range(chance.randrange(3, 9)):
            text, speaker, _ = chance.choice(SAID)
            events.append({"interaction_id": f"c{i}", "seq": seq, "channel": "chat", "speaker": speaker, "text": text})
        ratings.append({"interaction_id": f"c{i}", "care": chance.choice([None, 10, 20, 30.5, 40, 50, 60]),
                        "communicate": chance.randrange(101), "respond": None if i % 3 else 5 * (i % 7), "why": ["because"]})
    write = lambda name, rows: open(f"{folder}/{name}", "w").write("".join(json.dumps(row) + "\n" for row in rows))
    write("turns.ndjson", turns)
    write("events.ndjson", events)
    write("ratings.ndjson", ratings)
    write("truth.json", [truth])
    quote = lambda text: '"' + text.replace('"', '""') + '"'
    with open(f"{folder}/turns.csv", "w", newline="") as csv:
        csv.write("text,machine,id,speaker,before,labels,human,disputed\r\n")
        for i, turn in enumerate(turns):
            labels = ";".join(turn["labels"]) or "-"
            # half of them are overridden by a person; then what stands in labels is wrong
            row = [turn["text"], "rubbish", turn["id"], turn["speaker"], "\n".join(turn["before"])]
            row += ["wrong" if i % 2 else labels, labels if i % 2 else "", " ".join(turn["disputed"])]
            csv.write(",".join(map(quote, row)) + "\r\n")


def share(part, whole):
    return part / whole if whole else None


def figures(tp, fp, fn, tn):
    n = tp + fp + fn + tn
    chance = ((tp + fp) * (tp + fn) + (fn + tn) * (fp + tn)) / n / n
    return {"n": tp + fn, "evaluated": n, "tp": tp, "fp": fp, "fn": fn, "tn": tn, "precision": share(tp, tp + fp),
            "recall": share(tp, tp + fn), "f1": share(2 * tp, 2 * tp + fp + fn), "kappa": share((tp + tn) / n - chance, 1 - chance)}


def wilson(part, whole):
    if not whole:
        return None
    z, p = 1.959963984540054, part / whole
    low, high = [(p + z * z / 2 / whole + s * z * math.sqrt(p * (1 - p) / whole + z * z / 4 / whole ** 2)) / (1 + z * z / whole) for s in (-1, 1)]
    return [low, high]


def near(got, wanted, what):
    if isinstance(wanted, list) and isinstance(got, list):
        for one, other in zip(got, wanted, strict=True):
            near(one, other, what)
    elif wanted is None or got is None:
        assert got is wanted, f"{what}: {got} is not {wanted}"
    else:
        assert abs(got - wanted) <= 0.00051, f"{what}: {got} is not {wanted}"


def check_labels(truth, report):
    means = {}
    for speaker, labels in LABELS.items():
        for label in labels:
            counts, disputed = {"tp": 0, "fp": 0, "fn": 0, "tn": 0}, 0
            for turn in truth:
                if turn["speaker"] != speaker:
                    continue
                if label in turn["disputed"]:
                    disputed += 1
                    continue
                heard, true = ("greet" if label == "never" else label) in turn["heard"], label in turn["labels"]
                counts[("t" if heard == true else "f") + ("p" if heard else "n")] += 1
            got = report["labels"][speaker][label]
            wanted = figures(**counts)
            for key, value in wanted.items():
                near(got[key], value, f"{speaker}.{label}.{key}")
            near(got["intervals"]["precision"], wilson(counts["tp"], counts["tp"] + counts["fp"]), f"{label} precision interval")
            near(got["intervals"]["recall"], wilson(counts["tp"], counts["tp"] + counts["fn"]), f"{label} recall interval")
            assert got["disputed"] == disputed and got["faults"] == 0, label
            for key in ("tp", "fp", "fn", "tn"):
                assert got["halves"]["written"][key] + got["halves"]["checked"][key] == counts[key], f"halves of {label}"
            f1 = got["intervals"]["f1"]
            assert wanted["f1"] is None or f1[0] <= wanted["f1"] <= f1[1], f"{label}: F1 outside its interval"
            if wanted["f1"] is not None:
                means.setdefault(speaker, []).append(wanted["f1"])
            cue = [c for c in report["cues"] if c["label"] == label and c["speaker"] == speaker]
            assert len(cue) == 1 and cue[0]["hits"] == counts["tp"] + counts["fp"] and cue[0]["right"] == counts["tp"], cue
            assert cue[0]["alone"] == {"right": counts["tp"], "wrong": counts["fp"]} and cue[0]["overlap"] is None, cue
    for speaker, values in means.items():
        near(report["macro"][speaker]["all"]["f1"], sum(values) / len(values), f"macro of {speaker}")


def ranks(values):
    order = sorted(values)
    return [order.index(v) + (order.count(v) + 1) / 2 for v in values]


def spearman(x, y):
    x, y = ranks(x), ranks(y)
    mx, my = sum(x) / len(x), sum(y) / len(y)
    top = sum((a - mx) * (b - my) for a, b in zip(x, y))
    return top / math.sqrt(sum((a - mx) ** 2 for a in x) * sum((b - my) ** 2 for b in y))


def check_ratings(ratings, scores, report):
    scored = {card["interaction_id"]: card["care"] for card in scores}
    for scale, own in (("care", "score"), ("communicate", "communicate"), ("respond", "respond")):
        pairs, unrated, unscored = [], 0, 0
        for row in ratings:
            score = scored[row["interaction_id"]][own]
            unrated += row[scale] is None
            unscored += row[scale] is not None and score is None
            if row[scale] is not None and score is not None:
                pairs.append((row[scale], score))
        got = report["ratings"][scale]
        assert (got["n"], got["unrated"], got["unscored"]) == (len(pairs), unrated, unscored), (scale, got, len(pairs), unrated, unscored)
        rho = spearman(*zip(*pairs))
        near(got["rho"], rho, f"rho of {scale}")
        error = math.sqrt((1 + rho * rho / 2) / (len(pairs) - 3))
        near(got["interval"], [math.tanh(math.atanh(rho) + s * 1.959963984540054 * error) for s in (-1, 1)], f"interval of {scale}")
        assert got["halves"]["written"]["n"] + got["halves"]["checked"]["n"] == len(pairs)
        apart = [abs(row["rank_rating"] - row["rank_score"]) for row in got["apart"]]
        assert apart == sorted(apart, reverse=True) and len(apart) == min(10, len(pairs)), apart


def rows(path):
    return [json.loads(line) for line in open(path)]


if __name__ == "__main__":
    command, *paths = sys.argv[1:]
    if command == "make":
        make(*paths)
    elif command == "labels":
        check_labels(rows(paths[0])[0], rows(paths[1])[0])
    else:
        check_ratings(rows(paths[0]), rows(paths[1]), rows(paths[2])[0])
