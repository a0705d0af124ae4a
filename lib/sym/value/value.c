/* SPDX-License-Identifier: Apache-2.0 */
#include "value.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "../die.h"
#include "format.h"

#define MAX_VARIABLES 200u

struct collector {
	struct symbols *symbols;
	struct builder *b;
	const struct eval_frame *frame;
	int lang;
	bool results; /* Go's are parameters to DWARF, and variables to whoever reads the function */
	struct variable *variables; /* malloc'ed */
	size_t count, cap;
};

/* A variable as it is in every frame of a place: hundreds of thousands of goroutines may stand at
 * one. Texts are the builder's. */
struct variable {
	const char *name, *type;
	const char *constant; /* its value, where that does not depend on the frame; NULL */
	bool argument, is_moved;
	Dwarf_Die die, type_die, moved;
};

struct plan {
	struct variable *variables; /* malloc'ed */
	size_t count;
	bool known; /* there is debug information */
	int lang;
	uint64_t bias;
	Dwarf_Die function;
};

/* What was asked for; what a caller is, for values at its call: depth is NO_DEPTH. */
struct plan_key {
	uint64_t lookup, depth, want;
};

#define NO_DEPTH UINT64_MAX

struct plans {
	struct arena arena;
	struct intern keys; /* struct plan_key -> index into items */
	struct plan *items;
	size_t cap;
};

/* ---- one variable ---- */

static char *text_of(const struct format *f)
{
	char *text = xmalloc(f->out.used + 1);

	if (f->out.used)
		memcpy(text, f->out.buffer, f->out.used);
	text[f->out.used] = '\0';
	return text;
}

/* What the pointer would point to, had it an address: most often a constant string. */
static void format_pointed(struct format *f, const struct eval_result *r)
{
	Dwarf_Die target = r->target;
	Dwarf_Attribute attr;
	Dwarf_Block block;

	if (r->offset >= 0 && dwarf_attr_integrate(&target, DW_AT_const_value, &attr) &&
	    dwarf_formblock(&attr, &block) == 0 && (uint64_t)r->offset <= block.length) {
		const char *text = (const char *)block.data + r->offset;

		out_char(&f->out, '&');
		format_string(f, text, strnlen(text, block.length - (size_t)r->offset), false);
		return;
	}
	out_str(&f->out, "<a pointer to a variable that was optimized out>");
}

static void format_result(struct format *f, const struct eval_result *r, Dwarf_Die *type)
{
	struct content c = { .image = f->image };

	switch (r->kind) {
	case EVAL_MEMORY:
		c = content_at(f->image, r->address);
		format_value(f, &c, type);
		break;
	case EVAL_VALUE:
		c.bytes = r->bytes;
		c.known = r->known;
		c.size = r->size;
		format_value(f, &c, type);
		break;
	case EVAL_GONE:
		out_str(&f->out, "<optimized out>");
		break;
	case EVAL_POINTER:
		format_pointed(f, r);
		break;
	case EVAL_CANNOT:
		out_fmt(&f->out, "<%s>", r->why ? r->why : "its location cannot be evaluated");
		break;
	}
}

static void format_constant(struct format *f, Dwarf_Attribute *attr, Dwarf_Die *type)
{
	struct eval_result r = { .kind = EVAL_VALUE };
	Dwarf_Block block;
	Dwarf_Sword number;

	if (dwarf_formblock(attr, &block) == 0 && block.length <= EVAL_BYTES) {
		memcpy(r.bytes, block.data, block.length);
		r.size = block.length;
	} else if (dwarf_formsdata(attr, &number) == 0) {
		image_bytes(f->image, (uint64_t)number, r.bytes, 8);
		r.size = 8;
	}
	memset(r.known, 1, r.size);
	format_result(f, &r, type);
}

static bool is_unknown(const struct eval_result *r)
{
	return r->kind == EVAL_GONE || (r->kind == EVAL_VALUE && !memchr(r->known, 1, r->size));
}

/* Go's compiler says of a variable that it is in a register up to the end of a call, and where it was
 * put on the stack for the call from the return address on: in a frame that waits for the call only
 * the second is true. */
static struct eval_result locate(const struct collector *c, Dwarf_Attribute *attr)
{
	struct eval_result here = eval_location(c->frame, attr), behind;
	struct eval_frame frame;

	if (c->lang != DW_LANG_Go || !is_unknown(&here) ||
	    c->frame->regs->pc != c->frame->lookup + 1)
		return here;
	frame = *c->frame;
	frame.lookup++;
	behind = eval_location(&frame, attr);
	return is_unknown(&behind) || behind.kind == EVAL_CANNOT ? here : behind;
}

static void format_variable(struct collector *c, struct format *f, Dwarf_Die *die, Dwarf_Die *type)
{
	struct eval_result result;
	Dwarf_Attribute attr;

	if (dwarf_attr_integrate(die, DW_AT_const_value, &attr)) {
		format_constant(f, &attr, type);
	} else if (dwarf_attr_integrate(die, DW_AT_location, &attr)) {
		result = locate(c, &attr);
		format_result(f, &result, type);
	} else {
		out_str(&f->out, "<optimized out>");
	}
}

/* The pointer that was found; false when it is not there. */
static bool pointer_of(struct image *image, const struct eval_result *r, uint64_t *ret)
{
	unsigned word = image_arch(image)->word;

	if (r->kind == EVAL_MEMORY)
		return image_word(image, r->address, ret);
	if (r->kind != EVAL_VALUE || r->size < word || memchr(r->known, 0, word))
		return false;
	*ret = image_number(image, r->bytes, word);
	return true;
}

/* Go moves a variable that outlives its function to the heap: "&name", the pointer to it, is in the
 * frame then. */
static bool is_moved(const struct collector *c, const char *name, Dwarf_Die *type, Dwarf_Die *ret)
{
	Dwarf_Die pointer;

	return c->lang == DW_LANG_Go && name[0] == '&' && format_peel(type, &pointer) &&
	       dwarf_tag(&pointer) == DW_TAG_pointer_type && format_type_of(&pointer, ret);
}

static void format_moved(struct collector *c, struct format *f, Dwarf_Die *die, Dwarf_Die *pointer,
			 Dwarf_Die *type)
{
	struct content there = { .image = f->image };
	struct eval_result r = { .kind = EVAL_GONE };
	Dwarf_Attribute attr;
	uint64_t address;

	if (dwarf_attr_integrate(die, DW_AT_location, &attr))
		r = locate(c, &attr);
	if (!pointer_of(f->image, &r, &address)) {
		format_result(f, &r, pointer);
	} else if (!address) {
		out_str(&f->out, "<not allocated yet>");
	} else {
		there = content_at(f->image, address);
		format_value(f, &there, type);
	}
}

static struct format format_in(const struct collector *c)
{
	struct format f = { .symbols = c->symbols, .image = c->frame->image, .lang = c->lang };

	out_init(&f.out, -1);
	return f;
}

static const char *finish_text(const struct collector *c, struct format *f)
{
	FREE_AT_END char *text = text_of(f);

	out_deinit(&f->out);
	return builder_str(c->b, text);
}

static bool has_none_at(const struct collector *c, const Dwarf_Attribute *location, uint64_t at)
{
	Dwarf_Attribute attr = *location;
	Dwarf_Op *ops;
	size_t count;

	return eval_expression_at(&attr, at - c->frame->bias, &ops, &count) == 0;
}

/* Is the variable nowhere at this place, whatever the frame? */
static bool is_nowhere(const struct collector *c, Dwarf_Die *die)
{
	Dwarf_Attribute attr;

	if (dwarf_attr_integrate(die, DW_AT_const_value, &attr))
		return false;
	return !dwarf_attr_integrate(die, DW_AT_location, &attr) ||
	       (has_none_at(c, &attr, c->frame->lookup) &&
		(c->lang != DW_LANG_Go || has_none_at(c, &attr, c->frame->lookup + 1)));
}

static void add(struct collector *c, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	struct variable v = { .die = *die };
	FREE_AT_END char *type_name = NULL;

	/* Go marks results so. Unnamed ones, and the compiler's own (".dict"), say nothing. */
	if (!name || (c->lang == DW_LANG_Go && *name == '.') || c->count >= MAX_VARIABLES ||
	    dwarf_hasattr(die, DW_AT_declaration) || !strncmp(name, "~r", 2) ||
	    die_flag(die, DW_AT_variable_parameter) != c->results)
		return;
	if (!format_type_of(die, &v.type_die)) {
		v.constant = builder_str(c->b, "<its type is not known>");
	} else if (is_moved(c, name, &v.type_die, &v.moved)) {
		name++;
		v.is_moved = true;
		type_name = format_type(&v.moved);
	} else {
		type_name = format_type(&v.type_die);
	}
	if (!v.constant && is_nowhere(c, die))
		v.constant = builder_str(c->b, "<optimized out>");
	v.name = builder_str(c->b, name);
	v.type = builder_str(c->b, type_name ? type_name : "");
	v.argument = dwarf_tag(die) == DW_TAG_formal_parameter && !c->results;
	c->variables = grow(c->variables, &c->cap, c->count + 1, sizeof(*c->variables));
	c->variables[c->count++] = v;
}

static const char *value_of(struct collector *c, const struct variable *variable)
{
	struct variable v = *variable;
	struct format f;

	if (v.constant)
		return v.constant;
	f = format_in(c);
	if (v.is_moved)
		format_moved(c, &f, &v.die, &v.type_die, &v.moved);
	else
		format_variable(c, &f, &v.die, &v.type_die);
	return finish_text(c, &f);
}

/* ---- those of a function ---- */

static void add_of_kind(struct collector *c, Dwarf_Die *within, int tag, unsigned depth)
{
	Dwarf_Die child;

	if (depth > 64 || dwarf_child(within, &child) != 0)
		return;
	do {
		if (dwarf_tag(&child) == tag)
			add(c, &child);
		else if (tag == DW_TAG_variable && dwarf_tag(&child) == DW_TAG_lexical_block &&
			 dwarf_haspc(&child, c->frame->lookup - c->frame->bias) > 0)
			add_of_kind(c, &child, tag, depth + 1);
	} while (dwarf_siblingof(&child, &child) == 0);
}

/* The parameter of a concrete function or inlined call that stands for this one of the source. */
static bool find_concrete(Dwarf_Die *function, const Dwarf_Die *abstract, Dwarf_Die *ret)
{
	Dwarf_Die origin;

	if (dwarf_child(function, ret) != 0)
		return false;
	do
		if (dwarf_tag(ret) == DW_TAG_formal_parameter &&
		    die_ref(ret, DW_AT_abstract_origin, &origin) && origin.addr == abstract->addr)
			return true;
	while (dwarf_siblingof(ret, ret) == 0);
	return false;
}

/* In the order of the source. What was inlined or cloned leaves out the parameters that were
 * optimized away, and has the others in any order: the function that it comes from has all. */
static void add_arguments(struct collector *c, Dwarf_Die *function)
{
	Dwarf_Die origin, child, concrete;

	if (!die_ref(function, DW_AT_abstract_origin, &origin)) {
		add_of_kind(c, function, DW_TAG_formal_parameter, 0);
		return;
	}
	if (dwarf_child(&origin, &child) != 0)
		return;
	do
		if (dwarf_tag(&child) == DW_TAG_formal_parameter)
			add(c, find_concrete(function, &child, &concrete) ? &concrete : &child);
	while (dwarf_siblingof(&child, &child) == 0);
}

/* ---- each place once ---- */

static struct plans *plans_of(struct symbols *symbols)
{
	struct plans **plans = symbols_plans(symbols);

	if (!*plans) {
		*plans = xcalloc(1, sizeof(**plans));
		intern_init(&(*plans)->keys, &(*plans)->arena);
	}
	return *plans;
}

void plans_free(struct plans *plans)
{
	size_t i;

	if (!plans)
		return;
	for (i = 0; i < plans->keys.count; i++)
		free(plans->items[i].variables);
	free(plans->items);
	intern_deinit(&plans->keys);
	arena_deinit(&plans->arena);
	free(plans);
}

static void collect(struct collector *c, const struct scope *scope, uint64_t depth, unsigned want)
{
	Dwarf_Die function = scope->dies[depth];

	if (want & STK_WANT_ARGS)
		add_arguments(c, &function);
	if (want & STK_WANT_LOCALS) {
		c->results = true;
		add_of_kind(c, &function, DW_TAG_formal_parameter, 0);
		c->results = false;
		add_of_kind(c, &function, DW_TAG_variable, 0);
	}
}

static struct plan make_plan(struct symbols *symbols, const struct plan_key *key)
{
	struct eval_frame frame = { .image = symbols_image(symbols), .lookup = key->lookup };
	struct collector c = { .symbols = symbols, .b = symbols_builder(symbols), .frame = &frame };
	struct scope *scope = xmalloc(sizeof(*scope));
	struct plan plan = { .known = symbols_scope(symbols, key->lookup, scope) };

	if (plan.known && (key->depth == NO_DEPTH || key->depth < scope->count)) {
		plan.bias = frame.bias = scope->bias;
		plan.lang = c.lang = scope->lang;
		plan.function = scope->dies[0];
		if (key->depth != NO_DEPTH)
			collect(&c, scope, key->depth, (unsigned)key->want);
	}
	plan.variables = c.variables;
	plan.count = c.count;
	free(scope);
	return plan;
}

static struct plan plan_at(struct symbols *symbols, uint64_t lookup, uint64_t depth, unsigned want)
{
	struct plans *plans = plans_of(symbols);
	struct plan_key key = { lookup, depth, want & (STK_WANT_ARGS | STK_WANT_LOCALS) };
	size_t known = plans->keys.count;
	uint32_t id = intern_put(&plans->keys, &key, sizeof(key));

	if (id == known) {
		plans->items = grow(plans->items, &plans->cap, known + 1, sizeof(*plans->items));
		plans->items[id] = make_plan(symbols, &key);
	}
	return plans->items[id];
}

static void set_frame(struct symbols *symbols, const struct value_frame *vf, uint64_t bias,
		      const Dwarf_Die *function, struct eval_frame *ret)
{
	struct plan caller;

	*ret = (struct eval_frame){ .image = symbols_image(symbols),
				    .regs = vf->regs,
				    .cfa = vf->cfa,
				    .has_cfa = vf->cfa != 0,
				    .newest = vf->newest,
				    .vectors = vf->vectors,
				    .lookup = vf->lookup,
				    .bias = bias,
				    .function = *function };
	if (!vf->caller)
		return;
	ret->caller = vf->caller;
	ret->caller_pc = vf->caller->pc;
	ret->caller_cfa = vf->caller_cfa;
	caller = plan_at(symbols, ret->caller_pc - 1, NO_DEPTH, 0);
	ret->has_caller_function = caller.known && caller.bias == bias;
	if (ret->has_caller_function)
		ret->caller_function = caller.function;
}

size_t symbols_values(struct symbols *symbols, const struct value_frame *vf, size_t depth,
		      const struct stk_value **ret)
{
	struct plan plan = plan_at(symbols, vf->lookup, depth, vf->want);
	struct eval_frame frame;
	struct collector c = { .symbols = symbols,
			       .b = symbols_builder(symbols),
			       .frame = &frame,
			       .lang = plan.lang };
	struct stk_value *values;
	size_t i;

	*ret = NULL;
	if (!plan.count)
		return 0;
	set_frame(symbols, vf, plan.bias, &plan.function, &frame);
	values = builder_alloc(c.b, plan.count * sizeof(*values));
	for (i = 0; i < plan.count; i++) {
		const struct variable *v = &plan.variables[i];

		values[i] = (struct stk_value){ .name = v->name,
						.type = v->type,
						.text = value_of(&c, v),
						.argument = v->argument };
	}
	*ret = values;
	return plan.count;
}

/* ---- which field an address is ---- */

struct field_search {
	const struct eval_frame *frame;
	uint64_t pointer, offset;
	const char *variable;
	Dwarf_Die type; /* of what the variable points to */
	unsigned found;
};

static bool holds(const struct field_search *s, Dwarf_Die *die)
{
	struct eval_result r;
	Dwarf_Attribute attr;
	uint64_t value;

	if (!dwarf_attr_integrate(die, DW_AT_location, &attr))
		return false;
	r = eval_location(s->frame, &attr);
	return pointer_of(s->frame->image, &r, &value) && value == s->pointer;
}

static void try_variable(struct field_search *s, Dwarf_Die *die)
{
	Dwarf_Die type, target;

	if (!dwarf_diename(die) || !format_type_of(die, &type) || !format_peel(&type, &type) ||
	    (dwarf_tag(&type) != DW_TAG_pointer_type &&
	     dwarf_tag(&type) != DW_TAG_reference_type) ||
	    !format_type_of(&type, &target) || !format_peel(&target, &target) ||
	    format_size(&target) <= s->offset || !holds(s, die))
		return;
	s->variable = dwarf_diename(die);
	s->type = target;
	s->found++;
}

static void try_all(struct field_search *s, Dwarf_Die *within, unsigned depth)
{
	Dwarf_Die child;

	if (depth > 64 || dwarf_child(within, &child) != 0)
		return;
	do {
		int tag = dwarf_tag(&child);

		if (tag == DW_TAG_formal_parameter || tag == DW_TAG_variable)
			try_variable(s, &child);
		else if (tag == DW_TAG_lexical_block &&
			 dwarf_haspc(&child, s->frame->lookup - s->frame->bias) > 0)
			try_all(s, &child, depth + 1);
	} while (dwarf_siblingof(&child, &child) == 0);
}

/* The innermost member at the offset: "at.y". */
static void member_path(struct out *out, Dwarf_Die *type, uint64_t offset, unsigned depth)
{
	Dwarf_Die child, inner;

	if (depth > 8 || dwarf_child(type, &child) != 0)
		return;
	do {
		uint64_t start = 0;

		if (dwarf_tag(&child) != DW_TAG_member || !format_type_of(&child, &inner) ||
		    !format_peel(&inner, &inner))
			continue;
		(void)die_number(&child, DW_AT_data_member_location, &start);
		if (offset < start || offset - start >= format_size(&inner))
			continue;
		if (dwarf_diename(&child)) {
			out_str(out, depth ? "." : "->");
			out_str(out, dwarf_diename(&child));
		}
		if (dwarf_tag(&inner) == DW_TAG_structure_type ||
		    dwarf_tag(&inner) == DW_TAG_class_type)
			member_path(out, &inner, offset - start, depth + 1);
		return;
	} while (dwarf_siblingof(&child, &child) == 0);
}

const char *symbols_field(struct symbols *symbols, const struct value_frame *vf, uint64_t pointer,
			  uint64_t offset)
{
	struct scope *scope = xmalloc(sizeof(*scope));
	struct eval_frame frame;
	struct field_search s = { .frame = &frame, .pointer = pointer, .offset = offset };
	const char *text = NULL;
	struct out out;
	size_t i;

	if (symbols_scope(symbols, vf->lookup, scope)) {
		set_frame(symbols, vf, scope->bias, &scope->dies[0], &frame);
		for (i = scope->count; i-- && !s.found;)
			try_all(&s, &scope->dies[i], 0);
	}
	free(scope);
	if (s.found != 1)
		return NULL;
	out_init(&out, -1);
	out_str(&out, s.variable);
	member_path(&out, &s.type, offset, 0);
	if (out.used == strlen(s.variable))
		out.used = 0, out_fmt(&out, "*%s", s.variable);
	text = builder_strn(symbols_builder(symbols), out.buffer, out.used);
	out_deinit(&out);
	return text;
}
