"""`python -m mlsearch_models.evaluate`."""

from .command import main

main()
