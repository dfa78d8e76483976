"""From results to verdicts: intervals, pairing, verdicts, and the article's claims."""

import numpy as np
import pandas as pd
import pytest
from synthetic import BUDGETS, failed, full, row, table

from tlcourse.data import DataError
from tlcourse.experiment import analysis, article
from tlcourse.methods import METHODS


def runs(method: str, accuracies: list[float], labels: int = 10, **others) -> list[dict]:
    return [row(method, labels, seed, a, **others) for seed, a in enumerate(accuracies)]


# ----------------------------------------------------------------------------- means and pairs


def test_means_have_student_t_intervals_in_per_cent_for_three_seeds_or_more():
    cells = table([*runs("scratch", [0.3, 0.4, 0.5]), *runs("scratch", [0.3, 0.5], labels=50)])
    three, two = analysis.means(cells).itertuples()
    assert three.Index == ("scratch", 10)
    assert (three.mean, three.n) == (pytest.approx(40), 3)
    # Standard deviation 10, 3 seeds; 4.303 is Student's t, 97.5 %, 2 degrees of freedom.
    assert three.high - three.mean == pytest.approx(4.303 * 10 / np.sqrt(3), rel=1e-3)
    assert three.mean - three.low == pytest.approx(three.high - three.mean)
    assert (two.mean, two.n) == (pytest.approx(40), 2)
    assert np.isnan([two.low, two.high]).all()


def test_time_without_and_with_pretraining():
    cells = runs("a", [0.5] * 3, cpu_seconds=4.0, pretraining_cpu_seconds=100.0)
    cells[2]["cpu_seconds"] = 99.0  # the median does not mind
    unknown = runs("b", [0.5] * 3, cpu_seconds=4.0, pretraining_cpu_seconds=np.nan)
    found = analysis.means(table([*cells, *unknown]))
    assert found.loc[("a", 10), ["cpu_seconds", "total_cpu_seconds"]].tolist() == [4, 104]
    assert found.loc[("b", 10), "cpu_seconds"] == 4
    assert np.isnan(found.loc[("b", 10), "total_cpu_seconds"])


def test_failed_cells_count_nowhere():
    cells = table([*runs("scratch", [0.3, 0.4, 0.5]), failed("scratch", 10, 3)])
    assert analysis.means(cells).loc[("scratch", 10), "n"] == 3
    assert analysis.paired(cells, "scratch", "scratch", 10).n == 3


def test_the_order_of_rows_does_not_matter():
    cells = full()
    mixed = cells.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(analysis.means(cells), analysis.means(mixed))
    assert analysis.paired(cells, "scratch", "graph_fixmatch", 100) == pytest.approx(
        analysis.paired(mixed, "scratch", "graph_fixmatch", 100)
    )


def test_datasets_are_not_averaged():
    mixed = table([*runs("scratch", [0.3]), *runs("scratch", [0.5], dataset="digits")])
    with pytest.raises(DataError, match="results on digits and mnist, which cannot be averaged"):
        analysis.means(mixed)


def test_differences_are_paired_by_seed():
    # Every seed gains exactly 2 points, however much the seeds differ.
    cells = table([*runs("a", [0.32, 0.62, 0.92]), *runs("b", [0.3, 0.6, 0.9])])
    assert analysis.paired(cells, "a", "b", 10) == pytest.approx((2, 2, 2, 3))
    assert analysis.paired(cells, "b", "a", 10) == pytest.approx((-2, -2, -2, 3))


def test_only_seeds_that_both_have_are_compared():
    cells = table([*runs("a", [0.4, 0.5, 0.6, 0.9]), *runs("b", [0.3, 0.3, 0.3])])
    assert analysis.paired(cells, "a", "b", 10)[::3] == (pytest.approx(20), 3)
    assert analysis.paired(cells, "a", "b", 50).n == 0
    assert np.isnan(analysis.paired(cells, "a", "c", 10).mean)


# ------------------------------------------------------------------------------------ verdicts


def compared(differences: list[float]) -> pd.DataFrame:
    """Return a table in which a beats b by these points, seed by seed."""
    return table(
        [*runs("a", [0.5 + d / 100 for d in differences]), *runs("b", [0.5] * len(differences))]
    )


@pytest.mark.parametrize(
    ("differences", "better", "by_two", "equal"),
    [
        ([4, 5, 6], "supported", "supported", "contradicted"),  # from 2.5 to 7.5
        ([1, 1.5, 2], "supported", "undecided", "contradicted"),
        ([2, 3, 40], "undecided", "undecided", "undecided"),
        ([-4, -5, -6], "contradicted", "contradicted", "contradicted"),
        ([-5, 0, 5], "undecided", "undecided", "undecided"),  # not found is not shown
        ([0.1, 0.2, 0.3], "contradicted", "contradicted", "supported"),  # surely does not matter
        ([0.2, 0.25, 0.3], "contradicted", "contradicted", "supported"),  # though above 0
        ([0.1, 0.0, 2.0], "undecided", "undecided", "undecided"),
        ([5, 5], "undecided", "undecided", "undecided"),  # no interval
    ],
)
def test_verdicts_look_where_the_interval_lies(differences, better, by_two, equal):
    found = analysis.paired(compared(differences), "a", "b", 10)
    assert analysis.verdict(found) == better
    assert analysis.verdict(found, margin=2) == by_two
    assert analysis.verdict(found, equal=True) == equal


# -------------------------------------------------------------------------------------- claims


def world(**levels: float) -> pd.DataFrame:
    """Return results at 10 labels: the level of each family in per cent, nearly the same always."""
    families = {
        "baseline": ("scratch", "scratch_augmented"),
        "supervised": ("letters_finetuned", "letters_finetuned_augmented"),
        "unsupervised": ("autoencoder_finetuned", "autoencoder_finetuned_augmented"),
        "pseudo": ("pseudo_label",),
        "fixmatch": ("fixmatch_scratch",),
    }
    return table(
        [
            cell
            for family, level in levels.items()
            for k, name in enumerate(families[family])
            for cell in runs(name, [level / 100 + 0.001 * (s + k) for s in range(3)])
        ]
    )


def verdicts(**levels: float) -> list[str]:
    return article.verdicts(article.claims(world(**levels)))[10].tolist()


AS_CLAIMED = {"baseline": 50, "supervised": 70, "unsupervised": 80, "pseudo": 80, "fixmatch": 80}


def test_a_world_in_which_nothing_helps():
    # As good as the baseline, all of them: surely not better by anything that matters.
    assert verdicts(**dict.fromkeys(AS_CLAIMED, 50)) == ["contradicted"] * 3


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ["supported"] * 3),
        ({"unsupervised": 40}, ["contradicted", "contradicted", "contradicted"]),
        ({"supervised": 90}, ["supported", "contradicted", "contradicted"]),
        ({"baseline": 75}, ["supported", "contradicted", "supported"]),
        ({"pseudo": 60, "fixmatch": 60}, ["supported", "supported", "contradicted"]),
        ({"pseudo": 60}, ["supported", "supported", "mixed"]),
    ],
)
def test_each_claim_can_be_supported_and_contradicted(changed, words):
    assert verdicts(**AS_CLAIMED | changed) == words


def test_a_claim_of_which_a_part_was_not_run_is_not_supported():
    levels = {name: AS_CLAIMED[name] for name in ("baseline", "supervised")}
    assert verdicts(**levels) == ["not run", "undecided", "not run"]


def test_claims_hold_a_row_for_each_comparison_and_budget():
    found = article.claims(full())
    assert len(found) == len(article.COMPARISONS) * len(BUDGETS)
    assert not found.duplicated(["claim", "statement", "first", "second", "labels"]).any()
    excluded = found[(found["labels"] == 60_000) & (found["claim"] == 3)]
    assert set(excluded["verdict"]) == {"not run"}
    assert set(found["verdict"]) <= {"supported", "contradicted", "undecided", "not run"}


def test_both_families_are_augmented_or_neither_is():
    for comparison in article.COMPARISONS:
        assert comparison.second.endswith("_augmented") == comparison.augmented
    both = {(c.claim, c.statement, c.first.removesuffix("_augmented")) for c in article.COMPARISONS}
    assert 2 * len(both) == len(article.COMPARISONS)


def test_ablations_are_given_where_both_methods_were_run():
    found = article.ablations(
        compared([1, 2, 3]).replace({"a": "scratch_augmented", "b": "scratch"})
    )
    assert found[["factor", "labels", "n"]].values.tolist() == [["augmentation", 10, 3]]
    assert found["mean"].tolist() == pytest.approx([2])


def test_claims_and_ablations_name_methods_of_the_course():
    named = {name for c in article.COMPARISONS for name in (c.first, c.second)}
    named |= {name for pair in article.ABLATIONS.values() for name in pair}
    assert named <= set(METHODS)


@pytest.mark.parametrize(
    ("options", "word"),
    [({}, "Supported"), ({"margin": 4}, "Undecided"), ({"equal": True}, "Contradicted")],
)
def test_a_claim_is_printed_with_its_verdict(options, word, capsys):
    analysis.claim("Letters beat scratch", [2, 3, 4], **options)
    assert capsys.readouterr().out.startswith(f"{word}: Letters beat scratch (")


def test_the_line_of_a_claim(capsys):
    analysis.claim("A beats B", [1.0, 2.0, 3.0])
    line = "Undecided: A beats B (+2.0 points, 95 % interval -0.5 to +4.5, 3 seeds).\n"
    assert capsys.readouterr().out == line
