/* SPDX-License-Identifier: Apache-2.0 */
#include "type.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_NAME 65536u
#define LIMIT_TEXT ((size_t)1 << 20)

/* flag byte, uvarint length, bytes: since 1.17 (before, two bytes of length). */
static char *read_name(struct gomem *mem, uint64_t at)
{
	uint64_t size = 0;
	unsigned shift;
	uint8_t byte = 0x80;

	at++;
	for (shift = 0; byte & 0x80 && shift < 28; shift += 7) {
		byte = gomem_u8_or_0(mem, at++);
		size |= (uint64_t)(byte & 0x7f) << shift;
	}
	return size ? gomem_bytes(mem, at, size, LIMIT_NAME) : NULL;
}

bool gotype_read(const struct gomodules *modules, struct gomem *mem, uint64_t address,
		 struct gotype *ret)
{
	const struct gomodule *m = &modules->items[0];
	struct gotype type = { 0 };
	unsigned char bytes[48];
	int32_t name;
	size_t i;

	if (!address || !gomem_get(mem, address, bytes, sizeof(bytes)))
		return false;
	/* A type belongs to the module whose types begin last before it. */
	for (i = 1; i < modules->count; i++)
		if (modules->items[i].types <= address && modules->items[i].types > m->types)
			m = &modules->items[i];
	type.size = load64(bytes);
	type.kind = bytes[23] & 31;
	memcpy(&name, bytes + 40, 4);
	if (!type.kind || type.kind > 26)
		return false;
	if (name > 0 && m->types)
		type.name = read_name(mem, m->types + (uint32_t)name);
	/* The name of *T serves for T too: the star is then not its own. */
	if (type.name && bytes[20] & 2 && type.name[0] == '*')
		memmove(type.name, type.name + 1, strlen(type.name));
	*ret = type;
	return true;
}

void gotype_deinit(struct gotype *type)
{
	free(type->name);
	type->name = NULL;
}

/* ---- values ---- */

static uint64_t load_sized(const unsigned char *bytes, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, bytes, size);
	return value;
}

/* A number that is none, or has no end; 0 when it is a plain one. */
static size_t print_special(char *text, size_t room, double value)
{
	if (isnan(value))
		return (size_t)snprintf(text, room, "NaN");
	if (isinf(value))
		return (size_t)snprintf(text, room, value > 0 ? "+Inf" : "-Inf");
	return 0;
}

/* The runtime's own form until 1.25, +1.500000e+000, and its own arithmetic (printfloat() of
 * src/runtime/print.go): the last digit may be another one than the nearest. */
static size_t print_long_float(char *text, size_t room, double value)
{
	char digits[8] = { 0 };
	double rest = fabs(value), half = 5.0;
	int exponent = 0, i;

	for (; rest >= 10; rest /= 10)
		exponent++;
	for (; rest > 0 && rest < 1; rest *= 10)
		exponent--;
	for (i = 0; i < 7; i++)
		half /= 10;
	rest += rest > 0 ? half : 0;
	if (rest >= 10) {
		exponent++;
		rest /= 10;
	}
	for (i = 0; i < 7; i++) {
		digits[i] = (char)('0' + (int)rest);
		rest = (rest - (int)rest) * 10;
	}
	return (size_t)snprintf(text, room, "%c%c.%se%+04d", signbit(value) ? '-' : '+', digits[0],
				digits + 1, exponent);
}

/* A decimal number: 0.DIGITS times ten to the exponent. */
struct decimal {
	char digits[32];
	int count, exponent;
};

/* The fewest digits that mean this number and no other. Whatever stands between them is the
 * locale's. */
static void shortest_decimal(double value, bool wide, struct decimal *ret)
{
	int most = wide ? 17 : 9, count;
	char text[64], *at = text;

	for (count = 1; count <= most; count++) {
		snprintf(text, sizeof(text), "%.*e", count - 1, fabs(value));
		if (wide ? strtod(text, NULL) == fabs(value)
			 : strtof(text, NULL) == (float)fabs(value))
			break;
	}
	*ret = (struct decimal){ .count = 0 };
	for (; *at && *at != 'e'; at++)
		if (*at >= '0' && *at <= '9' && ret->count < (int)sizeof(ret->digits) - 1)
			ret->digits[ret->count++] = *at;
	ret->exponent = *at ? atoi(at + 1) + 1 : 0;
}

/* Since 1.26 as strconv's 'g' without a precision: 1.5, 1e+06. */
static size_t print_short_float(char *text, size_t room, double value, bool wide)
{
	static const char zeros[] = "000000";
	const char *sign = signbit(value) ? "-" : "";
	struct decimal d;

	shortest_decimal(value, wide, &d);
	if (d.exponent < -3 || d.exponent > 6)
		return (size_t)snprintf(text, room, "%s%c%s%se%+03d", sign, d.digits[0],
					d.count > 1 ? "." : "", d.digits + 1, d.exponent - 1);
	if (d.exponent <= 0)
		return (size_t)snprintf(text, room, "%s0.%.*s%s", sign, -d.exponent, zeros,
					d.digits);
	if (d.exponent >= d.count)
		return (size_t)snprintf(text, room, "%s%s%.*s", sign, d.digits,
					d.exponent - d.count, zeros);
	return (size_t)snprintf(text, room, "%s%.*s.%s", sign, d.exponent, d.digits,
				d.digits + d.exponent);
}

static size_t print_float(char *text, size_t room, double value, bool wide, unsigned minor)
{
	size_t special = print_special(text, room, value);

	return special       ? special
	       : minor >= 26 ? print_short_float(text, room, value, wide)
			     : print_long_float(text, room, value);
}

static double load_float(const unsigned char *bytes, bool wide)
{
	double d;
	float f;

	memcpy(&d, bytes, sizeof(d));
	memcpy(&f, bytes, sizeof(f));
	return wide ? d : (double)f;
}

static void print_complex(char *text, size_t room, const unsigned char *bytes, bool wide,
			  unsigned minor)
{
	char parts[2][40];

	print_float(parts[0], sizeof(parts[0]), load_float(bytes, wide), wide, minor);
	print_float(parts[1], sizeof(parts[1]), load_float(bytes + (wide ? 8 : 4), wide), wide,
		    minor);
	snprintf(text, room, "(%s%s%si)", parts[0],
		 minor >= 26 && !strchr("+-", parts[1][0]) ? "+" : "", parts[1]);
}

/* A number or a truth value; false for other kinds. */
static bool print_basic(char *text, size_t room, uint8_t kind, const unsigned char *bytes,
			unsigned minor)
{
	static const uint8_t sizes[] = { 0, 1, 8, 1, 2, 4, 8, 8, 1, 2, 4, 8, 8 };
	uint64_t value;
	unsigned shift;
	bool wide;

	if (kind == GOTYPE_BOOL) {
		snprintf(text, room, "%s", bytes[0] ? "true" : "false");
	} else if (kind >= GOTYPE_INT && kind <= GOTYPE_UINTPTR) {
		value = load_sized(bytes, sizes[kind]);
		shift = 64 - sizes[kind] * 8u;
		if (kind <= GOTYPE_INT64)
			snprintf(text, room, "%" PRId64, (int64_t)(value << shift) >> shift);
		else
			snprintf(text, room, "%" PRIu64, value);
	} else if (kind == GOTYPE_FLOAT32 || kind == GOTYPE_FLOAT64) {
		wide = kind == GOTYPE_FLOAT64;
		print_float(text, room, load_float(bytes, wide), wide, minor);
	} else if (kind == GOTYPE_COMPLEX64 || kind == GOTYPE_COMPLEX128) {
		print_complex(text, room, bytes, kind == GOTYPE_COMPLEX128, minor);
	} else {
		return false;
	}
	return true;
}

char *gotype_indented(char *text)
{
	size_t lines = 0, i, at = 0;
	char *wide;

	for (i = 0; text[i]; i++)
		lines += text[i] == '\n';
	wide = xmalloc(i + lines + 1);
	for (i = 0; text[i]; i++) {
		wide[at++] = text[i];
		if (text[i] == '\n')
			wide[at++] = '\t';
	}
	wide[at] = 0;
	free(text);
	return wide;
}

/* A text may hold NULs, which end no text in Go. */
static char *escape_nuls(char *text, size_t size)
{
	char *wide, *to;
	size_t i;

	if (!memchr(text, 0, size))
		return text;
	wide = to = xmalloc(size * 4 + 1);
	for (i = 0; i < size; i++)
		if (text[i])
			*to++ = text[i];
		else
			to = stpcpy(to, "\\x00");
	*to = 0;
	free(text);
	return wide;
}

static char *text_value(const struct gomodules *modules, struct gomem *mem, uint64_t data)
{
	size_t size;
	char *text = gomem_string(mem, data, LIMIT_TEXT, &size);

	if (!text)
		return xasprintf("(string) 0x%" PRIx64, data);
	text = escape_nuls(text, size);
	return modules->minor >= 23 ? gotype_indented(text) : text;
}

/* NAME, OPEN, VALUE, CLOSE; the value alone where the type has no name of its own. */
static char *named(const char *name, const char *open, char *value, const char *close)
{
	char *text;

	if (!name)
		return value;
	text = xasprintf("%s%s%s%s", name, open, value, close);
	free(value);
	return text;
}

/* The type is in a file that is gone. Most values are texts: the runtime makes texts of errors
 * before it prints them. */
static char *typeless_value(const struct gomodules *modules, struct gomem *mem, uint64_t type,
			    uint64_t data)
{
	size_t size = 0, i;
	char *text = gomem_string(mem, data, LIMIT_TEXT, &size);

	for (i = 0; i < size && text && ((unsigned char)text[i] >= 0x20 || strchr("\n\t", text[i]));
	     i++)
		;
	if (text && size && i == size)
		return modules->minor >= 23 ? gotype_indented(text) : text;
	free(text);
	return xasprintf("(0x%" PRIx64 ") 0x%" PRIx64, type, data);
}

char *gotype_value(const struct gomodules *modules, struct gomem *mem, uint64_t type_at,
		   uint64_t data)
{
	struct gotype type;
	unsigned char bytes[16] = { 0 };
	char basic[128], *text;
	const char *own;
	bool bare;

	if (!type_at)
		return xstrdup("nil");
	if (!gotype_read(modules, mem, type_at, &type))
		return typeless_value(modules, mem, type_at, data);
	/* Types of packages have names with a dot; only theirs are printed. */
	own = type.name && strchr(type.name, '.') ? type.name : NULL;
	bare = type.kind >= GOTYPE_COMPLEX64; /* has its own brackets */
	if (type.kind == GOTYPE_STRING)
		text = named(own, "(\"", text_value(modules, mem, data), "\")");
	else if (type.size <= sizeof(bytes) && type.kind <= GOTYPE_COMPLEX128 &&
		 gomem_get(mem, data, bytes, (size_t)type.size) &&
		 print_basic(basic, sizeof(basic), type.kind, bytes, modules->minor))
		text = named(own, bare ? "" : "(", xstrdup(basic), bare ? "" : ")");
	else
		text = xasprintf("(%s) 0x%" PRIx64, type.name ? type.name : "?", data);
	gotype_deinit(&type);
	return text;
}
