/* SPDX-License-Identifier: Apache-2.0 */
/* The arguments of a function of Go from the words that its runtime printed in a traceback.
 *
 * Go 1.17 and later print every number of its own size, and braces around what has parts
 * (emitArgInfo in cmd/compile, printArgs in runtime/traceback.go). Before that, the words of the
 * argument area were printed as they lay there, results included, at most ten. A list is decoded
 * only when it fits the declared types exactly: another build's would not. */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "../die.h"
#include "format.h"
#include "value.h"

#define MAX_PARAMETERS 64u
#define ROOM 256u /* bytes of one argument; ten words are all that is ever printed */
#define RAW_WORDS 10u
#define MAX_DEPTH 16u
#define MAX_STEPS 10000u
#define MAX_ELEMENTS 64u /* a longer array would not have been printed whole */

struct parameter {
	Dwarf_Die type;
	const char *name;
	unsigned char bytes[ROOM], known[ROOM];
	bool stale;
};

struct words {
	struct symbols *symbols;
	struct image *image;
	unsigned word;
	const struct printed_word *list;
	size_t count, at;
	struct parameter *parameters;
	size_t nparameters;
	Dwarf_Die results[MAX_PARAMETERS];
	size_t nresults;
	bool whole;     /* no more of them than there is room for */
	unsigned steps; /* members looked at for their alignment: damaged types contain themselves */
};

/* ---- the declaration ---- */

static void declare(struct words *w, Dwarf_Die *die)
{
	Dwarf_Die type;

	if (!format_type_of(die, &type) || w->nparameters == MAX_PARAMETERS ||
	    w->nresults == MAX_PARAMETERS) {
		w->whole = false;
	} else if (die_flag(die, DW_AT_variable_parameter)) {
		w->results[w->nresults++] = type;
	} else {
		w->parameters[w->nparameters].type = type;
		w->parameters[w->nparameters++].name = dwarf_diename(die);
	}
}

/* What was inlined elsewhere has its parameters in the order of the source there. */
static void read_declaration(struct words *w, Dwarf_Die *function)
{
	Dwarf_Die origin, child;

	w->whole = true;
	if (!die_ref(function, DW_AT_abstract_origin, &origin))
		origin = *function;
	if (dwarf_child(&origin, &child) != 0)
		return;
	do
		if (dwarf_tag(&child) == DW_TAG_formal_parameter)
			declare(w, &child);
	while (dwarf_siblingof(&child, &child) == 0);
}

/* "Go cmd/compile go1.19.8; regabi" -> 19; 0 unknown */
static unsigned compiler_minor(Dwarf_Die *function)
{
	Dwarf_Die unit;
	const char *producer, *at;

	if (!dwarf_diecu(function, &unit, NULL, NULL))
		return 0;
	producer = die_string(&unit, DW_AT_producer);
	at = producer ? strstr(producer, "go1.") : NULL;
	return at ? (unsigned)strtoul(at + 4, NULL, 10) : 0;
}

/* ---- with braces: Go 1.17 and later ---- */

static bool is_next(const struct words *w, enum printed_kind kind)
{
	return w->at < w->count && w->list[w->at].kind == kind;
}

static bool take(struct words *w, enum printed_kind kind)
{
	if (!is_next(w, kind))
		return false;
	w->at++;
	return true;
}

static bool take_number(struct words *w, struct parameter *p, uint64_t offset, uint64_t size)
{
	const struct printed_word *word = &w->list[w->at];

	if (take(w, PRINTED_UNKNOWN))
		return true;
	if (!size || size > 8 || !take(w, PRINTED_NUMBER) || (size < 8 && word->value >> size * 8))
		return false;
	p->stale |= word->stale;
	if (offset > ROOM - size)
		return true;
	image_bytes(w->image, word->value, p->bytes + offset, (unsigned)size);
	memset(p->known + offset, 1, size);
	return true;
}

static bool take_value(struct words *w, struct parameter *p, Dwarf_Die *declared, uint64_t offset,
		       unsigned depth);

static bool take_members(struct words *w, struct parameter *p, Dwarf_Die *type, uint64_t offset,
			 unsigned depth)
{
	Dwarf_Die child, inner;

	if (dwarf_child(type, &child) != 0)
		return true;
	do {
		uint64_t start = 0;

		if (dwarf_tag(&child) != DW_TAG_member)
			continue;
		(void)die_number(&child, DW_AT_data_member_location, &start);
		if (is_next(w, PRINTED_MORE))
			break;
		if (!format_type_of(&child, &inner) ||
		    !take_value(w, p, &inner, offset + start, depth))
			return false;
	} while (dwarf_siblingof(&child, &child) == 0);
	return true;
}

static bool take_elements(struct words *w, struct parameter *p, Dwarf_Die *type, uint64_t offset,
			  unsigned depth)
{
	uint64_t total = format_size(type), size, i;
	Dwarf_Die element;

	if (!format_type_of(type, &element))
		return false;
	size = format_size(&element);
	for (i = 0; size && i < total / size && i < MAX_ELEMENTS && !is_next(w, PRINTED_MORE); i++)
		if (!take_value(w, p, &element, offset + i * size, depth))
			return false;
	return true;
}

static bool take_parts(struct words *w, struct parameter *p, Dwarf_Die *type, uint64_t offset,
		       unsigned depth)
{
	uint64_t half = format_size(type) / 2;

	switch (dwarf_tag(type)) {
	case DW_TAG_structure_type:
		return take_members(w, p, type, offset, depth);
	case DW_TAG_array_type:
		return take_elements(w, p, type, offset, depth);
	default: /* a complex number */
		return (is_next(w, PRINTED_MORE) || take_number(w, p, offset, half)) &&
		       (is_next(w, PRINTED_MORE) || take_number(w, p, offset + half, half));
	}
}

static bool has_parts(Dwarf_Die *type)
{
	uint64_t encoding;

	return dwarf_tag(type) == DW_TAG_structure_type || dwarf_tag(type) == DW_TAG_array_type ||
	       (die_number(type, DW_AT_encoding, &encoding) && encoding == DW_ATE_complex_float);
}

static bool take_value(struct words *w, struct parameter *p, Dwarf_Die *declared, uint64_t offset,
		       unsigned depth)
{
	Dwarf_Die type;

	if (depth > MAX_DEPTH || w->at >= w->count || !format_peel(declared, &type))
		return false;
	if (!has_parts(&type))
		return take_number(w, p, offset, format_size(&type));
	if (!take(w, PRINTED_OPEN) || !take_parts(w, p, &type, offset, depth + 1))
		return false;
	(void)take(w, PRINTED_MORE);
	return take(w, PRINTED_CLOSE);
}

static bool fit_parts(struct words *w)
{
	size_t i;

	for (i = 0; i < w->nparameters && !is_next(w, PRINTED_MORE); i++)
		if (!take_value(w, &w->parameters[i], &w->parameters[i].type, 0, 0))
			return false;
	(void)take(w, PRINTED_MORE);
	return w->at == w->count;
}

/* ---- raw words: before Go 1.17 ---- */

static uint64_t alignment(struct words *w, Dwarf_Die *declared, unsigned depth)
{
	uint64_t most = 1, size, encoding = 0;
	Dwarf_Die type, child, inner;

	if (depth > MAX_DEPTH || w->steps++ > MAX_STEPS || !format_peel(declared, &type))
		return w->word;
	if (dwarf_tag(&type) == DW_TAG_array_type && format_type_of(&type, &inner))
		return alignment(w, &inner, depth + 1);
	if (dwarf_tag(&type) != DW_TAG_structure_type) {
		size = format_size(&type);
		if (die_number(&type, DW_AT_encoding, &encoding) &&
		    encoding == DW_ATE_complex_float)
			size /= 2;
		return size && size < w->word ? size : w->word;
	}
	if (dwarf_child(&type, &child) != 0)
		return most;
	do {
		if (dwarf_tag(&child) != DW_TAG_member || !format_type_of(&child, &inner))
			continue;
		size = alignment(w, &inner, depth + 1);
		most = size > most ? size : most;
	} while (dwarf_siblingof(&child, &child) == 0);
	return most;
}

/* Where a value of the type lies in the area, and where the next one may. */
static uint64_t place(struct words *w, Dwarf_Die *type, uint64_t *end)
{
	uint64_t align = alignment(w, type, 0), at = (*end + align - 1) / align * align;

	*end = at + format_size(type);
	return at;
}

static uint64_t round_up(const struct words *w, uint64_t bytes)
{
	return (bytes + w->word - 1) / w->word;
}

static bool is_raw(const struct words *w, size_t *ret_numbers)
{
	size_t i;

	*ret_numbers = w->count - (w->count && w->list[w->count - 1].kind == PRINTED_MORE);
	for (i = 0; i < *ret_numbers; i++)
		if (w->list[i].kind != PRINTED_NUMBER || w->list[i].stale)
			return false;
	return *ret_numbers <= RAW_WORDS;
}

static bool fit_raw(struct words *w)
{
	unsigned char area[RAW_WORDS * 8] = { 0 };
	uint64_t end = 0, at;
	size_t numbers, i;

	if (!is_raw(w, &numbers))
		return false;
	for (i = 0; i < numbers; i++)
		image_bytes(w->image, w->list[i].value, area + i * w->word, w->word);
	for (i = 0; i < w->nparameters; i++) {
		struct parameter *p = &w->parameters[i];

		at = place(w, &p->type, &end);
		if (at < numbers * w->word) {
			size_t size = numbers * w->word - (size_t)at;

			memcpy(p->bytes, area + at, size);
			memset(p->known, 1, size);
		}
	}
	end = round_up(w, end) * w->word;
	for (i = 0; i < w->nresults; i++)
		(void)place(w, &w->results[i], &end);
	if (numbers < w->count)
		return numbers == RAW_WORDS && round_up(w, end) > RAW_WORDS;
	return numbers == round_up(w, end);
}

/* ---- the choice ---- */

static bool attempt(struct words *w, bool (*fit)(struct words *w))
{
	size_t i;

	w->at = 0;
	for (i = 0; i < w->nparameters; i++) {
		memset(w->parameters[i].known, 0, ROOM);
		w->parameters[i].stale = false;
	}
	return fit(w);
}

static bool decode(struct words *w, unsigned minor)
{
	if (minor && minor < 17)
		return attempt(w, fit_raw);
	/* Words that only fit as raw ones are of an older build of the program. */
	return attempt(w, fit_parts) || attempt(w, fit_raw);
}

static struct stk_value describe(struct words *w, struct parameter *p)
{
	struct builder *b = symbols_builder(w->symbols);
	struct format f = {
		.symbols = w->symbols, .image = w->image, .lang = DW_LANG_Go, .printed = true
	};
	struct content c = { .image = w->image, .bytes = p->bytes, .known = p->known, .size = ROOM };
	FREE_AT_END char *type = format_type(&p->type);
	struct stk_value value = { .name = builder_str(b, p->name),
				   .type = builder_str(b, type),
				   .argument = true };

	out_init(&f.out, -1);
	format_value(&f, &c, &p->type);
	if (p->stale)
		out_str(&f.out, " <may be stale>");
	value.text = builder_strn(b, f.out.buffer, f.out.used);
	out_deinit(&f.out);
	return value;
}

static size_t describe_all(struct words *w, const struct stk_value **ret)
{
	struct stk_value values[MAX_PARAMETERS];
	size_t count = 0, i;

	for (i = 0; i < w->nparameters; i++)
		if (w->parameters[i].name && strcmp(w->parameters[i].name, "_") != 0)
			values[count++] = describe(w, &w->parameters[i]);
	*ret = builder_array(symbols_builder(w->symbols), values, count, sizeof(*values));
	return count;
}

size_t symbols_words(struct symbols *symbols, const char *function, const struct printed_word *list,
		     size_t count, const struct stk_value **ret)
{
	struct image *image = symbols_image(symbols);
	struct words w = { .symbols = symbols,
			   .image = image,
			   .list = list,
			   .count = count,
			   .word = image_arch(image)->word };
	struct scope *scope = xmalloc(sizeof(*scope));
	uint64_t address, size;
	size_t found = 0;

	w.parameters = xcalloc(MAX_PARAMETERS, sizeof(*w.parameters));
	if (count && list[0].kind != PRINTED_MORE &&
	    symbols_find(symbols, 0, function, &address, &size) &&
	    symbols_scope(symbols, address, scope) && scope->lang == DW_LANG_Go) {
		read_declaration(&w, &scope->dies[0]);
		if (w.whole && decode(&w, compiler_minor(&scope->dies[0])))
			found = describe_all(&w, ret);
	}
	free(w.parameters);
	free(scope);
	return found;
}
