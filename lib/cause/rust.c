/* SPDX-License-Identifier: Apache-2.0 */
/* A Rust panic: the functions of core and std on the stack say which, and the message that the
 * panic handler has formatted is still there (library/std/src/panicking.rs: FormatStringPayload,
 * StaticStrPayload). */
#include "finding.h"

#include <stdlib.h>
#include <string.h>

#define NEWEST 64u
#define MAX_MESSAGE 4096u

static bool is_prefix(const char *prefix, const char *text)
{
	return !strncmp(prefix, text, strlen(prefix));
}

/* core's, std's and alloc's own functions, the impls of their traits for built-in types included.
 */
static bool is_library(const char *func)
{
	static const char *const prefixes[] = {
		"core::",           "std::",          "alloc::",
		"<core::",          "<std::",         "<alloc::",
		"<usize as core::", "<[T] as core::", "<T as core::"
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (is_prefix(prefixes[i], func))
			return true;
	return false;
}

/* The first frame of the program itself behind those of the panic. */
static const struct stk_loc *panicking_place(const struct cause *k)
{
	const struct stk_stack *stack = builder_stack_at(k->b, builder_task_at(k->b, 0)->stack);
	bool seen = false;
	uint32_t i;

	for (i = 0; i < stack->count && i < NEWEST; i++) {
		const struct stk_loc *loc =
			builder_loc_at(k->b, builder_frame_at(k->b, stack->frames[i])->loc);

		if (!loc->func)
			continue;
		seen |= is_prefix("core::panicking::", loc->func) ||
			strstr(loc->func, "begin_unwind") ||
			is_prefix("std::panicking::begin_panic", loc->func);
		if (seen && !is_library(loc->func) && !strstr(loc->func, "begin_unwind"))
			return loc;
	}
	return NULL;
}

/* Text of exactly this length: printable, as a message is. */
static char *text_at(const struct cause *k, uint64_t at, uint64_t length)
{
	char *text;
	size_t i, n;

	if (length < 2 || length > MAX_MESSAGE)
		return NULL;
	text = xcalloc(length + 1, 1);
	if (image_get(k->image, at, text, length)) {
		for (i = 0; i < length; i += n) {
			n = out_printable(text + i, length - i);
			if (!n && text[i] != '\n' && text[i] != '\t')
				break;
			n = n ? n : 1;
		}
		if (i == length)
			return text;
	}
	free(text);
	return NULL;
}

static bool is_path(const char *text)
{
	size_t length = strlen(text);

	return length > 3 && !strcmp(text + length - 3, ".rs");
}

/* A String {capacity, pointer, length} on the heap, else a &str {pointer, length} of a constant. */
static char *message_in(const struct cause *k, uint64_t start, uint64_t end, bool string)
{
	uint64_t at, words[3];
	unsigned i;

	for (at = start & ~(uint64_t)7; at < end; at += 8) {
		const struct image_range *range;
		char *text;

		for (i = 0; i < 3 && image_u64(k->image, at + 8 * i, &words[i]); i++)
			;
		if (i < 3)
			return NULL;
		range = image_range_at(k->image, string ? words[1] : words[0]);
		if (string &&
		    (words[0] < words[2] || words[0] > 65536 || !range || !range->writable))
			continue;
		if (!string &&
		    (range ? range->writable : image_module(k->image, words[0]) == STK_NONE))
			continue;
		text = string ? text_at(k, words[1], words[2]) : text_at(k, words[0], words[1]);
		if (text && !is_path(text))
			return text;
		free(text);
	}
	return NULL;
}

static int find_containing(const struct cause *k, const char *piece)
{
	uint32_t i;

	for (i = 0; i < NEWEST && i < k->stack->count; i++) {
		const char *func = cause_native_function(k, i);

		if (func && strstr(func, piece))
			return (int)i;
	}
	return -1;
}

/* Between the hook and the handler's own frame: where the handler keeps the payload. */
static char *panic_message(const struct cause *k)
{
	int hook = find_containing(k, "panic_with_hook"), handler = find_containing(k, "rust_begin_"
										       "unwind");
	const struct raw_frame *from, *to;
	char *text;

	if (handler < 0)
		handler = find_containing(k, "begin_panic_handler");
	if (hook < 0 || handler <= hook || k->arch->word != 8)
		return NULL;
	from = cause_frame(k, (uint32_t)hook + 1);
	to = cause_frame(k, (uint32_t)handler + 1);
	if (!from || !to || to->sp <= from->sp || to->sp - from->sp > 65536)
		return NULL;
	text = message_in(k, from->sp, to->sp, true);
	return text ? text : message_in(k, from->sp, to->sp, false);
}

void cause_of_rust_panic(struct cause *k)
{
	const struct stk_loc *loc;
	FREE_AT_END char *text = NULL;

	if (find_containing(k, "core::panicking::panic") < 0 && find_containing(k, "rust_begin_"
										   "unwind") < 0)
		return;
	text = panic_message(k);
	loc = panicking_place(k);
	if (text && !k->out->message)
		k->out->message = builder_str(k->b, text);
	cause_say(k,
		  text ? "the panic handler is on the stack, with the message that it made"
		       : "the panic handler is on the stack",
		  "%s",
		  !loc        ? "a Rust panic"
		  : loc->file ? builder_fmt(k->b, "a Rust panic in %s at %s:%u", loc->func,
					    loc->file, loc->line)
			      : builder_fmt(k->b, "a Rust panic in %s", loc->func));
}
