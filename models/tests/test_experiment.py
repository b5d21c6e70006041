"""The experiment's rows: what is read, and that done rows are not done again."""

import sys

import pytest

from mlsearch_models import experiment

ROWS = """
[[row]]
name = "hybrid"
seeds = [1, 2]
set = ["pairs.alpha=0.5"]

[[row]]
name = "monolingual only"
seeds = [1]
set = ["pairs.alpha=1"]
"""


def test_first_seeds_come_first(tmp_path):
    path = tmp_path / "rows.toml"
    path.write_text(ROWS)
    rows = experiment.read(path)
    assert [(row.name, row.seed) for row in rows] == [("hybrid", 1), ("monolingual only", 1), ("hybrid", 2)]
    assert rows[1].folder == "monolingual-only-1" and rows[1].replacements == ("pairs.alpha=1",)


def test_rows_of_the_same_name_are_refused(tmp_path):
    path = tmp_path / "rows.toml"
    path.write_text(ROWS + ROWS)
    with pytest.raises(ValueError, match="same name"):
        experiment.read(path)


def run(monkeypatch, tmp_path, *words: str) -> list[list[str]]:
    """The commands that a run starts."""
    (tmp_path / "rows.toml").write_text(ROWS)
    started = []
    monkeypatch.setattr(experiment.subprocess, "run", lambda command, **_: started.append([str(w) for w in command]))
    places = {"rows": "rows.toml", "config": "run.toml", "prepared": "prepared", "data": "data", "out": "out"}
    options = [word for name, place in places.items() for word in (f"--{name}", str(tmp_path / place))]
    monkeypatch.setattr(sys, "argv", ["experiment", *options, *words])
    assert experiment.main() == 0
    return started


def test_every_row_is_trained_and_evaluated(monkeypatch, tmp_path):
    started = run(monkeypatch, tmp_path)
    trainings = [command for command in started if "mlsearch_models.train" in command]
    assert len(trainings) == 3 and len(started) == 7  # the base is evaluated, too
    assert any("pairs.alpha=1" in command for command in trainings)
    assert any("run.seed=2" in command for command in trainings)


def test_what_is_done_is_not_done_again(monkeypatch, tmp_path):
    folder = tmp_path / "out" / "monolingual-only-1"
    (folder / "last").mkdir(parents=True)
    (folder / "last.json").write_text("{}")
    results = tmp_path / "out" / "results"
    results.mkdir()
    (results / "monolingual-only-1.json").write_text("{}")
    assert run(monkeypatch, tmp_path, "--only", "monolingual only", "--skip-base") == []


def test_an_unknown_row_is_refused(monkeypatch, tmp_path, capsys):
    (tmp_path / "rows.toml").write_text(ROWS)
    words = ["--rows", "rows.toml", "--config", "c", "--prepared", "p", "--data", "d", "--out", "o", "--only", "other"]
    monkeypatch.setattr(sys, "argv", ["experiment", *words])
    monkeypatch.chdir(tmp_path)
    assert experiment.main() == 1
    assert "no such row; there are: hybrid, monolingual only" in capsys.readouterr().err
