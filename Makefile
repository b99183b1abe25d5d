# word2bits. `make help` lists the targets.
#
# Settings, on the command line or in the environment:
#   CC=clang              another compiler
#   CFLAGS= CPPFLAGS= LDFLAGS=   yours, kept whole and put after ours
#   WERROR=               warnings do not stop the build (for packagers)
#   OPENMP=0              one thread only, without OpenMP
#   SAN=address,undefined with these sanitizers, in a folder of its own
#   BUILD=DIR             everything that is made goes to DIR (default .build,
#                         with w2b, libw2b.a and libw2b.so in this folder)
#   prefix= DESTDIR= bindir= libdir= ...   where `make install` puts things
#   V=1                   print the commands in full
#
# Objects are kept in a folder named by a hash of the compiler and its flags,
# so that two configurations never mix and neither has to be built again.

MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.DELETE_ON_ERROR:
SHELL := /bin/sh

ifeq ($(origin CC),default)
CC := cc
endif
CC ?= cc
AR ?= ar
PKG_CONFIG ?= pkg-config
SAN ?=
# gcc warns of what cannot happen when sanitizers are in its way.
WERROR ?= $(if $(SAN),,-Werror)
OPENMP ?= 1
V ?= 0

prefix ?= /usr/local
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
libdir ?= $(exec_prefix)/lib
includedir ?= $(prefix)/include
datarootdir ?= $(prefix)/share
mandir ?= $(datarootdir)/man
bashdir ?= $(datarootdir)/bash-completion/completions
zshdir ?= $(datarootdir)/zsh/site-functions
fishdir ?= $(datarootdir)/fish/vendor_completions.d
INSTALL ?= install

comma := ,
DEFAULT_BUILD := $(if $(filter undefined,$(origin BUILD)),$(if $(SAN),,yes))
BUILD ?= .build
DIR := $(BUILD)$(if $(SAN),/$(subst $(comma),-,$(SAN)))
OUT := $(if $(DEFAULT_BUILD),.,$(DIR))

version_part = $(shell sed -n 's/^\#define W2B_VERSION_$(1) //p' word2bits/w2b.h)
VERSION := $(call version_part,MAJOR).$(call version_part,MINOR).$(call version_part,PATCH)
SONAME := libw2b.so.$(call version_part,MAJOR)

# ----- Flags ------------------------------------------------------------------

# libbz2 has no pkg-config file in many places.
LIB_PKGS := libzstd libxxhash zlib liblzma jansson
pkg = $(shell $(PKG_CONFIG) $(1) $(2) 2>/dev/null || echo '$(3)')
LIB_CPPFLAGS := $(call pkg,--cflags,$(LIB_PKGS))
LIB_LIBS := $(call pkg,--libs,$(LIB_PKGS),-lzstd -lxxhash -lz -llzma -ljansson) -lbz2 -lm
CLI_CPPFLAGS := $(call pkg,--cflags,jansson)
CLI_LIBS := $(call pkg,--libs,jansson,-ljansson)
# Editing, history and completion at the prompt; the command does without.
ifeq ($(shell $(PKG_CONFIG) --exists libedit 2>/dev/null && echo yes),yes)
CLI_CPPFLAGS += -DW2B_EDIT $(call pkg,--cflags,libedit)
CLI_LIBS += $(call pkg,--libs,libedit)
endif
TEST_CPPFLAGS := $(call pkg,--cflags,cmocka)
TEST_LIBS := $(call pkg,--libs,cmocka,-lcmocka)

W2B_CFLAGS := -std=c11 -D_GNU_SOURCE -I. \
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla $(WERROR) \
    -O2 -g -ffp-contract=off -fvisibility=hidden -fPIC
ifeq ($(OPENMP),0)
W2B_CFLAGS += -Wno-unknown-pragmas
else
W2B_CFLAGS += -fopenmp
THREAD_LIBS := -fopenmp
endif
ifneq ($(SAN),)
W2B_CFLAGS += -O1 -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer \
    -Wno-format-truncation -Wno-unknown-warning-option \
    $(if $(findstring integer,$(SAN)),-fsanitize-ignorelist=tests/lint/wraps)
THREAD_LIBS += -fsanitize=$(SAN)
endif

# The only place where an instruction set beyond the baseline is asked for. On
# other processors these files compile to an empty table; for AFL++, too, whose
# instruments for wide registers take its compiler for ever.
TARGET_MACHINE := $(shell $(CC) -dumpmachine 2>/dev/null)
ifneq ($(if $(findstring afl-,$(CC)),,$(filter x86_64%,$(TARGET_MACHINE))),)
AVX2_FLAGS := -mavx2 -mfma -mf16c -mpopcnt -mbmi2
AVX512_FLAGS := $(AVX2_FLAGS) -mavx512f -mavx512bw -mavx512vl -mavx512dq \
    -mavx512vnni -mavx512vbmi -mavx512bitalg -mavx512vpopcntdq
endif
KERNELS := quant/fixed_% quant/scan_% quant/sieve_% quant/near_% quant/dense_%
KERNEL_FLAGS := $(if $(SAN),,-O3)
file_flags = $(if $(filter %_avx2.c,$(1)),$(AVX2_FLAGS)) \
    $(if $(filter %_avx512.c,$(1)),$(AVX512_FLAGS)) \
    $(if $(filter $(KERNELS),$(1)),$(KERNEL_FLAGS)) \
    $(if $(filter cli/%,$(1)),$(CLI_CPPFLAGS)) \
    $(if $(filter tests/%,$(1)),$(TEST_CPPFLAGS)) $(LIB_CPPFLAGS)
all_flags = $(strip $(W2B_CFLAGS) $(call file_flags,$(1)) $(CPPFLAGS) $(CFLAGS))

# ----- Files ------------------------------------------------------------------

LIB_SRC := $(sort $(wildcard quant/*.c io/*.c word2bits/*.c eval/*.c))
CLI_SRC := $(sort $(wildcard cli/*.c))
GEN_SRC := $(sort $(wildcard data/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/test_*.c))
FUZZ_SRC := $(sort $(wildcard tests/fuzz/fuzz_*.c))
HELP_SRC := $(filter-out $(UNIT_SRC),$(sort $(wildcard tests/unit/*.c)))

# Of everything that decides what an object holds.
CONFIG := $(shell printf '%s\n' '$(subst ','\'',$(CC) $(TARGET_MACHINE) $(W2B_CFLAGS) \
    $(AVX2_FLAGS) $(AVX512_FLAGS) $(KERNEL_FLAGS) $(LIB_CPPFLAGS) $(CLI_CPPFLAGS) \
    $(TEST_CPPFLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(LIB_LIBS))' \
    "$$($(CC) --version 2>/dev/null | head -n 1)" | cksum | tr ' ' '-')
OBJ := $(DIR)/obj/$(CONFIG)

LIB_OBJ := $(LIB_SRC:%.c=$(OBJ)/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(OBJ)/%.o)
GEN_OBJ := $(GEN_SRC:%.c=$(OBJ)/%.o)
UNIT_OBJ := $(UNIT_SRC:%.c=$(OBJ)/%.o)
HELP_OBJ := $(HELP_SRC:%.c=$(OBJ)/%.o)
UNIT_BIN := $(UNIT_SRC:%.c=$(OBJ)/%)
FUZZ_BIN := $(FUZZ_SRC:%.c=$(OBJ)/%)
FUZZ_OBJ := $(FUZZ_SRC:%.c=$(OBJ)/%.o) $(OBJ)/tests/fuzz/fuzz.o $(OBJ)/tests/fuzz/replay.o

OUT_LIBS := $(OUT)/libw2b.a $(OUT)/libw2b.so
OUT_CLI := $(if $(CLI_SRC),$(OUT)/w2b)
OUT_GEN := $(if $(GEN_SRC),$(DIR)/gen)

# A library to preload that makes calls fail: with glibc, without sanitizers.
ifneq ($(findstring linux-gnu,$(TARGET_MACHINE)),)
FAULT_LIB := $(if $(SAN),,$(OBJ)/tests/fault/fault.so)
endif

JOBS := $(shell nproc 2>/dev/null || echo 2)
# Where the user gave no -j, the targets that build first use all processors.
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(JOBS))
ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-5s %s\n' '$(1)' '$(2)'
endif

# ----- Building ---------------------------------------------------------------

all: $(OUT_LIBS) $(OUT_CLI) ## build w2b, libw2b.a and libw2b.so (the default)

programs: all $(UNIT_BIN) $(FUZZ_BIN) $(OUT_GEN) $(FAULT_LIB) ## build what is tested with, too

$(OBJ)/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(call all_flags,$<) -MMD -MP -c -o $@ $<

# Notices files that are gone.
$(OBJ)/.sources: FORCE
	@mkdir -p $(@D)
	@echo '$(LIB_SRC) $(CLI_SRC)' | cmp -s - $@ || echo '$(LIB_SRC) $(CLI_SRC)' > $@

$(OBJ)/libw2b.a: $(LIB_OBJ) $(OBJ)/.sources
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIB_OBJ)

# Visibility is said in the sources; the script hides the locks of named critical
# sections, which compilers make common symbols.
$(OBJ)/$(SONAME): $(LIB_OBJ) $(OBJ)/.sources
	$(call say,LD,$@)
	@echo '{ global: w2b_*; local: *; };' > $(OBJ)/exports.map
	$(Q)$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--version-script,$(OBJ)/exports.map \
	    $(if $(SAN),,-Wl$(comma)-z$(comma)defs) $(CFLAGS) $(LDFLAGS) -o $@ $(LIB_OBJ) \
	    $(LIB_LIBS) $(THREAD_LIBS)

$(OBJ)/w2b: $(CLI_OBJ) $(OBJ)/libw2b.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CLI_LIBS) $(LIB_LIBS) $(THREAD_LIBS)

$(OBJ)/gen: $(GEN_OBJ) $(OBJ)/libw2b.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS) $(THREAD_LIBS)

# Command-line modules are tested too, with all of cli/ but main().
CLI_UNIT_BIN := $(filter $(CLI_SRC:cli/%.c=$(OBJ)/tests/unit/test_%),$(UNIT_BIN))
TEST_CLI_OBJ := $(filter-out $(OBJ)/cli/main.o,$(CLI_OBJ))
link_unit = $(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(CLI_LIBS) $(LIB_LIBS) \
    $(THREAD_LIBS)

$(CLI_UNIT_BIN): $(OBJ)/%: $(OBJ)/%.o $(HELP_OBJ) $(TEST_CLI_OBJ) $(OBJ)/libw2b.a
	$(call say,LD,$@)
	$(link_unit)

$(filter-out $(CLI_UNIT_BIN),$(UNIT_BIN)): $(OBJ)/%: $(OBJ)/%.o $(HELP_OBJ) $(OBJ)/libw2b.a
	$(call say,LD,$@)
	$(link_unit)

# With their own main, or with that of the engine.
FUZZ_MAIN := $(if $(findstring fuzzer,$(SAN))$(findstring afl-,$(CC)),,$(OBJ)/tests/fuzz/replay.o)
$(FUZZ_BIN): $(OBJ)/%: $(OBJ)/%.o $(OBJ)/tests/fuzz/fuzz.o $(FUZZ_MAIN) $(HELP_OBJ) \
    $(TEST_CLI_OBJ) $(OBJ)/libw2b.a
	$(call say,LD,$@)
	$(link_unit) $(if $(FUZZ_MAIN),,-fsanitize=fuzzer)

$(OBJ)/tests/fault/fault.so: tests/fault/fault.c
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(W2B_CFLAGS) -fno-builtin $(CPPFLAGS) $(CFLAGS) -shared -o $@ $< -ldl

$(OBJ)/tests/bench/search: $(OBJ)/tests/bench/search.o $(OBJ)/libw2b.a
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIB_LIBS) $(THREAD_LIBS)

# What lies outside the object folders comes from the configuration of the last
# make: this file changes when that does. Copies are renamed into place, so that
# a program under way is not disturbed.
$(DIR)/.last: FORCE
	@mkdir -p $(DIR)
	@if [ "$$(cat $@ 2>/dev/null)" != '$(CONFIG)' ]; then \
	    printf '%s\n' '$(CONFIG)' > $@ && ln -sfn 'obj/$(CONFIG)' $(DIR)/current; fi

place = $(Q)cp -f $< $@.new && mv -f $@.new $@

$(OUT)/w2b: $(OBJ)/w2b $(DIR)/.last
	$(place)

$(OUT)/libw2b.a: $(OBJ)/libw2b.a $(DIR)/.last
	$(place)

$(OUT)/$(SONAME): $(OBJ)/$(SONAME) $(DIR)/.last
	$(place)

$(OUT)/libw2b.so: $(OUT)/$(SONAME)
	$(Q)ln -sfn $(SONAME) $@

$(DIR)/gen: $(OBJ)/gen $(DIR)/.last
	$(place)

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(CLI_OBJ) $(GEN_OBJ) $(UNIT_OBJ) $(HELP_OBJ) \
    $(FUZZ_OBJ) $(OBJ)/tests/bench/search.o)

# ----- Testing ----------------------------------------------------------------

TEST_ENV = W2B='$(abspath $(OUT)/w2b)' W2B_BUILD='$(abspath $(DIR))' \
    W2B_LIB='$(abspath $(OUT))' CC='$(CC)' SAN='$(SAN)' MAKE='$(MAKE)'

deps: ## install the packages that are missing (apt), or say which
	@.ci/deps

test: ## everything that proves the rest; installs and builds what it needs
	@.ci/deps
	+@$(MAKE) $(PARALLEL) programs
	+@$(TEST_ENV) tests/run

check: ## the quick part of `make test`
	@.ci/deps
	+@$(MAKE) $(PARALLEL) programs
	+@$(TEST_ENV) tests/run unit lint cli

lint: ## layers, exports, banned calls, limits, scripts
	+@$(MAKE) $(PARALLEL) all
	+@$(TEST_ENV) tests/run lint

asan: ## unit and command-line tests under AddressSanitizer and UBSan
	+@$(MAKE) $(PARALLEL) SAN=address,undefined programs
	+@$(MAKE) SAN=address,undefined run-sanitized

# With clang, whose OpenMP tells ThreadSanitizer about its barriers; gcc's does not.
tsan: ## the same under ThreadSanitizer, with clang
	+@$(MAKE) $(PARALLEL) SAN=thread CC=clang programs
	+@$(MAKE) SAN=thread CC=clang run-sanitized

# Without OpenMP, whose loops wrap by themselves.
isan: ## the same where no number may wrap or lose its upper bits unsaid, with clang
	+@$(MAKE) $(PARALLEL) SAN=integer CC=clang OPENMP=0 programs
	+@$(MAKE) SAN=integer CC=clang OPENMP=0 run-sanitized

run-sanitized:
	+@$(TEST_ENV) tests/run unit cli

# Engines: libfuzzer (of clang), or afl (AFL++'s compiler, which brings its own
# main and its own kind of coverage).
ENGINE ?= libfuzzer
FUZZ_CC_libfuzzer := clang
FUZZ_CC_afl := afl-clang-fast
FUZZ_SAN_libfuzzer := fuzzer-no-link,address,undefined
FUZZ_SAN_afl := address,undefined
FUZZ_MAKE = $(MAKE) CC=$(FUZZ_CC_$(ENGINE)) SAN=$(FUZZ_SAN_$(ENGINE)) OPENMP=0 \
    BUILD=$(BUILD)/$(ENGINE)
TIME ?= 60

fuzz: ## look for inputs that break something: TIME=60 seconds each, ENGINE=libfuzzer or afl
	@CC=$(FUZZ_CC_$(ENGINE)) .ci/deps
	+@$(MAKE) $(PARALLEL) all
	+@$(FUZZ_MAKE) $(PARALLEL) fuzz-programs
	+@FUZZ_W2B='$(abspath $(OUT)/w2b)' $(FUZZ_MAKE) run-fuzz

fuzz-programs: $(FUZZ_BIN) $(DIR)/.last

run-fuzz:
	@$(TEST_ENV) tests/fuzz/run $(ENGINE) $(TIME) $(FUZZ_ONLY)

fault: ## each system call and allocation fails once; killed processes; flipped bits
	+@$(MAKE) $(PARALLEL) programs
	@$(TEST_ENV) tests/fault.sh --all --jobs $(JOBS)
	@$(TEST_ENV) tests/kill.sh --times 200
	@$(TEST_ENV) tests/flip.sh --times 20000 --verify 100000

# What is trained on is the user's: TEXT, and a folder of public test sets, SETS.
bench-train: all ## time training beside the peers that are installed; TEXT=FILE SETS=FOLDER
	@[ -n '$(TEXT)' ] && [ -n '$(SETS)' ] || \
	    { echo 'usage: make bench-train TEXT=FILE SETS=FOLDER' >&2; exit 2; }
	@W2B='$(abspath $(OUT)/w2b)' tests/bench/train.sh '$(TEXT)' '$(SETS)'

scale: ## sizes at the limits: GiB of disk and minutes
	+@$(MAKE) $(PARALLEL) all
	@$(TEST_ENV) tests/scale.sh --all

static: ## clang-tidy, cppcheck, gcc -fanalyzer: some minutes
	@tests/lint/static

# -O0, so that each line is one.
COVERAGE := BUILD=$(BUILD)/coverage CC=gcc WERROR= LDFLAGS=--coverage \
    CFLAGS='--coverage -O0 -fprofile-update=atomic'
coverage: ## the share of lines that the tests run, and which they do not
	+@$(MAKE) $(PARALLEL) $(COVERAGE) programs
	@find $(BUILD)/coverage -name '*.gcda' -delete
	+@$(MAKE) $(COVERAGE) run-coverage

run-coverage:
	@$(TEST_ENV) W2B_TEST_TIMEOUT=900 tests/run unit cli
	@$(TEST_ENV) tests/fault.sh
	@tests/fault/coverage.py $(OBJ) $(DIR)/uncovered.txt

bench-search: ## speed of searches next to memory, FAISS and gensim (VECTORS=FILE.bin)
	+@$(MAKE) $(PARALLEL) all $(OBJ)/tests/bench/search
	@$(TEST_ENV) BENCH='$(abspath $(OBJ))/tests/bench/search' tests/bench/search.sh

format-check: ## show what clang-format would change
	@clang-format --dry-run $(LIB_SRC) $(CLI_SRC) $(GEN_SRC) $(UNIT_SRC) $(HELP_SRC) \
	    $(wildcard */*.h tests/unit/*.h)

demo: ## train, ask, evaluate and compress on text made on the spot
	@.ci/deps
	+@$(MAKE) $(PARALLEL) all $(OUT_GEN)
	@W2B='$(abspath $(OUT)/w2b)' GEN='$(abspath $(DIR)/gen)' data/demo.sh

# ----- Installing -------------------------------------------------------------

define PC
prefix=$(prefix)
exec_prefix=$(exec_prefix)
libdir=$(libdir)
includedir=$(includedir)

Name: w2b
Description: Quantized word vectors: train, compress, search, evaluate
Version: $(VERSION)
Libs: -L$${libdir} -lw2b
Libs.private: $(LIB_LIBS) $(if $(filter 0,$(OPENMP)),,-fopenmp)
Cflags: -I$${includedir}
endef
export PC

install: all ## install the command, libraries, header, man pages and completions
	$(INSTALL) -d '$(DESTDIR)$(bindir)' '$(DESTDIR)$(libdir)/pkgconfig' '$(DESTDIR)$(includedir)'
	$(INSTALL) -m 755 $(OUT)/w2b '$(DESTDIR)$(bindir)/w2b'
	$(INSTALL) -m 644 $(OUT)/libw2b.a '$(DESTDIR)$(libdir)/libw2b.a'
	$(INSTALL) -m 755 $(OUT)/$(SONAME) '$(DESTDIR)$(libdir)/libw2b.so.$(VERSION)'
	ln -sfn libw2b.so.$(VERSION) '$(DESTDIR)$(libdir)/$(SONAME)'
	ln -sfn $(SONAME) '$(DESTDIR)$(libdir)/libw2b.so'
	$(INSTALL) -m 644 word2bits/w2b.h '$(DESTDIR)$(includedir)/w2b.h'
	@umask 022; printf '%s\n' "$$PC" > '$(DESTDIR)$(libdir)/pkgconfig/w2b.pc'
	$(INSTALL) -d '$(DESTDIR)$(mandir)/man1' '$(DESTDIR)$(bashdir)' '$(DESTDIR)$(zshdir)' \
	    '$(DESTDIR)$(fishdir)'
	@man='$(DESTDIR)$(mandir)/man1'; set -e; umask 022; \
	$(OUT)/w2b __generate man > "$$man/w2b.1"; \
	for name in $$(sed -n 's/^\.BR w2b\\-\([a-z]*\) (1)$$/\1/p' "$$man/w2b.1"); do \
	    $(OUT)/w2b __generate man "$$name" > "$$man/w2b-$$name.1"; \
	done
	@umask 022; $(OUT)/w2b __generate bash > '$(DESTDIR)$(bashdir)/w2b'
	@umask 022; $(OUT)/w2b __generate zsh > '$(DESTDIR)$(zshdir)/_w2b'
	@umask 022; $(OUT)/w2b __generate fish > '$(DESTDIR)$(fishdir)/w2b.fish'

uninstall: ## remove what install put there
	rm -f '$(DESTDIR)$(bindir)/w2b' '$(DESTDIR)$(libdir)/libw2b.a' \
	    '$(DESTDIR)$(libdir)/libw2b.so' '$(DESTDIR)$(libdir)/$(SONAME)' \
	    '$(DESTDIR)$(libdir)/libw2b.so.$(VERSION)' '$(DESTDIR)$(includedir)/w2b.h' \
	    '$(DESTDIR)$(libdir)/pkgconfig/w2b.pc' '$(DESTDIR)$(mandir)/man1/w2b.1' \
	    '$(DESTDIR)$(mandir)'/man1/w2b-*.1 '$(DESTDIR)$(bashdir)/w2b' \
	    '$(DESTDIR)$(zshdir)/_w2b' '$(DESTDIR)$(fishdir)/w2b.fish'

# ----- Packages ---------------------------------------------------------------

DIST := word2bits-$(VERSION)

# The files, their order and their time are those of the commit, so that the
# bytes are too.
dist: ## write the committed sources to BUILD/word2bits-VERSION.tar.gz
	@[ -e .git ] || { echo 'make dist: this is no repository of git' >&2; exit 1; }
	@mkdir -p $(DIR)
	$(call say,TAR,$(DIR)/$(DIST).tar.gz)
	$(Q)git -c tar.umask=0022 archive --prefix=$(DIST)/ -o $(DIR)/$(DIST).tar HEAD
	$(Q)gzip -9nf $(DIR)/$(DIST).tar

# The package is built with settings of its own, whatever this make was given.
deb: dist ## build Debian packages of the committed sources in BUILD/deb
	@.ci/deps --deb
	$(Q)rm -rf $(DIR)/deb && mkdir -p $(DIR)/deb
	$(Q)cp $(DIR)/$(DIST).tar.gz $(DIR)/deb/word2bits_$(VERSION).orig.tar.gz
	$(Q)tar -xzf $(DIR)/$(DIST).tar.gz -C $(DIR)/deb
	$(Q)cp -r $(DIR)/deb/$(DIST)/.debian $(DIR)/deb/$(DIST)/debian
	$(Q)cd $(DIR)/deb/$(DIST) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u MAKEOVERRIDES \
	    -u BUILD -u SAN -u CC -u V -u OPENMP dpkg-buildpackage -us -uc -b

clean: ## remove everything that was made
	rm -rf $(addprefix $(BUILD)/,obj .last current gen w2b libw2b.a libw2b.so $(SONAME) deb) \
	    $(wildcard $(BUILD)/word2bits-*.tar.gz) \
	    $(dir $(wildcard $(BUILD)/*/.last))
	$(if $(DEFAULT_BUILD),rm -rf .build w2b libw2b.a libw2b.so $(SONAME))

help: ## this list
	@printf 'make TARGET [SETTING=VALUE...]; settings stand at the top of the Makefile.\n\n'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | \
	    while IFS='	' read -r target text; do printf '  %-13s %s\n' "$$target" "$$text"; done

FORCE:
.PHONY: all programs deps test check lint asan tsan isan run-sanitized fuzz \
    fuzz-programs run-fuzz fault scale static coverage run-coverage bench-search \
    format-check demo install \
    uninstall dist deb clean help FORCE
