/* SPDX-License-Identifier: Apache-2.0 */
/* cause/ - why the target died, in words: what the instruction did, what is at the address, what the
 * runtime libraries left behind. It knows no language: that is for lang/. */
#ifndef CAUSE_H
#define CAUSE_H

#include "../base/base.h"
#include "../image/image.h"
#include "../lang/lang.h"
#include "../model/model.h"
#include "../sym/sym.h"

/* Adds to the builder's cause why the target died; after lang_build(). */
void cause_explain(struct capture *c, struct symbols *symbols);

#endif
