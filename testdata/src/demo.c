/* The program of `make demo`: a small server, one of whose workers meets a bad request.
 * fixture demo: gcc -O2 -g -pthread $src -o $exe
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct request {
	const char *method;
	const char *path;
	const char *body; /* NULL when it was empty */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static const struct request *queue;

static const struct request *next_request(void)
{
	const struct request *request;

	pthread_mutex_lock(&lock);
	while (!queue)
		pthread_cond_wait(&work, &lock);
	request = queue;
	queue = NULL;
	pthread_mutex_unlock(&lock);
	return request;
}

static inline size_t count_fields(const char *body)
{
	size_t fields = 1;

	for (; *body; body++)
		fields += *body == '&';
	return fields;
}

__attribute__((noinline)) static void handle(const struct request *request)
{
	usleep(10000); /* the line is slow: meanwhile the others are back at their places */
	printf("%s %s: %zu fields\n", request->method, request->path,
	       count_fields(request->body));
}

static void *worker(void *unused)
{
	for (;;)
		handle(next_request());
	return unused;
}

static void *logger(void *unused)
{
	for (;;)
		sleep(60);
	return unused;
}

static void start(const char *name, void *(*function)(void *))
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, function, NULL) != 0)
		exit(1);
	pthread_setname_np(thread, name);
}

int main(void)
{
	static const struct request empty = { "POST", "/login", NULL };

	start("logger", logger);
	start("worker-1", worker);
	start("worker-2", worker);
	start("worker-3", worker);
	usleep(100000);
	pthread_mutex_lock(&lock);
	queue = &empty;
	pthread_cond_signal(&work);
	pthread_mutex_unlock(&lock);
	pause();
	return 0;
}
