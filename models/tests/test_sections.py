"""What the card of a trained model says."""

from mlsearch_models import sections


def record(seed: int, **more) -> dict:
    config = {"run": {"seed": seed}, "optimizer": {"steps": 100}, "parallel": {"sources": {"ours": 1.0}}}
    return {"config": config, "step": 90, "seconds": 3600, "device": "a processor", "torch": "2.0"} | more


def test_a_card_tells_of_every_run():
    started = record(2, start=record(1))
    told = sections.training(record(3, averaged_with=[started], share_of_trained_weights=0.6), None)
    assert told.count("step 90 of 100, 1.0 hours of training on a processor, PyTorch 2.0") == 3
    assert "Averaged with another run, seed 2: after step 90" in told
    assert "60% those of training" in told
    assert "Averaged" not in sections.training(started, None)


def test_a_card_tells_of_what_a_run_went_on_from():
    licence = {"what": "training data", "licence": "that of old", "source": "old"}
    last = record(3, start=record(2, start={"restored": "encoder 1", "licences": [licence]}))
    lines = sections.training(last, None).splitlines()[1:4]
    assert lines[0] == "First: the int8 weights of encoder 1; models/RESULTS.md tells of their training."
    assert [line.split()[:3] for line in lines[1:]] == [["Then:", "step", "90"]] * 2
    assert sections.licences(None, last) == (licence,)


def test_a_card_names_the_sources_and_licences_of_every_run():
    def drawing(source: str, **more) -> dict:
        return {"config": {"parallel": {"sources": {source: 1.0, "none of it": 0.0}}}} | more

    names = ("first", "second", "other", "none of it", "unused")
    kept = {"file": "parallel.jsonl", "split": "train", "records": 1, "texts_by_language": {"sw": 1}}
    report = {"kept": [kept | {"source": name, "licence": f"that of {name}"} for name in names]}
    averaged = drawing("second", start=drawing("first"), averaged_with=[drawing("other")])
    assert [row[0] for row in sections.sources(report, averaged)] == ["first", "second", "other"]
    assert [each["licence"] for each in sections.licences(report, drawing("other"))] == ["that of other"]
    assert len(sections.sources(report, {})) == len(names)
