/* SPDX-License-Identifier: Apache-2.0 */
/* image/find/ - separate debug files, and the files that dwz put shared parts of them into. Only image/. */
#ifndef IMAGE_FIND_H
#define IMAGE_FIND_H

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>

#include "../../base/base.h"
#include "../../model/model.h"

/* What the userdata of every Dwfl_Module points to. */
struct debugfile_owner {
	struct builder *b;
	const struct stk_files *files;
	uid_t user;      /* the target's; (uid_t)-1 unknown */
	uint32_t module; /* its index */
	bool missed;     /* was looked for and is not here: libdwfl asks more than once */
	bool missed_alt;
	struct inflation
		*inflation; /* of its debug file; NULL: not compressed. The image's to free */
};

/* Dwfl_Callbacks.find_debuginfo. Tries, in order, the build id below each --debug-dir, below
 * the sysroot's and this machine's /usr/lib/debug; the .gnu_debuglink beside the file, in its .debug
 * directory and below each of these; debuginfod. A file is taken only if its build id is the
 * module's, or, where the module has none, if its checksum is the link's. */
int debugfile_find(Dwfl_Module *mod, void **userdata, const char *modname, Dwarf_Addr base,
		   const char *file_name, const char *debuglink_file, GElf_Word debuglink_crc,
		   char **debuginfo_file_name);

/* Where the file that it refers to (dwz's) was not found: libdw is not to look for it itself. */
void debugfile_no_alt(Dwarf *dwarf);

/* ---- download.with-debuginfod.c, download.without-debuginfod.c: the servers of DEBUGINFOD_URLS ---- */
/* Asks only where DEBUGINFOD_URLS is set and files->debuginfod allows it. Takes at most
 * LIMIT_DOWNLOAD_SECONDS, or what DEBUGINFOD_MAXTIME says; after the first server that does not
 * answer nothing more is asked of any. `what` is for progress and notes. A descriptor and the
 * path of it in the cache (malloc'ed); -1: none. */
int download_debug(struct builder *b, const struct stk_files *files, const char *what,
		   const unsigned char *build_id, size_t size, char **ret_path);
/* The same of a source file, by its absolute name in the debug information and the build id of the
 * module (in hex): its path in the cache, malloc'ed; NULL: none. */
char *download_source(struct builder *b, const struct stk_files *files, const char *build_id,
		      const char *name);

#endif
