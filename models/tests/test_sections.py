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
