/* SPDX-License-Identifier: Apache-2.0 */
/* input/ - what the user named becomes a builder full of tasks. Binary targets go through
 * image/ and lang/; text traces are one file and one row each. */
#ifndef INPUT_H
#define INPUT_H

#include "../base/base.h"
#include "../cause/cause.h"
#include "../image/image.h"
#include "../lang/lang.h"
#include "../model/model.h"

/* ---- the table: what the user named is one of these ---- */

/* What is looked at to tell. */
struct input_head {
	const char *name;           /* as it was typed */
	const unsigned char *bytes; /* the first of the file, unpacked */
	size_t size;
};

struct input_request {
	const char *name;
	const struct stk_pause *pause;
	const struct stk_files *files;
	const struct stk_want *want;
};

enum input_verdict {
	INPUT_NO,
	INPUT_DAMAGED, /* what is left of one: build() says what is wrong, if no other row wants it */
	INPUT_MINE,    /* whatever build() says is the answer */
};

#define INPUT_BIT(kind) (1u << STK_TARGET_##kind)

/* A kind of target, or something that is taken for one. */
struct input {
	unsigned kinds;   /* 1 << enum stk_target_kind; 0: stk does not read it */
	const char *noun; /* "a core file": follows "it is " */
	enum input_verdict (*probe)(const struct input_head *head);
	struct stk_error *(*build)(const struct input_request *request, struct builder *b);
	enum stk_remedy remedy; /* what to do with it where it is not accepted */
};

/* The row of what is looked at; accept: 1 << enum stk_target_kind, of each that would do. */
const struct input *input_find(const struct input_head *head, unsigned accept);
/* Opens it as what it is, or says what it is. */
struct stk_error *input_build(const struct input_request *request, unsigned accept,
			      struct builder *b) STK_MUST;
struct stk_error *input_identify(const char *path, enum stk_target_kind *ret) STK_MUST;
/* A text in which nothing was found: what it is instead, where that is known. */
struct stk_error *input_explain(struct stk_error *err, const char *path);

/* ---- the kinds ---- */

struct stk_error *input_core(const char *path, const struct stk_files *files,
			     const struct stk_want *want, struct builder *b) STK_MUST;
struct stk_error *input_live(uint64_t pid, const struct stk_pause *pause,
			     const struct stk_files *files, const struct stk_want *want,
			     struct builder *b) STK_MUST;
struct stk_error *input_file(const char *exe, const uint64_t *addresses, size_t count,
			     const struct stk_files *files, const struct stk_want *want,
			     struct builder *b) STK_MUST;
struct stk_error *input_text(const char *const *paths, size_t npaths, const struct stk_files *files,
			     const struct stk_want *want, struct builder *b) STK_MUST;

#endif
