/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

const struct codec codec_lz4 = {
	.name = "lz4",
	.missing = "liblz4",
	.magic = { 0x04, 0x22, 0x4d, 0x18 },
	.magic_size = 4,
};
