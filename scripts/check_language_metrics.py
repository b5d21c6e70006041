#!/usr/bin/env python3
"""Compares this project's measures of languages with SciPy and the authors' programs.

    python3 scripts/check_language_metrics.py FOLDER

FOLDER is what the example program `judged_rankings` writes: a run, judgements, the languages of
documents and queries, and this project's measures of them in `scores.json`. Here each measure is
computed anew, by its definition: PEER by the chi-square distribution of SciPy, and where all relevant
documents were found by the authors' `peer_measure` on ir-measures; MRC by `scipy.stats.spearmanr`; the
divergence by `scipy.spatial.distance.jensenshannon`; the bootstrap by other random numbers, and by
`scipy.stats.bootstrap` where it has the same design. See requirements-test.txt.

Prints the largest difference of each measure. Exit status: 0 when all values agree within the
tolerance, 1 when one does not, 2 when something cannot be compared.
"""

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from check_metrics import fail, read_qrels, read_run

try:
    import ir_measures
    import numpy as np
    from peer_measure import PEER
    from scipy import stats
    from scipy.spatial.distance import jensenshannon
except ImportError as missing:
    fail(f"{missing.name} is missing: pip install -r scripts/requirements-test.txt")

# How far apart the ends of two bootstrap intervals may be, as a share of their width, and two p.
INTERVAL_TOLERANCE = 0.06
P_TOLERANCE = 0.02

# query -> name -> value
Table = Dict[str, Dict[str, float]]


class Data:
    """A run and what is known of it."""

    def __init__(self, folder: Path):
        self.qrels = read_qrels(folder / "qrels.trec")
        # As trec_eval does: by score in single precision, then by id, both descending.
        self.ranking = {
            query: [d for d, _ in sorted(found.items(), key=lambda i: (np.float32(i[1]), i[0]), reverse=True)]
            for query, found in read_run(folder / "run.trec").items()
        }
        documents = read_lines(folder / "corpus.jsonl")
        self.language = {line["_id"]: line["lang"] for line in documents if "lang" in line}
        self.pool_size = len(documents)
        self.queries = {line["_id"]: line for line in read_lines(folder / "queries.jsonl")}
        languages = sorted(set(self.language.values()))
        counts = [list(self.language.values()).count(language) for language in languages]
        self.pool = dict(zip(languages, np.array(counts) / sum(counts)))


def read_lines(path: Path) -> List[Dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        fail(f"cannot read {path}: {error}")


def peer(documents: Dict[int, List[Tuple[Optional[int], str]]], k: int) -> Optional[float]:
    """PEER of documents by grade, given by rank and language."""
    values = []
    for placed in documents.values():
        ranks = [rank if rank is not None and rank <= k else None for rank, _ in placed]
        languages = [language for _, language in placed]
        missing = ranks.count(None)
        if missing == len(ranks) or len(set(languages)) < 2:
            values.append(1.0)
            continue
        places = np.array([k + (missing + 1) / 2 if rank is None else rank for rank in ranks], dtype=float)
        of = {l: places[[m == l for m in languages]] for l in set(languages)}
        between = sum(len(some) * (some.mean() - places.mean()) ** 2 for some in of.values())
        h = (len(places) - 1) * between / ((places - places.mean()) ** 2).sum()
        values.append(float(stats.chi2.sf(h, len(of) - 1)))
    return float(np.mean(values)) if values else None


def spearman(first: List[str], second: List[str]) -> Optional[float]:
    """Spearman's correlation of two rankings; a document that one lacks ties behind it."""
    union = sorted(set(first) | set(second))
    if len(union) < 2 or not first or not second:
        return None
    place = lambda ranking, d: ranking.index(d) if d in ranking else len(ranking)
    return float(
        stats.spearmanr([place(first, d) for d in union], [place(second, d) for d in union]).statistic
    )


def expected_scores(data: Data) -> Tuple[Table, Dict[Tuple[str, str], Dict[str, float]]]:
    """Measures of each query, and of each query and language."""
    scores: Table = {}
    pairs: Dict[Tuple[str, str], Dict[str, float]] = defaultdict(dict)
    for query, grades in data.qrels.items():
        relevant = {d: grade for d, grade in grades.items() if grade > 0}
        ranking = data.ranking.get(query, [])
        own = data.queries[query]["lang"]
        values = scores[query] = {}
        if not relevant:
            scores.pop(query)
            continue
        rank = {d: at for at, d in enumerate(ranking, start=1)}
        ranks = [rank.get(d) for d in relevant]
        whole = None not in ranks
        if whole:
            values["max_rank"] = max(ranks)
            if len(ranks) > 1:
                values["rank_distance"] = max(ranks) - min(ranks)
                values["rank_distance_share"] = values["rank_distance"] / data.pool_size
        for k in (10, 100):
            values[f"complete_at_{k}"] = float(set(relevant) <= set(ranking[:k]))
        others = [d for d in relevant if data.language.get(d, own) != own]
        if others:
            values["tlr_at_10"] = len(set(others) & set(ranking[:10])) / len(others)
        by_grade = defaultdict(list)
        for d, grade in relevant.items():
            if d in data.language:
                by_grade[grade].append((rank.get(d), data.language[d]))
        if len({data.language[d] for d in relevant if d in data.language}) > 1:
            values["peer_at_20"] = peer(by_grade, 20)
        top = [data.language.get(d) for d in ranking[:10]]
        if any(top):
            weights = np.array([1 / np.log2(at + 2) for at in range(len([l for l in top if l]))])
            known = [l for l in top if l]
            plain = {l: known.count(l) / len(known) for l in data.pool}
            discounted = {l: weights[[m == l for m in known]].sum() / weights.sum() for l in data.pool}
            values["query_language_share_at_10"] = plain[own]
            values["query_language_lift_at_10"] = plain[own] / data.pool[own]
            distance = jensenshannon(list(discounted.values()), list(data.pool.values()), base=2)
            values["divergence_at_10"] = distance**2
            for l in data.pool:
                pairs[query, l].update(exposure_at_10=plain[l], discounted_exposure_at_10=discounted[l])
        correlations = []
        for other, line in data.queries.items():
            if line["group"] == data.queries[query]["group"] and line["lang"] != own:
                if any(grade > 0 for grade in data.qrels.get(other, {}).values()):
                    value = spearman(ranking[:10], data.ranking.get(other, [])[:10])
                    if value is not None:
                        correlations.append(value)
                        pairs[query, line["lang"]]["mrc_at_10"] = value
        if correlations:
            values["mrc_at_10"] = float(np.mean(correlations))
    return scores, pairs


def add_trec_eval(data: Data, scores: Table, pairs: Dict[Tuple[str, str], Dict[str, float]]) -> None:
    """Adds the measures of trec_eval, of the whole ranking and of the documents in one language."""
    import pytrec_eval

    names = {
        "map": "map",
        "ndcg_cut_10": "ndcg_at_10",
        "recall_10": "recall_at_10",
        "recall_100": "recall_at_100",
        "recip_rank": "mrr",
        "success_1": "hit_at_1",
    }
    families = {"map", "ndcg_cut", "recall", "recip_rank", "success"}

    def add(keep: Callable[[str], bool], values_of: Callable[[str], Dict[str, float]]) -> None:
        qrels = {
            query: {d: grade for d, grade in grades.items() if keep(d)}
            for query, grades in data.qrels.items()
            if any(grade > 0 and keep(d) for d, grade in grades.items())
        }
        run = {
            query: {d: float(-at) for at, d in enumerate(filter(keep, ranking))}
            for query, ranking in data.ranking.items()
            if any(map(keep, ranking))
        }
        found = pytrec_eval.RelevanceEvaluator(qrels, families).evaluate(run)
        for query in qrels:
            for theirs, ours in names.items():
                values_of(query)[ours] = found[query][theirs] if query in found else 0.0

    add(lambda d: True, lambda query: scores[query])
    for language in data.pool:
        add(
            lambda d, language=language: data.language.get(d) == language,
            lambda query, language=language: pairs[query, language],
        )


def authors_peer(data: Data) -> Dict[str, float]:
    """PEER by its authors' program, as if documents that were not found, or whose language is not known,
    were not relevant."""
    qrels, run, levels = {}, {}, {}
    for query, grades in data.qrels.items():
        ranking = data.ranking.get(query, [])
        found = {d: grades[d] for d in ranking if grades.get(d, 0) > 0 and d in data.language}
        if found:
            # It knows grade 0 only if a document has it.
            qrels[query] = {d: found.get(d, 0) for d in ranking} | {"not found": 0}
            levels[query] = len(set(found.values()))
            run[query] = {d: float(-at) for at, d in enumerate(ranking)}
    # It looks up the language of all documents, and weighs each grade by itself.
    languages = defaultdict(lambda: "und", data.language)
    grades = {grade for found in qrels.values() for grade in found.values() if grade > 0}
    weights = {0: 0.0, **{grade: 1 / len(grades) for grade in grades}}
    for ranking in run.values():
        for document in ranking:
            languages[document]
    measure = PEER(weights=weights, lang_mapping=dict(languages)) @ 100_000
    return {
        metric.query_id: metric.value * len(grades) / levels[metric.query_id]
        for metric in ir_measures.iter_calc([measure], qrels, run)
    }


def summary_differences(scores: Dict[str, Any]) -> Iterable[float]:
    """How far the project's means are from those of its own values."""
    summary = scores["summary"]
    values, pairs = defaultdict(lambda: defaultdict(list)), defaultdict(lambda: defaultdict(list))
    for query in scores["queries"]:
        for name, value in query["values"].items():
            values[name][query["lang"]].append(value)
        for language, of in query.get("by_language", {}).items():
            for name, value in of.items():
                pairs[name][query["lang"], language].append(value)
    mean = lambda some: float(np.mean(list(some)))
    for name, of in values.items():
        yield abs(summary["micro"][name]["mean"] - mean(np.concatenate(list(of.values()))))
        yield abs(summary["macro"][name]["mean"] - mean(map(mean, of.values())))
        for language, some in of.items():
            yield abs(summary["languages"][language]["means"][name]["mean"] - mean(some))
    for name, of in pairs.items():
        for (query, document), some in of.items():
            yield abs(summary["pairs"][query][document][name]["mean"] - mean(some))
        cross = [mean(some) for (query, document), some in of.items() if query != document]
        yield abs(summary["cross"][name]["mean"] - mean(cross))
        mono = [mean(some) for (query, document), some in of.items() if query == document]
        if mono:
            yield abs(summary["mono"][name]["mean"] - mean(mono))


def check_bootstrap(bootstrap: Dict[str, Any], tolerance: float) -> bool:
    """Draws anew with other random numbers."""
    options, found = bootstrap["options"], bootstrap["comparison"]
    pairs = bootstrap["pairs"]
    languages = np.array([pair[2] for pair in pairs])
    over_languages = options["mean_over"] == "languages"
    strata = languages if over_languages else np.zeros(len(pairs))

    def mean(values: Any, at: Any = slice(None)) -> float:
        some = [values[at][strata[at] == stratum] for stratum in np.unique(strata[at])]
        return float(np.mean([part.mean() for part in some]))

    value, against = (np.array([pair[column] for pair in pairs]) for column in (0, 1))
    differences = value - against
    random = np.random.default_rng(1)
    if options["draw"] == "queries":
        blocks = [[[at] for at in range(len(pairs))]]
    elif options["draw"] == "within_languages":
        blocks = [[[at] for at in np.flatnonzero(languages == l)] for l in np.unique(languages)]
    else:
        groups = np.array([pair[3] for pair in pairs])
        blocks = [[list(np.flatnonzero(groups == group)) for group in np.unique(groups)]]
    drawn = []
    for _ in range(4000):
        units = [block[at] for block in blocks for at in random.integers(len(block), size=len(block))]
        drawn.append(mean(differences, np.concatenate(units).astype(int)))
    drawn = np.array(drawn)
    difference = mean(differences)
    low, high = np.quantile(drawn, [0.025, 0.975])
    p = np.mean(np.abs(drawn - difference) >= abs(difference))
    intervals = [(low, high)]
    if options["draw"] == "queries" and not over_languages:
        theirs = stats.bootstrap(
            (differences,), np.mean, method="percentile", n_resamples=9999, rng=np.random.default_rng(2)
        ).confidence_interval
        intervals.append((theirs.low, theirs.high))
    exact = max(
        abs(found["value"] - mean(value)),
        abs(found["against"] - mean(against)),
        abs(found["difference"] - difference),
    )
    width = found["high"] - found["low"]
    apart = max(max(abs(found["low"] - a), abs(found["high"] - b)) for a, b in intervals) / width
    print(
        f"bootstrap of {options['mean_over']}, drawing {options['draw']}: means {exact:.1e} apart, "
        f"interval ends {apart:.3f} of its width, p {found['p']:.4f} and {p:.4f}"
    )
    return exact <= tolerance and apart <= INTERVAL_TOLERANCE and abs(p - found["p"]) <= P_TOLERANCE


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="what judged_rankings wrote")
    parser.add_argument("--tolerance", type=float, default=1e-6, help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        scores = json.loads((arguments.folder / "scores.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fail(f"cannot read the scores: {error}")
    data = Data(arguments.folder)
    expected, pairs = expected_scores(data)
    add_trec_eval(data, expected, pairs)

    largest: Dict[str, float] = defaultdict(float)
    compared: Dict[str, int] = defaultdict(int)
    agree = True

    def compare(where: str, ours: Dict[str, float], theirs: Dict[str, float]) -> None:
        nonlocal agree
        for name in sorted(set(ours) | set(theirs)):
            if name not in ours or name not in theirs:
                print(f"{where} {name}: only {'here' if name in theirs else 'in the scores'}")
                agree = False
                continue
            difference = abs(ours[name] - theirs[name])
            largest[name] = max(largest[name], difference)
            compared[name] += 1
            if not difference <= arguments.tolerance:
                print(f"{where} {name}: {ours[name]}, expected {theirs[name]}")
                agree = False

    ours = {query["id"]: query for query in scores["queries"]}
    if set(ours) != set(expected):
        fail("the scores are of other queries than the judgements")
    for query, values in expected.items():
        compare(query, ours[query]["values"], values)
        theirs = {language: of for (id, language), of in pairs.items() if id == query and of}
        mine = ours[query].get("by_language", {})
        for language in sorted(set(mine) | set(theirs)):
            compare(f"{query} {language}", mine.get(language, {}), theirs.get(language, {}))
    for query, value in authors_peer(data).items():
        compare(query, {"peer, authors' program": scores["peer_of_found"][query]}, {"peer, authors' program": value})
    for name, difference in sorted(largest.items()):
        print(f"{name:>28}  {compared[name]:5} values, largest difference {difference:.1e}")
    if not compared or min(compared.values()) < 10:
        fail("there was nothing to compare")

    means = max(summary_differences(scores))
    print(f"{'means':>28}  largest difference {means:.1e}")
    agree &= means <= arguments.tolerance
    for bootstrap in scores["bootstraps"]:
        agree &= check_bootstrap(bootstrap, arguments.tolerance)
    return 0 if agree else 1


if __name__ == "__main__":
    sys.exit(main())
