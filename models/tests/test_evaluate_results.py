"""Results on disk, their comparison and the report, from made-up values."""

import json
import sys

import numpy as np
import pytest

from mlsearch_models.evaluate import bitext, command, compare, lareqa, measure, results, table
from mlsearch_models.evaluate.report import __main__ as report_command
from mlsearch_models.evaluate.report import markdown, plots, rows, svg

TAGS = ["deu", "eng-US", "yor"]


def outcome(task: str, seed: int, gain: float = 0.0, facts: dict | None = None) -> results.Outcome:
    random = np.random.default_rng(seed)
    groups, cells = np.tile(np.arange(20), 3), np.repeat([0, 1, 2], 20)
    lines = TAGS if task == bitext.NAME else ["de>en", "de>tr", "en>de"]

    def values(scale: float) -> measure.Measure:
        return measure.of(scale * np.clip(0.5 + 0.1 * random.normal(size=60) + gain, 0, 1), groups, cells, lines)

    names = markdown.TRANSLATIONS if task == bitext.NAME else markdown.LAREQA
    extra = ["pool_own_without_variants"] if task == bitext.NAME else []
    scales = {name: 1000.0 if name == "rank_distance" else 1.0 for name in [*names, *extra]}
    measures = {kind: {name: values(scale) for name, scale in scales.items()} for kind in ("none", "documents", "both")}
    return results.Outcome(facts or {"questions": 20}, measures)


def result(name: str, seed: int, gain: float = 0.0, alpha: float | None = None, row: str | None = None) -> results.Result:
    encoder = {"name": "tiny", "kind": "pytorch", "fingerprint": f"{name}{seed}"}
    tasks = {task: outcome(task, seed, gain) for task in (lareqa.NAME, bitext.NAME)}
    return results.Result(name, encoder, {"row": row or name, "seed": seed, "alpha": alpha}, {}, tasks, {})


def test_a_result_reads_back_as_it_was_written(tmp_path):
    written = result("one", 1)
    read = results.read(results.write(written, tmp_path))
    assert read.document() == written.document()
    for kind, named in written.tasks[lareqa.NAME].measures.items():
        for name, values in named.items():
            back = read.tasks[lareqa.NAME].measures[kind][name]
            np.testing.assert_array_equal(back.values, values.values)
            assert back.names == values.names


def test_figures_by_query_language_and_by_level(tmp_path):
    document = json.loads(results.write(result("one", 1), tmp_path).read_text())
    cross = document["tasks"][lareqa.NAME]["figures"]["none"]["cross"]
    assert cross["by_query_language"]["de"] == pytest.approx((cross["by"]["de>en"] + cross["by"]["de>tr"]) / 2)
    levels = document["tasks"][bitext.NAME]["figures"]["none"]["pool_without_variants"]
    assert levels["by_level"] == pytest.approx(
        {"high": (levels["by"]["deu"] + levels["by"]["eng-US"]) / 2, "mid": None, "low": levels["by"]["yor"]}
    )


def test_a_task_measured_later_joins_those_of_the_same_encoder_only(tmp_path):
    first = result("one", 1)
    first.tasks.pop(bitext.NAME)
    results.write(first, tmp_path)
    second = result("one", 1)
    second.tasks.pop(lareqa.NAME)
    assert set(results.read(results.write(second, tmp_path)).tasks) == {lareqa.NAME, bitext.NAME}
    other = result("one", 2)
    other.tasks.pop(bitext.NAME)
    assert set(results.read(results.write(other, tmp_path)).tasks) == {lareqa.NAME}


@pytest.mark.parametrize("content", ["", "[]", '{"format": 99}'])
def test_what_is_no_result_is_refused_in_a_sentence(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="is not a result of an evaluation"):
        results.read(path)


def test_a_result_without_its_values_is_refused(tmp_path):
    path = results.write(result("one", 1), tmp_path)
    path.with_suffix(".npz").unlink()
    with pytest.raises(ValueError, match="one.npz.*is missing"):
        results.read(path)


def test_numbers_are_printed_without_a_leading_zero():
    shown = [table.shown(value, name) for value, name in ((0.7981, "mono"), (1.0, "mono"), (1230.4, "rank_distance"), (None, "mono"))]
    assert shown == [".798", "1.000", "1230", "-"]
    signed = [table.signed(value, name) for value, name in ((-0.0312, "mono"), (10.05, "mono"), (-40.2, "rank_distance"))]
    assert signed == ["-.031", "+10.050", "-40"]


def test_comparing_finds_a_gain_and_no_difference_from_itself(tmp_path, capsys):
    a, b = (results.write(value, tmp_path) for value in (result("a", 1), result("b", 1, gain=0.1)))
    compare.main([str(a), str(b), "--json", "--resamples", "200"])
    found = {(row["task"], row["centering"], row["measure"]): row for row in json.loads(capsys.readouterr().out)}
    gap = found[lareqa.NAME, "none", "multi"]["difference"]
    assert gap["low"] > 0.05 and gap["value"] == pytest.approx(0.1, abs=0.01)
    assert (bitext.NAME, "none", "from_english low") in found
    compare.main([str(a), str(a), "--resamples", "50"])
    assert "*" not in capsys.readouterr().out.split("resamples")[0]


def test_comparing_results_of_different_samples_is_refused(tmp_path):
    a, b = result("a", 1), result("b", 2)
    for named in b.tasks[lareqa.NAME].measures.values():
        for name, values in named.items():
            named[name] = values.only({"de>en"})
    with pytest.raises(ValueError, match="--sample"):
        compare.compare(a, b, 50, 1)


def test_the_command_answers_wrong_input_with_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["evaluate", "compare", str(tmp_path / "none.json"), str(tmp_path / "none.json")])
    with pytest.raises(SystemExit, match="is not a result of an evaluation"):
        command.main()


def test_missing_data_is_skipped_loudly(tiny_folder, tmp_path, monkeypatch, capsys):
    arguments = [str(tiny_folder[0]), "--data", str(tmp_path), "--output", str(tmp_path), "--cache", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["evaluate", *arguments])
    with pytest.raises(SystemExit, match="nothing was measured"):
        command.main()
    assert capsys.readouterr().err.count("SKIPPED") == 4


@pytest.fixture
def folder(tmp_path):
    """Two seeds of one row, one of another, and the base."""
    for name, seed, gain, alpha, row in (
        ("base", 1, 0.0, None, "base"),
        ("half-1", 2, 0.1, 0.5, "half"),
        ("half-2", 3, 0.12, 0.5, "half"),
        ("whole", 4, 0.05, 1.0, "whole"),
    ):
        results.write(result(name, seed, gain, alpha, row), tmp_path / "results")
    return tmp_path / "results"


def test_runs_of_a_row_are_averaged(folder):
    found = {row.name: row for row in rows.read_rows(folder)}
    assert [len(found[name].runs) for name in ("base", "half", "whole")] == [1, 2, 1]
    each = [run.mean(lareqa.NAME, "none", "multi") for run in found["half"].runs]
    assert found["half"].mean(lareqa.NAME, "none", "multi") == pytest.approx(np.mean(each), rel=1e-6)
    assert found["half"].spread(lareqa.NAME, "none", "multi") == (min(each), max(each))
    interval = found["half"].interval(lareqa.NAME, "none", "multi")
    assert interval.low < np.mean(each) < interval.high


def test_rows_come_in_the_order_asked_for(folder):
    assert [row.name for row in rows.read_rows(folder, ["whole", "base"])] == ["whole", "base"]
    with pytest.raises(ValueError, match="has no row third"):
        rows.read_rows(folder, ["third"])


def test_seeds_measured_on_different_data_are_refused(folder):
    other = result("half-3", 5, row="half")
    other.tasks[lareqa.NAME].facts = {"questions": 3}
    results.write(other, folder)
    with pytest.raises(ValueError, match="different data for lareqa"):
        rows.read_rows(folder)


def test_the_report_replaces_only_what_is_between_its_comments(folder, tmp_path, monkeypatch):
    into = tmp_path / "RESULTS.md"
    into.write_text(f"# Results\nBy hand.\n{markdown.BEGIN}\nold\n{markdown.END}\nBelow.\n")
    monkeypatch.setattr(sys, "argv", ["report", str(folder), "--into", str(into)])
    report_command.main()
    once = into.read_text()
    assert once.startswith("# Results\nBy hand.\n") and once.endswith("Below.\n") and "old" not in once
    assert "| half | 2 | as it is |" in once and "![" in once
    assert (tmp_path / "plots" / "alpha.svg").read_text().startswith("<svg")
    report_command.main()
    assert into.read_text() == once


def test_a_file_without_the_comments_is_refused():
    with pytest.raises(ValueError, match="RESULTS.md needs one line"):
        markdown.put("# Results\n", "text", "RESULTS.md")


def test_every_line_of_a_table_has_the_same_columns(folder):
    text = markdown.render(rows.read_rows(folder))
    for block in text.split("\n\n"):
        widths = {line.count("|") for line in block.splitlines() if line.startswith("|")}
        assert len(widths) <= 1
    assert "as it is" in text and "documents" in text


def test_plots_are_drawn_only_where_there_is_something_to_see(folder):
    found = rows.read_rows(folder)
    assert plots.over_alpha(found[:1]) is None and plots.mono_against_multi(found[:1]) is None
    drawn = plots.over_alpha(found).text
    assert drawn.count("<circle") == 4 * 2 and drawn.count("<polyline") == 4
    assert plots.mono_against_multi(found).text.count("<circle") == 2 * 3


@pytest.mark.parametrize(("low", "high"), [(0.213, 0.587), (0, 1), (220, 1230), (0.79, 0.8)])
def test_ticks_are_few_and_inside(low, high):
    found = svg.ticks(low, high)
    assert 2 <= len(found) <= 7
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in found)
