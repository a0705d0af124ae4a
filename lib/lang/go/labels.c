/* SPDX-License-Identifier: Apache-2.0 */
/* The rarer parts of a goroutine: labels (pprof.Do), and the stacks of those that led to it
 * (GODEBUG=tracebackancestors). */
#include "labels.h"

#include <stdlib.h>
#include <string.h>

#include "sym.h"
#include "task.h"

#define LIMIT_LABELS 1000u
#define LIMIT_ANCESTORS 1000u
#define LIMIT_PCS 100000u

struct labels {
	struct go *go;
	struct builder *b;
	struct stk_label items[LIMIT_LABELS];
	uint32_t count;
};

static const char *interned(struct labels *l, uint64_t string)
{
	char *text = gomem_string(&l->go->mem, string, LIMIT_STRING, NULL);
	const char *kept = builder_str(l->b, text);

	free(text);
	return kept;
}

static void add_label(struct labels *l, uint64_t key, uint64_t value)
{
	struct stk_label label = { interned(l, key), interned(l, value) };

	if (label.key && label.value && l->count < LIMIT_LABELS)
		l->items[l->count++] = label;
}

/* Since 1.24: a slice of {key, value}. */
static void read_list(struct labels *l, uint64_t slice)
{
	uint64_t at = gomem_word_or_0(&l->go->mem, slice), i;
	uint64_t count = gomem_word_or_0(&l->go->mem, slice + 8);

	for (i = 0; i < count && i < LIMIT_LABELS; i++)
		add_label(l, at + i * 32, at + i * 32 + 16);
}

/* Until 1.23: a map, whose buckets hold 8 hashes, keys, values and the next bucket
 * (src/runtime/map.go); a hash below 5 marks an empty place. */
static void read_map(struct labels *l, uint64_t map)
{
	uint64_t buckets = gomem_word_or_0(&l->go->mem, map + 16), bucket, at;
	unsigned shift = gomem_u8_or_0(&l->go->mem, map + 9), i, left = LIMIT_LABELS;

	for (bucket = 0; shift < 16 && bucket < UINT64_C(1) << shift; bucket++)
		for (at = buckets + bucket * 272; at && left; left--) {
			for (i = 0; i < 8; i++)
				if (gomem_u8_or_0(&l->go->mem, at + i) >= 5)
					add_label(l, at + 8 + i * 16, at + 136 + i * 16);
			at = gomem_word_or_0(&l->go->mem, at + 264);
		}
}

static int by_key(const void *a, const void *b)
{
	const struct stk_label *x = a, *y = b;

	return strcmp(x->key, y->key);
}

static void read_labels(struct go *go, struct builder *b, const struct goruntime *rt, uint64_t at,
			struct stk_more *more)
{
	struct labels l = { .go = go, .b = b };

	if (rt->layout.minor >= 24)
		read_list(&l, at);
	else
		read_map(&l, gomem_word_or_0(&go->mem, at));
	if (!l.count)
		return;
	qsort(l.items, l.count, sizeof(*l.items), by_key);
	more->labels = builder_array(b, l.items, l.count, sizeof(*l.items));
	more->nlabels = l.count;
}

/* ---- ancestors ---- */

/* One frame for each pc, the innermost function at it; it is hidden as the function is that the
 * code belongs to, as printAncestorTraceback() has it. */
static uint32_t ancestor_frame(struct go *go, struct builder *b, unsigned minor, uint64_t pc,
			       bool first)
{
	const struct gocode *code = gocode_at(&go->code, go->modules, go->count, pc);
	struct raw_frame raw = { .pc = pc,
				 .flags = STK_FRAME_ACTIVATION,
				 .how = STK_HOW_GOPCLNTAB };
	uint32_t ids[LIMIT_INLINE_DEPTH];
	struct stk_frame frame;
	struct stk_loc loc;

	gosym_frames(go, b, &raw, ids);
	frame = *builder_frame_at(b, ids[0]);
	loc = *builder_loc_at(b, frame.loc);
	loc.inlined = false;
	frame.loc = builder_loc(b, &loc);
	frame.how = STK_HOW_GOPCLNTAB;
	if (code && !gosym_shows(code, first, minor))
		frame.flags |= STK_FRAME_RUNTIME;
	return builder_frame(b, &frame);
}

static uint32_t ancestor_stack(struct go *go, struct builder *b, unsigned minor, uint64_t pcs,
			       uint64_t count)
{
	size_t n = count < LIMIT_PCS ? (size_t)count : LIMIT_PCS, i;
	uint32_t *ids = xmalloc((n + 1) * sizeof(*ids)), id;
	struct stk_stack stack = { .frames = ids, .end = STK_END_ROOT };
	uint64_t pc;

	for (i = 0; i < n && gomem_word(&go->mem, pcs + i * 8, &pc); i++)
		ids[stack.count++] = ancestor_frame(go, b, minor, pc, !i);
	/* So many are kept, and that there were more is said of all that are as long. */
	if (n == (minor <= 20 ? 100 : 50)) {
		stack.elided = STK_NONE;
		stack.elided_at = stack.count;
	}
	id = builder_stack(b, &stack);
	free(ids);
	return id;
}

static void read_ancestors(struct go *go, struct builder *b, const struct goruntime *rt,
			   uint64_t slice, struct stk_more *more)
{
	uint64_t at = gomem_word_or_0(&go->mem, slice), info[5];
	uint64_t count = gomem_word_or_0(&go->mem, slice + 8), i;
	struct stk_ancestor *ancestors;

	if (!count || count > LIMIT_ANCESTORS)
		return;
	ancestors = builder_alloc(b, (size_t)count * sizeof(*ancestors));
	/* {pcs, goid, gopc} */
	for (i = 0; i < count && gomem_get(&go->mem, at + i * sizeof(info), info, sizeof(info));
	     i++)
		ancestors[i] = (struct stk_ancestor){
			info[3],
			ancestor_stack(go, b, rt->layout.minor, info[0], info[1]),
			gotask_creator(go, rt, b, info[4]),
		};
	more->ancestors = ancestors;
	more->nancestors = (uint32_t)i;
}

void golabels_read(struct go *go, struct builder *b, const struct goruntime *rt,
		   const struct goroutine *g, struct stk_more *more)
{
	uint64_t labels = gomem_word_or_0(&go->mem, g->address + rt->layout.g.labels);
	uint64_t ancestors = gomem_word_or_0(&go->mem, g->address + rt->layout.g.ancestors);

	if (labels)
		read_labels(go, b, rt, labels, more);
	if (ancestors)
		read_ancestors(go, b, rt, ancestors, more);
}
