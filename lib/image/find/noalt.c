/* SPDX-License-Identifier: Apache-2.0 */
/* Debug information without anything in it, for what takes the place of a file that is not to be had.
 *
 * A debug file that dwz made smaller refers to another one. Where libdw has not been given that, it looks
 * for it itself, at names that are in the file, and opens whatever is there: a FIFO too. With this it has
 * been given one. */
#include "find.h"

#include <elf.h>
#include <pthread.h>
#include <stddef.h>

enum { NULL_SECTION, FRAMES, NAMES, SECTIONS };

/* libdw takes no file for debug information that has no section of it. */
static struct {
	Elf64_Ehdr header;
	Elf64_Shdr sections[SECTIONS];
	char frames[8];
	char names[32];
} file = {
	.header = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB,
			     EV_CURRENT },
		.e_type = ET_EXEC, .e_version = EV_CURRENT, .e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr), .e_shnum = SECTIONS, .e_shstrndx = NAMES,
	},
	.names = "\0.debug_frame\0.shstrtab",
};

static Dwarf *nothing;

static void make(void)
{
	Elf *elf;

	file.header.e_shoff = (char *)file.sections - (char *)&file;
	file.sections[FRAMES] = (Elf64_Shdr){ .sh_name = 1,
					      .sh_type = SHT_PROGBITS,
					      .sh_addralign = 8,
					      .sh_offset = (Elf64_Off)(file.frames - (char *)&file),
					      .sh_size = sizeof(file.frames) };
	file.sections[NAMES] = (Elf64_Shdr){ .sh_name = 14,
					     .sh_type = SHT_STRTAB,
					     .sh_addralign = 1,
					     .sh_offset = (Elf64_Off)(file.names - (char *)&file),
					     .sh_size = sizeof(file.names) };
	elf = elf_memory((char *)&file, sizeof(file));
	nothing = elf ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;
}

void debugfile_no_alt(Dwarf *dwarf)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const char *name;
	const void *id;

	pthread_once(&once, make);
	if (nothing && dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id) > 0)
		dwarf_setalt(dwarf, nothing);
}
