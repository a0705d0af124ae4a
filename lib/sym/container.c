/* Containers of libstdc++, of Rust's std and of Go as their users see them. They are found by the type's
 * name and read by the members' names: a version that has other members falls back to the plain
 * structure, which is never wrong. */
#include "format.h"

#include <dwarf.h>
#include <string.h>

#include "die.h"

/* ---- members by name ---- */

static bool find_member(Dwarf_Die *type, const char *name, Dwarf_Die *ret)
{
	Dwarf_Die child;

	if (dwarf_child(type, &child) != 0)
		return false;
	do {
		const char *other = dwarf_diename(&child);

		if (dwarf_tag(&child) == DW_TAG_member && other && !strcmp(other, name)) {
			*ret = child;
			return true;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* Base classes hold many of libstdc++'s members. */
static bool step_into(Dwarf_Die *type, struct content *c, const char *name, unsigned depth)
{
	Dwarf_Die member, child, base;
	struct content part;
	uint64_t offset = 0;

	if (find_member(type, name, &member)) {
		(void)die_number(&member, DW_AT_data_member_location, &offset);
		*c = content_part(c, offset);
		return format_type_of(&member, &base) && format_peel(&base, type);
	}
	if (depth > 8 || dwarf_child(type, &child) != 0)
		return false;
	do {
		if (dwarf_tag(&child) != DW_TAG_inheritance || !format_type_of(&child, &base) ||
		    !format_peel(&base, &base))
			continue;
		offset = 0;
		(void)die_number(&child, DW_AT_data_member_location, &offset);
		part = content_part(c, offset);
		if (step_into(&base, &part, name, depth + 1)) {
			*type = base;
			*c = part;
			return true;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* Follows "_M_impl/_M_start" from *type at *c. */
static bool follow(Dwarf_Die *type, struct content *c, const char *path)
{
	char name[64];

	while (*path) {
		size_t length = strcspn(path, "/");

		if (length >= sizeof(name))
			return false;
		memcpy(name, path, length);
		name[length] = '\0';
		if (!step_into(type, c, name, 0))
			return false;
		path += length + (path[length] == '/');
	}
	return true;
}

static bool number_at(struct format *f, const struct content *c, Dwarf_Die *type, const char *path,
		      uint64_t *ret, Dwarf_Die *ret_type)
{
	Dwarf_Die t = *type;
	struct content part = *c;
	uint64_t size;

	(void)f;
	if (!follow(&t, &part, path))
		return false;
	size = format_size(&t);
	if (ret_type)
		*ret_type = t;
	return size <= 8 && content_number(&part, (unsigned)size, ret);
}

static bool pointee(Dwarf_Die *pointer, Dwarf_Die *ret)
{
	return dwarf_tag(pointer) == DW_TAG_pointer_type && format_type_of(pointer, ret);
}

static void list_of(struct format *f, const char *what, uint64_t address, uint64_t count,
		    Dwarf_Die *element)
{
	out_fmt(&f->out, "%s of %llu ", what, (unsigned long long)count);
	format_elements(f, address, count, element);
}

/* ---- C++ (libstdc++) ---- */

static bool cxx_string(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t text, length;

	if (!number_at(f, c, type, "_M_dataplus/_M_p", &text, NULL) ||
	    !number_at(f, c, type, "_M_string_length", &length, NULL))
		return false;
	format_string_at(f, text, length);
	return true;
}

static bool cxx_string_view(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t text, length;

	if (!number_at(f, c, type, "_M_str", &text, NULL) || !number_at(f, c, type, "_M_len", &length, NULL))
		return false;
	format_string_at(f, text, length);
	return true;
}

static bool cxx_vector(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die pointer, element;
	uint64_t start, finish, size;

	if (!number_at(f, c, type, "_M_impl/_M_start", &start, &pointer) ||
	    !number_at(f, c, type, "_M_impl/_M_finish", &finish, NULL) || !pointee(&pointer, &element))
		return false;
	size = format_size(&element);
	if (!size || finish < start)
		return false;
	list_of(f, "vector", start, (finish - start) / size, &element);
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

/* The first pointer within: libraries move it about from release to release, but there is only one. */
static bool first_pointer(struct content *c, Dwarf_Die *type, unsigned depth)
{
	Dwarf_Die child, inner;

	if (dwarf_tag(type) == DW_TAG_pointer_type)
		return true;
	if (depth > 8 || dwarf_child(type, &child) != 0)
		return false;
	do {
		struct content part;
		uint64_t offset = 0;

		if ((dwarf_tag(&child) != DW_TAG_member && dwarf_tag(&child) != DW_TAG_inheritance) ||
		    !format_type_of(&child, &inner) ||
		    !format_peel(&inner, &inner))
			continue;
		(void)die_number(&child, DW_AT_data_member_location, &offset);
		part = content_part(c, offset);
		if (first_pointer(&part, &inner, depth + 1)) {
			*c = part;
			*type = inner;
			return true;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* Behind a tuple of the pointer and the deleter. */
static bool cxx_unique(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die pointer = *type, element;
	struct content part = *c;
	uint64_t address;

	if (!follow(&pointer, &part, "_M_t/_M_t") || !first_pointer(&part, &pointer, 0) ||
	    !content_number(&part, image_arch(f->image)->word, &address) || !pointee(&pointer, &element))
		return false;
	out_str(&f->out, "unique_ptr to ");
	pointed_value(f, address, &element);
	return true;
}

static bool cxx_shared(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die pointer, element, count_pointer, counted;
	uint64_t address, counts, uses = 0;

	if (!number_at(f, c, type, "_M_ptr", &address, &pointer) || !pointee(&pointer, &element))
		return false;
	if (number_at(f, c, type, "_M_refcount/_M_pi", &counts, &count_pointer) && counts &&
	    pointee(&count_pointer, &counted) && format_peel(&counted, &counted)) {
		struct content there = content_at(f->image, counts);

		(void)number_at(f, &there, &counted, "_M_use_count", &uses, NULL);
	}
	out_fmt(&f->out, "shared_ptr (%llu owner%s) to ", (unsigned long long)uses, uses == 1 ? "" : "s");
	pointed_value(f, address, &element);
	return true;
}

static bool cxx_optional(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die t = *type;
	struct content part = *c;
	uint64_t engaged;

	if (!number_at(f, c, type, "_M_payload/_M_engaged", &engaged, NULL) ||
	    !follow(&t, &part, "_M_payload/_M_payload/_M_value"))
		return false;
	if (!engaged)
		out_str(&f->out, "no value");
	else
		format_value(f, &part, &t);
	return true;
}

/* The value type of a tree is its second template argument. */
static bool template_type(Dwarf_Die *type, unsigned index, Dwarf_Die *ret)
{
	Dwarf_Die child;

	if (dwarf_child(type, &child) != 0)
		return false;
	do
		if (dwarf_tag(&child) == DW_TAG_template_type_parameter && index-- == 0)
			return format_type_of(&child, ret);
	while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* struct _Rb_tree_node_base {color, parent, left, right}; the value follows. */
static uint64_t tree_next(struct format *f, uint64_t node)
{
	unsigned word = image_arch(f->image)->word, steps;
	uint64_t right, left, parent;

	if (!image_word(f->image, node + 3 * word, &right))
		return 0;
	if (right) {
		for (steps = 0; steps < 128 && image_word(f->image, right + 2 * word, &left) && left; steps++)
			right = left;
		return right;
	}
	for (steps = 0; steps < 128 && image_word(f->image, node + word, &parent) && parent; steps++) {
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

	if (!step_into(&tree, &part, "_M_t", 0) || !template_type(&tree, 1, &value) ||
	    !number_at(f, &part, &tree, "_M_impl/_M_node_count", &count, NULL) ||
	    !number_at(f, &part, &tree, "_M_impl/_M_header/_M_left", &node, NULL))
		return false;
	out_fmt(&f->out, "%llu element%s {", (unsigned long long)count, count == 1 ? "" : "s");
	f->depth++;
	for (i = 0; i < count && i < FORMAT_ELEMENTS && node; i++, node = tree_next(f, node)) {
		struct content element = content_at(f->image, node + 4 * image_arch(f->image)->word);

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

	if (!step_into(&first, &a, "first", 0) || !step_into(&second, &b, "second", 0))
		return false;
	format_value(f, &a, &first);
	out_str(&f->out, ": ");
	format_value(f, &b, &second);
	return true;
}

static bool cxx_hashed(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t count;

	if (!number_at(f, c, type, "_M_h/_M_element_count", &count, NULL))
		return false;
	out_fmt(&f->out, "%llu element%s", (unsigned long long)count, count == 1 ? "" : "s");
	return true;
}

/* ---- Rust ---- */

static bool rust_slice(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die pointer, element;
	uint64_t address, length;

	if (!number_at(f, c, type, "data_ptr", &address, &pointer) ||
	    !number_at(f, c, type, "length", &length, NULL) || !pointee(&pointer, &element))
		return false;
	if (!strcmp(dwarf_diename(type), "&str") || !strcmp(dwarf_diename(type), "&mut str"))
		format_string_at(f, address, length);
	else
		list_of(f, "slice", address, length, &element);
	return true;
}

static bool rust_vec_parts(struct format *f, const struct content *c, Dwarf_Die *type, uint64_t *ret_address,
			   uint64_t *ret_length, Dwarf_Die *ret_element)
{
	Dwarf_Die buffer = *type;
	struct content part = *c;

	return number_at(f, c, type, "len", ret_length, NULL) && step_into(&buffer, &part, "buf", 0) &&
	       first_pointer(&part, &buffer, 0) &&
	       content_number(&part, image_arch(f->image)->word, ret_address) &&
	       template_type(type, 0, ret_element);
}

static bool rust_vec(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die element;
	uint64_t address, length;

	if (!rust_vec_parts(f, c, type, &address, &length, &element))
		return false;
	list_of(f, "Vec", address, length, &element);
	return true;
}

static bool rust_string(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die vec = *type, element;
	struct content part = *c;
	uint64_t address, length;

	if (!step_into(&vec, &part, "vec", 0) || !rust_vec_parts(f, &part, &vec, &address, &length, &element))
		return false;
	format_string_at(f, address, length);
	return true;
}

static bool child_of_tag(Dwarf_Die *die, int tag, Dwarf_Die *ret)
{
	if (dwarf_child(die, ret) != 0)
		return false;
	do
		if (dwarf_tag(ret) == tag)
			return true;
	while (dwarf_siblingof(ret, ret) == 0);
	return false;
}

/* DW_TAG_variant of this discriminant, else the one without a value (a niche's "all others"). */
static bool find_variant(Dwarf_Die *part, uint64_t discriminant, uint64_t mask, Dwarf_Die *ret)
{
	Dwarf_Die child;
	uint64_t value;
	bool found = false;

	if (dwarf_child(part, &child) != 0)
		return false;
	do {
		if (dwarf_tag(&child) != DW_TAG_variant)
			continue;
		if (!die_number(&child, DW_AT_discr_value, &value)) {
			*ret = child;
			found = true;
		} else if ((value & mask) == (discriminant & mask)) {
			*ret = child;
			return true;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return found;
}

static void rust_fields(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die child, inner;
	unsigned n = 0;

	if (dwarf_child(type, &child) != 0)
		return;
	do {
		const char *name = dwarf_diename(&child);
		struct content part;
		uint64_t offset = 0;

		if (dwarf_tag(&child) != DW_TAG_member || !name || !format_type_of(&child, &inner))
			continue;
		(void)die_number(&child, DW_AT_data_member_location, &offset);
		part = content_part(c, offset);
		out_str(&f->out, n++ ? ", " : "(");
		if (name[0] != '_' || name[1] != '_') {
			out_text(&f->out, name);
			out_str(&f->out, " = ");
		}
		format_value(f, &part, &inner);
	} while (dwarf_siblingof(&child, &child) == 0);
	if (n)
		out_char(&f->out, ')');
}

static bool rust_enum(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die part, discr, discr_type, variant, member, inner;
	uint64_t offset = 0, value = 0, size = 0;
	struct content at;

	if (!child_of_tag(type, DW_TAG_variant_part, &part) || f->depth >= FORMAT_DEPTH)
		return false;
	if (die_ref(&part, DW_AT_discr, &discr) && format_type_of(&discr, &discr_type)) {
		size = format_size(&discr_type);
		(void)die_number(&discr, DW_AT_data_member_location, &offset);
		at = content_part(c, offset);
		if (size > 8 || !content_number(&at, (unsigned)size, &value))
			return false;
	}
	if (!find_variant(&part, value, size && size < 8 ? (UINT64_C(1) << size * 8) - 1 : UINT64_MAX, &variant) ||
	    !child_of_tag(&variant, DW_TAG_member, &member) || !format_type_of(&member, &inner))
		return false;
	out_text(&f->out, dwarf_diename(&inner));
	offset = 0;
	(void)die_number(&member, DW_AT_data_member_location, &offset);
	at = content_part(c, offset);
	f->depth++;
	rust_fields(f, &at, &inner);
	f->depth--;
	return true;
}

static bool rust_tuple(struct format *f, const struct content *c, Dwarf_Die *type)
{
	if (f->depth >= FORMAT_DEPTH)
		return false;
	f->depth++;
	rust_fields(f, c, type);
	f->depth--;
	return true;
}

/* ---- Go ---- */

static bool go_string(struct format *f, const struct content *c, Dwarf_Die *type)
{
	uint64_t text, length;

	if (!number_at(f, c, type, "str", &text, NULL) || !number_at(f, c, type, "len", &length, NULL))
		return false;
	format_string_at(f, text, length);
	return true;
}

static bool go_slice(struct format *f, const struct content *c, Dwarf_Die *type)
{
	Dwarf_Die pointer, element;
	uint64_t address, length, capacity;

	if (!number_at(f, c, type, "array", &address, &pointer) || !number_at(f, c, type, "len", &length, NULL) ||
	    !number_at(f, c, type, "cap", &capacity, NULL) || !pointee(&pointer, &element))
		return false;
	out_fmt(&f->out, "len %llu, cap %llu ", (unsigned long long)length, (unsigned long long)capacity);
	format_elements(f, address, length, &element);
	return true;
}

bool format_go_pointee(struct format *f, uint64_t address, Dwarf_Die *type)
{
	const char *name = dwarf_diename(type);
	struct content there = content_at(f->image, address);
	uint64_t count, capacity;

	if (f->lang != DW_LANG_Go || !name)
		return false;
	/* hash<K,V>: the map itself (runtime.hmap); map<K,V> since the Swiss tables of 1.24. */
	if ((!strncmp(name, "hash<", 5) && number_at(f, &there, type, "count", &count, NULL)) ||
	    (!strncmp(name, "map<", 4) && number_at(f, &there, type, "used", &count, NULL))) {
		out_fmt(&f->out, " (%llu element%s)", (unsigned long long)count, count == 1 ? "" : "s");
		return true;
	}
	if (strncmp(name, "hchan<", 6) != 0 || !number_at(f, &there, type, "qcount", &count, NULL) ||
	    !number_at(f, &there, type, "dataqsiz", &capacity, NULL))
		return false;
	out_fmt(&f->out, " (len %llu, cap %llu)", (unsigned long long)count, (unsigned long long)capacity);
	return true;
}

/* ---- the table ---- */

enum family { CXX, RUST, GO };

static const struct {
	enum family family;
	const char *prefix; /* of the type's name */
	bool (*show)(struct format *f, const struct content *c, Dwarf_Die *type);
} containers[] = {
	{ CXX, "basic_string_view<", cxx_string_view }, { CXX, "basic_string<", cxx_string },
	{ CXX, "vector<", cxx_vector }, { CXX, "unique_ptr<", cxx_unique }, { CXX, "shared_ptr<", cxx_shared },
	{ CXX, "optional<", cxx_optional }, { CXX, "map<", cxx_tree }, { CXX, "set<", cxx_tree },
	{ CXX, "multimap<", cxx_tree }, { CXX, "multiset<", cxx_tree }, { CXX, "pair<", cxx_pair },
	{ CXX, "unordered_map<", cxx_hashed }, { CXX, "unordered_set<", cxx_hashed },
	{ RUST, "&", rust_slice }, { RUST, "Vec<", rust_vec }, { RUST, "String", rust_string },
	{ RUST, "(", rust_tuple },
	{ RUST, "", rust_enum },
	{ GO, "string", go_string }, { GO, "[]", go_slice },
};

static bool family_of(int lang, enum family *ret)
{
	switch (lang) {
	case DW_LANG_Rust:
		*ret = RUST;
		return true;
	case DW_LANG_Go:
		*ret = GO;
		return true;
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case 0x2b: /* C++17; the header of elfutils 0.188 ends before it */
	case 0x2c: /* C++20 */
		*ret = CXX;
		return true;
	default:
		return false;
	}
}

bool format_container(struct format *f, const struct content *c, Dwarf_Die *type)
{
	const char *name = dwarf_diename(type);
	size_t before = f->out.used, i;
	enum family family;

	if (!family_of(f->lang, &family))
		return false;
	for (i = 0; i < ARRAY_SIZE(containers); i++) {
		if (containers[i].family != family ||
		    strncmp(name ? name : "", containers[i].prefix, strlen(containers[i].prefix)) != 0)
			continue;
		if (containers[i].show(f, c, type))
			return true;
		f->out.used = before;
	}
	return false;
}
