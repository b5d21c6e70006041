"""What the benchmarks of the index share: data, engines, workers, curves and reports."""
