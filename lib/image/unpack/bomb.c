/* SPDX-License-Identifier: Apache-2.0 */
#include "unpack.h"

#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "codec.h"

/* Debug information becomes three to ten times as large; zeros a thousand times (deflate), or seven
 * thousand times (xz). */
#define ALWAYS ((uint64_t)64 << 20)
#define RATIO 100u

#define CHUNK ((size_t)1 << 16)

struct count {
	uint64_t size, most;
};

static bool count_bytes(void *arg, const void *bytes, size_t size)
{
	struct count *count = arg;

	(void)bytes;
	count->size += size;
	return count->size <= count->most;
}

/* MiniDebugInfo, an ELF file within the ELF file: only unpacking it tells its size. */
static uint64_t unpacked_size(const unsigned char *bytes, size_t size, uint64_t most)
{
	struct count count = { 0, most };
	const struct codec *codec = &codec_xz;
	void *state;

	/* libdwfl reads the older format of xz too, which nobody writes there */
	if (size < codec->magic_size || memcmp(bytes, codec->magic, codec->magic_size))
		return size && !codec->missing ? UINT64_MAX : 0;
	state = codec->missing ? NULL : codec->open();
	while (state && size) {
		size_t piece = size < CHUNK ? size : CHUNK;

		if (codec->feed(state, bytes, piece, count_bytes, &count))
			break;
		bytes += piece;
		size -= piece;
	}
	if (state)
		codec->close(state);
	return count.size;
}

/* What one section becomes; 0: it is not compressed. */
static uint64_t section_size(Elf *elf, Elf_Scn *scn, const GElf_Shdr *shdr, uint64_t most)
{
	size_t names;
	const char *name = elf_getshdrstrndx(elf, &names) == 0
				   ? elf_strptr(elf, names, shdr->sh_name)
				   : NULL;
	const unsigned char *bytes;
	Elf_Data *data;
	GElf_Chdr chdr;
	uint64_t size = 0;
	unsigned i;

	if (shdr->sh_type == SHT_NOBITS)
		return 0;
	if (shdr->sh_flags & SHF_COMPRESSED)
		return gelf_getchdr(scn, &chdr) ? chdr.ch_size : 0;
	if (!name || (strcmp(name, ".gnu_debugdata") && strncmp(name, ".zdebug", 7)))
		return 0;
	data = elf_rawdata(scn, NULL);
	bytes = data ? data->d_buf : NULL;
	if (!bytes)
		return 0;
	if (name[1] == 'g')
		return unpacked_size(bytes, data->d_size, most);
	/* "ZLIB", then the size in eight bytes */
	for (i = 4; data->d_size >= 12 && i < 12; i++)
		size = size << 8 | bytes[i];
	return size;
}

bool unpack_is_bomb(int fd, char **ret_why)
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	Elf_Scn *scn = NULL;
	uint64_t total = 0, most;
	size_t size = 0;
	GElf_Shdr shdr;

	if (elf)
		(void)elf_rawfile(elf, &size);
	most = ALWAYS + (uint64_t)size * RATIO;
	most = most < LIMIT_INFLATED ? most : LIMIT_INFLATED;
	while (elf && total <= most && (scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &shdr)) {
			uint64_t more = section_size(elf, scn, &shdr, most);

			total = more > most ? UINT64_MAX : total + more;
		}
	elf_end(elf);
	if (total <= most)
		return false;
	*ret_why = xasprintf(
		"its compressed sections would become more than %llu MB, of a file of %llu MB",
		(unsigned long long)(most >> 20), (unsigned long long)(size >> 20));
	return true;
}
