/* SPDX-License-Identifier: Apache-2.0 */
/* Finding Go in an image without symbols or a known version: the function table (by section,
 * else by its magic), moduledata (the one word in writable memory that points at the table and
 * stands before the table's own parts), the chain of modules, the version. */
#ifndef LANG_GO_MODULE_H
#define LANG_GO_MODULE_H

#include "layout.h"
#include "mem.h"
#include "pclntab.h"
#include "version.h"

/* A Go module: the program, or a plugin of it. */
struct gomodule {
	uint64_t address; /* of moduledata */
	struct gopclntab table;
	unsigned char *copy; /* the table's bytes when they are our own; NULL */
	uint64_t header;     /* address of the table */
	uint64_t minpc, maxpc;
	uint64_t types, gofunc;
};

/* The modules of one runtime: a process has several only with C libraries written in Go. */
struct gomodules {
	struct gomodule *items;
	size_t count;
	struct goversion own;            /* of the program */
	unsigned minor;                  /* 19; a guess when own.version is NULL */
	uint64_t data, edata, bss, ebss; /* of the first module */
};

#define GOMODULE_RUNTIMES 8

/* Fills ret with the runtimes in the image; how many. What is damaged is noted in b. */
size_t gomodule_find(struct gomem *mem, struct builder *b, struct gomodules *ret, size_t room);
void gomodules_deinit(struct gomodules *modules);
/* Reads again what depends on the version, when another one turned out to be right. */
void gomodules_relayout(struct gomodules *modules, struct gomem *mem,
			const struct golayout *layout);
/* The file that a module is of. */
const char *gomodule_path(const struct gomodule *module, struct image *image);
/* The module whose code holds pc; NULL. */
const struct gomodule *gomodules_at(const struct gomodules *modules, uint64_t pc);

#endif
