/* SPDX-License-Identifier: Apache-2.0 */
/* profile - a dump as pprof's message: tasks with equal stacks and labels are one sample. */
#ifndef OUTPUT_PROFILE_H
#define OUTPUT_PROFILE_H

#include "../../base/base.h"
#include "profile.pb-c.h"

struct profile;

struct profile *profile_open(const struct stk_dump *dump);
/* Valid until profile_close(). */
const Pprof__Profile *profile_message(const struct profile *profile);
void profile_close(struct profile *profile);

#endif
