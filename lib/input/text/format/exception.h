/* SPDX-License-Identifier: Apache-2.0 */
/* What the formats of languages with exceptions share: chains of them, of which one is the cause, and
 * lines of others between their frames. */
#ifndef INPUT_TEXT_FORMAT_EXCEPTION_H
#define INPUT_TEXT_FORMAT_EXCEPTION_H

#include "../text.h"

#define EXCEPTION_LINES 64 /* how many lines of a message are looked at for its end */
#define EXCEPTION_PARTS 4096

/* One of a chain, kept until it is known which of them counts. Zeroed: nothing is known of it. */
struct exception_part {
	struct slice head;          /* the line that introduces it; at NULL: none does */
	struct slice type, message; /* of its first line */
	char *more;                 /* the other lines of the message, malloc'ed; NULL: none */
	uint32_t *frames;           /* in the order of the text */
	size_t count, cap;
	uint32_t elided, elided_at; /* as those of struct stk_stack, in the order of the text */
	bool reversed;              /* the newest call stands last */
};

struct exception {
	struct exception_part *parts;
	size_t count, cap;
	size_t total;        /* frames of all of them */
	struct slice thread; /* its name; at NULL: unknown */
	uint64_t id;         /* of the thread; 0 unknown */
	const char *state;   /* in a string of the builder; NULL unknown */
	bool fatal;          /* nobody caught it: the program, or the thread, died of it */
	bool limited;        /* a bound was hit */
};

/* A new one at the end, valid until the next call; NULL when there are too many. `head` may be none. */
struct exception_part *exception_part(struct exception *e, struct slice head);
/* Frees what it holds; for those that are not emitted. */
void exception_deinit(struct exception *e);
void exception_frame(struct trace *t, struct exception *e, struct exception_part *part,
		     const struct trace_frame *frame);
/* A frame that is known; the last frame again. */
void exception_again(struct exception *e, struct exception_part *part, uint32_t id);
void exception_repeat(struct exception *e, struct exception_part *part, uint64_t times);
/* The outermost `count` frames of the part with index `from` (newest first, both) are those of this
 * one as well; where that has not as many, they are left out. */
void exception_share(struct exception *e, struct exception_part *part, size_t from, uint64_t count);
void exception_elided(struct exception_part *part, uint64_t count);
/* Another line of its message. */
void exception_more(struct exception_part *part, struct slice line);

/* Makes the tasks, `main` first, the title, and the cause; then frees what it holds. Nothing when there
 * are no parts. `line` is where the report begins, for notes. */
void exception_emit(struct trace *t, struct exception *e, size_t main, uint32_t line);
/* Title and cause alone: "TYPE: MESSAGE", of which either may be at NULL, and what else it said. */
void exception_cause(struct trace *t, struct slice type, struct slice message, const char *more,
		     bool fatal);

/* "TYPE: MESSAGE" or "TYPE", where type(s) holds of the type. */
bool exception_split(struct slice line, bool (*is_type)(struct slice s), struct slice *type,
		     struct slice *message);

/* Is the next line own(), or one a few lines further with none between that is a head()? The lines of
 * others are then passed. */
bool exception_goes_on(struct trace *t, bool (*own)(struct slice line),
		       bool (*head)(struct slice line));
/* Does the line above the next one look like the record of a logger (so that the exception was caught)? */
bool exception_is_logged(struct trace *t);

/* Letters, digits and `more`, at least one: a name, and nothing else. */
bool exception_is_name(struct slice s, const char *more);
size_t exception_name_size(struct slice s, const char *more);
/* Blanks at the start: a tab counts as one. */
size_t exception_indent(struct slice line);

#endif
