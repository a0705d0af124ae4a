/* SPDX-License-Identifier: Apache-2.0 */
/* A function table of Go, made by hand: two functions at TEXT, the first with an inlined call. */
#ifndef GOTABLE_H
#define GOTABLE_H

#include <stdint.h>
#include <string.h>

#include "lang/go/pclntab.h"

enum { TABLE_TEXT = 0x401000, TABLE_GOFUNC = 0x500000 };

struct made_table {
	unsigned char bytes[1024];
	size_t size;
	enum gopclntab_format format;
};

static void made_put(struct made_table *t, uint64_t value, size_t size)
{
	memcpy(t->bytes + t->size, &value, size);
	t->size += size;
}

static void made_at(struct made_table *t, size_t at, uint64_t value)
{
	memcpy(t->bytes + at, &value, 8);
}

/* Pairs of {value, bytes of code}, ended by 0 bytes; returns the offset from `start`. */
static uint32_t made_values(struct made_table *t, size_t start, const int (*pairs)[2])
{
	uint32_t at = (uint32_t)(t->size - start);
	int before = -1;

	for (; (*pairs)[1]; pairs++) {
		int delta = (*pairs)[0] - before;

		made_put(t, (uint32_t)(delta < 0 ? -2 * delta - 1 : 2 * delta), 1);
		made_put(t, (uint32_t)(*pairs)[1], 1);
		before = (*pairs)[0];
	}
	made_put(t, 0, 1);
	return at;
}

static void made_text(struct made_table *t, const char *text, size_t size)
{
	memcpy(t->bytes + t->size, text, size);
	t->size += size;
}

/* A record of the function at TEXT + entry, with the tables of `values`; its place. */
static uint32_t made_record(struct made_table *t, size_t funcs, uint32_t entry, int name,
			    const uint32_t values[4], uint8_t flag)
{
	bool old = t->format == GOPCLNTAB_116;

	while (t->size % 8)
		made_put(t, 0, 1);
	size_t at = t->size;
	made_put(t, old ? TABLE_TEXT + entry : entry, old ? 8 : 4);
	made_put(t, (uint32_t)name, 4);
	made_put(t, 0, 4);         /* args */
	made_put(t, 0, 4);         /* deferreturn */
	made_put(t, values[0], 4); /* pcsp */
	made_put(t, values[1], 4); /* pcfile */
	made_put(t, values[2], 4); /* pcln */
	made_put(t, 3, 4);         /* npcdata */
	made_put(t, 1, 4);         /* cuOffset */
	if (t->format == GOPCLNTAB_120)
		made_put(t, 7, 4);                /* startLine */
	made_put(t, 9 | flag << 8 | 4u << 24, 4); /* id, flag, -, nfuncdata */
	made_put(t, 0, 4);
	made_put(t, 0, 4);
	made_put(t, values[3], 4); /* the inline tree's index */
	if (old && t->size % 8)
		made_put(t, 0, 4);
	for (unsigned i = 0; i < 4; i++)
		made_put(t,
			 old      ? (i == 3 ? TABLE_GOFUNC + 0x30 : 0)
			 : i == 3 ? 0x30
				  : UINT32_MAX,
			 old ? 8 : 4);
	return (uint32_t)(at - funcs);
}

static struct made_table make_table(enum gopclntab_format format)
{
	static const uint32_t magics[] = { 0, 0xfffffffa, 0xfffffff0, 0xfffffff1 };
	static const char names[] = "\0main.f\0main.g[go.shape.int]";
	static const int frame[][2] = { { 0, 4 }, { 24, 60 }, { 0, 0 } };
	static const int files[][2] = { { 0, 32 }, { 1, 32 }, { 0, 0 } };
	static const int lines[][2] = { { 10, 16 }, { 12, 48 }, { 0, 0 } };
	static const int inlined[][2] = { { -1, 32 }, { 0, 16 }, { -1, 16 }, { 0, 0 } };
	struct made_table t = { .format = format };
	bool old = format == GOPCLNTAB_116;
	size_t at = old ? 24 : 32, start;
	uint32_t values[4], place[2];

	made_put(&t, magics[format], 4);
	made_put(&t, 0x08010000, 4); /* two zeros, quantum 1, words of 8 */
	made_put(&t, 2, 8);
	made_put(&t, 2, 8);
	t.size = 72;
	if (!old)
		made_at(&t, 24, TABLE_TEXT);
	made_at(&t, at, t.size);
	made_text(&t, names, sizeof(names));
	made_at(&t, at + 8, t.size);
	for (unsigned i = 0; i < 3; i++)
		made_put(&t, (uint32_t[]){ UINT32_MAX, 0, 5 }[i], 4);
	made_at(&t, at + 16, t.size);
	made_text(&t, "a.go\0b.go", 10);
	start = t.size;
	made_at(&t, at + 24, start);
	made_put(&t, 0, 1);
	values[0] = made_values(&t, start, frame);
	values[1] = made_values(&t, start, files);
	values[2] = made_values(&t, start, lines);
	values[3] = made_values(&t, start, inlined);
	while (t.size % 8)
		made_put(&t, 0, 1);
	start = t.size;
	made_at(&t, at + 32, start);
	t.size += old ? 40 : 20;
	place[0] = made_record(&t, start, 0, 1, values, 0);
	place[1] = made_record(&t, start, 64, 8, values, GOFUNC_TOPFRAME);
	for (unsigned i = 0; i < 3; i++) {
		uint64_t entry = old ? TABLE_TEXT + i * 64 : i * 64;

		memcpy(t.bytes + start + i * (old ? 16 : 8), &entry, old ? 8 : 4);
		if (i < 2)
			memcpy(t.bytes + start + i * (old ? 16 : 8) + (old ? 8 : 4), &place[i], 4);
	}
	return t;
}

#endif
