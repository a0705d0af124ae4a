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
	return (name[0] == '_' && (name[1] == 'Z' || name[1] == 'R')) ||
	       !strncmp(name, "__Z", 3) || !strncmp(name, "___Z", 4);
}

/* Rust first: its legacy scheme is also a valid C++ name, hash and all. */
static bool run(const char *name, struct sink *sink)
{
	if (rust_demangle_callback(name, DMGL_NO_OPTS, take, sink))
		return true;
	sink->used = 0;
	return cplus_demangle_v3_callback(name, DMGL_NO_OPTS, take, sink);
}

char *demangle(const char *name)
{
	struct sink *sink;
	char *text = NULL;

	if (!is_mangled(name) || strlen(name) > LIMIT_STRING)
		return NULL;
	sink = xmalloc(sizeof(*sink));
	sink->used = 0;
	if (setjmp(sink->full)) {
		memcpy(sink->text + sink->used, "...", 4);
		text = xstrdup(sink->text);
	} else if (run(name, sink)) {
		sink->text[sink->used] = '\0';
		text = xstrdup(sink->text);
	}
	free(sink);
	return text;
}
