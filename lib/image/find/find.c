/* SPDX-License-Identifier: Apache-2.0 */
#include "find.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "../unpack/unpack.h"

#define MAX_BUILD_ID 64

/* What is looked for. */
struct wanted {
	struct debugfile_owner *owner;
	const unsigned char *id; /* the build id that it must have; NULL none */
	size_t id_size;
	const char *path;   /* of the module in the target: notes are about it */
	const char *beside; /* the file that refers to it; NULL unknown */
	const char *link;   /* the name that it has there; NULL none */
	uint32_t crc;       /* checked when there is no id; 0: not known */
	char *trouble;      /* why a file that is there could not be used; NULL none. Said if no
				  * other one is found */
};

/* A directory of debug files. */
struct directory {
	const char *root; /* that of the target's files here; NULL: this machine's */
	const char *path; /* below the root */
	bool asked;       /* the user has named it */
};

static void to_hex(const unsigned char *bytes, size_t size, char ret[2 * MAX_BUILD_ID + 1])
{
	size_t i;

	for (i = 0; i < size; i++) {
		ret[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		ret[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	ret[2 * size] = '\0';
}

/* Keeps the first. Takes the error. */
static void trouble(struct wanted *w, const char *path, struct stk_error *err)
{
	if (err && !w->trouble)
		w->trouble = xasprintf("'%s': %s", path, err->message);
	error_drop(err);
}

enum answer { ANSWER_RIGHT, ANSWER_WRONG, ANSWER_UNREADABLE };

static enum answer has_crc(struct wanted *w, int fd, const char *path)
{
	struct mapping map;
	struct stk_error *err = mapping_open(fd, &map);
	bool same;

	if (err) {
		trouble(w, path, err);
		return ANSWER_UNREADABLE;
	}
	same = crc32_z(0, map.bytes, map.size) == w->crc;
	mapping_close(&map);
	return same ? ANSWER_RIGHT : ANSWER_WRONG;
}

/* By section, not by PT_NOTE: the program headers of a debug file speak of another layout. */
static enum answer has_id(struct wanted *w, int fd, const char *path,
			  char ret_id[2 * MAX_BUILD_ID + 1])
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	const void *id = NULL;
	ssize_t size = elf ? dwelf_elf_gnu_build_id(elf, &id) : -1;
	bool same = size > 0 && (size_t)size == w->id_size && !memcmp(id, w->id, w->id_size);

	to_hex(id, size > 0 && size <= MAX_BUILD_ID ? (size_t)size : 0, ret_id);
	if (!elf)
		trouble(w, path, error_create(STK_FAILED, "it cannot be read: %s", elf_errmsg(-1)));
	else if (size <= 0)
		trouble(w, path,
			error_create(STK_FAILED, "it is damaged, or no debug file: it has no "
						 "build id"));
	elf_end(elf);
	return size <= 0 ? ANSWER_UNREADABLE : same ? ANSWER_RIGHT : ANSWER_WRONG;
}

/* Is the open file the one that is looked for? One that is there and is not, is told. */
static bool is_right(struct wanted *w, int fd, const char *path)
{
	char want[2 * MAX_BUILD_ID + 1], got[2 * MAX_BUILD_ID + 1];
	enum answer answer = ANSWER_UNREADABLE;

	if (w->id)
		answer = has_id(w, fd, path, got);
	else if (w->crc)
		answer = has_crc(w, fd, path);
	if (answer == ANSWER_WRONG && !w->id)
		builder_note(w->owner->b, STK_NOTE_DEBUG_MISMATCH, w->path,
			     "'%s' is not its debug file (the checksum differs); not used", path);
	if (answer == ANSWER_WRONG && w->id) {
		to_hex(w->id, w->id_size, want);
		builder_note(w->owner->b, STK_NOTE_DEBUG_MISMATCH, w->path,
			     "'%s' has build id %s, not %s; not used", path, got, want);
	}
	return answer == ANSWER_RIGHT;
}

/* Takes the path, which is below the directory's root; gives it back as it is here with a descriptor, or -1.
 * A link may have the name of the file that it is in: meant for another directory. */
static int try_path(struct wanted *w, const struct directory *dir, char *path, char **ret_path)
{
	struct named named = { dir->root, dir->asked, w->owner->user };
	char *here = dir->root ? xasprintf("%s%s", dir->root, path) : xstrdup(path);
	struct stk_error *err = NULL;
	int fd = -1;

	if (!w->beside || strcmp(here, w->beside) != 0)
		err = named_open(&named, path, &fd);
	free(path);
	if (err && err->code == STK_NO_INPUT)
		error_drop(err);
	else
		trouble(w, here, err);
	if (fd >= 0 && is_right(w, fd, here)) {
		*ret_path = here;
		return fd;
	}
	if (fd >= 0)
		close(fd);
	free(here);
	return -1;
}

/* ---- where debug files are kept ---- */

typedef int try_directory(struct wanted *w, const struct directory *dir, char **ret_path);

/* Each --debug-dir, the sysroot's /usr/lib/debug, ours. */
static int each_directory(struct wanted *w, try_directory *try, char **ret_path)
{
	const struct stk_files *files = w->owner->files;
	const struct directory rooted = { files->sysroot, "/usr/lib/debug", true };
	const struct directory ours = { NULL, "/usr/lib/debug", false };
	size_t i;
	int fd = -1;

	for (i = 0; fd < 0 && i < files->ndebug_dirs; i++) {
		struct directory given = { NULL, files->debug_dirs[i], true };

		fd = try(w, &given, ret_path);
	}
	if (fd < 0 && files->sysroot)
		fd = try(w, &rooted, ret_path);
	return fd >= 0 ? fd : try(w, &ours, ret_path);
}

static int by_build_id(struct wanted *w, const struct directory *dir, char **ret_path)
{
	char hex[2 * MAX_BUILD_ID + 1];

	if (w->id_size < 2)
		return -1;
	to_hex(w->id, w->id_size, hex);
	return try_path(w, dir, xasprintf("%s/.build-id/%.2s/%s.debug", dir->path, hex, hex + 2),
			ret_path);
}

static int dir_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (int)(slash - path) : 0;
}

/* A tree as the target's, as distributions make it; then a directory into which someone
 * put the files. */
static int by_link(struct wanted *w, const struct directory *dir, char **ret_path)
{
	int fd = -1;

	if (*w->link == '/')
		fd = try_path(w, dir, xasprintf("%s%s", dir->path, w->link), ret_path);
	else if (*w->path == '/')
		fd = try_path(w, dir,
			      xasprintf("%s%.*s/%s", dir->path, dir_length(w->path), w->path,
					w->link),
			      ret_path);
	if (fd >= 0)
		return fd;
	return try_path(w, dir, xasprintf("%s/%s", dir->path, path_base(w->link)), ret_path);
}

/* Of a file that was found in the sysroot, in there too. */
static struct directory directory_of(const struct wanted *w)
{
	const char *root = w->owner->files->sysroot;

	if (root && *w->link == '/')
		return (struct directory){ root, "", true };
	if (root && strncmp(w->beside, root, strlen(root)) == 0)
		return (struct directory){ root, w->beside + strlen(root), true };
	return (struct directory){ NULL, w->beside, false };
}

static int beside(struct wanted *w, char **ret_path)
{
	struct directory dir;
	const char *slash;
	int length, fd;

	if (!w->beside)
		return -1;
	dir = directory_of(w);
	if (*w->link == '/')
		return try_path(w, &dir, xstrdup(w->link), ret_path);
	slash = strrchr(dir.path, '/');
	length = slash ? (int)(slash - dir.path) : 1;
	dir.path = slash ? dir.path : ".";
	fd = try_path(w, &dir, xasprintf("%.*s/%s", length, dir.path, w->link), ret_path);
	if (fd >= 0)
		return fd;
	return try_path(w, &dir, xasprintf("%.*s/.debug/%s", length, dir.path, w->link), ret_path);
}

/* ---- the table of finders ---- */

static int find_by_build_id(struct wanted *w, char **ret_path)
{
	return each_directory(w, by_build_id, ret_path);
}

static int find_by_link(struct wanted *w, char **ret_path)
{
	return each_directory(w, by_link, ret_path);
}

static int find_on_servers(struct wanted *w, char **ret_path)
{
	return download_debug(w->owner->b, w->owner->files, w->path, w->id, w->id_size, ret_path);
}

/* A place where debug files are. It is asked only with what it needs: the build id, or the name that the
 * file itself has for it. find() gives an open file that is_right(), and its path; -1. */
struct place {
	enum { BY_ID, BY_LINK } needs;
	int (*find)(struct wanted *w, char **ret_path);
};

/* The first that has it ends the search: what is near and was said by the user first, what is far and
 * may take seconds last. To add one (a cache stands before the servers): a row. */
static const struct place places[] = {
	{ BY_ID,
	  find_by_build_id }, /* below each --debug-dir, the sysroot's and our /usr/lib/debug */
	{ BY_LINK, beside },  /* the .gnu_debuglink beside the file, and in .debug */
	{ BY_LINK, find_by_link },  /* that name below the same directories */
	{ BY_ID, find_on_servers }, /* debuginfod */
};

static int search(struct wanted *w, char **ret_path)
{
	int fd = -1;
	size_t i;

	for (i = 0; fd < 0 && i < ARRAY_SIZE(places); i++)
		if (places[i].needs == BY_ID ? w->id != NULL : w->link != NULL)
			fd = places[i].find(w, ret_path);
	if (fd < 0 && w->trouble)
		builder_note(w->owner->b, STK_NOTE_DEBUG_UNREADABLE, w->path,
			     "its debug information is missing: %s", w->trouble);
	free(w->trouble);
	w->trouble = NULL;
	return fd;
}

/* ---- what libdwfl asks for ---- */

/* libdwfl asks with the same callback for dwz's file: the link is then not the module's own.
 * By that time it has the module's Dwarf; before, asking for that here would not end. */
static bool is_alt(Dwfl_Module *mod, const char *link)
{
	GElf_Addr bias;
	GElf_Word crc;
	Elf *elf = dwfl_module_getelf(mod, &bias);

	return link && elf && link != dwelf_elf_gnu_debuglink(elf, &crc);
}

static int find_alt(Dwfl_Module *mod, struct wanted *w, char **ret_path)
{
	Dwarf_Addr bias;
	Dwarf *dwarf = dwfl_module_getdwarf(mod, &bias);
	const char *name;
	const void *id;
	ssize_t size = dwarf ? dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id) : -1;
	int fd;

	if (size <= 0)
		return -1;
	if (size > MAX_BUILD_ID || w->owner->missed_alt) {
		debugfile_no_alt(dwarf);
		return -1;
	}
	w->id = id;
	w->id_size = (size_t)size;
	fd = search(w, ret_path);
	w->owner->missed_alt = fd < 0;
	if (fd < 0)
		debugfile_no_alt(dwarf);
	if (fd < 0)
		builder_note(w->owner->b, STK_NOTE_DEBUG_UNREADABLE, w->path,
			     "its debug information refers to '%s', which is not here", name);
	return fd;
}

static int find_debug(Dwfl_Module *mod, struct wanted *w, uint32_t crc, char **ret_path)
{
	GElf_Addr where;
	int size = dwfl_module_build_id(mod, &w->id, &where);
	int fd;

	if (size > 0 && size <= MAX_BUILD_ID)
		w->id_size = (size_t)size;
	else
		w->id = NULL;
	w->crc = crc;
	if (w->owner->missed)
		return -1;
	fd = search(w, ret_path);
	w->owner->missed = fd < 0;
	if (fd >= 0)
		builder_module_at(w->owner->b, w->owner->module)->debug = builder_str(w->owner->b,
										      *ret_path);
	return fd;
}

/* Is it one that would fill the memory? That is told. Owns fd, if so. */
static bool is_bomb(struct wanted *w, int fd, const char *path)
{
	FREE_AT_END char *why = NULL;

	if (fd < 0 || !unpack_is_bomb(fd, &why))
		return false;
	builder_note(w->owner->b, STK_NOTE_DEBUG_UNREADABLE, w->path, "'%s' is not used: %s", path,
		     why);
	close(fd);
	return true;
}

/* The same file, or a copy of it that needs no decompressing. Owns fd. Anything of an alternate file
 * may be referred to. */
static int inflated(struct debugfile_owner *owner, int fd, bool alt)
{
	int copy = -1;

	if (fd >= 0 && (alt || owner->inflation))
		copy = inflate_file(fd, false);
	else if (fd >= 0)
		owner->inflation = inflation_open(fd, &copy);
	if (copy < 0)
		return fd;
	close(fd);
	return copy;
}

int debugfile_find(Dwfl_Module *mod, void **userdata, const char *modname, Dwarf_Addr base,
		   const char *file_name, const char *debuglink_file, GElf_Word debuglink_crc,
		   char **debuginfo_file_name)
{
	struct wanted w = {
		.owner = *userdata, .path = modname, .beside = file_name, .link = debuglink_file
	};
	Dwarf_Addr bias;
	bool alt;
	int fd;

	(void)base;
	if (!w.owner)
		return -1;
	alt = is_alt(mod, debuglink_file);
	fd = alt ? find_alt(mod, &w, debuginfo_file_name)
		 : find_debug(mod, &w, debuglink_crc, debuginfo_file_name);
	if (is_bomb(&w, fd, *debuginfo_file_name)) {
		if (alt)
			debugfile_no_alt(dwfl_module_getdwarf(mod, &bias));
		free(*debuginfo_file_name);
		*debuginfo_file_name = NULL;
		fd = -1;
	}
	fd = inflated(w.owner, fd, alt);
	/* libdwfl makes an error of a left-over errno. */
	errno = 0;
	return fd;
}
