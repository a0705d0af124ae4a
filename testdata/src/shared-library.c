/* A crash below a callback in shared libraries of our own, one linked and one opened at run time.
 * -replaced: the library on disk is of another build when the core is read.
 * -deleted: it is gone. -exe-deleted: the executable is gone.
 * fixture shared-library: gcc -O1 -g -shared -fPIC -DLINKED $srcs/shared-library-other.c -o liblinked.so
 *   then: gcc -O1 -g -shared -fPIC $srcs/shared-library-other.c -o plugin.so
 *   then: gcc -O1 -g $src -o $exe -L. -llinked -Wl,-rpath,\$ORIGIN
 * fixture shared-library-replaced: gcc -O1 -g -shared -fPIC -DLINKED $srcs/shared-library-other.c -o liblinked.so
 *   then: gcc -O1 -g -shared -fPIC $srcs/shared-library-other.c -o plugin.so
 *   then: gcc -O1 -g $src -o $exe -L. -llinked -Wl,-rpath,\$ORIGIN
 *   after: gcc -O2 -g -shared -fPIC -DLINKED -DNEWER $srcs/shared-library-other.c -o liblinked.so
 * fixture shared-library-deleted: gcc -O1 -g -shared -fPIC -DLINKED $srcs/shared-library-other.c -o liblinked.so
 *   then: gcc -O1 -g -shared -fPIC $srcs/shared-library-other.c -o plugin.so
 *   then: gcc -O1 -g $src -o $exe -L. -llinked -Wl,-rpath,\$ORIGIN
 *   after: rm plugin.so
 * fixture shared-library-unlinked: gcc -O1 -g -shared -fPIC -DLINKED $srcs/shared-library-other.c -o liblinked.so
 *   then: gcc -O1 -g -shared -fPIC $srcs/shared-library-other.c -o plugin.so
 *   then: gcc -O1 -g $src -o $exe -L. -llinked -Wl,-rpath,\$ORIGIN
 *   run: ./$exe unlink
 * fixture exe-missing: gcc -O1 -g -shared -fPIC -DLINKED $srcs/shared-library-other.c -o liblinked.so
 *   then: gcc -O1 -g -shared -fPIC $srcs/shared-library-other.c -o plugin.so
 *   then: gcc -O1 -g $src -o $exe -L. -llinked -Wl,-rpath,\$ORIGIN
 *   after: mv $exe moved-away
 */
#include <dlfcn.h>
#include <stddef.h>
#include <unistd.h>

int linked_each(int (*f)(const int *), const int *at);

static int (*plugin_each)(int (*f)(const int *), const int *at);

__attribute__((noinline)) static int visit(const int *at)
{
	return *(volatile const int *)at;
}

__attribute__((noinline)) static int through_plugin(const int *at)
{
	return plugin_each(visit, at) + 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	void *plugin = dlopen("./plugin.so", RTLD_NOW);
	if (!plugin)
		return 1;
	*(void **)&plugin_each = dlsym(plugin, "plugin_each");
	if (argc > 1)
		unlink("plugin.so");
	return linked_each(through_plugin, NULL);
}
