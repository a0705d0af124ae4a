/* SPDX-License-Identifier: Apache-2.0 */
#include "sched.h"

#include <stdlib.h>
#include <string.h>

#include "gather.h"

#define LIMIT_SLICE ((uint64_t)1 << 28)
#define LIMIT_STACK ((uint64_t)1 << 30)
#define SAMPLE 64

/* ---- is this a g? ---- */

/* What every release has at the same place: stack bounds, and sched.g, which points at the g
 * itself once it was parked. 0: no g; 1: may be one (dead, never run); 2: it is. */
static int looks_like_g(struct gomem *mem, uint64_t g)
{
	const unsigned char *bytes = g % 8 ? NULL : gomem_at(mem, g, 80);
	uint64_t lo, hi, self;

	if (!g || !bytes)
		return 0;
	lo = load64(bytes + GO_G_LO);
	hi = load64(bytes + GO_G_HI);
	self = load64(bytes + GO_G_SELF);
	if (self && self != g)
		return 0;
	if (lo || hi)
		return lo < hi && hi - lo <= LIMIT_STACK ? self ? 2 : 1 : 0;
	return 1;
}

/* ---- allgs ---- */

struct search {
	struct gomem *mem;
	const struct golayout *layout;
	uint64_t at, count; /* the best so far */
	uint64_t array;
	bool has_main;
};

/* Does the array hold distinct gs, about half of them parked once? *ret_main: goroutine 1 is
 * among the first. */
static bool is_allgs(const struct search *s, uint64_t array, uint64_t count, bool *ret_main)
{
	uint64_t sample = count < SAMPLE ? count : SAMPLE, i, g, before = 0, parked = 0, live = 0;
	bool has_main = false;

	for (i = 0; i < sample; i++, before = g) {
		int sure;

		if (!gomem_word(s->mem, array + i * 8, &g) || g == before)
			return false;
		sure = looks_like_g(s->mem, g);
		if (!sure)
			return false;
		parked += sure == 2;
		live += sure == 2 || gomem_word_or_0(s->mem, g);
		if (gomem_word_or_0(s->mem, g + s->layout->g.goid) == 1)
			has_main = true;
	}
	if (!parked || parked * 2 < live)
		return false;
	*ret_main = has_main;
	return true;
}

static bool look_for_allgs(void *arg, uint64_t addr, const unsigned char *bytes, size_t size)
{
	struct search *s = arg;
	uint64_t array, count, cap;
	bool has_main;
	size_t at;

	for (at = 0; at + 16 <= size; at += 8) {
		array = load64(bytes + at);
		count = load64(bytes + at + 8);
		if (!array || array % 8 || !count || count > LIMIT_SLICE)
			continue;
		cap = at + 24 <= size ? load64(bytes + at + 16)
				      : gomem_word_or_0(s->mem, addr + at + 16);
		if (cap < count || cap > LIMIT_SLICE || !is_allgs(s, array, count, &has_main))
			continue;
		if (has_main < s->has_main || (has_main == s->has_main && count <= s->count))
			continue;
		s->at = addr + at;
		s->array = array;
		s->count = count;
		s->has_main = has_main;
	}
	return false;
}

/* {pointer, length, capacity} in bss, by what it points at: needs neither symbols nor a version. */
static void find_allgs(struct goruntime *rt, struct search *s)
{
	const struct gomodules *g = rt->modules;

	if (g->bss < g->ebss && g->ebss - g->bss <= LIMIT_STACK)
		gomem_scan(s->mem, g->bss, g->ebss, look_for_allgs, s);
	if (!s->has_main && g->data < g->edata && g->edata - g->data <= LIMIT_STACK)
		gomem_scan(s->mem, g->data, g->edata, look_for_allgs, s);
	if (s->at)
		rt->allgs = s->at;
}

/* ---- the layout ---- */

static bool in_text(const struct goruntime *rt, uint64_t pc)
{
	return !pc || gomodules_at(rt->modules, pc);
}

/* Does this g, which is not dead, make sense under this layout? */
static bool fits(const struct goruntime *rt, struct gomem *mem, const struct golayout *l,
		 uint64_t g)
{
	uint64_t start = gomem_word_or_0(mem, g + l->g.startpc);

	return start && in_text(rt, start) && in_text(rt, gomem_word_or_0(mem, g + l->g.gopc)) &&
	       gomem_word_or_0(mem, g + l->g.goid) &&
	       gomem_u8_or_0(mem, g + l->g.waitreason) < l->nreasons;
}

/* How much sense the first gs make under this layout: the more of them live and fit, the better; a
 * wrong one may take all for dead. Goroutine 1 may be gone, and the callers from C fit nowhere. */
static int64_t fitness(const struct goruntime *rt, struct gomem *mem, const struct search *s,
		       const struct golayout *l)
{
	uint64_t sample = s->count < SAMPLE ? s->count : SAMPLE, i, g;
	int64_t score = 0;

	for (i = 0; i < sample; i++) {
		uint32_t status;

		g = gomem_word_or_0(mem, s->array + i * 8);
		status = gomem_u32_or_0(mem, g + l->g.status) & ~(uint32_t)GO_SCAN;
		if (status == GO_DEAD || status == GO_DEADEXTRA || status == GO_IDLE)
			continue;
		if (status > GO_DEADEXTRA || status == 5 || status == 7 || !fits(rt, mem, l, g))
			score--;
		else
			score += gomem_word_or_0(mem, g + l->g.goid) == 1 ? 3 : 2;
	}
	return score;
}

/* The version's layout; another one only where it fits better, said aloud. */
static void choose_layout(struct goruntime *rt, struct gomem *mem, struct search *s,
			  struct builder *b)
{
	struct golayout l;
	int64_t best = fitness(rt, mem, s, &rt->layout), score;
	unsigned wanted = rt->layout.minor, minor;

	for (minor = GO_NEWEST; minor >= GO_OLDEST; minor--) {
		golayout_init(&l, minor);
		score = fitness(rt, mem, s, &l);
		if (score > best) {
			best = score;
			rt->layout = l;
		}
	}
	if (rt->layout.minor == wanted)
		return;
	gomodules_relayout(rt->modules, mem, &rt->layout);
	builder_note(b, STK_NOTE_RUNTIME_FALLBACK, "Go",
		     "goroutines look as in Go 1.%u, not as in %s", rt->layout.minor,
		     rt->modules->own.version ? rt->modules->own.version
					      : "the version that was guessed");
}

/* ---- machines ---- */

static void read_stack(struct gomem *mem, uint64_t g, uint64_t *ret_lo, uint64_t *ret_hi)
{
	uint64_t bounds[2] = { 0, 0 };

	if (g)
		(void)gomem_get(mem, g, bounds, sizeof(bounds));
	*ret_lo = bounds[0];
	*ret_hi = bounds[1];
}

static const struct image_thread *thread_of(struct gomem *mem, uint64_t tid)
{
	uint32_t count, i;
	const struct image_thread *threads = image_threads(mem->image, &count);

	for (i = 0; i < count; i++)
		if (tid && threads[i].tid == tid)
			return &threads[i];
	return NULL;
}

/* Index of the M at this address, read when first seen; STK_NONE when it is none: an M knows
 * its g0, which knows it. */
static uint32_t machine_at(struct goruntime *rt, struct gomem *mem, uint64_t address)
{
	const struct golayout *l = &rt->layout;
	struct gomachine m = { .address = address };
	uint64_t known;

	if (!address)
		return STK_NONE;
	if (map_get(&rt->by_address, address, &known))
		return (uint32_t)known;
	m.g0 = gomem_word_or_0(mem, address + GO_M_G0);
	if (!m.g0 || gomem_word_or_0(mem, m.g0 + GO_G_M) != address ||
	    rt->nmachines >= LIMIT_THREADS) {
		map_put(&rt->by_address, address, STK_NONE);
		return STK_NONE;
	}
	m.gsignal = gomem_word_or_0(mem, address + l->m.gsignal);
	m.curg = gomem_word_or_0(mem, address + l->m.curg);
	m.caughtsig = gomem_word_or_0(mem, address + l->m.caughtsig);
	m.id = (int64_t)gomem_word_or_0(mem, address + l->m.id);
	m.throwing = (int32_t)gomem_u32_or_0(mem, address + l->m.throwing);
	m.dying = (int32_t)gomem_u32_or_0(mem, address + l->m.dying);
	m.incgo = gomem_u8_or_0(mem, address + l->m.incgo) == 1;
	m.thread = thread_of(mem, gomem_word_or_0(mem, address + l->m.procid));
	m.g0_sp = gomem_word_or_0(mem, m.g0 + GO_G_SP);
	read_stack(mem, m.g0, &m.g0_lo, &m.g0_hi);
	read_stack(mem, m.gsignal, &m.signal_lo, &m.signal_hi);
	rt->machines = grow(rt->machines, &rt->cap_machines, rt->nmachines + 1, sizeof(m));
	rt->machines[rt->nmachines] = m;
	map_put(&rt->by_address, address, rt->nmachines);
	if (m.thread)
		map_put(&rt->by_tid, m.thread->tid, rt->nmachines);
	return (uint32_t)rt->nmachines++;
}

/* The g that a thread has in its thread-local storage; 0. The usual places only: what is found
 * there must look like a g. */
static uint64_t tls_g(struct gomem *mem, const struct image_thread *thread)
{
	const struct arch *arch = image_arch(mem->image);
	bool arm = !strcmp(arch->name, "aarch64");
	unsigned g_reg = arm ? 28 : 14;
	uint64_t g = thread->tls ? gomem_word_or_0(mem, arm ? thread->tls + 16 : thread->tls - 8)
				 : 0;

	if (looks_like_g(mem, g))
		return g;
	/* Go code keeps it in a register. */
	return regs_known(&thread->regs, g_reg) && looks_like_g(mem, thread->regs.r[g_reg])
		       ? thread->regs.r[g_reg]
		       : 0;
}

/* Threads whose M has no goroutine now. */
static void read_idle_machines(struct goruntime *rt, struct gomem *mem)
{
	uint32_t count, i;
	const struct image_thread *threads = image_threads(mem->image, &count);
	uint64_t known, g;

	for (i = 0; i < count; i++) {
		if (map_get(&rt->by_tid, threads[i].tid, &known))
			continue;
		g = tls_g(mem, &threads[i]);
		if (g)
			(void)machine_at(rt, mem, gomem_word_or_0(mem, g + GO_G_M));
	}
}

/* A goroutine that ends is on its thread still while it is buried: nothing of it is worth a look, and
 * of a running program its stack was not copied. */
static void forget_dead(struct goruntime *rt, struct gomem *mem)
{
	uint32_t status;
	size_t i;

	for (i = 0; i < rt->nmachines; i++) {
		status = gomem_u32_or_0(mem, rt->machines[i].curg + rt->layout.g.status);
		if (rt->machines[i].curg && (status == GO_DEAD || status == GO_DEADEXTRA))
			rt->machines[i].curg = 0;
	}
}

/* ---- what the runtime says of itself ---- */

#define LIMIT_REASONS 256u /* a reason is a byte */
#define LEAST_REASONS 20u

/* The target's own words for why goroutines wait. What stands behind the table is never asked
 * for. */
static void read_reasons(struct goruntime *rt, struct gomem *mem, struct builder *b)
{
	const char *words[LIMIT_REASONS] = { "" };
	uint64_t table = rt->modules->own.reasons;
	unsigned n = 1;
	char *text;

	for (; table && n < LIMIT_REASONS; n++) {
		text = gomem_string(mem, table + n * 16, 64, NULL);
		words[n] = text && *text ? builder_str(b, text) : NULL;
		free(text);
		if (!words[n])
			break;
	}
	if (n < LEAST_REASONS)
		return;
	rt->layout.reasons = builder_array(b, words, n, sizeof(*words));
	rt->layout.nreasons = n;
}

/* ---- goroutines ---- */

/* The number of a synctest bubble: 1.24 takes its root goroutine's, later releases count. */
static uint64_t bubble_id(const struct goruntime *rt, struct gomem *mem, uint64_t bubble)
{
	const struct golayout *l = &rt->layout;
	uint64_t root;

	if (!bubble)
		return 0;
	if (l->bubble_id)
		return gomem_word_or_0(mem, bubble + l->bubble_id);
	root = gomem_word_or_0(mem, bubble + GO_BUBBLE_ROOT);
	return root ? gomem_word_or_0(mem, root + l->g.goid) : 0;
}

static bool read_goroutine(struct goruntime *rt, struct gomem *mem, uint64_t address,
			   struct goroutine *ret)
{
	const struct golayout *l = &rt->layout;
	const unsigned char *g = gomem_at(mem, address, l->g.size);
	uint64_t m, locked;
	uint32_t status;

	if (!g)
		return false;
	status = load32(g + l->g.status) & ~(uint32_t)GO_SCAN;
	if (status == GO_DEAD || status == GO_DEADEXTRA || status == GO_IDLE)
		return false;
	*ret = (struct goroutine){
		.address = address,
		.id = load64(g + l->g.goid),
		.parent = l->g.parent ? load64(g + l->g.parent) : 0,
		.gopc = load64(g + l->g.gopc),
		.startpc = load64(g + l->g.startpc),
		.lo = load64(g + GO_G_LO),
		.hi = load64(g + GO_G_HI),
		.pc = load64(g + GO_G_PC),
		.sp = load64(g + GO_G_SP),
		.lr = load64(g + l->g.lr),
		.syscallpc = load64(g + l->g.syscallpc),
		.syscallsp = load64(g + l->g.syscallsp),
		.waitsince = load64(g + l->g.waitsince),
		.waiting = load64(g + l->g.waiting),
		.bubble = l->g.bubble ? load64(g + l->g.bubble) : 0,
		.machine = STK_NONE,
		.status = load32(g + l->g.status),
		.reason = g[l->g.waitreason],
		.has_more = load64(g + l->g.labels) || load64(g + l->g.ancestors),
	};
	m = load64(g + GO_G_M);
	locked = load64(g + l->g.lockedm);
	/* g is not to be used from here on: other memory is read. */
	ret->bubble_id = bubble_id(rt, mem, ret->bubble);
	ret->locked = locked != 0;
	if (m || locked)
		ret->machine = machine_at(rt, mem, m ? m : locked);
	ret->on_thread = ret->machine != STK_NONE && rt->machines[ret->machine].thread &&
			 rt->machines[ret->machine].curg == address;
	return true;
}

/* Room is made for so many at once. */
#define MOST_AT_FIRST ((size_t)1 << 18)

/* What is missing, and why the first of it is. */
static void say_unreadable(const struct goruntime *rt, struct gomem *mem, const struct search *s,
			   uint64_t first, struct builder *b)
{
	enum stk_remedy remedy;
	const char *why = image_why_unreadable(mem->image, first, &remedy);

	builder_note_remedy(b, remedy, STK_NOTE_MEMORY_MISSING, "goroutines",
			    "%zu of %llu cannot be read: memory at 0x%llx %s", rt->unreadable,
			    (unsigned long long)s->count, (unsigned long long)first, why);
}

static void read_goroutines(struct goruntime *rt, struct gomem *mem, const struct search *s,
			    struct builder *b)
{
	size_t room = s->count < MOST_AT_FIRST ? (size_t)s->count + 1 : MOST_AT_FIRST;
	uint64_t i, g, first = 0;

	gogather_records(mem, s->array, s->count, rt->layout.g.size);
	rt->gs = xmalloc(room * sizeof(*rt->gs));
	for (i = 0; i < s->count; i++) {
		/* Cores may end before the array does, or its page may be missing. */
		if (!gomem_word(mem, s->array + i * 8, &g))
			g = 0;
		if (!looks_like_g(mem, g) || !gomem_at(mem, g, rt->layout.g.size)) {
			if (!rt->unreadable++)
				first = g ? g : s->array + i * 8;
			continue;
		}
		rt->gs = grow(rt->gs, &room, rt->count + 1, sizeof(*rt->gs));
		rt->count += read_goroutine(rt, mem, g, &rt->gs[rt->count]);
	}
	if (rt->unreadable)
		say_unreadable(rt, mem, s, first, b);
}

/* Of a goroutine: its record, and what is mostly in use of its stack. */
#define EXPECTED 1024

/* The list does not move, and what is in it now tells how much there will be to read. */
void gosched_expect(struct goruntime *rt, struct gomem *mem)
{
	struct search s = { .mem = mem, .layout = &rt->layout };

	golayout_init(&rt->layout, rt->modules->minor);
	find_allgs(rt, &s);
	rt->expected = (size_t)s.count;
	image_expect(mem->image, s.count * EXPECTED);
}

/* Of a live target it was there a moment ago. */
static void say_no_list(struct goruntime *rt, struct gomem *mem, struct builder *b)
{
	enum stk_remedy remedy;
	uint64_t at = rt->allgs, word;
	const char *why;

	rt->unreadable = rt->expected;
	if (gomem_word(mem, at, &word))
		at = word;
	if (rt->expected && !gomem_word(mem, at, &word)) {
		why = image_why_unreadable(mem->image, at, &remedy);
		builder_note_remedy(b, remedy, STK_NOTE_RUNTIME_UNREADABLE, "Go",
				    "the list of goroutines %s", why);
		return;
	}
	builder_note(b, STK_NOTE_RUNTIME_UNREADABLE, "Go",
		     "the list of goroutines was not found; those on threads are shown");
}

/* Where it was a moment ago, or else anywhere. */
static void find_again(struct goruntime *rt, struct search *s)
{
	uint64_t slice[2];

	if (rt->allgs && gomem_get(s->mem, rt->allgs, slice, sizeof(slice)) && slice[0] % 8 == 0 &&
	    slice[1] <= LIMIT_SLICE && is_allgs(s, slice[0], slice[1], &s->has_main)) {
		s->at = rt->allgs;
		s->array = slice[0];
		s->count = slice[1];
		return;
	}
	find_allgs(rt, s);
}

void gosched_read(struct goruntime *rt, struct gomem *mem, struct builder *b)
{
	struct search s = { .mem = mem, .layout = &rt->layout };

	golayout_init(&rt->layout, rt->modules->minor);
	find_again(rt, &s);
	if (!s.count) {
		say_no_list(rt, mem, b);
		read_idle_machines(rt, mem);
		return;
	}
	choose_layout(rt, mem, &s, b);
	read_reasons(rt, mem, b);
	rt->shows_labels = rt->modules->own.labels &&
			   gomem_u32_or_0(mem, rt->modules->own.labels) == 1;
	gomem_sparse(mem, true);
	read_goroutines(rt, mem, &s, b);
	gomem_sparse(mem, false);
	read_idle_machines(rt, mem);
	forget_dead(rt, mem);
}

struct exhausted {
	struct gomem *mem;
	const struct gomachine *m;
	uint64_t found;
};

static bool look_for_exhausted(void *arg, uint64_t addr, const unsigned char *bytes, size_t size)
{
	struct exhausted *s = arg;
	size_t at;

	(void)addr;
	for (at = 0; at + 8 <= size; at += 8) {
		uint64_t g = load64(bytes + at), lo, hi, sp;

		if (!g || g % 8 || g == s->m->g0 || g == s->m->curg || g == s->m->gsignal ||
		    looks_like_g(s->mem, g) != 2 ||
		    gomem_word_or_0(s->mem, g + GO_G_M) != s->m->address)
			continue;
		sp = gomem_word_or_0(s->mem, g + GO_G_SP);
		read_stack(s->mem, g, &lo, &hi);
		if (sp < lo || sp >= hi)
			continue;
		s->found = g;
		return true;
	}
	return false;
}

uint64_t gosched_exhausted_g0(const struct goruntime *rt, struct gomem *mem,
			      const struct gomachine *m)
{
	const struct gomodules *g = rt->modules;
	struct exhausted s = { .mem = mem, .m = m };

	if (g->bss < g->ebss && g->ebss - g->bss <= LIMIT_STACK)
		gomem_scan(mem, g->bss, g->ebss, look_for_exhausted, &s);
	return s.found;
}

void gosched_deinit(struct goruntime *rt)
{
	free(rt->gs);
	free(rt->stacks);
	free(rt->machines);
	map_deinit(&rt->by_address);
	map_deinit(&rt->by_tid);
	map_deinit(&rt->g_by_address);
}

struct gomachine *gosched_machine_of(const struct goruntime *rt, const struct image_thread *thread)
{
	uint64_t index;

	return thread && map_get(&rt->by_tid, thread->tid, &index) ? &rt->machines[index] : NULL;
}

struct goroutine *gosched_at(struct goruntime *rt, uint64_t address)
{
	uint64_t index;
	size_t i;

	if (!rt->g_by_address.count)
		for (i = 0; i < rt->count; i++)
			map_put(&rt->g_by_address, rt->gs[i].address, i);
	return map_get(&rt->g_by_address, address, &index) ? &rt->gs[index] : NULL;
}
