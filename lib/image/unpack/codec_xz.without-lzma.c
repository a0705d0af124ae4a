/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

const struct codec codec_xz = {
	.name = "xz",
	.missing = "liblzma",
	.magic = { 0xfd, '7', 'z', 'X', 'Z', 0 },
	.magic_size = 6,
};
