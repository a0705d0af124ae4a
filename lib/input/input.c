/* SPDX-License-Identifier: Apache-2.0 */
/* The table of targets, and of what people take for one. */
#include "input.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define HEAD ((size_t)64 << 10)

/* ---- processes ---- */

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

static enum input_verdict probe_process(const struct input_head *head)
{
	return is_number(head->name) ? INPUT_MINE : INPUT_NO;
}

static struct stk_error *build_process(const struct input_request *r, struct builder *b)
{
	/* A number too large for strtoull() becomes the largest, which is no process either. */
	return input_live(strtoull(r->name, NULL, 10), r->pause, r->files, r->want, b);
}

/* ---- ELF files ---- */

static bool starts(const struct input_head *head, const void *magic, size_t size)
{
	return head->size >= size && !memcmp(head->bytes, magic, size);
}

#define STARTS(head, magic) starts(head, magic, sizeof(magic) - 1)

/* e_type of an ELF file; ET_NONE when it is none, or its header is cut or damaged. */
static unsigned elf_type(const struct input_head *head)
{
	const unsigned char *bytes = head->bytes;

	if (!STARTS(head, ELFMAG) || head->size < EI_NIDENT + 2)
		return ET_NONE;
	if (bytes[EI_DATA] == ELFDATA2MSB)
		return (unsigned)bytes[EI_NIDENT] << 8 | bytes[EI_NIDENT + 1];
	return bytes[EI_NIDENT] | (unsigned)bytes[EI_NIDENT + 1] << 8;
}

/* What is ELF and nothing else that we know may have been a core. */
static enum input_verdict probe_core(const struct input_head *head)
{
	unsigned type = elf_type(head);

	if (!STARTS(head, ELFMAG) || type == ET_EXEC || type == ET_DYN || type == ET_REL)
		return INPUT_NO;
	return type == ET_CORE ? INPUT_MINE : INPUT_DAMAGED;
}

static struct stk_error *build_core(const struct input_request *r, struct builder *b)
{
	return input_core(r->name, r->files, r->want, b);
}

static enum input_verdict probe_program(const struct input_head *head)
{
	return elf_type(head) == ET_EXEC ? INPUT_MINE : INPUT_NO;
}

static enum input_verdict probe_shared(const struct input_head *head)
{
	return elf_type(head) == ET_DYN ? INPUT_MINE : INPUT_NO;
}

static enum input_verdict probe_object(const struct input_head *head)
{
	return elf_type(head) == ET_REL ? INPUT_MINE : INPUT_NO;
}

/* ---- text ---- */

static enum input_verdict probe_script(const struct input_head *head)
{
	return STARTS(head, "#!") ? INPUT_MINE : INPUT_NO;
}

/* As stk writes it; what a program wrote again is text like any other. */
static enum input_verdict probe_json(const struct input_head *head)
{
	static const char generator[] = "\"generator\":\"stk ";
	size_t size = head->size < 200 ? head->size : 200;

	return STARTS(head, "{") && memmem(head->bytes, size, generator, sizeof(generator) - 1)
		       ? INPUT_MINE
		       : INPUT_NO;
}

/* Without a NUL, or in UTF-16 with its mark. */
static enum input_verdict probe_text(const struct input_head *head)
{
	if (!head->size)
		return INPUT_NO;
	if (STARTS(head, "\xff\xfe") || STARTS(head, "\xfe\xff"))
		return INPUT_MINE;
	return memchr(head->bytes, 0, head->size) ? INPUT_NO : INPUT_MINE;
}

static struct stk_error *build_text(const struct input_request *r, struct builder *b)
{
	return input_text(&r->name, 1, r->files, r->want, b);
}

/* ---- what stk does not read ---- */

static enum input_verdict probe_minidump(const struct input_head *head)
{
	return STARTS(head, "MDMP") ? INPUT_MINE : INPUT_NO;
}

static uint32_t number_at(const struct input_head *head, size_t at, bool big_endian)
{
	const unsigned char *p = head->bytes + at;

	if (head->size < at + 4)
		return 0;
	return big_endian
		       ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
		       : (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* The type in a Mach-O header of either byte order; 0: it is none. */
static uint32_t macho_type(const struct input_head *head)
{
	if (STARTS(head, "\xcf\xfa\xed\xfe") || STARTS(head, "\xce\xfa\xed\xfe"))
		return number_at(head, 12, false);
	if (STARTS(head, "\xfe\xed\xfa\xcf") || STARTS(head, "\xfe\xed\xfa\xce"))
		return number_at(head, 12, true);
	return 0;
}

static enum input_verdict probe_macho_core(const struct input_head *head)
{
	return macho_type(head) == 4 ? INPUT_MINE : INPUT_NO; /* MH_CORE */
}

/* Files for several architectures begin as Java's classes do; those have a version of at least 45
 * where these count architectures. */
static enum input_verdict probe_macho(const struct input_head *head)
{
	if (STARTS(head, "\xca\xfe\xba\xbe") && number_at(head, 4, true) < 45)
		return INPUT_MINE;
	return macho_type(head) ? INPUT_MINE : INPUT_NO;
}

static enum input_verdict probe_pe(const struct input_head *head)
{
	uint32_t at = number_at(head, 60, false);

	if (!STARTS(head, "MZ"))
		return INPUT_NO;
	return at < head->size && head->size - at >= 4 && !memcmp(head->bytes + at, "PE\0\0", 4)
		       ? INPUT_MINE
		       : INPUT_NO;
}

static enum input_verdict probe_windows_dump(const struct input_head *head)
{
	return STARTS(head, "PAGEDUMP") || STARTS(head, "PAGEDU64") ? INPUT_MINE : INPUT_NO;
}

static enum input_verdict probe_kdump(const struct input_head *head)
{
	return STARTS(head, "KDUMP   ") || STARTS(head, "DISKDUMP") ||
			       STARTS(head, "makedumpfile\0")
		       ? INPUT_MINE
		       : INPUT_NO;
}

static enum input_verdict probe_archive(const struct input_head *head)
{
	bool tar = head->size >= 262 && !memcmp(head->bytes + 257, "ustar", 5);

	return tar || STARTS(head, "PK\3\4") || STARTS(head, "PK\5\6") ||
			       STARTS(head, "7z\xbc\xaf\x27\x1c") || STARTS(head, "!<arch>\n") ||
			       STARTS(head, "070701")
		       ? INPUT_MINE
		       : INPUT_NO;
}

/* ---- the table ---- */

#define UNREAD 0

/* In this order the rows are asked. To add a kind of target: its probe and build in files of its own,
 * and a row. */
/* clang-format off */
static const struct input rows[] = {
	{ INPUT_BIT(PROCESS), "a process", probe_process, build_process, STK_REMEDY_PROCESS },
	{ INPUT_BIT(CORE), "a core file", probe_core, build_core, STK_REMEDY_CORE },
	{ INPUT_BIT(FILE), "an executable", probe_program, NULL, STK_REMEDY_NONE },
	{ INPUT_BIT(FILE), "an executable or a shared library", probe_shared, NULL, STK_REMEDY_NONE },
	{ INPUT_BIT(FILE), "an object file", probe_object, NULL, STK_REMEDY_NONE },
	{ UNREAD, "a minidump, which stk does not read", probe_minidump, NULL, STK_REMEDY_MINIDUMP },
	{ UNREAD, "a core of macOS, which stk does not read", probe_macho_core, NULL, STK_REMEDY_LLDB },
	{ UNREAD, "a program of macOS (Mach-O), which stk does not read", probe_macho, NULL,
	  STK_REMEDY_NONE },
	{ UNREAD, "a program of Windows (PE), which stk does not read", probe_pe, NULL, STK_REMEDY_NONE },
	{ UNREAD, "a dump of a Windows kernel, which stk does not read", probe_windows_dump, NULL,
	  STK_REMEDY_NONE },
	{ UNREAD, "a dump of a kernel (kdump), not of a process", probe_kdump, NULL, STK_REMEDY_KERNEL },
	{ UNREAD, "an archive", probe_archive, NULL, STK_REMEDY_UNPACK },
	{ INPUT_BIT(TEXT), "a script", probe_script, build_text, STK_REMEDY_NONE },
	{ INPUT_BIT(TEXT), "a dump in stk's JSON", probe_json, build_text, STK_REMEDY_TEXT },
	{ INPUT_BIT(TEXT), "text", probe_text, build_text, STK_REMEDY_TEXT },
};
/* clang-format on */

const struct input *input_find(const struct input_head *head, unsigned accept)
{
	const struct input *damaged = NULL;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		enum input_verdict verdict = INPUT_NO;

		/* `stk core 12` means a file of that name */
		if (rows[i].kinds != INPUT_BIT(PROCESS) || accept & INPUT_BIT(PROCESS))
			verdict = rows[i].probe(head);
		if (verdict == INPUT_MINE)
			return &rows[i];
		if (verdict == INPUT_DAMAGED && !damaged)
			damaged = &rows[i];
	}
	return damaged;
}

static const char *name_of(const char *path)
{
	return strcmp(path, "-") ? path : "standard input";
}

/* It is there, but is not what was asked for. */
static struct stk_error *refuse(const struct input *row, const char *path, unsigned accept)
{
	const char *wanted = accept & INPUT_BIT(CORE) ? "not a core file" : "not a text";
	struct stk_error *err;

	if (!row)
		return error_create(STK_FAILED, "'%s' is %s: %s", name_of(path), wanted,
				    accept & INPUT_BIT(CORE) ? "it is not an ELF file"
							     : "it has NUL bytes");
	err = error_create(STK_FAILED, "'%s' is %s: it is %s", name_of(path), wanted, row->noun);
	return error_remedy(err, row->remedy, path);
}

/* `stk core 12`, and there is no file 12. */
static struct stk_error *help_missing(struct stk_error *err, const char *path, unsigned accept)
{
	if (err && err->code == STK_NO_INPUT && !(accept & INPUT_BIT(PROCESS)) && is_number(path))
		return error_remedy(err, STK_REMEDY_PROCESS, path);
	return err;
}

struct stk_error *input_build(const struct input_request *r, unsigned accept, struct builder *b)
{
	FREE_AT_END unsigned char *bytes = xmalloc(HEAD);
	struct input_head head = { .name = r->name, .bytes = bytes };
	const struct input *row;

	if (!(accept & INPUT_BIT(PROCESS)) || !is_number(r->name))
		head.size = image_head(r->name, bytes, HEAD);
	row = input_find(&head, accept);
	/* Of what cannot be read, or looked at without taking it, the first that is accepted tells. */
	if (!head.size && (!row || row->kinds != INPUT_BIT(PROCESS)))
		return help_missing(accept & INPUT_BIT(CORE) ? build_core(r, b) : build_text(r, b),
				    r->name, accept);
	if (row && row->build && row->kinds & accept)
		return row->build(r, b);
	if (!row && !(accept & INPUT_BIT(CORE)))
		return build_text(r, b);
	return refuse(row, r->name, accept);
}

struct stk_error *input_identify(const char *path, enum stk_target_kind *ret)
{
	FREE_AT_END unsigned char *bytes = xmalloc(HEAD);
	struct input_head head = { .name = path,
				   .bytes = bytes,
				   .size = image_head(path, bytes, HEAD) };
	const struct input *row = input_find(&head, is_number(path) ? INPUT_BIT(PROCESS) : 0);
	unsigned kind;

	for (kind = 0; row && kind <= STK_TARGET_FILE; kind++)
		if (row->kinds & 1u << kind) {
			*ret = (enum stk_target_kind)kind;
			return NULL;
		}
	if (row)
		return error_remedy(error_create(STK_FAILED, "'%s' is %s", name_of(path),
						 row->noun),
				    row->remedy, path);
	return error_create(STK_FAILED, "it cannot be told what '%s' is", name_of(path));
}

struct stk_error *input_explain(struct stk_error *err, const char *path)
{
	enum stk_target_kind kind;
	struct stk_error *why;

	if (!err || err->code != STK_FAILED)
		return err;
	why = input_identify(path, &kind);
	if (why && why->remedy != STK_REMEDY_NONE) {
		error_drop(err);
		return why;
	}
	error_drop(why);
	if (!why && kind == STK_TARGET_CORE)
		return error_remedy(err, STK_REMEDY_CORE, path);
	return err;
}
