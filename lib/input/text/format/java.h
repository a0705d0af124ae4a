/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of the JVM, as its exceptions and its thread dumps have them. */
#ifndef INPUT_TEXT_FORMAT_JAVA_H
#define INPUT_TEXT_FORMAT_JAVA_H

#include "exception.h"

/* "at [LOADER/][MODULE[@VERSION]/]CLASS.METHOD(FILE:LINE)" and what loggers put behind it. */
bool java_frame(struct slice line, struct trace_frame *frame);
/* CLASS.METHOD without what differs from run to run. */
struct slice java_function(struct trace *t, struct slice name);

#endif
