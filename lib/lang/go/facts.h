/* SPDX-License-Identifier: Apache-2.0 */
/* What stk info says of a Go program. */
#ifndef LANG_GO_FACTS_H
#define LANG_GO_FACTS_H

#include "state.h"

void gofacts_add(struct go *go, struct builder *b);

#endif
