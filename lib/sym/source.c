/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIMIT_SOURCE ((size_t)64 << 20)

/* A file that was read: its lines, cut. */
struct source_file {
	const char *name;   /* as in the debug information; the builder's */
	char *bytes;        /* NULL: not here */
	const char **lines;
	size_t count, cap;
};

void sources_deinit(struct sources *sources)
{
	size_t i;

	for (i = 0; i < sources->ncache; i++) {
		free(sources->cache[i].bytes);
		free(sources->cache[i].lines);
	}
	free(sources->cache);
}

static char *if_readable(char *path)
{
	if (access(path, R_OK) == 0)
		return path;
	free(path);
	return NULL;
}

/* "FROM=TO" applied to a path that begins with FROM and then ends or goes on with a slash. */
static char *apply_map(const char *map, const char *file)
{
	const char *equals = strchr(map, '=');
	size_t size = equals ? (size_t)(equals - map) : 0;

	while (size && map[size - 1] == '/')
		size--;
	if (!equals || strncmp(file, map, size) != 0 || (file[size] && file[size] != '/'))
		return NULL;
	return if_readable(xasprintf("%s%s", equals + 1, file + size));
}

char *sources_path(const struct sources *sources, const char *file)
{
	const struct stk_files *files = sources->files;
	char *path;
	size_t i;

	for (i = 0; files && i < files->nsource_maps; i++)
		if ((path = apply_map(files->source_maps[i], file)))
			return path;
	if (files && files->sysroot && *file == '/' &&
	    (path = if_readable(xasprintf("%s%s", files->sysroot, file))))
		return path;
	return if_readable(xstrdup(file));
}

static void cut_lines(struct source_file *file, size_t size)
{
	char *at = file->bytes, *end = file->bytes + size;

	while (at < end) {
		char *newline = memchr(at, '\n', (size_t)(end - at));

		file->lines = grow(file->lines, &file->cap, file->count + 1,
				   sizeof(*file->lines));
		file->lines[file->count++] = at;
		if (!newline)
			return;
		*newline = '\0';
		if (newline > at && newline[-1] == '\r')
			newline[-1] = '\0';
		at = newline + 1;
	}
}

static struct source_file *load(struct sources *sources, struct image *image, uint32_t module,
				const char *name)
{
	FREE_AT_END char *path = sources_path(sources, name);
	struct source_file *file;
	size_t size = 0;

	sources->cache = grow(sources->cache, &sources->cap_cache, sources->ncache + 1,
			      sizeof(*sources->cache));
	file = &sources->cache[sources->ncache++];
	*file = (struct source_file){ .name = name };
	if (!path && image)
		path = image_source_file(image, module, name);
	if (!path)
		builder_note_remedy(sources->b, STK_REMEDY_SOURCE_MAP, STK_NOTE_SOURCE_MISSING, name,
				    "this source file is not here");
	else
		error_drop(read_file(path, LIMIT_SOURCE, &file->bytes, &size));
	if (file->bytes)
		cut_lines(file, size);
	return file;
}

static struct source_file *file_of(struct sources *sources, struct image *image, uint32_t module,
				   const char *name)
{
	size_t i;

	for (i = 0; i < sources->ncache; i++)
		if (sources->cache[i].name == name)
			return &sources->cache[i];
	return load(sources, image, module, name);
}

const struct stk_source *sources_around(struct sources *sources, struct image *image,
					uint32_t module, const char *name, uint32_t line)
{
	struct source_file *file = file_of(sources, image, module, name);
	uint32_t before = (sources->lines - 1) / 2, first, count, i;
	struct stk_source *source;
	const char **lines;

	if (!line || line > file->count)
		return NULL;
	first = line > before ? line - before : 1;
	count = sources->lines;
	if (count > file->count - (first - 1))
		count = (uint32_t)(file->count - (first - 1));
	lines = builder_alloc(sources->b, count * sizeof(*lines));
	for (i = 0; i < count; i++)
		lines[i] = builder_str(sources->b, file->lines[first - 1 + i]);
	source = builder_alloc(sources->b, sizeof(*source));
	*source = (struct stk_source){ first, count, lines };
	return source;
}
