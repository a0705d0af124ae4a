/* SPDX-License-Identifier: Apache-2.0 */
/* Go pcs -> frames, by the function table: names, lines, inlined calls, and which of them the
 * runtime would not show. */
#include "sym.h"

#include <stdlib.h>
#include <string.h>

/* What mark_stack() must know of a frame: bits of go->frame_kinds. */
enum { IS_GO = 1, IS_WRAPPER = 2, IS_PANIC = 4 };

/* ---- names ---- */

/* Type arguments are shown as [...], from the first bracket to the last. */
static const char *short_name(struct builder *b, const char *name)
{
	const char *open = strchr(name, '['), *close = open ? strrchr(open, ']') : NULL;

	if (!close)
		return builder_str(b, name);
	return builder_fmt(b, "%.*s[...]%s", (int)(open - name), name, close + 1);
}

/* The id of compiler-made wrappers: it moves with the releases (internal/abi/symtab.go). */
static uint8_t wrapper_id(unsigned minor)
{
	return minor == 17 ? 22 : minor <= 21 ? 21 : minor <= 24 ? 22 : 23;
}

static uint32_t add_frame(struct go *go, struct builder *b, const struct raw_frame *raw,
			  const struct stk_loc *loc, uint8_t kinds)
{
	struct stk_frame frame = { .pc = raw->pc,
				   .flags = raw->flags,
				   .how = loc->inlined ? STK_HOW_INLINE : raw->how };
	uint32_t id;

	frame.loc = builder_loc(b, loc);
	id = builder_frame(b, &frame);
	map_put(&go->frame_kinds, id, kinds);
	return id;
}

static uint8_t kinds_of(const char *name, uint8_t func_id, unsigned minor)
{
	return (uint8_t)(IS_GO | (func_id == wrapper_id(minor) ? IS_WRAPPER : 0) |
			 (golang_is_panicking(name) ? IS_PANIC : 0));
}

/* ---- one pc ---- */

struct place {
	struct go *go;
	struct builder *b;
	const struct raw_frame *raw;
	const struct gocode *code;
	unsigned minor;
	struct stk_loc loc; /* what all frames at this pc share */
};

/* Source and instructions, where they are asked for. The function table has no directory in which
 * the compiler ran; but it compiles files of two kinds only, and no others are shown as source. */
static void show_code(struct place *p, bool inlined)
{
	const char *file = p->loc.file, *dot = file ? strrchr(file, '.') : NULL;
	const char *slash = file ? strrchr(file, '/') : NULL;
	FREE_AT_END char *dir = NULL;

	p->loc.source = NULL;
	p->loc.disasm = NULL;
	if (!p->go->c->symbols)
		return;
	if (slash && dot && (!strcmp(dot, ".go") || !strcmp(dot, ".s")))
		dir = xasprintf("%.*s", (int)(slash - file), file);
	symbols_show(p->go->c->symbols, &p->loc, dir, inlined ? 0 : p->code->func.entry,
		     gosym_lookup(p->code, p->raw));
}

static uint32_t frame_at(struct place *p, const char *name, uint8_t func_id, uint64_t pc,
			 bool inlined)
{
	const char *file;

	p->loc.inlined = inlined;
	p->loc.call_offset = pc - p->code->func.entry;
	p->loc.func = short_name(p->b, name);
	p->loc.linkage = strcmp(p->loc.func, name) ? builder_str(p->b, name) : NULL;
	file = gopclntab_line(&p->code->module->table, &p->code->func, pc, &p->loc.line);
	p->loc.file = builder_str(p->b, file);
	if (!file)
		p->loc.why = builder_str(p->b, why_text[WHY_NO_GO_LINE]);
	show_code(p, inlined);
	return add_frame(p->go, p->b, p->raw, &p->loc, kinds_of(name, func_id, p->minor));
}

/* The inlined call at *pc, which is set to where it was inlined; false when there is none. */
static bool next_inlined(struct go *go, const struct gocode *code, uint64_t *pc,
			 struct gopclntab_inlined *ret)
{
	const struct gopclntab *table = &code->module->table;
	uint64_t tree = gopclntab_funcdata(table, &code->func, GOFUNCDATA_INLINE,
					   code->module->gofunc);
	int32_t index = tree ? gopclntab_pcdata(table, &code->func, GOPCDATA_INLINE, *pc) : -1;
	size_t size = gopclntab_inlined_size(table);
	const unsigned char *entry;

	if (index < 0)
		return false;
	entry = gomem_at(&go->mem, tree + (uint64_t)index * size, size);
	if (!entry)
		return false;
	gopclntab_inlined(table, entry, ret);
	*pc = code->func.entry + (uint64_t)(int64_t)ret->parent_pc;
	return true;
}

uint64_t gosym_lookup(const struct gocode *code, const struct raw_frame *raw)
{
	return raw->flags & STK_FRAME_ACTIVATION || raw->pc == code->func.entry ? raw->pc
										: raw->pc - 1;
}

uint64_t gosym_outermost(struct go *go, const struct gocode *code, uint64_t pc)
{
	struct gopclntab_inlined call;
	unsigned depth;

	for (depth = 0; depth < LIMIT_INLINE_DEPTH; depth++)
		if (!next_inlined(go, code, &pc, &call))
			break;
	return pc;
}

size_t gosym_names(struct go *go, const struct raw_frame *raw, const char **ret)
{
	const struct gocode *code = gocode_at(&go->code, go->modules, go->count, raw->pc);
	uint64_t pc = code ? gosym_lookup(code, raw) : 0;
	struct gopclntab_inlined call;
	const char *name;
	size_t n = 0;

	if (!code)
		return 0;
	while (n < LIMIT_INLINE_DEPTH - 1 && next_inlined(go, code, &pc, &call)) {
		name = gopclntab_name(&code->module->table, call.name);
		ret[n++] = name ? name : "";
	}
	ret[n++] = code->name;
	return n;
}

static size_t frames_at(struct place *p, uint32_t *ids)
{
	uint64_t pc = gosym_lookup(p->code, p->raw), at = pc;
	struct gopclntab_inlined call;
	const char *name;
	size_t n = 0;

	while (n < LIMIT_INLINE_DEPTH - 1 && next_inlined(p->go, p->code, &at, &call)) {
		name = gopclntab_name(&p->code->module->table, call.name);
		ids[n++] = frame_at(p, name ? name : "", call.id, pc, true);
		pc = at;
	}
	ids[n++] = frame_at(p, p->code->name, p->code->func.id, pc, false);
	return n;
}

static size_t look_up(struct go *go, struct builder *b, const struct raw_frame *raw, uint32_t *ids)
{
	struct place p = { .go = go, .b = b, .raw = raw };
	uint32_t module = image_module(go->image, raw->pc);

	p.code = gocode_at(&go->code, go->modules, go->count, raw->pc);
	p.loc.module = module;
	if (module != STK_NONE)
		p.loc.offset = raw->pc - image_module_info(go->image, module)->bias;
	p.loc.func_offset = UINT64_MAX;
	if (!p.code || p.code->kind == GOCODE_NO_TABLE) {
		p.loc.why = builder_str(b, p.code ? why_text[WHY_NO_GO_TABLE]
						  : why_text[WHY_NO_GO_FUNCTION]);
		ids[0] = add_frame(go, b, raw, &p.loc, 0);
		return 1;
	}
	p.loc.func_offset = raw->pc - p.code->func.entry;
	p.minor = goruntime_of_code(go, p.code)->layout.minor;
	return frames_at(&p, ids);
}

size_t gosym_frames(struct go *go, struct builder *b, const struct raw_frame *raw, uint32_t *ids)
{
	/* Before and after the source can be had. */
	uint64_t key = raw->pc ^ (uint64_t)raw->flags << 56 ^ (uint64_t)raw->how << 48, known;
	size_t n;

	key ^= (uint64_t)(go->c->symbols != NULL) << 55;

	if (map_get(&go->frames, key, &known)) {
		n = known & 0xffff;
		memcpy(ids, go->ids + (known >> 16), n * sizeof(*ids));
		return n;
	}
	n = look_up(go, b, raw, ids);
	go->ids = grow(go->ids, &go->cap_ids, go->nids + n, sizeof(*ids));
	memcpy(go->ids + go->nids, ids, n * sizeof(*ids));
	map_put(&go->frames, key, (uint64_t)go->nids << 16 | n);
	go->nids += n;
	return n;
}

static bool find_in_table(const struct gopclntab *table, const char *name, uint64_t *ret_addr,
			  uint64_t *ret_size)
{
	struct gopclntab_func func;
	const char *found;
	size_t i;

	for (i = 0; i < table->nfunc && gopclntab_nth(table, i, &func); i++) {
		found = gopclntab_name(table, func.name);
		if (!found || strcmp(found, name) != 0)
			continue;
		*ret_addr = func.entry;
		*ret_size = func.end - func.entry;
		return true;
	}
	return false;
}

bool gosym_find(struct go *go, const char *name, uint64_t *ret_addr, uint64_t *ret_size)
{
	size_t i, j;

	for (i = 0; i < go->count; i++)
		for (j = 0; j < go->modules[i].count; j++)
			if (find_in_table(&go->modules[i].items[j].table, name, ret_addr, ret_size))
				return true;
	return false;
}

/* ---- what the runtime hides ---- */

/* showfuncinfo() of src/runtime/traceback.go, below level 2. */
static bool is_shown(const char *name, uint8_t kinds, uint8_t callee, bool first, unsigned minor)
{
	if (kinds & IS_WRAPPER && !(callee & IS_PANIC))
		return false;
	return golang_shows(name, first, minor);
}

bool gosym_shows(const struct gocode *code, bool first, unsigned minor)
{
	/* Until 1.20 it was not asked whether it is a wrapper. */
	bool wrapper = minor >= 21 && code->func.id == wrapper_id(minor);

	return is_shown(code->name, IS_GO | (wrapper ? IS_WRAPPER : 0), 0, first, minor);
}

/* Says that the rules see frame `to` as they see `from`; returns `to`. */
static uint32_t same_kind(struct go *go, uint32_t from, uint32_t to)
{
	uint64_t kinds = 0;

	(void)map_get(&go->frame_kinds, from, &kinds);
	map_put(&go->frame_kinds, to, kinds);
	return to;
}

static uint32_t mark(struct go *go, struct builder *b, uint32_t id)
{
	struct stk_frame frame = *builder_frame_at(b, id);

	frame.flags |= STK_FRAME_RUNTIME;
	return same_kind(go, id, builder_frame(b, &frame));
}

static uint32_t mark_stack(struct go *go, struct builder *b, uint32_t id, unsigned minor)
{
	struct stk_stack stack = *builder_stack_at(b, id);
	uint32_t *ids = xmalloc((stack.count + 1) * sizeof(*ids)), i;
	bool first = true, changed = false, shown;
	uint64_t kinds, callee = 0;
	const struct stk_loc *loc;
	const char *name;

	for (i = 0; i < stack.count; i++, callee = kinds) {
		ids[i] = stack.frames[i];
		kinds = 0;
		if (!map_get(&go->frame_kinds, ids[i], &kinds) || !(kinds & IS_GO)) {
			/* A handler that is hidden itself was called by nothing worth a line. */
			if (i && first && builder_frame_at(b, ids[i])->flags & STK_FRAME_SIGNAL) {
				ids[i] = mark(go, b, ids[i]);
				changed = true;
			}
			first = first && ids[i] != stack.frames[i];
			continue;
		}
		loc = builder_loc_at(b, builder_frame_at(b, ids[i])->loc);
		name = loc->linkage ? loc->linkage : loc->func;
		shown = is_shown(name, (uint8_t)kinds, (uint8_t)callee, first, minor);
		first = first && !shown;
		if (shown)
			continue;
		ids[i] = mark(go, b, ids[i]);
		changed = true;
	}
	stack.frames = ids;
	if (changed)
		id = builder_stack(b, &stack);
	free(ids);
	return id;
}

uint32_t gosym_mark_stack(struct go *go, struct builder *b, uint32_t stack, unsigned minor)
{
	uint64_t known;

	if (map_get(&go->stacks, stack, &known))
		return (uint32_t)known;
	known = mark_stack(go, b, stack, minor);
	map_put(&go->stacks, stack, known);
	return (uint32_t)known;
}
