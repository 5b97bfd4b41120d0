#include "io/source.h"

#include <stdlib.h>

void cm_block_free(struct cm_block *block)
{
    free(block->memory);
    *block = CM_BLOCK_EMPTY;
}
