# Thin verbs. Each does its own set-up: `make demo` and `make test` work in a fresh clone.
PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
BIN    := $(VENV)/bin
CMAKE  ?= $(BIN)/cmake
WERROR ?= OFF
SOURCES := $(shell find csrc js python CMakeLists.txt pyproject.toml README.md -type f -not -path '*/__pycache__/*' -not -name '*.so')

export IIQ_REQUIRE_CORE = 1

PYTHONS := python tests bench release examples docs/site
STUBGEN = $(abspath $(BIN))/pybind11-stubgen iiq._core

.PHONY: demo test test-all test-oldest packages extras lint format stubs docs core native sanitize sanitize-address \
  sanitize-thread fuzz browser mutants soak bench microbench bench-compare scale engines reproduce qemu qemu-x86 \
  qemu-arm amx windows cross sdist wheel release-check clean

demo: $(VENV)/.installed
	$(BIN)/iiq demo

test: $(VENV)/.test native
	$(BIN)/python -m pytest

# The same with torch (DCCL, the network of the sentiment task), spaCy, model2vec, ray and POT (large),
# and without the native tests: what continuous integration runs, so that no part is only ever skipped.
test-all: $(VENV)/.everything
	$(BIN)/python -m pytest

# The suite on the oldest versions that pyproject.toml allows (tests/oldest.txt), with Python 3.11.
OLDEST ?= tests
test-oldest:
	test -x build/oldest/bin/python || $(PYTHON) -m venv build/oldest
	build/oldest/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	build/oldest/bin/python -m pip install --quiet --constraint tests/oldest.txt --group test .
	build/oldest/bin/python -m pytest -q -p no:cacheprovider $(OLDEST)

# Each extra in an environment of its own: it resolves, installs and imports.
extras: $(VENV)/.installed
	$(BIN)/python -m release.extras

# All that tests, lint and the site need, in one go.
packages: $(BIN)/python
	$(BIN)/python -m pip install --quiet --group lint --group test --group everything --group docs

lint: $(VENV)/.lint $(VENV)/.installed
	$(BIN)/ruff check $(PYTHONS)
	$(BIN)/ruff format --check $(PYTHONS)
	git ls-files 'csrc/*.cpp' 'csrc/*.h' | xargs $(BIN)/clang-format --dry-run --Werror
	$(BIN)/lizard -l cpp -L 60 -C 10 -w csrc  # no function over 60 lines or 10 branches
	$(CMAKE) -S . -B build/lint -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -DIIQ_PYTHON=OFF -DIIQ_NATIVE_TESTS=ON >/dev/null
	git ls-files 'csrc/*.cpp' | grep -v -e bindings/ -e bench/ -e fuzz/ -e tests/ \
	  | xargs -P $(JOBS) -n 4 $(BIN)/clang-tidy -p build/lint --quiet
	$(STUBGEN) --output-dir build/stubs
	diff build/stubs/iiq/_core.pyi python/iiq/_core.pyi || (echo "run: make stubs" && false)
	$(BIN)/mypy
	$(BIN)/zizmor --quiet --offline --min-severity medium .github/workflows
	if command -v actionlint >/dev/null; then actionlint; fi

# The types of the compiled core, written from the core itself.
stubs: $(VENV)/.lint $(VENV)/.installed
	$(STUBGEN) --output-dir build/stubs
	cp build/stubs/iiq/_core.pyi python/iiq/_core.pyi

format: $(VENV)/.lint
	$(BIN)/ruff check --fix $(PYTHONS)
	$(BIN)/ruff format $(PYTHONS)
	git ls-files 'csrc/*.cpp' 'csrc/*.h' | xargs $(BIN)/clang-format -i

# The site, in build/site: index.html opens from the disc. A warning, a dead link or anchor, a page outside
# the menu, or a path of this machine in a page fails it.
docs: $(VENV)/.docs
	COLUMNS=88 NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build

# The compiled core beside the Python sources, for work on a kernel: then PYTHONPATH=python.
core:
	cmake -S . -B build/dev -G Ninja -DPython_EXECUTABLE=$$(command -v $(PYTHON)) \
	  -Dpybind11_DIR=$$($(PYTHON) -m pybind11 --cmakedir) -DIIQ_WERROR=$(WERROR)
	cmake --build build/dev -j $(JOBS)
	cp build/dev/_core*.so python/iiq/

# The core's own tests; they need a compiler and CMake, no Python. With SIMDe (Debian: libsimde-dev)
# once more for AVX-512 and AMX in plain C++, so that every x86-64 kernel runs on any CPU.
EMULATED := $(if $(wildcard /usr/include/simde/x86/avx512.h /usr/local/include/simde/x86/avx512.h),ON,OFF)
native: $(VENV)/.test
	$(CMAKE) -S . -B build/native -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -DIIQ_PYTHON=OFF -DIIQ_NATIVE_TESTS=ON -DIIQ_EMULATED_TESTS=$(EMULATED) -DIIQ_WERROR=$(WERROR)
	$(CMAKE) --build build/native -j $(JOBS)
	build/native/iiq_tests
ifeq ($(EMULATED),ON)
	build/native/iiq_tests_emulated --all
else
	@echo "left out: AVX-512 and AMX emulated (no SIMDe: apt install libsimde-dev)"
endif

# The native tests, and Python's of readers, index and vocabulary, where every access to memory and
# every overflow is watched (address); those that start threads where every race is (thread).
SANITIZED_TESTS := tests/codes/test_index.py tests/codes/test_index_file.py tests/codes/test_bits.py tests/vectors/test_read_text.py tests/vectors/test_read_damaged.py \
  tests/vectors/test_word_table.py tests/support/test_container.py tests/vocabulary/test_vocabulary_file.py \
  tests/vocabulary/test_damaged_files.py
SANITIZED = $(CMAKE) -S . -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja \
  -DPython_EXECUTABLE=$(abspath $(BIN))/python -Dpybind11_DIR=$$($(BIN)/python -m pybind11 --cmakedir) \
  -DIIQ_NATIVE_TESTS=ON -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=OFF
# The command that follows runs with the watched core of folder $(1) and the runtime of its sanitizer.
WATCHED = rm -rf $(1)/python && cp -r python $(1)/ && cp $(1)/_core*.so $(1)/python/iiq/ && \
  PYTHONPATH=$(1)/python OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
  LD_PRELOAD="$$($(CXX) -print-file-name=$(2)) $$($(CXX) -print-file-name=libstdc++.so)"
sanitize: sanitize-address sanitize-thread

sanitize-address: $(VENV)/.test
	$(SANITIZED) -B build/address -DIIQ_SANITIZE=address,undefined
	$(CMAKE) --build build/address -j $(JOBS) --target iiq_tests _core
	build/address/iiq_tests
	$(call WATCHED,build/address,libasan.so) ASAN_OPTIONS=detect_leaks=0 \
	  $(BIN)/python -m pytest -q -p no:cacheprovider -k "not numba and not interrupt" $(SANITIZED_TESTS)

sanitize-thread: $(VENV)/.test
	$(SANITIZED) -B build/thread -DIIQ_SANITIZE=thread
	$(CMAKE) --build build/thread -j $(JOBS) --target iiq_tests _core
	set -e; for name in many_callers thread first_exception ranges_cover; do build/thread/iiq_tests $$name; done
	$(call WATCHED,build/thread,libtsan.so) $(BIN)/python -m pytest -q -p no:cacheprovider tests/vocabulary/test_concurrent.py

# Inputs that nobody thought of, under the address sanitizer: FUZZ_SECONDS a target. What is found lands
# in build/fuzz, and becomes a case in csrc/fuzz/corpus. Needs clang (Debian: clang-14 libclang-rt-14-dev).
# Then DAMAGE_ROUNDS times as many damaged files as in the tests, for every reader.
FUZZ_SECONDS ?= 15
DAMAGE_ROUNDS ?= 20
CLANG ?= $(firstword $(foreach name,clang++ clang++-19 clang++-16 clang++-14,$(shell command -v $(name))) clang++)
fuzz: $(VENV)/.test
	$(CMAKE) -S . -B build/fuzz -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -DCMAKE_CXX_COMPILER=$(CLANG) \
	  -DIIQ_PYTHON=OFF -DIIQ_FUZZ=ON -DIIQ_SANITIZE=address,undefined
	$(CMAKE) --build build/fuzz -j $(JOBS)
	set -e; for name in $(notdir $(wildcard csrc/fuzz/corpus/*)); do \
	  mkdir -p build/fuzz/found/$$name; \
	  build/fuzz/fuzz_$$name -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -timeout=20 -verbosity=0 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/$$name- build/fuzz/found/$$name csrc/fuzz/corpus/$$name; \
	done
	IIQ_DAMAGE_ROUNDS=$(DAMAGE_ROUNDS) IIQ_DAMAGE_SEED=2 $(BIN)/python -m pytest -q -k "damaged_files or every_kind" \
	  tests/vectors/test_read_damaged.py tests/vocabulary/test_damaged_files.py

# Rounds of use in one process, and what is left of them: 20 000 take a quarter of an hour.
SOAK_ROUNDS ?= 20000
soak: $(VENV)/.test
	$(BIN)/python -m tests.soak $(SOAK_ROUNDS)

# The page of `iiq explore` in a real browser: what it answers and how soon on a CPU four times slower;
# BROWSER_FILE=glove.iiq: of that file, too. Needs Node.js and Chromium (Debian: nodejs npm chromium).
BROWSER_FILE ?=
browser: $(VENV)/.test build/browser/node_modules
	$(BIN)/python tests/browser/run.py $(BROWSER_FILE)

build/browser/node_modules:
	mkdir -p build/browser
	npm install --prefix build/browser --no-save --no-package-lock --no-audit --no-fund playwright-core@1

# The library broken in one place after another (tests/mutants): does a test see it? Half an hour.
mutants: $(VENV)/.test
	PATH=$(abspath $(BIN)):$$PATH CMAKE_GENERATOR=Ninja $(BIN)/python tests/mutants/run.py

# Exact search beside other libraries, on random codes: under three minutes.
bench: $(VENV)/.test
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.speed.search

# The core's pieces of work, each kernel set, beside the limits of the machine. Needs Google Benchmark
# (Debian: libbenchmark-dev).
microbench: $(VENV)/.test
	$(CMAKE) -S . -B build/bench -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -DIIQ_PYTHON=OFF -DIIQ_NATIVE_BENCH=ON
	$(CMAKE) --build build/bench -j $(JOBS)
	$(BIN)/python -m bench.speed.native

# Does the core of commit B take more instructions than that of A? TIMES=--times: or more time? Needs
# Google Benchmark and valgrind.
A ?= HEAD~1
B ?= HEAD
bench-compare: $(VENV)/.test
	PATH=$(abspath $(BIN)):$$PATH $(BIN)/python -m bench.speed.compare_commits $(A) $(B) $(TIMES)

# A hundred million codes, and shards on a cluster: an hour, 8 GB of disk in FOLDER (default: temporary).
scale: $(VENV)/.test
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.speed.hundred_million $(if $(FOLDER),--folder $(FOLDER))
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.speed.cluster
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.speed.approximate

# The engines and clusters of docs/engines.md and docs/serving.md that come in large packages; Spark wants Java.
engines: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --group engines
	$(BIN)/python -m pytest -W default tests/export/in_servers.py

# The old and the other CPUs, emulated: no AVX, AVX2 without AVX-512, NEON. Needs qemu-user and
# aarch64-linux-gnu-g++ (Debian: qemu-user g++-aarch64-linux-gnu).
qemu: qemu-x86 qemu-arm
qemu-x86 qemu-arm: qemu-%:
	sh csrc/tests/emulate.sh $*

# The AMX kernels on an emulated CPU that has AMX, in a minute. Needs Bochs, built for it, a Linux
# kernel and the tools to make a disc of it (Debian: cpio grub-pc-bin mtools xorriso): see the script.
amx:
	sh csrc/tests/emulate_amx.sh

# The native tests as a Windows program, in Wine. Needs MinGW-w64 and Wine (Debian:
# g++-mingw-w64-x86-64-posix wine).
windows:
	cmake -S . -B build/windows -DIIQ_PYTHON=OFF -DIIQ_NATIVE_TESTS=ON \
	  -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_SYSTEM_PROCESSOR=AMD64 \
	  -DCMAKE_CXX_COMPILER=x86_64-w64-mingw32-g++-posix -DCMAKE_EXE_LINKER_FLAGS=-static
	cmake --build build/windows --target iiq_tests
	WINEDEBUG=-all wine build/windows/iiq_tests.exe

# The core compiled for macOS, musl and Windows by PyPI's ziglang: what another system lacks is seen
# here. A big-endian CPU is refused by name.
cross: $(VENV)/.wheel
	$(BIN)/python -m release.cross

# The source distribution, and the wheel that it becomes: the same files.
sdist: $(VENV)/.wheel
	$(BIN)/python -m build --sdist --outdir dist .
	PATH=$(abspath $(BIN)):$$PATH CMAKE_GENERATOR=Ninja $(BIN)/python -m release.sdist dist

# Wheels of every interpreter that is found (INTERPRETERS="python3.12 ..." names them) for old Linux, each
# tried in a new environment without a compiler. TARGETS="manylinux_aarch64 musllinux_x86_64" makes others.
INTERPRETERS ?=
TARGETS ?= manylinux_x86_64
wheel: $(VENV)/.wheel
	$(BIN)/python -m release.wheels dist $(if $(INTERPRETERS),--python $(INTERPRETERS)) --target $(TARGETS)

# Do version, changelog and citation agree? make release-check TAG=v1.0.0
release-check:
	$(PYTHON) -m release.ready $(TAG)

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.installed: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet .
	touch $@

$(VENV)/.test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group test
	touch $@

$(VENV)/.docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group docs
	touch $@

$(VENV)/.everything: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --group everything
	touch $@

$(VENV)/.lint: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --group lint
	touch $@

$(VENV)/.wheel: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --group wheel
	touch $@

clean:
	rm -rf build dist $(VENV) python/iiq/_core*.so

# The paper's tables and figures: make reproduce VECTORS="NAME=FILE ..." DATA=FOLDER [PROFILE=full]
# [PAGE=docs/reproduction.md] [SENTIMENT=--sentiment EXTRAS=evaluate,plot,sentiment]. Without VECTORS
# the bundled sample; DCCL and sentiment need torch, the extra sentiment.
VECTORS ?= sample=bundled
PROFILE ?= quick
PAGE    ?= build/reproduction/page.md
EXTRAS  ?= evaluate,plot
reproduce: $(VENV)/.reproduce
	$(BIN)/python -m bench.reproduction.run $(VECTORS) $(if $(DATA),--data $(DATA)) \
	  --profile $(PROFILE) $(SENTIMENT) --page $(PAGE)

$(VENV)/.reproduce: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet '.[$(EXTRAS)]'
	touch $@
