// What C and C++ below Go die of; and a call back into Go, through frames that keep their base in rbp.
#include <cassert>
#include <cstdlib>
#include <pthread.h>
#include <stdexcept>
#include <unistd.h>

extern "C" {

void goBack(int depth);

void c_assert(int x)
{
	assert(x == 3 && "x is three");
}

void c_throw(void)
{
	throw std::runtime_error("from C++");
}

void c_double_free(void)
{
	void *p = malloc(24);
	free(p);
	free(p);
}

static int recurse(int n)
{
	volatile char room[4096];
	room[n % 4096] = 1;
	return recurse(n + 1) + room[3];
}

void c_overflow(void)
{
	recurse(0);
}

void c_null(int *p)
{
	*p = 3;
}

static void *fault(void *arg)
{
	usleep(50000);
	*(volatile int *)arg = 1;
	return nullptr;
}

void c_thread(void)
{
	pthread_t thread;
	pthread_create(&thread, nullptr, fault, (void *)8);
	pthread_join(thread, nullptr);
}

// A thread that calls Go from a frame of its own.
static void *call_go(void *)
{
	goBack(0);
	return nullptr;
}

void c_thread_go(void)
{
	pthread_t thread;
	pthread_create(&thread, nullptr, call_go, nullptr);
	pthread_join(thread, nullptr);
}

// Each level is this function and Go's, as often as it says.
void c_calls(int depth)
{
	volatile int room[8] = { depth };
	goBack(room[0] - 1);
}

void c_sleeps(void)
{
	pause();
}
}
