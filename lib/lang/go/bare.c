/* SPDX-License-Identifier: Apache-2.0 */
#include "bare.h"

#include <string.h>

#include "go.h"

/* ---- moduledata ---- */

/* Bytes between the table's header and its first part: fields of the header, rounded up by the
 * linkers that align its parts. */
enum { HEADER_17 = 0x40, HEADER_18 = 0x60, HEADER_26 = 0x48 };

/* The table and its parts one after the other, the last one twice (functions and what they point
 * at begin together), then the code, then data: each a slice or a pair of addresses. */
static bool is_moduledata(const unsigned char *bytes)
{
	static const uint8_t parts[] = { 4, 7, 10, 13 };
	uint64_t w[32], first;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(w); i++)
		w[i] = load64(bytes + i * 8);
	first = w[1] - w[0];
	if (!w[0] || (first != HEADER_17 && first != HEADER_18 && first != HEADER_26) || w[13] != w[16])
		return false;
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (w[parts[i]] <= w[parts[i] - 3] || w[parts[i]] - w[0] > (uint64_t)1 << 30)
			return false;
	for (i = 1; i <= 16; i += 3)
		if (!w[i + 1] || w[i + 1] > w[i + 2] || w[i + 2] > (uint64_t)1 << 32)
			return false;
	/* minpc, maxpc, text, etext; then pairs of data and bss, which may be empty. */
	return w[20] < w[21] && w[22] <= w[20] && w[22] < w[23] && w[24] <= w[25] && w[26] <= w[27] &&
	       w[28] <= w[29] && w[30] <= w[31] && w[26];
}

bool gobare_is(struct gomem *mem, uint64_t md)
{
	const unsigned char *bytes = gomem_at(mem, md, 256);

	return bytes && is_moduledata(bytes);
}

struct search {
	struct gomem *mem;
	uint64_t found;
};

static bool look(void *arg, uint64_t addr, const unsigned char *bytes, size_t size)
{
	struct search *s = arg;
	size_t at;

	for (at = 0; at + 24 <= size; at += 8) {
		uint64_t first = load64(bytes + at + 8) - load64(bytes + at);

		/* Cheap first: this is asked of every word. */
		if (first > HEADER_18 || first < HEADER_17)
			continue;
		if (gobare_is(s->mem, addr + at)) {
			s->found = addr + at;
			return true;
		}
	}
	return false;
}

uint64_t gobare_find(struct gomem *mem, uint64_t start, uint64_t end)
{
	struct search s = { .mem = mem };
	uint32_t count, i;
	const struct image_range *ranges = image_ranges(mem->image, &count);

	/* Of what could be written: relocated, it may be read-only by now. */
	for (i = 0; i < count && !s.found; i++)
		if (ranges[i].start >= start && ranges[i].start < end && !ranges[i].executable)
			gomem_scan(mem, ranges[i].start, ranges[i].end, look, &s);
	return s.found;
}

unsigned gobare_minor(struct gomem *mem, uint64_t md)
{
	uint64_t first = gomem_word_or_0(mem, md + 8) - gomem_word_or_0(mem, md);

	if (first == HEADER_17)
		return 17;
	/* From 1.27 on etypes is a length. */
	if (first == HEADER_26)
		return gomem_word_or_0(mem, md + 304) < gomem_word_or_0(mem, md + 296) ? 27 : 26;
	/* covctrs came with 1.20, and stands at the end of noptrbss. */
	return gomem_word_or_0(mem, md + 256) == gomem_word_or_0(mem, md + GO_MD_ENOPTRBSS) ? 22 : 19;
}

/* ---- stacks ---- */

enum { AMD64_RCX = 2, AMD64_RBP = 6, ARM64_FP = 29 };

struct bounds {
	uint64_t lo, hi;
};

struct bare_walk {
	struct go *go;
	struct unwind *u;
	unsigned fp;
	struct bounds own;      /* the goroutine's stack: the task's, else the one that its M runs */
	struct bounds others[2]; /* of its M */
};

static bool is_on(const struct bounds *stack, uint64_t sp)
{
	return sp >= stack->lo && sp < stack->hi;
}

/* A thread of C's begins in frames above what Go takes for its stack (mstart0() of proc.go). */
#define ABOVE 1024u

/* May a frame at sp have been called from one at fp? From the system stack, from above or from the
 * goroutine whose work it does; an M that does none has the frame pointer of one that it left. */
static bool leads_to(const struct bare_walk *w, uint64_t sp, uint64_t fp)
{
	size_t i;

	if (is_on(&w->own, fp))
		return fp >= sp || !is_on(&w->own, sp);
	/* cgocallback was called on the system stack. */
	if (is_on(&w->own, sp))
		return is_on(&w->others[0], fp);
	for (i = 0; i < ARRAY_SIZE(w->others); i++)
		if (is_on(&w->others[i], sp))
			return fp >= sp && fp < w->others[i].hi + ABOVE;
	return fp >= sp;
}

static bool is_bare(const struct bare_walk *w, uint64_t pc)
{
	const struct gocode *code = gocode_at(&w->go->code, w->go->modules, w->go->count, pc);

	return code && code->kind == GOCODE_BARE;
}

/* amd64: is this the ucontext that the kernel pushed? The handler returned to the trampoline above
 * it, whose code is not at hand. */
static bool is_context(const struct bare_walk *w, uint64_t at)
{
	const unsigned char *c = w->go->arm ? NULL : gomem_at(&w->go->mem, at, 192);

	/* uc_flags, uc_link, rflags, and the selector of 64-bit user code */
	return c && load64(c) < 64 && !load64(c + 8) && load64(c + 168) && load64(c + 176) & 2 &&
	       load64(c + 176) < 1 << 22 && (load64(c + 184) & 0xffff) == 0x33;
}

static void set_frame(struct bare_walk *w, uint64_t pc, uint64_t sp, uint64_t fp)
{
	struct image_regs *regs = &w->u->regs;

	memset(regs->known, 0, sizeof(regs->known));
	regs->pc = pc;
	regs_set(regs, w->go->sp, sp);
	regs_set(regs, w->fp, fp);
	w->u->activation = false;
}

/* Functions that make system calls have no frame: their caller's address is at the top of the
 * stack. The instruction, of two bytes, leaves the pc in rcx; one that is to be made again is in
 * front of it. */
static bool leave_system_call(struct bare_walk *w)
{
	struct image_regs *regs = &w->u->regs;
	uint64_t sp = regs->r[w->go->sp], back, after;

	if (w->go->arm || !w->u->activation || !regs_known(regs, AMD64_RCX))
		return false;
	after = regs->r[AMD64_RCX] - regs->pc;
	if ((after && after != 2) || !gomem_word(&w->go->mem, sp, &back) ||
	    !is_bare(w, back))
		return false;
	set_frame(w, back, sp + 8, regs->r[w->fp]);
	return true;
}

static enum unwind_result step(struct bare_walk *w)
{
	struct unwind *u = w->u;
	uint64_t sp = u->regs.r[w->go->sp], fp = regs_known(&u->regs, w->fp) ? u->regs.r[w->fp] : 0;
	uint64_t saved[2];
	bool first = !u->stack->count;

	if (!u->activation && is_context(w, sp)) {
		if (!unwind_push(u, u->regs.pc, sp, 0, STK_HOW_FP, STK_FRAME_SIGNAL, u->lang))
			return UNWIND_STOPPED;
		return gounwind_context(w->go, u, sp) ? UNWIND_HANDOFF : UNWIND_UNREADABLE;
	}
	if (!unwind_push(u, u->regs.pc, sp, 0, first && u->thread && u->activation ? STK_HOW_REGS :
			 STK_HOW_FP, u->activation ? STK_FRAME_ACTIVATION : 0, u->lang))
		return UNWIND_STOPPED;
	if (leave_system_call(w))
		return UNWIND_HANDOFF;
	/* arm64: it points at the word below the frame. */
	if (!fp || !leads_to(w, w->go->arm ? sp - 8 : sp, fp))
		return UNWIND_ROOT;
	if (fp % 8 || !gomem_get(&w->go->mem, fp, saved, sizeof(saved)))
		return UNWIND_NO_INFO;
	if (!saved[1])
		return UNWIND_ROOT;
	/* C that Go called, or that called Go, may use the register for something else. */
	if (!unwind_is_code(u, saved[1] - 1))
		return UNWIND_NO_INFO;
	set_frame(w, saved[1], w->go->arm && saved[0] ? saved[0] + 8 : fp + 16, saved[0]);
	return UNWIND_HANDOFF;
}

static void begin(struct bare_walk *w, const struct goruntime *rt)
{
	const struct gomachine *m = gosched_machine_of(rt, w->u->thread);
	const struct goroutine *g = w->u->lang == w->u->own_lang ? w->u->own : NULL;
	uint64_t address;

	if (!m && g && g->machine != STK_NONE)
		m = &rt->machines[g->machine];
	address = g ? g->address : m ? m->curg : 0;
	if (address && !gomem_get(&w->go->mem, address, &w->own, sizeof(w->own)))
		w->own = (struct bounds){ 0, 0 };
	if (!m)
		return;
	w->others[0] = (struct bounds){ m->g0_lo, m->g0_hi };
	w->others[1] = (struct bounds){ m->signal_lo, m->signal_hi };
}

/* What was called from here has a table, by which no frame pointers are followed: it saved ours
 * below its return address (arm64: below its frame). */
static void recall_frame_pointer(struct bare_walk *w)
{
	const struct raw_frame *callee;
	uint64_t fp;

	if (regs_known(&w->u->regs, w->fp) || !w->u->stack->count)
		return;
	callee = &w->u->c->frames[w->u->c->nframes - 1];
	if (callee->cfa < callee->sp + 16)
		return;
	if (gomem_word(&w->go->mem, w->go->arm ? callee->sp - 8 : callee->cfa - 16, &fp))
		regs_set(&w->u->regs, w->fp, fp);
}

enum unwind_result gobare_frames(struct go *go, const struct goruntime *rt, struct unwind *u)
{
	struct bare_walk w = { .go = go, .u = u, .fp = go->arm ? ARM64_FP : AMD64_RBP };
	enum unwind_result result;

	begin(&w, rt);
	recall_frame_pointer(&w);
	do
		result = step(&w);
	while (result == UNWIND_HANDOFF && is_bare(&w, u->regs.pc));
	return result;
}

void gobare_parked(struct go *go, const struct goruntime *rt, const struct goroutine *g,
		   struct image_regs *regs)
{
	uint64_t fp = 0;

	/* gobuf.bp is behind gobuf.lr; of a goroutine in a system call it is kept since 1.23. */
	if (!g->syscallsp)
		fp = gomem_word_or_0(&go->mem, g->address + rt->layout.g.lr + 8);
	else if (rt->layout.minor >= 23)
		fp = gomem_word_or_0(&go->mem, g->address + rt->layout.g.syscallpc + 8);
	regs_set(regs, go->arm ? ARM64_FP : AMD64_RBP, fp);
}
