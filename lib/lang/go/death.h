/* SPDX-License-Identifier: Apache-2.0 */
/* What a Go program died of, and which goroutine is to blame. */
#ifndef LANG_GO_DEATH_H
#define LANG_GO_DEATH_H

#include "state.h"

/* While the target is stopped: what it died of goes to the cause. */
void godeath_capture(struct go *go, struct capture *c);
/* When all tasks are built: the culprit is marked, and put first. */
void godeath_blame(struct go *go, struct capture *c);

#endif
