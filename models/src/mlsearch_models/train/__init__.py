"""Fine-tunes a multilingual encoder with hybrid batches and objectives that align languages.

`config` says what is trained and how, `corpus` holds the tokenised examples, `batches` draws from
them, `objectives` turns vectors into losses, `validation` judges, `trainer` runs the steps, `mine`
looks for hard negatives. The method and its sources: ../RESULTS.md.
"""
