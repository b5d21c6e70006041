#!/usr/bin/env python3
"""Compares this project's retrieval measures with those of trec_eval.

    python3 scripts/check_metrics.py --run RUN --qrels QRELS --values VALUES.json

RUN and QRELS are TREC files, VALUES.json maps query -> measure -> value with the names that
trec_eval gives the measures (`map`, `ndcg_cut_10`, `recall_100`, ...). The example program
`judged_rankings` writes all three. trec_eval runs inside pytrec_eval, see requirements-test.txt.

Prints the largest difference of each measure. Exit status: 0 when all values of all queries agree
within the tolerance, 1 when one does not, 2 when something cannot be compared.
"""

import argparse
import json
import math
import sys
from collections import defaultdict
from pathlib import Path
from typing import Dict, List, NoReturn

# query -> name -> value
Table = Dict[str, Dict[str, float]]


def fail(message: str) -> NoReturn:
    print(f"check_metrics: {message}", file=sys.stderr)
    sys.exit(2)


def read_fields(path: Path, count: int) -> List[List[str]]:
    """The lines of a file, each of `count` fields."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"cannot read {path}: {error}")
    rows = []
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if fields and len(fields) != count:
            fail(f"{path}, line {number}: {len(fields)} fields instead of {count}")
        if fields:
            rows.append(fields)
    return rows


def read_run(path: Path) -> Table:
    run: Table = defaultdict(dict)
    for query, _, document, _, score, _ in read_fields(path, 6):
        if document in run[query]:
            fail(f"{path}: document {document} is there twice for query {query}")
        run[query][document] = float(score)
    return dict(run)


def read_qrels(path: Path) -> Dict[str, Dict[str, int]]:
    qrels: Dict[str, Dict[str, int]] = defaultdict(dict)
    for query, _, document, grade in read_fields(path, 4):
        qrels[query][document] = int(grade)
    return dict(qrels)


def read_values(path: Path) -> Table:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fail(f"cannot read {path}: {error}")
    if not isinstance(values, dict) or not values:
        fail(f"{path} holds no queries")
    return values


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", type=Path, required=True, help="rankings, TREC format")
    parser.add_argument("--qrels", type=Path, required=True, help="judgements, TREC format")
    parser.add_argument("--values", type=Path, required=True, help="the measures to check, JSON")
    parser.add_argument("--tolerance", type=float, default=1e-6, help="default: %(default)s")
    arguments = parser.parse_args()

    try:
        import pytrec_eval
    except ImportError:
        fail("pytrec_eval is missing: pip install -r scripts/requirements-test.txt")

    values = read_values(arguments.values)
    # trec_eval is asked for families of measures: ndcg_cut for ndcg_cut_10.
    supported = pytrec_eval.supported_measures
    families = set()
    for measure in sorted({measure for measures in values.values() for measure in measures}):
        family = measure if measure in supported else measure.rpartition("_")[0]
        if family not in supported:
            fail(f"trec_eval has no measure {measure}")
        families.add(family)
    evaluator = pytrec_eval.RelevanceEvaluator(read_qrels(arguments.qrels), families)
    expected = evaluator.evaluate(read_run(arguments.run))
    if set(expected) != set(values):
        odd = sorted(set(expected) ^ set(values))
        fail(f"run and judgements have other queries than the values: {', '.join(odd[:5])}")

    largest: Dict[str, float] = defaultdict(float)
    compared = 0
    disagreements = 0
    for query, measures in sorted(values.items()):
        for measure, value in measures.items():
            if measure not in expected[query]:
                fail(f"trec_eval does not compute {measure}")
            difference = abs(value - expected[query][measure])
            compared += 1
            if math.isnan(difference) or difference > arguments.tolerance:
                disagreements += 1
                if disagreements <= 10:
                    print(f"{query} {measure}: {value}, trec_eval {expected[query][measure]}")
            largest[measure] = max(largest[measure], difference)

    for measure, difference in sorted(largest.items()):
        print(f"{measure:>14}  largest difference {difference:.1e}")
    print(f"{compared} values of {len(values)} queries, {disagreements} beyond {arguments.tolerance:g}")
    if compared == 0:
        fail("there was nothing to compare")
    return 1 if disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
