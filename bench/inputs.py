"""
inputs: archives to measure on: made up by generate.c, the user's own, or the conversations of ../shared/corpora; and what peers are given of them.

All of it lies in the build folder and is made once. Of real conversations nothing but counts and times leaves it.
"""
import json
import os
import re
import subprocess

from sampling import BENCH, ROOT, Fault, Skipped, digest, file_digest, run, tree_digest

QUICK_EVENTS = 20000
QUICK_REAL_EVENTS = 5000
QUICK_BYTES = 4_000_000
EVENT_BYTES = 190  # of an event of the generator beside its text
CORPORA = ROOT.parent / "shared/corpora"
INTERACTION_ID = re.compile(rb'"interaction_id": *"((?:[^"\\]|\\.)*)"')


def real(corpora):
    """The files of these corpora; Skipped where they are not here."""
    if not CORPORA.is_dir():
        raise Skipped("no real conversations: ../shared/corpora is not here")
    files = [CORPORA / f"{name}.ndjson.zst" for name in corpora]
    missing = [str(file.relative_to(CORPORA)) for file in files if not file.is_file()]
    if missing:
        raise Skipped(f"no real conversations: ../shared/corpora lacks {', '.join(missing)}")
    return files


class Inputs:
    """What a run of the bench has: programs, a folder of inputs, how much is asked."""

    def __init__(self, build, runs, quick, own):
        self.build, self.runs, self.quick, self.own = build, runs, quick, own
        self.cache = build / "inputs"
        self.cache.mkdir(parents=True, exist_ok=True)
        self.caremeter = build / "engine/cli/caremeter"

    def program(self, name):
        path = self.build / "bench" / name
        if not path.exists():
            raise Fault(f"{name} was not built: is its library installed? (script/bootstrap bench)")
        return path

    def make(self, path, command_for):
        """Make a cached file or files: written beside it, then renamed, so that an interrupted run leaves nothing half done."""
        if not path.exists():
            fresh = path.with_name(path.name + ".new")
            run(command_for(fresh))
            fresh.rename(path)
        return path

    def archive(self, definition):
        """Path and number of events."""
        if self.own:
            return self.own, sum(1 for _ in open(self.own, "rb"))
        wanted = definition["input"]
        return self.real_archive(wanted["corpora"]) if "corpora" in wanted else self.made_up(definition, dict(wanted))

    def generate(self, wanted):
        """The command that makes an archive, to standard output."""
        flags = [part for name, value in wanted.items() for part in ([f"--{name}"] if value is True else [f"--{name}", value])]
        return [self.program("bench_generate"), "--folder", BENCH, *flags]

    def made_up(self, definition, wanted):
        if "megabytes" in wanted:
            wanted["events"] = round(1e6 * wanted.pop("megabytes") / (wanted["turn-bytes"] + EVENT_BYTES))
        if self.quick and "turn-bytes" in wanted:
            wanted["events"] = min(wanted["events"], QUICK_BYTES // (wanted["turn-bytes"] + EVENT_BYTES))
        elif self.quick:
            wanted["events"] = min(wanted["events"], QUICK_EVENTS)
        key = digest(json.dumps(wanted, sort_keys=True), self.program("bench_generate"), BENCH / "vocabulary.txt", BENCH / "templates.txt")[:16]
        path = self.make(self.cache / f"{key}.ndjson", lambda fresh: [*self.generate(wanted), "--out", fresh])
        expected = definition.get("expect", {}).get("sha256")
        if expected and not self.quick and file_digest(path) != expected:
            raise Fault("the generated archive is not the one that the definition expects (sha256)")
        return path, wanted["events"]

    def real_archive(self, corpora):
        """All conversations of these corpora, one behind the other; a small part of them for --quick."""
        files = real(corpora)
        stamps = [f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
        path = self.cache / f"real-{digest(*corpora, *stamps, self.quick)[:16]}.ndjson"
        if not path.exists():
            fresh = path.with_name(path.name + ".new")
            with open(fresh, "wb") as out:
                for file in files:
                    done = subprocess.run(["zstd", "-dcq", str(file)], capture_output=True)
                    if done.returncode != 0:
                        raise Fault(f"{file.name} cannot be decompressed")
                    lines = done.stdout.splitlines(True)
                    out.writelines(lines[:QUICK_REAL_EVENTS] if self.quick else lines)
            fresh.rename(path)
        return path, sum(1 for _ in open(path, "rb"))

    def export(self, definition, archive):
        export, pack, lexicon = self.program("bench_export"), ROOT / definition["pack"], ROOT / "rules/lexicon"
        key = digest(archive.name, archive.stat().st_mtime_ns if self.own else "", export, tree_digest(pack, lexicon))[:16]
        text, cues, counts, trees = (self.cache / f"{key}.{kind}" for kind in ("text.ndjson", "cues.tsv", "counts.tsv", "trees.tsv"))
        self.make(text, lambda fresh: [export, "--lexicon", lexicon, "--pack", pack, "--archive", archive, "--text", fresh, "--cues", cues,
                                       "--counts", counts, "--trees", trees])
        return text, cues, counts, trees

    def turns(self, definition):
        """The texts of an archive alone, a turn a line."""
        archive, _ = self.archive(definition)
        path = self.cache / f"{archive.stem}.turns.txt"
        if self.own or not path.exists():
            texts = (json.loads(line).get("text") for line in open(archive, encoding="utf-8"))
            fresh = path.with_name(path.name + ".new")
            fresh.write_text("".join(text.replace("\n", " ").replace("\r", " ") + "\n" for text in texts if text), "utf-8", errors="replace")
            os.replace(fresh, path)
        return path

    def conversation(self, wanted):
        lines = [line for line in (ROOT / wanted["file"]).read_text("utf-8").splitlines(True) if json.loads(line)["interaction_id"] == wanted["id"]]
        path = self.cache / "conversation.ndjson"
        path.write_text("".join(lines), "utf-8")
        return path

    def scorecards(self, out, archive):
        """Every conversation of the archive must have its scorecard: a fast program that drops some is no fast program."""
        conversations = len({INTERACTION_ID.search(line)[1] for line in open(archive, "rb")})
        cards = sum(1 for _ in open(out, "rb"))
        if cards != conversations:
            raise Fault(f"{cards} scorecards of {conversations} conversations")
        return conversations
