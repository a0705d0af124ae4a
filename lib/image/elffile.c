/* SPDX-License-Identifier: Apache-2.0 */
/* The few facts of an ELF file or image that finding modules needs, read with a bounded
 * cursor: libelf is for files that have been found and compared. */
#include "private.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Reads size bytes at an offset of a file or an address of an image. */
struct source {
	struct image *image; /* NULL: a file */
	const struct mapping *file;
	uint64_t base;
};

struct program_header {
	uint32_t type, flags;
	uint64_t offset, vaddr, filesz, memsz, align;
};

#define MAX_PHNUM 4096
#define NT_GO_BUILD_ID 4 /* cmd/link/internal/ld/elf.go */

static bool source_read(const struct source *s, uint64_t at, void *ret, size_t size)
{
	if (s->image)
		return image_get(s->image, s->base + at, ret, size);
	if (at > s->file->size || size > s->file->size - at)
		return false;
	memcpy(ret, s->file->bytes + at, size);
	return true;
}

static bool read_header(const struct source *s, struct elf_info *info)
{
	unsigned char bytes[sizeof(Elf64_Ehdr)] = { 0 };
	struct cursor c = cursor_over(bytes, sizeof(bytes));

	if (!source_read(s, 0, bytes, sizeof(Elf32_Ehdr)) || memcmp(bytes, ELFMAG, SELFMAG) != 0 ||
	    (bytes[EI_CLASS] != ELFCLASS32 && bytes[EI_CLASS] != ELFCLASS64))
		return false;
	(void)source_read(s, 0, bytes, sizeof(bytes));
	info->word = bytes[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	c.big_endian = info->big_endian = bytes[EI_DATA] == ELFDATA2MSB;
	cursor_skip(&c, EI_NIDENT);
	info->type = cursor_u16(&c);
	info->machine = cursor_u16(&c);
	cursor_skip(&c, 4);
	info->entry = cursor_word(&c, info->word);
	info->phoff = cursor_word(&c, info->word);
	cursor_skip(&c, info->word + 4 + 2);
	if (cursor_u16(&c) != (info->word == 8 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return false;
	info->phnum = cursor_u16(&c);
	return info->phnum <= MAX_PHNUM;
}

static bool read_phdr(const struct source *s, const struct elf_info *info, unsigned index,
		      struct program_header *ret)
{
	size_t size = info->word == 8 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	unsigned char bytes[sizeof(Elf64_Phdr)] = { 0 };
	struct cursor c = cursor_over(bytes, size);

	if (!source_read(s, info->phoff + (uint64_t)index * size, bytes, size))
		return false;
	c.big_endian = info->big_endian;
	ret->type = cursor_u32(&c);
	if (info->word == 8)
		ret->flags = cursor_u32(&c);
	ret->offset = cursor_word(&c, info->word);
	ret->vaddr = cursor_word(&c, info->word);
	cursor_skip(&c, info->word);
	ret->filesz = cursor_word(&c, info->word);
	ret->memsz = cursor_word(&c, info->word);
	if (info->word == 4)
		ret->flags = cursor_u32(&c);
	ret->align = cursor_word(&c, info->word);
	return true;
}

static void hex_of(const unsigned char *bytes, size_t size, char *ret)
{
	size_t i;

	for (i = 0; i < size; i++) {
		ret[i * 2] = "0123456789abcdef"[bytes[i] >> 4];
		ret[i * 2 + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	ret[size * 2] = '\0';
}

struct elf_note {
	uint32_t type;
	const char *name;
	size_t namesz;
	const unsigned char *desc;
	size_t descsz;
};

static bool is_note(const struct elf_note *note, uint32_t type, const char *name)
{
	/* Go counts its name's padding too. */
	return note->type == type && note->namesz > strlen(name) &&
	       !memcmp(note->name, name, strlen(name) + 1);
}

/* "action/.../content", hashes of what went in and of what came out (cmd/internal/buildid). What
 * a build system puts there instead (Bazel's "redacted") is the same in all its programs. */
static bool is_go_id(const unsigned char *text, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return size >= 41 && memchr(text, '/', size);
}

static void take_note(const struct elf_note *note, struct elf_info *info)
{
	if (is_note(note, NT_GNU_BUILD_ID, "GNU") && !*info->build_id && note->descsz > 0 &&
	    note->descsz <= (sizeof(info->build_id) - 1) / 2)
		hex_of(note->desc, note->descsz, info->build_id);
	if (is_note(note, NT_GO_BUILD_ID, "Go") && note->descsz < sizeof(info->go_id) &&
	    is_go_id(note->desc, note->descsz)) {
		memcpy(info->go_id, note->desc, note->descsz);
		info->go_id[note->descsz] = '\0';
	}
}

/* The build ids among the notes of a PT_NOTE. */
static void find_build_ids(const unsigned char *notes, size_t size, struct elf_info *info)
{
	struct cursor c = cursor_over(notes, size);

	c.big_endian = info->big_endian;
	while (c.left >= 12 && !c.failed) {
		uint32_t namesz = cursor_u32(&c), descsz = cursor_u32(&c);
		struct elf_note note = { .type = cursor_u32(&c),
					 .namesz = namesz,
					 .descsz = descsz };

		note.name = cursor_bytes(&c, ((size_t)namesz + 3) & ~(size_t)3);
		note.desc = cursor_bytes(&c, ((size_t)descsz + 3) & ~(size_t)3);
		if (!note.name || !note.desc)
			return;
		take_note(&note, info);
	}
}

static void read_notes(const struct source *s, const struct program_header *ph,
		       struct elf_info *info)
{
	uint64_t at = s->image ? ph->vaddr - info->first_vaddr : ph->offset;
	FREE_AT_END unsigned char *bytes = NULL;

	if (ph->filesz == 0 || ph->filesz > 65536)
		return;
	bytes = xmalloc(ph->filesz);
	if (source_read(s, at, bytes, ph->filesz))
		find_build_ids(bytes, ph->filesz, info);
}

static struct elf_info read_info(const struct source *s, uint64_t page)
{
	struct elf_info info = { 0 };
	struct program_header ph = { 0 };
	bool loads = false;
	unsigned i;

	if (!read_header(s, &info))
		return (struct elf_info){ 0 };
	for (i = 0; i < info.phnum && read_phdr(s, &info, i, &ph); i++) {
		if (ph.type == PT_LOAD && !loads)
			info.first_vaddr = (ph.vaddr - ph.offset) & ~(page - 1);
		if (ph.type == PT_LOAD && ph.vaddr + ph.memsz > info.end_vaddr)
			info.end_vaddr = ph.vaddr + ph.memsz;
		loads |= ph.type == PT_LOAD;
		if (ph.type == PT_DYNAMIC)
			info.dynamic = ph.vaddr;
	}
	for (i = 0; i < info.phnum && read_phdr(s, &info, i, &ph); i++)
		if (ph.type == PT_NOTE)
			read_notes(s, &ph, &info);
	info.valid = loads;
	return info;
}

struct elf_info elf_of_file(const struct mapping *file, uint64_t page)
{
	struct source s = { .file = file };

	return read_info(&s, page);
}

struct elf_info elf_of_memory(struct image *image, uint64_t base)
{
	struct source s = { .image = image, .base = base };

	return read_info(&s, image->page);
}

const char *elf_id(const struct elf_info *info, const char *unknown)
{
	if (*info->build_id)
		return info->build_id;
	return *info->go_id ? info->go_id : unknown;
}

size_t elf_loads(const struct mapping *file, const struct elf_info *info, struct elf_load **ret)
{
	struct source s = { .file = file };
	struct elf_load *loads = xcalloc(info->phnum, sizeof(*loads));
	struct program_header ph = { 0 };
	size_t count = 0;
	unsigned i;

	for (i = 0; i < info->phnum && read_phdr(&s, info, i, &ph); i++)
		if (ph.type == PT_LOAD)
			loads[count++] = (struct elf_load){ ph.offset,       ph.vaddr,
							    ph.filesz,       ph.memsz,
							    ph.flags & PF_W, ph.flags & PF_X };
	*ret = loads;
	return count;
}

/* Copies what memory has of a PT_LOAD to its place in the file; false when nothing was there. */
static bool rebuild_load(struct image *image, uint64_t bias, const struct program_header *ph,
			 int fd)
{
	unsigned char page[4096];
	/* The kernel maps whole pages: of the vdso, the section headers are behind what is loaded. */
	uint64_t end = ph->offset + ph->filesz,
		 rest = ph->flags & PF_W ? 0 : -end & (sizeof(page) - 1);
	uint64_t size = ph->filesz + rest, done = 0;

	while (done < size) {
		uint64_t want = size - done;
		size_t piece = want < sizeof(page) ? (size_t)want : sizeof(page);
		size_t got = image_read(image, bias + ph->vaddr + done, page, piece);

		if (!got || pwrite(fd, page, got, (off_t)(ph->offset + done)) != (ssize_t)got)
			break;
		done += got;
	}
	return done > 0;
}

struct section {
	uint32_t type, link;
	uint64_t offset, size, entsize;
};

static struct section read_section(struct cursor *c, unsigned word)
{
	struct section s;

	cursor_skip(c, 4);
	s.type = cursor_u32(c);
	cursor_skip(c, 2 * word);
	s.offset = cursor_word(c, word);
	s.size = cursor_word(c, word);
	s.link = cursor_u32(c);
	cursor_skip(c, 4 + word);
	s.entsize = cursor_word(c, word);
	return s;
}

static bool section_is_sane(const struct section *s, const struct mapping *file, unsigned word,
			    unsigned shnum)
{
	if (s->type == SHT_NULL)
		return true;
	if (s->type != SHT_NOBITS && (s->offset > file->size || s->size > file->size - s->offset))
		return false;
	if ((s->type == SHT_SYMTAB || s->type == SHT_DYNSYM) &&
	    s->entsize != (word == 8 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym)))
		return false;
	return s->link < shnum;
}

/* Are all headers of a file about bytes that it has? libelf and libdw of 0.188 take much on
 * trust: offsets behind the end are read, tables of other sections are followed, sizes divide. */
static bool sections_are_sane(const struct mapping *file, const struct elf_info *info)
{
	struct cursor c = cursor_over(file->bytes, file->size), table;
	size_t entry = info->word == 8 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	uint64_t shoff;
	unsigned shnum, shstrndx, i;

	c.big_endian = info->big_endian;
	cursor_skip(&c, info->word == 8 ? 40 : 32);
	shoff = cursor_word(&c, info->word);
	cursor_skip(&c, 10);
	if (cursor_u16(&c) != entry && shoff)
		return false;
	shnum = cursor_u16(&c);
	shstrndx = cursor_u16(&c);
	/* Without a table there is no number and no index of a section in it to follow. */
	if (c.failed || !shoff)
		return !c.failed && !shnum && !shstrndx;
	if (shoff > file->size || shnum > (file->size - shoff) / entry || !shnum ||
	    shstrndx >= shnum)
		return false;
	table = cursor_over(file->bytes + shoff, shnum * entry);
	table.big_endian = info->big_endian;
	for (i = 0; i < shnum; i++) {
		struct section section = read_section(&table, info->word);

		if (!section_is_sane(&section, file, info->word, shnum))
			return false;
	}
	return true;
}

bool elf_has_sections(const struct mapping *file, const struct elf_info *info)
{
	struct cursor c = cursor_over(file->bytes, file->size);

	c.big_endian = info->big_endian;
	cursor_skip(&c, info->word == 8 ? 40 : 32);
	return cursor_word(&c, info->word) != 0;
}

bool elf_is_sane(const struct mapping *file, const struct elf_info *info)
{
	struct elf_load *loads;
	size_t count = elf_loads(file, info, &loads), i;
	bool sane = sections_are_sane(file, info);

	for (i = 0; i < count; i++)
		sane &= loads[i].offset <= file->size &&
			loads[i].filesz <= file->size - loads[i].offset;
	free(loads);
	return sane;
}

/* Section headers are rarely loaded, and what is found in their place is the target's. */
static void forget_sections(int fd, unsigned word)
{
	static const unsigned char zero[8];

	(void)!pwrite(fd, zero, word,
		      word == 8 ? offsetof(Elf64_Ehdr, e_shoff) : offsetof(Elf32_Ehdr, e_shoff));
	(void)!pwrite(fd, zero, 4,
		      word == 8 ? offsetof(Elf64_Ehdr, e_shnum) : offsetof(Elf32_Ehdr, e_shnum));
}

#define MAX_REBUILT ((uint64_t)256 << 20)

/* The vdso is loaded as a whole file and has symbols; another image may have lost its sections, or
 * been overwritten. */
static bool make_sane(int fd, unsigned word, uint64_t page)
{
	struct mapping map = { NULL, 0 };
	struct stk_error *err = mapping_open(fd, &map);
	struct elf_info info;
	bool sane;

	if (err) {
		error_drop(err);
		return false;
	}
	info = elf_of_file(&map, page);
	sane = info.valid && elf_is_sane(&map, &info);
	mapping_close(&map);
	if (sane || !info.valid)
		return sane;
	forget_sections(fd, word);
	error_drop(mapping_open(fd, &map));
	sane = elf_is_sane(&map, &info);
	mapping_close(&map);
	return sane;
}

int elf_rebuild(struct image *image, uint64_t base)
{
	struct source s = { .image = image, .base = base };
	struct elf_info info = elf_of_memory(image, base);
	struct program_header ph = { 0 };
	bool code = false;
	unsigned i;
	int fd;

	if (!info.valid)
		return -1;
	fd = memfd_create("stk-module", MFD_CLOEXEC);
	for (i = 0; fd >= 0 && i < info.phnum && read_phdr(&s, &info, i, &ph); i++)
		if (ph.type == PT_LOAD && ph.filesz <= MAX_REBUILT && ph.offset <= MAX_REBUILT &&
		    rebuild_load(image, base - info.first_vaddr, &ph, fd))
			code |= (ph.flags & PF_X) != 0;
	if (fd >= 0 && !(code && make_sane(fd, info.word, image->page))) {
		close(fd);
		return -1;
	}
	return fd;
}

bool elf_has_build_id(int fd, const char *build_id)
{
	struct mapping map = { NULL, 0 };
	unsigned char magic[EI_NIDENT + 2];
	bool same = false;

	if (pread(fd, magic, sizeof(magic), 0) != (ssize_t)sizeof(magic) ||
	    memcmp(magic, ELFMAG, SELFMAG) != 0 ||
	    magic[EI_NIDENT + (magic[EI_DATA] == ELFDATA2MSB)] == ET_CORE)
		return false;
	error_drop(mapping_open(fd, &map));
	if (map.size) {
		struct elf_info info = elf_of_file(&map, 4096);

		same = info.valid && !strcmp(info.build_id, build_id);
	}
	mapping_close(&map);
	return same;
}
