/* SPDX-License-Identifier: Apache-2.0 */
/* output/ - a dump becomes bytes. Reads only the public dump; never the builder, never an
 * input. To add a format: one file with `const struct output`, one row in output.c. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "../base/base.h"

struct output {
	struct stk_format format;
	/* false in `format.name` of tables such as "threads": not listed by stk_formats() */
	bool listed;
	void (*write)(const struct stk_dump *dump, const struct stk_style *style, struct out *out);
};

/* NULL when there is none of that name. */
const struct output *output_find(const char *name);

#endif
