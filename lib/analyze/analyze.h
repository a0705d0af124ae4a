/* SPDX-License-Identifier: Apache-2.0 */
/* analyze/ - passes over a dump: filter, group, runs of recursion, crash signature. They read
 * the public dump and write, if at all, through builder_derive(). They never print. */
#ifndef ANALYZE_H
#define ANALYZE_H

#include "../base/base.h"
#include "../model/model.h"
#include "../origin/origin.h"

struct stk_error *analyze_filter(const struct stk_dump *dump, const struct stk_filter *filter,
				 struct builder *b) STK_MUST;
/* The tasks of all dumps in one, whose `compared` tells them apart. */
void analyze_merge(const struct stk_dump *const *dumps, size_t count, struct builder *b);
/* Fills group->counts and group->stuck, where the dump is such a one. */
void analyze_counts(const struct stk_dump *dump, struct stk_group *group, struct builder *b);
/* Does one of the dumps that are compared not tell the states of goroutines, though others do? */
bool analyze_stateless(const struct stk_dump *dump);
/* Of the groups 0 .. ngroups that numbers[] gives the tasks of compared dumps, those become one that
 * stand for each other in different dumps: the same code of the user's, below another release of the
 * language's library. numbers[] are then those of the first. */
void analyze_join(const struct stk_dump *dump, enum stk_group_key key, uint32_t *numbers,
		  uint32_t ngroups, bool stateless);
void analyze_group(const struct stk_dump *dump, enum stk_group_key key, struct builder *b);
/* Who waits for whom: fills the verdicts and objects from the waits of all tasks. Of a merged dump tasks
 * may wait for those of another. */
void analyze_waits(struct builder *b);
/* Fills the cause's signatures from the stack of the task that crashed; nothing without one. */
void analyze_signature(struct builder *b);

#endif
