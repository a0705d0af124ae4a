/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

const struct codec codec_bzip2 = {
	.name = "bzip2",
	.missing = "libbz2",
	.magic = { 'B', 'Z', 'h' },
	.magic_size = 3,
};
