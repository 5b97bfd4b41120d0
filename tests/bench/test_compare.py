"""When is a difference between two revisions beyond the noise?"""
import contextlib
import io
import pathlib
import tempfile
import unittest

import compare
from sampling import Fault, Skipped


class Interval(unittest.TestCase):
    def test_few_runs_have_their_whole_range(self):
        for count in (1, 2, 5, 6, 8):
            self.assertEqual(compare.rank_interval(count), (0, count - 1), count)

    def test_more_runs_leave_outliers_out(self):
        """Tables of the sign test: 95 % intervals of the median are the 2nd to 8th of 9, the 2nd to 9th of 10, the 6th to 15th of 20."""
        self.assertEqual(compare.rank_interval(9), (1, 7))
        self.assertEqual(compare.rank_interval(10), (1, 8))
        self.assertEqual(compare.rank_interval(20), (5, 14))


    def test_what_confidence_there_is(self):
        """Five runs: the whole range misses the median where all lie on one side of it, 2 times in 32."""
        self.assertEqual(compare.confidence_of(5), 0.9375)
        self.assertEqual(compare.confidence_of(1), 0)
        for count in range(6, 60):
            self.assertGreaterEqual(compare.confidence_of(count), compare.CONFIDENCE, count)

    def test_titles_say_what_it_is(self):
        for runs, said in ((5, "with 93.75 % confidence"), (9, "with 96.09 % confidence"), (1, "with 0 % confidence")):
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                compare.tell_titles(("HEAD~1", "WORK"), runs)
            self.assertIn(said, out.getvalue())
            self.assertIn(f"medians of {runs} runs", out.getvalue())
            self.assertIn("the median of WORK ÷ HEAD~1", out.getvalue())


class Ratios(unittest.TestCase):
    def test_slower_in_every_run(self):
        told = compare.ratios([1.0, 1.1, 0.9, 1.0, 1.2], [1.1, 1.2, 1.0, 1.1, 1.3])
        self.assertTrue(told["beyond"])
        self.assertAlmostEqual(told["ratio"], 1.1)

    def test_faster(self):
        self.assertTrue(compare.ratios([2.0] * 5, [1.9] * 5)["beyond"])

    def test_now_the_one_now_the_other(self):
        self.assertFalse(compare.ratios([1.0, 1.0, 1.0, 1.0, 1.0], [1.1, 0.9, 1.2, 1.0, 1.05])["beyond"])

    def test_one_outlier_of_many_does_no_harm(self):
        self.assertTrue(compare.ratios([1.0] * 20, [1.05] * 19 + [0.5])["beyond"])

    def test_runs_are_pairs(self):
        """A machine that is slow for a while is slow for both: the ratio of neighbours stays."""
        told = compare.ratios([1.0, 5.0, 1.0, 5.0, 1.0], [1.1, 5.5, 1.1, 5.5, 1.1])
        self.assertAlmostEqual(told["from"], told["to"])
        with self.assertRaises(ValueError):
            compare.ratios([1.0], [1.0, 2.0])


class Revisions(unittest.TestCase):
    def test_what_is_no_revision(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("--upload-pack=x", "no-such-revision-there-is"):
                with self.assertRaises(Fault):
                    compare.Revision(name, pathlib.Path(folder)).check_out()

    def test_a_program_that_a_revision_lacks(self):
        with tempfile.TemporaryDirectory() as folder:
            revision = compare.Revision(compare.WORK, pathlib.Path(folder))
            revision.build.mkdir()
            with self.assertRaisesRegex(Skipped, "WORK has no bench_steps"):
                revision.command(["sh", "-c", "echo ninja: error: unknown target; exit 1", "bench_steps"])
            with self.assertRaisesRegex(Fault, "cannot be built"):
                revision.command(["sh", "-c", "echo broken; exit 1", "bench_steps"])
            self.assertIn("broken", (revision.build / "build.log").read_text("utf-8"))


if __name__ == "__main__":
    unittest.main()
