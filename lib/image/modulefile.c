/* SPDX-License-Identifier: Apache-2.0 */
/* Which file here is the one that the target had mapped: an ordered list of places, each held
 * against the build id in the target's memory. A file of another build is never used unasked:
 * its functions would be wrong and nobody would notice. */
#include "private.h"

#include <dirent.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct search {
	struct image *image;
	const struct candidate *c;
	struct module_file *found;
	const char *other;    /* a file that was there, of another build */
	const char *other_id; /* its build id */
	bool damaged;         /* the last one that was tried */
};

static bool is_deleted(const char *path)
{
	static const char suffix[] = " (deleted)";
	size_t length = strlen(path), tail = sizeof(suffix) - 1;

	return length > tail && !strcmp(path + length - tail, suffix);
}

enum match { MATCH_SAME, MATCH_UNKNOWN, MATCH_OTHER };

/* The executable of a core without its headers: what the kernel told it of itself must fit. */
static bool auxv_fits(const struct image *image, const struct elf_info *info)
{
	uint64_t entry, phnum, mask = image->page - 1;

	if (image_auxv(image, AT_PHNUM, &phnum) && phnum != info->phnum)
		return false;
	return !image_auxv(image, AT_ENTRY, &entry) || (entry & mask) == (info->entry & mask);
}

static enum match compare_text(const char *a, const char *b)
{
	return strcmp(a, b) ? MATCH_OTHER : MATCH_SAME;
}

static enum match compare_ids(const struct elf_info *a, const struct elf_info *b)
{
	if (*a->build_id && *b->build_id)
		return compare_text(a->build_id, b->build_id);
	if (*a->go_id && *b->go_id)
		return compare_text(a->go_id, b->go_id);
	/* What only one of them has says nothing: in memory its note may not be there to be read, as
	 * behind the first page of an unmodified file, which is all that a core has of it. */
	return MATCH_UNKNOWN;
}

static enum match compare(const struct search *s, const struct mapping *map,
			  const struct elf_info *info)
{
	const struct elf_info *memory = &s->c->memory;
	enum match ids = memory->valid ? compare_ids(memory, info) : MATCH_UNKNOWN;
	uint64_t bias;

	if (ids != MATCH_UNKNOWN)
		return ids;
	if (s->c->placed)
		return place_compare(s->image, map, info, s->c->bias) == PLACE_SAME ? MATCH_SAME
										    : MATCH_OTHER;
	if (memory->valid && (memory->entry != info->entry || memory->phnum != info->phnum))
		return MATCH_OTHER;
	if (!place_find(s->image, s->c, map, info, &bias) ||
	    (s->c->main && !auxv_fits(s->image, info)))
		return MATCH_OTHER;
	switch (place_compare(s->image, map, info, bias)) {
	case PLACE_SAME:
		return MATCH_SAME;
	case PLACE_OTHER:
		return MATCH_OTHER;
	case PLACE_UNKNOWN:
		break;
	}
	return MATCH_UNKNOWN;
}

static bool right_machine(const struct image *image, const struct elf_info *info)
{
	return info->machine == image->arch->machine && info->word == image->arch->word &&
	       info->big_endian == image->arch->big_endian;
}

static void take(struct search *s, int fd, const struct mapping *map, const struct elf_info *info,
		 const char *path, enum stk_module_status status)
{
	*s->found = (struct module_file){
		status, fd,  *map, *info, builder_str(s->image->b, path), s->found->deleted,
		false,  NULL
	};
}

/* Keeps the first, but that there is no file. Takes the error. */
static void trouble(struct search *s, const char *path, struct stk_error *err)
{
	if (err && err->code != STK_NO_INPUT && !s->found->trouble)
		s->found->trouble = builder_fmt(s->image->b, "'%s': %s", path, err->message);
	error_drop(err);
}

/* Takes the file behind fd if it is the right one, or a wrong one that is forced. Owns fd. */
static bool try_fd(struct search *s, int fd, const char *path, bool sure, bool forced)
{
	struct mapping map = { NULL, 0 };
	struct elf_info info = { 0 };
	struct stk_error *err = mapping_open(fd, &map);
	enum match match = MATCH_OTHER;

	trouble(s, path, err);
	if (map.size)
		info = elf_of_file(&map, s->image->page);
	s->found->no_elf |= map.size && !info.valid && !s->c->memory.valid;
	s->damaged = info.valid && !elf_is_sane(&map, &info);
	if (info.valid && right_machine(s->image, &info) && !s->damaged) {
		match = compare(s, &map, &info);
		if (match == MATCH_OTHER && !s->other) {
			s->other = builder_str(s->image->b, path);
			s->other_id = builder_str(s->image->b, elf_id(&info, "none"));
		}
		if (match == MATCH_SAME || (sure && match == MATCH_UNKNOWN)) {
			take(s, fd, &map, &info, path, STK_MODULE_FOUND);
			return true;
		}
		if (match == MATCH_UNKNOWN && !is_deleted(s->c->path)) {
			take(s, fd, &map, &info, path, STK_MODULE_UNVERIFIED);
			return true;
		}
		if (forced) {
			take(s, fd, &map, &info, path, STK_MODULE_FORCED);
			return true;
		}
	}
	mapping_close(&map);
	close(fd);
	return false;
}

/* Where a path is looked up: see named_open(). */
struct where {
	const char *root;
	bool asked;
};

static const struct where here = { NULL, false };

static struct where in_sysroot(const struct search *s)
{
	const char *sysroot = s->image->files->sysroot;

	return (struct where){ sysroot, sysroot != NULL };
}

static struct stk_error *open_at(const struct search *s, struct where where, const char *path,
				 int *ret)
{
	return named_open(&(struct named){ where.root, where.asked, s->image->owner }, path, ret);
}

static bool try_path(struct search *s, struct where where, const char *path, bool forced)
{
	FREE_AT_END char *whole = xasprintf("%s%s", where.root ? where.root : "", path);
	struct stk_error *err;
	int fd = -1;

	err = open_at(s, where, path, &fd);
	if (err) {
		trouble(s, whole, err);
		return false;
	}
	return try_fd(s, fd, whole, false, forced);
}

/* What the user named must be what he meant: anything wrong with it is said at once. */
static struct stk_error *check_given(const struct image *image, const char *path, int fd)
{
	struct mapping map = { NULL, 0 };
	struct stk_error *err = mapping_open(fd, &map);
	struct elf_info info;

	if (err)
		return error_prefix(err, "'%s'", path);
	info = elf_of_file(&map, image->page);
	if (!info.valid)
		err = error_create(
			STK_FAILED, "'%s' is not an executable: it is not an ELF file%s", path,
			map.size > 2 && !memcmp(map.bytes, "#!", 2)
				? " but a script (leave it out: the core knows its interpreter)"
				: "");
	else if (info.type == ET_CORE)
		err = error_create(STK_FAILED, "'%s' is not an executable: it is a core file",
				   path);
	else if (!right_machine(image, &info)) {
		const struct arch *arch = arch_find(info.machine, info.word, info.big_endian);

		err = error_create(STK_FAILED, "'%s' is for %s, but the core is of %s", path,
				   arch ? arch->name : "another architecture", image->arch->name);
	}
	mapping_close(&map);
	return err;
}

static struct stk_error *try_given(struct search *s, bool *ret)
{
	const struct stk_files *files = s->image->files;
	struct stk_error *err;
	int fd;

	if (!s->c->main || !files->nexes)
		return NULL;
	err = file_open(files->exes[0], &fd);
	if (err)
		return err;
	err = check_given(s->image, files->exes[0], fd);
	if (err) {
		close(fd);
		return err;
	}
	*ret = try_fd(s, fd, files->exes[0], false, files->force);
	if (!*ret && s->damaged)
		builder_note(s->image->b, STK_NOTE_DEBUG_UNREADABLE, files->exes[0],
			     "it is damaged: its headers point behind its end; not used");
	else if (!*ret)
		builder_note_remedy(s->image->b, STK_REMEDY_FORCE, STK_NOTE_BUILD_ID_MISMATCH,
				    files->exes[0],
				    "its build id is %s, that of the program that ran is "
				    "%s; not used",
				    s->other_id ? s->other_id : "missing",
				    elf_id(&s->c->memory, "unknown"));
	return NULL;
}

/* Started by a relative path: from where is not known. Here, or beside the core, is likely. */
static bool try_relative(struct search *s)
{
	const char *core = builder_target(s->image->b)->name, *slash = strrchr(core, '/');
	FREE_AT_END char *beside = NULL;

	if (s->image->files->sysroot || *s->c->path == '[')
		return false;
	if (try_path(s, here, s->c->path, s->image->files->force))
		return true;
	beside = xasprintf("%.*s%s", slash ? (int)(slash + 1 - core) : 0, core,
			   path_base(s->c->path));
	return try_path(s, here, beside, false);
}

/* The target's own path, under the sysroot when there is one. */
static bool try_own_path(struct search *s)
{
	struct where where = in_sysroot(s);
	FREE_AT_END char *path = xstrdup(s->c->path), *flat = NULL;

	if (s->image->ops->root && !where.root)
		where.root = s->image->ops->root(s->image);
	if (is_deleted(path))
		path[strlen(path) - strlen(" (deleted)")] = '\0';
	if (*path != '/')
		return try_relative(s);
	if (try_path(s, where, path, s->image->files->force))
		return true;
	/* A directory into which someone copied the libraries is as good as a tree. */
	if (!s->image->files->sysroot || !*s->c->memory.build_id)
		return false;
	flat = xasprintf("/%s", path_base(path));
	return try_path(s, where, flat, false);
}

static bool try_build_id_dir(struct search *s, struct where where, const char *dir)
{
	const char *id = s->c->memory.build_id;
	FREE_AT_END char *path = NULL;

	if (strlen(id) < 4)
		return false;
	path = xasprintf("%s/.build-id/%.2s/%s", dir, id, id + 2);
	return try_path(s, where, path, false);
}

static bool try_build_id(struct search *s)
{
	const struct stk_files *files = s->image->files;
	size_t i;

	for (i = 0; i < files->ndebug_dirs; i++)
		if (try_build_id_dir(s, (struct where){ NULL, true }, files->debug_dirs[i]))
			return true;
	return try_build_id_dir(s, in_sysroot(s), "/usr/lib/debug");
}

/* What is in a directory is looked at in this order, and no more than this. */
#define LIMIT_BESIDE 4096

static int is_file(const struct dirent *entry)
{
	return entry->d_type == DT_REG || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
}

static bool is_wanted(const struct search *s, const char *path)
{
	CLOSE_AT_END int fd = -1;

	error_drop(open_at(s, here, path, &fd));
	return fd >= 0 && elf_has_build_id(fd, s->c->memory.build_id);
}

/* A program that was put beside its core, under whatever name: found by its build id alone. */
static bool try_directory(struct search *s, const char *dir)
{
	struct dirent **entries = NULL;
	int count = scandir(*dir ? dir : ".", &entries, is_file, alphasort), i;
	bool found = false;

	for (i = 0; i < count; i++) {
		FREE_AT_END char *path = xasprintf("%s%s", dir, entries[i]->d_name);

		if (!found && i < LIMIT_BESIDE && is_wanted(s, path))
			found = try_path(s, here, path, false);
		free(entries[i]);
	}
	free(entries);
	return found;
}

static bool try_beside(struct search *s)
{
	const struct stk_target *target = builder_target(s->image->b);
	const char *slash = strrchr(target->name, '/');
	FREE_AT_END char *dir = NULL;

	if (!s->c->main || target->kind != STK_TARGET_CORE || !*s->c->memory.build_id ||
	    s->image->files->sysroot)
		return false;
	dir = xasprintf("%.*s", slash ? (int)(slash + 1 - target->name) : 0, target->name);
	return try_directory(s, dir);
}

static bool try_mapped(struct search *s)
{
	int fd = -1;

	if (s->image->ops->open_mapped && s->c->nmapped)
		fd = s->image->ops->open_mapped(s->image, &s->c->mapped[0]);
	return fd >= 0 && try_fd(s, fd, s->c->path, true, false);
}

/* The image in memory will do for unwinding when it is there as a whole. */
static bool try_memory(struct search *s)
{
	int fd = s->c->memory.valid ? elf_rebuild(s->image, s->c->start) : -1;
	struct mapping map = { NULL, 0 };

	if (fd < 0)
		return false;
	error_drop(mapping_open(fd, &map));
	take(s, fd, &map, &s->c->memory, NULL, STK_MODULE_MEMORY);
	return true;
}

const char *module_file_words(struct builder *b, const char *module, const char *file)
{
	return strcmp(module, file) == 0 ? "the file here" : builder_fmt(b, "'%s'", file);
}

/* Where a module's file is looked for, unless the user gave it; the first that has the right one ends the
 * search. To add one: a row. */
static bool (*const places[])(struct search *s) = {
	try_mapped,   /* what the process itself has open */
	try_own_path, /* its path, in the sysroot where there is one */
	try_build_id, /* .build-id below each --debug-dir, the sysroot's or our /usr/lib/debug */
	try_beside,   /* of the executable, without a sysroot: the core's own directory */
};

struct stk_error *module_file_find(struct image *image, const struct candidate *c,
				   struct module_file *ret)
{
	struct search s = { .image = image, .c = c, .found = ret };
	struct stk_error *err;
	bool found = false;
	size_t i;

	*ret = (struct module_file){ .status = STK_MODULE_MISSING,
				     .fd = -1,
				     .deleted = is_deleted(c->path) };
	if (c->vdso) {
		(void)try_memory(&s);
		return NULL;
	}
	err = try_given(&s, &found);
	if (err || found)
		return err;
	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i](&s))
			return NULL;
	if (s.other)
		ret->status = STK_MODULE_MISMATCH;
	if (s.other && !(c->main && image->files->nexes))
		builder_note_remedy(image->b, STK_REMEDY_FORCE, STK_NOTE_BUILD_ID_MISMATCH, c->path,
				    "%s has build id %s, the one that ran had %s; not used",
				    module_file_words(image->b, c->path, s.other), s.other_id,
				    elf_id(&c->memory, "another layout"));
	(void)try_memory(&s);
	return NULL;
}
