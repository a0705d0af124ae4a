/* Loads the two libraries that are named, each of ../shared: two runtimes in
 * a process that know nothing of each other. Calls into both from threads of its own, and stays. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static void *c_thread(void *block)
{
	((void (*)(int))block)(7);
	return block;
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		void *library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
		pthread_t t;

		if (!library) {
			fprintf(stderr, "%s\n", dlerror());
			return 1;
		}
		((void (*)(void))dlsym(library, "Start"))();
		pthread_create(&t, 0, c_thread, dlsym(library, "Block"));
	}
	usleep(300000);
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
