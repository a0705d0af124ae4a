/* SPDX-License-Identifier: Apache-2.0 */
/* stk's own JSON: what the readers of its parts share. json.c reads documents and lines,
 * task.c a task with its frames, value.c single values. */
#ifndef INPUT_STK_H
#define INPUT_STK_H

#include <jansson.h>

#include "pieces.h"
#include "../text/text.h"

/* An object that is put together, without its closing bracket. */
struct piece {
	char *bytes;
	size_t used, cap;
};

/* What a document's parts need of each other. */
struct reading {
	struct trace *t;
	uint32_t *modules;     /* the module of the dump by its index in the document */
	size_t nmodules, modules_cap;
	uint32_t remembered;   /* frames whose bytes are known */
	struct piece frame, detail, task;
	struct piece lines;    /* a value that came in lines */

	/* the document at hand */
	bool open;             /* its reports are to be made */
	bool ended;            /* its last line was there */
	bool reported;         /* it has reports */
	bool strange;          /* there was something else, too */
	uint32_t documents;    /* so far */
	uint32_t cut;          /* values without an end */
	uint32_t first;        /* task of it */
	uint32_t line;         /* where it begins */
	const char *title;
	json_t *reports, *spans;
	struct stk_target target;
};

/* A piece as jansson has it, texts as the target had them; NULL when it is no JSON. The caller drops
 * it with json_decref(). */
json_t *json_parse(struct slice piece);

/* Members of an object; strings are the dump's. */
const char *text_of(struct trace *t, const json_t *object, const char *key);
const char *text_or_empty(struct trace *t, const json_t *object, const char *key);
struct slice slice_of(const json_t *object, const char *key);
/* A number, or hex in a string; `otherwise` when it is neither. */
uint64_t number_of(const json_t *object, const char *key, uint64_t otherwise);
uint32_t small_of(const json_t *object, const char *key);
bool flag_of(const json_t *object, const char *key);
/* The place of a word in a list that ends with NULL; 0 when it is not there. */
unsigned word_of(const json_t *object, const char *key, const char *const *words);

void read_regs(struct trace *t, const json_t *object, const struct stk_reg **ret,
	       uint32_t *ret_count);
/* Takes a task off; false when it is none, or cut. */
bool read_task(struct reading *r, struct slice *rest);

#endif
