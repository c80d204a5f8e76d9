// The memory functions that compilers call. The boot loader has them too.
#include "ntdef.h"

VOID *memset(VOID *Destination, int Value, SIZE_T Length)
{
    VOID *at = Destination;

    __asm__ volatile("rep stosb" : "+D"(at), "+c"(Length) : "a"(Value) : "memory");
    return Destination;
}

VOID *memcpy(VOID *Destination, const VOID *Source, SIZE_T Length)
{
    VOID *at = Destination;

    __asm__ volatile("rep movsb" : "+D"(at), "+S"(Source), "+c"(Length) : : "memory");
    return Destination;
}

VOID *memmove(VOID *Destination, const VOID *Source, SIZE_T Length)
{
    UCHAR *to = Destination;
    const UCHAR *from = Source;

    if (to <= from || to >= from + Length) {
        return memcpy(Destination, Source, Length);
    }
    for (volatile SIZE_T at = Length; at != 0; at--) { // volatile: no call to memmove itself
        to[at - 1] = from[at - 1];
    }
    return Destination;
}

int memcmp(const VOID *Left, const VOID *Right, SIZE_T Length)
{
    const UCHAR *left = Left;
    const UCHAR *right = Right;

    for (; Length != 0; Length--, left++, right++) {
        if (*left != *right) {
            return *left - *right;
        }
    }
    return 0;
}
