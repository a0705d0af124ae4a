/* SPDX-License-Identifier: Apache-2.0 */
/* stk's own JSON: what the readers of its parts share. json.c reads documents and lines,
 * head.c what they say of the whole, task.c a task with its frames, value.c single values; check.c
 * holds them against what stk-json(5) promises. */
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
	uint32_t *modules; /* the module of the dump by its index in the document */
	size_t nmodules, modules_cap;
	uint32_t remembered; /* frames whose bytes are known */
	struct piece frame, detail, task;
	struct piece lines; /* a value that came in lines */

	/* the document at hand */
	bool open;          /* its reports are to be made */
	bool ended;         /* its last line was there */
	bool incomplete;    /* it says so itself */
	bool lost;          /* a note says what */
	bool reported;      /* it has reports */
	bool strange;       /* there was something else, too */
	uint32_t documents; /* so far */
	uint32_t cut;       /* values without an end */
	uint32_t doubts;    /* words and members that are not as they should be */
	bool refused;       /* what follows is of a document of another version */
	uint32_t first;     /* task of it */
	uint32_t line;      /* where it begins */
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

/* ---- check.c ---- */

/* A note of loss: this is not as stk-json(5) says. */
void read_doubt(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The row of the word that the member is; NULL when it is missing, or unknown, which makes a note. */
const struct word *word_of(struct reading *r, const json_t *object, const char *key,
			   const struct word_list *words);
/* Of members that are flags, those that are true. */
unsigned flags_of(const json_t *object, const struct word_list *words);

/* What a member may be. */
/* clang-format off */
enum {
	TEXT = 1, NUMBER = 2, HEX = 4, BOOL = 8, LIST = 16, OBJECT = 32, OR_NULL = 64,
	INT = 128,    /* a number that may be negative */
	NEEDED = 256, /* it is always there */
};
/* clang-format on */

struct member {
	const char *name;
	unsigned type;
	uint64_t max; /* of a number; 0: any */
};

/* `members` ends with a NULL name; others may be there, they are a later version's. */
void check_members(struct reading *r, const char *what, const json_t *object,
		   const struct member *members);
/* An object of which all members are texts, or numbers. */
void check_texts(struct reading *r, const char *what, json_t *object, bool hex);

/* ---- head.c: a part of a document each ---- */

void read_target(struct reading *r, const json_t *object);
void read_cause(struct reading *r, const json_t *object);
void read_facts(struct reading *r, const json_t *facts);
void read_modules(struct reading *r, const json_t *modules);
void read_notes(struct reading *r, const json_t *notes);
/* They say which of the tasks are theirs: after those. */
void read_reports(struct reading *r, const json_t *reports);
void read_spans(struct reading *r, const json_t *spans);

/* ---- graph.c: who waits for whom ---- */

void read_verdicts(struct reading *r, const json_t *verdicts);
void read_objects(struct reading *r, const json_t *objects);

/* ---- task.c ---- */

void read_regs(struct reading *r, const json_t *object, const struct stk_reg **ret,
	       uint32_t *ret_count);
/* Takes a task off; false when it is none, or cut. */
bool read_task(struct reading *r, struct slice *rest);

#endif
