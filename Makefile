# SPDX-License-Identifier: Apache-2.0
# stk: `make help` lists the targets.
#
# To set: prefix bindir libdir includedir datadir mandir DESTDIR CC CXX CFLAGS LDFLAGS PKG_CONFIG,
# B (build directory), V=1 (show the commands), WERROR=1, SANITIZE=address,undefined.

prefix ?= /usr/local
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
includedir ?= $(prefix)/include
datadir ?= $(prefix)/share
mandir ?= $(datadir)/man
CC ?= cc
CXX ?= c++
CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
PROTOC_C ?= protoc-c
OBJCOPY ?= objcopy
B ?= build
VERSION := 0.2.0
# Of the ABI: lib/README.md says when it goes up.
SOVERSION := 1

# ---- what we stand on; the optional ones are found, and their absence is said by stk --version
needed := libdw libelf zlib jansson libprotobuf-c
missing := $(shell for p in $(needed); do $(PKG_CONFIG) --exists $$p 2>/dev/null || echo $$p; done)
# These targets run on a machine that has nothing yet.
ifneq ($(filter-out deps demo check clean help uninstall dist lint,$(or $(MAKECMDGOALS),all)),)
ifneq ($(missing),)
$(error not found by $(PKG_CONFIG): $(missing). `make deps` installs it)
endif
endif
optional := libzstd liblzma liblz4 libdebuginfod libisal capstone libseccomp
found := $(shell for p in $(optional); do $(PKG_CONFIG) --exists $$p 2>/dev/null && echo $$p; done)
# no .pc files: bzip2 is asked for by its header
found_bzip2 := $(shell echo '\#include <bzlib.h>' | $(CC) -E - >/dev/null 2>&1 && echo yes)

# For stk -V: "zlib 1.2.13;" and so on, then "without capstone;" for what is missing.
libraries := $(shell \
	for p in $(filter-out libdw libelf,$(needed)) $(found); do \
		printf '%s;' "$$p $$($(PKG_CONFIG) --modversion $$p 2>/dev/null)"; done; \
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
# Loaded when they are needed: libdebuginfod brings 30 libraries (curl, gnutls, kerberos, ldap), capstone
# takes half of the time of a start.
libs := $(shell $(PKG_CONFIG) --libs $(needed) $(filter-out libdebuginfod capstone,$(found)) 2>/dev/null) -liberty -lm \
	$(if $(found_bzip2),-lbz2) -pthread
own_ldflags := $(if $(SANITIZE),-fsanitize=$(SANITIZE)) -Wl,-z,relro,-z,now

# ---- sources
# Alternatives by file: a file NAME.with-LIB.c is built where LIB is found, NAME.without-LIB.c
# where it is not.
have := $(patsubst lib%,%,$(found)) $(if $(found_bzip2),bzip2)
lib_all := $(sort $(shell find lib -name '*.c'))
all_lib_c := $(foreach f,$(lib_all),$(if $(findstring .with,$(f)),,$(f))) \
	$(foreach l,zstd lzma lz4 debuginfod isal capstone bzip2 seccomp, \
		$(if $(filter $l,$(have)),$(filter %.with-$l.c,$(lib_all)),$(filter %.without-$l.c,$(lib_all))))
protos := $(wildcard lib/output/profile/*.proto)
gen_c := $(patsubst %.proto,$(B)/gen/%.pb-c.c,$(notdir $(protos)))
# scripts and style sheets that pages carry
assets := $(wildcard lib/output/*/*.js lib/output/*/*.css)
gen_inc := $(foreach a,$(notdir $(assets)),$(B)/gen/$a.inc $(B)/gen/$a.sha256.inc)
lib_o := $(all_lib_c:%.c=$(B)/%.o) $(gen_c:%.c=%.o)
cmd_o := $(patsubst %.c,$(B)/%.o,$(wildcard cmd/*.c))
shells := bash zsh fish
completions := $(shells:%=$(B)/completion/%)

# `make V=1` shows the commands, `make -s` nothing, otherwise a word for each.
say = $(if $(V),,@$(if $(findstring s,$(firstword -$(MAKEFLAGS))),,printf '  %-7s %s\n' '$(1)' '$@';))

.SUFFIXES:
.DELETE_ON_ERROR:
# What is generated on the way stays.
.SECONDARY:
.PHONY: all FORCE deps demo install uninstall clean dist distcheck help lint

##@ Build
## all: the program (build/stk), the libraries, the completion scripts
all: $(B)/stk $(B)/libstk.a $(B)/libstk.so $(B)/stk.pc $(completions)

$(B)/stk: $(cmd_o) $(B)/objects.a $(B)/flags
	$(call say,LINK)$(CC) $(own_ldflags) $(LDFLAGS) -o $@ $(cmd_o) $(B)/objects.a $(libs)

# Everything, private names too: for the program and the unit tests.
$(B)/objects.a: $(lib_o)
	$(call say,AR)rm -f $@ && $(AR) rcs $@ $(lib_o)

# One object whose private names are gone, so that they cannot meet those of a client.
$(B)/libstk.a: $(lib_o)
	$(call say,AR)$(CC) -r -nostdlib -o $(B)/libstk.o $(lib_o) && \
		$(OBJCOPY) --localize-hidden $(B)/libstk.o && rm -f $@ && $(AR) rcs $@ $(B)/libstk.o

$(B)/libstk.so: $(lib_o) $(B)/flags
	$(call say,LINK)$(CC) -shared -Wl,-soname,libstk.so.$(SOVERSION) \
		-Wl,--exclude-libs,ALL $(own_ldflags) $(LDFLAGS) \
		-o $@ $(lib_o) $(libs)

# cmd/ sees the installed header and nothing private.
$(B)/cmd/%.o: cmd/%.c $(B)/flags
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(own_cppflags) $(own_cflags) -Ilib/include $(CPPFLAGS) $(CFLAGS) \
		-MMD -MP -c -o $@ $<

$(B)/lib/%.o: lib/%.c $(B)/flags | $(gen_c) $(gen_inc)
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(own_cppflags) $(own_cflags) $(lib_cflags) $(CPPFLAGS) $(CFLAGS) \
		-MMD -MP -c -o $@ $<

$(B)/gen/%.pb-c.c: lib/output/profile/%.proto
	@mkdir -p $(@D)
	$(call say,PROTOC)$(PROTOC_C) --proto_path=$(<D) --c_out=$(B)/gen $<

# A file as a string literal of C, and its SHA-256 as a Content-Security-Policy has it.
vpath %.js $(sort $(dir $(assets)))
vpath %.css $(sort $(dir $(assets)))
$(B)/gen/%.inc: %
	@mkdir -p $(@D)
	$(call say,GEN)sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $< > $@

$(B)/gen/%.sha256.inc: %
	@mkdir -p $(@D)
	$(call say,GEN)hash=$$(sha256sum < $< | cut -c 1-64 | tr a-f A-F | basenc --base16 -d | \
		base64) && test -n "$$hash" && printf '"%s"\n' "$$hash" > $@

# Generated code is not held to our warnings.
$(B)/gen/%.o: $(B)/gen/%.c $(B)/flags
	$(call say,CC)$(CC) -std=gnu11 -fPIC -fvisibility=hidden -w $(lib_cflags) -I$(B)/gen \
		$(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(completions): $(B)/completion/%: $(B)/stk
	@mkdir -p $(@D)
	$(call say,GEN)$(B)/stk completion $* > $@

# A change of flags or of what was found rebuilds; another name of the build directory does not.
flags_now := $(CC) $(filter-out -I$(B)/gen,$(own_cppflags)) $(own_cflags) $(lib_cflags) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(libs)
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS_NOW" | cmp -s - $@ || printf '%s\n' "$$FLAGS_NOW" > $@
export FLAGS_NOW := $(flags_now)

-include $(lib_o:.o=.d) $(cmd_o:.o=.d)

# ---- on a fresh machine
# The libraries are looked for when make starts: what follows an installation is a make of its own.
again = $(MAKE) --no-print-directory

##@ On a fresh machine
## deps: installs what building needs (Debian; as root) where it is missing
deps:
	@tests/deps.sh build

## demo: installs what is missing, builds, and prints the stacks of a threaded program that crashes
demo:
	@tests/deps.sh build demo || :
	@$(again) -j$$(nproc) $(B)/stk
	@tests/demo.sh $(B)

# ---- installing
install_dirs = $(bindir) $(libdir)/pkgconfig $(includedir) $(datadir)/stk \
	$(foreach n,1 3 5 7,$(mandir)/man$n) $(datadir)/bash-completion/completions \
	$(datadir)/zsh/site-functions $(datadir)/fish/vendor_completions.d
schemas := $(wildcard lib/output/json/*.schema.json)

$(B)/stk.pc: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(prefix)' 'libdir=$(libdir:$(prefix)/%=$${prefix}/%)' \
		'includedir=$(includedir:$(prefix)/%=$${prefix}/%)' '' 'Name: stk' \
		'Description: what every thread and goroutine of a program was doing' \
		'Version: $(VERSION)' 'Libs: -L$${libdir} -lstk' \
		'Libs.private: $(libs)' 'Cflags: -I$${includedir}' > $@

##@ Install
## install: the program, the library, man pages and completions to DESTDIR and prefix
install: all
	install -d $(install_dirs:%='$(DESTDIR)%')
	install -m 755 $(B)/stk '$(DESTDIR)$(bindir)/stk'
	install -m 644 $(B)/libstk.a '$(DESTDIR)$(libdir)/libstk.a'
	install -m 755 $(B)/libstk.so '$(DESTDIR)$(libdir)/libstk.so.$(VERSION)'
	ln -sf libstk.so.$(VERSION) '$(DESTDIR)$(libdir)/libstk.so.$(SOVERSION)'
	ln -sf libstk.so.$(SOVERSION) '$(DESTDIR)$(libdir)/libstk.so'
	install -m 644 lib/include/stk.h '$(DESTDIR)$(includedir)/stk.h'
	install -m 644 $(B)/stk.pc '$(DESTDIR)$(libdir)/pkgconfig/stk.pc'
	for page in $(wildcard man/*.[1-8]); do \
		install -m 644 $$page '$(DESTDIR)$(mandir)'/man$${page##*.}/; done
	$(if $(schemas),install -m 644 $(schemas) '$(DESTDIR)$(datadir)/stk/')
	install -m 644 $(B)/completion/bash '$(DESTDIR)$(datadir)/bash-completion/completions/stk'
	install -m 644 $(B)/completion/zsh '$(DESTDIR)$(datadir)/zsh/site-functions/_stk'
	install -m 644 $(B)/completion/fish '$(DESTDIR)$(datadir)/fish/vendor_completions.d/stk.fish'

## uninstall: removes what install has put there
uninstall:
	cd '$(DESTDIR)/' && rm -f '$(DESTDIR)$(bindir)/stk' '$(DESTDIR)$(includedir)/stk.h' \
		$(foreach f,libstk.a libstk.so libstk.so.$(SOVERSION) libstk.so.$(VERSION) pkgconfig/stk.pc, \
			'$(DESTDIR)$(libdir)/$f') \
		$(foreach p,$(wildcard man/*.[1-8]), \
			'$(DESTDIR)$(mandir)/man$(subst .,,$(suffix $p))/$(notdir $p)') \
		'$(DESTDIR)$(datadir)/bash-completion/completions/stk' \
		'$(DESTDIR)$(datadir)/zsh/site-functions/_stk' \
		'$(DESTDIR)$(datadir)/fish/vendor_completions.d/stk.fish'
	rm -rf '$(DESTDIR)$(datadir)/stk'

##@ Build
## clean: removes what was built
clean:
	rm -rf $(B) $(B)-* compile_commands.json

##@ Release
## dist: stk-VERSION.tar.xz of what is committed
dist:
	@mkdir -p $(B)
	git archive --format=tar --prefix=stk-$(VERSION)/ HEAD | xz > $(B)/stk-$(VERSION).tar.xz
	@echo $(B)/stk-$(VERSION).tar.xz

## distcheck: builds, installs, runs and uninstalls from that archive
distcheck: dist
	@tests/distcheck.sh $(B)/stk-$(VERSION).tar.xz

##@ For editors and readers
## compile_commands.json: how each file is compiled, for clangd and other analysers
compile_commands.json: FORCE $(gen_c) $(gen_inc)
	@{ $(call as_json,$(wildcard cmd/*.c),-Ilib/include) \
		$(call as_json,$(all_lib_c),$(lib_cflags)) \
		$(call as_json,$(wildcard tests/unit/*.c tests/fuzz/*.c),$(lib_cflags) -Ilib -Ilib/include -Itests) \
	} | sed -e '1s/^/[\n/' -e '$$s/,$$/\n]/' > $@
# An element for each file. Double quotes of flags are marked twice: for the shell, and for JSON.
as_json = for c in $1; do \
		printf '{"directory":"%s","file":"%s","command":"%s"},\n' '$(CURDIR)' "$$c" \
			"$(CC) $(subst ",\\\",$(own_cppflags)) $(own_cflags) $2 $(CPPFLAGS) -c $$c"; done;

## help: this list
help:
	@awk '/^##@ / { group = substr($$0, 5); if (!(group in text)) order[++groups] = group } \
		/^## [^ ]+: / { at = index($$0, ": "); \
			text[group] = text[group] sprintf("  %-$(help_width)s  %s\n", substr($$0, 4, at - 4), substr($$0, at + 2)) } \
		END { for (i = 1; i <= groups; i++) printf "%s%s\n%s", (i == 1 ? "" : "\n"), order[i], text[order[i]] }' \
		$(MAKEFILE_LIST)
help_width := 21

include tests/check.mk
