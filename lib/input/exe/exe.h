/* SPDX-License-Identifier: Apache-2.0 */
/* --exe: what the files of it share. files.c opens the files and tells whose a frame is,
 * load.c finds where a report had them, exe.c makes the new stacks. */
#ifndef INPUT_EXE_H
#define INPUT_EXE_H

#include "../text/text.h"

#define LOAD_UNKNOWN UINT64_MAX

/* A function of a file. */
struct exe_function {
	uint64_t start, size; /* size 0: unknown */
	bool found;
};

/* A file to look addresses up in: an image of its own with a builder of its own. */
struct exe {
	struct builder *b;
	struct image *image;
	struct symbols *symbols;
	struct lookup *lookup;
	const struct stk_module *module;
	const char *path; /* as it was named */
	bool fixed;       /* linked to its address: it is loaded nowhere else */
	uint32_t own;     /* its module in the text's dump; STK_NONE: not made yet */
	uint64_t load;    /* bias in the report at hand; LOAD_UNKNOWN */
	struct map names; /* the text's interned name -> index into functions */
	struct exe_function *functions;
	size_t nfunctions, functions_cap;
	struct map sources; /* what was copied of it into the text's dump, by pointer */
};

struct stk_error *exe_open(struct exe *exe, const char *path, const struct stk_files *files,
			   const struct stk_want *want) STK_MUST;
void exe_close(struct exe *exe);

/* The pieces of the file that have its code, as the kernel maps them: whole pages at an address of the
 * file. Calls take() for each. */
void exe_code(const struct exe *exe, void (*take)(uint64_t start, uint64_t size, void *arg),
	      void *arg);

/* How sure it is that a module of the text is this file. */
enum exe_match {
	EXE_NO,
	EXE_OTHER_BUILD, /* the name is the same */
	EXE_NAME,        /* the name, and there is no build id to compare */
	EXE_BUILD,
};

enum exe_match exe_match(const struct exe *exe, const struct stk_module *module);
/* The function that the text has named, by its symbol where it is known. */
struct exe_function exe_function(struct exe *exe, const struct stk_loc *loc);

/* Sets exe->load of all files to where report number `report` of the list has them; LOAD_UNKNOWN
 * where it does not tell. loads_open() looks at all reports first: what one does not tell the
 * others may. */
struct reports {
	struct stk_report *list;
	uint32_t count;
};

struct loads;
struct loads *loads_open(struct builder *b, struct exe *exes, size_t nexes,
			 const struct reports *reports, const struct trace_mapping *mappings,
			 size_t nmappings, bool force);
void loads_use(struct loads *loads, uint32_t report);
void loads_close(struct loads *loads);

/* The pc of this frame is that of the call itself, not what it returns to. */
bool symbolize_is_exact(const struct builder *b, const struct stk_task *task,
			const struct stk_stack *stack, uint32_t at);

#endif
