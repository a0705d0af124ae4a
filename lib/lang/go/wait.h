/* SPDX-License-Identifier: Apache-2.0 */
/* What a goroutine waits for. */
#ifndef LANG_GO_WAIT_H
#define LANG_GO_WAIT_H

#include "state.h"

/* While the target is stopped: what the task's goroutine waits for. shift: how much higher its frames
 * are than those of its stack (goknownstack_find). true: nobody was seen before that waits for the same. */
bool gowait_read(struct go *go, struct capture *c, const struct raw_task *task, uint64_t shift,
		 struct stk_more *more);
/* While the target is stopped: reads what gowait_read() will need of this goroutine when it runs again.
 * false: that is not known before its stack is walked. */
bool gowait_foresee(struct go *go, struct capture *c, struct goroutine *g);
void gowait_deinit(struct go *go);

#endif
