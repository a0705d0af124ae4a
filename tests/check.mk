# SPDX-License-Identifier: Apache-2.0
# Tests, benchmarks and checks; included by the Makefile. tests/README.md tells how to add one.

unit_c := $(wildcard tests/unit/test_*.c)
unit_tests := $(unit_c:tests/unit/%.c=$(B)/tests/%)
fuzz_c := $(wildcard tests/fuzz/fuzz_*.c)
fuzz_replays := $(fuzz_c:tests/fuzz/%.c=$(B)/tests/%)
test_cflags := $(own_cppflags) $(own_cflags) $(lib_cflags) -Ilib -Ilib/include -Itests
cmocka_libs := $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null || echo -lcmocka)
scripts := $(wildcard tests/test_*.sh tests/*/run.sh)
cases := $(wildcard tests/cli/*.test)

.PHONY: check check-build check-run check-asan check-clang check-layers check-api check-man check-go-all \
	units bench soak sanitize coverage fuzz

$(unit_tests): $(B)/tests/%: tests/unit/%.c $(B)/objects.a $(B)/flags
	@mkdir -p $(@D)
	$(call say,TEST)$(CC) $(test_cflags) $(CPPFLAGS) $(CFLAGS) $(own_ldflags) $(LDFLAGS) -MMD -MP \
		-o $@ $< $(B)/objects.a $(libs) $(cmocka_libs)

$(fuzz_replays): $(B)/tests/%: tests/fuzz/%.c tests/fuzz/replay.c $(B)/objects.a $(B)/flags
	@mkdir -p $(@D)
	$(call say,TEST)$(CC) $(test_cflags) $(CPPFLAGS) $(CFLAGS) $(own_ldflags) $(LDFLAGS) \
		-o $@ $< tests/fuzz/replay.c $(B)/objects.a $(libs)

-include $(wildcard $(B)/tests/*.d)

##@ Test
## units: builds the unit tests and runs them
units: $(unit_tests)
	@tests/run.sh $(B) $(unit_tests)

check-build: all $(unit_tests) $(fuzz_replays)

## check: installs what is missing, builds with gcc and clang, runs all tests, also under ASan and UBSan
# UPDATE=1 rewrites what tests/cli expects.
check:
	@tests/deps.sh build check || :
	@tests/check.sh '$(B)' '$(MAKE) --no-print-directory'

# What check runs of one build; RUN_ALL adds what needs no second run under a sanitizer. The longest
# come first.
check-run: check-build
	@UPDATE=$(UPDATE) tests/run.sh $(B) \
		$(if $(RUN_ALL),$(scripts) tests/layers.sh tests/lint.sh tests/man.sh tests/api/check.sh) \
		$(cases) $(unit_tests) $(fuzz_replays)

## check-layers: holds every #include of lib/ against lib/LAYERS
check-layers:
	@tests/layers.sh

## check-api: C and C++ clients of an installed copy, and what the library exports
check-api: all
	@B='$(abspath $(B))' CC='$(CC)' CXX='$(CXX)' tests/api/check.sh

## check-man: the man pages name every command, option, format and note code
check-man: all
	@STK=$(B)/stk tests/man.sh

## check-go-all: every release of Go in every link mode, and in every way to die (some minutes)
check-go-all: all
	@for test in tests/test_go_releases.sh tests/go-deaths/run.sh tests/go-modes/run.sh; do \
		GO_ALL=1 STK='$(abspath $(B))/stk' FIXTURES='$(abspath $(B))/fixtures' $$test || exit 1; \
	done

##@ Measure, and look for faults
## bench: measures stk against its peers
bench: all
	@LIBS='$(libs)' tests/bench/run $(abspath $(B))

## soak: stk killed 1,000 times at random instants, and no target left stopped (some minutes)
soak: all
	@B='$(abspath $(B))' tests/live/run.sh soak

##@ Test
## sanitize: the tests under ASan and UBSan alone
sanitize:
	@$(again) check-run B=$(B)-asan SANITIZE=address,undefined FIXTURES='$(abspath $(B))/fixtures'

## coverage: lines of lib/ and cmd/ that the tests reach (build-cov/coverage.txt)
coverage:
	@$(again) check-run B=$(B)-cov CFLAGS='-O0 -g --coverage' LDFLAGS=--coverage \
		FIXTURES='$(abspath $(B))/fixtures'
	@tests/coverage.sh $(B)-cov

##@ Measure, and look for faults
## fuzz: fuzzes each parser for FUZZ_SECONDS (60)
FUZZ_SECONDS ?= 60
fuzz_seeds := null-read-static null-call-m32 inlines-c
fuzz:
	@$(again) -s -j$$(nproc) $(B)-fuzz/objects.a B=$(B)-fuzz CC=clang SANITIZE=address,undefined \
		CFLAGS='-O1 -g -fsanitize=fuzzer-no-link'
	@tests/fixtures.sh build $(fuzz_seeds)
	@for f in $(fuzz_c); do n=$$(basename $$f .c); mkdir -p $(B)-fuzz/corpus/$$n; \
		clang $(test_cflags) -O1 -g -fsanitize=fuzzer,address,undefined -o $(B)-fuzz/$$n $$f \
			$(B)-fuzz/objects.a $(libs) && \
		$(B)-fuzz/$$n -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=4096 \
			-artifact_prefix=$(B)-fuzz/ $(B)-fuzz/corpus/$$n testdata \
			$(fuzz_seeds:%=$(B)/fixtures/%) || exit 1; done

##@ Test
## lint: the rules of the house that a script can see
lint:
	@tests/lint.sh
