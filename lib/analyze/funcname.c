/* SPDX-License-Identifier: Apache-2.0 */
#include "funcname.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../base/base.h"

static bool starts(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

/* ---- the C library's variants ---- */

/* Instruction sets behind the names of ifunc variants: the first of them ends the name. */
static const char *const variants[] = {
	"_avx",  "_sse2", "_ssse3", "_sse42",   "_sse4",      "_evex",
	"_erms", "_neon", "_mops",  "_generic", "_unaligned", "_chk",
};

/* "__memcpy_avx_unaligned_erms" -> "memcpy"; only behind a "__mem" or "__str", where the C
 * library has them. */
static void fold_variant(char *name)
{
	size_t i;

	if (!starts(name, "__mem") && !starts(name, "__str") && !starts(name, "__stp") &&
	    !starts(name, "__wcs") && !starts(name, "__wmem"))
		return;
	for (i = 0; i < ARRAY_SIZE(variants); i++) {
		char *at = strstr(name, variants[i]);

		if (at)
			*at = '\0';
	}
	memmove(name, name + 2, strlen(name + 2) + 1);
}

static void drop_alias(char *name)
{
	static const char *const prefixes[] = { "__GI_", "IA__" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *rest = name + strlen(prefixes[i]);

		if (starts(name, prefixes[i]))
			memmove(name, rest, strlen(rest) + 1);
	}
}

/* ---- suffixes ---- */

/* What gcc and clang put behind the name of a function that they took apart or copied; those
 * with a number would else be somebody's method (Go's main.partition). */
static const struct {
	const char *text;
	bool numbered;
} clones[] = {
	{ ".part.", true }, { ".isra.", true },  { ".constprop.", true },  { ".lto_priv.", true },
	{ ".llvm.", true }, { ".cold", false },  { ".localalias", false }, { "@plt", false },
	{ "@@", false },    { "@GLIBC", false }, { " [clone", false },
};

static bool ends_here(const char *at, bool numbered)
{
	return numbered ? isdigit((unsigned char)*at) : !isalnum((unsigned char)*at) && *at != '_';
}

static void cut_clones(char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clones); i++) {
		char *at = strstr(name, clones[i].text);

		if (!at || at == name)
			continue;
		if (*at == '@' || ends_here(at + strlen(clones[i].text), clones[i].numbered))
			*at = '\0';
	}
}

/* Rust's legacy scheme: "::h" and 16 hex digits. */
static void cut_rust_hash(char *name)
{
	size_t length = strlen(name), i;

	if (length <= 19 || !starts(name + length - 19, "::h"))
		return;
	for (i = length - 16; i < length; i++)
		if (!isxdigit((unsigned char)name[i]))
			return;
	name[length - 19] = '\0';
}

/* ---- brackets ---- */

/* The end of what is bracketed at `at`: behind the closing one, or the end of the text. */
static const char *behind(const char *at, char open, char close)
{
	size_t depth = 0;

	for (; *at; at++) {
		if (*at == open)
			depth++;
		else if (*at == close && (close != '>' || at[-1] != '-') && !--depth)
			return at + 1;
	}
	return at;
}

/* The operator at `at`, whose characters are no brackets; 0 when there is none. */
static size_t operator_length(const char *name, const char *at)
{
	static const char *const operators[] = {
		"operator()",      "operator<<=",    "operator>>=",       "operator<=>",
		"operator->*",     "operator<<",     "operator>>",        "operator<=",
		"operator>=",      "operator->",     "operator[]",        "operator<",
		"operator>",       "operator new[]", "operator delete[]", "operator new",
		"operator delete",
	};
	size_t i;

	if (at != name && (isalnum((unsigned char)at[-1]) || at[-1] == '_'))
		return 0;
	for (i = 0; i < ARRAY_SIZE(operators); i++)
		if (starts(at, operators[i]))
			return strlen(operators[i]);
	return 0;
}

/* "core[c1f1a4ba060b9bfa]": the hash of a crate in Rust's v0 scheme. */
static bool is_crate_hash(const char *at)
{
	size_t digits = strspn(at + 1, "0123456789abcdef");

	return digits >= 8 && at[1 + digits] == ']';
}

/* "{lambda(int)#1}" -> "{lambda}", "{closure#0}" and "{{closure}}" -> "{closure}" */
static const char *copy_braces(const char *at, char *to, size_t *used)
{
	const char *end = behind(at, '{', '}');
	size_t skip = strspn(at, "{"), word = strcspn(at + skip, "(#}");

	to[(*used)++] = '{';
	memcpy(to + *used, at + skip, word);
	*used += word;
	to[(*used)++] = '}';
	return end;
}

/* A '(' that does not begin the parameters. */
static bool is_name_bracket(const char *at)
{
	return starts(at, "(anonymous namespace)") || starts(at, "(*");
}

struct copy {
	const char *name, *at;
	const char *self; /* Rust's "<T as Trait>" ends here, in which brackets belong to types */
	char *to;
	size_t used;
};

static void keep(struct copy *c, size_t length)
{
	memcpy(c->to + c->used, c->at, length);
	c->used += length;
	c->at += length;
}

/* One step through the name; false at its end, which the parameters are. */
static bool step(struct copy *c)
{
	size_t length = operator_length(c->name, c->at);

	if (length) {
		keep(c, length);
	} else if (*c->at == '<' && c->at != c->name) {
		c->at = behind(c->at, '<', '>');
		/* Rust's "f::<T>" names the same function as "f". */
		while (c->used >= 2 && c->to[c->used - 1] == ':')
			c->used--;
	} else if (*c->at == '{') {
		c->at = copy_braces(c->at, c->to, &c->used);
	} else if (*c->at == '[' && is_crate_hash(c->at)) {
		c->at = behind(c->at, '[', ']');
	} else if (*c->at == '(' && (is_name_bracket(c->at) || c->at < c->self)) {
		keep(c, (size_t)(behind(c->at, '(', ')') - c->at));
	} else if (*c->at == '(') {
		/* A function's local entity goes on behind its parameters: f(int)::g(). */
		const char *end = behind(c->at, '(', ')');

		end += starts(end, " const::") ? strlen(" const") : 0;
		if (!starts(end, "::"))
			return false;
		c->at = end;
	} else {
		keep(c, 1);
	}
	return *c->at != '\0';
}

/* "void f": libiberty puts the return type before a template's name. */
static char *behind_return_type(char *name)
{
	char *at = name, *start = name;
	size_t depth = 0;

	for (; *at; at++) {
		depth += *at == '(' || *at == '<' || *at == '{';
		if (depth && (*at == ')' || (*at == '>' && at[-1] != '-') || *at == '}'))
			depth--;
		if (starts(at, "operator"))
			break;
		if (*at == ' ' && !depth)
			start = at + 1;
	}
	return start;
}

/* "$_0": clang's lambdas are numbered by file. */
static void drop_lambda_numbers(char *name)
{
	const char *from = name;
	char *to = name;

	while (*from) {
		bool lambda = starts(from, "$_");

		*to++ = *from++;
		if (lambda)
			from += 1 + strspn(from + 1, "0123456789");
	}
	*to = '\0';
}

char *funcname_normal(const char *name)
{
	FREE_AT_END char *source = xstrdup(name);
	struct copy c = { .name = source, .at = source, .to = xmalloc(2 * strlen(name) + 3) };
	FREE_AT_END char *whole = c.to;

	cut_clones(source);
	cut_rust_hash(source);
	drop_alias(source);
	fold_variant(source);
	c.self = *source == '<' ? behind(source, '<', '>') : source;
	while (*c.at && step(&c))
		;
	/* "operator<< <char>" */
	while (c.used && c.to[c.used - 1] == ' ')
		c.used--;
	c.to[c.used] = '\0';
	drop_lambda_numbers(whole);
	return xstrdup(behind_return_type(whole));
}
