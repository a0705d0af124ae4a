/* SPDX-License-Identifier: Apache-2.0 */
/* sym/ - from an address to functions, files, lines and inlined calls. Lazy per module and
 * per compilation unit; every distinct (pc, kind) is worked out once. */
#ifndef SYM_H
#define SYM_H

#include "../base/base.h"
#include "../image/image.h"
#include "../model/model.h"

struct symbols;

/* Borrows all three until symbols_close(). */
struct symbols *symbols_open(struct image *image, struct builder *b, const struct stk_files *files,
			     const struct stk_want *want);
void symbols_close(struct symbols *symbols);

/* The frames at one physical pc: inlined ones first (innermost), the function itself last.
 * flags and how are those of the physical frame (STK_FRAME_ACTIVATION, STK_FRAME_SIGNAL: look up
 * pc itself, else pc - 1, for the module, too). *ret points to ids that stay until
 * symbols_close(). Never 0 frames.
 *
 * What the locations hold:
 * func     with namespaces and classes, template arguments and "(anonymous namespace)", without
 *          parameters: "ns::Box<int>::get", as gdb prints it. Demangled from the linkage name where
 *          there is one (C++, both schemes of Rust, without hashes), else DW_AT_name behind
 *          the names of its scopes, else the symbol. linkage: what was demangled.
 * file     as in the line table, with the directory of the compilation before a relative name if
 *          that one is absolute; "./" is dropped, ".." is not (links).
 * line     of the last row of the line table at or before the address, as addr2line has it (gdb
 *          prefers rows that start a statement); of outer frames of inlined calls, of the call.
 * why      "not in any module"; "generated code, in no module"; "no file of this module here"; "the
 *          file here is of another build"; "stripped": there are at most exported symbols; "no symbol
 *          covers it"; for a missing file "no debug information"; "no line information": of this address. */
size_t symbols_frames(struct symbols *symbols, uint64_t pc, unsigned flags, enum stk_how how,
		      const uint32_t **ret);

/* Adds to a place that a runtime's own tables have named what is asked for beyond names: the source
 * around its line, which is expected below `dir` (NULL: only where the system's are), and with an
 * entry (of its function; 0: none) the instructions around `lookup`. */
void symbols_show(struct symbols *symbols, struct stk_loc *loc, const char *dir, uint64_t entry,
		  uint64_t lookup);

/* The symbol that covers addr, demangled (builder's string), and the distance to its start;
 * NULL when there is none. No DWARF is touched. */
const char *symbols_name(struct symbols *symbols, uint64_t addr, uint64_t *ret_offset);

/* The address in the target of a symbol of this exact (mangled) name, in one module or in any
 * (STK_NONE), global before local. */
bool symbols_find(struct symbols *symbols, uint32_t module, const char *name, uint64_t *ret_addr,
		  uint64_t *ret_size);

/* A mangled name of C++ or Rust (both schemes) as a person writes it: without parameter list and
 * return type; template arguments stay; Rust's hashes go. malloc'ed; NULL when the name is not
 * mangled. Bounded for hostile names: the longest result is DEMANGLE_LIMIT bytes and ends with "..."
 * when it was cut. Not of D: libiberty's demangler for it returns a string only when it is whole,
 * and a short name can stand for gigabytes. */
#define DEMANGLE_LIMIT 16384
char *demangle(const char *name);

/* A C++ type by its mangled name ("St13runtime_error"); builder's string, never NULL. */
const char *symbols_demangle_type(struct symbols *symbols, const char *name);

/* A frame whose variables are to be shown. */
struct value_frame {
	const struct image_regs *regs;   /* its own; unknown ones are unknown */
	const struct image_regs *caller; /* of the next physical frame outwards; NULL unknown */
	uint64_t lookup;                 /* pc, stepped back into the call for a return address */
	uint64_t cfa, caller_cfa;        /* 0 unknown */
	bool newest;                     /* the frame whose registers are the thread's own */
	const unsigned char *vectors;    /* then: image_thread.vectors; NULL unknown */
	unsigned want;                   /* STK_WANT_ARGS, STK_WANT_LOCALS */
};

/* Its arguments and variables, arguments first; `depth`: which of the frames of that place, 0 the
 * physical function, then the calls inlined into it, inwards. Reads the image's memory. *ret is
 * the builder's. */
size_t symbols_values(struct symbols *symbols, const struct value_frame *frame, size_t depth,
		      const struct stk_value **ret);

/* "p->next": the variable of this place that is a pointer with this value, and its member at the
 * offset. NULL unless there is exactly one. Builder's string. */
const char *symbols_field(struct symbols *symbols, const struct value_frame *frame,
			  uint64_t pointer, uint64_t offset);

/* A piece of what Go's runtime printed between the brackets of a frame. */
enum printed_kind {
	PRINTED_NUMBER,
	PRINTED_UNKNOWN, /* "_" */
	PRINTED_OPEN,    /* "{" */
	PRINTED_CLOSE,   /* "}" */
	PRINTED_MORE,    /* "..." */
};

struct printed_word {
	enum printed_kind kind;
	bool stale; /* "?" behind the number: its register may have been used for something else */
	uint64_t value;
};

/* The arguments of a function of Go, by the name of its symbol in the first module, from the words
 * that stand for them in a traceback. 0, and *ret untouched, when the words do not fit its
 * declaration or there is none. What they point to is shown where it is in read-only parts of
 * the file. *ret is the builder's. */
size_t symbols_words(struct symbols *symbols, const char *function,
		     const struct printed_word *words, size_t count, const struct stk_value **ret);

/* A handle of capstone (csh) for this architecture, with details; false when it is not one that
 * capstone is asked for, or this build has none. */
bool symbols_open_disassembler(const struct arch *arch, size_t *ret);

#endif
