/* SPDX-License-Identifier: Apache-2.0 */
/* Where the runtime's fields stand, by lib/lang/go/layout.c and by a program's own debug information:
 * `layout PROGRAM MINOR` prints what differs. */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lang/go/layout.h"

#define BUBBLE "runtime.synctestBubble|runtime.synctestGroup"

/* A path of members. */
static bool find_member(Dwarf_Die *type, const char *path, Dwarf_Word *offset)
{
	size_t length = strcspn(path, ".");
	Dwarf_Attribute attr;
	Dwarf_Die die, inner;
	Dwarf_Word at;

	if (dwarf_child(type, &die))
		return false;
	do {
		const char *name = dwarf_diename(&die);

		if (!name || strlen(name) != length || strncmp(name, path, length) != 0)
			continue;
		if (dwarf_formudata(dwarf_attr(&die, DW_AT_data_member_location, &attr), &at))
			return false;
		*offset += at;
		if (!path[length])
			return true;
		return dwarf_formref_die(dwarf_attr(&die, DW_AT_type, &attr), &inner) &&
		       dwarf_peel_type(&inner, &inner) == 0 &&
		       find_member(&inner, path + length + 1, offset);
	} while (dwarf_siblingof(&die, &die) == 0);
	return false;
}

/* One of names, which stand between bars: they changed. */
static bool is_one_of(const char *name, const char *names)
{
	size_t length = strlen(name);
	const char *at;

	for (at = names; (at = strstr(at, name)); at++)
		if ((at == names || at[-1] == '|') && (!at[length] || at[length] == '|'))
			return true;
	return false;
}

static bool find_type(Dwarf *dwarf, const char *names, Dwarf_Die *ret)
{
	Dwarf_Off at = 0, next;
	size_t header;
	Dwarf_Die unit;

	for (; !dwarf_nextcu(dwarf, at, &next, &header, NULL, NULL, NULL); at = next) {
		if (!dwarf_offdie(dwarf, at + header, &unit) || dwarf_child(&unit, ret))
			continue;
		do {
			const char *have = dwarf_diename(ret);

			if (have && dwarf_tag(ret) == DW_TAG_structure_type &&
			    is_one_of(have, names))
				return true;
		} while (dwarf_siblingof(ret, ret) == 0);
	}
	return false;
}

static int differs(Dwarf *dwarf, const char *type, const char *member, unsigned have, bool optional)
{
	char *copy = strdup(member), *rest = copy, *path;
	Dwarf_Word offset = 0;
	bool found = false;
	Dwarf_Die die;

	if (find_type(dwarf, type, &die))
		while (!found && (path = strsep(&rest, "|"))) {
			offset = 0;
			found = find_member(&die, path, &offset);
		}
	free(copy);
	if (!found && optional && !have)
		return 0;
	if (found && offset == have)
		return 0;
	if (found)
		printf("%s.%s: here %u, there %u\n", type, member, have, (unsigned)offset);
	else
		printf("%s.%s: here %u, there is none\n", type, member, have);
	return 1;
}

int main(int argc, char **argv)
{
	struct golayout l;
	Dwarf *dwarf;
	int bad = 0, fd = argc == 3 ? open(argv[1], O_RDONLY) : -1;
	size_t i;

	dwarf = fd < 0 ? NULL : dwarf_begin(fd, DWARF_C_READ);
	if (!dwarf) {
		printf("no debug information\n");
		return 2;
	}
	golayout_init(&l, (unsigned)atoi(argv[2]));
	/* clang-format off */
	const struct { const char *type, *member; unsigned have; bool optional; } fields[] = {
		{ "runtime.g", "stack.lo", GO_G_LO }, { "runtime.g", "stack.hi", GO_G_HI },
		{ "runtime.g", "_panic", GO_G_PANIC }, { "runtime.g", "m", GO_G_M },
		{ "runtime.g", "sched.sp", GO_G_SP }, { "runtime.g", "sched.pc", GO_G_PC },
		{ "runtime.g", "sched.g", GO_G_SELF }, { "runtime.g", "sched.lr", l.g.lr },
		{ "runtime.g", "syscallsp", l.g.syscallsp }, { "runtime.g", "syscallpc", l.g.syscallpc },
		{ "runtime.g", "atomicstatus", l.g.status }, { "runtime.g", "goid", l.g.goid },
		{ "runtime.g", "waitsince", l.g.waitsince },
		{ "runtime.g", "waitreason", l.g.waitreason }, { "runtime.g", "lockedm", l.g.lockedm },
		{ "runtime.g", "sig", l.g.sig }, { "runtime.g", "sigcode0", l.g.sigcode0 },
		{ "runtime.g", "sigcode1", l.g.sigcode1 }, { "runtime.g", "sigpc", l.g.sigpc },
		{ "runtime.g", "parentGoid", l.g.parent, true }, { "runtime.g", "gopc", l.g.gopc },
		{ "runtime.g", "ancestors", l.g.ancestors }, { "runtime.g", "startpc", l.g.startpc },
		{ "runtime.g", "waiting", l.g.waiting }, { "runtime.g", "labels", l.g.labels },
		{ "runtime.g", "timer", l.g.timer },
		{ "runtime.g", "bubble|syncGroup", l.g.bubble, true },
		{ "runtime.m", "g0", GO_M_G0 }, { "runtime.m", "procid", l.m.procid },
		{ "runtime.m", "gsignal", l.m.gsignal }, { "runtime.m", "curg", l.m.curg },
		{ "runtime.m", "caughtsig", l.m.caughtsig }, { "runtime.m", "id", l.m.id },
		{ "runtime.m", "throwing", l.m.throwing }, { "runtime.m", "dying", l.m.dying },
		{ "runtime.m", "incgo", l.m.incgo },
		{ "runtime.moduledata", "ftab", 128 }, { "runtime.moduledata", "minpc", GO_MD_MINPC },
		{ "runtime.moduledata", "maxpc", GO_MD_MAXPC },
		{ "runtime.moduledata", "text", GO_MD_TEXT },
		{ "runtime.moduledata", "data", GO_MD_DATA },
		{ "runtime.moduledata", "edata", GO_MD_EDATA },
		{ "runtime.moduledata", "bss", GO_MD_BSS },
		{ "runtime.moduledata", "ebss", GO_MD_EBSS },
		{ "runtime.moduledata", "enoptrbss", GO_MD_ENOPTRBSS },
		{ "runtime.moduledata", "types", l.md.types },
		{ "runtime.moduledata", "gofunc", l.md.gofunc, true },
		{ "runtime.moduledata", "next", l.md.next },
		{ "runtime.sudog", "elem.vu|elem", l.sudog.elem },
		{ "runtime.sudog", "waitlink", l.sudog.waitlink },
		{ "runtime.sudog", "c.maybeTraceablePtr.vu|c", l.sudog.chan },
		{ "runtime.hchan", "elemtype", l.hchan.elemtype },
		{ "runtime.hchan", "recvq", l.hchan.recvq }, { "runtime.hchan", "sendq", l.hchan.sendq },
		{ "runtime._panic", "arg", l.panic.arg }, { "runtime._panic", "link", l.panic.link },
		{ "runtime._panic", "recovered", l.panic.recovered },
		{ "runtime._panic", "goexit", l.panic.goexit },
		{ "runtime._panic", "repanicked", l.panic.repanicked, true },
		{ BUBBLE, "id", l.bubble_id, true },
		{ BUBBLE, "now", l.minor >= 24 ? GO_BUBBLE_NOW : 0, true },
		{ BUBBLE, "root", l.minor >= 24 ? GO_BUBBLE_ROOT : 0, true },
		{ "runtime.pollDesc", "rg", l.poll_rg }, { "runtime.timer", "when", l.timer_when },
	};
	/* clang-format on */
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		bad += differs(dwarf, fields[i].type, fields[i].member, fields[i].have,
			       fields[i].optional);
	dwarf_end(dwarf);
	return bad != 0;
}
