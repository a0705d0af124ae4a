/* SPDX-License-Identifier: Apache-2.0 */
/* What a text says killed a program: signals, the time, the cause. */
#include "death.h"

#include <signal.h>
#include <time.h>

int death_signal(struct slice name)
{
	const char *abbrev;
	int i;

	if (!slice_skip(&name, "SIG"))
		return 0;
	for (i = 1; i < NSIG; i++) {
		abbrev = sigabbrev_np(i);
		if (abbrev && slice_is(name, abbrev))
			return i;
	}
	return 0;
}

int death_signal_described(struct slice words)
{
	const char *text;
	int i;

	for (i = 1; i < NSIG; i++) {
		text = sigdescr_np(i);
		if (text && slice_is(words, text))
			return i;
	}
	return 0;
}

const char *death_signal_name(struct trace *t, int number)
{
	const char *abbrev = number > 0 && number < NSIG ? sigabbrev_np(number) : NULL;

	return abbrev ? builder_fmt(trace_builder(t), "SIG%s", abbrev) : NULL;
}

void death_describe(struct trace *t, struct stk_cause *cause, int number, struct slice what)
{
	struct builder *b = trace_builder(t);
	const char *name = death_signal_name(t, number);
	int size = (int)(what.size < LIMIT_STRING ? what.size : LIMIT_STRING);

	cause->signal = number;
	cause->signal_name = name ? name : builder_fmt(b, "signal %d", number);
	cause->text = builder_fmt(b, "%s%s%.*s", cause->signal_name, size ? ": " : "", size,
				  size ? what.at : "");
}

int death_by_signal(struct trace *t, struct slice title, struct slice name, struct slice what)
{
	int number = death_signal(name);
	struct stk_cause *cause;

	trace_title(t, title);
	if (!trace_cause(t, &cause))
		return number;
	if (number)
		death_describe(t, cause, number, what);
	else
		cause->text = trace_str(t, name);
	return number;
}

void death_address(struct trace *t, uint64_t address)
{
	struct stk_cause *cause = builder_cause(trace_builder(t));

	if (!cause->signal || cause->has_address)
		return;
	cause->has_address = true;
	cause->address = address;
}

void death_time(struct trace *t, const char *section, uint64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[64];
	struct tm utc;

	if (gmtime_r(&when, &utc) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &utc))
		builder_fact(trace_builder(t), section, "time", text);
}
