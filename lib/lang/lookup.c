/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of a file that nobody runs: by its debug information and symbols, and where these say
 * nothing by the tables that a runtime carries along for itself. */
#include "rows.h"

#include <stdlib.h>

struct lookup {
	struct capture c;
	struct symbols *symbols;
	uint32_t room[LIMIT_INLINE_DEPTH];
};

struct lookup *lookup_open(struct image *image, struct builder *b, struct symbols *symbols)
{
	static const struct stk_want nothing;
	struct lookup *l = xcalloc(1, sizeof(*l));
	unsigned i;

	l->c.image = image;
	l->c.b = b;
	l->c.want = &nothing;
	l->symbols = symbols;
	/* where the tables are stands in variables that never change */
	image_read_late(image, true);
	for (i = 0; i < nlangs; i++)
		if (langs[i]->owns && langs[i]->symbolize)
			l->c.states[i] = langs[i]->detect(&l->c);
	image_read_late(image, false);
	return l;
}

void lookup_close(struct lookup *l)
{
	unsigned i;

	for (i = 0; i < nlangs; i++)
		if (l->c.states[i])
			langs[i]->close(l->c.states[i]);
	free(l);
}

size_t lookup_frames(struct lookup *l, uint64_t pc, unsigned flags, enum stk_how how,
		     const uint32_t **ret)
{
	struct raw_frame raw = { .pc = pc, .how = (uint8_t)how, .flags = (uint8_t)flags };
	size_t count = symbols_frames(l->symbols, pc, flags, how, ret);
	const struct stk_loc *loc =
		builder_loc_at(l->c.b, builder_frame_at(l->c.b, (*ret)[count - 1])->loc);
	unsigned i;

	for (i = 0; i < nlangs && (!loc->func || !loc->file); i++) {
		if (!l->c.states[i] || !langs[i]->owns(l->c.states[i], pc))
			continue;
		*ret = l->room;
		return langs[i]->symbolize(l->c.states[i], l->c.b, NULL, &raw, l->room);
	}
	return count;
}

bool lookup_find(struct lookup *l, const char *name, uint64_t *ret_addr, uint64_t *ret_size)
{
	unsigned i;

	if (symbols_find(l->symbols, 0, name, ret_addr, ret_size))
		return true;
	for (i = 0; i < nlangs; i++)
		if (l->c.states[i] && langs[i]->find &&
		    langs[i]->find(l->c.states[i], name, ret_addr, ret_size))
			return true;
	return false;
}
