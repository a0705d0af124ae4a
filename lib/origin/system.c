/* SPDX-License-Identifier: Apache-2.0 */
/* Names in the C library, the loader, and the libraries and runtimes of languages that are compiled
 * to native code: where threads wait, and what everybody calls. */
#include "origin.h"

#include <string.h>

static bool has_prefix(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static bool has_any_prefix(const char *text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (has_prefix(text, *prefixes))
			return true;
	return false;
}

/* The C library, the loader and the language runtimes: where threads wait, and what everybody
 * calls. By the beginning of the file's name. */
static const char *const system_modules[] = { "libc.so", "libc-2",     "libc.musl",  "ld-linux",
					      "ld-2",    "ld-musl",    "libpthread", "libm.so",
					      "librt",   "libdl",      "libgcc_s",   "libstdc++",
					      "libc++",  "linux-vdso", "[vdso]",     "[vsyscall]",
					      NULL };

/* The same where they are linked in. */
static const char *const system_functions[] = { "std::",   "core::",     "alloc::",     "<std::",
						"<core::", "<alloc::",   "__gnu_cxx::", "__libc_",
						"__GI_",   "__pthread_", NULL };

bool origin_is_system_module(const char *path)
{
	return has_any_prefix(path_base(path), system_modules);
}

static unsigned flags_of(const char *func, const char *file)
{
	(void)file;
	return has_any_prefix(func, system_functions) ? STK_FRAME_PLUMBING : 0;
}

/* ---- what says nothing of a fault ---- */

/* Functions that say nothing about the fault: where every abort, exception, allocation, copy
 * and thread passes through. A '*' at an end stands for anything. Names are
 * as funcname_normal() makes them, so that variants of one need one line. */
/* clang-format off */
static const char *const ignored[] = {
	/* ending: signals, aborts, assertions, checks of the C library */
	"raise", "gsignal", "kill", "tgkill", "abort", "exit", "_exit", "__pthread_kill*",
	"pthread_kill", "__assert*", "assert_fail*", "__chk_fail", "__fortify_fail*",
	"__stack_chk_fail*", "__libc_message*", "__libc_fatal", "__run_exit_handlers",
	"__restore_rt", "malloc_printerr", "__malloc_assert", "malloc_consolidate",
	"unlink_chunk", "g_log", "g_logv", "g_log_structured*", "g_assertion*",
	"terminate_handler",
	/* what programs catch a deadly signal with */
	"handle_fatal_signal", "fatal_signal_handler", "fatal_error_signal", "handle_fatal_error",
	"crash_handler", "crash_signal", "sigsegv_handler", "segv_handler", "sigabrt_handler",
	"sigsegvHandler", "my_print_stacktrace", "my_write_core", "bt_sighandler",
	/* allocation */
	"malloc", "calloc", "realloc", "free", "cfree", "memalign", "posix_memalign",
	"aligned_alloc", "_int_malloc", "_int_free", "_int_realloc", "_int_memalign", "sysmalloc",
	"systrim*", "tcache_*", "arena_get*", "operator new", "operator new[]", "operator delete",
	"operator delete[]", "__libc_malloc*", "__libc_calloc", "__libc_realloc*", "__libc_free",
	"__rust_alloc*", "__rust_dealloc", "__rust_realloc", "__rdl_*",
	/* copying and comparing */
	"memcpy", "memmove", "memset", "memcmp", "memchr", "memrchr", "rawmemchr", "mempcpy",
	"strlen", "strnlen", "strcpy", "strncpy", "stpcpy", "strcat", "strncat", "strcmp",
	"strncmp", "strcasecmp", "strncasecmp", "strchr", "strchrnul", "strrchr", "strstr",
	"strdup", "strndup", "wmemset", "wcslen",
	/* C++: throwing and giving up */
	"__cxa_*", "_Unwind_*", "std::terminate", "std::unexpected", "std::rethrow_exception",
	"std::__throw_*", "std::__glibcxx_assert_fail", "__gxx_personality_v0",
	"__gnu_cxx::__verbose_terminate_handler", "__cxxabiv1::*", "std::rethrow_if_nested",
	/* Rust: panicking, and the closures that everything runs in */
	"rust_panic", "rust_panic_with_hook", "rust_begin_unwind", "__rust_*", "__rustc::*",
	"panic_abort::*", "panic_unwind::*",
	"core::panicking::*", "std::panicking::*", "std::panic::*", "std::rt::*", "std::sys::*",
	"<std::sys::*", "std::sys_common::*", "std::backtrace*", "std::process::abort",
	"std::thread::*", "core::result::unwrap_failed", "core::option::unwrap_failed",
	"core::option::expect_failed", "core::ops::function::*",
	"*core::ops::function::FnOnce>::call_once", "*core::ops::function::FnMut>::call_mut",
	"*core::ops::function::Fn>::call",
	/* waiting in the C library */
	"poll", "ppoll", "select", "epoll_wait", "nanosleep", "clock_nanosleep", "__futex_*",
	"futex_*", "pthread_cond_*", "__pthread_cond_*", "__lll_lock_wait*", "pause", "syscall",
	/* the outer end */
	"_start", "_start_c", "__libc_start*", "libc_start_main*", "__libc_init*", "start_thread",
	"clone", "clone3", "__clone*",
	"_dl_*", "call_init*", "thread_start*", "generic_start_main",
	/* sanitizers' own */
	"__asan_*", "__ubsan_*", "__sanitizer*", "__interceptor_*", "__msan_*", "__tsan_*",
};
/* clang-format on */

/* Files of which no frame says anything, with a name or without: of another machine's C library
 * there may be no names. */
static const char *const ignored_files[] = {
	"libc.so*",  "libc-2*", "ld-linux*",   "ld-2*",    "ld-musl*",  "libpthread*", "libstdc++*",
	"libgcc_s*", "[vdso]",  "linux-vdso*", "libasan*", "libubsan*", "libtsan*",
};

/* Parts of paths of sources: headers whose code is compiled into its users, and what those who build a
 * library have recorded. */
static const char *const ignored_sources[] = {
	"/include/c++/",     "/include/bits/",     "/usr/include/",       "/rustc/",
	"/library/std/src/", "/library/core/src/", "/library/alloc/src/", "/sysdeps/",
	"/lib/clang/",       "/lib/gcc/",
};

bool origin_source_says_nothing(const char *file)
{
	size_t i;

	for (i = 0; file && i < ARRAY_SIZE(ignored_sources); i++)
		if (strstr(file, ignored_sources[i]))
			return true;
	return false;
}

static bool matches(const char *name, const char *pattern)
{
	size_t length = strlen(pattern), have = strlen(name);

	if (pattern[length - 1] == '*')
		return !strncmp(name, pattern, length - 1);
	if (*pattern == '*')
		return have >= length - 1 && !strcmp(name + have - (length - 1), pattern + 1);
	return !strcmp(name, pattern);
}

static bool is_in(const char *name, const char *const *patterns, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (matches(name, patterns[i]))
			return true;
	return false;
}

static bool says_nothing(const char *name)
{
	return is_in(name, ignored, ARRAY_SIZE(ignored));
}

bool origin_file_says_nothing(const char *path)
{
	return is_in(path_base(path), ignored_files, ARRAY_SIZE(ignored_files));
}

const struct origin_rules origin_system = { .flags = flags_of, .says_nothing = says_nothing };
