/* SPDX-License-Identifier: Apache-2.0 */
/* Goroutines become tasks with stacks. */
#ifndef LANG_GO_WALK_H
#define LANG_GO_WALK_H

#include "state.h"

void gowalk_tasks(struct go *go, struct capture *c);
/* Those of a live target of which everything has been copied: when it runs again. */
void gowalk_rest(struct go *go, struct capture *c);

#endif
