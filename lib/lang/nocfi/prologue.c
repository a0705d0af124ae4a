/* SPDX-License-Identifier: Apache-2.0 */
/* Compilers and people who write assembly without call frame information still have to give back
 * what they took: the stack pointer, and the registers that a call must not change. So the code
 * itself says where these are. It is followed from the function's first instruction, both ways at
 * each branch, with what little of the machine matters here: which registers hold an address of the
 * frame ("CFA - 48") or still what they held at the call, and which words of the stack do. gdb does
 * this for the first instructions of a function only; here any place in it will do, also behind an
 * early return, because the way there is followed rather than the text read from top to bottom.
 * Loops need no second round: what a function has pushed is the same each time, or it could not
 * find its return address itself. */
#include "prologue.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define MAX_INSTRUCTIONS 20000u /* of one function; libgmp's largest have some 3,000 */
#define MAX_WAYS 512u           /* branches that wait to be followed */

/* ---- the machine ---- */

void machine_set(struct machine *m, unsigned reg, struct held held)
{
	if (reg < PROLOGUE_REGS)
		m->regs[reg] = held;
}

bool held_is_place(struct held held)
{
	return held.kind == HELD_FRAME || held.kind == HELD_ALIGNED;
}

void machine_move(struct machine *m, unsigned reg, unsigned from, int64_t offset)
{
	struct held held = from < PROLOGUE_REGS ? m->regs[from]
						: (struct held){ HELD_UNKNOWN, 0, 0 };

	if (held_is_place(held))
		held.offset = (int64_t)((uint64_t)held.offset + (uint64_t)offset);
	else if (offset)
		held.kind = HELD_UNKNOWN;
	machine_set(m, reg, held);
}

struct held machine_load(const struct machine *m, struct held at)
{
	unsigned i;

	for (i = 0; i < m->nslots; i++)
		if (m->slots[i].where.kind == at.kind && m->slots[i].where.offset == at.offset)
			return m->slots[i].held;
	return (struct held){ HELD_UNKNOWN, 0, 0 };
}

void machine_store(struct machine *m, struct held at, unsigned size, struct held held)
{
	unsigned i, kept = 0;

	if (!held_is_place(at))
		return;
	for (i = 0; i < m->nslots; i++) {
		struct held old = m->slots[i].where;

		if (old.kind != at.kind || old.offset >= at.offset + (int64_t)size ||
		    old.offset + 8 <= at.offset)
			m->slots[kept++] = m->slots[i];
	}
	m->nslots = kept;
	if (held.kind != HELD_UNKNOWN && held.kind != HELD_NUMBER && kept < PROLOGUE_SLOTS)
		m->slots[m->nslots++] = (struct slot){ at, held };
}

/* By how much is not known: what lies below counts from the new address. Of two such none is known. */
void machine_align(struct machine *m, unsigned sp)
{
	unsigned i, kept = 0;
	bool again = false;

	for (i = 0; i < PROLOGUE_REGS; i++)
		again |= m->regs[i].kind == HELD_ALIGNED;
	for (i = 0; i < m->nslots; i++)
		if (m->slots[i].where.kind != HELD_ALIGNED)
			m->slots[kept++] = m->slots[i];
	m->nslots = kept;
	machine_set(m, sp, (struct held){ again ? HELD_UNKNOWN : HELD_ALIGNED, 0, 0 });
}

/* ---- following ---- */

struct way {
	uint64_t pc;
	struct machine m;
};

struct walk {
	struct prologue *p;
	struct map seen;
	struct way *ways;
	size_t nways, cap_ways;
	uint64_t *gaps;
	size_t ngaps, cap_gaps; /* where text goes on behind what leads elsewhere */
	struct machine lost;
	bool is_lost;
	unsigned left;
};

static void add_way(struct walk *w, uint64_t pc, const struct machine *m)
{
	uint64_t seen;

	if (w->nways >= MAX_WAYS || map_get(&w->seen, pc, &seen))
		return;
	w->ways = grow(w->ways, &w->cap_ways, w->nways + 1, sizeof(*w->ways));
	w->ways[w->nways++] = (struct way){ pc, *m };
}

static void add_gap(struct walk *w, uint64_t pc)
{
	w->gaps = grow(w->gaps, &w->cap_gaps, w->ngaps + 1, sizeof(*w->gaps));
	w->gaps[w->ngaps++] = pc;
}

/* Carries out what is at m's place; false: the way ends. */
static bool step(struct walk *w, struct way *way)
{
	const struct prologue_ops *ops = w->p->ops;
	uint8_t code[16];
	size_t size = image_read(w->p->image, way->pc, code, ops->longest);
	struct flow flow = { FLOW_ON, 0, 0 };
	uint64_t next;

	if (!size || !ops->step(w->p->own, w->p->image, way->pc, code, size, &way->m, &flow) ||
	    !flow.size)
		return false;
	next = way->pc + flow.size;
	if (flow.kind == FLOW_BRANCH)
		add_way(w, flow.target, &way->m);
	if (flow.kind == FLOW_LOST) {
		w->lost = way->m;
		w->is_lost = true;
	}
	if (flow.kind != FLOW_ON && flow.kind != FLOW_BRANCH)
		add_gap(w, next);
	way->pc = flow.kind == FLOW_JUMP ? flow.target : next;
	return flow.kind == FLOW_ON || flow.kind == FLOW_BRANCH || flow.kind == FLOW_JUMP;
}

/* Goes a way until it ends, or comes to pc. */
static bool follow(struct walk *w, struct way *way, uint64_t pc)
{
	uint64_t seen;

	while (way->pc != pc) {
		if (!w->left || !w->p->budget || map_get(&w->seen, way->pc, &seen))
			return false;
		w->left--;
		w->p->budget--;
		map_put(&w->seen, way->pc, 1);
		if (!step(w, way))
			return false;
	}
	return true;
}

/* The lowest piece of the function that nothing was found to lead to. */
static bool take_gap(struct walk *w, uint64_t pc)
{
	uint64_t best = pc, seen;
	size_t i;

	for (i = 0; i < w->ngaps; i++)
		if (w->gaps[i] <= best && !map_get(&w->seen, w->gaps[i], &seen))
			best = w->gaps[i];
	if (!w->is_lost || map_get(&w->seen, best, &seen))
		return false;
	map_put(&w->seen, pc, 1); /* once */
	add_way(w, best, &w->lost);
	return w->nways != 0;
}

static bool find(struct walk *w, uint64_t pc, bool loose, struct machine *ret)
{
	struct way way;

	do {
		while (w->nways) {
			way = w->ways[--w->nways];
			if (follow(w, &way, pc)) {
				*ret = way.m;
				return true;
			}
		}
	} while (loose && take_gap(w, pc));
	return false;
}

static struct machine at_entry(const struct prologue *p)
{
	const struct arch *arch = image_arch(p->image);
	struct machine m = { .nslots = 0 };
	unsigned n;

	for (n = 0; n < PROLOGUE_REGS; n++)
		m.regs[n] = (struct held){ HELD_ENTRY, (uint8_t)n, 0 };
	m.regs[arch->sp] = (struct held){ HELD_FRAME, 0,
					  p->ops->ra_reg < 0 ? -(int64_t)arch->word : 0 };
	return m;
}

/* A register that holds an address of this kind. The frame pointer first: where a function has one,
 * it does so because the stack pointer moves. */
static bool choose_reg(const struct prologue *p, const struct machine *m, unsigned kind,
		       uint8_t *ret_reg, int64_t *ret_offset)
{
	const struct arch *arch = image_arch(p->image);
	unsigned order[2] = { (unsigned)arch->fp, (unsigned)arch->sp }, i, n;

	for (i = 0; i < 2 + PROLOGUE_REGS; i++) {
		n = i < 2 ? order[i] : i - 2;
		if (m->regs[n].kind != kind)
			continue;
		*ret_reg = (uint8_t)n;
		*ret_offset = (int64_t)(0 - (uint64_t)m->regs[n].offset);
		return true;
	}
	return false;
}

/* A function that has aligned its stack keeps the address from before on it, to go back there. */
static bool choose_kept(const struct machine *m, struct prologue_rule *ret)
{
	unsigned i;

	for (i = 0; i < m->nslots; i++) {
		const struct slot *slot = &m->slots[i];

		if (slot->where.kind != HELD_ALIGNED || slot->held.kind != HELD_FRAME)
			continue;
		ret->cfa_kept = true;
		ret->cfa_reg = ret->aligned_reg;
		ret->cfa_offset = ret->aligned_offset + slot->where.offset;
		ret->kept_offset = -slot->held.offset;
		return true;
	}
	return false;
}

static void choose_saved(const struct machine *m, unsigned n, bool aligned,
			 struct prologue_rule *ret)
{
	unsigned i;

	for (i = 0; i < m->nslots; i++) {
		const struct slot *slot = &m->slots[i];

		if (slot->held.kind != HELD_ENTRY || slot->held.reg != n ||
		    (slot->where.kind == HELD_ALIGNED && !aligned))
			continue;
		*(slot->where.kind == HELD_ALIGNED ? &ret->aligned : &ret->saved) |= UINT32_C(1)
										     << n;
		ret->at[n] = slot->where.offset;
		return;
	}
}

static void make_rule(const struct prologue *p, const struct machine *m, struct prologue_rule *ret)
{
	uint32_t wanted = p->ops->kept | (p->ops->ra_reg >= 0 ? UINT32_C(1) << p->ops->ra_reg : 0);
	struct prologue_rule rule = { .found = false };
	bool aligned = choose_reg(p, m, HELD_ALIGNED, &rule.aligned_reg, &rule.aligned_offset);
	unsigned n;

	rule.found = choose_reg(p, m, HELD_FRAME, &rule.cfa_reg, &rule.cfa_offset) ||
		     (aligned && choose_kept(m, &rule));
	for (n = 0; n < PROLOGUE_REGS; n++) {
		if (!(wanted >> n & 1))
			continue;
		if (m->regs[n].kind == HELD_ENTRY && m->regs[n].reg == n)
			rule.same |= UINT32_C(1) << n;
		else
			choose_saved(m, n, aligned, &rule);
	}
	*ret = rule;
}

bool prologue_follow(struct prologue *p, uint64_t start, uint64_t pc, bool loose,
		     struct prologue_rule *ret)
{
	struct walk w = { .p = p, .left = MAX_INSTRUCTIONS };
	struct machine m = at_entry(p);
	bool found;

	add_way(&w, start, &m);
	found = find(&w, pc, loose, &m);
	map_deinit(&w.seen);
	free(w.ways);
	free(w.gaps);
	if (found)
		make_rule(p, &m, ret);
	return found && ret->found;
}

/* ---- the caller ---- */

/* What register n was in the caller. */
static bool caller_reg(const struct prologue *p, const struct prologue_rule *rule,
		       const struct image_regs *regs, uint64_t cfa, unsigned n, uint64_t *ret)
{
	uint64_t aligned = regs->r[rule->aligned_reg] + (uint64_t)rule->aligned_offset;

	if (rule->saved >> n & 1)
		return image_word(p->image, cfa + (uint64_t)rule->at[n], ret);
	if (rule->aligned >> n & 1)
		return regs_known(regs, rule->aligned_reg) &&
		       image_word(p->image, aligned + (uint64_t)rule->at[n], ret);
	*ret = regs->r[n];
	return rule->same >> n & 1 && regs_known(regs, n);
}

static bool find_cfa(const struct prologue *p, const struct prologue_rule *rule,
		     const struct image_regs *regs, uint64_t *ret)
{
	uint64_t cfa = regs->r[rule->cfa_reg] + (uint64_t)rule->cfa_offset;

	if (!regs_known(regs, rule->cfa_reg))
		return false;
	if (rule->cfa_kept && !image_word(p->image, cfa, &cfa))
		return false;
	cfa += rule->cfa_kept ? (uint64_t)rule->kept_offset : 0;
	*ret = image_arch(p->image)->word == 4 ? cfa & UINT32_MAX : cfa;
	return true;
}

bool prologue_apply(const struct prologue *p, const struct prologue_rule *rule,
		    struct image_regs *regs, uint64_t *ret_cfa)
{
	const struct arch *arch = image_arch(p->image);
	struct image_regs caller = { .pc = 0 };
	uint64_t cfa, value;
	int ra = p->ops->ra_reg;
	unsigned n;

	if (!find_cfa(p, rule, regs, &cfa) ||
	    !(ra < 0 ? image_word(p->image, cfa - arch->word, &value)
		     : caller_reg(p, rule, regs, cfa, (unsigned)ra, &value)))
		return false;
	caller.pc = arch_code_address(arch, value);
	for (n = 0; n < PROLOGUE_REGS; n++)
		if ((int)n != ra && caller_reg(p, rule, regs, cfa, n, &value))
			regs_set(&caller, n, value);
	regs_set(&caller, (unsigned)arch->sp, cfa);
	*regs = caller;
	*ret_cfa = cfa;
	return true;
}

const struct prologue_ops *prologue_ops_of(const struct arch *arch)
{
	static const struct prologue_ops *const all[] = { &prologue_x86_64, &prologue_i386,
							  &prologue_arm64 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i]->machine == arch->machine && all[i]->word == arch->word && all[i]->step)
			return all[i];
	return NULL;
}
