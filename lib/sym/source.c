/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT_SOURCE ((size_t)64 << 20)

/* A file that was read: its lines, cut. */
struct source_file {
	const char *name; /* as in the debug information; the builder's */
	char *bytes;      /* NULL: not here */
	const char **lines;
	size_t count, cap;
	bool refused; /* it is here, and is not to be shown */
	bool told;
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

/* ---- where a source may be ---- */

/* "FROM=TO" applied to a path that begins with FROM and then ends or goes on with a slash; "." is
 * in front of every relative one. malloc'ed; NULL: it does not apply. */
static char *apply_map(const char *map, const char *file)
{
	const char *equals = strchr(map, '=');
	size_t size = equals ? (size_t)(equals - map) : 0;

	while (size && map[size - 1] == '/')
		size--;
	if (equals && size == 1 && *map == '.' && *file != '/')
		return xasprintf("%s/%s", equals + 1, file);
	if (!equals || strncmp(file, map, size) != 0 || (file[size] && file[size] != '/'))
		return NULL;
	return xasprintf("%s%s", equals + 1, file + size);
}

/* Without "." and "..", as if no part of it were a link. */
static char *flatten(const char *path)
{
	char *flat = xstrdup(path), *to = flat;

	while (*path) {
		size_t size = strcspn(path, "/");

		if (size == 2 && !strncmp(path, "..", 2)) {
			while (to > flat && *--to != '/')
				;
		} else if (size && !(size == 1 && *path == '.')) {
			*to++ = '/';
			memmove(to, path, size);
			to += size;
		}
		path += size + (path[size] == '/');
	}
	*to = '\0';
	return flat;
}

static bool is_below(const char *file, const char *dir)
{
	FREE_AT_END char *path = NULL, *top = NULL;
	size_t size;

	if (!dir || *dir != '/' || *file != '/')
		return false;
	path = flatten(file);
	top = flatten(dir);
	size = strlen(top);
	return size && !strncmp(path, top, size) && path[size] == '/';
}

/* Debug information may say of any file that it is a source, and what is shown of it goes where reports go.
 * So a source is below the directory in which the compiler ran, or beside the first file that it was given;
 * or it is one of the system's; all others are asked for by name. */
static bool is_expected(const struct source_place *place)
{
	return is_below(place->file, place->dirs[0]) || is_below(place->file, place->dirs[1]) ||
	       is_below(place->file, "/usr");
}

static struct stk_error *open_mapped(const struct sources *sources, const char *file, int *ret)
{
	const struct stk_files *files = sources->files;
	struct named named = { .asked = true };
	struct stk_error *err = NULL, *first = NULL;
	size_t i;

	for (i = 0; files && i < files->nsource_maps; i++) {
		FREE_AT_END char *path = apply_map(files->source_maps[i], file);

		if (!path)
			continue;
		err = named_open(&named, path, ret);
		if (!err) {
			error_drop(first);
			return NULL;
		}
		if (!first && err->code != STK_NO_INPUT)
			first = error_prefix(err, "'%s'", path);
		else
			error_drop(err);
	}
	return first ? first : error_create(STK_NO_INPUT, "this source file is not here");
}

/* Only what everybody may read is shown unasked: keys are not. */
static struct stk_error *open_unasked(const struct sources *sources,
				      const struct source_place *place, int *ret)
{
	struct named named = { .owner = sources->user };
	struct stk_error *err;
	CLOSE_AT_END int fd = -1;
	struct stat st;

	err = named_open(&named, place->file, &fd);
	if (err)
		return err;
	if (!is_expected(place))
		return error_create(STK_USAGE,
				    "it is not below the directory in which the program was "
				    "compiled, and is not shown");
	if (fstat(fd, &st) < 0 || !(st.st_mode & S_IROTH))
		return error_create(STK_USAGE, "not everybody may read it, and it is not shown");
	*ret = fd;
	fd = -1;
	return NULL;
}

/* STK_NO_INPUT: not here; STK_USAGE: here, and not to be shown. */
struct stk_error *sources_open(const struct sources *sources, const struct source_place *place,
			       int *ret)
{
	const struct stk_files *files = sources->files;
	struct stk_error *err = open_mapped(sources, place->file, ret);

	if (!err || err->code != STK_NO_INPUT)
		return err;
	if (files && files->sysroot && *place->file == '/') {
		error_drop(err);
		return named_open(&(struct named){ files->sysroot, true, (uid_t)-1 }, place->file,
				  ret);
	}
	if ((files && files->sysroot) || *place->file != '/')
		return err;
	error_drop(err);
	return open_unasked(sources, place, ret);
}

/* ---- one file ---- */

static void cut_lines(struct source_file *file, size_t size)
{
	char *at = file->bytes, *end = file->bytes + size;

	while (at < end) {
		char *newline = memchr(at, '\n', (size_t)(end - at));

		file->lines = grow(file->lines, &file->cap, file->count + 1, sizeof(*file->lines));
		file->lines[file->count++] = at;
		if (!newline)
			return;
		*newline = '\0';
		if (newline > at && newline[-1] == '\r')
			newline[-1] = '\0';
		at = newline + 1;
	}
}

static void note_missing(struct sources *sources, const char *name, const struct stk_error *err)
{
	if (err->code == STK_NO_INPUT)
		builder_note_remedy(sources->b, STK_REMEDY_SOURCE_MAP, STK_NOTE_SOURCE_MISSING,
				    name, "this source file is not here");
	else if (err->code == STK_USAGE)
		builder_note_remedy(sources->b, STK_REMEDY_SOURCE_MAP, STK_NOTE_SOURCE_REFUSED,
				    name, "%s", err->message);
	else
		builder_note(sources->b, STK_NOTE_DEBUG_UNREADABLE, name,
			     "this source file cannot be read: %s", err->message);
}

/* From debuginfod, where that is asked. */
static struct stk_error *open_downloaded(struct image *image, const struct source_place *place,
					 struct stk_error *err, int *ret)
{
	FREE_AT_END char *path = image && err->code == STK_NO_INPUT
					 ? image_source_file(image, place->module, place->file)
					 : NULL;

	if (!path)
		return err;
	error_drop(err);
	return named_open(&(struct named){ .asked = true }, path, ret);
}

static void load(struct sources *sources, struct image *image, const struct source_place *place,
		 struct source_file *file)
{
	CLOSE_AT_END int fd = -1;
	struct stk_error *err = sources_open(sources, place, &fd);
	size_t size = 0;

	if (err)
		err = open_downloaded(image, place, err, &fd);
	file->refused = err && err->code == STK_USAGE;
	if (!err)
		err = read_all(fd, LIMIT_SOURCE, &file->bytes, &size);
	if (err && !file->told)
		note_missing(sources, place->file, err);
	file->told |= err != NULL;
	error_drop(err);
	if (file->bytes)
		cut_lines(file, size);
}

/* One that was refused may be expected in another unit. */
static struct source_file *file_of(struct sources *sources, struct image *image,
				   const struct source_place *place)
{
	struct source_file *file = NULL;
	size_t i;

	for (i = 0; i < sources->ncache && !file; i++)
		if (sources->cache[i].name == place->file)
			file = &sources->cache[i];
	if (file && !file->refused)
		return file;
	if (!file) {
		sources->cache = grow(sources->cache, &sources->cap_cache, sources->ncache + 1,
				      sizeof(*sources->cache));
		file = &sources->cache[sources->ncache++];
		*file = (struct source_file){ .name = place->file };
	}
	load(sources, image, place, file);
	return file;
}

const struct stk_source *sources_around(struct sources *sources, struct image *image,
					const struct source_place *place, uint32_t line)
{
	struct source_file *file = file_of(sources, image, place);
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
