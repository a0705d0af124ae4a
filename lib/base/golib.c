/* SPDX-License-Identifier: Apache-2.0 */
#include "golib.h"

#include <string.h>

/* The first element of the import paths of Go's standard library (go list std). */
static const char *const go_packages[] = {
	"archive", "bufio", "bytes", "cmp", "compress", "container", "context", "crypto", "database",
	"debug", "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image",
	"index", "internal", "io", "iter", "log", "maps", "math", "mime", "net", "os", "path", "plugin",
	"reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "structs", "sync",
	"syscall", "testing", "text", "time", "unicode", "unique", "unsafe", "vendor", "weak", NULL
};

static bool is_go_file(const char *file)
{
	size_t length = file ? strlen(file) : 0;

	return length > 3 && (!strcmp(file + length - 3, ".go") || !strcmp(file + length - 2, ".s"));
}

bool is_go_library(const char *func, const char *file)
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
