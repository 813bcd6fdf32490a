# Thin verbs. Each does its own set-up: `make demo` and `make test` work in a fresh clone.
PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= $(shell nproc 2>/dev/null || echo 2)
BIN    := $(VENV)/bin
WERROR ?= OFF
SOURCES := $(shell find csrc python CMakeLists.txt pyproject.toml README.md -type f -not -path '*/__pycache__/*' -not -name '*.so')

export IIQ_REQUIRE_CORE = 1

STUBGEN = $(abspath $(BIN))/pybind11-stubgen iiq._core

.PHONY: demo test test-all lint format stubs core native sanitize bench reproduce qemu amx windows clean

demo: $(VENV)/.installed
	$(BIN)/iiq demo

test: $(VENV)/.test native
	$(BIN)/python -m pytest

# The same with torch (DCCL, the network of the sentiment task), spaCy and model2vec: large.
test-all: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --group everything
	$(BIN)/python -m pytest

lint: $(VENV)/.lint $(VENV)/.installed
	$(BIN)/ruff check python tests bench
	$(BIN)/ruff format --check python tests bench
	git ls-files 'csrc/*.cpp' 'csrc/*.h' | xargs $(BIN)/clang-format --dry-run --Werror
	$(BIN)/lizard -l cpp -L 60 -C 10 -w csrc  # no function over 60 lines or 10 branches
	$(BIN)/cmake -S . -B build/lint -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -DIIQ_PYTHON=OFF -DIIQ_NATIVE_TESTS=ON >/dev/null
	git ls-files 'csrc/*.cpp' | grep -v -e bindings/ -e bench/ -e fuzz/ -e tests/ | xargs $(BIN)/clang-tidy -p build/lint --quiet
	$(STUBGEN) --output-dir build/stubs
	diff build/stubs/iiq/_core.pyi python/iiq/_core.pyi || (echo "run: make stubs" && false)
	$(BIN)/mypy

# The types of the compiled core, written from the core itself.
stubs: $(VENV)/.lint $(VENV)/.installed
	$(STUBGEN) --output-dir build/stubs
	cp build/stubs/iiq/_core.pyi python/iiq/_core.pyi

format: $(VENV)/.lint
	$(BIN)/ruff check --fix python tests bench
	$(BIN)/ruff format python tests bench
	git ls-files 'csrc/*.cpp' 'csrc/*.h' | xargs $(BIN)/clang-format -i

# The compiled core beside the Python sources, for work on a kernel: then PYTHONPATH=python.
core:
	cmake -S . -B build/dev -G Ninja -DPython_EXECUTABLE=$$(command -v $(PYTHON)) \
	  -Dpybind11_DIR=$$($(PYTHON) -m pybind11 --cmakedir) -DIIQ_WERROR=$(WERROR)
	cmake --build build/dev -j $(JOBS)
	cp build/dev/_core*.so python/iiq/

# The core's own tests; they need a compiler and CMake, no Python.
native: $(VENV)/.test
	$(BIN)/cmake -S . -B build/native -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -DIIQ_PYTHON=OFF -DIIQ_NATIVE_TESTS=ON -DIIQ_WERROR=$(WERROR)
	$(BIN)/cmake --build build/native -j $(JOBS)
	build/native/iiq_tests

sanitize: $(VENV)/.test
	$(BIN)/cmake -S . -B build/sanitize -G Ninja -DCMAKE_MAKE_PROGRAM=$(abspath $(BIN))/ninja -DIIQ_PYTHON=OFF -DIIQ_NATIVE_TESTS=ON -DIIQ_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo
	$(BIN)/cmake --build build/sanitize -j $(JOBS)
	build/sanitize/iiq_tests

# Exact search beside other libraries, on random codes: under three minutes.
bench: $(VENV)/.test
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.speed.search

# The old and the other CPUs, emulated: no AVX, AVX2 without AVX-512, NEON. Needs qemu-user and
# aarch64-linux-gnu-g++ (Debian: qemu-user g++-aarch64-linux-gnu).
qemu:
	sh csrc/tests/emulate.sh

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

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.installed: $(BIN)/python $(SOURCES)
	$(BIN)/python -m pip install --quiet .
	touch $@

$(VENV)/.test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group test
	touch $@

$(VENV)/.lint: $(BIN)/python pyproject.toml
	$(BIN)/python -m pip install --quiet --group lint
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
