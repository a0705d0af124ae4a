/* SPDX-License-Identifier: Apache-2.0 */
/* Containers of libstdc++, as their users see them. */
#include "container.h"

static bool cxx_string(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t text, length;

	if (!member_number(c, type, "_M_dataplus/_M_p", &text, NULL) ||
	    !member_number(c, type, "_M_string_length", &length, NULL))
		return false;
	format_string_at(f, text, length);
	return true;
}

static bool cxx_string_view(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t text, length;

	if (!member_number(c, type, "_M_str", &text, NULL) ||
	    !member_number(c, type, "_M_len", &length, NULL))
		return false;
	format_string_at(f, text, length);
	return true;
}

static bool cxx_vector(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die pointer, element;
	uint64_t start, finish, size;

	if (!member_number(c, type, "_M_impl/_M_start", &start, &pointer) ||
	    !member_number(c, type, "_M_impl/_M_finish", &finish, NULL) ||
	    !member_pointee(&pointer, &element))
		return false;
	size = format_size(&element);
	if (!size || finish < start)
		return false;
	member_list(f, "vector", start, (finish - start) / size, &element);
	return true;
}

static void pointed_value(struct format *f, uint64_t address, Dwarf_Die *element)
{
	struct content there = content_at(f->image, address);

	out_hex(&f->out, address, 1);
	if (!address)
		return;
	out_str(&f->out, ": ");
	f->depth++;
	format_value(f, &there, element);
	f->depth--;
}

/* Behind a tuple of the pointer and the deleter. */
static bool cxx_unique(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die pointer = *type, element;
	struct content part = *c;
	uint64_t address;

	if (!member_follow(&pointer, &part, "_M_t/_M_t") ||
	    !member_first_pointer(&part, &pointer, 0) ||
	    !content_number(&part, image_arch(f->image)->word, &address) ||
	    !member_pointee(&pointer, &element))
		return false;
	out_str(&f->out, "unique_ptr to ");
	pointed_value(f, address, &element);
	return true;
}

static bool cxx_shared(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die pointer, element, count_pointer, counted;
	uint64_t address, counts, uses = 0;

	if (!member_number(c, type, "_M_ptr", &address, &pointer) ||
	    !member_pointee(&pointer, &element))
		return false;
	if (member_number(c, type, "_M_refcount/_M_pi", &counts, &count_pointer) && counts &&
	    member_pointee(&count_pointer, &counted) && format_peel(&counted, &counted)) {
		struct content there = content_at(f->image, counts);

		(void)member_number(&there, &counted, "_M_use_count", &uses, NULL);
	}
	out_fmt(&f->out, "shared_ptr (%llu owner%s) to ", (unsigned long long)uses,
		uses == 1 ? "" : "s");
	pointed_value(f, address, &element);
	return true;
}

static bool cxx_optional(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die t = *type;
	struct content part = *c;
	uint64_t engaged;

	if (!member_number(c, type, "_M_payload/_M_engaged", &engaged, NULL) ||
	    !member_follow(&t, &part, "_M_payload/_M_payload/_M_value"))
		return false;
	if (!engaged)
		out_str(&f->out, "no value");
	else
		format_value(f, &part, &t);
	return true;
}

/* struct _Rb_tree_node_base {color, parent, left, right}; the value follows. */
static uint64_t tree_next(struct format *f, uint64_t node)
{
	unsigned word = image_arch(f->image)->word, steps;
	uint64_t right, left, parent;

	if (!image_word(f->image, node + 3 * word, &right))
		return 0;
	if (right) {
		for (steps = 0;
		     steps < 128 && image_word(f->image, right + 2 * word, &left) && left; steps++)
			right = left;
		return right;
	}
	for (steps = 0; steps < 128 && image_word(f->image, node + word, &parent) && parent;
	     steps++) {
		if (!image_word(f->image, parent + 3 * word, &right))
			return 0;
		if (right != node)
			return parent;
		node = parent;
	}
	return 0;
}

static bool cxx_tree(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die tree = *type, value;
	struct content part = *c;
	uint64_t count, node, i;

	if (!member_step(&tree, &part, "_M_t", 0) || !member_template(&tree, 1, &value) ||
	    !member_number(&part, &tree, "_M_impl/_M_node_count", &count, NULL) ||
	    !member_number(&part, &tree, "_M_impl/_M_header/_M_left", &node, NULL))
		return false;
	out_fmt(&f->out, "%llu element%s {", (unsigned long long)count, count == 1 ? "" : "s");
	f->depth++;
	for (i = 0; i < count && i < FORMAT_ELEMENTS && node; i++, node = tree_next(f, node)) {
		struct content element = content_at(f->image,
						    node + 4 * image_arch(f->image)->word);

		out_str(&f->out, i ? ", " : "");
		format_value(f, &element, &value);
	}
	f->depth--;
	out_str(&f->out, i < count ? "...}" : "}");
	return true;
}

static bool cxx_pair(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die first = *type, second = *type;
	struct content a = *c, b = *c;

	if (!member_step(&first, &a, "first", 0) || !member_step(&second, &b, "second", 0))
		return false;
	format_value(f, &a, &first);
	out_str(&f->out, ": ");
	format_value(f, &b, &second);
	return true;
}

static bool cxx_hashed(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t count;

	if (!member_number(c, type, "_M_h/_M_element_count", &count, NULL))
		return false;
	out_fmt(&f->out, "%llu element%s", (unsigned long long)count, count == 1 ? "" : "s");
	return true;
}

const struct container containers_cxx[] = {
	{ "basic_string_view<", cxx_string_view },
	{ "basic_string<", cxx_string },
	{ "vector<", cxx_vector },
	{ "unique_ptr<", cxx_unique },
	{ "shared_ptr<", cxx_shared },
	{ "optional<", cxx_optional },
	{ "map<", cxx_tree },
	{ "set<", cxx_tree },
	{ "multimap<", cxx_tree },
	{ "multiset<", cxx_tree },
	{ "pair<", cxx_pair },
	{ "unordered_map<", cxx_hashed },
	{ "unordered_set<", cxx_hashed },
	{ NULL, NULL },
};
