/* SPDX-License-Identifier: Apache-2.0 */
/* html_data - the dump as the page's script reads it: everything interned once and referred to
 * by index, so that 100,000 tasks are a few megabytes. Private to html.c and html.js. */
#ifndef OUTPUT_HTML_DATA_H
#define OUTPUT_HTML_DATA_H

#include "../../base/base.h"

/* JSON without a '<'. */
void html_data(struct out *out, const struct stk_dump *dump);

#endif
