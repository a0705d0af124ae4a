/* analyze/ - passes over a dump: filter, group, runs of recursion, crash signature. They read
 * the public dump and write, if at all, through builder_derive(). They never print. */
#ifndef ANALYZE_H
#define ANALYZE_H

#include "../base/base.h"
#include "../model/model.h"

struct stk_error *analyze_filter(const struct stk_dump *dump, const struct stk_filter *filter,
				 struct builder *b) STK_MUST;
/* The tasks of all dumps in one, whose `compared` tells them apart. */
void analyze_merge(const struct stk_dump *const *dumps, size_t count, struct builder *b);
/* Fills group->counts and group->stuck, where the dump is such a one. */
void analyze_counts(const struct stk_dump *dump, struct stk_group *group, struct builder *b);
void analyze_group(const struct stk_dump *dump, enum stk_group_key key, struct builder *b);
/* Fills the cause's signatures from the stack of the task that crashed; nothing without one. */
void analyze_signature(struct builder *b);

#endif
