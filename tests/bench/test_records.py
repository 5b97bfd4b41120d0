"""A record is kept while it grows, and goes on where one of the same day and commit stands."""
import contextlib
import io
import json
import pathlib
import tempfile
import types
import unittest

import run

MACHINE = {"processor": "p", "cores": 2, "kernel": "k", "load": 0.5}


def record(**more):
    return {"schema": run.SCHEMA, "at": "2026-01-02T03:04:05Z", "commit": {"id": "abc", "clean": True}, "machine": dict(MACHINE), "results": {}, **more}


class Records(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.kept, run.BENCH = run.BENCH, pathlib.Path(self.folder.name)

    def tearDown(self):
        run.BENCH = self.kept
        self.folder.cleanup()

    def test_what_was_measured_before_stays(self):
        run.keep(record(results={"fold": {"figure": 1}}))
        later = record(at="2026-01-02T09:00:00Z", machine={**MACHINE, "load": 3.0})
        run.go_on(later)
        self.assertEqual(later["results"], {"fold": {"figure": 1}})

    def test_not_that_of_another_commit_machine_or_schema(self):
        run.keep(record(results={"fold": {"figure": 1}}))
        for other in (record(commit={"id": "def", "clean": True}), record(machine={**MACHINE, "cores": 4}), record(at="2026-01-03T03:04:05Z")):
            run.go_on(other)
            self.assertEqual(other["results"], {})
        run.keep(record(schema=run.SCHEMA - 1, results={"fold": {"figure": 1}}))
        fresh = record()
        run.go_on(fresh)
        self.assertEqual(fresh["results"], {})

    def test_it_is_one_file_of_json(self):
        run.keep(record(results={"fold": {"figure": "≥"}}))
        files = list((run.BENCH / "records").iterdir())
        self.assertEqual([file.name for file in files], ["2026-01-02-abc.json"])
        self.assertEqual(json.loads(files[0].read_text("utf-8"))["results"], {"fold": {"figure": "≥"}})


class Table(unittest.TestCase):
    def test_columns_have_titles(self):
        result = {"figure": 1.25, "unequal": {}, "sides": {}, "counts": {}}
        bench = types.SimpleNamespace(quick=False, measure=lambda definition: dict(result))
        definition = {"model": "fold", "target": {"at_least": 1.0, "of": "turns a second"}}
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            run.measure_all(bench, {"fold": definition}, record(load={}), False, False)
        titles, row = out.getvalue().splitlines()
        self.assertEqual(titles.index("figure") + len("figure"), row.index("1.25") + len("1.25"))
        self.assertEqual(titles.index("wanted"), row.index("≥"))
        self.assertEqual(titles.index("what the figure is"), row.index("turns a second"))


if __name__ == "__main__":
    unittest.main()
