/* SPDX-License-Identifier: Apache-2.0 */
/* model/ - the dump and its builder, which is the only writer of it.
 *
 * Everything that a builder hands out or takes lives in the dump's arena. The builder interns:
 * strings, locations, frames and stacks that are equal get the same pointer or index, so that
 * every analysis is a pass over integers. */
#ifndef MODEL_H
#define MODEL_H

#include "../base/base.h"
#include "words.h"

struct builder;

struct builder *builder_open(void);
/* Drops a builder that is not finished (and what it was to keep). NULL is fine. */
void builder_close(struct builder *b);
/* Forgets everything: for an input that has to begin again. */
void builder_reset(struct builder *b);
/* Freezes: sorts nothing, copies nothing large. The builder is gone, the dump is the caller's. */
struct stk_dump *builder_finish(struct builder *b);

/* Interned copies. builder_str(b, NULL) is NULL. */
const char *builder_str(struct builder *b, const char *s);
const char *builder_strn(struct builder *b, const char *s, size_t size);
const char *builder_fmt(struct builder *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* An interned copy of any bytes: padding counts, it is to be zero. */
const void *builder_interned(struct builder *b, const void *bytes, size_t size);
/* Memory of the dump: zeroed, and a copy of count elements (NULL when count is 0). */
void *builder_alloc(struct builder *b, size_t size);
const void *builder_array(struct builder *b, const void *elements, size_t count, size_t element);

/* Indices of interned values. All strings in them must be strings of this builder (or NULL). Whose code
 * a frame is in (STK_FRAME_LIBRARY and what follows it) is found here, whatever its flags say: its
 * module is to be there before it. */
uint32_t builder_loc(struct builder *b, const struct stk_loc *loc);
uint32_t builder_frame(struct builder *b, const struct stk_frame *frame);
uint32_t builder_stack(struct builder *b, const struct stk_stack *stack);

/* A new task at the end: zeroed but for more (empty), creator and wait_ns (unknown).
 * The pointer is valid until the next call. */
struct stk_task *builder_task(struct builder *b);
uint32_t builder_module(struct builder *b, const struct stk_module *module);
/* For what is learnt late (debug file found at first use). */
struct stk_module *builder_module_at(struct builder *b, uint32_t module);
void builder_report(struct builder *b, const struct stk_report *report);
void builder_span(struct builder *b, const struct stk_span *span);
void builder_verdict(struct builder *b, const struct stk_verdict *verdict);
void builder_object(struct builder *b, const struct stk_object *object);
/* Has the input said who waits for whom? */
bool builder_has_graph(const struct builder *b);
void builder_fact(struct builder *b, const char *section, const char *key, const char *value);
void builder_statement(struct builder *b, const char *text, const char *basis);
/* The same note (code, subject, text) is kept once. */
void builder_note(struct builder *b, enum stk_note_code code, const char *subject,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same with what helps. */
void builder_note_remedy(struct builder *b, enum stk_remedy remedy, enum stk_note_code code,
			 const char *subject, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Written in place; strings must be the builder's. */
struct stk_target *builder_target(struct builder *b);
struct stk_cause *builder_cause(struct builder *b);
/* How far it is, for readers that go on from another's result. */
uint32_t builder_ntasks(const struct builder *b);
struct stk_task *builder_task_at(struct builder *b, uint32_t task);
const struct stk_frame *builder_frame_at(const struct builder *b, uint32_t frame);
const struct stk_loc *builder_loc_at(const struct builder *b, uint32_t loc);
const struct stk_stack *builder_stack_at(const struct builder *b, uint32_t stack);
uint32_t builder_nmodules(const struct builder *b);
uint32_t builder_ncompared(const struct builder *b);
const struct stk_compared *builder_compared_at(const struct builder *b, uint32_t part);
uint32_t builder_nreports(const struct builder *b);
const struct stk_report *builder_report_at(const struct builder *b, uint32_t report);
/* Moves the task to the front; the order of the others stays. */
void builder_put_first(struct builder *b, uint32_t task);

/* release(arg) is called by stk_free(), in reverse order: for mapped inputs. */
void builder_keep(struct builder *b, void (*release)(void *arg), void *arg);

/* A builder whose dump borrows from `dump`: its strings, locations, frames, stacks, modules,
 * notes and so on keep their indices; tasks, groups, reports and spans start empty. */
struct builder *builder_derive(const struct stk_dump *dump);
/* The tasks of the borrowed dump are those of this one as they are; none may be added. */
void builder_borrow_tasks(struct builder *b, const struct stk_dump *dump);
void builder_compared(struct builder *b, const struct stk_compared *compared, uint32_t count);
void builder_groups(struct builder *b, const struct stk_group *groups, uint32_t count);

#endif
