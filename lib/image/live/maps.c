/* SPDX-License-Identifier: Apache-2.0 */
/* The address space of a live target, from /proc/PID/maps. */
#include "live.h"

#include <stdlib.h>
#include <string.h>

/* The kernel writes a newline in a path as \012 (seq_path in fs/seq_file.c), and nothing else. */
static void unescape(char *path)
{
	char *to = path;

	for (; *path; path++) {
		if (!strncmp(path, "\\012", 4)) {
			*to++ = '\n';
			path += 3;
		} else {
			*to++ = *path;
		}
	}
	*to = '\0';
}

struct line {
	uint64_t start, end, offset;
	char perms[4];
	char *path; /* "" anonymous */
};

/* "55d0-55d1 r-xp 00001000 08:01 1234   /path": text is changed. Not by scanf: there are two lines
 * a thread, and they are read during the pause. */
static bool parse(char *text, struct line *ret)
{
	char *at;
	int i;

	ret->start = strtoull(text, &at, 16);
	if (*at != '-')
		return false;
	ret->end = strtoull(at + 1, &at, 16);
	if (*at != ' ' || strlen(at) < 6 || ret->start >= ret->end)
		return false;
	memcpy(ret->perms, at + 1, 4);
	ret->offset = strtoull(at + 6, &at, 16);
	for (i = 0; i < 2; i++) {
		at += strspn(at, " ");
		at += strcspn(at, " ");
	}
	ret->path = at + strspn(at, " ");
	unescape(ret->path);
	return true;
}

static void add_range(struct image *image, const struct line *line)
{
	/* Not sorted or overlapping would be a line that was read while it changed. */
	if (image->nranges && line->start < image->ranges[image->nranges - 1].end)
		return;
	image->ranges = grow(image->ranges, &image->cap_ranges, image->nranges + 1,
			     sizeof(*image->ranges));
	image->ranges[image->nranges++] = (struct image_range){
		.start = line->start,
		.end = line->end,
		.readable = line->perms[0] == 'r',
		.writable = line->perms[1] == 'w',
		.executable = line->perms[2] == 'x',
		.captured = line->perms[0] == 'r',
	};
}

static void add_mapped(struct image *image, const struct line *line)
{
	if (*line->path != '/' || image->nmapped >= LIMIT_MAPPINGS)
		return;
	image->mapped = grow(image->mapped, &image->cap_mapped, image->nmapped + 1,
			     sizeof(*image->mapped));
	image->mapped[image->nmapped++] = (struct mapped_file){
		.start = line->start,
		.end = line->end,
		.offset = line->offset,
		.path = builder_str(image->b, line->path),
		.executable = line->perms[2] == 'x',
		.writable = line->perms[1] == 'w',
	};
}

struct stk_error *live_maps(struct image *image)
{
	const struct live *live = image->own;
	FREE_AT_END char *path = xasprintf("/proc/%u/maps", live->tid), *text = NULL;
	struct stk_error *err;
	struct line line;
	char *at, *next;
	size_t size;

	err = read_file(path, LIMIT_MAPS_BYTES, &text, &size);
	if (err)
		return err;
	for (at = text; *at && image->nranges < LIMIT_SEGMENTS; at = next) {
		next = at + strcspn(at, "\n");
		if (*next)
			*next++ = '\0';
		if (parse(at, &line)) {
			add_range(image, &line);
			add_mapped(image, &line);
		}
	}
	return NULL;
}

/* The next mapping from *at on that may hold code; NULL: no more. */
static const struct mapped_file *next_code(const struct mapped_file *list, size_t count, size_t *at)
{
	while (*at < count)
		if (list[(*at)++].executable)
			return &list[*at - 1];
	return NULL;
}

static bool same_code(const struct mapped_file *a, size_t na, const struct mapped_file *b,
		      size_t nb)
{
	size_t i = 0, j = 0;
	const struct mapped_file *x, *y;

	do {
		x = next_code(a, na, &i);
		y = next_code(b, nb, &j);
	} while (x && y && x->start == y->start && x->end == y->end && x->offset == y->offset &&
		 x->path == y->path);
	return !x && !y;
}

bool live_maps_again(struct image *image)
{
	struct image_range *ranges = image->ranges;
	struct mapped_file *mapped = image->mapped;
	size_t nmapped = image->nmapped;
	bool same;

	image->ranges = NULL;
	image->mapped = NULL;
	image->nranges = image->cap_ranges = image->nmapped = image->cap_mapped = 0;
	error_drop(live_maps(image));
	same = same_code(mapped, nmapped, image->mapped, image->nmapped);
	image_name_ranges(image);
	free(ranges);
	free(mapped);
	return same;
}
