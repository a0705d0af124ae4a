/* SPDX-License-Identifier: Apache-2.0 */
#include "debugframe.h"

#include <stdlib.h>
#include <string.h>

#define LIMIT_FRAMES_SIZE ((size_t)1 << 30)

/* Its bytes, decompressed where it stands; false when there are none. */
static bool find_section(Elf *elf, Elf_Data **ret)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	const char *name;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return false;
	while ((scn = elf_nextscn(elf, scn))) {
		name = gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name) : NULL;
		if (!name || strcmp(name, ".debug_frame") || shdr.sh_type == SHT_NOBITS)
			continue;
		if (shdr.sh_flags & SHF_COMPRESSED && elf_compress(scn, 0, 0) < 0)
			return false;
		*ret = elf_rawdata(scn, NULL);
		return *ret && (*ret)->d_buf && (*ret)->d_size &&
		       (*ret)->d_size < LIMIT_FRAMES_SIZE;
	}
	return false;
}

/* A file that libdw reads: a header, the section, its name. */
static char *make_file(const Elf64_Ehdr *like, const Elf_Data *data, size_t *ret_size)
{
	static const char names[] = "\0.debug_frame\0.shstrtab";
	size_t at = sizeof(Elf64_Ehdr), names_at = at + (data->d_size + 7) / 8 * 8;
	size_t sections_at = names_at + (sizeof(names) + 7) / 8 * 8;
	Elf64_Shdr sections[3] = {
		{ .sh_type = SHT_NULL },
		{ .sh_name = 1,
		  .sh_type = SHT_PROGBITS,
		  .sh_offset = at,
		  .sh_size = data->d_size,
		  .sh_addralign = 8 },
		{ .sh_name = 14,
		  .sh_type = SHT_STRTAB,
		  .sh_offset = names_at,
		  .sh_size = sizeof(names),
		  .sh_addralign = 1 },
	};
	Elf64_Ehdr header = *like;
	char *bytes;

	header.e_phoff = 0;
	header.e_phnum = 0;
	header.e_shoff = sections_at;
	header.e_shentsize = sizeof(Elf64_Shdr);
	header.e_shnum = ARRAY_SIZE(sections);
	header.e_shstrndx = 2;
	*ret_size = sections_at + sizeof(sections);
	bytes = xcalloc(1, *ret_size);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + at, data->d_buf, data->d_size);
	memcpy(bytes + names_at, names, sizeof(names));
	memcpy(bytes + sections_at, sections, sizeof(sections));
	return bytes;
}

Dwarf_CFI *debugframe_cfi(struct debugframe *frame, Elf *elf)
{
	const Elf64_Ehdr *header = elf ? elf64_getehdr(elf) : NULL;
	Elf_Data *data;
	size_t size;

	if (frame->tried || !header)
		return frame->cfi;
	frame->tried = true;
	/* libelf would have turned the header around. */
	if (header->e_ident[EI_DATA] !=
		    (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB) ||
	    !find_section(elf, &data))
		return NULL;
	frame->bytes = make_file(header, data, &size);
	frame->elf = elf_memory(frame->bytes, size);
	frame->dwarf = frame->elf ? dwarf_begin_elf(frame->elf, DWARF_C_READ, NULL) : NULL;
	frame->cfi = frame->dwarf ? dwarf_getcfi(frame->dwarf) : NULL;
	return frame->cfi;
}

void debugframe_close(struct debugframe *frame)
{
	if (frame->dwarf)
		dwarf_end(frame->dwarf);
	if (frame->elf)
		elf_end(frame->elf);
	free(frame->bytes);
	memset(frame, 0, sizeof(*frame));
}
