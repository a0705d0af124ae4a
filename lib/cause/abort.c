/* SPDX-License-Identifier: Apache-2.0 */
/* What the C library said before it aborted: glibc keeps the text of assert(), of malloc's
 * checks, of the stack protector and of FORTIFY in __abort_msg (assert/assert.c,
 * sysdeps/posix/libc_fatal.c). */
#include "finding.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MESSAGE 16384u

/* glibc, or what it is linked into. To look the name up everywhere would read every symbol table
 * there is, and ask debuginfod for each. */
static uint32_t libc_module(const struct image *image)
{
	uint32_t i;

	for (i = 0; i < image_nmodules(image); i++) {
		const char *base = path_base(image_module_info(image, i)->path);

		if (!strncmp(base, "libc.so", 7) || !strncmp(base, "libc-2.", 7))
			return i;
	}
	return image_main_module(image);
}

/* struct abort_msg_s { unsigned int size; char msg[]; } *__abort_msg */
static char *abort_message(const struct cause *k)
{
	uint64_t variable, message, size;
	uint32_t room;

	if (!symbols_find(k->symbols, libc_module(k->image), "__abort_msg", &variable, &size) ||
	    !image_word(k->image, variable, &message) || !message ||
	    !image_u32(k->image, message, &room) || room < 4)
		return NULL;
	return image_string(k->image, message + 4, room < MAX_MESSAGE ? room : MAX_MESSAGE);
}

static void strip_end(char *text)
{
	size_t length = strlen(text);

	while (length && (text[length - 1] == '\n' || text[length - 1] == ' '))
		text[--length] = '\0';
}

/* What each text means for the reader: prefix or piece of it, and the sentence. */
static const struct {
	const char *piece, *meaning;
} meanings[] = {
	{ "*** stack smashing detected", "a function wrote past a buffer on its stack" },
	{ "*** buffer overflow detected", "a checked function (FORTIFY) would have written past a "
					  "buffer" },
	{ "double free", "memory was freed twice" },
	{ "free(): invalid", "free() was given a pointer that malloc did not return" },
	{ "munmap_chunk", "free() was given a pointer that malloc did not return" },
	{ "corrupted", "the heap's own records are overwritten: a write past a block, or after "
		       "free" },
	{ "invalid next size", "the heap's own records are overwritten: a write past a block" },
	{ "unaligned tcache chunk", "a freed block was overwritten" },
	{ "Assertion `", "an assertion of the program failed" },
	{ "pure virtual method called", "a virtual function was called on an object being built or "
					"destroyed" },
};

void cause_of_abort(struct cause *k)
{
	FREE_AT_END char *text = NULL;
	size_t i;

	if (k->out->signal != SIGABRT || k->out->message)
		return;
	text = abort_message(k);
	if (!text || !*text)
		return;
	strip_end(text);
	k->out->message = builder_str(k->b, text);
	for (i = 0; i < ARRAY_SIZE(meanings); i++)
		if (strstr(text, meanings[i].piece)) {
			cause_say(k, "the C library's abort message", "%s", meanings[i].meaning);
			break;
		}
}
