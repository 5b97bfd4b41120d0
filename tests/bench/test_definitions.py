"""What definitions may say, and which of them are meant."""
import copy
import pathlib
import tempfile
import unittest

import definitions
import inputs
import report
import run
from sampling import Skipped

GOOD = {"model": "fold", "measure": "step", "why": "Because.", "program": "bench_steps", "arguments": [], "figure": {"over": {"side": "ours", "value": "mb_per_s"}},
        "target": {"at_least": 1, "of": "speed"}}


def changed(**keys):
    return {**copy.deepcopy(GOOD), **keys}


class Schema(unittest.TestCase):
    def test_good_one_has_no_complaint(self):
        self.assertEqual(definitions.complaints(GOOD), [])

    def test_misspelt_keys_are_told(self):
        for wrong in (changed(modle="fold"), changed(input={"sede": 1}), changed(target={"at_leest": 1, "of": "speed"}), changed(expect={"pears": 1})):
            self.assertEqual(len(definitions.complaints(wrong)), 1, wrong)

    def test_all_faults_at_once(self):
        wrong = {"model": "phold", "measure": "step", "target": {"at_least": 1, "at_most": 2, "of": "speed"}}
        told = "\n".join(definitions.complaints(wrong))
        for part in ("model is none of", "lacks why", "lacks program", "both at_least and at_most"):
            self.assertIn(part, told)

    def test_unknown_measure(self):
        self.assertIn("measure is none of", definitions.complaints(changed(measure="guess"))[0])

    def test_sweep_wants_values(self):
        sweep = {"axis": "x", "key": "input.care", "values": [0.1, 0.5], "value": "mb_per_s", "unit": "MB/s"}
        self.assertEqual(definitions.complaints(changed(sweep=sweep)), [])
        self.assertEqual(definitions.complaints(changed(sweep={**sweep, "values": "cores"})), [])
        for values in ([1], [0, 1], "all", [1, "2"]):
            self.assertEqual(len(definitions.complaints(changed(sweep={**sweep, "values": values}))), 1, values)

    def test_file_that_is_no_toml(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "bad.toml").write_text("model = \n", "utf-8")
            (pathlib.Path(folder) / "worse.toml").write_text('model = "fold"\nmeasure = "guess"\n', "utf-8")
            with self.assertRaises(ValueError) as told:
                definitions.read(pathlib.Path(folder))
            self.assertIn("bad.toml", str(told.exception))
            self.assertIn("worse.toml", str(told.exception))


class Shipped(unittest.TestCase):
    def setUp(self):
        self.all = definitions.read()

    def test_every_measure_is_there(self):
        self.assertEqual({definition["measure"] for definition in self.all.values()} - set(run.MEASURES), set())
        self.assertEqual(set(definitions.MEASURES) - set(run.MEASURES), set())

    def test_every_model_is_measured(self):
        self.assertEqual({definition["model"] for definition in self.all.values()}, set(definitions.MODELS))

    def test_every_goal_is_measured(self):
        for words, names in report.GOALS:
            self.assertTrue(set(names) & set(self.all), words)

    def test_made_up_input_is_seeded(self):
        for name, definition in self.all.items():
            made_up = definition.get("input", {})
            self.assertTrue(not made_up or "corpora" in made_up or "seed" in made_up, name)


class Selection(unittest.TestCase):
    ALL = {"sweep-a": {}, "sweep-b": {}, "sweep": {}, "long": {"slow": True}, "one": {}}

    def test_nothing_named_is_all_but_slow(self):
        self.assertEqual(list(definitions.select(self.ALL, [])), ["sweep-a", "sweep-b", "sweep", "one"])

    def test_a_name_is_that_one_even_if_others_begin_so(self):
        self.assertEqual(list(definitions.select(self.ALL, ["sweep"])), ["sweep"])

    def test_a_beginning_is_all_of_them(self):
        others = {name: {} for name in ("sweep-a", "sweep-b", "sweeping")}
        self.assertEqual(list(definitions.select(others, ["sweep"])), ["sweep-a", "sweep-b"])

    def test_slow_ones_by_name(self):
        self.assertEqual(list(definitions.select(self.ALL, ["long"])), ["long"])

    def test_unknown(self):
        with self.assertRaises(KeyError):
            definitions.select(self.ALL, ["on"])


class RealInputs(unittest.TestCase):
    def test_skipped_where_they_are_not(self):
        kept = inputs.CORPORA
        try:
            with tempfile.TemporaryDirectory() as folder:
                inputs.CORPORA = pathlib.Path(folder) / "none"
                with self.assertRaisesRegex(Skipped, "is not here"):
                    inputs.real(["a/b"])
                inputs.CORPORA = pathlib.Path(folder)
                with self.assertRaisesRegex(Skipped, "lacks a/b.ndjson.zst"):
                    inputs.real(["a/b"])
        finally:
            inputs.CORPORA = kept


class Targets(unittest.TestCase):
    def test_met_missed_and_none(self):
        self.assertIs(definitions.is_met({"target": {"at_least": 2, "of": ""}}, 2), True)
        self.assertIs(definitions.is_met({"target": {"at_least": 2, "of": ""}}, 1.99), False)
        self.assertIs(definitions.is_met({"target": {"at_most": 2, "of": ""}}, 2.01), False)
        self.assertIsNone(definitions.is_met({"target": {"of": ""}}, 1))


if __name__ == "__main__":
    unittest.main()
