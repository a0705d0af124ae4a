/* SPDX-License-Identifier: Apache-2.0 */
#include "codec.h"

const struct codec *const codecs[] = {
	&codec_zstd, &codec_lz4, &codec_xz, &codec_gzip, &codec_bzip2, NULL,
};
