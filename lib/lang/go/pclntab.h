/* SPDX-License-Identifier: Apache-2.0 */
/* Go's function table (pclntab): pc -> function, frame size, file and line, inlined calls.
 * Works on bytes only: no image, no allocation. Layouts of Go 1.16 to 1.27; facts from
 * src/runtime/symtab.go and src/cmd/link/internal/ld/pcln.go of each release. */
#ifndef LANG_GO_PCLNTAB_H
#define LANG_GO_PCLNTAB_H

#include "../../base/base.h"

enum gopclntab_format {
	GOPCLNTAB_116 = 1, /* 1.16, 1.17: entries are addresses */
	GOPCLNTAB_118,     /* 1.18, 1.19: entries are offsets from text */
	GOPCLNTAB_120,     /* 1.20 and later: _func has startLine, inline trees are shorter */
};

struct gopclntab {
	const unsigned char *bytes; /* borrowed, from the header on */
	size_t size;
	enum gopclntab_format format;
	uint8_t quantum; /* bytes of the shortest instruction */
	uint64_t text;   /* base of entry offsets: moduledata.text */
	size_t nfunc;
	size_t names, cus, files, values, funcs; /* offsets of the sub-tables */
};

/* Recognises a header: the 8 bytes at its start. */
bool gopclntab_magic(const unsigned char *bytes);
/* Checks the header and its offsets; false when this is not a table. text is 0 afterwards where
 * the header does not know it (Go 1.26 and later). */
bool gopclntab_init(struct gopclntab *ret, const unsigned char *bytes, size_t size);

struct gopclntab_func {
	uint64_t entry, end;
	int32_t name;
	uint32_t pcsp, pcfile, pcln, npcdata, cu;
	uint8_t id, flag, nfuncdata;
	size_t pcdata, funcdata; /* offsets of the arrays behind the record */
};

enum {
	GOFUNC_TOPFRAME = 1, /* the outermost function of a stack */
	GOFUNC_SPWRITE = 2,  /* writes the stack pointer in a way the table cannot say */
	GOFUNC_ASM = 4,
};

enum { GOPCDATA_INLINE = 2, GOPCDATA_ARGLIVE = 3 };
enum { GOFUNCDATA_INLINE = 3, GOFUNCDATA_ARGINFO = 5, GOFUNCDATA_ARGLIVE = 6 };

/* The function that covers pc; false when none does. */
bool gopclntab_find(const struct gopclntab *table, uint64_t pc, struct gopclntab_func *ret);
/* The n-th function, in the order of addresses. */
bool gopclntab_nth(const struct gopclntab *table, size_t n, struct gopclntab_func *ret);
/* A name of the name table; NULL when the offset is bad. Borrowed from the bytes. */
const char *gopclntab_name(const struct gopclntab *table, int32_t offset);
/* The value of a pc-value table at pc; false when there is none. */
bool gopclntab_value(const struct gopclntab *table, const struct gopclntab_func *func,
		     uint32_t offset, uint64_t pc, int32_t *ret);
/* PCDATA `index` at pc; -1 when there is none. */
int32_t gopclntab_pcdata(const struct gopclntab *table, const struct gopclntab_func *func,
			 unsigned index, uint64_t pc);
/* Address of FUNCDATA `index`; 0 when there is none. gofunc: moduledata's (1.18 and later). */
uint64_t gopclntab_funcdata(const struct gopclntab *table, const struct gopclntab_func *func,
			    unsigned index, uint64_t gofunc);
/* File and line at pc; NULL and 0 when unknown. */
const char *gopclntab_line(const struct gopclntab *table, const struct gopclntab_func *func,
			   uint64_t pc, uint32_t *ret_line);

/* An entry of an inline tree: its size in memory, and what is in it. */
struct gopclntab_inlined {
	uint8_t id; /* function id of the inlined function */
	int32_t name;
	int32_t parent_pc; /* where it was inlined: offset from the function's entry */
};

#define GOPCLNTAB_INLINED_MAX 20
size_t gopclntab_inlined_size(const struct gopclntab *table);
void gopclntab_inlined(const struct gopclntab *table, const unsigned char *entry,
		       struct gopclntab_inlined *ret);

#endif
