"""Tables and plots of many results, for models/RESULTS.md.

    python -m mlsearch_models.evaluate.report RESULTS --into RESULTS.md

What stands between two comments of the file is replaced:

    <!-- evaluation: begin -->
    <!-- evaluation: end -->

Everything else in it is written by hand and stays. In reading order: `rows` gathers the runs of a row,
`markdown` writes the tables, `svg` draws, `plots` decides what.
"""
