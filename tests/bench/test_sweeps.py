"""Points of a sweep: which definition each of them is, and what they come to."""
import types
import unittest

import sweeps
from sampling import Fault

DEFINITION = {"measure": "peer", "input": {"care": 0.1, "seed": 1}, "expect": {"turns": 5, "at": {"0.5": {"pairs": 7}}},
              "sweep": {"axis": "care", "key": "input.care", "values": [0.1, 0.5, 0.9], "value": "mb_per_s", "unit": "MB/s"}}


class Points(unittest.TestCase):
    def test_the_key_is_set_and_nothing_else(self):
        point = sweeps.point_of(DEFINITION, 0.5)
        self.assertEqual(point["input"], {"care": 0.5, "seed": 1})
        self.assertNotIn("sweep", point)
        self.assertEqual(DEFINITION["input"]["care"], 0.1)

    def test_what_is_expected_at_a_point(self):
        self.assertEqual(sweeps.point_of(DEFINITION, 0.5)["expect"], {"turns": 5, "pairs": 7})
        self.assertEqual(sweeps.point_of(DEFINITION, 0.1)["expect"], {"turns": 5})

    def test_threads_are_measured_beside_one(self):
        definition = {"threads": [1], "sweep": {"key": "threads"}}
        self.assertEqual(sweeps.point_of(definition, 4)["threads"], [1, 4])

    def test_cores_are_powers_of_two_and_all(self):
        kept = sweeps.os.sched_getaffinity
        try:
            for everyone, wanted in ((1, [1]), (2, [1, 2]), (6, [1, 2, 4, 6]), (8, [1, 2, 4, 8])):
                sweeps.os.sched_getaffinity = lambda _, everyone=everyone: set(range(everyone))
                self.assertEqual(sweeps.cores(), wanted)
        finally:
            sweeps.os.sched_getaffinity = kept


class Measured(unittest.TestCase):
    @staticmethod
    def one(point):
        care = point["input"]["care"]
        return {"figure": 1, "sides": {"ours": {"mb_per_s": 10 * care}}, "counts": {"pairs": 3}, "unequal": {"cue": [1, 2]} if care == 0.9 else {}}

    def test_figure_is_last_over_first_and_faults_name_their_point(self):
        result = sweeps.measure(types.SimpleNamespace(quick=False), DEFINITION, self.one)
        self.assertAlmostEqual(result["figure"], 9.0)
        self.assertEqual([point["x"] for point in result["points"]], [0.1, 0.5, 0.9])
        self.assertEqual(result["unequal"], {"cue at 0.9": [1, 2]})

    def test_quick_is_two_points(self):
        self.assertEqual(len(sweeps.measure(types.SimpleNamespace(quick=True), DEFINITION, self.one)["points"]), 2)

    def test_a_value_that_nobody_has(self):
        definition = {**DEFINITION, "sweep": {**DEFINITION["sweep"], "value": "furlongs"}}
        with self.assertRaises(Fault):
            sweeps.measure(types.SimpleNamespace(quick=True), definition, self.one)


if __name__ == "__main__":
    unittest.main()
