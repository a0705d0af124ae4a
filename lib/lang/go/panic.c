/* SPDX-License-Identifier: Apache-2.0 */
#include "panic.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "type.h"

#define LIMIT_PANICS 1000u

struct gopanic {
	uint64_t type, data;
	bool recovered, goexit, repanicked;
};

/* Newest first; how many. */
static size_t read_panics(const struct goruntime *rt, struct gomem *mem, uint64_t g,
			  struct gopanic *ret)
{
	const struct golayout *l = &rt->layout;
	uint64_t at = gomem_word_or_0(mem, g + GO_G_PANIC);
	size_t n = 0;

	for (; at && n < LIMIT_PANICS; at = gomem_word_or_0(mem, at + l->panic.link))
		ret[n++] = (struct gopanic){
			.type = gomem_word_or_0(mem, at + l->panic.arg),
			.data = gomem_word_or_0(mem, at + l->panic.arg + 8),
			.recovered = gomem_u8_or_0(mem, at + l->panic.recovered) == 1,
			.goexit = gomem_u8_or_0(mem, at + l->panic.goexit) == 1,
			.repanicked = l->panic.repanicked &&
				      gomem_u8_or_0(mem, at + l->panic.repanicked) == 1,
		};
	return n;
}

bool gopanic_print(const struct goruntime *rt, struct gomem *mem, uint64_t g, struct out *out)
{
	size_t before = out->used;
	struct gopanic *panics = xmalloc(LIMIT_PANICS * sizeof(*panics));
	size_t n = read_panics(rt, mem, g, panics);

	while (n--) {
		const struct gopanic *p = &panics[n];
		char *value;

		/* Raised again with the same value: the older one says so already. */
		if (p->goexit || (n + 1 < LIMIT_PANICS && out->used > before && p[1].repanicked))
			continue;
		value = gotype_value(rt->modules, mem, p->type, p->data);
		out_str(out, out->used > before ? "\tpanic: " : "panic: ");
		out_str(out, value);
		free(value);
		/* 1.25 said so too where nothing was recovered. */
		if (p->repanicked && (p->recovered || rt->layout.minor == 25))
			out_str(out, " [recovered, repanicked]");
		else if (p->recovered)
			out_str(out, " [recovered]");
		out_char(out, '\n');
	}
	free(panics);
	return out->used > before;
}
