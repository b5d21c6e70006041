"""The same encoder under MTEB's own tasks and measures.

    python -m mlsearch_models.evaluate.mteb_run ENCODER --data DIR --output DIR [--tasks NAME …]

Three of its tasks run without a hub: their classes are MTEB's, only their data comes from here.

- `XQuADRetrieval`: XQuAD-R holds XQuAD's paragraphs and questions, but not Romanian. A question is
  searched among the paragraphs of its own language.
- `NTREXBitextMining`: the published archive. English is its American form.
- `Tatoeba`: the `dev` rows of a prepared parallel.jsonl, which training reads no loss from. They are
  other and fewer sentences than MTEB's, so these figures do not compare with published ones; and a
  training run chooses its checkpoint on a sample of this split, so it is held out but not untouched.

Every other task of MTEB is read by its own loader, which needs a hub.
"""
