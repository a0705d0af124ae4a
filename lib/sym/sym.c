/* SPDX-License-Identifier: Apache-2.0 */
#include "sym.h"
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"
#include "disasm/disasm.h"
#include "lines.h"
#include "names.h"
#include "source.h"
#include "symtab.h"
#include "units.h"
#include "unreadable.h"
#include "value/value.h"

/* What is known of one module; each part is made when it is first asked for. */
struct module {
	struct symtab symtab;
	struct units units;
	bool has_symtab, has_units;
	bool told_dwo, told_damage, told_lines;
};

/* The answer for one (pc, flags, how). */
struct answer {
	const uint32_t *frames;
	size_t count;
};

struct question {
	uint64_t pc;
	uint32_t flags, how;
};

struct symbols {
	struct image *image;
	struct builder *b;
	const struct stk_want *want;
	struct module *modules;
	uint32_t nmodules;
	struct names names;
	struct sources sources;
	struct arena arena;
	struct intern questions; /* struct question -> index into answers */
	struct answer *answers;
	size_t cap_answers;
	struct plans *plans;
};

/* A place that is being described. */
struct place {
	uint64_t pc;     /* as unwound */
	uint64_t lookup; /* pc, or pc - 1 for a return address: always inside the call */
	uint32_t index;  /* of the module; STK_NONE */
	uint32_t flags;
	enum stk_how how;
};

/* Innermost first. */
struct chain {
	struct stk_loc locs[LIMIT_INLINE_DEPTH];
	size_t count;
	char *dirs[2]; /* of the unit, for its sources; malloc'ed */
};

struct symbols *symbols_open(struct image *image, struct builder *b, const struct stk_files *files,
			     const struct stk_want *want)
{
	struct symbols *symbols = xcalloc(1, sizeof(*symbols));

	symbols->image = image;
	symbols->b = b;
	symbols->want = want;
	symbols->nmodules = image_nmodules(image);
	symbols->modules = xcalloc(symbols->nmodules + 1, sizeof(*symbols->modules));
	symbols->names.b = b;
	symbols->sources = (struct sources){
		.b = b,
		.files = files,
		.lines = want && want->source_lines ? want->source_lines : 5,
		.user = image_user(image),
	};
	intern_init(&symbols->questions, &symbols->arena);
	return symbols;
}

void symbols_close(struct symbols *symbols)
{
	uint32_t i;

	if (!symbols)
		return;
	for (i = 0; i < symbols->nmodules; i++) {
		symtab_deinit(&symbols->modules[i].symtab);
		units_deinit(&symbols->modules[i].units);
	}
	free(symbols->modules);
	names_deinit(&symbols->names);
	sources_deinit(&symbols->sources);
	plans_free(symbols->plans);
	intern_deinit(&symbols->questions);
	arena_deinit(&symbols->arena);
	free(symbols->answers);
	free(symbols);
}

static const struct symtab *symtab_of(struct symbols *symbols, uint32_t index)
{
	struct module *module = &symbols->modules[index];
	Dwfl_Module *mod;

	if (!module->has_symtab) {
		module->has_symtab = true;
		mod = image_dwfl_module(symbols->image, index);
		if (mod && image_has_symbols(symbols->image, index)) {
			image_stage(symbols->image, STK_PART_SYMBOLS,
				    image_module_info(symbols->image, index)->path);
			symtab_init(&module->symtab, mod);
			image_stage(symbols->image, STK_PART_NONE, "");
		}
	}
	return &module->symtab;
}

static void tell_damage(struct symbols *symbols, uint32_t index)
{
	if (!symbols->modules[index].told_damage)
		unreadable_note(symbols->image, symbols->b, index,
				symbols->modules[index].units.error);
	symbols->modules[index].told_damage = true;
}

static void tell_lines(struct symbols *symbols, uint32_t index)
{
	if (!symbols->modules[index].told_lines)
		builder_note(symbols->b, STK_NOTE_DEBUG_UNREADABLE,
			     image_module_info(symbols->image, index)->path,
			     "a table of lines is damaged: lines are missing");
	symbols->modules[index].told_lines = true;
}

static struct units *units_of(struct symbols *symbols, uint32_t index)
{
	struct module *module = &symbols->modules[index];
	Dwfl_Module *mod = image_dwfl_module(symbols->image, index);

	if (!module->has_units && mod && image_has_debug(symbols->image, index)) {
		units_init(&module->units, symbols->image, index);
		if (!module->units.dwarf)
			tell_damage(symbols, index);
	}
	module->has_units = true;
	return &module->units;
}

/* ---- why something is not known ---- */

static const char *why_no_file(enum stk_module_status status)
{
	return status == STK_MODULE_MISMATCH ? why_text[WHY_OTHER_BUILD] : why_text[WHY_NO_FILE];
}

/* Memory that can be executed and is of no file is a compiler's work at run time. */
static const char *why_no_module(struct symbols *symbols, const struct place *place)
{
	const struct image_range *range = image_range_at(symbols->image, place->lookup);

	return range && range->executable && !range->path ? why_text[WHY_GENERATED]
							  : why_text[WHY_NO_MODULE];
}

static const char *why_no_func(struct symbols *symbols, const struct place *place)
{
	if (place->index == STK_NONE)
		return why_no_module(symbols, place);
	if (!image_dwfl_module(symbols->image, place->index))
		return why_no_file(image_module_info(symbols->image, place->index)->status);
	if (!symtab_of(symbols, place->index)->full)
		return why_text[WHY_STRIPPED];
	return why_text[WHY_NO_SYMBOL];
}

static const char *why_no_line(struct symbols *symbols, const struct place *place)
{
	if (!units_of(symbols, place->index)->dwarf)
		return why_text[WHY_NO_DEBUG];
	return why_text[WHY_NO_LINE];
}

static void explain(struct symbols *symbols, const struct place *place, struct stk_loc *loc)
{
	if (!loc->func)
		loc->why = builder_str(symbols->b, why_no_func(symbols, place));
	else if (!loc->file)
		loc->why = builder_str(symbols->b, why_no_line(symbols, place));
}

/* ---- one address ---- */

/* The .dwo file of a unit is missing. All of them may be in one .dwp, which libdw reads from 0.191
 * on: that it is there and of no use has to be said. */
static void tell_dwo(struct symbols *symbols, const struct place *place, struct unit *unit)
{
	struct module *module = &symbols->modules[place->index];
	const struct stk_module *info = image_module_info(symbols->image, place->index);
	FREE_AT_END char *package = xasprintf("%s.dwp", info->file ? info->file : "");
	const char *name = die_string(&unit->die, DW_AT_dwo_name);

	if (module->told_dwo)
		return;
	module->told_dwo = true;
	name = name ? name : die_string(&unit->die, DW_AT_GNU_dwo_name);
	if (info->file && access(package, R_OK) == 0)
		builder_note(symbols->b, STK_NOTE_DEBUG_UNREADABLE, info->path,
			     "the split part of its debug information is in '%s', which elfutils "
			     "reads from 0.191 on: inlined calls are missing",
			     package);
	else if (unit->why)
		builder_note(
			symbols->b, STK_NOTE_DEBUG_UNREADABLE, info->path,
			"the split part of its debug information cannot be read: %s: inlined calls "
			"are missing",
			unit->why);
	else
		builder_note(symbols->b, STK_NOTE_DEBUG_UNREADABLE, info->path,
			     "the split part of its debug information is not here ('%s'): inlined "
			     "calls are missing",
			     name ? name : ".dwo");
}

/* The unit and its entries at the address, innermost last. A unit that has a function there
 * is better than one that only claims the address. */
static struct unit *find_unit(struct symbols *symbols, const struct place *place, Dwarf_Die *dies,
			      size_t *ret_count, uint64_t *ret_entry)
{
	struct units *units = units_of(symbols, place->index);
	struct unit *unit, *claims = NULL;
	size_t at = SIZE_MAX;

	*ret_count = 0;
	while ((unit = units_next(units, place->lookup, &at))) {
		*ret_count = functions_at(&unit->functions, place->lookup - units->bias, dies,
					  LIMIT_INLINE_DEPTH, ret_entry);
		if (*ret_count) {
			*ret_entry += units->bias;
			return unit;
		}
		claims = claims ? claims : unit;
	}
	if (units->damaged)
		tell_damage(symbols, place->index);
	return claims;
}

/* The name of the symbol at exactly this address, where only that tells the whole name. */
static const char *symbol_at_entry(struct symbols *symbols, const struct place *place,
				   uint64_t entry)
{
	const struct symbol *symbol = symtab_at(symtab_of(symbols, place->index), entry);

	return symbol && symbol->start == entry ? symbol->name : NULL;
}

static struct stk_loc *add_loc(struct chain *chain, struct line line)
{
	struct stk_loc *loc = &chain->locs[chain->count++];

	*loc = (struct stk_loc){ .file = line.file, .line = line.line, .column = line.column };
	return loc;
}

static bool wants_source(const struct symbols *symbols)
{
	return symbols->want && symbols->want->what & STK_WANT_SOURCE;
}

static void find_dirs(struct chain *chain, Dwarf_Die *unit)
{
	const char *dir = die_string(unit, DW_AT_comp_dir), *name = die_string(unit, DW_AT_name);
	const char *slash = name ? strrchr(name, '/') : NULL;

	dir = dir ? dir : "";
	chain->dirs[0] = xstrdup(dir);
	if (slash)
		chain->dirs[1] = *name == '/'
					 ? xasprintf("%.*s", (int)(slash - name), name)
					 : xasprintf("%s/%.*s", dir, (int)(slash - name), name);
}

/* The frames that debug information knows of, innermost first: each has its own name, and the
 * line in it of the call inwards. */
static void add_dwarf(struct symbols *symbols, const struct place *place, struct chain *chain)
{
	struct module *module = &symbols->modules[place->index];
	Dwarf_Die dies[LIMIT_INLINE_DEPTH];
	uint64_t entry = 0;
	size_t count;
	struct unit *unit = find_unit(symbols, place, dies, &count, &entry);
	struct line line;

	if (!unit)
		return;
	if (unit->no_dwo)
		tell_dwo(symbols, place, unit);
	if (count == LIMIT_INLINE_DEPTH)
		builder_note(
			symbols->b, STK_NOTE_LIMIT_REACHED,
			image_module_info(symbols->image, place->index)->path,
			"more than %u calls are inlined into each other; the innermost are left "
			"out",
			LIMIT_INLINE_DEPTH);
	if (wants_source(symbols))
		find_dirs(chain, &unit->die);
	line = lines_at(symbols->b, &unit->die, place->lookup - module->units.bias);
	if (line.damaged)
		tell_lines(symbols, place->index);
	if (!count)
		add_loc(chain, line);
	while (count--) {
		struct stk_loc *loc = add_loc(chain, line);
		const char *symbol = NULL;
		struct name name;

		if (!count && names_want_symbol(&dies[0]))
			symbol = symbol_at_entry(symbols, place, entry);
		name = names_of_die(&symbols->names, &dies[count], symbol);
		loc->func = name.func;
		loc->linkage = name.linkage;
		loc->inlined = count > 0;
		loc->func_offset = place->pc - entry;
		if (count)
			line = lines_of_call(symbols->b, &unit->body, &dies[count]);
	}
}

/* Gives the physical function its symbol's name where debug information had none. */
static void add_symbol(struct symbols *symbols, const struct place *place, struct stk_loc *loc)
{
	const struct symbol *symbol = symtab_at(symtab_of(symbols, place->index), place->lookup);
	struct name name;

	if (!symbol)
		return;
	name = names_of_symbol(&symbols->names, symbol->name, symbol_name_size(symbol));
	loc->func = name.func;
	loc->linkage = name.linkage;
	loc->func_offset = place->pc - symbol->start;
}

static void add_source(struct symbols *symbols, const struct chain *chain, struct stk_loc *loc)
{
	struct source_place place = { loc->file, loc->module, { chain->dirs[0], chain->dirs[1] } };

	if (wants_source(symbols) && loc->file)
		loc->source = sources_around(&symbols->sources, symbols->image, &place, loc->line);
}

/* Of the physical function: the calls inlined into it are the same instructions. */
static void add_disasm(struct symbols *symbols, struct stk_loc *loc, uint64_t entry,
		       uint64_t lookup)
{
	if (symbols->want && symbols->want->what & STK_WANT_DISASM)
		loc->disasm = disasm_around(symbols, symbols->image, symbols->b, entry, lookup);
}

void symbols_show(struct symbols *symbols, struct stk_loc *loc, const char *dir, uint64_t entry,
		  uint64_t lookup)
{
	struct source_place place = { loc->file, loc->module, { dir, NULL } };

	if (wants_source(symbols) && loc->file)
		loc->source = sources_around(&symbols->sources, symbols->image, &place, loc->line);
	if (entry)
		add_disasm(symbols, loc, entry, lookup);
}

/* What all frames of the place have in common. */
static void finish(struct symbols *symbols, const struct place *place, struct chain *chain)
{
	struct stk_loc *physical = &chain->locs[chain->count - 1];
	const struct stk_module *info = NULL;
	size_t i;

	if (place->index != STK_NONE)
		info = image_module_info(symbols->image, place->index);
	for (i = 0; i < chain->count; i++) {
		struct stk_loc *loc = &chain->locs[i];

		loc->module = place->index;
		loc->offset = info ? place->pc - info->bias : 0;
		/* A cold part of a function may stand before its entry. */
		if (!loc->func || loc->func_offset > place->pc)
			loc->func_offset = UINT64_MAX;
		explain(symbols, place, loc);
		add_source(symbols, chain, loc);
	}
	add_disasm(symbols, physical,
		   physical->func_offset <= place->pc ? place->pc - physical->func_offset
						      : place->lookup,
		   place->lookup);
}

static void describe(struct symbols *symbols, const struct place *place, struct chain *chain)
{
	bool readable = place->index != STK_NONE && image_dwfl_module(symbols->image, place->index);

	if (readable)
		image_stage(symbols->image, STK_PART_DEBUG,
			    image_module_info(symbols->image, place->index)->path);
	chain->count = 0;
	chain->dirs[0] = chain->dirs[1] = NULL;
	if (readable)
		add_dwarf(symbols, place, chain);
	if (!chain->count)
		add_loc(chain, (struct line){ 0 });
	if (readable && !chain->locs[chain->count - 1].func)
		add_symbol(symbols, place, &chain->locs[chain->count - 1]);
	finish(symbols, place, chain);
	image_stage(symbols->image, STK_PART_NONE, "");
	free(chain->dirs[0]);
	free(chain->dirs[1]);
}

/* ---- frames ---- */

static struct answer answer_of(struct symbols *symbols, const struct place *place,
			       const struct chain *chain)
{
	uint32_t *ids = arena_alloc(&symbols->arena, chain->count * sizeof(*ids));
	size_t i;

	for (i = 0; i < chain->count; i++) {
		struct stk_frame frame = {
			.pc = place->pc,
			.loc = builder_loc(symbols->b, &chain->locs[i]),
			.flags = (uint16_t)place->flags,
			.how = (uint16_t)place->how,
		};

		if (i + 1 < chain->count)
			frame.how = STK_HOW_INLINE;
		ids[i] = builder_frame(symbols->b, &frame);
	}
	return (struct answer){ ids, chain->count };
}

static struct answer work_out(struct symbols *symbols, uint64_t pc, unsigned flags,
			      enum stk_how how)
{
	struct place place = { .pc = pc, .lookup = pc, .flags = flags, .how = how };
	struct chain *chain = xmalloc(sizeof(*chain));
	struct answer answer;

	/* The byte after a call may be another function's, or another module's. */
	if (!(flags & (STK_FRAME_ACTIVATION | STK_FRAME_SIGNAL)) && pc)
		place.lookup--;
	place.index = image_module(symbols->image, place.lookup);
	if (place.index != STK_NONE &&
	    image_module_info(symbols->image, place.index)->status == STK_MODULE_FORCED)
		place.flags |= STK_FRAME_FORCED;
	describe(symbols, &place, chain);
	answer = answer_of(symbols, &place, chain);
	free(chain);
	return answer;
}

size_t symbols_frames(struct symbols *symbols, uint64_t pc, unsigned flags, enum stk_how how,
		      const uint32_t **ret)
{
	struct question question = { pc, flags, how };
	size_t known = symbols->questions.count;
	uint32_t id = intern_put(&symbols->questions, &question, sizeof(question));

	if (id == known) {
		symbols->answers = grow(symbols->answers, &symbols->cap_answers, known + 1,
					sizeof(*symbols->answers));
		symbols->answers[id] = work_out(symbols, pc, flags, how);
	}
	*ret = symbols->answers[id].frames;
	return symbols->answers[id].count;
}

/* ---- names and addresses ---- */

const char *symbols_name(struct symbols *symbols, uint64_t addr, uint64_t *ret_offset)
{
	uint32_t index = image_module(symbols->image, addr);
	const struct symbol *symbol;

	if (index == STK_NONE)
		return NULL;
	symbol = symtab_at(symtab_of(symbols, index), addr);
	if (!symbol)
		return NULL;
	*ret_offset = addr - symbol->start;
	return names_of_symbol(&symbols->names, symbol->name, symbol_name_size(symbol)).func;
}

bool symbols_find(struct symbols *symbols, uint32_t module, const char *name, uint64_t *ret_addr,
		  uint64_t *ret_size)
{
	uint32_t i = module == STK_NONE ? 0 : module;
	uint32_t end = module == STK_NONE ? symbols->nmodules : module + 1;
	const struct symbol *best = NULL, *symbol;

	for (; i < end && i < symbols->nmodules; i++) {
		symbol = symtab_find(symtab_of(symbols, i), name);
		if (symbol && (!best || symbol->rank > best->rank))
			best = symbol;
	}
	if (!best)
		return false;
	*ret_addr = best->start;
	*ret_size = best->size;
	return true;
}

const char *symbols_demangle_type(struct symbols *symbols, const char *name)
{
	static const char prefix[] = "typeinfo for ";
	FREE_AT_END char *symbol = xasprintf("_ZTI%s", name);
	FREE_AT_END char *text = demangle(symbol);

	if (!text || strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return builder_str(symbols->b, name);
	return builder_str(symbols->b, text + sizeof(prefix) - 1);
}

/* ---- for sym/value/value.c ---- */

struct builder *symbols_builder(struct symbols *symbols)
{
	return symbols->b;
}

struct image *symbols_image(struct symbols *symbols)
{
	return symbols->image;
}

struct plans **symbols_plans(struct symbols *symbols)
{
	return &symbols->plans;
}

bool symbols_scope(struct symbols *symbols, uint64_t lookup, struct scope *ret)
{
	struct place place = { .pc = lookup,
			       .lookup = lookup,
			       .index = image_module(symbols->image, lookup) };
	uint64_t entry;
	struct unit *unit;

	if (place.index == STK_NONE || !image_dwfl_module(symbols->image, place.index))
		return false;
	unit = find_unit(symbols, &place, ret->dies, &ret->count, &entry);
	if (!unit || !ret->count)
		return false;
	/* What does not stand in one place is in lists. */
	(void)image_debug_need(symbols->image, place.index, IMAGE_DEBUG_LOCATIONS, IMAGE_DEBUG_ALL);
	ret->bias = symbols->modules[place.index].units.bias;
	ret->lang = dwarf_srclang(&unit->die);
	return true;
}
