/* SPDX-License-Identifier: Apache-2.0 */
/* An uncaught C++ exception: its object is found through the unwinder's header, which every
 * throwing frame has a pointer to (Itanium C++ ABI: Exception Handling, section 2.2; unwind-cxx.h
 * of libstdc++). */
#include "finding.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define SEARCHED ((uint64_t)64 * 1024)

/* "GNUCC++\0", and "GNUCC++\1" of a rethrown one (dependent). */
#define CLASS_PRIMARY 0x474e5543432b2b00ULL

/* __cxa_begin_catch() is called before std::terminate(). Exceptions that were caught and freed have
 * no handlers, and may still be pointed to from old frames. handlerCount is 40 bytes before. */
static bool has_handler(const struct cause *k, uint64_t header)
{
	uint32_t count;

	return image_u32(k->image, header - 40, &count) && count;
}

/* The first word of the thread's stack that points to an exception header. */
static bool find_header(const struct cause *k, uint64_t *ret)
{
	uint64_t at, value, tag;

	for (at = k->sp & ~(uint64_t)7; at < k->sp + SEARCHED; at += 8) {
		if (!image_u64(k->image, at, &value))
			return false;
		if (value & 7 || value < 4096 || !image_u64(k->image, value, &tag) ||
		    tag != CLASS_PRIMARY || !has_handler(k, value))
			continue;
		*ret = value;
		return true;
	}
	return false;
}

/* type_info: a vtable, then the mangled name; a '*' before it asks for comparison by address. */
static char *type_name(const struct cause *k, uint64_t type)
{
	uint64_t name;
	char *text;

	if (!image_u64(k->image, type + 8, &name))
		return NULL;
	text = image_string(k->image, name, 4096);
	if (text && *text == '*')
		memmove(text, text + 1, strlen(text));
	return text;
}

/* Single inheritance: __si_class_type_info has its base type behind the name. */
static bool derives_from(const struct cause *k, uint64_t type, const char *const *names)
{
	unsigned depth, i;

	for (depth = 0; depth < 16; depth++) {
		FREE_AT_END char *name = type_name(k, type);

		if (!name)
			return false;
		for (i = 0; names[i]; i++)
			if (!strcmp(name, names[i]))
				return true;
		if (!image_u64(k->image, type + 16, &type) || !type)
			return false;
	}
	return false;
}

/* what() of the standard exceptions that keep a text: a pointer to it behind the vtable. */
static char *what(const struct cause *k, uint64_t type, uint64_t object)
{
	static const char *const with_text[] = { "St13runtime_error", "St11logic_error", NULL };
	uint64_t text;

	if (!derives_from(k, type, with_text) || !image_u64(k->image, object + 8, &text))
		return NULL;
	return image_string(k->image, text, 4096);
}

/* libstdc++ is stripped: of the way from throw to abort only the exported names are known. */
static bool was_terminated(const struct cause *k)
{
	static const char *const signs[] = { "std::terminate", "__cxa_throw", "__cxa_rethrow",
					     "__gxx_personality_v0" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signs); i++)
		if (cause_find_function(k, signs[i], 32) >= 0)
			return true;
	return false;
}

void cause_of_exception(struct cause *k)
{
	FREE_AT_END char *name = NULL, *text = NULL;
	uint64_t header, type;
	const char *shown;

	/* The layout below is that of 64-bit targets. What a runtime handled lies below its handler. */
	if (k->out->signal != SIGABRT || k->arch->word != 8 || k->runtime_spoke ||
	    !was_terminated(k))
		return;
	/* exceptionType is the first member of __cxa_exception, 80 bytes before the header. */
	if (!find_header(k, &header)) {
		if (cause_find_function(k, "std::terminate", 32) >= 0 &&
		    cause_find_function(k, "__cxa_pure_virtual", 32) < 0)
			cause_say(k, "its frame is on the stack, and no exception's header is",
				  "std::terminate was called, not known to be for an exception");
		return;
	}
	if (!image_u64(k->image, header - 80, &type))
		return;
	name = type_name(k, type);
	if (!name)
		return;
	shown = symbols_demangle_type(k->symbols, name);
	text = what(k, type, header + 32);
	if (!k->out->message)
		k->out->message = text ? builder_fmt(k->b, "%s: %s", shown, text)
				       : builder_str(k->b, shown);
	cause_say(k, "its header is on the stack of the thread that called std::terminate",
		  "an exception of type %s was not caught", shown);
	if (cause_find_function(k, "__gxx_personality_v0", 32) >= 0)
		cause_say(k, "the search for a handler called std::terminate",
			  "it was thrown out of a function that promised not to throw (noexcept)");
}
