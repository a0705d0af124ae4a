/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "version.h"

enum compiler { NOT_GO, GC, GCCGO };

/* Sections that only programs of one of the compilers have; strip leaves them. */
static enum compiler compiler_by_sections(Elf *elf)
{
	static const struct {
		const char *name;
		enum compiler compiler;
	} marks[] = {
		{ ".gopclntab", GC },    { ".data.rel.ro.gopclntab", GC },
		{ ".go.buildinfo", GC }, { ".note.go.buildid", GC },
		{ ".go_export", GCCGO },
	};
	enum compiler found = NOT_GO;
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;
	size_t names, i;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return NOT_GO;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *name = gelf_getshdr(scn, &shdr) ? elf_strptr(elf, names, shdr.sh_name)
							    : NULL;

		for (i = 0; name && i < ARRAY_SIZE(marks); i++)
			if (!strcmp(name, marks[i].name) && found != GC)
				found = marks[i].compiler;
	}
	return found;
}

static enum compiler compiler_of(struct image *image, uint32_t module)
{
	const char *base = path_base(image_module_info(image, module)->path);
	Dwfl_Module *mod;
	GElf_Addr bias;
	Elf *elf;

	if (!strncmp(base, "libgo.so", 8))
		return GCCGO;
	mod = image_dwfl_module(image, module);
	elf = mod ? dwfl_module_getelf(mod, &bias) : NULL;
	return elf ? compiler_by_sections(elf) : NOT_GO;
}

bool goforeign_is_old(const char *version)
{
	unsigned minor = goversion_minor(version);

	return minor && minor < GO_OLDEST;
}

static const char *reason(struct builder *b, enum compiler compiler, const char *version,
			  bool supported)
{
	if (compiler == GCCGO)
		return "a Go program of gccgo, whose goroutines are not read; its threads are shown";
	if (!supported)
		return builder_fmt(b,
				   "a Go program (%s): goroutines are read on x86_64 and aarch64 "
				   "only; its threads are shown",
				   version ? version : "of an unknown release");
	if (goforeign_is_old(version))
		return builder_fmt(
			b,
			"a Go program of %s: goroutines are read from Go 1.%u on; its threads "
			"are shown",
			version, (unsigned)GO_OLDEST);
	return builder_fmt(
		b,
		"a Go program (%s) whose function table or module data were not found; its "
		"threads are shown",
		version ? version : "of an unknown release");
}

void goforeign_say(struct capture *c, struct gomem *mem, bool supported)
{
	uint32_t count = image_nmodules(c->image), i;
	enum compiler compiler = NOT_GO;
	const struct stk_module *info;
	FREE_AT_END char *version = NULL;

	for (i = 0; i < count && compiler == NOT_GO; i++)
		compiler = compiler_of(c->image, i);
	if (compiler == NOT_GO)
		return;
	info = image_module_info(c->image, i - 1);
	if (compiler == GC)
		version = goversion_of_build(mem, info->start, info->end);
	builder_target(c->b)->go_version = builder_str(c->b, compiler == GCCGO ? "gccgo"
							     : version         ? version
									       : "go");
	builder_note(c->b, STK_NOTE_RUNTIME_UNREADABLE, info->path, "%s",
		     reason(c->b, compiler, version, supported));
}
