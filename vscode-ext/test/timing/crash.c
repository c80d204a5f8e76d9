// Dumps core with a stack as deep as the sample dump's, and memory to match its size.
#include <stdlib.h>
#include <string.h>

static char Padding[PADDING]; // bytes, so that the core is as large as the sample dump

static int Descend(int depth)
{
    int local = depth * 2;

    if (depth == 0) {
        abort();
    }
    return Descend(depth - 1) + local;
}

int main(void)
{
    memset(Padding, 0x5A, sizeof(Padding));
    return Descend(14);
}
