/* SPDX-License-Identifier: Apache-2.0 */
/* xml - text of the target within XML and HTML: printable, and no markup. */
#ifndef OUTPUT_XML_H
#define OUTPUT_XML_H

#include "../base/base.h"

/* For character data and for attribute values in double quotes. */
void xml_text(struct out *out, const char *text);
void xml_textn(struct out *out, const char *text, size_t size);

#endif
