/* SPDX-License-Identifier: Apache-2.0 */
/* Memory maps that stand beside traces: /proc/PID/maps as it is, as the C library printed it behind
 * its backtraces ("======= Memory map: ========"), in profiles of gperftools and Go
 * ("MAPPED_LIBRARIES:"), of the sanitizers ("Process memory map follows:"), of Android's
 * tombstones ("memory map (12 entries):") and of gdb ("info proc mappings").
 *	55d0c8a00000-55d0c8a01000 r-xp 00001000 08:01 1234    /usr/bin/app
 *	0x5582ccfdd000-0x5582ccffd000	/usr/bin/app
 *	    0000007f'9a1e3000-0000007f'9a1fffff r-x         0     1d000  /system/lib64/libc.so
 *	      0x555555554000     0x555555555000     0x1000        0x0  r--p   /usr/bin/app
 * They are no traces: they stay in the text, and tell which file an address of the trace before
 * them, else of the next one, is in. */
#include "../text.h"

#define MAX_LINES 100000u

/* "0x55d0c8a00000", "0000007f'9a1e3000" */
static bool take_address(struct slice *s, uint64_t *ret)
{
	struct slice rest = *s;
	uint64_t high;

	if (!slice_hex(&rest, ret) && !slice_hexdigits(&rest, ret))
		return false;
	high = *ret;
	if (slice_skip(&rest, "'")) {
		if (high > UINT32_MAX || !slice_hexdigits(&rest, ret) || *ret > UINT32_MAX)
			return false;
		*ret |= high << 32;
	}
	*s = rest;
	return true;
}

/* "r-xp", "rwx" */
static bool take_rights(struct slice *s)
{
	size_t i;

	for (i = 0; i < 3; i++)
		if (s->size < 4 || (s->at[i] != "rwx"[i] && s->at[i] != '-'))
			return false;
	if (memchr(" ps", s->at[3], 3) == NULL)
		return false;
	*s = slice_from(*s, 4);
	return true;
}

/* The path, from the first "/" that stands behind a blank, without what is behind it. */
static struct slice take_path(struct slice s, struct slice *build_id)
{
	static const char *const behind[] = { " (BuildId: ", " (load ", " (deleted)" };
	struct slice before;
	size_t at, i;

	*build_id = NO_SLICE;
	for (at = 1; at < s.size; at++)
		if (s.at[at] == '/' && (s.at[at - 1] == ' ' || s.at[at - 1] == '\t'))
			break;
	if (at >= s.size)
		return NO_SLICE;
	s = slice_trim(slice_from(s, at));
	before = s;
	if (slice_until(&before, " (BuildId: ", &(struct slice){ NULL, 0 }))
		(void)slice_until(&before, ")", build_id);
	for (i = 0; i < ARRAY_SIZE(behind); i++)
		if ((at = slice_find(s, behind[i])) != SIZE_MAX)
			s.size = at;
	return s;
}

/* false: the line is none of a map. */
static bool parse(struct slice line, struct trace_mapping *ret, struct slice *path,
		  struct slice *build_id)
{
	struct slice rest = slice_trim(line), word;
	bool columns;

	*ret = (struct trace_mapping){ .offset = 0 };
	if (!take_address(&rest, &ret->start) || !rest.size)
		return false;
	columns = rest.at[0] == ' ';
	rest = slice_trim(rest);
	if (!columns && !slice_skip(&rest, "-"))
		return false;
	if (!take_address(&rest, &ret->end) || (rest.size && !memchr(" \t", rest.at[0], 2)))
		return false;
	if (columns) { /* the size comes next */
		rest = slice_trim(rest);
		if (!slice_starts(rest, "0x") || !slice_until(&rest, " ", &word))
			return false;
	}
	*path = take_path(rest, build_id);
	rest = slice_trim(rest);
	if (take_rights(&rest) || columns) {
		rest = slice_trim(rest);
		(void)take_address(&rest, &ret->offset);
	}
	/* Android's last byte is within */
	ret->end += ret->end & 1;
	return ret->start < ret->end;
}

static bool is_heading(struct slice line)
{
	static const char *const words[] = { "emory map",
					     "MAPPED_LIBRARIES:", "Mapped address spaces:" };
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (slice_find(line, words[i]) != SIZE_MAX)
			return true;
	return false;
}

/* Headings, the names of columns and blank lines; true when a mapping follows. */
static bool skip_heading(struct trace *t)
{
	struct trace_mapping mapping;
	struct slice line, path, build_id;
	unsigned lines;

	for (lines = 0; lines < 4 && trace_peek(t, &line); lines++) {
		if (parse(line, &mapping, &path, &build_id))
			return true;
		if (lines ? slice_trim(line).size && !slice_starts(slice_trim(line), "Start Addr")
			  : !is_heading(line))
			return false;
		trace_skip(t);
	}
	return false;
}

static bool probe(struct trace *t)
{
	return skip_heading(t);
}

static void read_map(struct trace *t)
{
	struct trace_place start = trace_place(t);
	struct trace_mapping mapping;
	struct slice line, path, build_id;
	unsigned lines;

	if (!skip_heading(t))
		return;
	for (lines = 0; lines < MAX_LINES && trace_peek(t, &line); lines++) {
		if (!parse(line, &mapping, &path, &build_id))
			break;
		trace_skip(t);
		if (path.at)
			trace_map(t, &mapping, path, build_id);
	}
	trace_pass(t, start, trace_place(t));
}

#define ADDRESSES "0123456789abcdef-"

static const struct trace_mark marks[] = {
	{ " r--p 00000000 ", ADDRESSES, false },
	{ " r-xp 00000000 ", ADDRESSES, false },
	{ "======= Memory map:", "", false },
	{ "--- Memory map:", "", false },
	{ "Memory map:", "", false },
	{ "memory map (", "", false },
	{ "memory map:", "", false },
	{ "MAPPED_LIBRARIES:", "", false },
	{ "Process memory map follows:", "=0123456789", false },
	{ "Mapped address spaces:", "", false },
	{ NULL, NULL, false },
};

const struct trace_format trace_maps = {
	.name = "maps",
	.marks = marks,
	.probe = probe,
	.read = read_map,
};
