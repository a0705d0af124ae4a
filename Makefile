# stk: `make help` lists the targets.
#
# To set: prefix bindir libdir includedir mandir DESTDIR CC CFLAGS LDFLAGS PKG_CONFIG, B (build
# directory), WERROR=1, SANITIZE=address,undefined.

prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
CC ?= cc
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
PROTOC_C ?= protoc-c
B ?= build
VERSION := 0.1.0

# ---- what we stand on; the optional ones are found, and their absence is said by stk --version
needed := libdw libelf zlib jansson libprotobuf-c
optional := libzstd liblzma liblz4 libdebuginfod capstone
found := $(shell for p in $(optional); do $(PKG_CONFIG) --exists $$p && echo $$p; done)
# no .pc files: bzip2 is asked for by its header
found_bzip2 := $(shell echo '\#include <bzlib.h>' | $(CC) -E - >/dev/null 2>&1 && echo yes)

# For stk -V: "zlib 1.2.13;" and so on, then "without capstone;" for what is missing.
libraries := $(shell \
	for p in $(filter-out libdw libelf,$(needed)) $(found); do \
		printf '%s;' "$$p $$($(PKG_CONFIG) --modversion $$p)"; done; \
	for p in $(filter-out $(found),$(optional)) $(if $(found_bzip2),,bzip2); do \
		printf '%s;' "without $$p"; done)

own_cppflags := -D_GNU_SOURCE -DSTK_VERSION='"$(VERSION)"' -I$(B)/gen \
	-DSTK_LIBRARIES='"$(libraries)"' \
	$(patsubst lib%,-DHAVE_%,$(subst capstone,libcapstone,$(found))) $(if $(found_bzip2),-DHAVE_bzip2)
own_cflags := -std=gnu11 -fPIC -fvisibility=hidden -pthread \
	-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef \
	-Wcast-qual $(if $(WERROR),-Werror) \
	$(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
lib_cflags := $(shell $(PKG_CONFIG) --cflags $(needed) $(found) 2>/dev/null)
libs := $(shell $(PKG_CONFIG) --libs $(needed) $(found) 2>/dev/null) -liberty \
	$(if $(found_bzip2),-lbz2) -pthread
own_ldflags := $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -Wl,-z,relro,-z,now

# ---- sources
# Alternatives by file: a file NAME.with-LIB.c is built where LIB is found, NAME.without-LIB.c
# where it is not.
have := $(patsubst lib%,%,$(found)) $(if $(found_bzip2),bzip2)
all_lib_c := $(foreach f,$(wildcard lib/*.c lib/*/*.c),$(if $(findstring .with,$(f)),,$(f))) \
	$(foreach l,zstd lzma lz4 debuginfod capstone bzip2, \
		$(if $(filter $l,$(have)),$(wildcard lib/*/*.with-$l.c),$(wildcard lib/*/*.without-$l.c)))
protos := $(wildcard lib/output/*.proto)
gen_c := $(protos:lib/output/%.proto=$(B)/gen/%.pb-c.c)
lib_o := $(all_lib_c:%.c=$(B)/%.o) $(gen_c:%.c=%.o)
cmd_o := $(patsubst %.c,$(B)/%.o,$(wildcard cmd/*.c))

.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all FORCE

## all: the program ($(B)/stk) and the libraries
all: $(B)/stk $(B)/libstk.a $(B)/libstk.so

$(B)/stk: $(cmd_o) $(B)/libstk.a $(B)/flags
	$(CC) $(own_ldflags) $(LDFLAGS) -o $@ $(cmd_o) $(B)/libstk.a $(libs)

$(B)/libstk.a: $(lib_o)
	rm -f $@ && $(AR) rcs $@ $(lib_o)

$(B)/libstk.so: $(lib_o) $(B)/flags
	$(CC) -shared -Wl,-soname,libstk.so.0 $(own_ldflags) $(LDFLAGS) -o $@ $(lib_o) $(libs)

# cmd/ sees the installed header and nothing private.
$(B)/cmd/%.o: cmd/%.c $(B)/flags
	@mkdir -p $(@D)
	$(CC) $(own_cppflags) $(own_cflags) -Ilib/include $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/lib/%.o: lib/%.c $(B)/flags | $(gen_c)
	@mkdir -p $(@D)
	$(CC) $(own_cppflags) $(own_cflags) $(lib_cflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/gen/%.pb-c.c: lib/output/%.proto
	@mkdir -p $(@D)
	$(PROTOC_C) --proto_path=lib/output --c_out=$(B)/gen $<

# Generated code is not held to our warnings.
$(B)/gen/%.o: $(B)/gen/%.c $(B)/flags
	$(CC) -std=gnu11 -fPIC -fvisibility=hidden -w $(lib_cflags) -I$(B)/gen $(CFLAGS) -c -o $@ $<

# A change of flags or of what was found rebuilds.
flags_now := $(CC) $(own_cppflags) $(own_cflags) $(lib_cflags) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(libs)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS_NOW" | cmp -s - $@ || printf '%s\n' "$$FLAGS_NOW" > $@
export FLAGS_NOW := $(flags_now)

-include $(lib_o:.o=.d) $(cmd_o:.o=.d)

## clean: removes what was built here
clean:
	rm -rf $(B)

## help: this list
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)
.PHONY: clean help

include $(wildcard tests/*.mk)
