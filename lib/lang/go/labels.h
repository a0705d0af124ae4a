/* SPDX-License-Identifier: Apache-2.0 */
/* Labels and ancestors of a goroutine. */
#ifndef LANG_GO_LABELS_H
#define LANG_GO_LABELS_H

#include "state.h"

/* While the target is stopped: labels and ancestors. */
void golabels_read(struct go *go, struct builder *b, const struct goruntime *rt,
		   const struct goroutine *g, struct stk_more *more);

#endif
