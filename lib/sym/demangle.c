/* SPDX-License-Identifier: Apache-2.0 */
#include "sym.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../base/base.h"

/* After ours: libiberty.h defines this, too. */
#undef ARRAY_SIZE
#include <libiberty/demangle.h>

/* A name of a few hundred bytes can stand for terabytes (each substitution doubles the text),
 * and libiberty has no limit on that: its callback cannot say stop, so it jumps out. Safe
 * because the callback variants keep their state on the stack. */
struct sink {
	char text[DEMANGLE_LIMIT + 4];
	size_t used;
	jmp_buf full;
};

static void take(const char *text, size_t size, void *arg)
{
	struct sink *sink = arg;
	size_t room = DEMANGLE_LIMIT - sink->used;

	/* Of nothing libiberty has no text either: NULL. */
	if (!size)
		return;
	memcpy(sink->text + sink->used, text, size < room ? size : room);
	sink->used += size < room ? size : room;
	if (size >= room)
		longjmp(sink->full, 1);
}

static bool is_mangled(const char *name)
{
	return (name[0] == '_' && (name[1] == 'Z' || name[1] == 'R')) || !strncmp(name, "__Z", 3) ||
	       !strncmp(name, "___Z", 4);
}

/* libiberty takes a hash for one only if it has five different digits; a few have fewer. A
 * copy of the name, malloc'ed, whose hash has. */
static char *with_sure_hash(const char *name)
{
	static const char sure[] = "0123456789abcdef";
	char *copy = xstrdup(name), *hash;

	for (hash = copy; !strncmp(copy, "_ZN", 3) && (hash = strstr(hash, "17h")) != NULL;
	     hash += 3)
		if (strspn(hash + 3, sure) == 16 && hash[3 + 16] == 'E')
			memcpy(hash + 3, sure, 16);
	return copy;
}

/* Rust first: its legacy scheme is also a valid C++ name, hash and all. */
static bool run(const char *name, const char *rust, struct sink *sink)
{
	if (rust_demangle_callback(rust, DMGL_NO_OPTS, take, sink))
		return true;
	sink->used = 0;
	return cplus_demangle_v3_callback(name, DMGL_NO_OPTS, take, sink);
}

char *demangle(const char *name)
{
	struct sink *sink;
	char *text = NULL, *rust;

	if (!is_mangled(name) || strlen(name) > LIMIT_STRING)
		return NULL;
	sink = xmalloc(sizeof(*sink));
	sink->used = 0;
	rust = with_sure_hash(name);
	if (setjmp(sink->full)) {
		memcpy(sink->text + sink->used, "...", 4);
		text = xstrdup(sink->text);
	} else if (run(name, rust, sink)) {
		sink->text[sink->used] = '\0';
		text = xstrdup(sink->text);
	}
	free(rust);
	free(sink);
	return text;
}
