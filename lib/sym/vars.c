#include "vars.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "format.h"

#define MAX_VARIABLES 200u

struct collector {
	struct symbols *symbols;
	struct builder *b;
	const struct eval_frame *frame;
	unsigned want;
	int lang;
	struct stk_value *values;
	size_t count, cap;
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
		out_str(&f->out, "<a pointer to a variable that was optimized out>");
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

static void format_variable(struct collector *c, struct format *f, Dwarf_Die *die, Dwarf_Die *type)
{
	struct eval_result result;
	Dwarf_Attribute attr;

	if (dwarf_attr_integrate(die, DW_AT_const_value, &attr)) {
		format_constant(f, &attr, type);
	} else if (dwarf_attr_integrate(die, DW_AT_location, &attr)) {
		result = eval_location(c->frame, &attr);
		format_result(f, &result, type);
	} else {
		out_str(&f->out, "<optimized out>");
	}
}

static void add(struct collector *c, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	struct format f = { .symbols = c->symbols, .image = c->frame->image, .lang = c->lang };
	FREE_AT_END char *text = NULL, *type_name = NULL;
	uint64_t result;
	Dwarf_Die type;

	/* Go marks results so: they are not set yet. Unnamed ones say nothing. */
	if (!name || c->count >= MAX_VARIABLES || dwarf_hasattr(die, DW_AT_declaration) ||
	    (die_number(die, DW_AT_variable_parameter, &result) && result))
		return;
	out_init(&f.out, -1);
	if (format_type_of(die, &type)) {
		type_name = format_type(&type);
		format_variable(c, &f, die, &type);
	} else {
		out_str(&f.out, "<its type is not known>");
	}
	text = text_of(&f);
	out_deinit(&f.out);
	c->values = grow(c->values, &c->cap, c->count + 1, sizeof(*c->values));
	c->values[c->count++] = (struct stk_value){
		.name = builder_str(c->b, name), .type = builder_str(c->b, type_name ? type_name : ""),
		.text = builder_str(c->b, text), .argument = dwarf_tag(die) == DW_TAG_formal_parameter,
	};
}

/* ---- those of a function ---- */

static bool same_entry(Dwarf_Die *a, Dwarf_Die *b)
{
	return a->addr == b->addr;
}

static bool has_concrete(Dwarf_Die *function, Dwarf_Die *abstract)
{
	Dwarf_Die child, origin;

	if (dwarf_child(function, &child) != 0)
		return false;
	do
		if (dwarf_tag(&child) == DW_TAG_formal_parameter &&
		    die_ref(&child, DW_AT_abstract_origin, &origin) && same_entry(&origin, abstract))
			return true;
	while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* An inlined call leaves out the parameters that it optimized away: they stand in the function that was
 * inlined. */
static void add_lost_arguments(struct collector *c, Dwarf_Die *function)
{
	Dwarf_Die origin, child;

	if (!die_ref(function, DW_AT_abstract_origin, &origin) || dwarf_child(&origin, &child) != 0)
		return;
	do
		if (dwarf_tag(&child) == DW_TAG_formal_parameter && !has_concrete(function, &child))
			add(c, &child);
	while (dwarf_siblingof(&child, &child) == 0);
}

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

static void set_caller(struct symbols *symbols, const struct value_frame *vf, struct eval_frame *frame)
{
	struct scope *scope;

	if (!vf->caller)
		return;
	frame->caller = vf->caller;
	frame->caller_pc = vf->caller->pc;
	scope = xmalloc(sizeof(*scope));
	frame->has_caller_function = symbols_scope(symbols, frame->caller_pc - 1, scope) &&
				     scope->bias == frame->bias;
	if (frame->has_caller_function)
		frame->caller_function = scope->dies[0];
	free(scope);
}

size_t symbols_values(struct symbols *symbols, const struct value_frame *vf, size_t depth,
		      const struct stk_value **ret)
{
	struct eval_frame frame = { .image = symbols_image(symbols), .regs = vf->regs, .cfa = vf->cfa,
				    .has_cfa = vf->cfa != 0, .lookup = vf->lookup };
	struct scope *scope = xmalloc(sizeof(*scope));
	struct collector c = { .symbols = symbols, .b = symbols_builder(symbols), .frame = &frame,
			       .want = vf->want };

	*ret = NULL;
	if (symbols_scope(symbols, vf->lookup, scope) && depth < scope->count) {
		Dwarf_Die *function = &scope->dies[depth];

		frame.bias = scope->bias;
		frame.function = scope->dies[0];
		c.lang = scope->lang;
		set_caller(symbols, vf, &frame);
		if (vf->want & STK_WANT_ARGS) {
			add_of_kind(&c, function, DW_TAG_formal_parameter, 0);
			if (depth)
				add_lost_arguments(&c, function);
		}
		if (vf->want & STK_WANT_LOCALS)
			add_of_kind(&c, function, DW_TAG_variable, 0);
		*ret = builder_array(c.b, c.values, c.count, sizeof(*c.values));
	}
	free(c.values);
	free(scope);
	return c.count;
}
