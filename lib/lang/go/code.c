/* SPDX-License-Identifier: Apache-2.0 */
#include "code.h"

#include <string.h>

static enum gocode_kind kind_of(const char *name)
{
	static const struct {
		const char *name;
		enum gocode_kind kind;
	} kinds[] = {
		{ "runtime.sigreturn", GOCODE_SIGRETURN },
		{ "runtime.sigreturn__sigaction", GOCODE_SIGRETURN },
		{ "runtime.sigtramp", GOCODE_SIGTRAMP },
		{ "runtime.cgoSigtramp", GOCODE_SIGTRAMP },
		{ "runtime.systemstack", GOCODE_SYSTEMSTACK },
		{ "runtime.mcall", GOCODE_MCALL },
		{ "runtime.morestack", GOCODE_MORESTACK },
		{ "runtime.newstack", GOCODE_NEWSTACK },
		{ "runtime.switchToCrashStack0", GOCODE_CRASHSTACK },
		{ "runtime.gogo", GOCODE_GOGO },
		{ "gogo", GOCODE_GOGO },
		{ "runtime.asmcgocall", GOCODE_ASMCGOCALL },
		{ "runtime.cgocallback", GOCODE_CGOCALLBACK },
		{ "crosscall2", GOCODE_CROSSCALL },
		{ "runtime.nanotime1", GOCODE_VDSO },
		{ "runtime.walltime", GOCODE_VDSO },
		{ "time.now", GOCODE_VDSO },
		{ "runtime.vgetrandom1", GOCODE_VDSO },
		{ "runtime.sigpanic", GOCODE_SIGPANIC },
		{ "runtime.asyncPreempt", GOCODE_PREEMPT },
		{ "runtime.debugCallV2", GOCODE_PREEMPT },
		{ "runtime.gopanic", GOCODE_GOPANIC },
		{ "runtime.panicwrap", GOCODE_PANICWRAP },
	};
	const char *dot = strstr(name, ".abi");
	size_t size = dot ? (size_t)(dot - name) : strlen(name), i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(kinds[i].name, name, size) && !kinds[i].name[size])
			return kinds[i].kind;
	return GOCODE_PLAIN;
}

static const struct gocode *look_up(struct arena *arena, const struct gomodules *modules,
				    size_t count, uint64_t pc)
{
	const struct gomodule *module = NULL;
	struct gopclntab_func func;
	struct gocode *code;
	size_t i;

	for (i = 0; i < count && !module; i++)
		module = gomodules_at(&modules[i], pc);
	if (!module || (module->table.nfunc && !gopclntab_find(&module->table, pc, &func)))
		return NULL;
	code = arena_zalloc(arena, sizeof(*code));
	code->module = module;
	if (!module->table.nfunc) {
		code->name = "";
		code->kind = GOCODE_NO_TABLE;
		return code;
	}
	code->func = func;
	code->name = gopclntab_name(&module->table, func.name);
	if (!code->name)
		code->name = "";
	code->has_delta = gopclntab_value(&module->table, &func, func.pcsp, pc, &code->delta) &&
			  code->delta >= 0;
	code->kind = kind_of(code->name);
	return code;
}

const struct gocode *gocode_at(struct gocode_cache *cache, const struct gomodules *modules,
			       size_t count, uint64_t pc)
{
	const struct gocode *code;
	uint64_t known;

	if (map_get(&cache->by_pc, pc, &known))
		return (const struct gocode *)(uintptr_t)known;
	code = look_up(&cache->arena, modules, count, pc);
	map_put(&cache->by_pc, pc, (uintptr_t)code);
	return code;
}

void gocode_deinit(struct gocode_cache *cache)
{
	map_deinit(&cache->by_pc);
	arena_deinit(&cache->arena);
}
