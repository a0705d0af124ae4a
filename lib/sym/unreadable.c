/* SPDX-License-Identifier: Apache-2.0 */
#include "unreadable.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

/* Its .debug_info: false when there is none. */
static bool find_info(Elf *elf, GElf_Shdr *ret, Elf_Scn **ret_scn)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return false;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name = gelf_getshdr(scn, ret) ? elf_strptr(elf, names, ret->sh_name)
							  : NULL;

		if (name && ret->sh_type != SHT_NOBITS &&
		    (!strcmp(name, ".debug_info") || !strcmp(name, ".zdebug_info"))) {
			*ret_scn = scn;
			return true;
		}
	}
	return false;
}

static bool is_zstd(Elf_Scn *scn, const GElf_Shdr *shdr)
{
	GElf_Chdr chdr;

	return shdr->sh_flags & SHF_COMPRESSED && gelf_getchdr(scn, &chdr) &&
	       chdr.ch_type == ELFCOMPRESS_ZSTD;
}

static bool note_file(struct builder *b, Elf *elf, const char *path)
{
	GElf_Shdr shdr;
	Elf_Scn *scn;

	if (!elf || !find_info(elf, &shdr, &scn))
		return false;
	if (is_zstd(scn, &shdr))
		builder_note(b, STK_NOTE_DEBUG_UNREADABLE, path,
			     "its debug information is compressed "
			     "with zstd, which this stk cannot undo");
	else
		builder_note(b, STK_NOTE_DEBUG_UNREADABLE, path,
			     "its debug information is damaged");
	return true;
}

/* A debug file is made of them. Their table is at its end: libelf sees none where that is cut off. */
static bool has_sections(Elf *elf)
{
	size_t names;

	return elf && elf_getshdrstrndx(elf, &names) == 0 && elf_getscn(elf, names) &&
	       elf_nextscn(elf, NULL);
}

/* Not what is in the file: there was no memory, or no descriptor. */
static bool note_shortage(struct builder *b, const char *path, int error)
{
	const char *words = error ? dwfl_errmsg(error) : NULL;

	if (!words || (!strcasestr(words, "memory") && !strcasestr(words, strerror(EMFILE))))
		return false;
	builder_note(b, STK_NOTE_DEBUG_UNREADABLE, path, "its debug information cannot be read: %s",
		     words);
	return true;
}

void unreadable_note(struct image *image, struct builder *b, uint32_t module, int error)
{
	Dwfl_Module *mod = image_dwfl_module(image, module);
	const struct stk_module *info = image_module_info(image, module);
	const char *debug = info->debug, *path = info->path;
	struct stk_error *err;
	GElf_Addr bias;
	CLOSE_AT_END int fd = -1;
	Elf *elf;

	if (note_shortage(b, path, error))
		return;
	if (note_file(b, dwfl_module_getelf(mod, &bias), path) || !debug)
		return;
	err = image_open_here(image, debug, &fd);
	if (err)
		builder_note(b, STK_NOTE_DEBUG_UNREADABLE, path, "'%s': %s", debug, err->message);
	error_drop(err);
	elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!note_file(b, elf, path) && fd >= 0 && !has_sections(elf))
		builder_note(b, STK_NOTE_DEBUG_UNREADABLE, path, "'%s' is damaged, or cut off",
			     debug);
	elf_end(elf);
}
