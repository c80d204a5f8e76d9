// The pool: one piece of memory, blocks with NT's header. A free block is used again for the same size only.
#include "ke.h"
#include "mm.h"

#define POOL_GRANULE 16 // bytes
#define NON_PAGED_POOL_IN_USE 2

static PUCHAR PoolNext = (PUCHAR)MM_NONPAGED_POOL;
static PUCHAR PoolMapped = (PUCHAR)MM_NONPAGED_POOL;
static ULONG PoolPreviousSize;

static PPOOL_HEADER ExpFindFreeBlock(ULONG Size)
{
    for (PUCHAR at = (PUCHAR)MM_NONPAGED_POOL; at < PoolNext; at += ((PPOOL_HEADER)at)->BlockSize * POOL_GRANULE) {
        PPOOL_HEADER block = (PPOOL_HEADER)at;

        if (block->PoolType == 0 && block->BlockSize == Size) {
            return block;
        }
    }
    return NULL;
}

PVOID ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    SIZE_T size = (NumberOfBytes + sizeof(POOL_HEADER) + POOL_GRANULE - 1) / POOL_GRANULE;
    PPOOL_HEADER block;

    (void)PoolType;
    if (size > 255) {
        return NULL;
    }
    block = ExpFindFreeBlock((ULONG)size);
    if (block == NULL) {
        block = (PPOOL_HEADER)PoolNext;
        if (PoolNext + size * POOL_GRANULE > (PUCHAR)MM_NONPAGED_POOL + MM_NONPAGED_POOL_PAGES * PAGE_SIZE) {
            return NULL;
        }
        for (; PoolMapped < PoolNext + size * POOL_GRANULE; PoolMapped += PAGE_SIZE) {
            MiMapPage((ULONG64)PoolMapped, MiGetPage(), FALSE);
        }
        block->BlockSize = (USHORT)size;
        block->PreviousSize = (USHORT)PoolPreviousSize;
        PoolPreviousSize = (ULONG)size;
        PoolNext += size * POOL_GRANULE;
    }
    block->PoolType = NON_PAGED_POOL_IN_USE;
    block->PoolTag = Tag;
    return __builtin_memset(block + 1, 0, block->BlockSize * POOL_GRANULE - sizeof(POOL_HEADER));
}

VOID ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    (void)Tag;
    ((PPOOL_HEADER)P - 1)->PoolType = 0;
}
