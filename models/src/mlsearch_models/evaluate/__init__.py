"""Evaluation of an encoder: retrieval across languages, by published protocols and a few of our own.

    python -m mlsearch_models.evaluate ENCODER --data DIR --output DIR     measures an encoder
    python -m mlsearch_models.evaluate compare A.json B.json               the difference of two, with its interval
    python -m mlsearch_models.evaluate.report RESULTS --into FILE          tables and plots of many
    python -m mlsearch_models.evaluate.mteb_run ENCODER --data DIR         the same encoder under MTEB's own tasks

**This code is for reporting.** Nothing that it reads may influence a training run: not its data, not
the choice of a checkpoint, of a setting or of when to stop. Training has its own held-out texts for
those (`train.validation`). A figure that was looked at to choose is no longer a measurement.

In reading order: `encoders` and `vectors` turn texts into vectors; `archives`, `xquad`, `ntrex` and
`amqa` read data; `ranking`, `centering` and `measure` are what figures are made of; `lareqa`,
`bitext`, `codeswitch` and `questions` are the tasks; `results` and `table` are the output; `bootstrap`
and `compare` tell differences from noise; `report` writes them up.
"""
