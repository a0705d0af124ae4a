/* SPDX-License-Identifier: Apache-2.0 */
#include "version.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_BUILD_INFO ((size_t)1 << 24)

struct search {
	struct gomem *mem;
	uint64_t found;
	struct goversion ret;
};

static bool looks_like_version(const char *s)
{
	return !strncmp(s, "go1.", 4) || !strncmp(s, "devel ", 6);
}

/* ---- build information (debug/buildinfo): 16-aligned, in the data of the module ---- */

static bool look_for_info(void *arg, uint64_t addr, const unsigned char *bytes, size_t size)
{
	struct search *s = arg;
	size_t at;

	for (at = (16 - addr % 16) % 16; at + 16 <= size; at += 16)
		if (!memcmp(bytes + at, "\xff Go buildinf:", 14)) {
			s->found = addr + at;
			return true;
		}
	return false;
}

/* The linker frames the text with 16 bytes of its own on either side (which may hold NULs). */
static char *unframe(char *info, size_t size)
{
	if (!info || size < 33 || info[size - 17] != '\n') {
		free(info);
		return NULL;
	}
	memmove(info, info + 16, size - 32);
	info[size - 32] = 0;
	return info;
}

/* uvarint length, then bytes; *at is moved behind them. */
static char *inline_string(struct gomem *mem, uint64_t *at, size_t *ret_size)
{
	uint64_t size = 0;
	unsigned shift;
	uint8_t byte = 0x80;
	char *text;

	for (shift = 0; byte & 0x80 && shift < 63; shift += 7) {
		byte = gomem_u8_or_0(mem, (*at)++);
		size |= (uint64_t)(byte & 0x7f) << shift;
	}
	text = gomem_bytes(mem, *at, size, LIMIT_BUILD_INFO);
	*at += size;
	*ret_size = (size_t)size;
	return text;
}

static void read_info(struct gomem *mem, uint64_t at, char **ret_version, char **ret_info)
{
	uint8_t flags = gomem_u8_or_0(mem, at + 15);
	size_t size = 0;
	char *info;

	if (flags & 2) {
		at += 32;
		*ret_version = inline_string(mem, &at, &size);
		info = inline_string(mem, &at, &size);
	} else {
		*ret_version = gomem_string(mem, gomem_word_or_0(mem, at + 16), 4096, NULL);
		info = gomem_string(mem, gomem_word_or_0(mem, at + 24), LIMIT_BUILD_INFO, &size);
	}
	*ret_info = unframe(info, size);
}

/* The linker keeps it in writable data, whatever it links. */
static uint64_t find_info(struct search *s, uint64_t start, uint64_t end)
{
	uint32_t count, i;
	const struct image_range *ranges = image_ranges(s->mem->image, &count);

	for (i = 0; i < count && !s->found; i++)
		if (ranges[i].start >= start && ranges[i].start < end && ranges[i].writable)
			gomem_scan(s->mem, ranges[i].start, ranges[i].end, look_for_info, s);
	return s->found;
}

/* ---- variables of the runtime, by the strings that they begin with ---- */

static bool is_text(struct search *s, uint64_t pointer, const char *text)
{
	size_t length = strlen(text);
	const unsigned char *bytes = gomem_at(s->mem, pointer, length);

	return bytes && !memcmp(bytes, text, length);
}

/* runtime.buildVersion */
static void look_at_version(struct search *s, uint64_t pointer, uint64_t length)
{
	const unsigned char *text = gomem_at(s->mem, pointer, (size_t)length);
	char *version;

	if (!text || memchr(text, 0, (size_t)length) ||
	    (memcmp(text, "go1.", 4) != 0 && memcmp(text, "devel", 5) != 0))
		return;
	version = xmalloc((size_t)length + 1);
	memcpy(version, text, (size_t)length);
	version[length] = 0;
	if (looks_like_version(version))
		s->ret.version = version;
	else
		free(version);
}

/* The header of a string may stand at addr. Texts are read for a few lengths only: data may be large,
 * and what looks like a header points anywhere. */
static void look_at_string(struct search *s, uint64_t addr, uint64_t pointer, uint64_t length)
{
	static const char reason[] = "GC assist marking", labels[] = "tracebacklabels";

	/* The second of the reasons: the first is empty. */
	if (length == sizeof(reason) - 1 && !s->ret.reasons && is_text(s, pointer, reason) &&
	    !gomem_word_or_0(s->mem, addr - 8))
		s->ret.reasons = addr - 16;
	/* runtime.dbgVar is {name, value, atomic, def} (src/runtime/runtime1.go). */
	if (length == sizeof(labels) - 1 && !s->ret.labels && is_text(s, pointer, labels))
		s->ret.labels = gomem_word_or_0(s->mem, addr + 24);
	if (length >= 5 && length <= 80 && !s->ret.version)
		look_at_version(s, pointer, length);
}

static bool look_for_strings(void *arg, uint64_t addr, const unsigned char *bytes, size_t size)
{
	struct search *s = arg;
	size_t at;

	for (at = 0; at + 8 <= size; at += 8) {
		uint64_t pointer = load64(bytes + at);
		uint64_t length = at + 16 <= size ? load64(bytes + at + 8)
						  : gomem_word_or_0(s->mem, addr + at + 8);

		if (pointer)
			look_at_string(s, addr + at, pointer, length);
	}
	return false;
}

void goversion_find(struct gomem *mem, uint64_t start, uint64_t end, uint64_t data, uint64_t edata,
		    struct goversion *ret)
{
	struct search s = { .mem = mem };
	char *version = NULL;

	if (data < edata && edata - data < (uint64_t)1 << 30)
		gomem_scan(mem, data, edata, look_for_strings, &s);
	if (find_info(&s, start, end))
		read_info(mem, s.found, &version, &s.ret.build_info);
	/* The program's own variable is what its code says of itself. */
	if (!s.ret.version && version && looks_like_version(version))
		s.ret.version = version;
	else
		free(version);
	*ret = s.ret;
}

char *goversion_of_build(struct gomem *mem, uint64_t start, uint64_t end)
{
	const struct arch *arch = image_arch(mem->image);
	struct search s = { .mem = mem };
	char *version = NULL, *info = NULL;

	/* Until 1.17 it was behind pointers, here followed where they are as this machine's. */
	if (!find_info(&s, start, end) ||
	    (!(gomem_u8_or_0(mem, s.found + 15) & 2) && (arch->word != 8 || arch->big_endian)))
		return NULL;
	read_info(mem, s.found, &version, &info);
	free(info);
	if (version && looks_like_version(version))
		return version;
	free(version);
	return NULL;
}

unsigned goversion_minor(const char *version)
{
	const char *at = version ? strstr(version, "go1.") : NULL;
	unsigned long minor = at ? strtoul(at + 4, NULL, 10) : 0;

	return minor < 1000 ? (unsigned)minor : 0;
}
