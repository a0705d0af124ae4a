/* SPDX-License-Identifier: Apache-2.0 */
/* several - a command for each of many cores: a document each, in the order in which they were named. */
#ifndef SEVERAL_H
#define SEVERAL_H

#include "opt.h"

/* Calls one() with [EXE] CORE for each core; among the arguments there may be one program, which is that of
 * all of them. The worst of their exit statuses: failed, then --fail-on, then partial. */
int several_run(struct options *o, int argc, char **argv,
		int (*one)(struct options *o, int argc, char **argv));

#endif
