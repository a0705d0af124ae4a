/* SPDX-License-Identifier: Apache-2.0 */
#include "pclntab.h"

#include <string.h>

static bool get32(const struct gopclntab *t, size_t offset, uint32_t *ret)
{
	if (offset > t->size || t->size - offset < 4)
		return false;
	memcpy(ret, t->bytes + offset, 4);
	return true;
}

static bool get64(const struct gopclntab *t, size_t offset, uint64_t *ret)
{
	if (offset > t->size || t->size - offset < 8)
		return false;
	memcpy(ret, t->bytes + offset, 8);
	return true;
}

static enum gopclntab_format format_of(uint32_t magic)
{
	return magic == 0xfffffffa   ? GOPCLNTAB_116
	       : magic == 0xfffffff0 ? GOPCLNTAB_118
	       : magic == 0xfffffff1 ? GOPCLNTAB_120
				     : 0;
}

bool gopclntab_magic(const unsigned char *bytes)
{
	uint32_t magic;

	memcpy(&magic, bytes, 4);
	return format_of(magic) && !bytes[4] && !bytes[5] &&
	       (bytes[6] == 1 || bytes[6] == 2 || bytes[6] == 4) && bytes[7] == 8;
}

static size_t functab_entry(const struct gopclntab *t)
{
	return t->format == GOPCLNTAB_116 ? 16 : 8;
}

static bool read_offsets(struct gopclntab *t)
{
	size_t *const parts[] = { &t->names, &t->cus, &t->files, &t->values, &t->funcs };
	size_t at = t->format == GOPCLNTAB_116 ? 24 : 32, i;
	uint64_t value;

	if (t->format != GOPCLNTAB_116 && !get64(t, 24, &t->text))
		return false;
	for (i = 0; i < ARRAY_SIZE(parts); i++, at += 8) {
		if (!get64(t, at, &value) || value >= t->size)
			return false;
		*parts[i] = (size_t)value;
	}
	return true;
}

bool gopclntab_init(struct gopclntab *ret, const unsigned char *bytes, size_t size)
{
	struct gopclntab t = { .bytes = bytes, .size = size };
	uint64_t nfunc;
	uint32_t magic;

	if (size < 72 || !gopclntab_magic(bytes))
		return false;
	memcpy(&magic, bytes, 4);
	t.format = format_of(magic);
	t.quantum = bytes[6];
	if (!get64(&t, 8, &nfunc) || !nfunc || nfunc > LIMIT_SYMBOLS || !read_offsets(&t))
		return false;
	t.nfunc = (size_t)nfunc;
	/* One entry more than functions: it holds where the last one ends. */
	if ((t.size - t.funcs) / functab_entry(&t) <= t.nfunc)
		return false;
	*ret = t;
	return true;
}

static bool entry_at(const struct gopclntab *t, size_t n, uint64_t *ret)
{
	size_t at = t->funcs + n * functab_entry(t);
	uint32_t offset;

	if (t->format == GOPCLNTAB_116)
		return get64(t, at, ret);
	if (!get32(t, at, &offset))
		return false;
	*ret = t->text + offset;
	return true;
}

/* Reads the record, whose fixed part is `start` bytes in front of nameoff. */
static bool read_record(const struct gopclntab *t, size_t at, struct gopclntab_func *f)
{
	size_t start = at + (t->format == GOPCLNTAB_116 ? 8 : 4);
	size_t tail = start + (t->format == GOPCLNTAB_120 ? 36 : 32);
	uint32_t name;

	if (!get32(t, start, &name) || !get32(t, start + 12, &f->pcsp) ||
	    !get32(t, start + 16, &f->pcfile) || !get32(t, start + 20, &f->pcln) ||
	    !get32(t, start + 24, &f->npcdata) || !get32(t, start + 28, &f->cu))
		return false;
	if (tail > t->size || t->size - tail < 4)
		return false;
	f->name = (int32_t)name;
	f->id = t->bytes[tail];
	f->flag = t->bytes[tail + 1];
	f->nfuncdata = t->bytes[tail + 3];
	f->pcdata = tail + 4;
	if (f->npcdata > 64)
		f->npcdata = 0;
	f->funcdata = f->pcdata + (size_t)f->npcdata * 4;
	return true;
}

bool gopclntab_nth(const struct gopclntab *t, size_t n, struct gopclntab_func *ret)
{
	struct gopclntab_func f = { 0 };
	size_t at = t->funcs + n * functab_entry(t), size = functab_entry(t) / 2;
	uint64_t wide = 0;
	uint32_t narrow = 0;

	if (n >= t->nfunc || !entry_at(t, n, &f.entry) || !entry_at(t, n + 1, &f.end))
		return false;
	if (size == 8 ? !get64(t, at + 8, &wide) : !get32(t, at + 4, &narrow))
		return false;
	wide += narrow;
	if (wide >= t->size - t->funcs || !read_record(t, t->funcs + (size_t)wide, &f))
		return false;
	*ret = f;
	return true;
}

static bool starts_at_or_before(const void *table, size_t index, uint64_t pc)
{
	uint64_t entry;

	return entry_at(table, index, &entry) && entry <= pc;
}

bool gopclntab_find(const struct gopclntab *t, uint64_t pc, struct gopclntab_func *ret)
{
	size_t behind = search_sorted(t, t->nfunc, starts_at_or_before, pc);
	struct gopclntab_func func;

	if (!behind || !gopclntab_nth(t, behind - 1, &func) || pc >= func.end)
		return false;
	*ret = func;
	return true;
}

const char *gopclntab_name(const struct gopclntab *t, int32_t offset)
{
	size_t at = t->names + (size_t)(uint32_t)offset;

	if (offset < 0 || at >= t->size || !memchr(t->bytes + at, 0, t->size - at))
		return NULL;
	return (const char *)t->bytes + at;
}

bool gopclntab_value(const struct gopclntab *t, const struct gopclntab_func *func, uint32_t offset,
		     uint64_t pc, int32_t *ret)
{
	struct cursor c = cursor_over(t->bytes, t->size);
	uint64_t at = func->entry;
	uint32_t value = UINT32_MAX, delta;
	bool first = true;

	/* Offset 0 is an empty table by the linker's agreement. */
	if (!offset)
		return false;
	cursor_skip(&c, t->values);
	cursor_skip(&c, offset);
	for (;; first = false) {
		delta = (uint32_t)cursor_uleb(&c);
		if (c.failed || (!delta && !first))
			return false;
		value += delta & 1 ? ~(delta >> 1) : delta >> 1;
		at += cursor_uleb(&c) * t->quantum;
		if (c.failed)
			return false;
		if (pc < at) {
			*ret = (int32_t)value;
			return true;
		}
	}
}

int32_t gopclntab_pcdata(const struct gopclntab *t, const struct gopclntab_func *func,
			 unsigned index, uint64_t pc)
{
	uint32_t offset;
	int32_t value;

	if (index >= func->npcdata || !get32(t, func->pcdata + (size_t)index * 4, &offset) ||
	    !gopclntab_value(t, func, offset, pc, &value))
		return -1;
	return value;
}

uint64_t gopclntab_funcdata(const struct gopclntab *t, const struct gopclntab_func *func,
			    unsigned index, uint64_t gofunc)
{
	uint32_t offset;
	uint64_t address;

	if (index >= func->nfuncdata)
		return 0;
	if (t->format == GOPCLNTAB_116)
		return get64(t, (func->funcdata + 7) / 8 * 8 + (size_t)index * 8, &address)
			       ? address
			       : 0;
	if (!gofunc || !get32(t, func->funcdata + (size_t)index * 4, &offset) ||
	    offset == UINT32_MAX)
		return 0;
	return gofunc + offset;
}

const char *gopclntab_line(const struct gopclntab *t, const struct gopclntab_func *func,
			   uint64_t pc, uint32_t *ret_line)
{
	int32_t file, line;
	uint32_t offset;
	size_t at;

	*ret_line = 0;
	if (!gopclntab_value(t, func, func->pcfile, pc, &file) || file < 0 ||
	    !gopclntab_value(t, func, func->pcln, pc, &line) || line < 0)
		return NULL;
	if (!get32(t, t->cus + ((size_t)func->cu + (size_t)file) * 4, &offset) ||
	    offset == UINT32_MAX)
		return NULL;
	at = t->files + offset;
	if (at >= t->size || !memchr(t->bytes + at, 0, t->size - at))
		return NULL;
	*ret_line = (uint32_t)line;
	return (const char *)t->bytes + at;
}

size_t gopclntab_inlined_size(const struct gopclntab *t)
{
	return t->format == GOPCLNTAB_120 ? 16 : 20;
}

void gopclntab_inlined(const struct gopclntab *t, const unsigned char *entry,
		       struct gopclntab_inlined *ret)
{
	bool recent = t->format == GOPCLNTAB_120;

	ret->id = entry[recent ? 0 : 2];
	memcpy(&ret->name, entry + (recent ? 4 : 12), 4);
	memcpy(&ret->parent_pc, entry + (recent ? 8 : 16), 4);
}
