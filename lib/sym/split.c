/* SPDX-License-Identifier: Apache-2.0 */
/* libdw finds .dwo files by itself and cannot be given one: it opens the name that is in the skeleton, in the
 * directory of the file that it read and in DW_AT_comp_dir, whatever is there, and waits for a FIFO. So we
 * look first at what it would open, by its own rules. */
#include "split.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "die.h"

/* Under the sysroot, libdw must not look outside of it. */
static bool is_inside(const struct stk_files *files, const char *path)
{
	FREE_AT_END char *real = files->sysroot ? realpath(path, NULL) : NULL;
	FREE_AT_END char *root = files->sysroot ? realpath(files->sysroot, NULL) : NULL;
	size_t size = root ? strlen(root) : 0;

	return !files->sysroot || (real && root && !strncmp(real, root, size) && real[size] == '/');
}

/* Takes the path. May libdw open it? Not being there will do. */
static bool may_open(struct image *image, char *path, char **ret_why)
{
	CLOSE_AT_END int fd = -1;
	struct stk_error *err = image_open_here(image, path, &fd);
	bool good = !err || err->code == STK_NO_INPUT;

	if (!good)
		*ret_why = xasprintf("'%s': %s", path, err->message);
	if (!err && !is_inside(image_files(image), path)) {
		*ret_why = xasprintf("'%s' is outside of the sysroot", path);
		good = false;
	}
	error_drop(err);
	free(path);
	return good;
}

static bool may_open_in(struct image *image, const char *dir_of, const char *name, char **ret_why)
{
	FREE_AT_END char *real = dir_of ? realpath(dir_of, NULL) : NULL;
	const char *slash = real ? strrchr(real, '/') : NULL;

	return !slash ||
	       may_open(image, xasprintf("%.*s/%s", (int)(slash - real), real, name), ret_why);
}

static bool may_look(struct image *image, uint32_t module, Dwarf_Die *skeleton, char **ret_why)
{
	const struct stk_module *info = image_module_info(image, module);
	const char *name = die_string(skeleton, DW_AT_dwo_name),
		   *dir = die_string(skeleton, DW_AT_comp_dir);
	FREE_AT_END char *below = NULL;

	name = name ? name : die_string(skeleton, DW_AT_GNU_dwo_name);
	if (!name)
		return true;
	if (*name == '/')
		return may_open(image, xstrdup(name), ret_why);
	if (!may_open_in(image, info->file, name, ret_why) ||
	    !may_open_in(image, info->debug, name, ret_why))
		return false;
	if (!dir)
		return true;
	if (*dir == '/')
		return may_open(image, xasprintf("%s/%s", dir, name), ret_why);
	below = xasprintf("%s/%s", dir, name);
	return may_open_in(image, info->file, below, ret_why) &&
	       may_open_in(image, info->debug, below, ret_why);
}

bool split_open(struct image *image, uint32_t module, Dwarf_Die *skeleton, Dwarf_Die *ret,
		char **ret_why)
{
	Dwarf_Die split;
	char *why = NULL;

	if (!may_look(image, module, skeleton, &why)) {
		*ret_why = why;
		return false;
	}
	if (dwarf_cu_info(skeleton->cu, NULL, NULL, NULL, &split, NULL, NULL, NULL) != 0 ||
	    !split.addr) {
		*ret_why = NULL;
		return false;
	}
	image_no_alt(dwarf_cu_getdwarf(split.cu));
	*ret = split;
	return true;
}
