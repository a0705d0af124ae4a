/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a frame's arguments, as the runtime prints it: by a small program that the compiler
 * left for each function (printArgs in src/runtime/traceback.go). */
#include "args.h"

#include <string.h>

#include "sym.h"

enum { OP_END = 0xff, OP_OPEN = 0xfe, OP_CLOSE = 0xfd, OP_DOTS = 0xfc, OP_TOO_FAR = 0xfb };

#define PROGRAM_MAX 256

/* Worked out once for each pc. */
struct goargs_plan {
	unsigned count;
	unsigned span; /* bytes of arguments that are read */
	struct goargs_op {
		uint8_t op, size;
		bool dead;
	} ops[];
};

/* Which spilled register arguments are alive at a pc. */
struct liveness {
	struct go *go;
	uint64_t info;
	int32_t index;
	uint8_t start; /* smallest offset that needs the question */
};

static bool is_live(const struct liveness *l, uint8_t offset, unsigned slot)
{
	if (!l->info || l->index <= 0 || offset < l->start)
		return true;
	return gomem_u8_or_0(&l->go->mem, l->info + (uint64_t)l->index + slot / 8) >> slot % 8 & 1;
}

static struct liveness liveness_at(struct go *go, const struct gocode *code, uint64_t pc)
{
	const struct gopclntab *table = &code->module->table;
	struct liveness l = { .go = go, .start = 0xff };

	l.info = gopclntab_funcdata(table, &code->func, GOFUNCDATA_ARGLIVE, code->module->gofunc);
	l.index = gopclntab_pcdata(table, &code->func, GOPCDATA_ARGLIVE, pc);
	if (l.info)
		l.start = gomem_u8_or_0(&go->mem, l.info);
	return l;
}

static const struct goargs_plan *make_plan(struct go *go, const struct gocode *code, uint64_t pc)
{
	uint64_t at = gopclntab_funcdata(&code->module->table, &code->func, GOFUNCDATA_ARGINFO,
					 code->module->gofunc);
	struct liveness l = liveness_at(go, code, pc);
	struct goargs_op ops[PROGRAM_MAX];
	struct goargs_plan plan = { 0 }, *kept;
	unsigned slot = 0;
	uint8_t op;

	while (at && plan.count < PROGRAM_MAX && gomem_get(&go->mem, at++, &op, 1) &&
	       op != OP_END) {
		struct goargs_op *o = &ops[plan.count++];

		*o = (struct goargs_op){ .op = op };
		if (op >= OP_TOO_FAR)
			continue;
		o->size = gomem_u8_or_0(&go->mem, at++);
		o->dead = !is_live(&l, op, slot);
		slot += op >= l.start;
		if (op + 8u > plan.span)
			plan.span = op + 8u;
	}
	kept = arena_alloc(&go->code.arena, sizeof(plan) + plan.count * sizeof(*ops));
	*kept = plan;
	memcpy(kept->ops, ops, plan.count * sizeof(*ops));
	return kept;
}

static const struct goargs_plan *plan_of(struct go *go, const struct raw_frame *raw)
{
	const struct gocode *code = gocode_at(&go->code, go->modules, go->count, raw->pc);
	uint64_t key = raw->pc << 1 | (raw->flags & STK_FRAME_ACTIVATION), known, pc;
	const struct goargs_plan *plan;

	if (!code)
		return NULL;
	if (map_get(&go->plans, key, &known))
		return (const struct goargs_plan *)(uintptr_t)known;
	pc = gosym_lookup(code, raw);
	/* Until 1.20 the question was asked where the outermost inlined call stands. */
	if (goruntime_of_code(go, code)->layout.minor <= 20)
		pc = gosym_outermost(go, code, pc);
	plan = make_plan(go, code, pc);
	map_put(&go->plans, key, (uintptr_t)plan);
	return plan;
}

static uint64_t masked(const unsigned char *bytes, unsigned size)
{
	uint64_t value = load64(bytes);

	return size < 8 ? value & ((UINT64_C(1) << size * 8) - 1) : value;
}

static char *put(char *at, const char *text)
{
	while (*text)
		*at++ = *text++;
	return at;
}

/* As %#llx, but in a tenth of the time: there are millions of them. */
static char *put_hex(char *at, uint64_t value)
{
	unsigned shift = value ? (63 - (unsigned)__builtin_clzll(value)) & ~3u : 0;

	at = put(at, "0x");
	for (;; shift -= 4) {
		*at++ = "0123456789abcdef"[value >> shift & 15];
		if (!shift)
			return at;
	}
}

static char *put_op(char *at, const struct goargs_op *o, const unsigned char *args)
{
	switch (o->op) {
	case OP_OPEN:
		return put(at, "{");
	case OP_CLOSE:
		return put(at, "}");
	case OP_DOTS:
		return put(at, "...");
	case OP_TOO_FAR:
		return put(at, "_");
	default:
		break;
	}
	at = put_hex(at, masked(args + o->op, o->size));
	return o->dead ? put(at, "?") : at;
}

const char *goargs_text(struct go *go, struct builder *b, const struct raw_frame *raw)
{
	const struct goargs_plan *plan = plan_of(go, raw);
	const unsigned char *args;
	/* The longest is ", 0x0123456789abcdef?". */
	char text[PROGRAM_MAX * 24], *at = text;
	bool start = true;
	unsigned i;

	if (!plan || !raw->cfa)
		return NULL;
	args = plan->span ? gomem_at(&go->mem, raw->cfa + (go->arm ? 8 : 0), plan->span) : NULL;
	if (plan->span && !args)
		return NULL;
	for (i = 0; i < plan->count; i++) {
		const struct goargs_op *o = &plan->ops[i];

		if (!start && o->op != OP_CLOSE)
			at = put(at, ", ");
		at = put_op(at, o, args);
		start = o->op == OP_OPEN;
	}
	return builder_strn(b, text, (size_t)(at - text));
}
