/* SPDX-License-Identifier: Apache-2.0 */
#include "origin.h"

#include <string.h>

/* The first element of the import paths of Go's standard library (go list std). */
static const char *const go_packages[] = {
	"archive",  "bufio",   "bytes",   "cmp",      "compress", "container", "context", "crypto",
	"database", "debug",   "embed",   "encoding", "errors",   "expvar",    "flag",    "fmt",
	"go",       "hash",    "html",    "image",    "index",    "internal",  "io",      "iter",
	"log",      "maps",    "math",    "mime",     "net",      "os",        "path",    "plugin",
	"reflect",  "regexp",  "runtime", "slices",   "sort",     "strconv",   "strings", "structs",
	"sync",     "syscall", "testing", "text",     "time",     "unicode",   "unique",  "unsafe",
	"vendor",   "weak",    NULL
};

static const char runtime_package[] = "runtime.";

static bool starts_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static bool is_in(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(text, *list))
			return true;
	return false;
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_go_file(const char *file)
{
	size_t length = file ? strlen(file) : 0;

	return length > 3 &&
	       (!strcmp(file + length - 3, ".go") || !strcmp(file + length - 2, ".s"));
}

bool golang_is_library(const char *func, const char *file)
{
	size_t length, i;

	if (!func || !is_go_file(file))
		return false;
	length = strcspn(func, "/.");
	for (i = 0; go_packages[i]; i++)
		if (strlen(go_packages[i]) == length && !memcmp(go_packages[i], func, length))
			return true;
	return false;
}

bool golang_is_runtime(const char *func)
{
	return starts_with(func, runtime_package);
}

bool golang_is_sigpanic(const char *func)
{
	return !strcmp(func, "runtime.sigpanic");
}

bool golang_is_panicking(const char *func)
{
	return !strcmp(func, GOLANG_GOPANIC) || golang_is_sigpanic(func) ||
	       !strcmp(func, "runtime.panicwrap");
}

/* name: behind "runtime.". Since 1.23 the receiver's type must be exported as well:
 * runtime.(*Func).Name. */
static bool is_exported(const char *name, unsigned minor)
{
	const char *dot = strrchr(name, '.');

	if (minor < 23 || !dot)
		return is_upper(name[0]);
	return is_upper(dot[1]) && is_upper(name[0] == '(' && name[1] == '*' ? name[2] : name[0]);
}

bool golang_shows(const char *func, bool first, unsigned minor)
{
	if (!strcmp(func, GOLANG_GOPANIC) && !first)
		return true;
	/* What else would say that a finalizer runs? */
	if (minor >= 25 &&
	    (!strcmp(func, "runtime.runFinalizers") || !strcmp(func, "runtime.runCleanups")))
		return true;
	if (!strchr(func, '.'))
		return false;
	return !golang_is_runtime(func) || is_exported(func + strlen(runtime_package), minor);
}

bool golang_text_shows(const char *func, size_t size)
{
	size_t package = strlen(runtime_package), gopanic = strlen(GOLANG_GOPANIC);

	if (size <= package || memcmp(func, runtime_package, package) != 0)
		return true;
	return (size == gopanic && !memcmp(func, GOLANG_GOPANIC, gopanic)) ||
	       func[package] == '(' || is_upper(func[package]);
}

/* ---- goroutines ---- */

enum golang_start golang_start(const char *func)
{
	static const char *const users[] = { "runtime.main", "runtime.handleAsyncEvent",
					     "runtime.corostart", NULL };
	static const char *const either[] = { "runtime.runfinq", "runtime.runFinalizers",
					      "runtime.runCleanups", NULL };

	if (!golang_is_runtime(func) || is_in(func, users))
		return GOLANG_USERS;
	return is_in(func, either) ? GOLANG_EITHER : GOLANG_SYSTEM;
}

bool golang_is_system_wait(const char *state)
{
	static const char *const states[] = { "force gc (idle)",           "GC sweep wait",
					      "GC scavenge wait",          "finalizer wait",
					      "GC worker (idle)",          "GC worker (active)",
					      "GOMAXPROCS updater (idle)", "cleanup wait",
					      "trace reader (blocked)",    NULL };

	return is_in(state, states);
}

bool golang_is_durable_wait(const char *state)
{
	static const char *const states[] = { "chan receive (nil chan)",
					      "chan send (nil chan)",
					      "select (no cases)",
					      "sleep",
					      "sync.Cond.Wait",
					      "coroutine",
					      "synctest.Run",
					      "synctest.Wait",
					      NULL };

	return is_in(state, states);
}

bool golang_is_deadlock(const char *message)
{
	/* checkdead() of src/runtime/proc.go; what Go 1.0 called a throw is a fatal error since 1.1 */
	static const char words[] = "all goroutines are asleep - deadlock!";
	static const char *const heads[] = { "fatal error: ", "throw: ", "" };
	const char *line;
	size_t i;

	/* others may quote it, but not at the beginning of a line of their last words */
	for (line = message; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
			if (starts_with(line, heads[i]) &&
			    starts_with(line + strlen(heads[i]), words))
				return true;
	}
	return false;
}

/* ---- the row ---- */

/* Go 1.20 gave what had been "semacquire" the names of what is waited for. */
static const char semacquire[] = "semacquire";

static const char *former_state(const char *state)
{
	static const char *const names[] = { "sync.Mutex.Lock", "sync.RWMutex.RLock",
					     "sync.RWMutex.Lock", "sync.WaitGroup.Wait", NULL };

	return is_in(state, names) || !strcmp(state, semacquire) ? semacquire : NULL;
}

/* Which semaphore it is the frames tell. */
static bool is_vague_state(const char *state)
{
	return starts_with(state, "sync.") || !strcmp(state, semacquire);
}

/* The exported functions of package runtime are called by users (Delve's rule). */
static bool is_plumbing(const char *func)
{
	if (golang_is_runtime(func))
		return !is_upper(func[strlen(runtime_package)]);
	return starts_with(func, "internal/") || starts_with(func, "runtime/internal") ||
	       starts_with(func, "iter.");
}

static unsigned flags_of(const char *func, const char *file)
{
	return (golang_is_library(func, file) ? STK_FRAME_LIBRARY : 0) |
	       (golang_is_runtime(func) ? STK_FRAME_LANGUAGE : 0) |
	       (is_plumbing(func) ? STK_FRAME_PLUMBING : 0) |
	       (!strcmp(func, GOLANG_GOPANIC) ? STK_FRAME_PANIC : 0) |
	       (!strcmp(func, GOLANG_GOEXIT) ? STK_FRAME_START : 0);
}

/* Panicking, throwing, parking. */
static bool says_nothing(const char *name)
{
	return golang_is_runtime(name) || !strcmp(name, "panic");
}

const struct origin_rules origin_go = {
	.flags = flags_of,
	.former_state = former_state,
	.is_vague_state = is_vague_state,
	.says_nothing = says_nothing,
};
